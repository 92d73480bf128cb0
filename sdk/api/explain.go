package api

import (
	"encoding/json"
	"time"
)

// Inquiry asks what a client gets about a user under some circumstances.
type Inquiry struct {
	Client     string    `json:"client" doc:"client_id."`
	User       string    `json:"user,omitempty" doc:"Identifier of the user; absent with client_credentials, where nobody takes part."`
	Scopes     []string  `json:"scopes,omitempty" doc:"That the client asks for; all that it may if it is absent."`
	GrantType  string    `json:"grant_type,omitempty" doc:"authorization_code if it is absent."`
	Address    string    `json:"address,omitempty" doc:"Of the browser or the client; not known if it is absent."`
	At         time.Time `json:"at,omitzero" doc:"Of the request; now if it is absent."`
	SignedInAt time.Time `json:"signed_in_at,omitzero" doc:"That of the request if it is absent."`
	ACR        string    `json:"acr,omitempty" doc:"Class of the sign-in."`
	AMR        []string  `json:"amr,omitempty" doc:"Methods of the sign-in."`
	Connector  string    `json:"connector,omitempty" doc:"Where the user signed in; a password of Postern's own if it is absent."`
	Trusted    bool      `json:"trusted,omitempty" doc:"In a browser that the user trusts."`
	ACRValues  []string  `json:"acr_values,omitempty" doc:"Classes that the request would like; those that the client registered if it is absent."`
}

// Explanation says what a client gets, and why. The documents are absent if it gets nothing.
type Explanation struct {
	Decision Decision `json:"decision"`
	Given    *Given   `json:"given,omitempty"`
}

// Decision is what becomes of a request before there are any documents.
type Decision struct {
	GrantType    string         `json:"grant_type"`
	At           time.Time      `json:"at"`
	Address      string         `json:"address"`
	SignedInAt   time.Time      `json:"signed_in_at,omitzero"`
	ACR          string         `json:"acr"`
	AMR          []string       `json:"amr"`
	Connector    string         `json:"connector"`
	Asked        []string       `json:"asked" doc:"The scopes, after the server's own rules."`
	Policies     []PolicyAnswer `json:"policies" doc:"What policies said, in their order, as far as they were asked."`
	Granted      []string       `json:"granted"`
	Refused      string         `json:"refused" doc:"Why the client gets nothing; empty if it gets something."`
	Failure      string         `json:"failure,omitempty" doc:"Which plugin instance failed, and why, where refused is plugin_failed."`
	NeedsACR     string         `json:"needs_acr"`
	NeedsSignIn  bool           `json:"needs_sign_in"`
	NeedsConsent bool           `json:"needs_consent"`
	SignIn       *SignIn        `json:"sign_in,omitempty" doc:"What the sign-in takes; absent where nobody signs in."`
}

// PolicyAnswer is what one plugin instance said.
type PolicyAnswer struct {
	Instance string   `json:"instance"`
	Plugin   string   `json:"plugin"`
	Shadow   bool     `json:"shadow" doc:"It has no effect."`
	Removed  []string `json:"removed" doc:"Scopes."`
	Denied   bool     `json:"denied"`
	Reason   string   `json:"reason"`
	ACR      string   `json:"acr" doc:"Class that it asks for."`
	SignIn   bool     `json:"sign_in" doc:"It asks for a new sign-in."`
	Consent  bool     `json:"consent" doc:"It asks for consent."`
	Failure  string   `json:"failure" doc:"It refuses because it failed."`
}

// SignIn is what a sign-in takes, and why.
type SignIn struct {
	Allowed  []string       `json:"allowed" doc:"Methods that the rules of organisation and client both allow."`
	Enrolled Enrolled       `json:"enrolled"`
	Reasons  []SignInReason `json:"reasons" doc:"In the order in which they count."`
	Steps    []SignInStep   `json:"steps" doc:"What the person is asked for after what they did already."`
}

// Enrolled is what somebody can prove who they are with, besides a password.
type Enrolled struct {
	Passkeys      int `json:"passkeys"`
	TOTP          int `json:"totp"`
	RecoveryCodes int `json:"recovery_codes"`
}

// SignInReason is why a sign-in has to be of one of some classes.
type SignInReason struct {
	By      string   `json:"by" doc:"organisation, client, policy, person or wish."`
	Classes []string `json:"classes"`
	Met     bool     `json:"met" doc:"By what the person did already."`
	Trusted bool     `json:"trusted" doc:"The browser, which the person trusts, stands for it."`
}

// SignInStep is one thing that somebody is asked for.
type SignInStep struct {
	Ask     string   `json:"ask" doc:"factor, enrol, other, sign_in, provider or impossible."`
	Class   string   `json:"class" doc:"That is to be reached; may be empty."`
	Methods []string `json:"methods" doc:"One of them."`
}

// Given are the documents that a client would get about somebody.
type Given struct {
	Scopes        []string        `json:"scopes"`
	IDToken       *Document       `json:"id_token,omitempty"`
	UserInfo      *Document       `json:"userinfo,omitempty"`
	Account       json.RawMessage `json:"account" doc:"What the account endpoint would answer."`
	AccountShaped bool            `json:"account_shaped" doc:"A plugin gave the account its shape."`
}

// Document is an object of claims with the origin of each.
type Document struct {
	JSON   json.RawMessage `json:"document"`
	Claims []Claim         `json:"claims"`
}

// Claim is a member of a document. One that a plugin took out has no value.
type Claim struct {
	Name   string          `json:"name"`
	Value  json.RawMessage `json:"value,omitempty"`
	Origin Origin          `json:"origin"`
}

// Origin says where a claim comes from.
type Origin struct {
	Kind     string `json:"kind" doc:"standard, scope, plugin or removed."`
	Scope    string `json:"scope,omitempty"`
	Instance string `json:"instance,omitempty" doc:"That set it, or took it out."`
	Plugin   string `json:"plugin,omitempty"`
	Text     string `json:"text" doc:"The same in a few words."`
}
