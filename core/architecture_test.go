package core_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/postern-id/postern"

// house is the plan of the house: which room may import which. A room that is
// not in it may not exist; an arrow that is not in it may not be drawn. Test
// files may import anything.
var house = map[string][]string{
	"core":                   {},
	"core/vault":             {},
	"core/needs":             {}, // for tests
	"core/browser":           {}, // for tests
	"core/conformance":       {}, // tests alone
	"core/strict":            {},
	"core/colour":            {},
	"core/outbound":          {},
	"core/observe":           {},
	"core/oauth":             {"core", "core/strict"},
	"core/jose":              {"core", "core/strict"},
	"core/token":             {"core", "core/jose", "core/oauth", "sdk/hook"},
	"core/ticket":            {"core"},
	"core/authn":             {"core", "core/strict", "core/ticket"},
	"core/authn/authntest":   {}, // for tests
	"core/account":           {"core", "core/ticket"},
	"core/flow":              {"core", "core/oauth", "core/ticket", "sdk/hook"},
	"core/grant":             {"core", "core/oauth", "core/token", "sdk/hook"},
	"core/store":             {"core", "core/store/sqlite"},
	"core/store/sqlite":      {},
	"core/store/storetest":   {"core"},
	"core/admin":             {"core", "core/colour", "core/jose", "core/oauth", "core/ticket"},
	"core/desk":              {"core", "core/admin"},
	"core/intake":            {"core", "core/admin", "core/authn", "core/store/sqlite"},
	"core/bearer":            {"core", "core/admin", "core/desk", "core/oauth", "core/token"},
	"core/wire":              {"core", "core/admin", "sdk/api"},
	"core/rest":              {"core", "core/admin", "core/bearer", "core/desk", "core/strict", "core/wire", "sdk/api"},
	"core/form":              {"core/place", "sdk/hook"},
	"core/place":             {},
	"core/managed":           {"core/admin", "core/wire", "sdk/api"},
	"core/scim":              {"core", "core/admin", "core/bearer", "core/desk", "core/strict"},
	"core/attempt":           {"core", "core/admin", "core/grant", "core/oauth", "core/token"},
	"core/config":            {"core", "core/oauth", "core/outbound", "core/supply"},
	"core/plugin":            {"core", "core/place", "core/plugin/meter", "sdk/hook", "sdk/hook/replay"},
	"core/plugin/meter":      {},
	"core/plugin/plugintest": {"core/plugin", "sdk/hook", "sdk/hook/replay"}, // for tests
	"core/cache":             {},
	"core/clientkey":         {"core", "core/cache", "core/jose", "core/oauth", "core/outbound"},
	"core/capability":        {"core", "core/cache", "core/jose", "core/outbound", "sdk/hook"},
	"core/upstream":          {"core", "core/oauth", "sdk/hook"},
	"core/supply":            {},
	"core/console":           {"core", "core/admin", "core/desk", "core/form", "core/intake", "web"},
	"core/httpd":             {"core", "core/account", "core/admin", "core/authn", "core/bearer", "core/console", "core/flow", "core/grant", "core/jose", "core/mail", "core/oauth", "core/ticket", "core/token", "web"},
	"core/audit":             {"core", "core/outbox", "sdk/hook"},
	"core/backchannel":       {"core", "core/outbound", "core/outbox"},
	"core/mail":              {"core", "core/outbox"},
	"core/outbox":            {"core"},
	"core/app": {
		"core", "core/account", "core/admin", "core/attempt", "core/audit", "core/authn", "core/backchannel", "core/bearer", "core/capability", "core/clientkey", "core/config", "core/console", "core/desk", "core/flow", "core/grant", "core/httpd", "core/jose", "core/mail", "core/managed",
		"core/oauth", "core/observe", "core/outbound", "core/plugin", "core/rest", "core/scim", "core/store", "core/supply", "core/ticket", "core/token", "core/upstream", "core/vault", "plugins", "sdk/api", "sdk/hook", "web",
	},
	"core/workbench":    {"core", "core/capability", "core/outbound", "core/plugin", "core/supply", "sdk", "sdk/hook", "sdk/hook/replay"},
	"core/cli":          {"core", "core/admin", "core/app", "core/config", "core/desk", "core/intake", "core/managed", "core/outbound", "core/remote", "core/remote/login", "core/workbench"},
	"core/remote":       {"core", "core/admin", "core/remote/login", "core/wire", "sdk/api"},
	"core/remote/login": {},
	"core/cmd/postern":  {"core/cli"},
	"core/cmd/apigen":   {"core/rest", "sdk/api"},
	"core/cmd/figures": {
		"core", "core/app", "core/admin", "core/cmd/figures/job", "core/config", "core/jose", "core/observe", "core/plugin", "core/store",
		"sdk", "sdk/hook",
	},
	"core/cmd/figures/job":       {"sdk/hook"},
	"core/cmd/figures/guests/go": {"core/cmd/figures/job", "sdk/go", "sdk/hook"},

	"web":           {"core/colour"},
	"web/cmd/pages": {"web"},
	"web/cmd/shots": {"web"},

	"sdk":                    {}, // embeds the SDKs
	"sdk/api":                {},
	"sdk/hook":               {},
	"sdk/hook/replay":        {"sdk/hook"},
	"sdk/go":                 {"sdk/go/internal/native", "sdk/hook"},
	"sdk/go/internal/native": {"sdk/hook"},
	"sdk/go/posterntest":     {"sdk/go", "sdk/go/internal/native", "sdk/hook", "sdk/hook/replay"},
	"sdk/vectors/go":         {"sdk/go", "sdk/hook"},
	"sdk/schema":             {},

	"plugins":               {}, // embeds builtin.wasm
	"plugins/builtin":       {"sdk/go", "plugins/miniorange", "plugins/scopes", "plugins/access", "plugins/apple", "plugins/github", "plugins/gitlab", "plugins/google", "plugins/httppassword", "plugins/ldap", "plugins/microsoft", "plugins/oauth2", "plugins/oidc"},
	"plugins/apple":         {"plugins/oidc", "sdk/go", "sdk/hook"},
	"plugins/gitlab":        {"plugins/oidc", "sdk/go", "sdk/hook"},
	"plugins/google":        {"plugins/oidc", "sdk/go", "sdk/hook"},
	"plugins/microsoft":     {"plugins/oidc", "sdk/go", "sdk/hook"},
	"plugins/connectortest": {"core", "core/capability", "core/jose", "core/outbound", "core/plugin", "core/vault", "sdk/hook"}, // for tests
	"plugins/document":      {"sdk/hook"},
	"plugins/github":        {"sdk/go", "sdk/hook", "plugins/document"},
	"plugins/httppassword":  {"sdk/go", "sdk/hook", "plugins/document"},
	"plugins/ldap":          {"sdk/go", "sdk/hook", "plugins/document"},
	"plugins/miniorange":    {"sdk/go", "sdk/hook"},
	"plugins/oauth2":        {"sdk/go", "sdk/hook", "plugins/document", "plugins/oidc"},
	"plugins/oidc":          {"sdk/go", "sdk/hook"},
	"plugins/scopes":        {"sdk/go", "sdk/hook"},
	"plugins/access":        {"sdk/go", "sdk/hook"},

	"examples/confluence":          {"examples/confluence/standin"},
	"examples/confluence/standin":  {},
	"examples/plugin-connector-go": {"sdk/go", "sdk/hook"},
	"examples/plugin-department":   {"sdk/go", "sdk/hook"},
	"examples/plugin-directory":    {"sdk/go", "sdk/hook"},
	"examples/plugin-scim-out":     {"sdk/go", "sdk/hook"},
	"examples/plugin-webhook":      {"sdk/go", "sdk/hook"},
	"examples/walk":                {},
}

// outside lists who may import what is not in the standard library.
var outside = map[string][]string{
	"github.com/VictoriaMetrics/metrics": {"core/observe"},

	"github.com/labstack/echo/v4":      {"core/httpd"},
	"github.com/danielgtaylor/huma/v2": {"core/rest"},
	"github.com/tetratelabs/wazero":    {"core/plugin", "core/cmd/figures"},
	"github.com/golang-jwt/jwt/v5":     {"core/jose"},
	"github.com/go-jose/go-jose/v4":    {"core/jose"},
	"github.com/go-ldap/ldap/v3":       {"core/capability"},
	"modernc.org/sqlite":               {"core/store/sqlite", "core/cmd/figures"},
	"modernc.org/libc":                 {"core/store/sqlite"},
	"github.com/spf13/cobra":           {"core/cli"},
	"github.com/spf13/pflag":           {"core/cli"},
	"github.com/pelletier/go-toml":     {"core/config"},
	"go.yaml.in/yaml/v3":               {"core/intake", "core/managed"},
	"golang.org/x/crypto":              {"core/authn"},
	"golang.org/x/net":                 {"core/browser"},
	"golang.org/x/text":                {"core/authn", "web"},
	"github.com/go-webauthn/webauthn":  {"core/authn"},
	"github.com/wneessen/go-mail":      {"core/mail"},
	"rsc.io/qr":                        {"web"},
	"golang.org/x/term":                {"core/cli"},
	"golang.org/x/sys":                 {"core/plugin", "core/cmd/figures"},
	"aead.dev/minisign":                {"core/supply"},
	"oras.land/oras-go/v2":             {"core/supply"},
	"github.com/opencontainers":        {"core/supply"},
	"github.com/coreos/go-oidc/v3":     {},
	"github.com/zitadel/oidc/v3":       {},
	"github.com/chromedp":              {"examples/walk", "web/cmd/shots"},
	"github.com/rogpeppe/go-internal":  {},

	"github.com/santhosh-tekuri/jsonschema": {},
}

func TestArchitecture(t *testing.T) {
	imports := importsByRoom(t)
	for room, paths := range imports {
		allowed, known := house[room]
		if !known {
			t.Errorf("%s is no room of the house: add it to the table, with what it may import", room)
			continue
		}
		for imported, file := range paths {
			inside, isInside := strings.CutPrefix(imported, module+"/")
			switch {
			case isInside && !slices.Contains(allowed, inside):
				t.Errorf("%s: %s may not import %s", file, room, inside)
			case !isInside && strings.Contains(firstElement(imported), ".") && !mayImport(room, imported):
				t.Errorf("%s: %s may not import %s", file, room, imported)
			}
		}
	}
	for room := range house {
		if _, exists := imports[room]; !exists {
			t.Errorf("%s is in the table, but there is no such room", room)
		}
	}
}

func firstElement(imported string) string {
	first, _, _ := strings.Cut(imported, "/")
	return first
}

func mayImport(room, imported string) bool {
	for prefix, rooms := range outside {
		if imported == prefix || strings.HasPrefix(imported, prefix+"/") {
			return slices.Contains(rooms, room)
		}
	}
	return false
}

// importsByRoom gives, for each folder with Go code, what it imports and one
// file that does.
func importsByRoom(t *testing.T) map[string]map[string]string {
	t.Helper()
	rooms := map[string]map[string]string{}
	err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "node_modules" || len(entry.Name()) > 2 && strings.HasPrefix(entry.Name(), ".")) {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		where := filepath.ToSlash(strings.TrimPrefix(name, ".."+string(filepath.Separator)))
		room := path.Dir(where)
		if rooms[room] == nil {
			rooms[room] = map[string]string{}
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			rooms[room][imported] = where
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(rooms) < 10 {
		t.Fatalf("found only %v: is the test run from its folder?", slices.Sorted(maps.Keys(rooms)))
	}
	return rooms
}
