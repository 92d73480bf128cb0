package cli_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/desk"
)

// running is a server with an API token of a service account that owns it.
type running struct{ url, token string }

// serve starts a server on fresh data.
func serve(dir string, end func(func())) (*running, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &running{url: fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port)}
	cfg, err := config.Load(config.Input{
		Flags: map[string]string{"data": dir, "issuer": s.url}, Env: func(string) (string, bool) { return "", false }, Serve: true,
	})
	if err != nil {
		return nil, err
	}
	a, err := app.Open(context.Background(), cfg, app.Options{Passwords: app.CheapPasswords()})
	if err != nil {
		return nil, err
	}
	end(func() { a.Close() })
	handler, err := a.Handler(context.Background())
	if err != nil {
		return nil, err
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler}}
	server.Start()
	end(server.Close)
	s.token, err = owner(a)
	return s, err
}

// owner makes a service account that may do everything, and a token for it.
func owner(a *app.App) (string, error) {
	ctx := context.Background()
	d := a.Office.For(desk.Everything(admin.Actor{Name: "test"}))
	account, err := d.CreateServiceAccount(ctx, admin.NewServiceAccount{Name: "the-test"})
	if err != nil {
		return "", err
	}
	if err := d.GrantRole(ctx, account.ID, "", core.RoleOwner); err != nil {
		return "", err
	}
	_, text, err := d.CreateAPIToken(ctx, admin.NewAPIToken{Holder: account.ID, Name: "test", TTL: time.Hour})
	return text, err
}

// TestServerScripts runs conversations of testdata once more, by the REST API of a server:
// what a command says and prints is the same wherever the directory is. Those of
// testdata/server are of a server alone.
func TestServerScripts(t *testing.T) {
	params := scripts(t, "", nil)
	names := []string{"server/server", "user", "server/install", "group", "org", "rules", "office", "connector", "plugin", "plugin-grant", "plugin_move", "explain", "registration"}
	if testing.Short() {
		names = names[:2]
	}
	for _, name := range names {
		params.Files = append(params.Files, filepath.Join("testdata", name+".txtar"))
	}
	params.Condition = place("server")
	alone := params.Setup
	params.Setup = func(env *testscript.Env) error {
		if err := alone(env); err != nil {
			return err
		}
		s, err := serve(filepath.Join(env.WorkDir, ".server"), env.Defer)
		if err != nil {
			return err
		}
		env.Setenv("ISSUER", s.url)
		env.Setenv("POSTERN_SERVER", s.url)
		env.Setenv("POSTERN_TOKEN", s.token)
		return nil
	}
	testscript.Run(t, params)
}
