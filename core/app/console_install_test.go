package app_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-id/postern/core/supply"
)

// pluginFile copies a module of the tests to where its signature may stand beside it.
func pluginFile(t *testing.T, name string) (path string, code []byte) {
	t.Helper()
	code, err := os.ReadFile("../cli/testdata/plugins/" + name)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), name)
	writeFile(t, path, code)
	return path, code
}

// A signature that is uploaded is checked: one of a trusted key is enough, one of another
// module is refused, and what replaces a signed module must be signed, too.
func TestConsoleChecksSignatures(t *testing.T) {
	w := newWorld(t)
	b := w.administrator()
	anna, eve := newSigner(t, "anna"), newSigner(t, "eve")
	w.app.Config.PluginKeys = []supply.Key{anna.Key}
	signed := func(of signer, name string) (module, signature sentFile) {
		t.Helper()
		path, code := pluginFile(t, name)
		of.sign(t, path)
		text, err := os.ReadFile(path + supply.SignatureSuffix)
		if err != nil {
			t.Fatal(err)
		}
		return sentFile{"module", name, code}, sentFile{"signature", name + ".minisig", text}
	}
	first, firstSignature := signed(anna, "diary-1.wasm")
	second, secondSignature := signed(anna, "diary-2.wasm")
	_, strange := signed(eve, "diary-1.wasm")
	form := b.get("/admin/plugins/install")
	form.uploads("install", nil, first, secondSignature).wants(422, "The signature is not one of this module")
	form.uploads("install", nil, first, sentFile{"signature", "x.minisig", []byte("nonsense")}).wants(422, "The signature is not one of this module")
	form.uploads("install", nil, first, strange).wants(422, "No trusted key signed the module", "not trusted here", "Tick the box if you trust it.")
	form.uploads("inspect", nil, first, strange).wants(200, "No trusted key signed it", "which is not trusted here")
	form.uploads("inspect", nil, first, firstSignature).wants(200, "Signed by anna")
	form.uploads("install", nil, first, firstSignature).wants(200, "The plugin diary 1.0.0 was installed.", "Signed by anna", "It asks for clock, which it was not given.")
	form.uploads("install", nil, second).wants(422, "No trusted key signed the module")
	form.uploads("install", nil, second, secondSignature).wants(200, "The plugin diary 2.0.0 was installed.")
}

// What a version asks for more than the one that runs is shown before it is installed, and
// not given by that.
func TestConsoleShowsWhatAVersionAsksForMore(t *testing.T) {
	w := newWorld(t)
	b := w.administrator()
	w.diary()
	_, second := pluginFile(t, "diary-2.wasm")
	form := b.get("/admin/plugins/install")
	form.upload("inspect", "module", "diary.wasm", second, nil).wants(200, "It replaces version 1.0.0", "It asks for more: http.fetch for notes.example.org, kv, the secret token.",
		"Nothing of that is given by installing it.", "Version 1.0.0", "New", "the same")
	form.upload("install", "module", "diary.wasm", second, map[string]string{"unsigned": "on"}).wants(422, "it needs http.fetch for notes.example.org", "the secret token")
	if err := w.app.Admin.Grant(t.Context(), cli, "diary", "http.fetch", "notes.example.org", true); err != nil {
		t.Fatal(err)
	}
	if err := w.app.Admin.SetSecret(t.Context(), cli, "diary", "token", []byte("hush"), true); err != nil {
		t.Fatal(err)
	}
	form.upload("install", "module", "diary.wasm", second, map[string]string{"unsigned": "on"}).wants(200, "was installed, and serves in diary. It asks for kv, which it was not given.")
	b.get("/admin/instances/diary").wants(200, "Asked and given", "notes.example.org", "Not given")
	// Backwards it says what is not asked for any more.
	_, first := pluginFile(t, "diary-1.wasm")
	form.upload("inspect", "module", "diary.wasm", first, nil).wants(200, "It replaces version 2.0.0", "It asks for nothing that that one does not ask for, too.", "It is not asked for any more.")
}

// Whatever is not a plugin is refused, and each time it is said why.
func TestConsoleRefusesModules(t *testing.T) {
	w := newWorld(t)
	b := w.administrator()
	form := b.get("/admin/plugins/install")
	_, wrong := pluginFile(t, "tour-3.wasm")
	_, unlike := pluginFile(t, "unlike.wasm")
	for name, test := range map[string]struct {
		code []byte
		want string
	}{
		"empty":     {[]byte{}, "No file was chosen"},
		"text":      {[]byte("(module)"), "its text form"},
		"picture":   {[]byte("\x89PNG\r\n\x1a\n"), "not a WebAssembly module"},
		"component": {[]byte("\x00asm\x0d\x00\x01\x00"), "a component of the component model"},
		"cut off":   {wrong[:len(wrong)-40], "its sections are malformed"},
		"no plugin": {[]byte("\x00asm\x01\x00\x00\x00"), "does not export"},
		"sample":    {wrong, "sample"},
		"taken":     {unlike, "comes with Postern"},
	} {
		for _, button := range []string{"inspect", "install"} {
			status := 422
			if name == "taken" && button == "inspect" {
				status = 200
			}
			form.upload(button, "module", name, test.code, map[string]string{"unsigned": "on"}).wants(status, test.want)
		}
	}
	plugins, err := w.app.Admin.KnownPlugins(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plugins {
		if p.Source != "" {
			t.Errorf("%s was installed", p.ID)
		}
	}
}
