package capability

import (
	"context"
	"strings"

	"github.com/postern-id/postern/core"
)

const (
	// minEcho is the length in bytes of a secret that is looked for in what the other
	// side says. A shorter one would be found by chance.
	minEcho = 8
	// maxEcho is how much of its beginning is looked for in messages, which are cut.
	maxEcho = 12
)

// hush gives an error without a message that repeats one of the secrets. Messages
// have words of the other side in them, which knows what was sent to it.
func hush(ctx context.Context, err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	failure, internal := explain(ctx, err)
	if internal || !echoes(failure.Message, secrets) {
		return err
	}
	return fail(failure.Code, "what the other side says of it repeats what is secret")
}

func echoes(message string, secrets []string) bool {
	for _, secret := range secrets {
		if len(secret) >= minEcho && strings.Contains(message, secret[:min(len(secret), maxEcho)]) {
			return true
		}
	}
	return false
}

// hidden lists what the caller must not learn from a message, nor whoever reads it
// in a log.
func (s *Set) hidden(caller *core.PluginCaller) []string {
	list := []string{caller.Exchanged}
	if caller.Login != nil {
		list = append(list, caller.Login.Code, caller.Login.CodeVerifier)
		if got := caller.Login.Got; got != nil {
			list = append(list, got.Refresh, got.ID)
		}
	}
	for i := range caller.Secrets {
		// One that cannot be opened was not used either.
		if value, err := s.secret(caller, caller.Secrets[i].Name); err == nil {
			list = append(list, value)
		}
	}
	return list
}
