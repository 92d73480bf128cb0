package cli

import (
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// pluginView is a plugin as JSON, instanceView one with its settings, bindingView
// what it serves.
type (
	pluginView struct {
		ID           string          `json:"id"`
		Version      string          `json:"version"`
		Description  string          `json:"description"`
		Module       string          `json:"module"`
		HostAPI      int             `json:"host_api"`
		Hooks        []string        `json:"hooks"`
		Capabilities []string        `json:"capabilities"`
		Secrets      []string        `json:"secrets"`
		Settings     json.RawMessage `json:"settings"`
	}
	instanceView struct {
		Name      string          `json:"name"`
		Plugin    string          `json:"plugin"`
		Module    string          `json:"module"`
		Settings  json.RawMessage `json:"settings"`
		CreatedAt *time.Time      `json:"created_at"`
		UpdatedAt *time.Time      `json:"updated_at"`
	}
	bindingView struct {
		ID       core.ID `json:"id"`
		Instance string  `json:"instance"`
		Hook     string  `json:"hook"`
		ClientID string  `json:"client_id"` // "" is all clients
		Position int     `json:"position"`
		FailOpen bool    `json:"fail_open"`
	}
)

func viewPlugin(p *admin.Plugin) pluginView {
	return pluginView{p.ID, p.Version, p.Description, p.Module, p.HostAPI, list(p.Hooks), wishes(p), secrets(p), rawObject(p.Settings)}
}

// wishes gives the names of the capabilities that the plugin asks for.
func wishes(p *admin.Plugin) []string {
	names := make([]string, len(p.Capabilities))
	for i, wish := range p.Capabilities {
		names[i] = wish.Name
	}
	return names
}

// secrets gives the names of the secrets that the plugin asks for.
func secrets(p *admin.Plugin) []string {
	names := make([]string, len(p.Secrets))
	for i, wish := range p.Secrets {
		names[i] = wish.Name
	}
	return names
}

func viewInstance(i *core.PluginInstance) instanceView {
	return instanceView{i.Name, i.Plugin, i.Module, rawObject(i.Settings), jsonTime(i.CreatedAt), jsonTime(i.UpdatedAt)}
}

func viewBindings(bindings []core.PluginBinding) []bindingView {
	views := make([]bindingView, len(bindings))
	for i, b := range bindings {
		views[i] = bindingView{b.ID, b.Instance, b.Hook, b.ClientID, b.Position, b.FailOpen}
	}
	return views
}

func rawObject(text []byte) json.RawMessage {
	if len(text) == 0 {
		return json.RawMessage("{}")
	}
	return text
}

func (p *program) plugin() *cobra.Command {
	c := family("plugin", "make plugins, see them, and say what they serve")
	add := func(group, title string, commands ...*cobra.Command) {
		c.AddGroup(&cobra.Group{ID: group, Title: title})
		for _, command := range commands {
			command.GroupID = group
		}
		c.AddCommand(commands...)
	}
	add("author", "Of the author of a plugin, without a server:",
		p.pluginNew(), p.pluginBuild(), p.pluginTest(), p.pluginRun(), p.pluginRecord(), p.pluginBench(), p.pluginInspect())
	add("operator", "Of the operator of a server:",
		p.pluginList(), p.pluginBind(), p.pluginUnbind())
	return c
}
