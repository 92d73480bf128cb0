package cli

import (
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/config"
)

// clientFlags are the flags that say something about a client. Only those that
// were given have an effect; a list replaces the list that was there.
type clientFlags struct {
	set    *pflag.FlagSet
	texts  map[string]*string
	lists  map[string]*[]string
	bools  map[string]*bool
	ttls   map[string]*string
	parsed map[string]time.Duration

	jwks   *string
	keys   json.RawMessage // that jwks has; nil if it has none
	reader func(name string) ([]byte, error)
	maxAge *string
}

type flagOf[T any] struct {
	flag, usage string
	field       func(*core.Client) *T
}

func clientTexts() []flagOf[string] {
	return []flagOf[string]{
		{"name", "what people see", func(c *core.Client) *string { return &c.DisplayName }},
		{"id-token-alg", "algorithm of ID tokens: RS256, ES256, EdDSA, PS256, or none for unsigned ones", func(c *core.Client) *string { return &c.IDTokenAlg }},
		{requireFlag, classUsage, func(c *core.Client) *string { return &c.SignIn.Require }},
		{"jwks-uri", "`URL` at which it publishes its public keys", func(c *core.Client) *string { return &c.Metadata.JWKSURI }},
		{"token-auth-alg", "algorithm with which it must sign to prove itself, such as ES256; HS256 with client_secret_jwt", func(c *core.Client) *string { return &c.Metadata.TokenAuthAlg }},
		{"request-object-alg", "algorithm with which it must sign the requests that it sends as a JWT; none takes unsigned ones", func(c *core.Client) *string { return &c.Metadata.RequestObjectAlg }},
		{"subject-type", "public, or pairwise: no other site knows people by the same subject", func(c *core.Client) *string { return &c.Metadata.SubjectType }},
		{"sector-identifier-uri", "URL whose host is shared by clients that know people by the same pairwise subject", func(c *core.Client) *string { return &c.Metadata.SectorIdentifierURI }},
		{"userinfo-alg", "algorithm with which UserInfo is signed, as of ID tokens; nothing gives plain JSON", func(c *core.Client) *string { return &c.Metadata.UserInfoAlg }},
		{"id-token-encryption-alg", "algorithm that ID tokens are encrypted to its key with, such as RSA-OAEP-256 or ECDH-ES", func(c *core.Client) *string { return &c.Metadata.IDTokenEncryptionAlg }},
		{"id-token-encryption-enc", "how they are encrypted then: A128CBC-HS256 (the default), A256CBC-HS512, A128GCM or A256GCM", func(c *core.Client) *string { return &c.Metadata.IDTokenEncryptionEnc }},
		{"userinfo-encryption-alg", "the same for UserInfo", func(c *core.Client) *string { return &c.Metadata.UserInfoEncryptionAlg }},
		{"userinfo-encryption-enc", "the same for UserInfo", func(c *core.Client) *string { return &c.Metadata.UserInfoEncryptionEnc }},
		{"frontchannel-logout-uri", "URL of its page that browsers load when somebody signs out", func(c *core.Client) *string { return &c.Metadata.FrontchannelLogoutURI }},
		{"backchannel-logout-uri", "URL at which the server tells it that a session has ended", func(c *core.Client) *string { return &c.Metadata.BackchannelLogoutURI }},
		{"logo-uri", "URL of its logo", func(c *core.Client) *string { return &c.LogoURI }},
		{"client-uri", "URL of its home page", func(c *core.Client) *string { return &c.ClientURI }},
		{"policy-uri", "URL of its privacy policy", func(c *core.Client) *string { return &c.PolicyURI }},
		{"terms-uri", "URL of its terms of service", func(c *core.Client) *string { return &c.TermsURI }},
	}
}

func clientLists() []flagOf[[]string] {
	return []flagOf[[]string]{
		{"redirect-uri", "`URL` at which it gets its codes; exact (repeatable)", func(c *core.Client) *[]string { return &c.RedirectURIs }},
		{"post-logout-redirect-uri", "`URL` that people may return to after signing out; exact (repeatable)", func(c *core.Client) *[]string { return &c.PostLogoutRedirectURIs }},
		{"request-uri", "`URL` at which it leaves requests for the server to fetch; exact (repeatable)", func(c *core.Client) *[]string { return &c.Metadata.RequestURIs }},
		{"scope", "`SCOPE` that it may ask for (repeatable, or several with blanks between)", func(c *core.Client) *[]string { return &c.Scopes }},
		{"grant-type", "`TYPE`: authorization_code, implicit, refresh_token, client_credentials or urn:ietf:params:oauth:grant-type:device_code (repeatable)", func(c *core.Client) *[]string { return &c.GrantTypes }},
		{"response-type", "`TYPE`: code, or one that gives tokens through the browser, like 'code id_token' (repeatable)", func(c *core.Client) *[]string { return &c.ResponseTypes }},
		{"default-acr-value", "`CLASS` of sign-in that it prefers (repeatable)", func(c *core.Client) *[]string { return &c.Metadata.DefaultACRValues }},
		{"allow-group", "`GROUP` of the client's organisation whose members may sign in, and nobody else (repeatable; '' lets everybody in)", func(c *core.Client) *[]string { return &c.AllowedGroups }},
		{methodFlag, methodUsage, func(c *core.Client) *[]string { return &c.SignIn.Methods }},
		{"auth-method", "`METHOD`: client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt or none (repeatable)", func(c *core.Client) *[]string { return &c.AuthMethods }},
	}
}

func clientBools() []flagOf[bool] {
	return []flagOf[bool]{
		{"require-pkce", "refuse requests without PKCE", func(c *core.Client) *bool { return &c.RequirePKCE }},
		{"require-auth-time", "always say in ID tokens when somebody signed in (Postern does anyhow)", func(c *core.Client) *bool { return &c.Metadata.RequireAuthTime }},
		{"skip-consent", "do not ask people: you consent for them", func(c *core.Client) *bool { return &c.SkipConsent }},
		{"offline-without-prompt", "give refresh tokens without prompt=consent", func(c *core.Client) *bool { return &c.OfflineWithoutPrompt }},
		{"query-token", "accept ?accessToken= at the account endpoint; tokens end up in logs", func(c *core.Client) *bool { return &c.QueryToken }},
		{"shared", "sign in people of every organisation", func(c *core.Client) *bool { return &c.Shared }},
	}
}

func clientTTLs() []flagOf[time.Duration] {
	return []flagOf[time.Duration]{
		{"access-token-lifetime", "how long its access tokens work", func(c *core.Client) *time.Duration { return &c.AccessTTL }},
		{"id-token-lifetime", "how long its ID tokens are valid", func(c *core.Client) *time.Duration { return &c.IDTokenTTL }},
		{"refresh-token-lifetime", "how long refreshing works after a sign-in", func(c *core.Client) *time.Duration { return &c.RefreshTTL }},
	}
}

func (p *program) newClientFlags(c *cobra.Command) *clientFlags {
	f := &clientFlags{
		set: c.Flags(), texts: map[string]*string{}, lists: map[string]*[]string{}, bools: map[string]*bool{},
		ttls: map[string]*string{}, parsed: map[string]time.Duration{}, reader: p.readFile,
	}
	f.set.SortFlags = false
	for _, l := range clientLists() {
		f.lists[l.flag] = f.set.StringArray(l.flag, nil, l.usage)
	}
	f.jwks = f.set.String("jwks", "", "`FILE` with its public keys, a JSON Web Key Set, or - ('' takes them away)")
	for _, t := range clientTexts() {
		f.texts[t.flag] = f.set.String(t.flag, "", t.usage)
	}
	for _, b := range clientBools() {
		f.bools[b.flag] = f.set.Bool(b.flag, false, b.usage)
	}
	for _, d := range clientTTLs() {
		f.ttls[d.flag] = f.set.String(d.flag, "", d.usage+", such as 15m (0 is the server's default)")
	}
	f.maxAge = f.set.String(maxAgeFlag, "", "how old a sign-in may be where the request does not say, such as 8h (0 asks everybody, '' nobody)")
	return f
}

const maxAgeFlag = "default-max-age"

// check reads the durations, and the file of keys.
func (f *clientFlags) check(*cobra.Command, []string) (err error) {
	durations := maps.Clone(f.ttls)
	if *f.maxAge != "" {
		durations[maxAgeFlag] = f.maxAge
	}
	for flag, value := range durations {
		if !f.set.Changed(flag) {
			continue
		}
		d, err := config.ParseDuration(*value)
		if err != nil {
			return usagef("write it like 15m, 12h or 30d", "%q is no value for --%s", *value, flag)
		}
		f.parsed[flag] = d
	}
	if *f.jwks != "" {
		f.keys, err = f.reader(*f.jwks)
	}
	return err
}

// apply changes the client as the flags say.
func (f *clientFlags) apply(c *core.Client) {
	for _, t := range clientTexts() {
		if f.set.Changed(t.flag) {
			*t.field(c) = *f.texts[t.flag]
		}
	}
	for _, l := range clientLists() {
		if f.set.Changed(l.flag) {
			*l.field(c) = splitScopes(l.flag, *f.lists[l.flag])
		}
	}
	if f.set.Changed("jwks") {
		c.Metadata.JWKS = f.keys
	}
	for _, b := range clientBools() {
		if f.set.Changed(b.flag) {
			*b.field(c) = *f.bools[b.flag]
		}
	}
	for _, d := range clientTTLs() {
		if value, given := f.parsed[d.flag]; given {
			*d.field(c) = value
		}
	}
	if f.set.Changed(maxAgeFlag) {
		c.Metadata.DefaultMaxAge = nil
	}
	if value, given := f.parsed[maxAgeFlag]; given {
		c.Metadata.DefaultMaxAge = new(seconds(value))
	}
}

// splitScopes takes scopes as they are written in a request. An empty value
// empties a list.
func splitScopes(flag string, values []string) []string {
	if len(values) == 1 && values[0] == "" {
		return nil
	}
	if flag != "scope" {
		return values
	}
	return strings.Fields(strings.Join(values, " "))
}
