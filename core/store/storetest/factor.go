package storetest

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

// authenticator enrols one with every field set.
func (w *world) authenticator(u core.User, kind core.AuthenticatorKind) core.Authenticator {
	w.Helper()
	a := core.Authenticator{ID: w.id(), UserID: u.ID, Kind: kind, Name: "my ü", Data: []byte{0, 1, 2}, Counter: 7, CreatedAt: start}
	if kind == core.AuthenticatorPasskey {
		a.Handle = []byte(a.ID)
	}
	w.apply(core.AddAuthenticator{Authenticator: a})
	return a
}

func testAuthenticators(t *testing.T, w *world) {
	ctx := t.Context()
	ann, bob := w.user("ann"), w.user("bob")
	key, app := w.authenticator(ann, core.AuthenticatorPasskey), w.authenticator(ann, core.AuthenticatorTOTP)
	other := w.authenticator(bob, core.AuthenticatorPasskey)
	all, err := w.store.Authenticators(ctx, ann.ID)
	same(w, all, err, []core.Authenticator{key, app})
	found, err := w.store.AuthenticatorByHandle(ctx, key.Handle)
	same(w, found, err, &key)
	enrolled, err := w.store.Enrolled(ctx, ann.ID)
	same(w, enrolled, err, core.Enrolled{Passkeys: 1, TOTP: 1})

	// A key is one person's, and apps have no handle to share.
	again := key
	again.ID, again.UserID = w.id(), bob.ID
	w.taken("passkey", core.AddAuthenticator{Authenticator: again})
	w.authenticator(bob, core.AuthenticatorTOTP)
	again.UserID, again.Handle = "nobody", []byte("new")
	w.refused(core.ErrNotFound, core.AddAuthenticator{Authenticator: again})
	again.UserID, again.Handle = ann.ID, nil
	if err := w.store.Apply(ctx, core.AddAuthenticator{Authenticator: again}); err == nil {
		t.Error("a passkey without a handle was accepted")
	}

	// Only its owner renames and deletes it.
	w.refused(core.ErrNotFound, core.RenameAuthenticator{UserID: bob.ID, ID: key.ID, Name: "his"})
	w.refused(core.ErrNotFound, core.DeleteAuthenticator{UserID: bob.ID, ID: key.ID})
	w.apply(core.RenameAuthenticator{UserID: ann.ID, ID: key.ID, Name: "renamed"}, core.DeleteAuthenticator{UserID: ann.ID, ID: app.ID})
	key.Name = "renamed"
	all, err = w.store.Authenticators(ctx, ann.ID)
	same(w, all, err, []core.Authenticator{key})
	w.refused(core.ErrNotFound, core.DeleteAuthenticator{UserID: ann.ID, ID: app.ID})
	found, err = w.store.AuthenticatorByHandle(ctx, other.Handle)
	same(w, found, err, &other)

	// All of them go with what stands in for them.
	w.apply(core.SetRecoveryCodes{UserID: ann.ID, Hashes: []core.Hash{{1}}, At: start})
	w.device(ann)
	kept := w.device(bob)
	w.apply(core.DeleteAuthenticators{UserID: ann.ID})
	enrolled, err = w.store.Enrolled(ctx, ann.ID)
	same(w, enrolled, err, core.Enrolled{})
	same(w, must(w.store.Devices(ctx, ann.ID))(w), nil, nil)
	same(w, must(w.store.Devices(ctx, bob.ID))(w), nil, []core.Device{kept})
	same(w, must(w.store.Enrolled(ctx, bob.ID))(w), nil, core.Enrolled{Passkeys: 1, TOTP: 1})
}

// What a counter has reached never comes again.
func testAuthenticatorCounter(t *testing.T, w *world) {
	user := w.user("ann")
	key := w.authenticator(user, core.AuthenticatorPasskey)
	for _, counter := range []int64{7, 6, 0} {
		w.refused(core.ErrConflict, core.UseAuthenticator{ID: key.ID, Counter: counter, Data: []byte("new"), At: start})
	}
	w.apply(core.UseAuthenticator{ID: key.ID, Counter: 8, At: start.Add(time.Second)})
	key.Counter, key.LastUsedAt = 8, start.Add(time.Second)
	all, err := w.store.Authenticators(t.Context(), user.ID)
	same(w, all, err, []core.Authenticator{key})
	w.apply(core.UseAuthenticator{ID: key.ID, Counter: 100, Data: []byte("new"), At: start.Add(time.Minute)})
	key.Counter, key.Data, key.LastUsedAt = 100, []byte("new"), start.Add(time.Minute)
	all, err = w.store.Authenticators(t.Context(), user.ID)
	same(w, all, err, []core.Authenticator{key})
	w.refused(core.ErrConflict, core.UseAuthenticator{ID: "gone", Counter: 1, At: start})

	// A passkey may not count at all; an app always does.
	for kind, want := range map[core.AuthenticatorKind]error{core.AuthenticatorPasskey: nil, core.AuthenticatorTOTP: core.ErrConflict} {
		a := core.Authenticator{ID: w.id(), UserID: user.ID, Kind: kind, CreatedAt: start}
		if kind == core.AuthenticatorPasskey {
			a.Handle = []byte{1}
		}
		w.apply(core.AddAuthenticator{Authenticator: a})
		if want == nil {
			w.apply(core.UseAuthenticator{ID: a.ID, At: start})
		} else {
			w.refused(want, core.UseAuthenticator{ID: a.ID, At: start})
		}
	}
}

func testAuthenticatorLimit(_ *testing.T, w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	var last core.Authenticator
	for range core.MaxAuthenticators {
		last = w.authenticator(ann, core.AuthenticatorTOTP)
	}
	more := last
	more.ID = w.id()
	w.refused(core.ErrLimit, core.AddAuthenticator{Authenticator: more})
	w.authenticator(bob, core.AuthenticatorTOTP)
	w.apply(core.DeleteAuthenticator{UserID: ann.ID, ID: last.ID}, core.AddAuthenticator{Authenticator: more})
}

// Nobody is left without a way in who asks for that.
func testKeepWayIn(_ *testing.T, w *world) {
	connector := w.connector("idp")
	tests := []struct {
		name     string
		leave    func(core.User) // what else there is
		possible bool
	}{
		{"nothing", func(core.User) {}, false},
		{"an app", func(u core.User) { w.authenticator(u, core.AuthenticatorTOTP) }, false},
		{"recovery codes", func(u core.User) {
			w.apply(core.SetRecoveryCodes{UserID: u.ID, Hashes: []core.Hash{{1}}, At: start})
		}, false},
		{"a password", func(u core.User) { w.apply(core.SetPassword{UserID: u.ID, Hash: "h", At: start}) }, true},
		{"a passkey", func(u core.User) { w.authenticator(u, core.AuthenticatorPasskey) }, true},
		{"a link", func(u core.User) { w.link(connector, "other "+u.Name, u) }, true},
	}
	for _, test := range tests {
		for _, what := range []string{"passkey", "link"} {
			user := w.user(test.name + " beside a " + what)
			remove := func(keep bool) core.Change {
				return core.DeleteLink{UserID: user.ID, Connector: "idp", Subject: user.Name, KeepWayIn: keep}
			}
			if what == "link" {
				w.link(connector, user.Name, user)
			} else {
				key := w.authenticator(user, core.AuthenticatorPasskey)
				remove = func(keep bool) core.Change {
					return core.DeleteAuthenticator{UserID: user.ID, ID: key.ID, KeepWayIn: keep}
				}
			}
			test.leave(user)
			if test.possible {
				w.apply(remove(true))
				continue
			}
			w.refused(core.ErrConflict, remove(true))
			w.apply(remove(false)) // an administrator may
		}
	}
}

func testRecoveryCodes(t *testing.T, w *world) {
	ctx := t.Context()
	ann, bob := w.user("ann"), w.user("bob")
	same(w, must(w.store.RecoveryCodes(ctx, ann.ID))(w), nil, nil)
	w.apply(core.SetRecoveryCodes{UserID: ann.ID, Hashes: []core.Hash{{1}, {2}}, At: start}, core.SetRecoveryCodes{UserID: bob.ID, Hashes: []core.Hash{{1}}, At: start})
	w.apply(core.UseRecoveryCode{UserID: ann.ID, Hash: core.Hash{1}, At: start.Add(time.Second)})
	same(w, must(w.store.RecoveryCodes(ctx, ann.ID))(w), nil, []core.RecoveryCode{
		{Hash: core.Hash{1}, CreatedAt: start, UsedAt: start.Add(time.Second)}, {Hash: core.Hash{2}, CreatedAt: start},
	})
	w.refused(core.ErrConflict, core.UseRecoveryCode{UserID: ann.ID, Hash: core.Hash{1}, At: start})
	w.refused(core.ErrConflict, core.UseRecoveryCode{UserID: ann.ID, Hash: core.Hash{3}, At: start})
	same(w, must(w.store.Enrolled(ctx, ann.ID))(w), nil, core.Enrolled{RecoveryCodes: 1})
	same(w, must(w.store.Enrolled(ctx, bob.ID))(w), nil, core.Enrolled{RecoveryCodes: 1})

	// New ones take the place of all.
	w.apply(core.SetRecoveryCodes{UserID: ann.ID, Hashes: []core.Hash{{1}, {4}}, At: start.Add(time.Hour)})
	w.refused(core.ErrConflict, core.UseRecoveryCode{UserID: ann.ID, Hash: core.Hash{2}, At: start})
	same(w, must(w.store.RecoveryCodes(ctx, ann.ID))(w), nil, []core.RecoveryCode{
		{Hash: core.Hash{1}, CreatedAt: start.Add(time.Hour)}, {Hash: core.Hash{4}, CreatedAt: start.Add(time.Hour)},
	})
	w.refused(core.ErrNotFound, core.SetRecoveryCodes{UserID: "nobody", Hashes: []core.Hash{{1}}, At: start})
	w.apply(core.SetRecoveryCodes{UserID: ann.ID, At: start})
	same(w, must(w.store.RecoveryCodes(ctx, ann.ID))(w), nil, nil)
}

func (w *world) device(u core.User) core.Device {
	w.Helper()
	d := core.Device{
		ID: w.id(), Hash: core.Hash{8}, UserID: u.ID, UserAgent: "Browser (ü)", IP: "2001:db8::1",
		CreatedAt: start, LastUsedAt: start, ExpiresAt: start.Add(30 * 24 * time.Hour),
	}
	w.apply(core.AddDevice{Device: d})
	return d
}

func testDevices(t *testing.T, w *world) {
	ctx := t.Context()
	ann, bob := w.user("ann"), w.user("bob")
	first, second, his := w.device(ann), w.device(ann), w.device(bob)
	got, err := w.store.Device(ctx, first.ID)
	same(w, got, err, &first)
	w.apply(core.UseDevice{ID: first.ID, At: start.Add(time.Hour)}, core.UseDevice{ID: "gone", At: start})
	first.LastUsedAt = start.Add(time.Hour)
	all, err := w.store.Devices(ctx, ann.ID)
	same(w, all, err, []core.Device{second, first})

	w.refused(core.ErrNotFound, core.DeleteDevice{UserID: ann.ID, ID: his.ID})
	w.apply(core.DeleteDevice{UserID: ann.ID, ID: first.ID})
	w.refused(core.ErrNotFound, core.DeleteDevice{UserID: ann.ID, ID: first.ID})
	w.apply(core.DeleteDevices{UserID: ann.ID}, core.DeleteDevices{UserID: ann.ID}, core.UseDevice{ID: second.ID, At: start})
	got, err = w.store.Device(ctx, second.ID)
	missing(w, got, err)
	got, err = w.store.Device(ctx, his.ID)
	same(w, got, err, &his)
	w.refused(core.ErrNotFound, core.AddDevice{Device: core.Device{ID: w.id(), UserID: "nobody"}})
}

// ticket saves a ticket with every field set that is not given.
func (w *world) ticket(t core.Ticket) core.Ticket {
	w.Helper()
	t.ID, t.Hash, t.RequestID, t.Data = w.id(), core.Hash{1}, w.id(), []byte(`{"a":1}`)
	if t.Purpose == "" {
		t.Purpose = core.TicketSignIn
	}
	t.CreatedAt, t.ExpiresAt = start, start.Add(10*time.Minute)
	w.apply(core.SaveTicket{Ticket: t})
	return t
}

func testTickets(t *testing.T, w *world) {
	ctx := t.Context()
	ann := w.user("ann")
	full := w.ticket(core.Ticket{
		UserID: ann.ID, Org: core.DefaultOrganisation, Email: "Ann@Example.org", CodeHash: core.Hash{2}, BrowserHash: core.Hash{3}, Misses: 2,
	})
	bare := core.Ticket{ID: w.id(), Hash: core.Hash{7}, Purpose: core.TicketInvite, UserID: ann.ID, CreatedAt: start, ExpiresAt: start}
	w.apply(core.SaveTicket{Ticket: bare})
	for _, want := range []core.Ticket{full, bare} {
		got, err := w.store.Ticket(ctx, want.ID)
		same(w, got, err, &want)
	}
	all, err := w.store.Tickets(ctx, ann.ID)
	same(w, all, err, []core.Ticket{bare, full})

	w.apply(core.UseTicket{ID: full.ID})
	w.refused(core.ErrConflict, core.UseTicket{ID: full.ID})
	got, err := w.store.Ticket(ctx, full.ID)
	missing(w, got, err)
	w.refused(core.ErrNotFound, core.SaveTicket{Ticket: core.Ticket{ID: w.id(), Purpose: core.TicketReset, UserID: "nobody"}})

	// Without what it is used for, it was not used.
	w.refused(core.ErrNotFound, core.UseTicket{ID: bare.ID}, core.SetPassword{UserID: "nobody"})
	got, err = w.store.Ticket(ctx, bare.ID)
	same(w, got, err, &bare)
}

// A new ticket ends those that it takes the place of, and no others.
func testTicketsEnd(t *testing.T, w *world) {
	ann, bob := w.user("ann"), w.user("bob")
	saved := map[string]core.Ticket{}
	save := func(name string, ticket core.Ticket) { saved[name] = w.ticket(ticket) }
	alive := func(want ...string) {
		t.Helper()
		var got []string
		for name, ticket := range saved {
			if _, err := w.store.Ticket(t.Context(), ticket.ID); err == nil {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		same(w, got, nil, want)
	}
	save("ann 1", core.Ticket{UserID: ann.ID, Email: "a@example.org"})
	save("ann reset", core.Ticket{UserID: ann.ID, Purpose: core.TicketReset})
	save("bob", core.Ticket{UserID: bob.ID})
	save("ann 2", core.Ticket{UserID: ann.ID, Email: "other@example.org"})
	alive("ann 2", "ann reset", "bob")

	// Without a user it is the address that counts, as it is compared.
	save("new 1", core.Ticket{Email: "A@example.org", Org: "acme"})
	save("new elsewhere", core.Ticket{Email: "a@example.org", Org: "other"})
	save("new other", core.Ticket{Email: "b@example.org", Org: "acme"})
	save("new register", core.Ticket{Email: "a@example.org", Org: "acme", Purpose: core.TicketRegister})
	save("new 2", core.Ticket{Email: "a@Example.org", Org: "acme"})
	alive("ann 2", "ann reset", "bob", "new 2", "new elsewhere", "new other", "new register")
	save("nobody 1", core.Ticket{Org: "acme"})
	save("nobody 2", core.Ticket{Org: "acme"})
	alive("ann 2", "ann reset", "bob", "new 2", "new elsewhere", "new other", "new register", "nobody 1", "nobody 2")

	// With a code it is the browser alone: nobody learns from it whose ticket it is.
	code, mine, other := core.Hash{2}, core.Hash{3}, core.Hash{4}
	save("code ann", core.Ticket{UserID: ann.ID, CodeHash: code, BrowserHash: mine})
	save("code nobody", core.Ticket{CodeHash: code, BrowserHash: other, Email: "a@example.org", Org: "acme"})
	save("code elsewhere", core.Ticket{UserID: ann.ID, CodeHash: code, BrowserHash: core.Hash{5}})
	alive("ann 2", "ann reset", "bob", "code ann", "code elsewhere", "code nobody", "new 2", "new elsewhere", "new other", "new register", "nobody 1", "nobody 2")
	save("code bob", core.Ticket{UserID: bob.ID, CodeHash: code, BrowserHash: mine})
	save("code ann 2", core.Ticket{UserID: ann.ID, CodeHash: code, BrowserHash: other})
	alive("ann 2", "ann reset", "bob", "code ann 2", "code bob", "code elsewhere", "new 2", "new elsewhere", "new other", "new register", "nobody 1", "nobody 2")
	for _, name := range []string{"code ann 2", "code bob", "code elsewhere"} {
		w.apply(core.UseTicket{ID: saved[name].ID})
	}

	w.apply(core.DeleteTickets{UserID: ann.ID, Purpose: core.TicketReset}, core.DeleteTickets{UserID: ann.ID, Purpose: core.TicketReset})
	alive("ann 2", "bob", "new 2", "new elsewhere", "new other", "new register", "nobody 1", "nobody 2")
	save("ann email", core.Ticket{UserID: ann.ID, Purpose: core.TicketEmail})
	w.apply(core.DeleteTickets{UserID: ann.ID})
	alive("bob", "new 2", "new elsewhere", "new other", "new register", "nobody 1", "nobody 2")
}

func testTicketMisses(t *testing.T, w *world) {
	user := w.user("ann")
	ticket, other := w.ticket(core.Ticket{UserID: user.ID}), w.ticket(core.Ticket{})
	for i := range 4 {
		w.apply(core.MissTicket{ID: ticket.ID, Most: 5})
		ticket.Misses = i + 1
		got, err := w.store.Ticket(t.Context(), ticket.ID)
		same(w, got, err, &ticket)
	}
	w.apply(core.MissTicket{ID: ticket.ID, Most: 5})
	got, err := w.store.Ticket(t.Context(), ticket.ID)
	missing(w, got, err)
	w.refused(core.ErrConflict, core.MissTicket{ID: ticket.ID, Most: 5})
	w.refused(core.ErrConflict, core.UseTicket{ID: ticket.ID})
	got, err = w.store.Ticket(t.Context(), other.ID)
	same(w, got, err, &other)
}

func (w *world) mail(to string) core.Mail {
	w.Helper()
	m := core.Mail{
		ID: w.id(), Org: "acme", UserID: "anybody", To: to, Template: "reset", Locale: "pt-BR", Sealed: []byte{0, 1, 2},
		CreatedAt: start, ExpiresAt: start.Add(time.Hour),
	}
	w.apply(core.SendMail{Mail: m})
	return m
}

func testMails(t *testing.T, w *world) {
	ctx := t.Context()
	select {
	case <-w.store.MailsQueued():
		t.Error("a mail was announced before there was one")
	default:
	}
	due := func(at time.Time, waits bool) {
		t.Helper()
		gotAt, gotWaits, err := w.handle().NextMail(ctx)
		if err != nil || !gotAt.Equal(at) || gotWaits != waits {
			t.Errorf("the next mail is due at %s: %v, %v", gotAt, gotWaits, err)
		}
	}
	due(time.Time{}, false)
	a, b, c := w.mail("a@example.org"), w.mail("b@example.org"), w.mail("c@example.org")
	select {
	case <-w.store.MailsQueued():
	default:
		t.Error("nobody was told of the mails")
	}
	all, err := w.store.Mails(ctx, 2)
	same(w, all, err, []core.Mail{c, b})

	claim := func(now, until time.Duration, most int, want ...core.Mail) {
		t.Helper()
		got, err := w.handle().ClaimMails(ctx, start.Add(now), start.Add(until), most)
		for i := range want {
			want[i].NextAt = start.Add(until)
		}
		same(w, got, err, want)
	}
	due(time.Time{}, true)
	claim(0, time.Minute, 2, a, b)
	due(time.Time{}, true)
	claim(0, time.Minute, 9, c)
	due(start.Add(time.Minute), true)
	claim(59*time.Second, time.Hour, 9)
	w.apply(
		core.EndMail{ID: b.ID}, core.EndMail{ID: b.ID},
		core.PutOffMail{ID: a.ID, Failures: 3, NextAt: start.Add(2 * time.Minute)}, core.PutOffMail{ID: b.ID, Failures: 1},
		core.PutOffMail{ID: c.ID},
	)
	due(time.Time{}, true)
	a.Failures = 3
	claim(time.Minute, 90*time.Second, 9, c)
	// What was never tried comes first, and whoever claims sees what has expired.
	d := w.mail("d@example.org")
	claim(2*time.Hour, 3*time.Hour, 9, c, d, a)
	due(start.Add(3*time.Hour), true)
	w.apply(core.EndMail{ID: a.ID}, core.EndMail{ID: c.ID}, core.EndMail{ID: d.ID})
	due(time.Time{}, false)
	same(w, must(w.store.Mails(ctx, 9))(w), nil, nil)

	// One that is refused is not queued.
	m := a
	m.ID = w.id()
	w.refused(core.ErrConflict, core.SendMail{Mail: m}, core.UseTicket{ID: "gone"})
	same(w, must(w.store.Mails(ctx, 9))(w), nil, nil)
}

func testAvatars(t *testing.T, w *world) {
	ctx := t.Context()
	user := w.user("ann")
	face := core.Avatar{ID: w.id(), UserID: user.ID, Type: "image/png", Image: bytes.Repeat([]byte{0, 1}, 1<<17), CreatedAt: start}
	w.apply(core.SetAvatar{Avatar: face})
	got, err := w.store.Avatar(ctx, face.ID)
	same(w, got, err, &face)
	newer := core.Avatar{ID: w.id(), UserID: user.ID, Type: "image/jpeg", Image: []byte{1}, CreatedAt: start}
	w.apply(core.SetAvatar{Avatar: newer})
	got, err = w.store.Avatar(ctx, face.ID)
	missing(w, got, err)
	got, err = w.store.AvatarOf(ctx, user.ID)
	same(w, got, err, &newer)

	large := newer
	large.ID, large.Image = w.id(), make([]byte, 1<<18+1)
	if err := w.store.Apply(ctx, core.SetAvatar{Avatar: large}); err == nil {
		t.Error("a large picture was accepted")
	}
	svg := newer
	svg.ID, svg.Type = w.id(), "image/svg+xml"
	if err := w.store.Apply(ctx, core.SetAvatar{Avatar: svg}); err == nil {
		t.Error("a picture with scripts was accepted")
	}
	nobody := newer
	nobody.ID, nobody.UserID = w.id(), "nobody"
	w.refused(core.ErrNotFound, core.SetAvatar{Avatar: nobody})
	w.apply(core.DeleteAvatar{UserID: user.ID}, core.DeleteAvatar{UserID: user.ID})
	got, err = w.store.AvatarOf(ctx, user.ID)
	missing(w, got, err)
}

// A user who is deleted takes along all of it but the mails that say what was done.
func testFactorsGoWith(t *testing.T, w *world) {
	ctx := t.Context()
	gone, stays := w.user("gone"), w.user("stays")
	type rows struct {
		key    core.Authenticator
		device core.Device
		ticket core.Ticket
		face   core.Avatar
	}
	of := func(u core.User) rows {
		r := rows{key: w.authenticator(u, core.AuthenticatorPasskey), device: w.device(u), ticket: w.ticket(core.Ticket{UserID: u.ID})}
		r.face = core.Avatar{ID: w.id(), UserID: u.ID, Type: "image/png", Image: []byte{1}}
		w.apply(core.SetAvatar{Avatar: r.face}, core.SetRecoveryCodes{UserID: u.ID, Hashes: []core.Hash{{1}}, At: start})
		return r
	}
	lost, kept := of(gone), of(stays)
	mail := func(u core.User, template string) string {
		m := core.Mail{ID: w.id(), UserID: u.ID, To: string(u.ID) + "@example.org", Template: template, Sealed: []byte{1}, CreatedAt: start, ExpiresAt: start}
		w.apply(core.SendMail{Mail: m})
		return string(m.ID)
	}
	// A link that leads nowhere any more is not sent; what was done to the account is told.
	mail(gone, core.MailReset)
	mail(gone, core.MailInvite)
	want := []string{mail(gone, core.MailNoticeEmail), mail(stays, core.MailReset)}
	w.apply(core.DeleteUser{ID: gone.ID})
	want = append(want, string(w.mail("gone@example.org").ID))
	slices.Reverse(want)
	for name, errs := range map[string][2]error{
		"passkey": {second(w.store.AuthenticatorByHandle(ctx, lost.key.Handle)), second(w.store.AuthenticatorByHandle(ctx, kept.key.Handle))},
		"device":  {second(w.store.Device(ctx, lost.device.ID)), second(w.store.Device(ctx, kept.device.ID))},
		"ticket":  {second(w.store.Ticket(ctx, lost.ticket.ID)), second(w.store.Ticket(ctx, kept.ticket.ID))},
		"avatar":  {second(w.store.Avatar(ctx, lost.face.ID)), second(w.store.Avatar(ctx, kept.face.ID))},
	} {
		if errs[0] == nil || errs[1] != nil {
			t.Errorf("%s: of who is gone %v, of who stays %v", name, errs[0], errs[1])
		}
	}
	same(w, must(w.store.RecoveryCodes(ctx, gone.ID))(w), nil, nil)
	same(w, must(w.store.Enrolled(ctx, stays.ID))(w), nil, core.Enrolled{Passkeys: 1, RecoveryCodes: 1})
	same(w, names(must(w.store.Mails(ctx, 9))(w), func(m core.Mail) string { return string(m.ID) }), nil, want)
}

func testSweepFactors(t *testing.T, w *world) {
	ctx := t.Context()
	user := w.user("ann")
	now := start.Add(100 * 24 * time.Hour)
	at := func(ends time.Time) (device, ticket, mail core.ID) {
		device, ticket, mail = w.id(), w.id(), w.id()
		w.apply(
			core.AddDevice{Device: core.Device{ID: device, UserID: user.ID, ExpiresAt: ends}},
			core.SaveTicket{Ticket: core.Ticket{ID: ticket, Purpose: core.TicketReset, ExpiresAt: ends}},
			core.SendMail{Mail: core.Mail{ID: mail, To: "a@example.org", Template: "reset", ExpiresAt: ends}},
		)
		return device, ticket, mail
	}
	// A mail leaves time to give it up, and to say so.
	_, ticket1, _ := at(now.Add(-24 * time.Hour))
	_, ticket2, mail2 := at(now)
	device3, ticket3, mail3 := at(now.Add(time.Millisecond))
	if deleted, err := w.store.Sweep(ctx, now); err != nil || deleted != 5 {
		t.Errorf("deleted %d, %v", deleted, err)
	}
	same(w, names(must(w.store.Devices(ctx, user.ID))(w), func(d core.Device) string { return string(d.ID) }), nil, []string{string(device3)})
	same(w, names(must(w.store.Mails(ctx, 9))(w), func(m core.Mail) string { return string(m.ID) }), nil, []string{string(mail3), string(mail2)})
	for ticket, want := range map[core.ID]bool{ticket1: false, ticket2: false, ticket3: true} {
		if _, err := w.store.Ticket(ctx, ticket); (err == nil) != want {
			t.Errorf("ticket: %v, want %v", err, want)
		}
	}
}

// Of a person's sessions, they may end one, and nobody else's.
func testOneOfTheSessions(t *testing.T, w *world) {
	ctx := t.Context()
	ann, bob, client := w.user("ann"), w.user("bob"), w.client("c")
	first, second, his := w.session(ann), w.session(ann), w.session(bob)
	grant := core.Grant{ID: w.id(), ClientID: client.ID, UserID: ann.ID, SessionID: first.ID, CreatedAt: start}
	w.apply(core.IssueCode{Grant: grant})
	w.refused(core.ErrNotFound, core.EndSession{ID: first.ID, UserID: bob.ID, At: start})
	w.refused(core.ErrNotFound, core.EndSession{ID: "nothing", UserID: bob.ID, At: start})
	all, err := w.store.Sessions(ctx, ann.ID)
	same(w, all, err, []core.Session{second, first})
	if code := must(w.store.Code(ctx, grant.ID))(w); code.Grant.Revoked() {
		t.Error("somebody else ended a grant")
	}

	end := core.EndSession{ID: first.ID, UserID: ann.ID, At: start.Add(time.Second)}
	w.apply(end, end)
	same(w, must(w.store.Sessions(ctx, ann.ID))(w), nil, []core.Session{second})
	same(w, must(w.store.Sessions(ctx, bob.ID))(w), nil, []core.Session{his})
	if code := must(w.store.Code(ctx, grant.ID))(w); !code.Grant.RevokedAt.Equal(end.At) {
		t.Error("the grant lives")
	}
}

func testConnectedClients(t *testing.T, w *world) {
	ctx := t.Context()
	ann, bob := w.user("ann"), w.user("bob")
	a, b, c, d := w.client("a"), w.client("b"), w.client("c"), w.client("d")
	consent := core.Consent{UserID: ann.ID, ClientID: b.ID, Scopes: []string{"email", "openid"}, GrantedAt: start, UpdatedAt: start.Add(time.Second)}
	other := core.Consent{UserID: ann.ID, ClientID: a.ID, GrantedAt: start, UpdatedAt: start}
	w.apply(core.SaveConsent{Consent: consent}, core.SaveConsent{Consent: other})
	all, err := w.store.Consents(ctx, ann.ID)
	same(w, all, err, []core.Consent{other, consent})

	give := func(u core.User, c core.Client, from, to time.Duration, scopes ...string) core.ID {
		g := core.Grant{ID: w.id(), UserID: u.ID, ClientID: c.ID, Scopes: scopes, CreatedAt: start.Add(from), ExpiresAt: start.Add(to)}
		w.apply(core.IssueCode{Grant: g})
		return g.ID
	}
	now := start.Add(time.Hour)
	give(ann, b, time.Second, 2*time.Hour, "openid", "email")
	give(ann, b, 3*time.Second, 2*time.Hour, "openid", "profile")
	give(ann, b, 2*time.Second, 2*time.Hour, "openid", "email")
	give(ann, b, 0, time.Hour, "openid", "phone") // expired
	give(ann, c, 0, time.Hour)
	give(ann, a, time.Minute, 2*time.Hour)
	w.apply(core.RevokeGrant{ID: give(ann, d, 0, 2*time.Hour), At: start, Reason: "why"})
	give(bob, d, 0, 2*time.Hour)
	clients, err := w.store.ConnectedClients(ctx, ann.ID, now)
	same(w, clients, err, []core.ConnectedClient{
		{ClientID: "a", Since: start.Add(time.Minute), LastUsedAt: start.Add(time.Minute)},
		{ClientID: "b", Scopes: []string{"email", "openid", "profile"}, Since: start.Add(time.Second), LastUsedAt: start.Add(3 * time.Second)},
	})
	w.apply(core.WithdrawConsent{UserID: ann.ID, ClientID: b.ID, At: now})
	clients, err = w.store.ConnectedClients(ctx, ann.ID, now)
	same(w, names(clients, func(c core.ConnectedClient) string { return c.ClientID }), err, []string{"a"})
}

// What somebody did is found without what their clients did.
func testActivity(t *testing.T, w *world) {
	record := func(user core.ID, kind core.EventType, client string) core.ID {
		e := core.Event{ID: w.id(), At: w.now, Type: kind, UserID: user, ClientID: client, Correlation: "ref"}
		w.apply(core.Record{Event: e})
		return e.ID
	}
	signedIn := record("ann", core.EventSignedIn, "c")
	for _, kind := range []core.EventType{core.EventCodeIssued, core.EventTokenIssued, core.EventTokenRefreshed} {
		record("ann", kind, "c")
	}
	record("bob", core.EventSignedIn, "c")
	failed := record("ann", core.EventSignInFailed, "d")
	for _, test := range []struct {
		filter core.EventFilter
		want   []core.ID
	}{
		{core.EventFilter{UserID: "ann"}, []core.ID{failed, signedIn}},
		{core.EventFilter{UserID: "ann", Limit: 1}, []core.ID{failed}},
		{core.EventFilter{UserID: "ann", ClientID: "c"}, []core.ID{signedIn}},
		{core.EventFilter{UserID: "ann", Type: core.EventSignInFailed}, []core.ID{failed}},
		{core.EventFilter{UserID: "ann", Correlation: "other"}, nil},
		{core.EventFilter{UserID: "ann", Since: w.now.Add(time.Second)}, nil},
		{core.EventFilter{UserID: "nobody"}, nil},
	} {
		test.filter.Activity = true
		events, err := w.store.Events(t.Context(), test.filter)
		same(w, names(events, func(e core.Event) core.ID { return e.ID }), err, test.want)
	}
}

// With which browser somebody signed in is known for longer than a session lasts.
func testSignedInWith(t *testing.T, w *world) {
	ann := w.user("ann")
	record := func(user core.ID, kind core.EventType, detail map[string]string) {
		w.apply(core.Record{Event: core.Event{ID: w.id(), At: w.now, Type: kind, UserID: user, Detail: detail}})
	}
	record(ann.ID, core.EventSignedIn, map[string]string{"method": "password", "browser": "Firefox (Linux)"})
	record(ann.ID, core.EventSignedIn, map[string]string{"browser": `Quote" (\ü)`})
	record(ann.ID, core.EventSignInFailed, map[string]string{"browser": "Safari (iOS)"})
	record("bob", core.EventSignedIn, map[string]string{"browser": "Edge (Windows)"})
	record("bob", core.EventSignedIn, nil)
	if _, err := w.store.Sweep(t.Context(), w.now.Add(1000*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		user    core.ID
		browser string
		want    bool
	}{
		{ann.ID, "Firefox (Linux)", true},
		{ann.ID, `Quote" (\ü)`, true},
		{ann.ID, "firefox (linux)", false},
		{ann.ID, "Firefox", false},
		{ann.ID, "Safari (iOS)", false},
		{ann.ID, "Edge (Windows)", false},
		{ann.ID, "", false},
		{"bob", "Edge (Windows)", true},
		{"bob", "", true},
		{"nobody", "", false},
	} {
		if got, err := w.store.SignedInWith(t.Context(), test.user, test.browser); err != nil || got != test.want {
			t.Errorf("%s with %q: %v, %v", test.user, test.browser, got, err)
		}
	}
}
