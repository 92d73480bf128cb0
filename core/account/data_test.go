package account_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
)

// rich gives ann something of everything.
func (w *world) rich() {
	w.t.Helper()
	w.client("rp", "Wiki")
	w.picture(pngOf(w.t, halves(300, 300)))
	w.addPasskey(w.ann, "Laptop")
	w.addApp(w.ann, "Phone")
	w.grants("rp", w.ann.Session, "openid", "profile")
	group := core.Group{ID: w.newID(), Org: core.DefaultOrganisation, Name: "staff", CreatedAt: w.now}
	w.apply(
		core.SaveConsent{Consent: core.Consent{UserID: w.ann.User.ID, ClientID: "rp", Scopes: []string{"openid"}, GrantedAt: w.now, UpdatedAt: w.now}},
		core.AddDevice{Device: core.Device{ID: w.newID(), UserID: w.ann.User.ID, UserAgent: "a device", IP: "192.0.2.8", CreatedAt: w.now, ExpiresAt: w.now.Add(time.Hour)}},
		core.SaveInstance{Instance: core.PluginInstance{Name: "hub", Plugin: "oidc", CreatedAt: w.now}},
		core.SaveConnector{Connector: core.Connector{Instance: "hub", Org: core.DefaultOrganisation, CreatedAt: w.now}},
		core.SaveLink{Link: core.Link{Connector: "hub", Subject: "s-1", UserID: w.ann.User.ID, Name: "ann at hub", Tokens: []byte("provider-tokens"), CreatedAt: w.now}},
		core.CreateGroup{Group: group}, core.AddMember{GroupID: group.ID, UserID: w.ann.User.ID},
		core.Record{Event: core.Event{ID: w.newID(), At: w.now, Type: core.EventUserUpdated, UserID: w.ann.User.ID, Actor: "cli:root", IP: "203.0.113.99"}},
		core.Record{Event: core.Event{ID: w.newID(), At: w.now, Type: core.EventSignedIn, UserID: w.ben.User.ID, IP: "203.0.113.98"}},
	)
	w.ann = w.again(w.ann)
}

func TestExport(t *testing.T) {
	w := newWorld(t)
	w.rich()
	document, err := w.Export(t.Context(), w.ann)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Account struct {
			ID       string
			UserName string `json:"user_name"`
			Email    string
			Groups   []string
			Profile  map[string]any
		}
		Picture        *struct{ Type string }
		Authenticators []struct{ Kind, Name string }
		Codes          int `json:"recovery_codes_left"`
		Links          []struct {
			Provider, Subject, Name string
		} `json:"linked_accounts"`
		Sessions     []struct{ UserAgent string } `json:"sessions"`
		Devices      []struct{ IP string }        `json:"trusted_browsers"`
		Applications []struct {
			Name   string
			Scopes []string
		}
		Events []struct {
			Type    string
			ByOther bool `json:"by_administrator"`
			IP      string
		}
	}
	if err := json.Unmarshal(document, &got); err != nil {
		t.Fatal(err)
	}
	if got.Account.ID != string(w.ann.User.ID) || got.Account.UserName != "ann" || got.Account.Email != "ann@example.org" || len(got.Account.Groups) != 1 || got.Account.Profile["display_name"] != "ANN" {
		t.Errorf("account: %+v", got.Account)
	}
	if got.Picture == nil || len(got.Authenticators) != 2 || got.Authenticators[0].Name != "Laptop" || got.Codes != 1 || len(got.Links) != 1 || got.Links[0].Subject != "s-1" ||
		len(got.Sessions) != 1 || len(got.Devices) != 1 || len(got.Applications) != 1 || got.Applications[0].Name != "Wiki" || len(got.Events) == 0 {
		t.Errorf("something is missing: %s", document)
	}
	for _, e := range got.Events {
		if e.ByOther && e.IP != "" || e.IP == "203.0.113.98" {
			t.Errorf("where somebody else was: %+v", e)
		}
	}
	stored, err := w.store.Authenticators(t.Context(), w.ann.User.ID)
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{w.ann.User.PasswordHash, "provider-tokens", "argon2", "cHJvdmlkZXItdG9rZW5z", "203.0.113.99", w.ben.User.Name + "@"}
	for _, one := range stored {
		secrets = append(secrets, string(one.Data))
	}
	for _, secret := range secrets {
		if secret != "{}" && strings.Contains(string(document), secret) {
			t.Errorf("it has %q in it", secret)
		}
	}
	if e := w.events(core.EventDataExported, w.ann); len(e) != 1 {
		t.Errorf("recorded %+v", e)
	}
}

// TestExportNothing: empty lists are lists.
func TestExportNothing(t *testing.T) {
	w := newWorld(t)
	document, err := w.Export(t.Context(), w.ann)
	if err != nil || strings.Contains(string(document), "null") {
		t.Errorf("%v: %s", err, document)
	}
}

func TestDelete(t *testing.T) {
	w := newWorld(t)
	w.rich()
	losses, err := w.Losses(t.Context(), w.ann)
	if want := (account.Losses{Sessions: 1, Applications: 1, Passkeys: 1, Apps: 1, Links: 1, Groups: 1, Picture: true}); err != nil || *losses != want {
		t.Errorf("what goes: %+v, %v", losses, err)
	}
	avatar, err := w.PictureOf(t.Context(), w.ann)
	if err != nil {
		t.Fatal(err)
	}
	w.quiet(func() {
		invalid(t, w.Delete(t.Context(), w.ann, " "), core.FieldProblem{Field: "confirm", Kind: core.FieldMissing})
		invalid(t, w.Delete(t.Context(), w.ann, "ben"), core.FieldProblem{Field: "confirm", Kind: core.FieldWrong})
	})
	if err := w.Delete(t.Context(), w.ann, " Ann "); err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.User(t.Context(), w.ann.User.ID); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("the user: %v", err)
	}
	if _, err := w.store.SignedIn(t.Context(), w.ann.Session.ID); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("the session: %v", err)
	}
	if gone, err := w.Picture(t.Context(), avatar.ID); gone != nil || err != nil {
		t.Errorf("the picture: %v, %v", gone, err)
	}
	if list, err := w.store.Authenticators(t.Context(), w.ann.User.ID); err != nil || len(list) != 0 {
		t.Errorf("authenticators: %v, %v", list, err)
	}
	if e := w.events(core.EventUserDeleted, w.ann); len(e) != 1 || e[0].Detail["name"] != "ann" || e[0].Org != w.ann.User.Org {
		t.Errorf("recorded %+v", e)
	}
	// The mail that tells of it does not go with the account.
	mails, err := w.store.Mails(t.Context(), 10)
	if err != nil || !slices.ContainsFunc(mails, func(m core.Mail) bool { return m.Template == core.MailNoticeDeleted && m.To == "ann@example.org" }) {
		t.Errorf("mails: %+v, %v", mails, err)
	}
	if _, err := w.store.User(t.Context(), w.ben.User.ID); err != nil {
		t.Errorf("the other one: %v", err)
	}
}

func TestRefuseDelete(t *testing.T) {
	w := newWorld(t)
	admin := func(p account.Person, is bool) account.Person {
		user := w.again(p).User
		user.Admin = is
		w.apply(core.UpdateUser{User: user})
		return w.again(p)
	}
	w.ann = admin(w.ann, true)
	w.quiet(func() {
		refused(t, w.Delete(t.Context(), w.ann, "ann"), account.RefusedAdministrator)
		_, err := w.Losses(t.Context(), w.ann)
		refused(t, err, account.RefusedAdministrator)
	})
	// One who is disabled administers nothing.
	w.ben = admin(w.ben, true)
	disabled := w.ben.User
	disabled.Disabled = true
	w.apply(core.UpdateUser{User: disabled})
	w.quiet(func() { refused(t, w.Delete(t.Context(), w.ann, "ann"), account.RefusedAdministrator) })
	disabled.Disabled = false
	w.apply(core.UpdateUser{User: disabled})
	w.rules(func(r *core.OrgRules) { r.KeepAccount = true })
	w.quiet(func() { refused(t, w.Delete(t.Context(), w.ann, "ann"), account.RefusedKept) })
	w.rules(func(r *core.OrgRules) { r.KeepAccount = false })
	if err := w.Delete(t.Context(), w.ann, "ann"); err != nil {
		t.Errorf("one of two: %v", err)
	}
}

// Who owns the server by a role is an owner as well.
func TestRefuseDeleteOfOwnerByRole(t *testing.T) {
	w := newWorld(t)
	grant := func(p account.Person, role core.Role) {
		w.apply(core.GrantRole{Grant: core.RoleGrant{Holder: p.User.ID, Role: role, CreatedAt: w.now}})
	}
	grant(w.ann, core.RoleOwner)
	grant(w.ben, core.RoleAdministrator)
	w.quiet(func() { refused(t, w.Delete(t.Context(), w.ann, "ann"), account.RefusedAdministrator) })
	grant(w.ben, core.RoleOwner)
	if err := w.Delete(t.Context(), w.ann, "ann"); err != nil {
		t.Errorf("one of two: %v", err)
	}
}

// meanwhile does something after another owner was read.
type meanwhile struct {
	account.Store
	do func()
}

func (s meanwhile) User(ctx context.Context, id core.ID) (*core.User, error) {
	user, err := s.Store.User(ctx, id)
	s.do()
	return user, err
}

// Of the last two administrators who go at once, one stays.
func TestDeleteLastAdministratorAtOnce(t *testing.T) {
	w := newWorld(t)
	for _, p := range []*account.Person{&w.ann, &w.ben} {
		user := w.again(*p).User
		user.Admin = true
		w.apply(core.UpdateUser{User: user})
		*p = w.again(*p)
	}
	w.Store = meanwhile{w.Store, func() { w.apply(core.DeleteUser{ID: w.ben.User.ID}) }}
	refused(t, w.Delete(t.Context(), w.ann, "ann"), account.RefusedAdministrator)
	if _, err := w.store.User(t.Context(), w.ann.User.ID); err != nil {
		t.Errorf("the last administrator: %v", err)
	}
}
