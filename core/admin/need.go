package admin

import (
	"cmp"
	"slices"
	"strings"

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

// needsOf gives what the plugin asks for and the instance has not, in the manifest's
// order. A capability that is wanted for certain targets is needed for each of them.
func needsOf(plugin *Plugin, instance *core.PluginInstance) []Need {
	var needs []Need
	for _, wish := range plugin.Capabilities {
		need := Need{Instance: instance.Name, Plugin: plugin.ID, Capability: wish.Name, Reason: clean(wish.Reason), Optional: wish.Optional}
		if kind, _ := targetKindOf(wish.Name); kind == targetNone || len(wish.Targets) == 0 {
			if !holds(instance.Grants, wish.Name) {
				needs = append(needs, need)
			}
			continue
		}
		for _, target := range wish.Targets {
			if need.Target = target; !covered(instance.Grants, wish.Name, target) {
				needs = append(needs, need)
			}
		}
	}
	for _, wish := range plugin.Secrets {
		if !slices.ContainsFunc(instance.Secrets, func(s core.PluginSecret) bool { return s.Name == wish.Name }) {
			needs = append(needs, Need{
				Instance: instance.Name, Plugin: plugin.ID, Secret: wish.Name, Reason: clean(wish.Description), Optional: wish.Optional,
			})
		}
	}
	return needs
}

// required leaves out what the plugin can do without.
func required(needs []Need) []Need {
	return slices.DeleteFunc(needs, func(n Need) bool { return n.Optional })
}

// holds reports whether the capability was granted, for whatever.
func holds(grants []core.PluginGrant, capability string) bool {
	return slices.ContainsFunc(grants, func(g core.PluginGrant) bool { return g.Capability == capability })
}

// covered reports whether the capability was granted for the target, or for more.
func covered(grants []core.PluginGrant, capability, target string) bool {
	wanted, isHost := parseHost(target)
	kind, _ := targetKindOf(capability)
	return slices.ContainsFunc(grants, func(g core.PluginGrant) bool {
		if g.Capability != capability {
			return false
		}
		granted, ok := parseHost(g.Target)
		return g.Target == target || kind == targetHost && isHost && ok && granted.covers(wanted)
	})
}
