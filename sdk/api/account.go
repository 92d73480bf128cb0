package api

import "time"

// Session is a browser that somebody is signed in with.
type Session struct {
	ID         string    `json:"id"`
	User       string    `json:"user" doc:"Identifier of the user."`
	SignedInAt time.Time `json:"signed_in_at" doc:"When the person last proved who they are."`
	AMR        []string  `json:"amr" doc:"How (RFC 8176)."`
	ACR        string    `json:"acr" doc:"The class of the sign-in."`
	Address    string    `json:"address" doc:"Of the browser."`
	UserAgent  string    `json:"user_agent" doc:"What the browser says of itself."`
	Connector  string    `json:"connector,omitempty" doc:"Where they signed in, if it was elsewhere."`
	CreatedAt  time.Time `json:"created_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	EndedAt    time.Time `json:"ended_at,omitzero"`
}

// Device is a browser that somebody trusts with the second factor.
type Device struct {
	ID         string    `json:"id"`
	UserAgent  string    `json:"user_agent"`
	Address    string    `json:"address"`
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at"`
	ExpiresAt  time.Time `json:"expires_at"`
}

// Proofs are what somebody proves who they are with, besides a password.
type Proofs struct {
	Authenticators []Authenticator `json:"authenticators"`
	RecoveryCodes  int             `json:"recovery_codes" doc:"How many can still be used."`
}

// Authenticator is something that somebody has, and proves to have.
type Authenticator struct {
	ID         string    `json:"id"`
	Kind       string    `json:"kind" doc:"passkey or totp."`
	Name       string    `json:"name" doc:"The person's own word for it."`
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at,omitzero"`
}

// Removed says how many things are gone.
type Removed struct {
	Removed int `json:"removed"`
}

// RecoveryCodes stand in for a lost authenticator, once each.
type RecoveryCodes struct {
	Codes []string `json:"codes,omitempty" secret:"true" doc:"To hand over, to the user alone. Shown this once; those from before work no more."`
}

// Link says that a person at another provider is a user here.
type Link struct {
	Connector   string    `json:"connector"`
	Subject     string    `json:"subject" doc:"As the provider wrote it."`
	User        string    `json:"user" doc:"Identifier of the user."`
	Name        string    `json:"name" doc:"Whom the provider takes them for."`
	Groups      []string  `json:"groups" doc:"Those that the connector made them a member of."`
	KeepsTokens bool      `json:"keeps_tokens" doc:"Whether tokens of the provider are kept."`
	CreatedAt   time.Time `json:"created_at"`
	LastUsedAt  time.Time `json:"last_used_at,omitzero"`
}

// NewLink is a link to be made.
type NewLink struct {
	Connector string `json:"connector"`
	Subject   string `json:"subject" doc:"Exactly as the provider writes it."`
}
