package intake

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-id/postern/core/admin"
)

type keycloakClient struct {
	ClientID, Name, Secret, Protocol, RootURL, BaseURL, ClientAuthenticatorType                                          text
	Enabled, StandardFlowEnabled                                                                                         *flag
	PublicClient, BearerOnly, ImplicitFlowEnabled, DirectAccessGrantsEnabled, ServiceAccountsEnabled, FrontchannelLogout flag
	ConsentRequired                                                                                                      flag
	RedirectURIs                                                                                                         texts
	Attributes                                                                                                           dictionary
	ProtocolMappers                                                                                                      []struct{ Name text }
}

type keycloakProvider struct {
	Alias, DisplayName, ProviderID text
	Enabled                        *flag
	Config                         dictionary
}

// client makes a client of one that people sign in to.
func (k *keycloak) client(client *keycloakClient) {
	id := string(client.ClientID)
	reason := ""
	switch {
	case id == "":
		left(k.plan, "row", k.org, "clients", "it has no clientId")
		return
	case k.ownClient(id):
		return // Keycloak's own: every realm has them
	case client.Protocol != "" && client.Protocol != "openid-connect":
		reason = fmt.Sprintf("it speaks %s, which is not spoken here", client.Protocol)
	case bool(client.BearerOnly):
		reason = "nobody signs in to it: an API checks tokens by the keys of this server"
	case client.StandardFlowEnabled != nil && !bool(*client.StandardFlowEnabled):
		reason = "nobody signs in to it by a code; if it acts for itself, make it a client of the preset service"
	}
	if reason != "" {
		left(k.plan, "client", k.org, id, "%s", reason)
		return
	}
	in := admin.ImportClient{
		Org: k.org, ID: id, Name: clientName(id), DisplayName: string(client.Name), Preset: admin.PresetWeb, Secret: string(client.Secret),
		Disabled: client.Enabled != nil && !bool(*client.Enabled), ClientURI: absolute(client.RootURL, client.BaseURL), SkipConsent: !bool(client.ConsentRequired),
		LogoURI: client.Attributes["logoUri"], PolicyURI: client.Attributes["policyUri"], TermsURI: client.Attributes["tosUri"],
		BackchannelLogoutURI: client.Attributes["backchannel.logout.url"], RequirePKCE: client.Attributes["pkce.code.challenge.method"] == "S256",
	}
	if strings.HasPrefix(in.DisplayName, "${") {
		in.DisplayName = ""
	}
	for _, uri := range client.RedirectURIs {
		in.RedirectURIs = append(in.RedirectURIs, absolute(client.RootURL, text(uri)))
	}
	k.logout(client, &in)
	if seconds, err := strconv.Atoi(client.Attributes["access.token.lifespan"]); err == nil && seconds > 0 {
		in.AccessTTL = time.Duration(seconds) * time.Second
	}
	if bool(client.PublicClient) {
		in.Preset, in.Secret = publicPreset(in.RedirectURIs), ""
	} else if strings.Trim(in.Secret, "*") == "" {
		in.Secret = ""
	}
	if slices.ContainsFunc(in.RedirectURIs, func(uri string) bool { return strings.Contains(uri, miniOrange) }) && in.Preset == admin.PresetWeb {
		in.Preset = admin.PresetConfluence
		in.Notes = append(in.Notes, "gets the preset confluence: its redirect URI is that of the miniOrange app")
	}
	in.Notes = append(in.Notes, client.notes()...)
	k.plan.Clients = append(k.plan.Clients, in)
}

// logout fills in where people may go when they signed out: "+" are the redirect URIs.
func (k *keycloak) logout(client *keycloakClient, in *admin.ImportClient) {
	for _, uri := range strings.Split(client.Attributes["post.logout.redirect.uris"], "##") {
		switch uri {
		case "", "-":
		case "+":
			for _, own := range in.RedirectURIs {
				if !strings.Contains(own, "*") {
					in.PostLogoutRedirectURIs = append(in.PostLogoutRedirectURIs, own)
				}
			}
		default:
			in.PostLogoutRedirectURIs = append(in.PostLogoutRedirectURIs, absolute(client.RootURL, text(uri)))
		}
	}
}

// absolute puts the root of a client before an address that begins with a slash.
func absolute(root, address text) string {
	if strings.HasPrefix(string(address), "/") && root != "" && !strings.HasPrefix(string(root), "${") {
		return strings.TrimSuffix(string(root), "/") + string(address)
	}
	if address == "" && !strings.HasPrefix(string(root), "${") {
		return string(root)
	}
	return string(address)
}

func (c *keycloakClient) notes() []string {
	var notes []string
	for _, one := range []struct {
		has  bool
		text string
	}{
		{bool(c.ImplicitFlowEnabled), "the implicit grant was left out; if the application uses it, 'postern client update --response-type' turns it on"},
		{bool(c.ServiceAccountsEnabled), "client_credentials was left out; if the application uses it, make it a client of the preset service besides"},
		{bool(c.DirectAccessGrantsEnabled), "the password grant was left out: nobody types a password into an application here"},
		{c.ClientAuthenticatorType == "client-jwt" || c.ClientAuthenticatorType == "client-x509", "it proves itself by a key there: give it here with 'postern client update --jwks'"},
		{c.Attributes["oauth2.device.authorization.grant.enabled"] == "true", "the device grant was left out; if the application uses it, 'postern client update --grant-type' turns it on"},
		{c.Attributes["frontchannel.logout.url"] != "", "front-channel logout was left out: set a back-channel logout address, if the application has one"},
		{len(c.ProtocolMappers) > 0, "what its mappers put into tokens was left out: a plugin for claims.map says it here"},
	} {
		if one.has {
			notes = append(notes, one.text)
		}
	}
	return notes
}

// provider makes a connector of an identity provider.
func (k *keycloak) provider(provider *keycloakProvider) {
	alias, kind := string(provider.Alias), string(provider.ProviderID)
	values := map[string]any{"client_id": provider.Config["clientId"]}
	in := admin.ImportConnector{Org: k.org, Name: k.keys[alias], DisplayName: orElse(string(provider.DisplayName), alias)}
	linked := true
	switch kind {
	case "google":
		in.Plugin = kind
		if domains := strings.FieldsFunc(provider.Config["hostedDomain"], func(r rune) bool { return r == ',' || r == ' ' }); len(domains) > 0 && domains[0] != "*" {
			values["hosted_domains"] = domains
		}
	case "github":
		in.Plugin = kind
		if url := strings.TrimSuffix(provider.Config["baseUrl"], "/"); url != "" {
			values["url"] = url
		}
	case "gitlab":
		in.Plugin = kind
	case "microsoft":
		in.Plugin, values["tenant"], linked = "microsoft", orElse(provider.Config["tenantId"], "common"), false
		in.Notes = append(in.Notes, "people are known to Microsoft by other names here: they link their accounts once more")
	case "oidc", "keycloak-oidc":
		in.Plugin, values["issuer"] = "oidc", provider.Config["issuer"]
		if scopes := slices.DeleteFunc(strings.Fields(provider.Config["defaultScope"]), func(scope string) bool { return scope == "openid" }); len(scopes) > 0 {
			values["scopes"] = scopes
		}
		if provider.Config["clientAuthMethod"] == "client_secret_post" {
			values["auth_method"] = "client_secret_post"
		}
	case "saml":
		left(k.plan, "identity provider", k.org, alias, "SAML is not spoken here; if it speaks OpenID Connect too, make a connector of the plugin oidc")
		return
	default:
		left(k.plan, "identity provider", k.org, alias, "there is no connector for %s; make one of the plugin oidc or oauth2, if it speaks either", kind)
		return
	}
	if provider.Config["filteredByClaim"] == "true" {
		in.Notes = append(in.Notes, "lets in there only who has a certain claim, which was left out: say who may sign in here before you enable it")
	}
	in.Settings, in.Notes = marshalled(values), renamed(in.Notes, alias, in.Name)
	if secret := provider.Config["clientSecret"]; strings.Trim(secret, "*") != "" && !strings.HasPrefix(secret, "${vault") {
		in.Secrets = map[string]string{"client_secret": secret}
	} else {
		in.Notes = append(in.Notes, "the export has no client secret")
	}
	if linked {
		k.aliases[alias] = in.Name
	}
	k.plan.Connectors = append(k.plan.Connectors, in)
}

// federation makes a connector of a directory.
func (k *keycloak) federation(component *keycloakComponent) {
	config := func(name string) string {
		if values := component.Config[name]; len(values) > 0 {
			return values[0]
		}
		return ""
	}
	if component.ProviderID != "ldap" {
		left(k.plan, "user federation", k.org, string(component.Name), "there is no connector for %s; a plugin for credentials.check takes its place", component.ProviderID)
		return
	}
	name := k.keys[string(component.Name)]
	url, _, _ := strings.Cut(config("connectionUrl"), " ")
	attribute := orElse(config("usernameLDAPAttribute"), "uid")
	filter := "(" + attribute + "={0})"
	if custom := config("customUserSearchFilter"); strings.HasPrefix(custom, "(") {
		filter = "(&" + custom + filter + ")"
	}
	values := map[string]any{
		"url": url, "user_base": config("usersDn"), "user_filter": filter,
		"attributes": map[string]string{"name": attribute, "subject": orElse(config("uuidLDAPAttribute"), "entryUUID")},
	}
	if config("startTls") == "true" {
		values["start_tls"] = true
	}
	if dn := config("bindDn"); dn != "" {
		values["bind_dn"] = dn
	}
	in := admin.ImportConnector{Org: k.org, Name: name, DisplayName: string(component.Name), Plugin: "ldap", Settings: marshalled(values),
		Notes: append(renamed(nil, string(component.Name), name), "its groups were left out: set group_base and the like")}
	if password := config("bindCredential"); strings.Trim(password, "*") != "" {
		in.Secrets = map[string]string{"bind_password": password}
	}
	k.plan.Connectors = append(k.plan.Connectors, in)
}
