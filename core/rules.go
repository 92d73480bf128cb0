package core

import (
	"slices"
	"time"
)

// Classes of sign-in (the acr claim), from weak to strong. Each one contains those
// before it: who signed in with a passkey did so with two factors.
const (
	// ACROne is one factor: a password, or a link or code by e-mail. It is [ACRPassword].
	ACROne = ACRPassword
	// ACRTwo is two factors.
	ACRTwo = "2"
	// ACRPhishingResistant is a passkey that verified the person, or one besides a password
	// (OpenID Connect Extended Authentication Profile ACR Values 1.0 section 3).
	ACRPhishingResistant = "phr"
)

// classes is the order of the classes.
func classes() []string { return []string{ACROne, ACRTwo, ACRPhishingResistant} }

// KnownACR reports whether a sign-in here can be of the class.
func KnownACR(acr string) bool { return slices.Contains(classes(), acr) }

// SatisfiesACR reports whether a sign-in of class have is one of class want. Classes
// that are none of ours compare by name alone.
func SatisfiesACR(have, want string) bool {
	if have == want {
		return true
	}
	h, w := slices.Index(classes(), have), slices.Index(classes(), want)
	return h >= 0 && w >= 0 && h >= w
}

// Reaches reports whether a sign-in of the class is one of class want. What a provider
// calls by the name of one of ours need not contain those before it; but it does where
// amr says that somebody, we or the provider, saw two factors.
func Reaches(class string, amr []string, upstream bool, want string) bool {
	if upstream && !slices.Contains(amr, AMRMultiple) {
		return class == want
	}
	return SatisfiesACR(class, want)
}

// Values of the amr claim besides [AMRPassword] (RFC 8176 section 2).
const (
	AMROneTime   = "otp" // a code of an app, a recovery code, or a link or code by e-mail
	AMRHardware  = "hwk" // a passkey that cannot leave its device
	AMRSoftware  = "swk" // a passkey that is synchronised
	AMRUser      = "user"
	AMRMultiple  = "mfa"
	AMRMessenger = "mca" // by a second channel: e-mail
)

// BothFactors gives the methods of two factors, in the order in which they are usually
// written, and mfa (RFC 8176 section 2).
func BothFactors(first, second []string) []string {
	var amr []string
	for _, method := range slices.Concat(first, second) {
		if method != AMRMultiple && !slices.Contains(amr, method) {
			amr = append(amr, method)
		}
	}
	return append(amr, AMRMultiple)
}

// Methods of sign-in, for [SignInRules] and the audit log. See also [MethodPassword] and
// [MethodUpstream].
const (
	MethodPasskey  = "passkey"
	MethodTOTP     = "totp"
	MethodRecovery = "recovery"
	MethodEmail    = "email"
	MethodInvite   = "invitation" // proof by what was chosen on an invitation just now
)

// SignInRules say how people may sign in: those of an organisation, or at a client.
type SignInRules struct {
	// Methods that are allowed: password, passkey, email, totp, upstream. Empty: all but
	// email. Recovery codes are allowed wherever totp or passkey is.
	Methods []string `json:"methods,omitempty"`
	// Require is the class that a sign-in must have: "" (one factor, and the second of who
	// enrolled one), "2" or "phr".
	Require string `json:"require,omitempty"`
}

func defaultMethods() []string {
	return []string{MethodPassword, MethodPasskey, MethodTOTP, MethodUpstream}
}

// Allows reports whether the rules allow the method.
func (r SignInRules) Allows(method string) bool {
	switch {
	case method == MethodRecovery:
		return r.Allows(MethodTOTP) || r.Allows(MethodPasskey)
	case len(r.Methods) == 0:
		return slices.Contains(defaultMethods(), method)
	}
	return slices.Contains(r.Methods, method)
}

// And gives the rules of an organisation at a client: methods that both allow, and the
// stronger class. A client that says nothing allows what the organisation does; one that
// does allows nothing besides, as the organisation may not be its own.
func (r SignInRules) And(client SignInRules) SignInRules {
	both := SignInRules{Require: r.Require}
	if SatisfiesACR(client.Require, r.Require) || r.Require == "" {
		both.Require = client.Require
	}
	if len(r.Methods)+len(client.Methods) == 0 {
		return both
	}
	both.Methods = []string{}
	for _, method := range []string{MethodPassword, MethodPasskey, MethodEmail, MethodTOTP, MethodUpstream} {
		if r.Allows(method) && (len(client.Methods) == 0 || client.Allows(method)) {
			both.Methods = append(both.Methods, method)
		}
	}
	if len(both.Methods) == 0 {
		both.Methods = []string{"none"}
	}
	return both
}

// WayIn reports whether a user with so much to prove who they are has any first factor
// that the rules allow.
func (r SignInRules) WayIn(u *User, e Enrolled, links int) bool {
	return u.PasswordHash != "" && r.Allows(MethodPassword) || e.Passkeys > 0 && r.Allows(MethodPasskey) ||
		links > 0 && r.Allows(MethodUpstream) || r.MailWayIn(u)
}

// MailWayIn reports whether a mail is enough for the user to sign in.
func (r SignInRules) MailWayIn(u *User) bool { return u.EmailVerified && r.Allows(MethodEmail) }

// OrgRules are what an organisation decides about its people.
type OrgRules struct {
	SignIn SignInRules `json:"sign_in,omitzero"`
	// RememberDays is how long a browser may be trusted not to be asked for the second
	// factor again; 0: never.
	RememberDays int `json:"remember_days,omitempty"`
	// Registration lets people make accounts of their own.
	Registration SelfRegistration `json:"registration,omitzero"`
	// PasswordMin is the least number of characters of a password; 0: the server's rule.
	PasswordMin int `json:"password_min,omitempty"`
	// KeepEmail keeps people from changing their address, KeepProfile their profile, and
	// KeepAccount from deleting their account: somebody else manages those.
	KeepEmail   bool `json:"keep_email,omitempty"`
	KeepProfile bool `json:"keep_profile,omitempty"`
	KeepAccount bool `json:"keep_account,omitempty"`
}

// SelfRegistration says who may make an account.
type SelfRegistration struct {
	Open bool `json:"open,omitempty"`
	// Domains of addresses that may, in lower case; empty: all of them.
	Domains []string `json:"domains,omitempty"`
	// Groups that they are put into.
	Groups []string `json:"groups,omitempty"`
}

// Remember is how long a browser may be trusted; zero: not at all.
func (r OrgRules) Remember() time.Duration { return time.Duration(r.RememberDays) * 24 * time.Hour }

// Partial is the first factor of a sign-in that needs a second one. There is no session
// yet.
type Partial struct {
	UserID   ID        `json:"user_id"`
	Method   string    `json:"method"`
	AMR      []string  `json:"amr"`
	ACR      string    `json:"acr"`
	At       time.Time `json:"at"`        // when it was proved here
	AuthTime time.Time `json:"auth_time"` // as of [Proof]; may be zero
	Upstream *Upstream `json:"upstream,omitempty"`
	// Hash is of the credential in a cookie that the browser got for it (KindFirst): who
	// has the cookie of the request alone does not go on with it.
	Hash Hash `json:"hash,omitzero"`
}

// PasskeyAttempt is a passkey that somebody signs in with, whoever they are.
type PasskeyAttempt struct {
	Client    *Client
	Org       string // where the user must be; empty: anywhere
	Challenge []byte // that the browser was given; it is used once
	ExpiresAt time.Time
	Response  []byte // JSON of the browser's PublicKeyCredential
	Event     Event  // a template: where it comes from
}

// FactorAttempt is a second factor of somebody who is known by a first one, or by a
// session.
type FactorAttempt struct {
	User    *User
	Request ID // that is gone on with: it dies after five failures
	// Method is totp, recovery or passkey.
	Method    string
	Code      string // of totp and recovery, as typed
	Challenge []byte // of passkey, as of [PasskeyAttempt]
	ExpiresAt time.Time
	Response  []byte
	Event     Event
	UserAgent string // of the browser, whatever it says
}

// MailAttempt asks for a mail to sign in with.
type MailAttempt struct {
	Client  *Client
	Org     string
	Login   string
	Request ID
	Browser Hash
	Locale  string
	Event   Event
}

// TicketAttempt is a link or a code of a mail, brought to sign in with.
type TicketAttempt struct {
	Link    string // the credential of the link; else ID and Code
	ID      ID
	Code    string
	Request ID // it must be for this one
	Browser Hash
	Client  *Client
	Org     string
	Event   Event
}
