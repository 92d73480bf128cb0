package core

import "time"

// SignInRefused says that a sign-in was refused and recorded. The person gets
// the same answer to every refusal of one kind: neither the answer nor the time
// that it takes says whether the account exists, is disabled or is throttled.
type SignInRefused struct {
	Kind SignInRefusal
	// RetryAfter is how long to wait, for the kinds that end by themselves.
	RetryAfter time.Duration
}

// SignInRefusal is a kind of refusal that the person may tell apart.
type SignInRefusal string

const (
	// SignInWrong stands for a wrong name, a wrong password, and a disabled or
	// throttled account.
	SignInWrong SignInRefusal = "wrong"
	// SignInThrottled stands for too many failures from one address.
	SignInThrottled SignInRefusal = "throttled"
	// SignInBusy says that the server checks as many passwords as it can.
	SignInBusy SignInRefusal = "busy"
)

func (e *SignInRefused) Error() string { return "sign-in refused: " + string(e.Kind) }
