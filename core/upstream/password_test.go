package upstream_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

type check = func(*hook.PasswordInput) (*hook.PasswordOutput, error)

func denies(*hook.PasswordInput) (*hook.PasswordOutput, error) {
	return &hook.PasswordOutput{Deny: true}, nil
}

func fails(*hook.PasswordInput) (*hook.PasswordOutput, error) { return nil, errors.New("no directory") }

// knows is a directory with one person.
func knows(in *hook.PasswordInput) (*hook.PasswordOutput, error) {
	if in.Name != "Ann" || in.Password != "secret" || in.Address != "192.0.2.1" || in.Organisation.Name == "" {
		return denies(in)
	}
	return &hook.PasswordOutput{Identity: &hook.Identity{Subject: "uid=ann", Name: "ann"}}, nil
}

// passwordWorld has three password connectors: a, b, and c of another organisation.
func passwordWorld(t *testing.T, a, b, c check) *world {
	w := newWorld(t)
	w.store.config.Connectors = []core.Connector{
		{Instance: "a", Org: "built-in", CreateUsers: true}, {Instance: "b", Org: "built-in", CreateUsers: true}, {Instance: "c", Org: "other", CreateUsers: true},
	}
	w.store.config.Bindings = []core.PluginBinding{
		{Instance: "c", Hook: hook.ConnectorPassword}, {Instance: "b", Hook: hook.ConnectorPassword, ClientID: "rp"}, {Instance: "a", Hook: hook.ConnectorPassword},
	}
	w.plugin.passwords = map[string]check{"a": a, "b": b, "c": c}
	return w
}

func (w *world) check(edit func(*core.PasswordAttempt)) (*core.Proof, error) {
	p := core.PasswordAttempt{
		Client: &w.client, Org: "built-in", Login: "Ann", Password: "secret",
		Event: core.Event{IP: "192.0.2.1", Correlation: "c", UserID: "whoever"},
	}
	if edit != nil {
		edit(&p)
	}
	return w.CheckPassword(w.t.Context(), p)
}

func TestCheckPassword(t *testing.T) {
	w := passwordWorld(t, knows, denies, knows)
	proof, err := w.check(nil)
	if err != nil || !slices.Equal(w.plugin.order, []string{"b", "a"}) {
		t.Fatalf("asked %q: %v", w.plugin.order, err)
	}
	w.apply(proof.Changes)
	w.sameAsStored(proof)
	if proof.User.Name != "ann" || proof.Method != "password" || !slices.Equal(proof.AMR, []string{"pwd"}) || proof.ACR != "1" || proof.Upstream.Connector != "a" || !proof.AuthTime.IsZero() {
		t.Errorf("%+v", proof)
	}
	id := string(proof.User.ID)
	if got := w.recorded(); !slices.Equal(got, []string{"user.created " + id, "account.linked " + id + " created"}) {
		t.Errorf("recorded %q", got)
	}
	again, err := w.check(nil)
	if err != nil || again.User.ID != proof.User.ID {
		t.Errorf("%+v, %v", again, err)
	}
	// Of one organisation, if that is where the person is to be.
	w.plugin.order = nil
	if proof, err := w.check(func(p *core.PasswordAttempt) { p.Client = nil }); err != nil || proof.User.ID != core.ID(id) || !slices.Equal(w.plugin.order, []string{"a"}) {
		t.Errorf("asked %q: %+v, %v", w.plugin.order, proof, err)
	}
	// In every organisation that may sign in.
	w.plugin.order = nil
	if proof, err := w.check(func(p *core.PasswordAttempt) { p.Client, p.Org = nil, "" }); err != nil || proof.User.Org != "other" || !slices.Equal(w.plugin.order, []string{"c"}) {
		t.Errorf("asked %q: %+v, %v", w.plugin.order, proof, err)
	}
}

func TestCheckPasswordOfNobody(t *testing.T) {
	w := passwordWorld(t, denies, denies, knows)
	if proof, err := w.check(nil); err != nil || proof != nil {
		t.Errorf("%+v, %v", proof, err)
	}
	w.store.config.Bindings = nil
	if proof, err := w.check(nil); err != nil || proof != nil {
		t.Errorf("without connectors: %+v, %v", proof, err)
	}
	empty := func(*hook.PasswordInput) (*hook.PasswordOutput, error) { return new(hook.PasswordOutput), nil }
	if proof, err := passwordWorld(t, empty, denies, denies).check(nil); err != nil || proof != nil {
		t.Errorf("neither identity nor refusal: %+v, %v", proof, err)
	}
}

// A connector that fails is recorded, and the next is asked.
func TestCheckPasswordFails(t *testing.T) {
	w := passwordWorld(t, knows, fails, denies)
	proof, err := w.check(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.apply(proof.Changes)
	if e := w.store.events[0]; e.Type != core.EventUpstreamFailed || e.Detail["connector"] != "b" || e.Detail["cause"] != "no directory" || e.UserID != "" {
		t.Errorf("%+v", e)
	}
	w = passwordWorld(t, fails, fails, denies)
	proof, err = w.check(nil)
	got, ok := errors.AsType[*core.UpstreamRefused](err)
	if !ok || proof != nil || got.Kind != core.UpstreamBroken || len(got.Changes) != 2 || !slices.Equal(w.plugin.order, []string{"b", "a"}) {
		t.Errorf("%+v, %+v", proof, err)
	}
	if got.Guessed {
		t.Error("nobody said no, and it is a guess")
	}
	// One that could not be asked might have known the person; at the other the password
	// is wrong, whichever is asked first.
	for _, checks := range [][2]check{{denies, fails}, {fails, denies}} {
		_, err := passwordWorld(t, checks[0], checks[1], denies).check(nil)
		if got, ok := errors.AsType[*core.UpstreamRefused](err); !ok || got.Kind != core.UpstreamBroken || !got.Guessed {
			t.Errorf("nobody can tell, and it is %+v", err)
		}
	}
}

func TestCheckPasswordRefuses(t *testing.T) {
	w := passwordWorld(t, knows, denies, denies)
	w.store.config.Connectors[0].CreateUsers = false
	_, err := w.check(nil)
	got, ok := errors.AsType[*core.UpstreamRefused](err)
	if !ok {
		t.Fatal(err)
	}
	w.apply(got.Changes)
	w.refused(got, core.UpstreamUnknown, "nobody_linked")
	w = passwordWorld(t, func(*hook.PasswordInput) (*hook.PasswordOutput, error) {
		return &hook.PasswordOutput{Identity: &hook.Identity{Name: "ann"}}, nil
	}, denies, denies)
	_, err = w.check(nil)
	if got, ok := errors.AsType[*core.UpstreamRefused](err); !ok || got.Reason != "subject_malformed" {
		t.Errorf("107: %v", err)
	}
	w = passwordWorld(t, knows, denies, denies)
	w.store.fail = map[string]error{"Link": errors.New("disk on fire")}
	if _, err := w.check(nil); err == nil || err.Error() != "read the link: disk on fire" {
		t.Errorf("%v", err)
	}
}
