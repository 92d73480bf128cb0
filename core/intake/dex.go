package intake

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/authn"
)

// dexConfig is the configuration of Dex, as far as it says who may sign in to what.
type dexConfig struct {
	StaticClients   []dexClient
	StaticPasswords []dexPassword
	Connectors      []dexConnector
	OAuth2          struct {
		SkipApprovalScreen flag
		PKCE               struct{ Enforce flag }
	}
	MFA struct{ DefaultMFAChain texts }

	keys keys // of connectors
}

type dexClient struct {
	ID, IDEnv, Secret, SecretEnv, Name, LogoURL, BackchannelLogoutURI text
	RedirectURIs, PostLogoutRedirectURIs, TrustedPeers                texts
	AllowedConnectors, MFAChain, SSOSharedWith                        texts
	Public                                                            flag
	ClientCredentialsClaims                                           json.RawMessage
}

type dexPassword struct {
	Email, Hash, HashFromEnv, Username, Name, PreferredUsername, UserID text
	EmailVerified                                                       *flag
	Groups                                                              texts
}

type dexConnector struct {
	Type, Name, ID text
	Config         dexSettings
}

type dexSettings struct {
	ClientID, ClientSecret, Issuer, BaseURL, HostName, Tenant text
	AuthorizationURL, TokenURL, UserInfoURL, UserIDKey        text
	Host, BindDN, BindPW                                      text
	InsecureNoSSL, StartTLS, InsecureSkipVerify, UseLoginAsID flag
	InsecureSkipEmailVerified, BasicAuthUnsupported           flag
	Scopes, HostedDomains, AllowedGroups, Groups, AcrValues   texts
	Org, UserNameKey                                          text
	Orgs                                                      []struct {
		Name  text
		Teams texts
	}
	GetUserInfo, UseGroupsAsWhitelist flag
	UserSearch                        dexSearch
	GroupSearch                       dexSearch
	ClaimMapping                      map[string]json.RawMessage
}

type dexSearch struct{ BaseDN, Filter, Username, IDAttr, EmailAttr, NameAttr, Scope text }

// dexKnown are the members of a configuration that is taken, or that there is no use for
// here: they say how that server runs.
var dexKnown = strings.Fields(`issuer storage web telemetry oauth2 grpc expiry logger frontend signer connectors staticClients enablePasswordDB
	staticPasswords sessions mfa`)

func readDex(files []File) (*admin.ImportPlan, error) {
	if len(files) > 1 {
		return nil, files[1].wrong("import one after the other", "Dex has one file, and this is a second one")
	}
	const hint = "give the file that 'dex serve' is given"
	var document any
	if err := yaml.Unmarshal(files[0].Data, &document); err != nil {
		return nil, files[0].wrong(hint, "it is no YAML: %s", strings.ReplaceAll(err.Error(), "\n", " "))
	}
	if err := files[0].checkSource("dex", membersOf(files[0].Data)); err != nil {
		return nil, err
	}
	members, is := document.(map[string]any)
	if !is || members["staticClients"] == nil && members["staticPasswords"] == nil && members["connectors"] == nil {
		return nil, files[0].wrong(hint, "it has neither staticClients nor staticPasswords nor connectors, so there is nothing to move in")
	}
	text, err := json.Marshal(document)
	if err != nil {
		return nil, files[0].wrong(hint, "it has keys that are no texts")
	}
	var config dexConfig
	if err := json.Unmarshal(text, &config); err != nil {
		return nil, files[0].wrong(hint, "it is no configuration of Dex: %s", typeProblem(err))
	}
	return config.plan(members), nil
}

func (c *dexConfig) plan(members map[string]any) *admin.ImportPlan {
	plan := &admin.ImportPlan{}
	for i := range c.StaticClients {
		c.StaticClients[i].plan(plan, c)
	}
	var ids []string
	for i := range c.Connectors {
		ids = append(ids, string(c.Connectors[i].ID))
	}
	c.keys = newKeys(ids)
	for i := range c.Connectors {
		c.Connectors[i].plan(plan, c.keys)
	}
	if len(c.MFA.DefaultMFAChain) > 0 {
		left(plan, "setting", "", "mfa", "'postern org rules' asks everybody for a second factor here, and 'postern client update --require-sign-in' the people of one client")
	}
	for i := range c.StaticPasswords {
		plan.Users = append(plan.Users, c.StaticPasswords[i].plan(plan))
	}
	raw := map[string]json.RawMessage{}
	for name, value := range members {
		if value != nil {
			raw[name] = json.RawMessage("true")
		}
	}
	for _, name := range strangers(raw, dexKnown...) {
		left(plan, "setting", "", name, "it is not known here")
	}
	return plan
}

func (c *dexClient) plan(plan *admin.ImportPlan, config *dexConfig) {
	if c.ID == "" {
		left(plan, "client", "", orElse(string(c.Name), string(c.IDEnv)), "its id is in the environment of Dex: write it into the file")
		return
	}
	in := admin.ImportClient{
		ID: string(c.ID), Name: clientName(string(c.ID)), DisplayName: string(c.Name), Secret: string(c.Secret), Preset: admin.PresetWeb,
		RedirectURIs: c.RedirectURIs, PostLogoutRedirectURIs: c.PostLogoutRedirectURIs, BackchannelLogoutURI: string(c.BackchannelLogoutURI), LogoURI: string(c.LogoURL),
		SkipConsent: bool(config.OAuth2.SkipApprovalScreen), RequirePKCE: bool(config.OAuth2.PKCE.Enforce),
	}
	if bool(c.Public) {
		in.Secret, in.Preset = "", publicPreset(c.RedirectURIs)
	}
	in.Notes = append(in.Notes, noted([]note{
		{c.Secret == "" && c.SecretEnv != "", "its secret is in the environment of Dex: write it into the file, or rotate it here"},
		{len(c.TrustedPeers) > 0, "trusted peers were left out: nobody gets tokens in the name of another client here"},
		{len(c.AllowedConnectors) > 0, "which connectors it shows was left out: 'postern connector update --client' says it here"},
		{len(c.MFAChain) > 0, "the second factor was left out: 'postern client update --require-sign-in' asks for it here"},
		{len(c.SSOSharedWith) > 0, "with whom it shares sign-ins was left out: whoever is signed in here is so for all clients"},
		{holds(c.ClientCredentialsClaims), "client_credentials was left out; if the application uses it, make it a client of the preset service besides"},
	})...)
	plan.Clients = append(plan.Clients, in)
}

// dexLogin is what can be a login name here.
var dexLogin = regexp.MustCompile(`^[A-Za-z0-9._+-]{1,64}$`)

// plan makes a user of a password. People sign in there by their address, which they can
// here too.
func (p *dexPassword) plan(plan *admin.ImportPlan) admin.ImportUser {
	in := admin.ImportUser{
		ID: orElse(string(p.UserID), string(p.Email)), Name: string(p.Email), Email: string(p.Email),
		EmailVerified: p.EmailVerified == nil || bool(*p.EmailVerified), Groups: p.Groups,
		Profile: core.Profile{DisplayName: orElse(string(p.Name), string(p.Username))},
	}
	for _, login := range []text{p.PreferredUsername, p.Username} {
		if dexLogin.MatchString(string(login)) {
			in.Name = string(login)
			break
		}
	}
	for _, group := range p.Groups {
		addGroup(plan, admin.ImportGroup{Name: group})
	}
	hash := string(p.Hash)
	if decoded, err := base64.StdEncoding.DecodeString(hash); err == nil && strings.HasPrefix(string(decoded), "$2") {
		hash = string(decoded)
	}
	switch stored, err := authn.ForeignHash(hash); {
	case hash == "" && p.HashFromEnv != "":
		in.Notes = append(in.Notes, "the password was left out: its hash is in the environment of Dex; write it into the file")
	case hash == "":
	case err != nil:
		in.Notes = append(in.Notes, "the password was left out: "+err.Error())
	default:
		in.PasswordHash = stored
	}
	return in
}

func (c *dexConnector) plan(plan *admin.ImportPlan, names keys) {
	id, s := string(c.ID), &c.Config
	values := map[string]any{"client_id": string(s.ClientID)}
	in := admin.ImportConnector{Name: names[id], DisplayName: orElse(string(c.Name), id)}
	secret, secretName := string(s.ClientSecret), "client_secret"
	switch c.Type {
	case "google", "github", "gitlab", "microsoft", "oidc", "oauth":
		c.oauth(&in, values)
	case "ldap":
		secret, secretName = string(s.BindPW), "bind_password"
		delete(values, "client_id")
		c.ldap(&in, values)
	case "saml":
		left(plan, "connector", "", id, "SAML is not spoken here; if it speaks OpenID Connect too, make a connector of the plugin oidc")
		return
	default:
		left(plan, "connector", "", id, "there is no connector for %s; make one of the plugin oidc or oauth2, if it speaks either", c.Type)
		return
	}
	if bool(s.InsecureSkipVerify) {
		in.Notes = append(in.Notes, "certificates are not checked there; they always are here")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if dexVariable.Match(marshalled(map[string]any{name: values[name]})) {
			in.Notes = append(in.Notes, "its "+name+" is in the environment of Dex: write it into the file, as envsubst does, or set it here")
		}
	}
	switch {
	case dexVariable.MatchString(secret):
		in.Notes = append(in.Notes, "its secret is in the environment of Dex: write it into the file, or set it here")
	case secret != "":
		in.Secrets = map[string]string{secretName: secret}
	}
	in.Settings, in.Notes = marshalled(values), renamed(in.Notes, id, in.Name)
	plan.Connectors = append(plan.Connectors, in)
}

// dexVariable is what Dex puts a variable of its environment for, anywhere in a connector.
var dexVariable = regexp.MustCompile(`\$[A-Za-z_{]`)

// oauth fills in what plugins that send people elsewhere get.
func (c *dexConnector) oauth(in *admin.ImportConnector, values map[string]any) {
	s := &c.Config
	in.Plugin = string(c.Type)
	switch c.Type {
	case "google":
		if len(s.HostedDomains) > 0 {
			values["hosted_domains"] = []string(s.HostedDomains)
		}
	case "github":
		if s.HostName != "" {
			values["url"] = "https://" + string(s.HostName)
		}
		c.github(in, values)
	case "gitlab":
		if s.BaseURL != "" {
			values["issuer"] = strings.TrimSuffix(string(s.BaseURL), "/")
		}
	case "microsoft":
		values["tenant"] = orElse(string(s.Tenant), "common")
		in.Notes = append(in.Notes, "groups of Microsoft are known by their identifiers here, and by their names there")
	case "oidc":
		values["issuer"] = string(s.Issuer)
		if bool(s.BasicAuthUnsupported) {
			values["auth_method"] = "client_secret_post"
		}
		if scopes := slices.DeleteFunc(slices.Clone(s.Scopes), func(scope string) bool { return scope == "openid" }); len(scopes) > 0 {
			values["scopes"] = []string(scopes)
		}
		if bool(s.InsecureSkipEmailVerified) {
			in.Notes = append(in.Notes, "addresses count as verified there although nobody says so; they do not here")
		}
	case "oauth":
		c.oauth2(in, values)
	}
	c.restrict(in, values)
	if len(s.AllowedGroups) > 0 && (c.Type == "oidc" || c.Type == "oauth") {
		values["allowed_groups"] = []string(s.AllowedGroups)
	}
}

// github says who may sign in: with groups come their names, as Dex gives them.
func (c *dexConnector) github(in *admin.ImportConnector, values map[string]any) {
	var orgs, teams []string
	if c.Config.Org != "" {
		orgs = append(orgs, string(c.Config.Org))
	}
	for _, org := range c.Config.Orgs {
		if len(org.Teams) == 0 {
			orgs = append(orgs, string(org.Name))
		}
		for _, team := range org.Teams {
			teams = append(teams, string(org.Name)+"/"+team)
		}
	}
	if len(orgs) > 0 {
		values["allowed_organisations"] = orgs
	}
	if len(teams) > 0 {
		values["allowed_teams"] = teams
		in.Notes = append(in.Notes, "check allowed_teams: teams are called as in their address here")
	}
	if len(orgs)+len(teams) > 0 {
		values["groups"] = "teams"
	}
}

// restrict says who else may not sign in there, and that it has no place here.
func (c *dexConnector) restrict(in *admin.ImportConnector, values map[string]any) {
	s := &c.Config
	if c.Type == "gitlab" && len(s.Groups) > 0 {
		values["allowed_groups"] = []string(s.Groups)
	}
	in.Notes = append(in.Notes, noted([]note{
		{(c.Type == "google" || c.Type == "microsoft") && len(s.Groups) > 0, "lets in there only who is in one of its groups, which was left out: say who may sign in before you enable it"},
		{c.Type == "oidc" && len(s.HostedDomains) > 0, "lets in there only people of its hosted domains, which was left out: set allowed_domains before you enable it"},
		{c.Type == "oidc" && s.UserIDKey != "" && s.UserIDKey != "sub", "people are known there by the claim " + string(s.UserIDKey) + ", and here by sub"},
		{bool(s.UseLoginAsID), "people are known there by their login names, and here by their identifiers"},
	})...)
	if c.Type != "oidc" {
		return
	}
	claim := func(setting, name string, usual text) {
		var key text
		_ = json.Unmarshal(s.ClaimMapping[name], &key) // one that is missing is the usual one
		if key != "" && key != usual {
			values[setting] = string(key)
		}
	}
	claim("name_claim", "preferred_username", "preferred_username")
	claim("email_claim", "email", "email")
	claim("groups_claim", "groups", "groups")
	if s.UserNameKey != "" && s.UserNameKey != "name" {
		values["display_name_claim"] = string(s.UserNameKey)
	}
	if len(s.AcrValues) > 0 {
		values["acr_values"] = []string(s.AcrValues)
	}
}

func (c *dexConnector) oauth2(in *admin.ImportConnector, values map[string]any) {
	s := &c.Config
	in.Plugin = "oauth2"
	values["authorization_endpoint"], values["token_endpoint"], values["userinfo_endpoint"] = string(s.AuthorizationURL), string(s.TokenURL), string(s.UserInfoURL)
	if len(s.Scopes) > 0 {
		values["scopes"] = []string(s.Scopes)
	}
	key := func(name, otherwise string) string {
		var value text
		_ = json.Unmarshal(s.ClaimMapping[name], &value) // one that is missing has its default
		return orElse(string(value), otherwise)
	}
	values["paths"] = map[string]string{
		"subject": orElse(string(s.UserIDKey), "id"), "name": key("preferredUsernameKey", "preferred_username"), "email": key("emailKey", "email"),
		"email_verified": key("emailVerifiedKey", "email_verified"), "display_name": key("userNameKey", "user_name"),
	}
}

func (c *dexConnector) ldap(in *admin.ImportConnector, values map[string]any) {
	s := &c.Config
	in.Plugin = "ldap"
	scheme := "ldaps"
	if bool(s.InsecureNoSSL) || bool(s.StartTLS) {
		scheme = "ldap"
	}
	values["url"], values["user_base"] = scheme+"://"+string(s.Host), string(s.UserSearch.BaseDN)
	if bool(s.StartTLS) {
		values["start_tls"] = true
	}
	if s.BindDN != "" {
		values["bind_dn"] = string(s.BindDN)
	}
	var tests strings.Builder
	names := strings.FieldsFunc(string(s.UserSearch.Username), func(r rune) bool { return r == ',' || r == ' ' })
	for _, name := range names {
		fmt.Fprintf(&tests, "(%s={0})", name)
	}
	test := orElse(tests.String(), "(uid={0})")
	if len(names) > 1 {
		test = "(|" + test + ")"
	}
	if filter := string(s.UserSearch.Filter); strings.HasPrefix(filter, "(") {
		test = "(&" + filter + test + ")"
	}
	values["user_filter"] = test
	attributes := map[string]string{"subject": orElse(string(s.UserSearch.IDAttr), "uid"), "email": orElse(string(s.UserSearch.EmailAttr), "mail")}
	if s.UserSearch.NameAttr != "" {
		attributes["display_name"] = string(s.UserSearch.NameAttr)
	}
	values["attributes"] = attributes
	if s.GroupSearch.BaseDN != "" {
		values["group_base"] = string(s.GroupSearch.BaseDN)
		in.Notes = append(in.Notes, "check group_filter: how groups and people match is said otherwise here")
	}
}
