package admin

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
)

// Limits of what is stored about a connector.
const (
	maxTitle   = 60 // characters: it stands on a button
	maxIcon    = 64 << 10
	maxDomains = 64
	maxPrefix  = 40
)

// ConnectorIcons gives the names of the built-in icons: those that the pages have.
func ConnectorIcons() []string {
	return []string{
		"google", "microsoft", "github", "gitlab", "apple", "openid", "key", "directory", "postern", "okta", "auth0", "keycloak", "casdoor", "generic",
	}
}

func checkConnector(p *problems, config *core.PluginConfig, plugin *Plugin, c *core.Connector) {
	if !slices.ContainsFunc(plugin.Hooks, signsIn) {
		p.add("plugin", "it has "+strings.Join(plugin.Hooks, ", "), "plugin %q signs nobody in", plugin.ID)
		return
	}
	checkLine(p, "title", c.DisplayName)
	if utf8.RuneCountInString(c.DisplayName) > maxTitle {
		p.add("title", "it stands on a button", "the title is longer than %d characters", maxTitle)
	}
	checkIcon(p, c.Icon)
	checkDomains(p, config, c)
	checkPrefix(p, c)
	if slices.Contains(plugin.Hooks, core.HookLogin) {
		return
	}
	for _, f := range []struct {
		field string
		set   bool
	}{{"domains", len(c.Domains) > 0}, {"hidden", c.Hidden}, {"keep_tokens", c.KeepTokens}, {"logout", c.Logout}} {
		if f.set {
			p.add(f.field, "leave it out", "plugin %q sends nobody to another page, so there is no use for %s", plugin.ID, words(f.field))
		}
	}
}

// checkIcon accepts what the pages show.
func checkIcon(p *problems, icon string) {
	if icon == "" || slices.Contains(ConnectorIcons(), icon) {
		return
	}
	const hint = "or give a data:image URI in base64 of at most 64 KiB (png, jpeg, gif, webp, avif, svg+xml)"
	data, isImage := strings.CutPrefix(icon, "data:image/")
	kind, encoded, isBase64 := strings.Cut(data, ";base64,")
	if !isImage {
		p.add("icon", "use "+strings.Join(ConnectorIcons(), ", ")+", "+hint, "there is no icon %q", shown(icon))
		return
	}
	image, err := base64.StdEncoding.DecodeString(encoded)
	known := slices.Contains([]string{"png", "jpeg", "gif", "webp", "avif", "svg+xml"}, kind)
	if !isBase64 || !known || err != nil || len(image) == 0 || len(icon) > maxIcon || strings.ContainsAny(encoded, "\r\n") {
		p.add("icon", strings.TrimPrefix(hint, "or "), "the icon is no image that a page shows")
	}
}

// checkMailDomains accepts names as they stand behind the @ of an address, in lower case.
func checkMailDomains(p *problems, field string, domains []string) {
	if len(domains) > maxDomains {
		p.add(field, "", "there are more than %d domains", maxDomains)
		return
	}
	for i, domain := range domains {
		switch {
		case !isHostName(domain):
			hint := "write it like example.org, in lower case"
			if lower := strings.ToLower(strings.TrimPrefix(domain, "@")); isHostName(lower) {
				hint = "write " + lower
			}
			p.add(field, hint, "%q is no domain of e-mail addresses", shown(domain))
		case slices.Contains(domains[:i], domain):
			p.add(field, "", "domain %q is given twice", domain)
		}
	}
}

// checkDomains refuses those that another connector of the organisation has, too.
func checkDomains(p *problems, config *core.PluginConfig, c *core.Connector) {
	checkMailDomains(p, "domains", c.Domains)
	if len(c.Domains) > maxDomains {
		return
	}
	for _, domain := range c.Domains {
		for _, other := range config.Connectors {
			if other.Org == c.Org && other.Instance != c.Instance && slices.Contains(other.Domains, domain) {
				*p = append(*p, Problem{Field: "domains", Text: "the domain " + domain + " is taken", Hint: "the connector " + other.Instance + " has it", Taken: true})
			}
		}
	}
}

// checkPrefix accepts what the name of a group can begin with.
func checkPrefix(p *problems, c *core.Connector) {
	prefix := c.GroupPrefix
	switch {
	case prefix == "":
	case utf8.RuneCountInString(prefix) > maxPrefix || !printable(prefix, false) || strings.ContainsAny(prefix, ";,") || strings.TrimLeft(prefix, " ") != prefix:
		p.add("group_prefix", "use up to 40 printable characters without semicolon and comma, no space before them", "%q is no prefix of group names", shown(prefix))
	case !c.SyncGroups:
		p.add("group_prefix", "add --sync-groups, or leave the prefix out", "a prefix of groups without groups")
	}
}

// checkAdmits refuses a client that lets nobody of the connector's organisation in.
func checkAdmits(p *problems, client *core.Client, c *core.Connector) {
	if !client.Admits(c.Org) {
		p.add("clients", "choose a client of "+c.Org+", or one that is shared", "client %q signs in the people of %q alone", client.Name, client.Org)
	}
}

// newGrants reads what is to be granted besides what is there. A host is granted for
// each capability that reaches out to hosts, or to servers where it has a port.
func newGrants(p *problems, plugin *Plugin, there []core.PluginGrant, texts []string) []core.PluginGrant {
	var grants []core.PluginGrant
	for _, text := range texts {
		for _, grant := range meantGrants(p, plugin, text) {
			if !slices.Contains(there, grant) && !slices.Contains(grants, grant) {
				grants = append(grants, grant)
			}
		}
	}
	return grants
}

func meantGrants(p *problems, plugin *Plugin, text string) (grants []core.PluginGrant) {
	capability, target, _ := strings.Cut(text, "=")
	if _, known := targetKindOf(capability); known {
		if err := checkGrant(plugin, capability, target, false); err != nil {
			p.join(err)
			return nil
		}
		return []core.PluginGrant{{Capability: capability, Target: target}}
	}
	var wrong error
	for _, wish := range plugin.Capabilities {
		if kind, _ := targetKindOf(wish.Name); kind != targetHost && kind != targetServer {
			continue
		}
		if err := checkGrant(plugin, wish.Name, text, false); err != nil {
			wrong = err
		} else {
			grants = append(grants, core.PluginGrant{Capability: wish.Name, Target: text})
		}
	}
	switch {
	case len(grants) > 0:
	case wrong != nil:
		p.join(wrong)
	default:
		p.add("grants", wishesHint(plugin), "plugin %q asks for nothing that %q could be granted for", plugin.ID, shown(text))
	}
	return grants
}

// connectorNeeds gives what the plugin needs and the instance has not. A capability
// that is wanted for what the settings say is wanted for the preset's targets; without
// any, and without a grant, for the hosts that the settings name.
func connectorNeeds(plugin *Plugin, targets []string, instance *core.PluginInstance, secrets map[string][]byte) []Need {
	aimed := *plugin
	aimed.Capabilities = slices.Clone(plugin.Capabilities)
	for i := range aimed.Capabilities {
		wish := &aimed.Capabilities[i]
		kind, _ := targetKindOf(wish.Name)
		if len(wish.Targets) > 0 || kind != targetHost && kind != targetServer {
			continue
		}
		wish.Targets = ofKind(kind, targets)
		granted := slices.ContainsFunc(instance.Grants, func(g core.PluginGrant) bool { return g.Capability == wish.Name })
		if len(wish.Targets) == 0 && !granted {
			wish.Targets = ofKind(kind, hostsOf(instance.Settings))
		}
	}
	return slices.DeleteFunc(required(needsOf(&aimed, instance)), func(n Need) bool {
		_, given := secrets[n.Secret]
		return given
	})
}

// beyondGrants gives what settings that were changed may have left behind: a capability
// that was granted for hosts, but for none of those that they name.
func beyondGrants(plugin *Plugin, instance *core.PluginInstance) []Need {
	var beyond []Need
	for i := range plugin.Capabilities {
		wish := &plugin.Capabilities[i]
		kind, _ := targetKindOf(wish.Name)
		if len(wish.Targets) > 0 || wish.Optional || kind != targetHost && kind != targetServer {
			continue
		}
		aimed := *plugin
		aimed.Secrets, aimed.Capabilities = nil, []core.PluginWish{*wish}
		aimed.Capabilities[0].Targets = ofKind(kind, hostsOf(instance.Settings))
		needs := needsOf(&aimed, instance)
		granted := slices.ContainsFunc(instance.Grants, func(g core.PluginGrant) bool { return g.Capability == wish.Name })
		if granted && len(needs) == len(aimed.Capabilities[0].Targets) {
			beyond = append(beyond, needs...)
		}
	}
	return beyond
}

// ofKind gives the targets that a capability of the kind can be granted for.
func ofKind(kind targetKind, targets []string) []string {
	return slices.DeleteFunc(slices.Clone(targets), func(target string) bool {
		text, _ := checkHostTarget(kind, target)
		return text != ""
	})
}

// hostsOf gives the hosts of the addresses in settings, sorted.
func hostsOf(settings []byte) []string {
	var document any
	if json.Unmarshal(settings, &document) != nil {
		return nil
	}
	found := map[string]bool{}
	var walk func(value any)
	walk = func(value any) {
		switch value := value.(type) {
		case string:
			if u, err := url.Parse(value); err == nil && slices.Contains([]string{"https", "http", "ldaps", "ldap"}, u.Scheme) {
				if h, ok := suggestHost(value); ok {
					found[h.String()] = true
				}
			}
		case []any:
			for _, element := range value {
				walk(element)
			}
		case map[string]any:
			for _, member := range value {
				walk(member)
			}
		}
	}
	walk(document)
	return slices.Sorted(maps.Keys(found))
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
