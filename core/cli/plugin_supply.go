package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/config"
)

// supplyFlags are the settings of what comes from others.
func supplyFlags(c *cobra.Command) {
	keys := []string{"plugin_keys", "plugin_registry_credentials", "plugin_registry_hosts", "outbound_allow_private"}
	for _, s := range config.Settings() {
		if slices.Contains(keys, s.Key) {
			addSetting(c.Flags(), s)
		}
	}
}

// supply gives where modules come from, and what takes its progress off the terminal.
func (p *program) supply(cfg config.Config) (*app.Supply, func()) {
	line := p.progress()
	report := func(done, total int64) {
		line.say("transferred %s of %s", bytesText(done), bytesText(total))
	}
	return &app.Supply{Config: cfg, Progress: report}, line.clear
}

// transfer is what a command on modules needs that has no data directory.
type transfer struct {
	*app.Supply
	end func() // takes the progress off the terminal
}

func (p *program) onModules(do func(c *cobra.Command, s transfer, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		cfg, err := p.config(c, false)
		if err != nil {
			return err
		}
		s, end := p.supply(cfg)
		defer end()
		return do(c, transfer{s, end}, args)
	}
}

// moduleView is a module as JSON, with what is known of where it came from.
type moduleView struct {
	Digest   string `json:"digest"`
	Size     int    `json:"size"`
	Source   string `json:"source"`
	Remote   bool   `json:"remote"`
	Manifest string `json:"manifest_digest"` // in the registry
	Signer   string `json:"signer"`          // name of the trusted key; "" is nobody
	KeyID    string `json:"key_id"`          // of the signature, trusted or not
	Comment  string `json:"comment"`         // that the signer signed too
}

func viewModule(m *app.Module) moduleView {
	return moduleView{m.Digest, len(m.Code), m.Source, m.Remote, m.Manifest, m.Signer, m.KeyID, m.Comment}
}

func moduleRows(m *app.Module) []admin.Row {
	return []admin.Row{
		{Field: "Module", Value: fmt.Sprintf("sha256:%s, %s", m.Digest, bytesText(int64(len(m.Code))))},
		{Field: "Source", Value: m.Source}, {Field: "Manifest", Value: m.Manifest}, {Field: "Signed by", Value: signerText(m)},
	}
}

func signerText(m *app.Module) string {
	switch {
	case m.Signer != "":
		return fmt.Sprintf("%s, with key %s: %s", m.Signer, m.KeyID, m.Comment)
	case m.KeyID != "":
		return "nobody who is trusted here (key " + m.KeyID + ")"
	}
	return "nobody"
}

// wishView is something that a plugin asks for as JSON.
type wishView struct {
	Name     string   `json:"name"`
	Targets  []string `json:"targets"`
	Reason   string   `json:"reason"`
	Optional bool     `json:"optional"`
}

// secretWishView is a secret that a plugin asks for as JSON.
type secretWishView struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Optional    bool   `json:"optional"`
}

// askingView is a plugin as JSON, with all that it asks for.
type askingView struct {
	ID           string           `json:"id"`
	Version      string           `json:"version"`
	Description  string           `json:"description"`
	Hooks        []string         `json:"hooks"`
	Capabilities []wishView       `json:"capabilities"`
	Secrets      []secretWishView `json:"secrets"`
	Settings     json.RawMessage  `json:"settings"`
}

func viewAsking(p *admin.Plugin) askingView {
	v := askingView{p.ID, p.Version, p.Description, list(p.Hooks), []wishView{}, []secretWishView{}, rawObject(p.Settings)}
	for _, w := range p.Capabilities {
		v.Capabilities = append(v.Capabilities, wishView{w.Name, list(w.Targets), w.Reason, w.Optional})
	}
	for _, w := range p.Secrets {
		v.Secrets = append(v.Secrets, secretWishView(w))
	}
	return v
}

// describeAsking says what a plugin is, and exactly what it asks for.
func describeAsking(w io.Writer, p *admin.Plugin) {
	fields(w, []admin.Row{
		{Field: "Plugin", Value: p.ID}, {Field: "Version", Value: p.Version}, {Field: "What it does", Value: p.Description},
		{Field: "Hooks", Value: joined(p.Hooks)},
	})
	var rows [][]string
	for _, wish := range p.Capabilities {
		rows = append(rows, []string{wish.Name, joined(wish.Targets), wish.Reason, yes(!wish.Optional)})
	}
	for _, wish := range p.Secrets {
		rows = append(rows, []string{"the secret " + wish.Name, "", wish.Description, yes(!wish.Optional)})
	}
	fmt.Fprintln(w)
	table(w, "it asks for nothing", []string{"IT ASKS FOR", "FOR", "WHY", "NEEDED"}, rows)
}

// settingsFiles reads INSTANCE=FILE.
func (p *program) settingsFiles(given []string) (map[string][]byte, error) {
	settings := map[string][]byte{}
	for _, text := range given {
		instance, file, ok := strings.Cut(text, "=")
		if !ok || instance == "" || file == "" {
			return nil, usagef("write it as INSTANCE=FILE", "%q is no value for --settings", text)
		}
		if _, twice := settings[instance]; twice {
			return nil, usagef("give them once", "there are two files with settings for %s", instance)
		}
		content, err := p.readFile(file)
		if err != nil {
			return nil, err
		}
		settings[instance] = content
	}
	return settings, nil
}
