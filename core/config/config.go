package config

import (
	"log/slog"
	"net"
	"net/url"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/supply"
)

// Config is everything that can be chosen about a server.
type Config struct {
	Data   string // data directory
	Listen string // HOST:PORT; an empty host is every interface
	// Issuer is the URL that the server is known by, without a slash at its end.
	Issuer string
	// IssuerDerived says that nobody chose the issuer: it was made from Listen.
	// Where that has port 0 the issuer has it too, until the server knows its port.
	IssuerDerived bool
	TLSCert       string // file names; both or none
	TLSKey        string
	LogLevel      slog.Level
	LogFormat     string // "text" or "json"
	// MetricsListen is the HOST:PORT at which the metrics are; empty means nowhere.
	MetricsListen string
	// MasterKey encrypts secrets at rest; empty means the key file in the data
	// directory. It is a secret: it is never a flag and never logged.
	MasterKey string
	Lifetimes Lifetimes
	// KeysRotateEvery is how old a signing key gets before it has a successor; zero: as
	// old as it may.
	KeysRotateEvery time.Duration
	// TrustedProxies are the networks whose X-Forwarded-For says where a request
	// comes from; none by default.
	TrustedProxies []*net.IPNet
	// OutboundAllowPrivate lists what of the addresses that are not for everybody the
	// server may ask; see [outbound.Options].
	OutboundAllowPrivate []string
	// SessionManagement lets clients watch in a frame whether somebody is still signed
	// in.
	SessionManagement bool
	// Registration says whether clients may register themselves, and as what.
	Registration core.RegistrationPolicy
	// PasswordBreachFile is a list of passwords that nobody may set; empty: there is none.
	// Package authn says what it must be.
	PasswordBreachFile string
	// WebfingerDomains are domains of people who sign in here, besides the issuer's host.
	WebfingerDomains []string
	// Mail is the server that takes mails.
	Mail Mail
	// ThemesDir has a folder with templates for each organisation that wants its own;
	// empty: none has. Package web says what is in it.
	ThemesDir string
	// PluginKeys are trusted to sign modules of plugins.
	PluginKeys []supply.Key
	// PluginRegistryCredentials names a docker config.json with the logins for
	// registries; empty is the one that docker would read.
	PluginRegistryCredentials string
	// PluginRegistryHosts are further hosts of registries, by the host that references
	// name: see [supply.Registry].
	PluginRegistryHosts map[string][]string
	// Apply names files that say what there is to be, which the server applies when it starts.
	Apply []string
	// Chosen says of every setting what it is and who chose it, in the order of [Settings].
	Chosen []Chosen
}

// Chosen is what a setting is, as text, and where that comes from.
type Chosen struct {
	Key, Usage string // as of [Setting]
	// Value is empty where nothing was chosen and there is no default, and of a secret.
	Value string
	// Where names the flag ("--listen"), the variable ("POSTERN_LISTEN") or the line of the
	// file ("postern.toml:3") that says so; empty for the default.
	Where  string
	Secret bool // there is a value that is shown to nobody
}

// Lifetimes are the server's defaults; a client may have its own for tokens.
type Lifetimes struct {
	Session      time.Duration
	AccessToken  time.Duration
	IDToken      time.Duration
	RefreshToken time.Duration // of the whole family, from the sign-in
}

// Local reports whether the server serves this machine alone: its issuer is one that
// others cannot reach.
func (c *Config) Local() bool {
	u, err := url.Parse(c.Issuer)
	return err == nil && loopback(u.Hostname())
}

// TLS reports whether the server itself speaks TLS.
func (c *Config) TLS() bool { return c.TLSCert != "" }

// Settings gives every setting with its flag, variable, default and meaning, in
// the order in which help shows them.
func Settings() []Setting {
	return []Setting{
		{Key: "data", Default: "./data", Usage: "directory of the database and the keys", set: setText(func(c *Config) *string { return &c.Data })},
		{Key: "listen", Default: "localhost:8000", Usage: "address to listen at, HOST:PORT", set: setListen(func(c *Config) *string { return &c.Listen })},
		{Key: "issuer", Usage: "URL that the server is known by (default: the last one, else http://localhost with the port of --listen)", set: setIssuer},
		{Key: "tls_cert", Usage: "file with the TLS certificate chain (PEM)", set: setText(func(c *Config) *string { return &c.TLSCert })},
		{Key: "tls_key", Usage: "file with the TLS key (PEM)", set: setText(func(c *Config) *string { return &c.TLSKey })},
		{Key: "trusted_proxies", Usage: "addresses or networks of proxies whose X-Forwarded-For is believed, with commas between them", set: setProxies},
		{Key: "outbound_allow_private", Usage: "networks, or hosts with their port, that the server may ask though they are private, with commas between them", set: setOutbound},
		{Key: "session_management", Default: "off", Usage: "on: applications may watch in a hidden frame whether somebody is still signed in (OpenID Connect Session Management)", set: setSwitch(func(c *Config) *bool { return &c.SessionManagement })},
		{Key: "registration", Default: "off", Usage: "who may register clients: off, token (with a token of 'postern registration token create') or open (everybody)", set: setRegistration},
		{Key: "registration_scopes", NoFlag: true, Usage: "scopes that such clients may have, with blanks between them (default: the standard ones)", set: setRegistrationScopes},
		{Key: "registration_grant_types", NoFlag: true, Usage: "grant types that such clients may have, with commas between them (default: all but client_credentials)", set: setRegistrationGrants},
		{Key: "registration_redirect_hosts", NoFlag: true, Usage: "hosts that redirect URIs of such clients may have, app.example.org or *.example.org, with commas between them (default: any)", set: setRegistrationHosts},
		{Key: "password_breach_file", Usage: "file of breached passwords that nobody may set: the list of SHA-1 hashes, ordered by hash, of Have I Been Pwned (default: none)", set: setText(func(c *Config) *string { return &c.PasswordBreachFile })},
		{Key: "webfinger_domains", NoFlag: true, Usage: "domains whose people webfinger sends here besides the issuer's own, with commas between them", set: setWebfingerDomains},
		{Key: "mail_smtp", Usage: "server that takes mails, HOST:PORT (default: none; then nothing that needs a mail is offered, but at localhost, where /mailbox shows them)", set: setMailServer},
		{Key: "mail_from", Usage: "address that mails are from", set: setMailFrom},
		{Key: "mail_from_name", NoFlag: true, Usage: "name that mails are from (default: that of the organisation)", set: setText(func(c *Config) *string { return &c.Mail.FromName })},
		{Key: "mail_tls", NoFlag: true, Default: "starttls", Usage: "how the connection to the mail server is encrypted: starttls, tls or off", set: setMailSecurity},
		{Key: "mail_user", NoFlag: true, Usage: "user name at the mail server", set: setText(func(c *Config) *string { return &c.Mail.User })},
		{Key: "mail_password_file", NoFlag: true, Usage: "file that holds the password at the mail server", set: setMailPassword},
		{Key: "themes_dir", Usage: "directory with templates of organisations, ORG/templates/*.html, in place of ours (default: none)", set: setText(func(c *Config) *string { return &c.ThemesDir })},
		{Key: "plugin_keys", Usage: "public keys of minisign that are trusted to sign plugins, NAME=KEY or FILE.pub, with commas between them", set: setPluginKeys},
		{Key: "plugin_registry_credentials", Usage: "docker config.json with the logins for registries of plugins (default: docker's own)", set: setCredentials},
		{Key: "plugin_registry_hosts", Usage: "hosts that a registry of plugins may send to besides itself, REGISTRY=HOST, with commas between them", set: setRegistryHosts},
		{Key: "apply", Usage: "files that say what there is to be, as of 'postern apply', with commas between them: applied at the start, and at SIGHUP", set: setApply},
		{Key: "metrics_listen", Usage: "address at which metrics may be scraped, HOST:PORT, at /metrics without TLS and without asking who it is (default: nowhere)", set: setListen(func(c *Config) *string { return &c.MetricsListen })},
		{Key: "log_level", Default: "info", Usage: "debug, info, warn or error", set: setLogLevel},
		{Key: "log_format", Default: "text", Usage: "text or json", set: setLogFormat},
		{Key: "session_lifetime", Default: "12h", NoFlag: true, Usage: "how long a browser stays signed in", set: setDuration(func(c *Config) *time.Duration { return &c.Lifetimes.Session }, 30*day)},
		{Key: "access_token_lifetime", Default: "1h", NoFlag: true, Usage: "how long an access token works", set: setDuration(func(c *Config) *time.Duration { return &c.Lifetimes.AccessToken }, day)},
		{Key: "id_token_lifetime", Default: "1h", NoFlag: true, Usage: "how long an ID token is valid", set: setDuration(func(c *Config) *time.Duration { return &c.Lifetimes.IDToken }, day)},
		{Key: "refresh_token_lifetime", Default: "30d", NoFlag: true, Usage: "how long refreshing works after a sign-in", set: setDuration(func(c *Config) *time.Duration { return &c.Lifetimes.RefreshToken }, 400*day)},
		{Key: "keys_rotate_every", NoFlag: true, Usage: "how old a signing key gets before another takes its place (default: no rotation but by 'postern keys rotate')", set: setRotation},
		{Key: "master_key", NoFlag: true, NoFile: true, Usage: "key that encrypts secrets at rest (default: DIR/master.key)", set: setText(func(c *Config) *string { return &c.MasterKey })},
		{Key: "master_key_file", NoFlag: true, Usage: "file that holds the master key", set: setMasterKeyFile},
	}
}
