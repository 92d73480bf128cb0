package intake

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-id/postern/core/admin"
)

type casdoorProvider struct {
	Owner, Name, DisplayName, Category, Type                 text
	ClientID, ClientSecret, Domain, Scopes                   text
	CustomAuthURL, CustomTokenURL, CustomUserInfoURL, Method text
	UserMapping                                              dictionary
}

type casdoorLDAP struct {
	ID, Owner, ServerName, Host, Username, Password, BaseDN, Filter text
	Port                                                            number
	EnableSSL                                                       flag
	FilterFields                                                    texts
}

// casdoorConnector is a connector of the plan, with what users are linked by.
type casdoorConnector struct {
	org, name, provider string
	member              string // of users, with the subject; empty: subjects are others here
}

// planProviders makes connectors of those providers that people sign in with. One that
// belongs to all organisations becomes one of each organisation whose applications show it.
func (d *casdoorData) planProviders(plan *admin.ImportPlan) (made []casdoorConnector) {
	for i := range d.providers {
		provider := &d.providers[i]
		settings, reason := provider.settings()
		orgs := d.orgsOf(provider)
		switch {
		case reason != "":
			left(plan, "provider", "", string(provider.Name), "%s", reason)
			continue
		case len(orgs) == 0:
			left(plan, "provider", "", string(provider.Name), "no application shows it")
			continue
		}
		for at, org := range orgs {
			in := provider.connector(org, at > 0, settings)
			plan.Connectors = append(plan.Connectors, in)
			made = append(made, casdoorConnector{org, in.Name, string(provider.Name), settings.member})
		}
	}
	for i := range d.ldaps {
		org := d.keys[string(d.ldaps[i].Owner)]
		if d.ldaps[i].ID == "ldap-built-in" {
			left(plan, "ldap", org, string(d.ldaps[i].ServerName), "it is Casdoor's own example")
			continue
		}
		plan.Connectors = append(plan.Connectors, d.ldaps[i].connector(org))
	}
	return made
}

// orgsOf gives the organisations whose people sign in with the provider.
func (d *casdoorData) orgsOf(provider *casdoorProvider) []string {
	if provider.Owner != "admin" && provider.Owner != "" {
		return []string{d.keys[string(provider.Owner)]}
	}
	var orgs []string
	for i := range d.applications {
		app := &d.applications[i]
		shown := slices.ContainsFunc(app.Providers, func(item struct{ Name text }) bool { return item.Name == provider.Name })
		if org := d.keys[string(app.Organization)]; shown && app.Name != "app-built-in" && !slices.Contains(orgs, org) {
			orgs = append(orgs, org)
		}
	}
	slices.Sort(orgs) // a database and its export have another order, and the same names
	return orgs
}

// connectorSettings are what a plugin gets.
type connectorSettings struct {
	plugin string
	values map[string]any
	member string
	notes  []string
}

// settings gives what the plugin for such a provider gets, or why there is none.
func (p *casdoorProvider) settings() (s connectorSettings, reason string) {
	if p.Category != "OAuth" {
		return s, casdoorCategory(string(p.Category))
	}
	kind := strings.ToLower(string(p.Type))
	s = connectorSettings{values: map[string]any{"client_id": string(p.ClientID)}, member: kind}
	switch kind {
	case "google", "github", "gitlab":
		s.plugin = kind
	case "azuread":
		s.plugin, s.member = "microsoft", ""
		s.values["tenant"] = orElse(string(p.Domain), "organizations")
		s.notes = append(s.notes, "people are known to Microsoft by other names here: they link their accounts once more")
	case "okta", "auth0", "casdoor":
		s.plugin, s.values["issuer"] = "oidc", strings.TrimSuffix(string(p.Domain), "/")
		s.notes = append(s.notes, "check that the issuer is what its discovery document says")
	default:
		if !strings.HasPrefix(kind, "custom") {
			return s, fmt.Sprintf("there is no connector for %s; make one of the plugin oidc or oauth2, if it speaks either", p.Type)
		}
		p.custom(&s)
	}
	return s, ""
}

// custom is a provider whose addresses somebody typed.
func (p *casdoorProvider) custom(s *connectorSettings) {
	s.plugin, s.member = "oauth2", strings.ToLower(string(p.Type))
	s.values["authorization_endpoint"] = string(p.CustomAuthURL)
	s.values["token_endpoint"] = string(p.CustomTokenURL)
	s.values["userinfo_endpoint"] = string(p.CustomUserInfoURL)
	if scopes := strings.FieldsFunc(string(p.Scopes), func(r rune) bool { return r == ' ' || r == ',' }); len(scopes) > 0 {
		s.values["scopes"] = scopes
	}
	paths := map[string]string{"subject": orElse(p.UserMapping["id"], "id")}
	for theirs, ours := range map[string]string{"username": "name", "displayName": "display_name", "email": "email", "avatarUrl": "picture", "phone": "phone"} {
		if path := p.UserMapping[theirs]; path != "" {
			paths[ours] = path
		}
	}
	s.values["paths"] = paths
}

// casdoorCategory says what stands in the place of providers that nobody signs in with.
func casdoorCategory(category string) string {
	switch category {
	case "Email":
		return "mail is set in the configuration of the server (smtp)"
	case "SAML":
		return "SAML is not spoken here; if it speaks OpenID Connect too, make a connector of the plugin oidc"
	case "Captcha":
		return "there are no captchas here: guesses are throttled"
	}
	return "there is nothing here for providers of the category " + orElse(category, "(none)")
}

func (p *casdoorProvider) connector(org string, another bool, s connectorSettings) admin.ImportConnector {
	name := keyName(string(p.Name))
	if another {
		name = keyName(name + "-" + org)
	}
	in := admin.ImportConnector{
		Org: org, Name: name, DisplayName: orElse(string(p.DisplayName), string(p.Type)), Plugin: s.plugin, Settings: marshalled(s.values),
		Notes: append(renamed(nil, string(p.Name), name), s.notes...),
	}
	if secret := string(p.ClientSecret); strings.Trim(secret, "*") != "" {
		in.Secrets = map[string]string{"client_secret": secret}
	} else {
		in.Notes = append(in.Notes, "the export has no client secret")
	}
	return in
}

func (l *casdoorLDAP) connector(org string) admin.ImportConnector {
	scheme, port := "ldap", int(l.Port)
	if bool(l.EnableSSL) {
		scheme = "ldaps"
	}
	values := map[string]any{"url": scheme + "://" + string(l.Host), "user_base": string(l.BaseDN)}
	if port != 0 {
		values["url"] = fmt.Sprintf("%s://%s:%d", scheme, l.Host, port)
	}
	var tests strings.Builder
	for _, field := range l.FilterFields {
		tests.WriteString("(" + field + "={0})")
	}
	test := orElse(tests.String(), "(uid={0})")
	if len(l.FilterFields) > 1 {
		test = "(|" + test + ")"
	}
	if filter := string(l.Filter); strings.HasPrefix(filter, "(") {
		test = "(&" + filter + test + ")"
	}
	values["user_filter"] = test
	name := keyName("ldap-" + orElse(string(l.ServerName), string(l.ID)))
	in := admin.ImportConnector{Org: org, Name: name, DisplayName: string(l.ServerName), Plugin: "ldap",
		Notes: []string{"check which attribute of the directory names a person for good: the setting attributes.subject is entryUUID"}}
	if l.Username != "" {
		values["bind_dn"] = string(l.Username)
	}
	if strings.Trim(string(l.Password), "*") != "" {
		in.Secrets = map[string]string{"bind_password": string(l.Password)}
	}
	if scheme == "ldap" {
		in.Notes = append(in.Notes, "the connection is not encrypted: set start_tls, or an address with ldaps://")
	}
	in.Settings = marshalled(values)
	return in
}

// planLinks says who the user is at providers. A member of the user holds one subject for
// all providers of a type, so it counts where the organisation has one of them.
func (d *casdoorData) planLinks(user *casdoorUser, made []casdoorConnector, in *admin.ImportUser) {
	for _, link := range d.linksOf[user.key()] {
		for _, c := range made {
			if c.org == in.Org && c.provider == string(link.ProviderName) && c.member != "" {
				in.Links = append(in.Links, admin.ImportLink{Connector: c.name, Subject: string(link.ProviderID)})
			}
		}
	}
	for _, member := range casdoorSubjects {
		subject := user.subjects[member]
		if subject == "" {
			continue
		}
		of := slices.DeleteFunc(slices.Clone(made), func(c casdoorConnector) bool { return c.org != in.Org || c.member != member })
		if len(of) != 1 {
			in.Notes = append(in.Notes, "the account at "+member+" was left out: the person links it once more, where a connector leads there")
			continue
		}
		link := admin.ImportLink{Connector: of[0].name, Subject: subject}
		if !slices.Contains(in.Links, link) {
			in.Links = append(in.Links, link)
		}
	}
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func marshalled(values map[string]any) json.RawMessage {
	document, err := json.Marshal(values)
	if err != nil {
		panic(fmt.Sprintf("intake: settings are no document: %v", err)) // they are texts and lists of them
	}
	return document
}
