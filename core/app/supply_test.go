package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"aead.dev/minisign"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/supply"
)

// team is a module in each of two versions: the one of abi.md, and that with another
// number.
func team(t *testing.T, version string) []byte {
	t.Helper()
	code, err := os.ReadFile(filepath.Join("..", "..", "sdk", "testdata", "team.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Replace(code, []byte(`"1.0.0"`), []byte(`"`+version+`"`), 1)
}

func writeFile(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// signer is a pair of keys without a password, in two files.
type signer struct {
	supply.Key
	public, secret string
}

func newSigner(t *testing.T, name string) signer {
	t.Helper()
	public, private, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := supply.ParseKey(name, public.String())
	if err != nil {
		t.Fatal(err)
	}
	secret, err := private.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := signer{key, filepath.Join(dir, name+".pub"), filepath.Join(dir, name+".key")}
	writeFile(t, s.public, []byte(public.String()))
	writeFile(t, s.secret, secret)
	return s
}

// sign writes the signature beside the file.
func (s signer) sign(t *testing.T, file string) {
	t.Helper()
	signing, err := app.OpenSigning(file, s.secret)
	if err != nil {
		t.Fatal(err)
	}
	if signing.NeedsPassword() {
		t.Fatal("a key without a password wants one")
	}
	signing.Comment = "for the tests"
	if done, err := signing.Sign(nil); err != nil || done.Signature != file+".minisig" || done.KeyID != s.ID() {
		t.Fatalf("%+v, %v", done, err)
	}
}

func hintOf(err error) string {
	if with, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok {
		return with.Hint()
	}
	return ""
}

func TestGetFile(t *testing.T) {
	anna, bert := newSigner(t, "anna"), newSigner(t, "bert")
	s := &app.Supply{Config: config.Config{PluginKeys: []supply.Key{anna.Key}}}
	file := filepath.Join(t.TempDir(), "team.wasm")
	code := team(t, "1.0.0")
	get := func(signature string) *app.Module {
		t.Helper()
		m, err := s.Get(t.Context(), file, signature)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(m.Code, code) || m.Digest != supply.Digest(code) || m.Source != file || m.Remote || m.Manifest != "" {
			t.Errorf("got %+v", m)
		}
		return m
	}
	writeFile(t, file, code)
	m := get("")
	if input := m.Install(); m.Signer != "" || m.KeyID != "" || !errors.Is(m.Unproven, supply.Unsigned) || input.Signed || input.Unproven != "it has no signature" {
		t.Errorf("unsigned: %+v", m)
	}
	bert.sign(t, file)
	m = get("")
	if input := m.Install(); m.Signer != "" || m.KeyID != bert.ID() || !errors.Is(m.Unproven, supply.UnknownKey) || input.Signed || !strings.Contains(input.Unproven, bert.ID()) {
		t.Errorf("signed by somebody: %+v", m)
	}
	if !strings.Contains(hintOf(m.Unproven), "--plugin-keys") {
		t.Errorf("the hint is %q", hintOf(m.Unproven))
	}
	// A signature that is named is wanted.
	if input := get(file + ".minisig").Install(); !input.Remote || input.Signed {
		t.Errorf("installed with %+v", input)
	}
	elsewhere := filepath.Join(t.TempDir(), "signature")
	anna.sign(t, file)
	if err := os.Rename(file+".minisig", elsewhere); err != nil {
		t.Fatal(err)
	}
	m = get(elsewhere)
	if input := m.Install(); m.Signer != "anna" || m.KeyID != anna.ID() || m.Comment != "for the tests" || m.Unproven != nil || !input.Signed || input.Signer != "anna" || m.FileName() != "team.wasm" {
		t.Errorf("signed: %+v", m)
	}
	// What is wrong is refused, whether or not anybody is trusted.
	if err := os.Rename(elsewhere, file+".minisig"); err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, append(code, 0))
	if m, err := s.Get(t.Context(), file, ""); m != nil || !errors.Is(err, supply.WrongSignature) {
		t.Errorf("%+v, %v", m, err)
	}
	writeFile(t, file+".minisig", []byte("nonsense"))
	for _, s := range []*app.Supply{s, {}} {
		if m, err := s.Get(t.Context(), file, ""); m != nil || !errors.Is(err, supply.MalformedSignature) {
			t.Errorf("%+v, %v", m, err)
		}
	}
	for _, arguments := range [][2]string{{"team", ""}, {file + ".wasm", ""}, {file, file + ".sig"}} {
		if m, err := s.Get(t.Context(), arguments[0], arguments[1]); m != nil || hintOf(err) == "" {
			t.Errorf("%q: %+v, %v", arguments, m, err)
		}
	}
}

func TestRegistry(t *testing.T) {
	anna := newSigner(t, "anna")
	r := newRegistry(t)
	var progress []int64
	s := &app.Supply{
		Config:   config.Config{PluginKeys: []supply.Key{anna.Key}, PluginRegistryCredentials: logins(t)},
		Progress: func(done, _ int64) { progress = append(progress, done) },
	}
	file := filepath.Join(t.TempDir(), "team.wasm")
	writeFile(t, file, team(t, "1.0.0"))
	anna.sign(t, file)
	local, err := s.Get(t.Context(), file, "")
	if err != nil {
		t.Fatal(err)
	}
	plugins, err := app.Examine(t.Context(), local.Code)
	if err != nil || len(plugins) != 1 || plugins[0].ID != "team" {
		t.Fatalf("%+v, %v", plugins, err)
	}
	manifest, err := s.Push(t.Context(), local, r.ref(":1"), plugins)
	if err != nil {
		t.Fatal(err)
	}
	var shown struct {
		Annotations map[string]string `json:"annotations"`
	}
	if err := json.Unmarshal(r.blobs["1"], &shown); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"title": "team", "version": "1.0.0", "description": "Adds the team."} {
		if got := shown.Annotations["org.opencontainers.image."+key]; got != want {
			t.Errorf("the %s is %q", key, got)
		}
	}
	if len(progress) < 2 || !slices.IsSorted(progress) {
		t.Errorf("progress is told as %v", progress)
	}
	for _, version := range []string{":1", "@" + manifest, ":1@" + manifest} {
		m, err := s.Get(t.Context(), r.ref(version), "")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(m.Code, local.Code) || m.Signer != "anna" || m.Source != r.ref(version) || !m.Remote || m.Manifest != manifest || !m.Install().Remote || m.FileName() != "team.wasm" {
			t.Errorf("got %+v", m)
		}
	}
	if m, err := s.Get(t.Context(), r.ref("@sha256:"+strings.Repeat("0", 64)), ""); m != nil || !errors.Is(err, supply.NotFound) {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := s.Push(t.Context(), local, "team.wasm", plugins); !errors.Is(err, supply.BadReference) {
		t.Errorf("pushed into a file: %v", err)
	}
}

// logins is a docker config of somebody who is logged in nowhere.
func logins(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config.json")
	writeFile(t, name, []byte(`{"auths": {}}`))
	return name
}

// Where a setting would help, the hint names it.
func TestRegistryHints(t *testing.T) {
	r, other := newRegistry(t), newRegistry(t)
	host, otherHost := strings.TrimPrefix(r.URL, "http://"), strings.TrimPrefix(other.URL, "http://")
	s := &app.Supply{Config: config.Config{PluginRegistryCredentials: logins(t)}}
	file := filepath.Join(t.TempDir(), "team.wasm")
	writeFile(t, file, team(t, "1.0.0"))
	m, err := s.Get(t.Context(), file, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []*registry{r, other} {
		if _, err := s.Push(t.Context(), m, to.ref(":1"), nil); err != nil {
			t.Fatal(err)
		}
	}
	r.answer = func(w http.ResponseWriter, request *http.Request) bool {
		if strings.Contains(request.URL.Path, "/blobs/") {
			http.Redirect(w, request, other.URL+request.URL.Path, http.StatusTemporaryRedirect)
			return true
		}
		return false
	}
	_, err = s.Get(t.Context(), r.ref(":1"), "")
	if !errors.Is(err, supply.OtherHost) || !strings.Contains(hintOf(err), host+"="+otherHost+" to --plugin-registry-hosts") {
		t.Errorf("%v, %q", err, hintOf(err))
	}
	// Named, it is asked; but an address that is private takes more than that.
	s.Config.PluginRegistryHosts = map[string][]string{host: {otherHost}}
	if _, err := s.Get(t.Context(), r.ref(":1"), ""); err == nil || !strings.Contains(err.Error(), "outbound-allow-private") {
		t.Errorf("got %v", err)
	}
	s.Config.OutboundAllowPrivate = []string{otherHost}
	if got, err := s.Get(t.Context(), r.ref(":1"), ""); err != nil || !bytes.Equal(got.Code, m.Code) {
		t.Errorf("%+v, %v", got, err)
	}
	r.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("WWW-Authenticate", `Basic realm="plugins"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	_, err = s.Get(t.Context(), r.ref(":1"), "")
	if !errors.Is(err, supply.Unauthorized) || !strings.Contains(hintOf(err), "docker login "+host) {
		t.Errorf("%v, %q", err, hintOf(err))
	}
}

// A plugin is installed anew from where it came from, under the same conditions.
func TestReloadPlugin(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	anna := newSigner(t, "anna")
	s := &app.Supply{Config: config.Config{PluginKeys: []supply.Key{anna.Key}}}
	dir := t.TempDir()
	file := filepath.Join(dir, "team.wasm")
	writeFile(t, file, team(t, "1.0.0"))
	install := func(pin string) {
		t.Helper()
		m, err := s.Get(ctx, file, "")
		if err != nil {
			t.Fatal(err)
		}
		input := m.Install()
		input.Pin = pin
		if _, err := w.app.Admin.InstallPlugin(ctx, cli, input); err != nil {
			t.Fatal(err)
		}
	}
	reload := func(allow bool) (*admin.Installed, error) {
		installed, _, err := s.Reload(ctx, w.desk(), "team", allow)
		return installed, err
	}
	runs := func(version, signer string) {
		t.Helper()
		if p, err := w.app.Admin.FindPlugin(ctx, "team"); err != nil || p.Version != version || p.Signer != signer {
			t.Errorf("%+v, %v, want %s of %q", p, err, version, signer)
		}
	}
	install("")
	if installed, err := reload(false); err != nil || !installed.Unchanged {
		t.Errorf("%+v, %v", installed, err)
	}
	writeFile(t, file, team(t, "1.1.0"))
	if installed, err := reload(false); err != nil || installed.Unchanged || installed.Replaced[0].Version != "1.0.0" {
		t.Errorf("%+v, %v", installed, err)
	}
	runs("1.1.0", "")
	// What is no module leaves the version that runs.
	writeFile(t, file, []byte("no module"))
	if _, err := reload(false); err == nil || !strings.Contains(err.Error(), "the module cannot be used") {
		t.Errorf("got %v", err)
	}
	runs("1.1.0", "")
	writeFile(t, file, team(t, "1.2.0"))
	anna.sign(t, file)
	if _, err := reload(false); err != nil {
		t.Error(err)
	}
	runs("1.2.0", "anna")
	// Once signed, a file that somebody changed is not taken for the next version.
	writeFile(t, file, team(t, "6.6.6"))
	if _, err := reload(true); !errors.Is(err, supply.WrongSignature) {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(file + ".minisig"); err != nil {
		t.Fatal(err)
	}
	if _, err := reload(false); err == nil || !strings.Contains(err.Error(), "no trusted key signed this one") {
		t.Errorf("got %v", err)
	}
	runs("1.2.0", "anna")
	if _, err := reload(true); err != nil {
		t.Error(err)
	}
	runs("6.6.6", "")

	pinned := supply.Digest(team(t, "6.6.6"))
	install(pinned)
	if installed, err := reload(false); err != nil || !installed.Unchanged {
		t.Errorf("%+v, %v", installed, err)
	}
	writeFile(t, file, team(t, "7.0.0"))
	_, err := reload(true)
	wrong, ok := errors.AsType[*app.PinError](err)
	if !ok || wrong.Pinned != pinned || wrong.Found != supply.Digest(team(t, "7.0.0")) || !strings.Contains(wrong.Hint(), "--pin "+wrong.Found) {
		t.Errorf("got %v", err)
	}
	runs("6.6.6", "")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := reload(false); !errors.Is(err, supply.NotFound) || hintOf(err) == "" {
		t.Errorf("got %v", err)
	}
	for plugin, want := range map[string]string{"nothing": "there is no plugin", "scopes": "comes with Postern"} {
		if _, _, err := s.Reload(ctx, w.desk(), plugin, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", plugin, err)
		}
	}
}

// A tag that moved brings the next version, unsigned ones only if that is said.
func TestReloadFromRegistry(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	r := newRegistry(t)
	s := &app.Supply{Config: config.Config{PluginRegistryCredentials: logins(t)}}
	push := func(version string) {
		t.Helper()
		if _, err := s.Push(ctx, &app.Module{Code: team(t, version)}, r.ref(":stable"), nil); err != nil {
			t.Fatal(err)
		}
	}
	push("1.0.0")
	m, err := s.Get(ctx, r.ref(":stable"), "")
	if err != nil {
		t.Fatal(err)
	}
	input := m.Install()
	if _, err := w.app.Admin.InstallPlugin(ctx, cli, input); err == nil || !strings.Contains(err.Error(), "no trusted key signed the module: it has no signature") {
		t.Errorf("got %v", err)
	}
	input.AllowUnsigned = true
	if _, err := w.app.Admin.InstallPlugin(ctx, cli, input); err != nil {
		t.Fatal(err)
	}
	if installed, _, err := s.Reload(ctx, w.desk(), "team", false); err != nil || !installed.Unchanged {
		t.Errorf("%+v, %v", installed, err)
	}
	push("2.0.0")
	w.clock.advance(time.Second)
	if _, _, err := s.Reload(ctx, w.desk(), "team", false); err == nil {
		t.Error("an unsigned module was taken without a word")
	}
	if installed, _, err := s.Reload(ctx, w.desk(), "team", true); err != nil || installed.Plugins[0].Version != "2.0.0" {
		t.Errorf("%+v, %v", installed, err)
	}
	if got := w.events(core.EventFilter{Type: core.EventPluginInstalled, Limit: 1}); len(got) != 1 || got[0].Detail["source"] != r.ref(":stable") || got[0].Detail["version_before"] != "1.0.0" {
		t.Errorf("recorded %+v", got)
	}
}
