package core

import "time"

// How a sign-in with a password that is checked here appears in tokens.
const (
	// ACRPassword is its acr claim (OpenID Connect Core section 2): one factor,
	// level of assurance 1 of ISO/IEC 29115, whose usual short name is "1".
	ACRPassword = "1"
	// AMRPassword is its method in the amr claim (RFC 8176 section 2).
	AMRPassword = "pwd"
)

// What a [Proof] says of its method.
const (
	MethodPassword = "password"
	MethodUpstream = "upstream"
)

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
	// SignInUnavailable says that whoever would know the password did not answer:
	// nobody can tell whether it is right.
	SignInUnavailable SignInRefusal = "unavailable"
	// SignInFactor stands for a wrong code, and for a passkey that proves nothing here.
	SignInFactor SignInRefusal = "factor"
	// SignInUnknownPasskey stands for a passkey that nobody has here: the browser may be
	// told to forget it.
	SignInUnknownPasskey SignInRefusal = "unknown_passkey"
	// SignInExpired says that a challenge, a link or a form is over: it was used, expired,
	// or tried too often. The person begins again.
	SignInExpired SignInRefusal = "expired"
	// SignInElsewhere stands for a good link that was opened in another browser than the
	// one that asked for it. It can still be used there.
	SignInElsewhere SignInRefusal = "elsewhere"
)

func (e *SignInRefused) Error() string { return "sign-in refused: " + string(e.Kind) }
