package admin_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func TestLinkUser(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	if _, err := w.CreateOrganisation(ctx, actor, core.Organisation{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	w.install("v1", provider())
	for name, org := range map[string]string{"corp": "", "second": "", "foreign": "acme"} {
		w.connector(admin.NewConnector{Name: name, Plugin: "provider", Org: org, Settings: settings(`{"client_id":"x"}`)})
	}
	ann, bob := w.user(admin.NewUser{Name: "ann"}), w.user(admin.NewUser{Name: "bob"})
	link, err := w.LinkUser(ctx, actor, ann.ID, "corp", "Ü 1")
	if err != nil || link.Subject != "Ü 1" || !link.CreatedAt.Equal(w.now) || !link.LastUsedAt.IsZero() {
		t.Fatalf("%+v, %v", link, err)
	}
	want := map[string]string{"name": "ann", "connector": "corp", "subject": "Ü 1", "by": "administrator"}
	if detail := w.event(core.EventAccountLinked); len(detail) != len(want) || detail["connector"] != "corp" || detail["subject"] != "Ü 1" || detail["by"] != "administrator" {
		t.Errorf("recorded %v", detail)
	}
	if again, err := w.LinkUser(ctx, actor, ann.ID, "corp", "Ü 1"); err != nil || !again.CreatedAt.Equal(link.CreatedAt) {
		t.Errorf("%+v, %v", again, err)
	}
	_, err = w.LinkUser(ctx, actor, bob.ID, "corp", "Ü 1")
	if got := says(t, err); !errors.Is(err, core.ErrConflict) || !slices.Equal(got, []string{`the account "Ü 1" is linked to user "ann" | unlink it there first`}) {
		t.Errorf("got %v", got)
	}
	w.silent()
	for _, tt := range []struct {
		connector, subject string
		want               []string
	}{
		{"corp", "", []string{"subject"}},
		{"corp", "a\nb", []string{"subject"}},
		{"corp", "\xff", []string{"subject"}},
		{"corp", strings.Repeat("x", 256), []string{"subject"}},
		{"foreign", "\x00", []string{"subject", "connector"}},
	} {
		_, err := w.LinkUser(ctx, actor, bob.ID, tt.connector, tt.subject)
		if got := problems(t, err); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: problems with %v", tt, got)
		}
	}
	for _, err := range []error{
		second(w.LinkUser(ctx, actor, bob.ID, "nothing", "1")), second(w.LinkUser(ctx, actor, "nobody", "corp", "1")),
		w.UnlinkUser(ctx, actor, bob.ID, "corp", "Ü 1"), w.UnlinkUser(ctx, actor, ann.ID, "second", "Ü 1"), w.UnlinkUser(ctx, actor, "nobody", "corp", "Ü 1"),
	} {
		if !errors.Is(err, core.ErrNotFound) {
			t.Error(err)
		}
	}
	if _, err := w.LinkUser(ctx, actor, bob.ID, "second", strings.Repeat("x", 255)); err != nil {
		t.Error(err)
	}
	if err := w.UnlinkUser(ctx, actor, ann.ID, "corp", "Ü 1"); err != nil {
		t.Fatal(err)
	}
	if detail := w.event(core.EventAccountUnlinked); detail["connector"] != "corp" || detail["name"] != "ann" {
		t.Errorf("recorded %v", detail)
	}
	if links, err := w.UserLinks(ctx, ann.ID); err != nil || len(links) != 0 {
		t.Errorf("%v, %v", links, err)
	}
	if links, err := w.UserLinks(ctx, bob.ID); err != nil || len(links) != 1 || links[0].Connector != "second" {
		t.Errorf("%v, %v", links, err)
	}
}
