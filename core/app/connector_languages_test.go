package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/needs"
)

// exampleModule builds an example in a copy of it and of its SDK.
func exampleModule(t *testing.T, example, sdk, module string, commands ...[]string) []byte {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds a module")
	}
	dir := t.TempDir()
	for _, folder := range []string{example, sdk} {
		copyFolder(t, filepath.Join("..", "..", folder), filepath.Join(dir, folder))
	}
	for _, command := range commands {
		c := exec.CommandContext(t.Context(), needs.Program(t, command[0]), command[1:]...)
		c.Dir = filepath.Join(dir, example)
		output, err := c.CombinedOutput()
		if failed, ok := errors.AsType[*exec.ExitError](err); ok && failed.ExitCode() == 2 && command[0] == "sh" {
			needs.Missing(t, strings.TrimSpace(string(output)))
		}
		if err != nil {
			t.Fatalf("%v: %v\n%s", command, err, output)
		}
	}
	code, err := os.ReadFile(filepath.Join(dir, example, module))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// copyFolder leaves out what was built.
func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	built := []string{"target", "node_modules", "build"}
	err := fs.WalkDir(os.DirFS(from), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(built, entry.Name()):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		}
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// install installs a module and makes a connector hub of its plugin, for a server that
// Postern may ask.
func (w *world) install(code []byte, plugin string, settings map[string]any, secrets map[string][]byte) {
	w.t.Helper()
	if _, err := w.app.Admin.InstallPlugin(w.t.Context(), cli, admin.Install{Code: code, Source: plugin + ".wasm"}); err != nil {
		w.t.Fatal(err)
	}
	text, err := json.Marshal(settings)
	if err != nil {
		w.t.Fatal(err)
	}
	host := strings.TrimPrefix(fmt.Sprint(settings["url"]), "http://")
	made, err := w.app.Admin.CreateConnector(w.t.Context(), cli, admin.NewConnector{
		Name: "hub", Plugin: plugin, Settings: [][]byte{text}, Secrets: secrets, Grants: []string{host},
		Edit: func(c *core.Connector) { c.CreateUsers, c.SyncGroups = true, true },
	})
	if err != nil || len(made.Missing) > 0 {
		w.t.Fatalf("made %+v, %v", made, err)
	}
}

// homeserver answers as a Matrix homeserver does, for one person.
type homeserver struct {
	password string
	mu       sync.Mutex
	open     int // sessions
}

func (h *homeserver) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	const api = "/_matrix/client/v3/"
	h.mu.Lock()
	defer h.mu.Unlock()
	rw.Header().Set("Content-Type", "application/json")
	if r.URL.Path != api+"login" && r.Header.Get("Authorization") != "Bearer syt_token" {
		rw.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(rw, `{"errcode":"M_UNKNOWN_TOKEN"}`)
		return
	}
	switch r.Method + " " + r.URL.EscapedPath() {
	case "POST " + api + "login":
		var body struct {
			Identifier struct{ User string }
			Password   string
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Identifier.User != "ada" || body.Password != h.password {
			rw.WriteHeader(http.StatusForbidden)
			fmt.Fprint(rw, `{"errcode":"M_FORBIDDEN","error":"Invalid username or password"}`)
			return
		}
		h.open++
		fmt.Fprint(rw, `{"user_id":"@ada:matrix.example","access_token":"syt_token","device_id":"D"}`)
	case "GET " + api + "profile/%40ada%3Amatrix%2Eexample":
		fmt.Fprint(rw, `{"displayname":"Ada Lovelace"}`)
	case "GET " + api + "account/3pid":
		fmt.Fprint(rw, `{"threepids":[{"medium":"email","address":"ada@matrix.example","validated_at":1535176800000}]}`)
	case "POST " + api + "logout":
		h.open--
		fmt.Fprint(rw, `{}`)
	default:
		http.NotFound(rw, r)
	}
}

// TestPasswordConnectorInRust holds that the example in Rust serves the sign-in page of
// a server that knows nothing of it.
func TestPasswordConnectorInRust(t *testing.T) {
	t.Parallel()
	code := exampleModule(t, "examples/plugin-connector-rust", "sdk/rust/postern", "plugin.wasm", []string{"sh", "../../sdk/rust/postern/build.sh"})
	w := newWorld(t)
	rp := w.register("wiki", nil)
	matrix := &homeserver{password: "a password of the homeserver"}
	server := httptest.NewServer(matrix)
	defer server.Close()
	w.hide(matrix.password, "syt_token")
	w.private = append(w.private, strings.TrimPrefix(server.URL, "http://"))
	w.restart()
	w.install(code, "matrix", map[string]any{"url": server.URL, "server_name": "matrix.example", "email": true}, nil)

	b := newBrowser(t, w.issuer)
	page := b.get(rp.authorizeURL()).signIn("ada", "another password")
	if !page.has("login") || b.signedIn() {
		t.Fatalf("a wrong password: status %d, to %v", page.status, page.location)
	}
	page = b.get(rp.authorizeURL()).signIn("ada", matrix.password)
	if page.location == nil || page.location.Query().Get("code") == "" {
		t.Fatalf("no code: status %d:\n%s", page.status, page.body)
	}
	ada, err := w.app.Store.UserByLogin(t.Context(), core.DefaultOrganisation, "ada")
	if err != nil || ada.Email != "ada@matrix.example" || !ada.EmailVerified || ada.Profile.DisplayName != "Ada Lovelace" || ada.PasswordHash != "" {
		t.Errorf("user %+v, %v", ada, err)
	}
	if matrix.open != 0 {
		t.Errorf("%d sessions stay at the homeserver", matrix.open)
	}
	w.checkSecrets()
}

// nextcloud answers as a Nextcloud does, for one person.
func nextcloud(p *provider) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.Path {
		case "GET /apps/oauth2/authorize":
			p.authorize(rw, r)
		case "POST /apps/oauth2/api/v1/token":
			id, secret, _ := r.BasicAuth()
			p.mu.Lock()
			_, known := p.asked[r.PostFormValue("code")]
			p.mu.Unlock()
			if !known || id != "postern" || secret != p.secret {
				rw.WriteHeader(http.StatusBadRequest)
				p.send(rw, members{"error": "invalid_request"}, nil)
				return
			}
			p.send(rw, members{"access_token": p.access, "token_type": "Bearer", "expires_in": 3600, "user_id": "jane"}, nil)
		case "GET /ocs/v2.php/cloud/user":
			if r.Header.Get("Authorization") != "Bearer "+p.access || r.Header.Get("OCS-APIRequest") != "true" {
				rw.WriteHeader(http.StatusUnauthorized)
				p.send(rw, members{"ocs": members{"meta": members{"status": "failure", "statuscode": 997}, "data": []any{}}}, nil)
				return
			}
			p.send(rw, members{"ocs": members{
				"meta": members{"status": "ok", "statuscode": 200},
				"data": laid(members{"id": "jane", "enabled": true, "email": "jane@cloud.example", "displayname": "Jane Doe", "groups": []string{"staff"}}, p.userInfo),
			}}, nil)
		default:
			http.NotFound(rw, r)
		}
	}
}

// TestConnectorInTypeScript holds the same of the example in TypeScript.
func TestConnectorInTypeScript(t *testing.T) {
	t.Parallel()
	needs.Program(t, "node")
	code := exampleModule(t, "examples/plugin-connector-typescript", "sdk/typescript/postern", "build/plugin.wasm",
		[]string{"npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"}, []string{"npm", "run", "build"})
	w := newWorld(t)
	rp := w.register("wiki", nil)
	p := &provider{w: w, secret: "s3cret-of-the-cloud", access: "access-of-the-cloud", asked: map[string]url.Values{}}
	server := httptest.NewServer(nextcloud(p))
	defer server.Close()
	w.hide(p.secret, p.access)
	w.private = append(w.private, strings.TrimPrefix(server.URL, "http://"))
	w.restart()
	w.install(code, "nextcloud", map[string]any{"url": server.URL, "client_id": "postern", "group": "staff"}, map[string][]byte{"client_secret": []byte(p.secret)})

	set := rp.redeem(newBrowser(t, w.issuer).upstreamCode(rp, "hub"))
	jane, err := w.app.Store.UserByLogin(t.Context(), core.DefaultOrganisation, "jane")
	if err != nil || idTokenClaims(t, set.text("id_token"))["sub"] != string(jane.ID) || !slices.Equal(jane.Groups, []string{"staff"}) ||
		jane.Email != "jane@cloud.example" || jane.EmailVerified {
		t.Errorf("user %+v, %v", jane, err)
	}

	p.userInfo = members{"groups": []string{"guests"}}
	b := newBrowser(t, w.issuer)
	page := b.get(b.throughProvider(b.atProvider(rp, "hub")))
	if !strings.Contains(page.body, "Only members of the group staff may sign in.") || b.signedIn() {
		t.Errorf("who left the group: status %d:\n%s", page.status, page.body)
	}
	w.checkSecrets()
}
