package app_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/config"
)

// Templates of an organisation are read at the start and at a signal. A broken one is
// told of, and people sign in by our pages.
func TestThemesDir(t *testing.T) {
	themes := t.TempDir()
	template := func(content string) {
		t.Helper()
		folder := filepath.Join(themes, "built-in", "templates")
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "welcome.html"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	template(`{{define "main"}}<h1>Ours</h1>{{end}}`)
	var log journal
	opened, err := app.Open(t.Context(), config.Config{Data: freshData(t), Issuer: "http://localhost:8000", ThemesDir: themes}, app.Options{
		Passwords: app.CheapPasswords(), Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	handler, err := opened.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	front := func() string {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "http://localhost:8000/", nil))
		return recorder.Body.String()
	}
	if got := front(); !strings.Contains(got, "<h1>Ours</h1>") {
		t.Errorf("the theme is not used:\n%s", got)
	}
	ctx, end := context.WithCancel(t.Context())
	hangups, ended := make(chan os.Signal), make(chan struct{})
	go func() {
		opened.ReloadAt(ctx, hangups)
		close(ended)
	}()
	template("{{define \"main\"}}\n{{.Nothing}}{{end}}")
	hangups <- syscall.SIGHUP
	hangups <- syscall.SIGHUP // taken when the first was dealt with
	if got := front(); strings.Contains(got, "<h1>Ours</h1>") || !strings.Contains(got, "Postern is running.") {
		t.Errorf("a broken theme is used:\n%s", got)
	}
	if !strings.Contains(log.String(), "built-in/templates/welcome.html:2") {
		t.Errorf("the log does not say where:\n%s", log.String())
	}
	template(`{{define "main"}}<h1>Mended</h1>{{end}}`)
	hangups <- syscall.SIGHUP
	hangups <- syscall.SIGHUP
	if got := front(); !strings.Contains(got, "<h1>Mended</h1>") {
		t.Errorf("the theme is not read again:\n%s", got)
	}
	end()
	<-ended
}
