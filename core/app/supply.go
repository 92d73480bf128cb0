package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/core/supply"
)

// Bounds of what goes to a registry and back: a module of 32 MiB with all around it,
// over a slow line.
const (
	maxTransfer     = 40 << 20
	transferTimeout = 5 * time.Minute
)

// Supply gets modules of plugins from files and registries and puts them there, and
// knows whose signatures are trusted. It needs no data directory.
type Supply struct {
	Config config.Config
	// Progress is told how many bytes of how many have gone through; nil: nobody
	// wants to know.
	Progress func(done, total int64)
}

// Module is a module with what is known of where it came from.
type Module struct {
	Code     []byte
	Digest   string // of Code: SHA-256 in hexadecimal
	Source   string // absolute path, or reference into a registry
	Remote   bool   // it came from a registry
	Manifest string // digest of its manifest there, which pins module and signature

	Signature []byte // content of the .minisig file; nil: there is none
	Named     bool   // somebody named it, and so wants it to be of a trusted key
	KeyID     string // of the key that made it; empty: there is none
	// Signer is the name of the trusted key that signed the module, and Comment what
	// it signed besides. Empty without such a key: Unproven then says why.
	Signer   string
	Comment  string
	Unproven error
}

// Get reads the module at a path or in a registry. Its signature is the one beside the
// file or in the registry, or the file that is named. One that is not of these bytes,
// or no signature at all, is an error wherever it is from.
func (s *Supply) Get(ctx context.Context, source, signature string) (*Module, error) {
	ref, err := supply.ParseReference(source)
	if err != nil {
		return nil, err
	}
	m, err := s.read(ctx, ref)
	if err != nil {
		return nil, advise(ref.Host, err)
	}
	if signature != "" {
		m.Named = true
		if m.Signature, err = supply.ReadSignature(signature); err != nil {
			return nil, err
		}
	}
	if err := m.verify(s.Config.PluginKeys); err != nil {
		return nil, err
	}
	return m, nil
}

func (s *Supply) read(ctx context.Context, ref supply.Reference) (*Module, error) {
	if ref.IsFile() {
		p, err := supply.ReadFile(ref, supply.Limits{})
		if err != nil {
			return nil, err
		}
		whole, err := filepath.Abs(ref.Path)
		if err != nil {
			return nil, fmt.Errorf("find the module: %w", err)
		}
		return &Module{Code: p.Code, Digest: supply.Digest(p.Code), Source: whole, Signature: p.Signature}, nil
	}
	registry, end, err := s.registry(ref)
	if err != nil {
		return nil, err
	}
	defer end()
	p, err := registry.Pull(ctx, ref)
	if err != nil {
		return nil, err
	}
	return &Module{
		Code: p.Code, Digest: supply.Digest(p.Code), Source: ref.String(), Remote: true, Manifest: p.ManifestDigest, Signature: p.Signature,
	}, nil
}

// verify notes who signed the module.
func (m *Module) verify(keys []supply.Key) error {
	if parsed, err := supply.ParseSignature(m.Signature); err == nil {
		m.KeyID = parsed.KeyID
	}
	signer, comment, err := supply.Verify(keys, m.Code, m.Signature)
	switch {
	case err == nil:
		m.Signer, m.Comment = signer.Name, comment
		return nil
	case errors.Is(err, supply.Unsigned), errors.Is(err, supply.UnknownKey):
		m.Unproven = advise("", err)
		return nil
	}
	return err
}

// Install is what admin has to know to install the module.
func (m *Module) Install() admin.Install {
	input := admin.Install{Code: m.Code, Source: m.Source, Remote: m.Remote || m.Named, Signed: m.Unproven == nil, Signer: m.Signer, Signature: m.Signature}
	switch {
	case m.Unproven == nil:
	case m.KeyID == "":
		input.Unproven = "it has no signature"
	default:
		input.Unproven = "it is signed with key " + m.KeyID + ", which is not trusted here"
	}
	return input
}

// FileName is the usual name for a file with a module of a registry.
func (m *Module) FileName() string {
	ref, err := supply.ParseReference(m.Source)
	if err != nil || ref.IsFile() {
		return filepath.Base(m.Source)
	}
	return path.Base(ref.Repository) + ".wasm"
}

// Push puts a module with its signature under a reference into a registry, with
// annotations that say what it is, and gives the digest of its manifest.
func (s *Supply) Push(ctx context.Context, m *Module, to string, plugins []admin.Plugin) (manifest string, err error) {
	ref, err := supply.ParseReference(to)
	if err != nil {
		return "", err
	}
	if ref.IsFile() {
		return "", &supply.Error{Kind: supply.BadReference, What: "the reference is a file, and not in a registry",
			Advice: "write it like oci://registry.example.org/plugins/department:1.2.0"}
	}
	registry, end, err := s.registry(ref)
	if err != nil {
		return "", err
	}
	defer end()
	manifest, err = registry.Push(ctx, ref, supply.Package{Code: m.Code, Signature: m.Signature, Annotations: annotations(plugins)})
	return manifest, advise(ref.Host, err)
}

// annotations are what a registry shows of a module (OCI image-spec, "Pre-Defined
// Annotation Keys"). Several plugins have a version and a description if they have
// the same.
func annotations(plugins []admin.Plugin) map[string]string {
	all := map[string][]string{}
	for _, plugin := range plugins {
		for key, value := range map[string]string{"title": plugin.ID, "version": plugin.Version, "description": plugin.Description} {
			if !slices.Contains(all[key], value) {
				all[key] = append(all[key], value)
			}
		}
	}
	shown := map[string]string{}
	for key, values := range all {
		if key == "title" || len(values) == 1 {
			shown["org.opencontainers.image."+key] = strings.Join(values, ", ")
		}
	}
	return shown
}

// registry gives a client for the registry of a reference, and what ends it. Who names
// a registry wants it asked, wherever it is; that is not said of where it sends to.
func (s *Supply) registry(ref supply.Reference) (*supply.Registry, func(), error) {
	hosts := s.Config.PluginRegistryHosts[ref.Host]
	client, err := outbound.New(outbound.Options{
		AllowPrivate: append(slices.Clone(s.Config.OutboundAllowPrivate), withPort(ref.Server())),
		Timeout:      transferTimeout, MaxBody: maxTransfer,
	})
	if err != nil {
		return nil, nil, err
	}
	credentials, err := supply.DockerConfig(s.Config.PluginRegistryCredentials)
	if err != nil {
		return nil, nil, err
	}
	return &supply.Registry{
		Client: client.HTTPWithin(append(slices.Clone(hosts), ref.Server())...), PlainHTTP: ref.IsLocal(), Credentials: credentials,
		Hosts: hosts, Timeout: transferTimeout, Progress: s.Progress,
	}, client.Close, nil
}

// withPort gives host and port, that of https if there is none.
func withPort(host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return host + ":443"
}

// advise names the setting that helps, where one does.
func advise(host string, err error) error {
	e, ok := errors.AsType[*supply.Error](err)
	if !ok {
		return err
	}
	better := *e
	switch {
	case e.Kind == supply.OtherHost && e.Host != "":
		better.Advice = "if that host belongs to whoever runs the registry, add " + host + "=" + e.Host + " to --plugin-registry-hosts; otherwise do not trust it"
	case e.Kind == supply.Unauthorized:
		better.Advice = "log in with 'docker login " + host + "', or name a file with the login in --plugin-registry-credentials; some registries answer like this also if there is no such repository"
	case e.Kind == supply.UnknownKey:
		better.Advice = "if you know the signer and have the public key from them, add it to --plugin-keys; otherwise do not use the module"
	}
	return &better
}

// Installer is where a plugin is installed, as [desk.Desk] is.
type Installer interface {
	Releases(ctx context.Context, plugin string) ([]admin.Release, error)
	InstallPlugin(ctx context.Context, input admin.Install) (*admin.Installed, error)
}

// Reload reads the source of an installed plugin again, and installs what is there now as
// [admin.Service.InstallPlugin] does. Bytes that are pinned are not replaced by others.
func (s *Supply) Reload(ctx context.Context, to Installer, plugin string, allowUnsigned bool) (*admin.Installed, *Module, error) {
	releases, err := to.Releases(ctx, plugin)
	if err != nil {
		return nil, nil, err
	}
	running := releases[0]
	m, err := s.Get(ctx, running.Source, "")
	if err != nil {
		return nil, nil, fmt.Errorf("read the source of %s: %w", plugin, err)
	}
	input := m.Install()
	input.Plugins, input.AllowUnsigned = []string{plugin}, allowUnsigned
	switch {
	case running.Pinned && m.Digest != running.Module:
		return nil, nil, &PinError{Plugin: plugin, Source: m.Source, Pinned: running.Module, Found: m.Digest}
	case running.Pinned:
		input.Pin = running.Module
	case m.Digest == running.Module && m.Unproven != nil:
		input.AllowUnsigned = true // it runs already
	}
	installed, err := to.InstallPlugin(ctx, input)
	return installed, m, err
}

// PinError says that the source of a plugin has other bytes than the operator wants.
type PinError struct {
	Plugin        string
	Source        string
	Pinned, Found string // digests
}

func (e *PinError) Error() string {
	return fmt.Sprintf("the plugin %q is pinned to %s, and %s has %s", e.Plugin, e.Pinned, e.Source, e.Found)
}

// Hint says how to change the pin.
func (e *PinError) Hint() string {
	return "if you want that one: postern plugin install " + word(e.Source) + " --pin " + e.Found
}

// word quotes what a shell would not take for one word.
func word(text string) string {
	const usual = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/.:@_-+,="
	if strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune(usual, r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
