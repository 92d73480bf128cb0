package supply

// Kind is what went wrong, as a word that a program can compare: every error of
// this package is an [*Error], and errors.Is(err, supply.Unsigned) holds for the
// kind that it has.
type Kind string

// Kinds of errors about signatures and keys.
const (
	Unsigned           Kind = "unsigned"            // there is no signature
	UnknownKey         Kind = "unknown_key"         // signed with a key that is not trusted
	WrongSignature     Kind = "wrong_signature"     // the signature is not of these bytes
	MalformedSignature Kind = "malformed_signature" // no signature in the format of minisign
	BadKey             Kind = "bad_key"             // no key in the format of minisign
	BadComment         Kind = "bad_comment"         // a comment that does not fit into its line
	WrongPassword      Kind = "wrong_password"      // the password does not open the secret key
)

// Kinds of errors about references, files and registries.
const (
	BadReference Kind = "bad_reference" // neither a file nor a place in a registry
	BadLogin     Kind = "bad_login"     // the login cannot be read or is incomplete
	NotFound     Kind = "not_found"     // no such file, repository, tag or digest
	Unreadable   Kind = "unreadable"    // the file cannot be read
	Unauthorized Kind = "unauthorized"  // a login is needed, or the one given is wrong
	Forbidden    Kind = "forbidden"     // the login may not do this
	Unreachable  Kind = "unreachable"   // no connection, no valid certificate
	TimedOut     Kind = "timed_out"     // the time is up
	Cancelled    Kind = "cancelled"     // the caller gave up
	Insecure     Kind = "insecure"      // plain http to a host that is not this machine
	OtherHost    Kind = "other_host"    // the registry sends to a host that was not named
	WrongType    Kind = "wrong_type"    // something else than one module
	WrongSize    Kind = "wrong_size"    // more or less bytes than announced
	WrongDigest  Kind = "wrong_digest"  // other bytes than announced
	Truncated    Kind = "truncated"     // the answer ends too early
	TooLarge     Kind = "too_large"     // more bytes than the limit
	BadAnswer    Kind = "bad_answer"    // no answer of a registry
)

// Error is the kind as text, so that a kind can be the target of errors.Is.
func (k Kind) Error() string { return string(k) }

// Error says what is wrong and what can be done about it. Neither text has a
// credential in it, nor anything that a registry wrote but host names and media
// types.
type Error struct {
	Kind   Kind
	What   string // what is wrong
	Advice string // what its reader can do
	KeyID  string // the key that made the signature, with UnknownKey and WrongSignature
	Host   string // that was not named, with OtherHost, if it is one
	Err    error  // the cause, or nil
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.What + ": " + e.Err.Error()
	}
	return e.What
}

// Hint is what can be done.
func (e *Error) Hint() string { return e.Advice }

// Is makes the kind a target of errors.Is.
func (e *Error) Is(target error) bool { return target == error(e.Kind) }

func (e *Error) Unwrap() error { return e.Err }
