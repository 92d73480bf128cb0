package admin_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func TestServiceAccounts(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.org("acme")
	robot := w.account("", "Robot")
	if e := w.latest(core.EventAccountCreated); e.Org != core.DefaultOrganisation || e.Detail["service_account"] != string(robot.ID) {
		t.Errorf("event %+v", e)
	}
	w.account("acme", "robot")
	for input, want := range map[admin.NewServiceAccount]string{
		{Name: "robot"}: "name", {Name: ""}: "name", {Name: "two words"}: "name", {Name: "x", Description: "\x1b"}: "description",
	} {
		if got := problems(t, second(w.CreateServiceAccount(ctx, actor, input))); !slices.Equal(got, []string{want}) {
			t.Errorf("%+v: fields %v", input, got)
		}
	}
	if _, err := w.CreateServiceAccount(ctx, actor, admin.NewServiceAccount{Org: "nowhere", Name: "x"}); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
	for _, name := range []string{"ROBOT", string(robot.ID)} {
		if found, err := w.FindServiceAccount(ctx, "", name); err != nil || found.ID != robot.ID {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
	all, err := w.ServiceAccounts(ctx, "acme")
	if err != nil || len(all) != 1 || all[0].Org != "acme" {
		t.Errorf("%+v, %v", all, err)
	}

	seen := admin.VersionOf(robot.UpdatedAt)
	changed, err := w.UpdateServiceAccount(ctx, actor, robot.ID, seen, func(a *core.ServiceAccount) { a.Disabled, a.Org, a.Description = true, "acme", "CI" })
	if err != nil || !changed.Disabled || changed.Org != core.DefaultOrganisation {
		t.Errorf("%+v, %v", changed, err)
	}
	if e := w.latest(core.EventAccountUpdated); !slices.Equal(e.Fields, []core.FieldChange{{Field: "description", After: "CI"}, {Field: "disabled", Before: "false", After: "true"}}) {
		t.Errorf("event %+v", e)
	}
	_, err = w.UpdateServiceAccount(ctx, actor, robot.ID, seen, func(a *core.ServiceAccount) { a.Disabled = false })
	if stale, ok := errors.AsType[*admin.StaleError](err); !ok || stale.Current != admin.VersionOf(changed.UpdatedAt) {
		t.Errorf("an old version: %v", err)
	}
	if err := w.DeleteServiceAccount(ctx, actor, robot.ID); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{
		"read": second(w.ServiceAccount(ctx, robot.ID)), "find": second(w.FindServiceAccount(ctx, "", "robot")), "delete": w.DeleteServiceAccount(ctx, actor, robot.ID),
		"update": second(w.UpdateServiceAccount(ctx, actor, robot.ID, "", func(*core.ServiceAccount) {})),
	} {
		if missing, ok := errors.AsType[*admin.MissingError](err); !ok || missing.What != "service account" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestServiceAccountLimit(t *testing.T) {
	w := newWorld(t)
	var many []core.Change
	for i := range 1000 {
		id := core.NewID(w.now, w.Rand)
		many = append(many, core.CreateServiceAccount{Account: core.ServiceAccount{ID: id, Org: core.DefaultOrganisation, Name: fmt.Sprint("n", i), CreatedAt: w.now, UpdatedAt: w.now}})
	}
	if err := w.store.Apply(t.Context(), many...); err != nil {
		t.Fatal(err)
	}
	if _, err := w.CreateServiceAccount(t.Context(), actor, admin.NewServiceAccount{Name: "more"}); !errors.Is(err, core.ErrLimit) {
		t.Errorf("one more: %v", err)
	}
}

// A token's text is shown once, and nothing that is stored, listed or recorded has it
// (security 123).
func TestAPITokens(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ann, robot := w.user(admin.NewUser{Name: "ann"}), w.account("", "robot")
	for _, holder := range []core.ID{ann.ID, robot.ID} {
		token, text, err := w.CreateAPIToken(ctx, actor, admin.NewAPIToken{
			Holder: holder, Name: "ci", TTL: time.Hour, Permissions: []core.Permission{core.WriteUsers, core.ReadUsers, core.ReadUsers},
		})
		if err != nil || !token.Hash.IsZero() || !slices.Equal(token.Permissions, []core.Permission{core.ReadUsers, core.WriteUsers}) || !token.ExpiresAt.Equal(w.now.Add(time.Hour)) {
			t.Fatalf("%+v, %v", token, err)
		}
		credential, ok := core.ParseCredential(core.KindAPI, text)
		if !ok || credential.ID != token.ID {
			t.Fatalf("the text is %q", text)
		}
		stored, err := w.store.APIHolder(ctx, token.ID)
		if err != nil || !stored.Token.Hash.Matches(credential.Hash()) {
			t.Errorf("%+v, %v", stored, err)
		}
		listed, err := w.APITokens(ctx, holder)
		if err != nil || len(listed) != 1 || !listed[0].Hash.IsZero() || listed[0].ID != token.ID {
			t.Errorf("%+v, %v", listed, err)
		}
		made := w.latest(core.EventAPITokenCreated)
		if made.Org != core.DefaultOrganisation || made.Detail["token"] != string(token.ID) || (made.UserID == ann.ID) != (holder == ann.ID) {
			t.Errorf("event %+v", made)
		}
		if told := fmt.Sprintf("%+v", made); strings.Contains(told, text) || strings.Contains(told, text[len(text)-40:]) {
			t.Errorf("the event has the token: %s", told)
		}
		if err := w.RevokeAPIToken(ctx, actor, holder, token.ID); err != nil {
			t.Error(err)
		}
		w.latest(core.EventAPITokenRevoked)
		if _, err := w.store.APIHolder(ctx, token.ID); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("a revoked token: %v", err)
		}
	}
	other, _, err := w.CreateAPIToken(ctx, actor, admin.NewAPIToken{Holder: robot.ID, Name: "x", TTL: admin.MaxAPITokenTTL})
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"another's": w.RevokeAPIToken(ctx, actor, ann.ID, other.ID), "nobody's": second(w.APITokens(ctx, core.NewID(w.now, w.Rand))),
	} {
		if !errors.Is(err, core.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, test := range []struct {
		input admin.NewAPIToken
		want  string
	}{
		{admin.NewAPIToken{Name: "", TTL: time.Hour}, "name"},
		{admin.NewAPIToken{Name: "two\nlines", TTL: time.Hour}, "name"},
		{admin.NewAPIToken{Name: "x"}, "ttl"},
		{admin.NewAPIToken{Name: "x", TTL: admin.MaxAPITokenTTL + time.Second}, "ttl"},
		{admin.NewAPIToken{Name: "x", TTL: time.Hour, Permissions: []core.Permission{"everything"}}, "permissions"},
	} {
		test.input.Holder = ann.ID
		_, text, err := w.CreateAPIToken(ctx, actor, test.input)
		if got := problems(t, err); text != "" || !slices.Equal(got, []string{test.want}) {
			t.Errorf("%+v: fields %v", test.input, got)
		}
	}
}

func TestAPITokenLimit(t *testing.T) {
	w := newWorld(t)
	ann := w.user(admin.NewUser{Name: "ann"})
	for i := range core.MaxAPITokens + 1 {
		_, _, err := w.CreateAPIToken(t.Context(), actor, admin.NewAPIToken{Holder: ann.ID, Name: "x", TTL: time.Hour})
		if i < core.MaxAPITokens && err != nil || i == core.MaxAPITokens && !errors.Is(err, core.ErrLimit) {
			t.Fatalf("token %d: %v", i, err)
		}
	}
}
