package api

import "time"

// ServiceAccount is a program that administers. It signs in with API tokens alone.
type ServiceAccount struct {
	ID           string    `json:"id" readOnly:"true"`
	Version      string    `json:"version" readOnly:"true"`
	Organisation string    `json:"organisation" readOnly:"true"`
	Name         string    `json:"name" doc:"Unique in the organisation regardless of case."`
	Description  string    `json:"description"`
	Disabled     bool      `json:"disabled" doc:"Its tokens work no more."`
	CreatedAt    time.Time `json:"created_at" readOnly:"true"`
	UpdatedAt    time.Time `json:"updated_at" readOnly:"true"`
}

// NewServiceAccount is a service account to be made. It may nothing until it gets a role.
type NewServiceAccount struct {
	Organisation string `json:"organisation,omitempty" doc:"built-in if it is absent."`
	Name         string `json:"name"`
	Description  string `json:"description,omitempty"`
}

// APIToken lets its holder use this API and SCIM.
type APIToken struct {
	ID          string    `json:"id"`
	Holder      string    `json:"holder" doc:"Identifier of the user or the service account."`
	Name        string    `json:"name" doc:"What it is for."`
	Permissions []string  `json:"permissions" doc:"Narrow what the holder may; empty: not at all."`
	ExpiresAt   time.Time `json:"expires_at"`
	CreatedAt   time.Time `json:"created_at"`
	LastUsedAt  time.Time `json:"last_used_at,omitzero" doc:"To within a minute."`
}

// NewAPIToken is a token to be made.
type NewAPIToken struct {
	Name        string   `json:"name" doc:"What it is for."`
	Permissions []string `json:"permissions,omitempty" doc:"Narrow what the holder may; absent: not at all."`
	TTL         int64    `json:"ttl" doc:"Seconds that it works: a minute to 366 days."`
}

// CreatedAPIToken is a token that was made.
type CreatedAPIToken struct {
	APIToken APIToken `json:"api_token"`
	Token    string   `json:"token,omitempty" secret:"true" doc:"What to send as a bearer. Shown this once."`
}

// RoleGrant gives a role to a user or a service account.
type RoleGrant struct {
	Holder       string    `json:"holder" doc:"Identifier of the user or the service account."`
	Organisation string    `json:"organisation" doc:"Empty: the whole server."`
	Role         string    `json:"role" doc:"owner, administrator, help_desk or auditor."`
	Version      string    `json:"version" doc:"For If-Match of grant-role and revoke-role; where there is no role it is none."`
	CreatedAt    time.Time `json:"created_at,omitzero"`
}

// NewRole is a role for somebody.
type NewRole struct {
	Role string `json:"role" doc:"owner, administrator, help_desk or auditor."`
}

// RoleHolder is a role with who has it.
type RoleHolder struct {
	Grant  RoleGrant `json:"grant"`
	Holder Holder    `json:"holder"`
}

// Holder is somebody who can have roles.
type Holder struct {
	ID           string `json:"id"`
	Organisation string `json:"organisation" doc:"That they belong to."`
	Name         string `json:"name"`
	Title        string `json:"title" doc:"What people see."`
	Program      bool   `json:"program" doc:"A service account."`
	Admin        bool   `json:"admin" doc:"A user who owns the server."`
	Disabled     bool   `json:"disabled"`
}

// Me is who calls.
type Me struct {
	Actor          string      `json:"actor" doc:"As in the audit log: user:ID or service:ID."`
	User           string      `json:"user,omitempty" doc:"Identifier, of a person."`
	ServiceAccount string      `json:"service_account,omitempty" doc:"Identifier, of a program."`
	Name           string      `json:"name"`
	Organisation   string      `json:"organisation" doc:"That they belong to."`
	Client         string      `json:"client,omitempty" doc:"client_id of the program that they use, with an access token."`
	Token          string      `json:"token" doc:"Identifier of the token."`
	ExpiresAt      time.Time   `json:"expires_at,omitzero" doc:"Of an API token."`
	Roles          []RoleGrant `json:"roles"`
	May            []May       `json:"may" doc:"What they may where, with this token."`
}

// May is what somebody may do in an organisation, or of the whole server.
type May struct {
	Organisation string   `json:"organisation" doc:"Empty: the whole server."`
	Permissions  []string `json:"permissions"`
}

// Content is how many of a kind belong to something, and go when it is deleted.
type Content struct {
	What  string `json:"what" doc:"In the plural: users, API tokens."`
	Count int    `json:"count"`
}

// Counts are how many there are.
type Counts struct {
	Users           int `json:"users"`
	DisabledUsers   int `json:"disabled_users"`
	Groups          int `json:"groups"`
	Clients         int `json:"clients"`
	Connectors      int `json:"connectors"`
	ServiceAccounts int `json:"service_accounts"`
	Sessions        int `json:"sessions" doc:"That live now."`
	SignIns         int `json:"sign_ins" doc:"In the last 24 hours."`
	Failures        int `json:"failures" doc:"In the last 24 hours."`
	TokensEnding    int `json:"tokens_ending" doc:"API tokens that end within two weeks."`

	Days []DayCount `json:"days" doc:"The last two weeks, day by day in UTC; the last one is not over yet."`
}

// DayCount is how often people signed in on a day, and failed to.
type DayCount struct {
	Day      time.Time `json:"day" doc:"Its beginning."`
	SignIns  int       `json:"sign_ins"`
	Failures int       `json:"failures"`
}

// LiveSession is a session with whose it is.
type LiveSession struct {
	Session      Session `json:"session"`
	Organisation string  `json:"organisation"`
	Name         string  `json:"name" doc:"Login name."`
}

// Consent is what somebody allowed a client.
type Consent struct {
	Client    string    `json:"client" doc:"client_id."`
	Scopes    []string  `json:"scopes" doc:"Claims that were asked for one by one are in quotes."`
	GrantedAt time.Time `json:"granted_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// ServerSetting is what the operator chose about the server, where it is started.
type ServerSetting struct {
	Key    string `json:"key"`
	Value  string `json:"value" doc:"As it was written; empty: none, or a secret."`
	Usage  string `json:"usage" doc:"What it means."`
	Where  string `json:"where" doc:"Who chose it: a flag, a variable, a line of the configuration file; empty: nobody, it is the default."`
	Secret bool   `json:"secret" doc:"There is a value that is shown to nobody."`
}
