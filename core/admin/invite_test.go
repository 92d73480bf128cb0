package admin_test

import (
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/ticket"
)

// mails keeps the words of what is queued.
type mails struct {
	w     *world
	off   bool
	words []map[string]string
}

func (m *mails) Ready() bool { return !m.off }

func (m *mails) Compose(now time.Time, to core.Mail, words map[string]string) core.SendMail {
	m.words = append(m.words, words)
	to.ID, to.CreatedAt, to.Sealed = core.NewID(now, m.w.Rand), now, []byte("sealed")
	return core.SendMail{Mail: to}
}

// mailed gives the world a way to send mails.
func (w *world) mailed() *mails {
	m := &mails{w: w}
	w.Mails = m
	return m
}

// queued gives the mails that wait, oldest first.
func (w *world) queued() (all []string) {
	w.t.Helper()
	queue, err := w.store.Mails(w.t.Context(), 10)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range queue {
		all = append([]string{m.Template + " to " + m.To}, all...)
	}
	return all
}

// opened finds the ticket of a link as the page that it leads to does.
func (w *world) opened(purpose core.TicketPurpose, link string) (*core.Ticket, error) {
	w.t.Helper()
	u, err := url.Parse(link)
	if err != nil || u.Scheme+"://"+u.Host != "https://id.example" || u.Path != ticket.Path(purpose) {
		w.t.Fatalf("link %q, %v", link, err)
	}
	return ticket.Find(w.t.Context(), w.store, purpose, u.Query().Get("ticket"), w.now)
}

func TestInviteByHand(t *testing.T) {
	w := newWorld(t)
	w.Issuer = "https://id.example/"
	got, err := w.InviteUser(t.Context(), actor, admin.NewUser{Name: "ann", Email: "ann@example.org", Groups: []string{"new"}}, false)
	if err != nil || got.SentTo != "" || !reflect.DeepEqual(got.NewGroups, []string{"new"}) {
		t.Fatalf("got %+v, %v", got, err)
	}
	found, err := w.opened(core.TicketInvite, got.Link)
	if err != nil || found.UserID != got.User.ID || found.Email != "" || !found.ExpiresAt.Equal(w.now.Add(7*24*time.Hour)) || !got.ExpiresAt.Equal(found.ExpiresAt) {
		t.Errorf("ticket %+v, %v", found, err)
	}
	if types := w.events(3); !slices.Contains(types, core.EventUserCreated) || !slices.Contains(types, core.EventUserInvited) {
		t.Errorf("events %v", types)
	}
	user, err := w.store.User(t.Context(), got.User.ID)
	if err != nil || user.PasswordHash != "" || user.EmailVerified {
		t.Errorf("user %+v, %v", user, err)
	}

	// Another one takes its place.
	again, err := w.InviteAgain(t.Context(), actor, user.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.opened(core.TicketInvite, got.Link); err == nil {
		t.Error("the first invitation works still")
	}
	if _, err := w.opened(core.TicketInvite, again.Link); err != nil {
		t.Error(err)
	}
}

func TestInviteByMail(t *testing.T) {
	w := newWorld(t)
	w.Issuer = "https://id.example"
	post := w.mailed()
	input := admin.NewUser{Name: "ann", Email: "ann@example.org", Profile: core.Profile{DisplayName: "Ann Ba", Locale: "fr"}}
	got, err := w.InviteUser(t.Context(), actor, input, false)
	if err != nil || got.SentTo != "ann@example.org" || got.Link != "" {
		t.Fatalf("got %+v, %v", got, err)
	}
	if queue := w.queued(); !reflect.DeepEqual(queue, []string{"invite to ann@example.org"}) {
		t.Errorf("mails %v", queue)
	}
	words := post.words[0]
	if found, err := w.opened(core.TicketInvite, words[core.WordLink]); err != nil || found.Email != "ann@example.org" || words[core.WordName] != "Ann Ba" || words[core.WordLogin] != "ann" {
		t.Errorf("ticket %+v, %v, words %v", found, err, words)
	}
	queue, err := w.store.Mails(t.Context(), 1)
	if err != nil || queue[0].Locale != "fr" || queue[0].Org != core.DefaultOrganisation || queue[0].UserID != got.User.ID || !queue[0].ExpiresAt.Equal(got.ExpiresAt) {
		t.Errorf("mail %+v, %v", queue, err)
	}

	// By hand where it is wanted, and where there is no address or no way to send.
	for name, c := range map[string]struct {
		email       string
		byHand, off bool
	}{"wanted": {"b@example.org", true, false}, "no address": {"", false, false}, "no way": {"c@example.org", false, true}} {
		post.off = c.off
		got, err := w.InviteUser(t.Context(), actor, admin.NewUser{Name: strings.ReplaceAll(name, " ", ""), Email: c.email}, c.byHand)
		if err != nil || got.Link == "" || got.SentTo != "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if len(w.queued()) != 1 {
		t.Errorf("mails %v", w.queued())
	}
}

func TestInviteRefused(t *testing.T) {
	w := newWorld(t)
	w.Issuer = "https://id.example"
	_, err := w.InviteUser(t.Context(), actor, admin.NewUser{Name: "ann", Password: "long enough"}, false)
	if fields := problems(t, err); !reflect.DeepEqual(fields, []string{"password"}) {
		t.Errorf("fields %v", fields)
	}
	ann := w.user(admin.NewUser{Name: "ann", Password: "long enough"})
	if _, err := w.InviteUser(t.Context(), actor, admin.NewUser{Name: "ANN"}, false); err == nil || !strings.Contains(err.Error(), "taken") {
		t.Errorf("a taken name: %v", err)
	}
	_, err = w.InviteAgain(t.Context(), actor, ann.ID, false)
	problems(t, err)
	bob := w.user(admin.NewUser{Name: "bob"})
	w.passkey(bob, "b")
	_, err = w.InviteAgain(t.Context(), actor, bob.ID, false)
	problems(t, err)
	carl := w.user(admin.NewUser{Name: "carl"})
	if err := w.DisableUser(t.Context(), actor, carl.ID); err != nil {
		t.Fatal(err)
	}
	_, err = w.InviteAgain(t.Context(), actor, carl.ID, false)
	problems(t, err)
	_, err = w.ResetLink(t.Context(), actor, carl.ID, false)
	problems(t, err)

	// Where people sign in elsewhere alone, there is nothing to choose.
	w.rules(func(r *core.OrgRules) { r.SignIn.Methods = []string{core.MethodUpstream} })
	_, err = w.InviteUser(t.Context(), actor, admin.NewUser{Name: "dora"}, false)
	problems(t, err)
	if _, err := w.FindUser(t.Context(), "", "dora"); err == nil {
		t.Error("the user was made")
	}
}

func TestResetLink(t *testing.T) {
	w := newWorld(t)
	w.Issuer = "https://id.example"
	ann := w.user(admin.NewUser{Name: "ann", Password: "long enough"})
	w.now = w.now.Add(time.Second)
	got, err := w.ResetLink(t.Context(), actor, ann.ID, false)
	if err != nil || got.SentTo != "" || !got.ExpiresAt.Equal(w.now.Add(30*time.Minute)) {
		t.Fatalf("got %+v, %v", got, err)
	}
	if found, err := w.opened(core.TicketReset, got.Link); err != nil || found.UserID != ann.ID || found.Email != "" {
		t.Errorf("ticket %+v, %v", found, err)
	}
	events, err := w.Events(t.Context(), core.EventFilter{Limit: 1})
	if err != nil || events[0].Type != core.EventTicketSent || !reflect.DeepEqual(events[0].Detail, map[string]string{"name": "ann", "purpose": "reset", "way": "link"}) {
		t.Errorf("events %+v, %v", events, err)
	}
	if text := events[0].Detail; strings.Contains(strings.Join([]string{text["name"], text["purpose"], text["way"]}, " "), "ticket_") {
		t.Error("the audit log has the link")
	}

	// By mail it takes an address, and a way to send.
	_, err = w.ResetLink(t.Context(), actor, ann.ID, true)
	problems(t, err)
	bob := w.user(admin.NewUser{Name: "bob", Email: "bob@example.org"})
	_, err = w.ResetLink(t.Context(), actor, bob.ID, true)
	problems(t, err)
	w.mailed()
	got, err = w.ResetLink(t.Context(), actor, bob.ID, true)
	if err != nil || got.SentTo != "bob@example.org" || got.Link != "" || len(w.queued()) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}

	w.rules(func(r *core.OrgRules) { r.SignIn.Methods = []string{core.MethodPasskey} })
	_, err = w.ResetLink(t.Context(), actor, ann.ID, false)
	problems(t, err)
}

// What an administrator changes ends the links that were sent before.
func TestLinksEnd(t *testing.T) {
	for name, do := range map[string]func(*world, *core.User) error{
		"password": func(w *world, u *core.User) error {
			return w.SetPassword(w.t.Context(), actor, u.ID, "another one")
		},
		"role": func(w *world, u *core.User) error {
			return w.GrantRole(w.t.Context(), actor, u.ID, core.DefaultOrganisation, core.RoleAuditor)
		},
		"ownership": func(w *world, u *core.User) error {
			_, err := w.UpdateUser(w.t.Context(), actor, u.ID, "", func(u *core.User) { u.Admin = true })
			return err
		},
		"disabled": func(w *world, u *core.User) error { return w.DisableUser(w.t.Context(), actor, u.ID) },
		"address": func(w *world, u *core.User) error {
			_, err := w.UpdateUser(w.t.Context(), actor, u.ID, "", func(u *core.User) { u.Email = "other@example.org" })
			return err
		},
	} {
		w := newWorld(t)
		w.Issuer = "https://id.example"
		ann := w.user(admin.NewUser{Name: "ann", Email: "ann@example.org", Password: "long enough"})
		got, err := w.ResetLink(t.Context(), actor, ann.ID, false)
		if err != nil {
			t.Fatal(err)
		}
		w.device(ann)
		if err := do(w, ann); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := w.opened(core.TicketReset, got.Link); err == nil {
			t.Errorf("%s: the link works still", name)
		}
		if devices, err := w.UserDevices(t.Context(), ann.ID); err != nil || len(devices) != 0 && name != "address" {
			t.Errorf("%s: devices %v, %v", name, devices, err)
		}
	}
}

// Who is not asked is told: at the old address, where the address was changed.
func TestNotices(t *testing.T) {
	w := newWorld(t)
	ann := w.user(admin.NewUser{Name: "ann", Email: "ann@example.org"})
	if err := w.SetPassword(t.Context(), actor, ann.ID, "long enough"); err != nil || len(w.queued()) != 0 {
		t.Errorf("without a way to send: %v, %v", w.queued(), err)
	}
	post := w.mailed()
	if err := w.SetPassword(t.Context(), actor, ann.ID, "long enough"); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Second)
	_, err := w.UpdateUser(t.Context(), actor, ann.ID, "", func(u *core.User) { u.Email, u.EmailVerified = "new@example.org", true })
	if err != nil {
		t.Fatal(err)
	}
	if got := w.queued(); !reflect.DeepEqual(got, []string{"notice_password to ann@example.org", "notice_email to ann@example.org"}) {
		t.Errorf("mails %v", got)
	}
	if words := post.words[1]; words[core.WordEmail] != "new@example.org" || words[core.WordTime] != "2026-11-23T12:00:01Z" {
		t.Errorf("words %v", words)
	}
	nobody := w.user(admin.NewUser{Name: "bob"})
	if err := w.SetPassword(t.Context(), actor, nobody.ID, "long enough"); err != nil || len(w.queued()) != 2 {
		t.Errorf("without an address: %v, %v", w.queued(), err)
	}
}

// Who has an address that no administrator vouches for is asked to prove it.
func TestUnprovedAddress(t *testing.T) {
	verified := func(u *admin.NewUser) { u.EmailVerified = true }
	for name, c := range map[string]struct {
		made func(*admin.NewUser)
		edit func(*core.User)
		off  bool
		want string // address that is asked; empty: none
	}{
		"a new address":           {verified, func(u *core.User) { u.Email, u.EmailVerified = "new@example.org", false }, false, "new@example.org"},
		"vouched for":             {verified, func(u *core.User) { u.Email = "new@example.org" }, false, ""},
		"not vouched for anymore": {verified, func(u *core.User) { u.EmailVerified = false }, false, "ann@example.org"},
		"unproved as before":      {nil, func(u *core.User) { u.Profile.Nickname = "Annie" }, false, ""},
		"none any more":           {verified, func(u *core.User) { u.Email = "" }, false, ""},
		"no way to send":          {verified, func(u *core.User) { u.Email, u.EmailVerified = "new@example.org", false }, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.Issuer = "https://id.example"
			post := w.mailed()
			post.off = c.off
			input := admin.NewUser{Name: "ann", Email: "ann@example.org"}
			if c.made != nil {
				c.made(&input)
			}
			ann := w.user(input)
			if _, err := w.UpdateUser(t.Context(), actor, ann.ID, "", c.edit); err != nil {
				t.Fatal(err)
			}
			asked := ""
			for _, queued := range w.queued() {
				if to, is := strings.CutPrefix(queued, "verify to "); is {
					asked = to
				}
			}
			if asked != c.want {
				t.Fatalf("mails %v, want one to %q", w.queued(), c.want)
			}
			if asked == "" {
				return
			}
			found, err := w.opened(core.TicketVerify, post.words[len(post.words)-1][core.WordLink])
			if err != nil || found.Email != c.want || found.UserID != ann.ID {
				t.Errorf("ticket %+v, %v", found, err)
			}
		})
	}
}
