package app_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// TestExplainAsksThePolicy: what is explained is what a sign-in would give.
func TestExplainAsksThePolicy(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	staff := w.user("bob", func(u *admin.NewUser) { u.Groups = []string{"staff"} })
	rp := w.registerPreset("Confluence", "confluence", nil)
	settings := []byte(`{"rules":[{"scopes":["email"],"groups":["staff"]}]}`)
	if _, err := w.app.Admin.BindPlugin(context.Background(), cli, admin.Bind{Plugin: "scopes", ClientID: rp.client.ID, Settings: settings}); err != nil {
		t.Fatal(err)
	}
	for user, want := range map[*core.User]bool{alice: false, staff: true} {
		explanation, err := w.app.Explain(context.Background(), user, rp.client, nil)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(explanation.Scopes, "email") != want || strings.Contains(string(explanation.Account), user.Email) != want {
			t.Errorf("%s: scopes %v, account %s", user.Name, explanation.Scopes, explanation.Account)
		}
	}
}
