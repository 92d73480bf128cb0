package console

import (
	"slices"
	"strconv"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

// pluginOrder shows for each hook who serves it, in which order.
func (c *Console) pluginOrder(v *Visit) (*Answer, error) {
	config, err := v.Desk.PluginConfig(v)
	if err != nil {
		return nil, err
	}
	var hooks []string
	for _, b := range config.Bindings {
		if !slices.Contains(hooks, b.Hook) {
			hooks = append(hooks, b.Hook)
		}
	}
	slices.Sort(hooks)
	page := &web.Console{
		Title: "Order of plugins", Lead: "Plugins at the same hook run one after the other, each on what those before it made. Drag one, move it up or down, or type its place.",
		Crumbs: []web.Anchor{{Label: "Plugins", URL: pluginsPath}},
	}
	for i, hook := range hooks {
		order := web.Order{ID: "order-" + strconv.Itoa(i), Title: hook, Text: hookWords(hook), Action: "move"}
		of := slices.DeleteFunc(slices.Clone(config.Bindings), func(b core.PluginBinding) bool { return b.Hook != hook })
		order.Values = []web.Field{{Name: version, Value: string(admin.OrderVersion(of))}}
		for _, b := range of {
			order.Items = append(order.Items, web.OrderItem{
				Name: string(b.ID), Label: b.Instance, URL: at(instancesPath, b.Instance), Sub: "for " + v.boundTo(b.ClientID), Badges: bindingBadges(b),
			})
		}
		page.Blocks = append(page.Blocks, order)
	}
	if len(hooks) == 0 {
		page.Blocks = []web.Block{web.Message{Text: "No plugin is bound yet."}}
	}
	return show(page, nil)
}

// hookWords says when a hook is called.
func hookWords(hook string) string {
	return map[string]string{
		core.HookClaims: "Adds, changes and removes claims of ID tokens and UserInfo.", core.HookAccount: "Gives the account document its shape.",
		core.HookScopes: "Decides which scopes an application gets. Policies never widen each other.", core.HookLogin: "Signs people in at another provider.",
		core.HookPassword: "Checks passwords elsewhere.", core.HookEvents: "Is told of what happens.",
	}[hook]
}

func bindingBadges(b core.PluginBinding) (badges []web.Badge) {
	if b.Shadow {
		badges = append(badges, web.Badge{Text: "Shadow"})
	}
	if b.FailOpen {
		badges = append(badges, web.Badge{Text: "Fails open", Kind: "warn"})
	}
	return badges
}

// boundTo names the client of a binding.
func (v *Visit) boundTo(clientID string) string {
	if clientID == "" {
		return "all applications"
	}
	if client, err := v.Desk.Client(v, clientID); err == nil {
		return client.Title()
	}
	return clientID
}

func (c *Console) moveBinding(v *Visit) (*Answer, error) {
	place, _ := strconv.Atoi(v.Said("position")) // what is no number is the first
	order, err := v.Desk.If(v.was()).MoveBinding(v, core.ID(v.Said("item")), place)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(order, func(b core.PluginBinding) bool { return string(b.ID) == v.Said("item") })
	return done(pluginsPath+"/order", order[at].Instance+" runs in place "+strconv.Itoa(at+1)+" now.")
}
