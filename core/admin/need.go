package admin

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// Need is something that a plugin asks for and an instance has not been given.
type Need struct {
	Instance   string
	Plugin     string
	Capability string // empty where a secret is asked for
	Target     string // what the capability is asked for; may be empty
	Secret     string // name
	Reason     string // in the words of the plugin's author
	Optional   bool
	// Ahead says that the version that runs does not ask for it, but the next.
	Ahead bool
}

// Command is what the operator runs to give it.
func (n Need) Command() string {
	words := []string{"postern plugin"}
	if n.Secret != "" {
		words = append(words, "secret set", n.Instance, n.Secret)
	} else {
		words = append(words, "grant", n.Instance, n.Capability)
		kind, _ := targetKindOf(n.Capability)
		if target := cmp.Or(n.Target, kind.placeholder()); strings.ContainsAny(target, "*[") {
			words = append(words, "'"+target+"'") // a shell reads more into it
		} else if target != "" {
			words = append(words, target)
		}
	}
	if n.Ahead {
		words = append(words, "--ahead")
	}
	return strings.Join(words, " ")
}

// String says what it is: "http.fetch for api.example.org".
func (n Need) String() string {
	text := n.Capability
	switch {
	case n.Secret != "":
		text = "the secret " + n.Secret
	case n.Target != "":
		text += " for " + n.Target
	}
	if n.Reason != "" {
		text += " (" + n.Reason + ")"
	}
	return text
}

func (n Need) field() string {
	if n.Secret != "" {
		return "secrets"
	}
	return "capabilities"
}

// Asked is something that a plugin asks for, beside what an instance was given of it.
type Asked struct {
	Need
	Given  bool
	Grants []core.PluginGrant // that give it
	SetAt  time.Time          // when the secret was set
}

// askedOf gives what the plugin asks for in the manifest's order. A capability that is
// wanted for certain targets is asked for once for each of them.
func askedOf(plugin *Plugin, instance *core.PluginInstance) []Asked {
	var all []Asked
	for _, wish := range plugin.Capabilities {
		need := Need{Instance: instance.Name, Plugin: plugin.ID, Capability: wish.Name, Reason: clean(wish.Reason), Optional: wish.Optional}
		targets := wish.Targets
		if kind, _ := targetKindOf(wish.Name); kind == targetNone || len(targets) == 0 {
			targets = []string{""}
		}
		for _, need.Target = range targets {
			grants := giving(instance.Grants, &need)
			all = append(all, Asked{Need: need, Given: len(grants) > 0, Grants: grants})
		}
	}
	for _, wish := range plugin.Secrets {
		asked := Asked{Need: Need{
			Instance: instance.Name, Plugin: plugin.ID, Secret: wish.Name, Reason: clean(wish.Description), Optional: wish.Optional,
		}}
		for _, s := range instance.Secrets {
			if s.Name == wish.Name {
				asked.Given, asked.SetAt = true, s.UpdatedAt
			}
		}
		all = append(all, asked)
	}
	return all
}

// needsOf gives what the plugin asks for and the instance has not.
func needsOf(plugin *Plugin, instance *core.PluginInstance) []Need {
	var needs []Need
	for _, asked := range askedOf(plugin, instance) {
		if !asked.Given {
			needs = append(needs, asked.Need)
		}
	}
	return needs
}

// required leaves out what the plugin can do without.
func required(needs []Need) []Need {
	return slices.DeleteFunc(needs, func(n Need) bool { return n.Optional })
}

// giving gives the grants of the capability for the target, or for more; for whatever
// if no target is wanted.
func giving(grants []core.PluginGrant, need *Need) []core.PluginGrant {
	wanted, isHost := parseHost(need.Target)
	kind, _ := targetKindOf(need.Capability)
	var found []core.PluginGrant
	for _, g := range grants {
		granted, ok := parseHost(g.Target)
		covers := need.Target == "" || g.Target == need.Target || kind == targetHost && isHost && ok && granted.covers(wanted)
		if g.Capability == need.Capability && covers {
			found = append(found, g)
		}
	}
	return found
}
