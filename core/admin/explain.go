package admin

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/postern-id/postern/core"
)

// Inquiry is what an explanation is asked: what the client gets about the user under
// these circumstances.
type Inquiry struct {
	User   *core.User // nil with client_credentials, where nobody takes part
	Client *core.Client
	// Scopes are those that the client asks for; none stand for all that it may.
	Scopes    []string
	GrantType string // empty: authorization_code
	Address   string // of the browser or the client; empty: not known
	At        time.Time
	// How the person signed in. Without a connector and without anything said, it is a
	// password of Postern's own, checked at this very time.
	SignedInAt time.Time
	ACR        string
	AMR        []string
	Connector  string
	// Trusted says that it is in a browser that the person trusts.
	Trusted bool
	// ACRValues are the classes that the request would like; none stand for what the client
	// registered.
	ACRValues []string
}

// Explanation says what a client gets, and why.
type Explanation struct {
	Decision Decision `json:"decision"`
	// The documents; nil if the client gets nothing.
	*Given
}

// Decision is what becomes of a request before there are any documents.
type Decision struct {
	GrantType  string    `json:"grant_type"`
	At         time.Time `json:"at"`
	Address    string    `json:"address"`
	SignedInAt time.Time `json:"signed_in_at,omitzero"`
	ACR        string    `json:"acr"`
	AMR        []string  `json:"amr"`
	Connector  string    `json:"connector"`
	Asked      []string  `json:"asked"` // the scopes, after the host's own rules
	// Policies are what they said, in their order, as far as they were asked.
	Policies []PolicyAnswer `json:"policies"`
	Granted  []string       `json:"granted"`
	// Refused says why the client gets nothing, as the audit log does; empty if it gets
	// something.
	Refused string `json:"refused"`
	// Failure names the plugin instance that failed, and says why, where Refused is
	// "plugin_failed".
	Failure string `json:"failure,omitempty"`
	// What the person has to do before a code is issued.
	NeedsACR     string `json:"needs_acr"`
	NeedsSignIn  bool   `json:"needs_sign_in"`
	NeedsConsent bool   `json:"needs_consent"`
	// SignIn is what their sign-in takes; nil where nobody signs in.
	SignIn *SignIn `json:"sign_in"`
}

// PolicyAnswer is what one plugin instance said.
type PolicyAnswer struct {
	Instance string   `json:"instance"`
	Plugin   string   `json:"plugin"`
	Shadow   bool     `json:"shadow"` // it has no effect
	Removed  []string `json:"removed"`
	Denied   bool     `json:"denied"`
	Reason   string   `json:"reason"`
	ACR      string   `json:"acr"`
	SignIn   bool     `json:"sign_in"`
	Consent  bool     `json:"consent"`
	Failure  string   `json:"failure"` // it refuses because it failed
}

// SignIn is what a sign-in takes, and why.
type SignIn struct {
	// Allowed are the methods that the rules of organisation and client both allow.
	Allowed  []string     `json:"allowed"`
	Enrolled EnrolledView `json:"enrolled"`
	Reasons  []Reason     `json:"reasons"` // in the order in which they count
	// Steps are what the person is asked for after what they did already; empty if that is
	// enough.
	Steps []SignInStep `json:"steps"`
}

// EnrolledView is what the person can prove who they are with, besides a password.
type EnrolledView struct {
	Passkeys      int `json:"passkeys"`
	TOTP          int `json:"totp"`
	RecoveryCodes int `json:"recovery_codes"`
}

// Reason is why the sign-in has to be of one of some classes.
type Reason struct {
	By      string   `json:"by"` // one of ByOrganisation and its kin
	Classes []string `json:"classes"`
	Met     bool     `json:"met"` // by what the person did already
	// Trusted says that the browser, which the person trusts, stands for it.
	Trusted bool `json:"trusted"`
}

// Who has a [Reason].
const (
	ByOrganisation = "organisation" // by its rules
	ByClient       = "client"       // by its rules
	ByPolicy       = "policy"       // the scope policy
	ByPerson       = "person"       // who enrolled a second factor
	ByWish         = "wish"         // a client that would like it
)

// What a [SignInStep] asks for.
const (
	AskFactor     = "factor"     // prove a second factor
	AskEnrol      = "enrol"      // enrol one
	AskOther      = "other"      // sign in by another method
	AskSignIn     = "sign_in"    // sign in anew
	AskProvider   = "provider"   // sign in at the provider
	AskImpossible = "impossible" // nothing will do: the client is told
)

// SignInStep is one thing that the person is asked for.
type SignInStep struct {
	Ask     string   `json:"ask"`
	Class   string   `json:"class"`   // that is to be reached; may be empty
	Methods []string `json:"methods"` // one of them
}

// Given are the documents that a client would get about somebody, and why.
type Given struct {
	Scopes   []string  `json:"scopes"`
	IDToken  *Document `json:"id_token"` // nil without the scope openid
	UserInfo *Document `json:"userinfo"` // nil without the scope openid
	// Account is the document that the account endpoint would answer.
	Account json.RawMessage `json:"account"`
	// AccountShaped says that a plugin gave the account its shape.
	AccountShaped bool `json:"account_shaped"`
}

// Document is a JSON object of claims with the origin of each.
type Document struct {
	JSON   json.RawMessage `json:"document"`
	Claims []Claim         `json:"claims"`
}

// Claim is a member of a document. A claim that a plugin took out has no value.
type Claim struct {
	Name   string          `json:"name"`
	Value  json.RawMessage `json:"value,omitempty"`
	Origin Origin          `json:"origin"`
}

// Origin says where a claim comes from.
type Origin struct {
	Kind     string `json:"kind"`               // "standard", "scope", "plugin" or "removed"
	Scope    string `json:"scope,omitempty"`    // of a scope's claim
	Instance string `json:"instance,omitempty"` // that set it, or took it out
	Plugin   string `json:"plugin,omitempty"`   // likewise
	words    string
}

// OriginOf makes an origin with the words that say it shortly.
func OriginOf(kind, scope, instance, plugin, words string) Origin {
	return Origin{kind, scope, instance, plugin, words}
}

// String gives the origin in a few words: "scope email", "plugin miniorange".
func (o Origin) String() string { return o.words }

// Explainer says what clients get.
type Explainer interface {
	// Explain says what the client gets about the user: how the rules of the host and the
	// scope policies decide, and the documents. Nothing is issued.
	Explain(ctx context.Context, q Inquiry) (*Explanation, error)
}

// Explain is [Explainer.Explain].
func (s *Service) Explain(ctx context.Context, q Inquiry) (*Explanation, error) {
	if s.Explainer == nil {
		return nil, errors.New("explain: nothing here can")
	}
	return s.Explainer.Explain(ctx, q)
}
