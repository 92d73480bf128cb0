package remote

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// FindConnector is as of [desk.Desk].
func (d *Desk) FindConnector(ctx context.Context, name string) (*admin.Connector, error) {
	connector, err := d.api.GetConnector(ctx, name)
	return one(d, connector, err, wire.AdminConnector)
}

// Connectors is as of [desk.Desk].
func (d *Desk) Connectors(ctx context.Context, org string) ([]admin.Connector, error) {
	page, err := d.api.ListConnectors(ctx, api.ListConnectorsQuery{Organisation: org})
	return listed(d, page, err, wire.AdminConnector)
}

// SignInPlugins is as of [desk.Desk].
func (d *Desk) SignInPlugins(ctx context.Context) ([]admin.Plugin, error) {
	page, err := d.api.ListSignInPlugins(ctx)
	return listed(d, page, err, wire.AdminPlugin)
}

// CreateConnector is as of [desk.Desk].
func (d *Desk) CreateConnector(ctx context.Context, input admin.NewConnector) (*admin.Connector, error) {
	settings, err := composed(input.Settings)
	if err != nil {
		return nil, err
	}
	sent := api.NewConnector{
		Name: input.Name, Plugin: input.Plugin, Preset: input.Preset, Organisation: input.Org, Settings: settings, Secrets: map[string]string{},
		Grants: input.Grants, Clients: input.Clients, Position: input.Position,
	}
	for name, value := range input.Secrets {
		if !utf8.Valid(value) {
			return nil, &Error{What: "the secret " + name + " is no text", Advice: "make the connector without it, and give it by 'postern plugin secret set'"}
		}
		sent.Secrets[name] = string(value)
	}
	if sent.Connector, err = touched(input.Edit); err != nil {
		return nil, err
	}
	made, err := d.api.CreateConnector(ctx, sent)
	return one(d, made, err, wire.AdminConnector)
}

// touched gives what edit says of a connector that nobody here knows yet: what it makes the
// same of two that differ in everything.
func touched(edit func(*core.Connector)) (api.Patch, error) {
	if edit == nil {
		return nil, nil
	}
	one, other := core.Connector{}, core.Connector{}
	wire.SetConnector(&other, &api.ConnectorSettings{
		DisplayName: "?", Icon: "?", Domains: []string{"?"}, Hidden: true, CreateUsers: true, LinkByEmail: true, SyncProfile: true, SyncGroups: true,
		GroupPrefix: "?", KeepTokens: true, Logout: true,
	})
	edit(&one)
	edit(&other)
	said, err := members(wire.ConnectorSettings(&one))
	if err != nil {
		return nil, err
	}
	also, err := members(wire.ConnectorSettings(&other))
	if err != nil {
		return nil, err
	}
	for name := range said {
		if !reflect.DeepEqual(said[name], also[name]) {
			delete(said, name)
		}
	}
	return json.Marshal(said)
}

// members reads a value as a JSON object.
func members(value any) (map[string]any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var object map[string]any
	return object, json.Unmarshal(text, &object)
}

// composed makes one JSON object of several that are laid over settings in their order, as
// merge patches (RFC 7396); nil of none.
func composed(layers [][]byte) (json.RawMessage, error) {
	var all map[string]any
	for _, layer := range layers {
		if layer == nil {
			continue
		}
		var object map[string]any
		if json.Unmarshal(layer, &object) != nil || object == nil {
			return nil, noObject()
		}
		all = over(all, object)
	}
	if all == nil {
		return nil, nil
	}
	return json.Marshal(all)
}

// over gives the patch that does what two do, one after the other.
func over(first, then map[string]any) map[string]any {
	if first == nil {
		return then
	}
	for name, value := range then {
		inner, isObject := value.(map[string]any)
		if before, wasObject := first[name].(map[string]any); isObject && wasObject {
			value = over(before, inner)
		}
		first[name] = value
	}
	return first
}

// UpdateConnector is as of [desk.Desk].
func (d *Desk) UpdateConnector(ctx context.Context, name string, input admin.ConnectorEdit) (*admin.Connector, error) {
	for try := 1; ; try++ {
		before, err := d.api.GetConnector(ctx, name)
		if err != nil {
			return nil, d.told(err)
		}
		patch, err := connectorPatch(before, input)
		if err != nil {
			return nil, err
		}
		after, err := d.api.UpdateConnector(ctx, name, patch, api.IfMatch(before.Version))
		if err = d.told(err); try == tries || !errors.Is(err, core.ErrStale) {
			return one(d, after, err, wire.AdminConnector)
		}
	}
}

func connectorPatch(before *api.Connector, input admin.ConnectorEdit) (api.Patch, error) {
	seen := wire.AdminConnector(before)
	draft := seen
	if input.Edit != nil {
		input.Edit(&draft.Connector)
	}
	diff, err := api.Diff(wire.ConnectorSettings(&seen.Connector), wire.ConnectorSettings(&draft.Connector))
	if err != nil {
		return nil, err
	}
	patch := map[string]any{}
	if err := json.Unmarshal(diff, &patch); err != nil {
		return nil, err
	}
	settings, err := composed(input.Settings)
	switch {
	case err != nil:
		return nil, err
	case settings != nil:
		patch["settings"] = settings
	}
	if input.AllClients || len(input.Clients) > 0 {
		patch["clients"] = append([]string{}, input.Clients...)
	}
	if input.Position != 0 {
		patch["position"] = input.Position
	}
	return json.Marshal(patch)
}

// EnableConnector is as of [desk.Desk].
func (d *Desk) EnableConnector(ctx context.Context, name string) error {
	return d.told(d.api.EnableConnector(ctx, name))
}

// DisableConnector is as of [desk.Desk].
func (d *Desk) DisableConnector(ctx context.Context, name string) error {
	return d.told(d.api.DisableConnector(ctx, name))
}

// DeleteConnector is as of [desk.Desk].
func (d *Desk) DeleteConnector(ctx context.Context, name string, forget bool) error {
	return d.told(d.api.DeleteConnector(ctx, name, api.DeleteConnectorQuery{Forget: forget}))
}

// ConnectorContents is as of [desk.Desk].
func (d *Desk) ConnectorContents(ctx context.Context, name string) ([]core.Content, error) {
	page, err := d.api.GetConnectorContents(ctx, name)
	return listed(d, page, err, wire.CoreContent)
}
