package app_test

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/config"
)

// The list of breached passwords holds for whoever sets one, and a server does not start
// with a file that is none.
func TestBreachedPasswords(t *testing.T) {
	name := filepath.Join(t.TempDir(), "breached.txt")
	open := func(text string) (*app.App, error) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return app.Open(t.Context(), config.Config{Data: freshData(t), Issuer: "http://localhost:8000", PasswordBreachFile: name}, app.Options{Passwords: app.CheapPasswords()})
	}
	if _, err := open("letmein letmein\n"); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "ordered by hash") {
		t.Errorf("with words: %v", err)
	}
	a, err := open(fmt.Sprintf("%X:1\r\n", sha1.Sum([]byte("letmein letmein"))))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	ctx := context.Background()
	ann := admin.NewUser{Name: "ann-of-breach", Email: "ann-of-breach@example.com"}
	for password, kind := range map[string]string{"letmein letmein": "breached", "ann-of-breach": "the same as the name"} {
		ann.Password = password
		_, err := a.Admin.CreateUser(ctx, cli, ann)
		if problem, ok := errors.AsType[*admin.InvalidError](err); !ok || !strings.Contains(problem.Error(), kind) {
			t.Errorf("%s: %v", password, err)
		}
	}
	ann.Password = "letmein letmeout"
	created, err := a.Admin.CreateUser(ctx, cli, ann)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Admin.SetPassword(ctx, cli, created.User.ID, "letmein letmein"); err == nil || !strings.Contains(err.Error(), "breached") {
		t.Errorf("a new password: %v", err)
	}
}
