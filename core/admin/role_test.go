package admin_test

import (
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func (w *world) org(name string) *core.Organisation {
	w.t.Helper()
	org, err := w.CreateOrganisation(w.t.Context(), actor, core.Organisation{Name: name})
	if err != nil {
		w.t.Fatal(err)
	}
	return org
}

func (w *world) account(org, name string) *core.ServiceAccount {
	w.t.Helper()
	account, err := w.CreateServiceAccount(w.t.Context(), actor, admin.NewServiceAccount{Org: org, Name: name})
	if err != nil {
		w.t.Fatal(err)
	}
	return account
}

func (w *world) grants(holder core.ID, org string, role core.Role) {
	w.t.Helper()
	if err := w.GrantRole(w.t.Context(), actor, holder, org, role); err != nil {
		w.t.Fatal(err)
	}
}

// latest gives the newest event of the kind. Time goes on, so that it is the newest.
func (w *world) latest(kind core.EventType) core.Event {
	w.t.Helper()
	events, err := w.store.Events(w.t.Context(), core.EventFilter{Type: kind, Limit: 1})
	if err != nil || len(events) != 1 {
		w.t.Fatalf("%s: %v, %v", kind, events, err)
	}
	w.now = w.now.Add(time.Second)
	return events[0]
}

func TestRoles(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.org("acme")
	root := w.user(admin.NewUser{Name: "root", Admin: true})
	ann, robot := w.user(admin.NewUser{Name: "ann", Profile: core.Profile{DisplayName: "Ann A."}}), w.account("acme", "robot")
	w.grants(ann.ID, "acme", core.RoleAdministrator)
	if e := w.latest(core.EventRoleGranted); e.Org != "acme" || e.UserID != ann.ID || e.Detail["role"] != "administrator" ||
		!slices.Equal(e.Fields, []core.FieldChange{{Field: "role", After: "administrator"}}) {
		t.Errorf("event %+v", e)
	}
	w.grants(ann.ID, "acme", core.RoleAuditor) // in its place
	if e := w.latest(core.EventRoleGranted); !slices.Equal(e.Fields, []core.FieldChange{{Field: "role", Before: "administrator", After: "auditor"}}) {
		t.Errorf("event %+v", e)
	}
	w.grants(robot.ID, "", core.RoleHelpDesk)
	if e := w.latest(core.EventRoleGranted); e.Org != "acme" || e.UserID != "" || e.Detail["service_account"] != string(robot.ID) {
		t.Errorf("event %+v", e)
	}
	before := len(w.events(100))
	w.grants(ann.ID, "acme", core.RoleAuditor) // as it is
	w.grants(root.ID, "", core.RoleOwner)
	if after := len(w.events(100)); after != before {
		t.Errorf("%d events of nothing", after-before)
	}

	roles, err := w.RolesOf(ctx, root.ID)
	if err != nil || len(roles) != 1 || roles[0].Role != core.RoleOwner || roles[0].Org != "" {
		t.Errorf("roles %+v, %v", roles, err)
	}
	holders, err := w.RoleHolders(ctx, "")
	if err != nil || len(holders) != 2 || holders[0].Holder.ID != root.ID || holders[1].Holder.Name != "robot" || !holders[1].Holder.Program {
		t.Errorf("holders %+v, %v", holders, err)
	}
	holders, err = w.RoleHolders(ctx, "acme")
	if err != nil || len(holders) != 1 || holders[0].Grant.Role != core.RoleAuditor || holders[0].Holder.Title != "Ann A." || holders[0].Holder.Org != core.DefaultOrganisation {
		t.Errorf("holders %+v, %v", holders, err)
	}

	if err := w.RevokeRole(ctx, actor, ann.ID, "acme"); err != nil {
		t.Error(err)
	}
	if e := w.latest(core.EventRoleRevoked); e.Detail["role"] != "auditor" || !slices.Equal(e.Fields, []core.FieldChange{{Field: "role", Before: "auditor"}}) {
		t.Errorf("event %+v", e)
	}
	for name, err := range map[string]error{
		"no role":        w.RevokeRole(ctx, actor, ann.ID, "acme"),
		"nobody":         w.GrantRole(ctx, actor, core.NewID(w.now, w.Rand), "", core.RoleOwner),
		"nowhere":        w.GrantRole(ctx, actor, ann.ID, "nowhere", core.RoleOwner),
		"nobody's roles": second(w.RolesOf(ctx, core.NewID(w.now, w.Rand))),
		"no such place":  second(w.RoleHolders(ctx, "nowhere")),
	} {
		if missing, ok := errors.AsType[*admin.MissingError](err); !ok || missing.Name == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := problems(t, w.GrantRole(ctx, actor, ann.ID, "", "god")); !slices.Equal(got, []string{"role"}) {
		t.Errorf("fields %v", got)
	}
}

// No session goes on with other rights than it was begun with.
func TestRoleEndsSessions(t *testing.T) {
	w := newWorld(t)
	ann, client := w.user(admin.NewUser{Name: "ann"}), w.client(admin.NewClient{Name: "wiki"})
	for _, change := range []func() error{
		func() error { return w.GrantRole(t.Context(), actor, ann.ID, "", core.RoleAuditor) },
		func() error { return w.RevokeRole(t.Context(), actor, ann.ID, "") },
	} {
		session, grant := w.signedIn(ann, client)
		if err := change(); err != nil {
			t.Fatal(err)
		}
		in, err := w.store.SignedIn(t.Context(), session)
		code, codeErr := w.store.Code(t.Context(), grant)
		if err != nil || codeErr != nil || in.Session.EndedAt.IsZero() || !code.Grant.Revoked() {
			t.Errorf("session %+v, %v, grant %+v, %v", in, err, code, codeErr)
		}
	}
}

// The last owner of the server stays one, whatever makes one of somebody.
func TestLastOwner(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.org("acme")
	last := w.user(admin.NewUser{Org: "acme", Name: "last"})
	w.grants(last.ID, "", core.RoleOwner)
	robot := w.account("", "robot")
	w.grants(robot.ID, "", core.RoleOwner) // nobody signs in as a program
	disable := func(o *core.Organisation) { o.Disabled = true }
	takes := map[string]func(id core.ID) error{
		"revoke":  func(id core.ID) error { return w.RevokeRole(ctx, actor, id, "") },
		"demote":  func(id core.ID) error { return w.GrantRole(ctx, actor, id, "", core.RoleAdministrator) },
		"disable": func(id core.ID) error { return w.DisableUser(ctx, actor, id) },
		"delete":  func(id core.ID) error { return w.DeleteUser(ctx, actor, id) },
		"close":   func(core.ID) error { return second(w.UpdateOrganisation(ctx, actor, "acme", "", disable)) },
		"drop":    func(core.ID) error { return w.DeleteOrganisation(ctx, actor, "acme") },
	}
	for name, take := range takes {
		if err := take(last.ID); !slices.Equal(problems(t, err), []string{""}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// One by the field of the user is the same.
	if err := w.store.Apply(ctx, core.RevokeRole{Holder: last.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.UpdateUser(ctx, actor, last.ID, "", func(u *core.User) { u.Admin = true }); err != nil {
		t.Fatal(err)
	}
	for name, take := range takes {
		if err := take(last.ID); !slices.Equal(problems(t, err), []string{""}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := w.user(admin.NewUser{Name: "other", Admin: true})
	if err := w.GrantRole(ctx, actor, last.ID, "", core.RoleAuditor); err != nil {
		t.Fatal(err)
	}
	if user, err := w.store.User(ctx, last.ID); err != nil || user.Admin {
		t.Errorf("%+v, %v", user, err)
	}
	if roles, err := w.RolesOf(ctx, last.ID); err != nil || len(roles) != 1 || roles[0].Role != core.RoleAuditor {
		t.Errorf("roles %+v, %v", roles, err)
	}
	if err := w.RevokeRole(ctx, actor, other.ID, ""); err == nil {
		t.Error("the last owner was taken away")
	}
}

// Who becomes an owner by a role is the administrator that set-up waits for.
func TestOwnerEndsSetup(t *testing.T) {
	w := newWorld(t)
	token, open, err := w.OpenSetup(t.Context())
	if err != nil || !open {
		t.Fatal(open, err)
	}
	w.grants(w.user(admin.NewUser{Name: "ann"}).ID, "", core.RoleOwner)
	if err := w.CheckSetup(t.Context(), token); !errors.Is(err, admin.ErrSetupClosed) {
		t.Errorf("the link: %v", err)
	}
}

// Another role ends what is on its way for who gets it, but for the invitation with which
// they begin.
func TestRoleEndsTickets(t *testing.T) {
	w := newWorld(t)
	for name, do := range map[string]func(id core.ID) error{
		"granted": func(id core.ID) error { return w.GrantRole(t.Context(), actor, id, "", core.RoleAuditor) },
		"taken": func(id core.ID) error {
			if err := w.store.Apply(t.Context(), core.GrantRole{Grant: core.RoleGrant{Holder: id, Role: core.RoleAuditor, CreatedAt: w.now}}); err != nil {
				return err
			}
			return w.RevokeRole(t.Context(), actor, id, "")
		},
	} {
		user := w.user(admin.NewUser{Name: name})
		for i, purpose := range []core.TicketPurpose{core.TicketReset, core.TicketEmail, core.TicketSignIn, core.TicketInvite} {
			w.now = w.now.Add(time.Millisecond)
			ticket := core.Ticket{ID: core.NewID(w.now, rand.Reader), Hash: core.HashSecret(name + string(purpose)), Purpose: purpose, UserID: user.ID, Org: user.Org, CreatedAt: w.now, ExpiresAt: w.now.Add(time.Hour), Misses: i}
			if err := w.store.Apply(t.Context(), core.SaveTicket{Ticket: ticket}); err != nil {
				t.Fatal(err)
			}
		}
		if err := do(user.ID); err != nil {
			t.Fatal(err)
		}
		left, err := w.store.Tickets(t.Context(), user.ID)
		if err != nil || len(left) != 1 || left[0].Purpose != core.TicketInvite {
			t.Errorf("%s: %+v, %v", name, left, err)
		}
	}
}
