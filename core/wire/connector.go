package wire

import (
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// Connector gives a way to sign in elsewhere. Issuer is where its provider sends people back.
func Connector(issuer string, c *admin.Connector) api.Connector {
	told := api.Connector{
		Name: c.Instance, Version: string(c.Version()), Organisation: c.Org, Plugin: c.Plugin.Plugin, Disabled: c.Disabled,
		ConnectorSettings: ConnectorSettings(&c.Connector), Settings: object(c.Plugin.Settings), Clients: []string{},
		RedirectURI: admin.RedirectURI(issuer, c.Instance), Missing: Each(c.Missing, Need), Beyond: Each(c.Beyond, Need), Instance: Instance(&c.Plugin),
		CreatedAt: at(c.CreatedAt), UpdatedAt: at(c.UpdatedAt),
	}
	told.Clients, told.Position = served(c.Plugin.Bindings)
	return told
}

// served gives the clients for which people sign in with it, none for all, and its place.
func served(bindings []core.PluginBinding) (clients []string, position int) {
	clients = []string{}
	all := false
	for _, b := range bindings {
		if b.Hook != core.HookLogin && b.Hook != core.HookPassword {
			continue
		}
		position = b.Position
		if all = all || b.ClientID == ""; !slices.Contains(clients, b.ClientID) {
			clients = append(clients, b.ClientID)
		}
	}
	if all {
		return []string{}, position
	}
	return clients, position
}

// AdminConnector is the way back.
func AdminConnector(c *api.Connector) admin.Connector {
	back := admin.Connector{
		Connector: core.Connector{Instance: c.Name, Org: c.Organisation, Disabled: c.Disabled, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt},
		Plugin:    AdminInstance(&c.Instance), Missing: Each(c.Missing, AdminNeed), Beyond: Each(c.Beyond, AdminNeed),
	}
	SetConnector(&back.Connector, &c.ConnectorSettings)
	return back
}

// ConnectorSettings give how the host deals with whom it names.
func ConnectorSettings(c *core.Connector) api.ConnectorSettings {
	return api.ConnectorSettings{
		DisplayName: c.DisplayName, Icon: c.Icon, Domains: list(c.Domains), Hidden: c.Hidden, CreateUsers: c.CreateUsers, LinkByEmail: c.LinkByEmail,
		SyncProfile: c.SyncProfile, SyncGroups: c.SyncGroups, GroupPrefix: c.GroupPrefix, KeepTokens: c.KeepTokens, Logout: c.Logout,
	}
}

// SetConnector lets the connector be what may be changed of it.
func SetConnector(c *core.Connector, to *api.ConnectorSettings) {
	c.DisplayName, c.Icon, c.Domains, c.Hidden, c.CreateUsers, c.LinkByEmail = to.DisplayName, to.Icon, some(to.Domains), to.Hidden, to.CreateUsers, to.LinkByEmail
	c.SyncProfile, c.SyncGroups, c.GroupPrefix, c.KeepTokens, c.Logout = to.SyncProfile, to.SyncGroups, to.GroupPrefix, to.KeepTokens, to.Logout
}

// NewConnector gives what is to be made, without the part that is a patch.
func NewConnector(c *api.NewConnector) admin.NewConnector {
	input := admin.NewConnector{
		Name: c.Name, Plugin: c.Plugin, Preset: c.Preset, Org: c.Organisation, Grants: c.Grants, Clients: c.Clients, Position: c.Position,
		Secrets: map[string][]byte{},
	}
	if len(c.Settings) > 0 {
		input.Settings = [][]byte{c.Settings}
	}
	for name, value := range c.Secrets {
		input.Secrets[name] = []byte(value)
	}
	return input
}
