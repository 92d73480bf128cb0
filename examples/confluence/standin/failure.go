package standin

import "fmt"

// Failure says why nobody was signed in, in words for the person who connects
// Confluence to the provider.
type Failure struct {
	Step string // where it happened: "token", "ID token", "user", ...
	What string // one sentence
	Hint string // what to look at, or empty
}

func (f *Failure) Error() string { return f.Step + ": " + f.What }

// fail makes a failure without a hint.
func fail(step, format string, args ...any) *Failure {
	return &Failure{Step: step, What: fmt.Sprintf(format, args...)}
}

// hint adds what to look at.
func (f *Failure) hint(format string, args ...any) *Failure {
	f.Hint = fmt.Sprintf(format, args...)
	return f
}

// The steps of a sign-in.
const (
	stepDiscovery     = "discovery"
	stepAuthorization = "authorization"
	stepToken         = "token"
	stepKeys          = "keys"
	stepIDToken       = "ID token"
	stepUserInfo      = "UserInfo"
	stepUser          = "user"
)
