package app_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/core/store/sqlite"
)

// A signal loads the modules anew, and one that could not be loaded before too.
func TestReloadAtSignal(t *testing.T) {
	w := newWorld(t)
	ctx, end := context.WithCancel(context.Background())
	defer end()
	if _, err := w.app.Admin.InstallPlugin(ctx, cli, admin.Install{Code: team(t, "1.0.0")}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.app.Admin.BindPlugin(ctx, cli, admin.Bind{Plugin: "team"}); err != nil {
		t.Fatal(err)
	}
	damage := func(version string) {
		t.Helper()
		c, err := sqlite.Open(filepath.Join(w.dir, "postern.db"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Exec(`UPDATE plugin_modules SET code = $1`, team(t, version))
		if err := errors.Join(err, c.Close()); err != nil {
			t.Fatal(err)
		}
	}
	damage("6.6.6")
	if err := ready(ctx, w); err == nil || !strings.Contains(err.Error(), "was changed") {
		t.Fatalf("a damaged module is served: %v", err)
	}
	damage("1.0.0")
	hangups, ended := make(chan os.Signal), make(chan struct{})
	go func() {
		w.app.ReloadAt(ctx, hangups)
		close(ended)
	}()
	hangups <- syscall.SIGHUP
	hangups <- syscall.SIGHUP // taken when the first was dealt with
	if err := ready(ctx, w); err != nil {
		t.Error(err)
	}
	end()
	<-ended
	var actors []string
	for _, e := range w.events(core.EventFilter{Type: core.EventPluginReloaded}) {
		actors = append(actors, e.Actor)
	}
	if len(actors) == 0 || actors[0] != "signal" {
		t.Errorf("recorded by %q", actors)
	}
}

// ready waits until what is bound is loaded, or cannot be.
func ready(ctx context.Context, w *world) error {
	w.t.Helper()
	for range 3000 {
		if err := w.app.Ready(ctx); !errors.Is(err, plugin.ErrLoading) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatal("the plugins are not loaded in 30 seconds")
	return nil
}
