package cli

import (
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/workbench"
)

// pluginView is a plugin as JSON, instanceView one with its settings and what it was
// given, bindingView what it serves.
type (
	pluginView struct {
		ID           string             `json:"id"`
		Version      string             `json:"version"`
		Description  string             `json:"description"`
		Module       string             `json:"module"`
		Source       string             `json:"source"`
		Signer       string             `json:"signer"`
		HostAPI      int                `json:"host_api"`
		Hooks        []string           `json:"hooks"`
		Capabilities []string           `json:"capabilities"`
		Secrets      []string           `json:"secrets"`
		Settings     json.RawMessage    `json:"settings"`
		Presets      []workbench.Preset `json:"presets"`
	}
	instanceView struct {
		Name      string          `json:"name"`
		Plugin    string          `json:"plugin"`
		Version   string          `json:"version"`
		Module    string          `json:"module"`
		Settings  json.RawMessage `json:"settings"`
		Grants    []grantView     `json:"grants"`
		Secrets   []secretView    `json:"secrets"`
		Missing   []needView      `json:"missing"` // what the plugin asks for and has not
		Limits    limitsView      `json:"limits"`
		CreatedAt *time.Time      `json:"created_at"`
		UpdatedAt *time.Time      `json:"updated_at"`
	}
	grantView struct {
		Capability string `json:"capability"`
		Target     string `json:"target"`
	}
	limitsView struct { // 0: the host's default
		MemoryMiB int   `json:"memory_mib"`
		CPU       int64 `json:"cpu_ms"`
		Wait      int64 `json:"wait_ms"`
	}
	bindingView struct {
		ID       core.ID `json:"id"`
		Instance string  `json:"instance"`
		Hook     string  `json:"hook"`
		ClientID string  `json:"client_id"` // "" is all clients
		Position int     `json:"position"`
		FailOpen bool    `json:"fail_open"`
		Shadow   bool    `json:"shadow"`
	}
)

func viewPlugin(p *admin.Plugin) pluginView {
	return pluginView{p.ID, p.Version, p.Description, p.Module, p.Source, p.Signer, p.HostAPI, list(p.Hooks), wishes(p), secrets(p), rawObject(p.Settings), presets(p)}
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

func viewInstance(i *admin.Instance) instanceView {
	v := instanceView{
		Name: i.Name, Plugin: i.Plugin, Version: i.Version, Module: i.Module, Settings: rawObject(i.Settings), Grants: []grantView{},
		Secrets: viewSecrets(i), Missing: []needView{}, Limits: limitsView{i.Limits.MemoryMiB, i.Limits.CPU.Milliseconds(), i.Limits.Wait.Milliseconds()},
		CreatedAt: jsonTime(i.CreatedAt), UpdatedAt: jsonTime(i.UpdatedAt),
	}
	for _, grant := range i.Grants {
		v.Grants = append(v.Grants, grantView(grant))
	}
	for n := range i.Asked {
		if !i.Asked[n].Given {
			v.Missing = append(v.Missing, viewNeed(&i.Asked[n].Need))
		}
	}
	return v
}

func viewBindings(bindings []core.PluginBinding) []bindingView {
	views := make([]bindingView, len(bindings))
	for i, b := range bindings {
		views[i] = bindingView{b.ID, b.Instance, b.Hook, b.ClientID, b.Position, b.FailOpen, b.Shadow}
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
		p.pluginNew(), p.pluginBuild(), p.pluginTest(), p.pluginRun(), p.pluginRecord(), p.pluginBench(), p.pluginInspect(),
		p.pluginKeygen(), p.pluginSign(), p.pluginVerify(), p.pluginPush(), p.pluginPull())
	add("operator", "Of the operator of a server:",
		p.pluginInstall(), p.pluginCreate(), p.pluginSettings(), p.pluginGrant(), p.pluginRevoke(), p.pluginSecret(), p.pluginLimit(),
		p.pluginBind(), p.pluginUnbind(), p.pluginMove(), p.pluginList(), p.pluginShow(), p.pluginPreview(), p.pluginNumbers(), p.pluginLog(),
		p.pluginReload(), p.pluginReleases(), p.pluginRollback(), p.pluginRemove())
	return c
}
