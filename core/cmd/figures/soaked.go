package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/cmd/figures/job"
	"github.com/postern-id/postern/core/observe"
	"github.com/postern-id/postern/core/plugin"
)

// soakedHost is a host of plugins whose source changes.
type soakedHost struct {
	host     *plugin.Host
	shelf    *shelf
	versions versions
	ledger   ledger
}

func newSoakedHost(ctx context.Context, dir string, v versions) (soaked, func() error, error) {
	h := &soakedHost{shelf: &shelf{}, versions: v}
	h.shelf.serve(v.good[0])
	var err error
	h.host, err = plugin.New(ctx, plugin.Options{
		CacheDir: dir, Source: h.shelf, Logger: slog.New(&h.ledger), Observer: observe.New(time.Now), Now: time.Now, Rand: rand.Reader,
	})
	if err != nil {
		return nil, nil, err
	}
	_, _, err = h.host.MapClaims(ctx, job.Message(1<<10))
	return h, func() error { return h.host.Close(ctx) }, err
}

// reload serves another version, the same bytes anew, and one that is refused, in turn.
func (h *soakedHost) reload(ctx context.Context, n int) error {
	loaded, refused := h.ledger.loaded.Load(), h.ledger.refused.Load()
	if n%4 == 3 {
		h.shelf.serve(h.versions.refused)
		return h.ledger.await(ctx, loaded, refused+1)
	}
	h.shelf.serve(h.versions.good[n/2%2])
	return h.ledger.await(ctx, loaded+1, refused)
}

func (h *soakedHost) caller() (func(context.Context) error, func(), error) {
	in := job.Message(1 << 10)
	out, err := job.Map(in)
	if err != nil {
		return nil, nil, err
	}
	claims, err := applied(in, out.AppendJSON(nil))
	want := claims.AppendJSON(nil)
	return func(ctx context.Context) error {
		claims, _, err := h.host.MapClaims(ctx, in)
		if got := claims.AppendJSON(nil); err == nil && !bytes.Equal(got, want) {
			return fmt.Errorf("the claims are %s, not %s", got, want)
		}
		return err
	}, func() {}, err
}

// soakedServer is a server that is told to install, to reload, and to install what it
// refuses.
type soakedServer struct {
	bench
	versions versions
	ledger   ledger
	token    string
}

var soaker = admin.Actor{Name: "soak"}

func newSoakedServer(ctx context.Context, dir string, v versions) (soaked, func() error, error) {
	s := &soakedServer{bench: bench{clients: map[string]*party{}}, versions: v}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, nil, err
	}
	if err := s.openServer(ctx, dir, slog.New(&s.ledger)); err != nil {
		return nil, nil, err
	}
	return s, s.app.Close, s.prepare(ctx)
}

// prepare installs and binds the plugin, and gets a token to ask for UserInfo with.
func (s *soakedServer) prepare(ctx context.Context) error {
	if _, err := s.app.Admin.InstallPlugin(ctx, soaker, admin.Install{Code: s.versions.good[0], Source: "soak"}); err != nil {
		return err
	}
	client := s.clients["RS256"]
	bind := admin.Bind{Plugin: "figures", Hooks: []string{core.HookClaims}, ClientID: client.ID, Settings: []byte(job.Settings)}
	if _, err := s.app.Admin.BindPlugin(ctx, soaker, bind); err != nil {
		return err
	}
	if err := s.waitReady(ctx); err != nil {
		return err
	}
	codes, err := s.issue(ctx, client, 1)
	if err != nil {
		return err
	}
	c, err := dial(s.ours)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	if err := c.expect(redeem(s.ours, client, codes[0]), http.StatusOK); err != nil {
		return err
	}
	s.token = c.member("access_token")
	return nil
}

// reload installs another version, reloads, and installs what is refused, in turn.
func (s *soakedServer) reload(ctx context.Context, n int) error {
	loaded, refused := s.ledger.loaded.Load(), s.ledger.refused.Load()
	var err error
	switch n % 4 {
	case 0, 2:
		_, err = s.app.Admin.InstallPlugin(ctx, soaker, admin.Install{Code: s.versions.good[1-n/2%2], Source: "soak"})
	case 1:
		err = s.app.Admin.ReloadPlugins(ctx, soaker)
	default:
		if _, err = s.app.Admin.InstallPlugin(ctx, soaker, admin.Install{Code: s.versions.refused, Source: "soak"}); err == nil {
			return errors.New("a module that fails its sample was installed")
		}
		return nil
	}
	if err != nil {
		return err
	}
	return s.ledger.await(ctx, loaded+1, refused)
}

func (s *soakedServer) caller() (func(context.Context) error, func(), error) {
	c, err := dial(s.ours)
	if err != nil {
		return nil, nil, err
	}
	request := get(s.ours, "/api/userinfo", "Authorization: Bearer "+s.token+"\r\n")
	return func(context.Context) error {
		if err := c.expect(request, http.StatusOK); err != nil {
			return err
		}
		if !bytes.Contains(c.body, []byte(`"login":"alice"`)) {
			return fmt.Errorf("UserInfo without what the plugin adds: %s", c.body)
		}
		return nil
	}, func() { c.conn.Close() }, nil
}
