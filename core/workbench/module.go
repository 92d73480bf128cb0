package workbench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/core/supply"
	"github.com/postern-id/postern/sdk/hook"
)

// Module is a module that was loaded as a server would load it.
type Module struct {
	File  string
	Code  []byte
	trial *plugin.Trial
	world *World
	leave func() // the world
}

// Open reads a module and loads it, which tests it on its samples. World is what
// live calls ask; nil: there are none.
func Open(ctx context.Context, file string, world *World) (*Module, error) {
	code, err := readModule(file)
	if err != nil {
		return nil, err
	}
	m := &Module{File: file, Code: code, world: &World{}, leave: func() {}}
	options := plugin.TrialOptions{}
	if world != nil {
		m.world = world
		if options.Capabilities, m.leave, err = world.capabilities(); err != nil {
			return nil, err
		}
	}
	if m.trial, err = plugin.Try(ctx, code, options); err != nil {
		m.leave()
		return nil, fmt.Errorf("%s is refused: %w", file, err)
	}
	return m, nil
}

// Close gives back what the module took.
func (m *Module) Close() error {
	m.leave()
	return m.trial.Close(context.Background())
}

// Inspection is what a module says of itself, and what the host finds in it.
type Inspection struct {
	File      string           `json:"file"`
	Digest    string           `json:"digest"` // SHA-256
	Size      int              `json:"size"`
	Metered   int              `json:"metered_size"` // as it runs: rewritten so that it counts its fuel
	Memory    int              `json:"memory"`       // bytes that every call begins with
	Rate      int64            `json:"fuel_per_nanosecond"`
	Imports   []string         `json:"imports"`
	Signature *SignatureBeside `json:"signature"` // null: there is none
	Plugins   []Description    `json:"plugins"`
}

// SignatureBeside is the signature in the file beside a module. Nobody verified it.
type SignatureBeside struct {
	File    string `json:"file"`
	KeyID   string `json:"key_id"`
	Comment string `json:"comment"`
	Problem string `json:"problem,omitempty"` // why it is none
}

// Description is a manifest.
type Description struct {
	ID           string          `json:"id"`
	Version      string          `json:"version"`
	Description  string          `json:"description"`
	HostAPI      int             `json:"host_api"`
	Hooks        []string        `json:"hooks"`
	Capabilities []Wish          `json:"capabilities"`
	Secrets      []SecretWish    `json:"secrets"`
	Settings     json.RawMessage `json:"settings"` // JSON Schema
	Presets      []Preset        `json:"presets"`
	Samples      int             `json:"samples"`
}

// Preset is a way to use a plugin.
type Preset struct {
	Name     string          `json:"name"`
	Title    string          `json:"title"`
	Icon     string          `json:"icon"`
	Settings json.RawMessage `json:"settings"`
	Targets  []string        `json:"targets"`
}

// Wish is a capability that a plugin asks for.
type Wish struct {
	Name     string   `json:"name"`
	Targets  []string `json:"targets"`
	Reason   string   `json:"reason"`
	Optional bool     `json:"optional"`
}

// SecretWish is a secret that a plugin asks for.
type SecretWish struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Optional    bool   `json:"optional"`
}

// Inspect describes the module.
func (m *Module) Inspect() Inspection {
	facts := m.trial.Facts()
	i := Inspection{
		File: m.File, Digest: plugin.Digest(m.Code), Size: facts.Size, Metered: facts.Metered, Memory: facts.Memory, Rate: facts.Rate,
		Imports: append([]string{}, facts.Imports...), Signature: signatureBeside(m.File),
	}
	for _, manifest := range m.trial.Manifests() {
		i.Plugins = append(i.Plugins, describe(&manifest))
	}
	return i
}

func describe(m *hook.Manifest) Description {
	d := Description{
		ID: m.ID, Version: m.Version, Description: m.Description, HostAPI: m.HostAPI, Hooks: append([]string{}, m.Hooks...),
		Capabilities: []Wish{}, Secrets: []SecretWish{}, Settings: m.Settings.AppendJSON(nil), Presets: []Preset{},
		Samples: len(m.Samples),
	}
	for _, w := range m.Capabilities {
		d.Capabilities = append(d.Capabilities, Wish{w.Name, append([]string{}, w.Targets...), w.Reason, w.Optional})
	}
	for _, s := range m.Secrets {
		d.Secrets = append(d.Secrets, SecretWish(s))
	}
	for _, p := range m.Presets {
		d.Presets = append(d.Presets, Preset{p.Name, p.Title, p.Icon, p.Settings.AppendJSON(nil), append([]string{}, p.Targets...)})
	}
	return d
}

// signatureBeside reads FILE.minisig, if it is there.
func signatureBeside(file string) *SignatureBeside {
	s := &SignatureBeside{File: file + ".minisig"}
	text, err := readFile(s.File, supply.MaxSignature)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		var parsed supply.Signature
		parsed, err = supply.ParseSignature(text)
		s.KeyID, s.Comment = parsed.KeyID, parsed.TrustedComment
	}
	if err != nil {
		s.Problem, _, _ = strings.Cut(err.Error(), "\n")
	}
	return s
}
