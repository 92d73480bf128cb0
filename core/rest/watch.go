package rest

import (
	"context"
	"net/http"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// watch declares what says what plugins do, and tries them.
func (r *routes) watch() {
	get(r, operation{
		id: "get-instance-numbers", path: "/instances/{instance}/numbers", tag: tagInstances, summary: "Read what was counted of a plugin instance",
		more: "Since the server was started.", needs: core.ReadPlugins, desk: []string{"PluginNumbers"},
	}, func(ctx context.Context, d *desk.Desk, in *oneInstance) (*Answer[api.Numbers], error) {
		numbers, err := d.PluginNumbers(ctx, in.Instance)
		if err != nil {
			return nil, err
		}
		return told(wire.Numbers(numbers), nil)
	})
	get(r, operation{
		id: "list-instance-log", path: "/instances/{instance}/log", tag: tagInstances, summary: "Read what a plugin instance wrote last, the oldest line first",
		needs: core.ReadPlugins, desk: []string{"PluginLog"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		InstancePath
		Behind int64 `query:"behind" minimum:"0" doc:"Only lines behind the one of this number."`
	}) (*Answer[api.Page[api.LogLine]], error) {
		lines, err := d.PluginLog(ctx, in.Instance, uint64(in.Behind))
		return listed(lines, wire.LogLine, err)
	})
	send(r, http.MethodPost, operation{
		id: "preview-plugin", path: "/previews", tag: tagPlugins, summary: "Try a message in a sandbox of its own",
		more: "There is no network, and there are no secrets. What a plugin serves is not touched.", needs: core.WritePlugins, desk: []string{"PreviewPlugin"},
	}, func(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.NewPreview) (*Answer[api.Preview], error) {
		made, err := d.PreviewPlugin(ctx, admin.Preview{
			Instance: sent.Instance, Plugin: sent.Plugin, Hook: sent.Hook, Input: sent.Input, Settings: sent.Settings,
		})
		if err != nil {
			return nil, err
		}
		return told(wire.Preview(made), nil)
	})
	upload(r, http.MethodPost, operation{
		id: "examine-plugin", path: "/plugins/examine", tag: tagPlugins, summary: "Look at what a module is, without installing it", needs: core.WritePlugins,
		desk: []string{"ExaminePlugin"},
	}, maxModule, func(ctx context.Context, d *desk.Desk, _ *struct{ Once }, code []byte) (*Answer[api.Examined], error) {
		digest, plugins, err := d.ExaminePlugin(ctx, code)
		return told(api.Examined{Digest: digest, Plugins: wire.Each(plugins, wire.Plugin)}, err)
	})
	send(r, http.MethodPost, operation{
		id: "move-binding", path: "/bindings/{binding}/move", tag: tagInstances, summary: "Put a binding at a place among those of its hook",
		more: "The answer has the bindings of the hook as they run now. If-Match is of their order: see orders of get-plugin-config.", needs: core.WritePlugins, desk: []string{"MoveBinding"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		Binding string `path:"binding" maxLength:"36" doc:"Identifier of the binding."`
		IfMatch
		Once
	}, sent *api.Place) (*Object[api.Page[api.Binding]], error) {
		order, err := d.MoveBinding(ctx, core.ID(in.Binding), sent.Place)
		if err != nil {
			return nil, err
		}
		return object(string(admin.OrderVersion(order)), api.Page[api.Binding]{Items: wire.Each(order, wire.Binding)}), nil
	})
}

// guides declares what helps to set a client up.
func (r *routes) guides() {
	get(r, operation{
		id: "get-client-guide", path: "/clients/{client}/guide", tag: tagClients, summary: "Read how the relying party of a client is set up, and how far that is",
		more: "The secret is not in it.", needs: core.ReadClients, desk: []string{"ClientGuide"},
	}, func(ctx context.Context, d *desk.Desk, in *oneClient) (*Answer[api.Guide], error) {
		guide, err := d.ClientGuide(ctx, in.Client, "")
		if err != nil {
			return nil, err
		}
		return told(wire.Guide(guide), nil)
	})
	get(r, operation{
		id: "list-missing-groups", path: "/clients/{client}/missing-groups", tag: tagClients,
		summary: "List the groups that a client lets in and its organisation does not have", more: "Until there are members, they let nobody in.",
		needs: core.ReadClients, desk: []string{"MissingGroups"},
	}, func(ctx context.Context, d *desk.Desk, in *oneClient) (*Answer[api.MissingGroups], error) {
		client, err := d.Client(ctx, in.Client)
		if err != nil {
			return nil, err
		}
		names, err := d.MissingGroups(ctx, client)
		return told(api.MissingGroups{Groups: append([]string{}, names...)}, err)
	})
	send(r, http.MethodPost, operation{
		id: "explain", path: "/explanations", tag: tagClients, summary: "Say what a client gets about a user, and why",
		more: "Nothing is issued. Needs the permission users:read too, if there is a user.", needs: core.ReadClients, desk: []string{"Explain"},
	}, explain)
}

func explain(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.Inquiry) (*Answer[api.Explanation], error) {
	asks := wire.Inquiry(sent)
	var err error
	if asks.Client, err = d.Client(ctx, sent.Client); err != nil {
		return nil, err
	}
	if sent.User != "" {
		if asks.User, err = d.User(ctx, core.ID(sent.User)); err != nil {
			return nil, err
		}
	}
	explained, err := d.Explain(ctx, asks)
	if err != nil {
		return nil, err
	}
	return told(wire.Explanation(explained), nil)
}
