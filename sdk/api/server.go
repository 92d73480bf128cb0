package api

import "time"

// InitialToken lets clients register themselves (RFC 7591 section 3).
type InitialToken struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	Name         string    `json:"name" doc:"For who it is."`
	MaxUses      int       `json:"max_uses" doc:"How many clients it registers; 0: any number."`
	Uses         int       `json:"uses" doc:"How many it has registered."`
	CreatedAt    time.Time `json:"created_at"`
	ExpiresAt    time.Time `json:"expires_at"`
}

// NewInitialToken is an initial access token to be made.
type NewInitialToken struct {
	Organisation string `json:"organisation,omitempty" doc:"built-in if it is absent."`
	Name         string `json:"name" doc:"For who it is: 1 to 64 letters, digits and . _ -"`
	MaxUses      int    `json:"max_uses,omitempty" doc:"How many clients it registers; 0: any number."`
	TTL          int64  `json:"ttl" doc:"Seconds that it works."`
}

// CreatedInitialToken is an initial access token that was made.
type CreatedInitialToken struct {
	InitialToken InitialToken `json:"initial_token"`
	Token        string       `json:"token,omitempty" secret:"true" doc:"Shown this once."`
}

// Key is a signing key that is published.
type Key struct {
	ID        string    `json:"id" doc:"kid"`
	Alg       string    `json:"alg"`
	State     string    `json:"state" doc:"signs, next (published, and will sign) or retired (verifies what it signed)."`
	CreatedAt time.Time `json:"created_at"`
	RetiredAt time.Time `json:"retired_at,omitzero" doc:"When it ends to sign."`
	GoneAt    time.Time `json:"gone_at,omitzero" doc:"When it ends to be published."`
}

// NewKeys asks for successors of signing keys.
type NewKeys struct {
	Algs   []string `json:"algs,omitempty" doc:"Of these algorithms; of all if it is absent."`
	AtOnce bool     `json:"at_once,omitempty" doc:"They sign at once, not only when relying parties have had time to fetch them."`
}

// Mail is a mail that waits to be sent. What it says is nobody's business.
type Mail struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	User         string    `json:"user,omitempty" doc:"Identifier of whom it is about."`
	To           string    `json:"to"`
	Template     string    `json:"template" doc:"reset, invite, ..."`
	Locale       string    `json:"locale,omitempty"`
	Failures     int       `json:"failures" doc:"How often sending it failed."`
	NextAt       time.Time `json:"next_at" doc:"When it is tried again."`
	CreatedAt    time.Time `json:"created_at"`
	ExpiresAt    time.Time `json:"expires_at" doc:"It is of no use afterwards."`
}

// MailRetry asks for mails to be sent now.
type MailRetry struct {
	Mail string `json:"mail,omitempty" doc:"Identifier of the mail; absent: all that failed before."`
}

// Retried says how many mails are due now.
type Retried struct {
	Retried int `json:"retried"`
}

// Event is an entry of the audit log.
type Event struct {
	ID           string            `json:"id"`
	At           time.Time         `json:"at"`
	Type         string            `json:"type" doc:"user.created, signin.failed, ..."`
	Actor        string            `json:"actor,omitempty" doc:"Who did it: user:ID, service:ID, cli:NAME, setup, import; absent if nobody is known."`
	ActorName    string            `json:"actor_name,omitempty" doc:"What that user or service account is called, or was; absent if nobody knows, or if they are of an organisation that the caller does not see."`
	Organisation string            `json:"organisation,omitempty" doc:"Which it concerns; absent: the server."`
	User         string            `json:"user,omitempty" doc:"Whom it concerns."`
	UserName     string            `json:"user_name,omitempty" doc:"As actor_name."`
	Client       string            `json:"client,omitempty" doc:"client_id."`
	Session      string            `json:"session,omitempty"`
	Grant        string            `json:"grant,omitempty"`
	Address      string            `json:"address,omitempty"`
	Reference    string            `json:"reference,omitempty" doc:"Of the request, as on error pages and in the log."`
	Detail       map[string]string `json:"detail"`
	Fields       []FieldChange     `json:"fields" doc:"What a change made of what."`
}

// FieldChange says what a member was and is. Of secrets it says only that they changed.
type FieldChange struct {
	Field  string `json:"field"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}
