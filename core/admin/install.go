package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

// maxModule is the size in bytes of a module.
const maxModule = 32 << 20

// Install is a module that is to run.
type Install struct {
	Code   []byte
	Source string // where it came from: a path, or a reference of a registry
	// Signed says that a key that is trusted here signed Code, and Signer names it.
	// Unproven says why no such key did: "it has no signature".
	Signed   bool
	Signer   string
	Unproven string
	// Signature is the content of the .minisig file that came with Code, for who judges it
	// elsewhere; nil: there is none.
	Signature []byte
	// Remote says that the module came from another machine, or that its signature is
	// wanted: then it must be signed, or AllowUnsigned. So must be what replaces a module that was signed.
	Remote        bool
	AllowUnsigned bool
	// Pin is the digest that Code must have, with or without "sha256:"; "" is any. It
	// is kept: no other bytes will do when the same source is read again.
	Pin string
	// Plugins are the ones to install of those that the module has; none is all.
	Plugins []string
	// Settings are new settings of instances, by name, for a version that needs
	// others.
	Settings map[string][]byte
}

// Installed says what runs from now on.
type Installed struct {
	Digest    string
	Plugins   []Plugin
	Replaced  []core.PluginRelease // what ran for these plugins before
	Upgraded  []string             // instances that ran another module before
	Unchanged bool                 // it ran already: no more happened than that its source was noted
	// Wishes are what the plugins ask for and have not been given: nothing was
	// granted. For a plugin without an instance they name the one that is bound by
	// default.
	Wishes []Need
}

// InstallPlugin makes a module the one that runs for its plugins, at once for all of
// their instances. Nothing is changed unless each of them can run it: its settings
// must suit, and if it is bound, the module must have those hooks and the instance what
// the plugin needs. It grants nothing.
func (s *Service) InstallPlugin(ctx context.Context, actor Actor, input Install) (*Installed, error) {
	if !input.Signed {
		input.Signer = ""
	}
	digest := digestOf(input.Code)
	if err := checkInstall(input, digest).err(); err != nil {
		return nil, err
	}
	plugins, err := s.examine(ctx, input.Code, digest)
	if err != nil {
		return nil, err
	}
	manifests := manifestsOf(plugins)
	if plugins, err = s.choose(ctx, plugins, input.Plugins); err != nil {
		return nil, err
	}
	config, err := s.PluginConfig(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkStillSigned(config, plugins, input, digest).err(); err != nil {
		return nil, err
	}
	known := moduleOf(config, digest)
	module := core.PluginModule{
		Digest: digest, Size: len(input.Code), Source: input.Source, Signer: input.Signer, Pinned: input.Pin != "",
		Manifests: manifests, CreatedAt: s.Now(),
	}
	if known != nil && module.Signer == "" {
		module.Signer = known.Signer // of the very same bytes
	}
	for i := range plugins {
		plugins[i].Source, plugins[i].Signer = module.Source, module.Signer
	}
	moves, err := s.plan(ctx, config, plugins, input.Settings)
	if err != nil {
		return nil, err
	}
	changes := append([]core.Change{core.AddModule{Module: module, Code: input.Code}}, s.installChanges(actor, &module, plugins, moves)...)
	if len(moves) == 0 && (known == nil || sameOrigin(known, &module)) {
		changes = nil
	}
	if err := s.applyMoves(ctx, "install the module", changes); err != nil {
		return nil, err
	}
	return outcome(config, digest, plugins, moves), nil
}

func sameOrigin(a, b *core.PluginModule) bool {
	return a.Source == b.Source && a.Signer == b.Signer && a.Pinned == b.Pinned
}

// installChanges make the moves, or note where the module that runs comes from now.
func (s *Service) installChanges(actor Actor, module *core.PluginModule, plugins []Plugin, moves []move) []core.Change {
	detail := map[string]string{"source": module.Source, "signer": module.Signer}
	if module.Pinned {
		detail["pinned"] = "true"
	}
	var changes []core.Change
	for _, m := range moves {
		changes = append(changes, s.moveChanges(actor, core.EventPluginInstalled, m, detail)...)
	}
	if len(moves) > 0 {
		return changes
	}
	for i := range plugins {
		same := map[string]string{"plugin": plugins[i].ID, "version": plugins[i].Version, "digest": module.Digest, "change": "source"}
		changes = append(changes, s.record(actor, s.Now(), core.Event{Type: core.EventPluginInstalled, Detail: withoutEmpty(detail, same)}))
	}
	return changes
}

func digestOf(code []byte) string {
	sum := sha256.Sum256(code)
	return hex.EncodeToString(sum[:])
}

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// checkInstall checks what can be checked without running anything.
func checkInstall(input Install, digest string) problems {
	var p problems
	switch {
	case len(input.Code) == 0:
		p.add("module", "build it again, and look at the size of the file", "the module is empty")
	case len(input.Code) > maxModule:
		p.add("module", "build it without debug information", "the module is larger than %d MiB", maxModule>>20)
	}
	pin := strings.TrimPrefix(strings.ToLower(input.Pin), "sha256:")
	switch {
	case pin == "":
	case !digestForm.MatchString(pin):
		p.add("pin", "write 64 hexadecimal digits, with or without sha256: before them", "%q is no digest", shown(input.Pin))
	case pin != digest:
		p.add("pin", "get it again, or ask whoever told you the digest which one is right", "the module is not the one that was asked for: its digest is %s", digest)
	}
	if input.Remote && !input.Signed && !input.AllowUnsigned {
		p.add("signature", signatureHint, "no trusted key signed the module%s", because(input.Unproven))
	}
	checkLine(&p, "source", input.Source)
	checkLine(&p, "signer", input.Signer)
	return p
}

const signatureHint = "have it signed by a key that is trusted here, or add --allow-unsigned"

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + clean(why)
}

// checkStillSigned refuses a module that nobody signed in place of one that somebody
// did: whoever can change a file must not get rid of its signature.
func checkStillSigned(config *core.PluginConfig, plugins []Plugin, input Install, digest string) problems {
	var p problems
	if input.Signed || input.AllowUnsigned {
		return nil
	}
	for i := range plugins {
		running := runningRelease(config, plugins[i].ID)
		if running == nil || running.Module == digest {
			continue
		}
		if m := moduleOf(config, running.Module); m != nil && m.Signer != "" {
			p.add("signature", signatureHint, "plugin %q runs a module that %s signed, and no trusted key signed this one%s", plugins[i].ID, m.Signer, because(input.Unproven))
		}
	}
	return p
}

const moduleHint = "nothing was changed; its author sees more with 'postern plugin inspect FILE'"

// examine runs the module to see what it is.
func (s *Service) examine(ctx context.Context, code []byte, digest string) ([]Plugin, error) {
	if s.Plugins == nil {
		return nil, errors.New("examine the module: nothing here can run it")
	}
	plugins, err := s.Plugins.Examine(ctx, code)
	if ctx.Err() != nil {
		return nil, wrap("examine the module", context.Cause(ctx))
	}
	if err != nil {
		return nil, invalid("module", moduleHint, "the module cannot be used: %s", clean(err.Error()))
	}
	var p problems
	for i := range plugins {
		plugins[i].Module = digest
		checkManifest(&p, &plugins[i])
	}
	return plugins, p.err()
}

// checkManifest refuses wishes that nobody could grant, and words that would not fit
// into a command that is shown.
func checkManifest(p *problems, plugin *Plugin) {
	bad := func(format string, args ...any) {
		p.add("module", moduleHint, "plugin %q of the module cannot be used: %s", shown(plugin.ID), fmt.Sprintf(format, args...))
	}
	if !keyName.MatchString(plugin.ID) {
		bad("it has no usual name")
	}
	if plugin.Version == "" || len(plugin.Version) > 64 || !ascii(plugin.Version) {
		bad("its version is missing or no short word")
	}
	if !json.Valid(plugin.Manifest) {
		bad("its description is no JSON")
	}
	for _, wish := range plugin.Capabilities {
		if _, known := targetKindOf(wish.Name); !known {
			bad("there is no capability %q", shown(wish.Name))
		}
		for _, target := range wish.Targets {
			if text, _ := checkTarget(wish.Name, target); text != "" {
				bad("it asks for %s, but %s", shown(wish.Name), text)
			} else if kind, _ := targetKindOf(wish.Name); kind == targetSecret && secretOf(plugin, target) == nil {
				bad("it asks for %s for %s, which is none of its secrets", wish.Name, target)
			}
		}
	}
	for _, wish := range plugin.Secrets {
		if !secretName.MatchString(wish.Name) {
			bad("%q is no name of a secret", shown(wish.Name))
		}
	}
}

func manifestsOf(plugins []Plugin) []byte {
	list := []byte("[")
	for i, plugin := range plugins {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, plugin.Manifest...)
	}
	return append(list, ']')
}

// choose gives the plugins of those names, all without any, and refuses those that
// come with the binary: nobody may take their place.
func (s *Service) choose(ctx context.Context, plugins []Plugin, names []string) ([]Plugin, error) {
	known, err := s.KnownPlugins(ctx)
	if err != nil {
		return nil, err
	}
	var p problems
	var ids []string
	for _, plugin := range plugins {
		ids = append(ids, plugin.ID)
	}
	for _, name := range names {
		if !slices.Contains(ids, name) {
			p.add("plugins", "it has "+strings.Join(ids, ", "), "the module has no plugin %q", shown(name))
		}
	}
	chosen := slices.DeleteFunc(plugins, func(plugin Plugin) bool { return len(names) > 0 && !slices.Contains(names, plugin.ID) })
	for _, plugin := range chosen {
		if slices.ContainsFunc(known, func(k Plugin) bool { return k.ID == plugin.ID && k.Module == core.BuiltinModule }) {
			p = append(p, Problem{Field: "plugins", Text: fmt.Sprintf("the plugin %q comes with Postern", plugin.ID),
				Hint: "give yours another id, or install the module's other plugins alone", Taken: true})
		}
	}
	return chosen, p.err()
}

// outcome says what the moves come to.
func outcome(config *core.PluginConfig, digest string, plugins []Plugin, moves []move) *Installed {
	installed := &Installed{Digest: digest, Plugins: plugins, Unchanged: len(moves) == 0}
	for _, m := range moves {
		if m.released() && m.was != nil {
			installed.Replaced = append(installed.Replaced, *m.was)
		}
		for _, i := range m.instances {
			if i.before.Module != digest {
				installed.Upgraded = append(installed.Upgraded, i.before.Name)
			}
		}
	}
	for i := range plugins {
		own := instancesOf(config, plugins[i].ID)
		if len(own) == 0 {
			own = []*core.PluginInstance{{Name: plugins[i].ID}}
		}
		for _, instance := range own {
			installed.Wishes = append(installed.Wishes, needsOf(&plugins[i], instance)...)
		}
	}
	return installed
}
