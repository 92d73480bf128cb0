package upstream_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/upstream"
)

// ann is somebody of the connector's organisation whose address is verified.
func ann() *core.User {
	return &core.User{ID: "ann", Org: "built-in", Name: "ann", Email: "ann@example.org", EmailVerified: true}
}

func linkedTo(user *core.User) *core.Linked {
	return &core.Linked{
		Link: core.Link{Connector: "up", Subject: "1", UserID: user.ID}, User: *user, Org: core.Organisation{Name: user.Org},
	}
}

func signedIn(user *core.User) *core.SignedIn {
	return &core.SignedIn{User: *user, Org: core.Organisation{Name: user.Org}}
}

func with(user *core.User, edit func(*core.User)) *core.User {
	edit(user)
	return user
}

// TestDecide has the table of who a person is, a row for each of its rows.
func TestDecide(t *testing.T) {
	off := func(u *core.User) { u.Disabled = true }
	admin := func(u *core.User) { u.Admin = true }
	unverified := func(u *core.User) { u.EmailVerified = false }
	olga := core.User{ID: "olga", Org: "other", Name: "olga"}
	for _, row := range []struct {
		name string
		edit func(*upstream.Facts)
		want upstream.Act
		user core.ID
		why  string // "kind reason" of a refusal
	}{
		{"closed", func(f *upstream.Facts) { f.Closed = "connector_disabled" }, upstream.ActRefuse, "", "closed connector_disabled"},
		{"closed, although the person is known", func(f *upstream.Facts) { f.Closed, f.Linked = "connector_not_bound", linkedTo(ann()) }, upstream.ActRefuse, "", "closed connector_not_bound"},

		{"known", func(f *upstream.Facts) { f.Linked = linkedTo(ann()) }, upstream.ActSignIn, "ann", ""},
		{"known, an administrator", func(f *upstream.Facts) { f.Linked = linkedTo(with(ann(), admin)) }, upstream.ActSignIn, "ann", ""},
		{"known, now with another's address", func(f *upstream.Facts) {
			f.Linked, f.Holder = linkedTo(ann()), &core.User{ID: "ben", Org: "built-in", Email: "ann@example.org", EmailVerified: true}
		}, upstream.ActSignIn, "ann", ""},
		{"known, disabled", func(f *upstream.Facts) { f.Linked = linkedTo(with(ann(), off)) }, upstream.ActRefuse, "", "unknown user_disabled"},
		{"known, organisation disabled", func(f *upstream.Facts) { f.Linked = linkedTo(ann()); f.Linked.Org.Disabled = true }, upstream.ActRefuse, "", "unknown organisation_disabled"},
		{"known, at a client of another organisation", func(f *upstream.Facts) {
			f.Linked, f.Client = linkedTo(ann()), &core.Client{ID: "c", Org: "other"}
		}, upstream.ActRefuse, "", "unknown organisation_not_admitted"},
		{"known, at a shared client", func(f *upstream.Facts) {
			f.Linked, f.Client = linkedTo(ann()), &core.Client{ID: "c", Org: "other", Shared: true}
		}, upstream.ActSignIn, "ann", ""},

		{"link", func(f *upstream.Facts) { f.For = signedIn(ann()) }, upstream.ActLink, "ann", ""},
		{"link, an administrator", func(f *upstream.Facts) { f.For = signedIn(with(ann(), admin)) }, upstream.ActLink, "ann", ""},
		{"link, whatever the address", func(f *upstream.Facts) {
			f.For, f.Holder = signedIn(&core.User{ID: "ben", Org: "built-in"}), ann()
		}, upstream.ActLink, "ben", ""},
		{"link, one's own already", func(f *upstream.Facts) { f.For, f.Linked = signedIn(ann()), linkedTo(ann()) }, upstream.ActNothing, "ann", ""},
		{"link, another's", func(f *upstream.Facts) {
			f.For, f.Linked = signedIn(&core.User{ID: "ben", Org: "built-in"}), linkedTo(ann())
		}, upstream.ActRefuse, "", "denied linked_to_another_user"},
		{"link, of another organisation", func(f *upstream.Facts) { f.For = signedIn(&olga) }, upstream.ActRefuse, "", "denied organisation_other"},
		{"link, disabled", func(f *upstream.Facts) { f.For = signedIn(with(ann(), off)) }, upstream.ActRefuse, "", "denied user_disabled"},
		{"link, organisation disabled", func(f *upstream.Facts) { f.For = signedIn(ann()); f.For.Org.Disabled = true }, upstream.ActRefuse, "", "denied organisation_disabled"},

		{"address", func(f *upstream.Facts) { f.Holder = ann() }, upstream.ActLinkByEmail, "ann", ""},
		{"address, not to be linked", func(f *upstream.Facts) { f.Holder, f.Connector.LinkByEmail = ann(), false }, upstream.ActRefuse, "", "unknown email_does_not_link"},
		{"address, unverified there", func(f *upstream.Facts) { f.Holder, f.Verified = ann(), false }, upstream.ActRefuse, "", "unknown email_unverified_there"},
		{"address, unverified here", func(f *upstream.Facts) { f.Holder = with(ann(), unverified) }, upstream.ActRefuse, "", "unknown email_unverified_here"},
		{"address, in capitals", func(f *upstream.Facts) { f.Holder, f.Email = ann(), "Ann@example.org" }, upstream.ActRefuse, "", "unknown email_not_identical"},
		{"address, not plain", func(f *upstream.Facts) { f.Holder, f.Plain = ann(), false }, upstream.ActRefuse, "", "unknown email_not_identical"},
		{"address that is a login name", func(f *upstream.Facts) {
			f.Holder = with(ann(), func(u *core.User) { u.Name, u.Email = "ann@example.org", "" })
		}, upstream.ActRefuse, "", "unknown email_not_identical"},
		{"address, disabled", func(f *upstream.Facts) { f.Holder = with(ann(), off) }, upstream.ActRefuse, "", "unknown user_disabled"},
		{"address, administrator", func(f *upstream.Facts) { f.Holder = with(ann(), admin) }, upstream.ActRefuse, "", "unknown administrator"},
		{"address, somebody with a role", func(f *upstream.Facts) { f.Holder, f.HolderRules = ann(), true }, upstream.ActRefuse, "", "unknown administrator"},
		{"address that went to somebody else", func(f *upstream.Facts) { f.Holder, f.HolderLinked = ann(), true }, upstream.ActRefuse, "", "unknown linked_to_another_person"},

		{"nobody", func(*upstream.Facts) {}, upstream.ActCreate, "", ""},
		{"nobody, none are made", func(f *upstream.Facts) { f.Connector.CreateUsers = false }, upstream.ActRefuse, "", "unknown nobody_linked"},
		{"nobody, without address", func(f *upstream.Facts) { f.Email, f.Verified, f.Plain = "", false, false }, upstream.ActCreate, "", ""},
	} {
		facts := upstream.Facts{
			Connector: &core.Connector{Instance: "up", Org: "built-in", CreateUsers: true, LinkByEmail: true},
			Client:    &core.Client{ID: "rp", Org: "built-in"},
			Email:     "ann@example.org", Verified: true, Plain: true,
		}
		row.edit(&facts)
		got := upstream.Decide(facts)
		var user core.ID
		if got.User != nil {
			user = got.User.ID
		}
		if why := strings.TrimSpace(string(got.Kind) + " " + got.Reason); got.Act != row.want || user != row.user || why != row.why {
			t.Errorf("%s: %v %q %q", row.name, got.Act, user, why)
		}
	}
}

// TestDecideIsSafe goes through every combination of what a decision depends on and
// holds what must never happen, whatever the table says.
func TestDecideIsSafe(t *testing.T) {
	decisions := map[upstream.Act]int{}
	combinations(t, func(f upstream.Facts) {
		d := upstream.Decide(f)
		decisions[d.Act]++
		if broken := violated(f, d); broken != "" {
			t.Fatalf("%s: %+v gives %+v", broken, f, d)
		}
	})
	for act := upstream.ActRefuse; act <= upstream.ActCreate; act++ {
		if decisions[act] == 0 {
			t.Errorf("no combination gives %v", act)
		}
	}
}

// violated names what must never happen and did.
func violated(f upstream.Facts, d upstream.Decision) string {
	for _, rule := range []struct {
		name   string
		broken bool
	}{
		{"a closed connector does nothing", f.Closed != "" && d.Act != upstream.ActRefuse},
		{"a refusal says why and names nobody", d.Act == upstream.ActRefuse && (d.Reason == "" || d.Kind == "" || d.User != nil)},
		{"an act has no reason, and a user unless it makes one", d.Act != upstream.ActRefuse && (d.Reason != "" || (d.User == nil) != (d.Act == upstream.ActCreate))},
		{"a disabled user never signs in and is never linked", d.User != nil && d.User.Disabled},
		{"nobody of a disabled organisation signs in", d.Act == upstream.ActSignIn && f.Linked.Org.Disabled},
		{"the user of a link signs in, or nobody", d.Act == upstream.ActSignIn && d.User.ID != f.Linked.Link.UserID},
		{"a link never changes its owner", f.Linked != nil && d.User != nil && d.User.ID != f.Linked.Link.UserID},
		{"a known person is never linked or made anew", f.Linked != nil && slices.Contains([]upstream.Act{upstream.ActLink, upstream.ActLinkByEmail, upstream.ActCreate}, d.Act)},
		{"whoever wants to link is linked, or nobody", f.For != nil && d.User != nil && d.User.ID != f.For.User.ID},
		{"linking never signs in and never makes a user", f.For != nil && slices.Contains([]upstream.Act{upstream.ActSignIn, upstream.ActLinkByEmail, upstream.ActCreate}, d.Act)},
		{"nobody of another organisation is linked", slices.Contains([]upstream.Act{upstream.ActLink, upstream.ActLinkByEmail}, d.Act) && d.User.Org != f.Connector.Org},
		{"an unverified address never links", d.Act == upstream.ActLinkByEmail && !(f.Verified && d.User.EmailVerified)},
		{"an address links only itself", d.Act == upstream.ActLinkByEmail && !(f.Plain && d.User.Email == f.Email)},
		{"an address links only where the operator wants so", d.Act == upstream.ActLinkByEmail && !f.Connector.LinkByEmail},
		{"an administrator is never linked by an address", d.Act == upstream.ActLinkByEmail && (d.User.Admin || f.HolderRules)},
		{"a second person with the address is never linked by it", d.Act == upstream.ActLinkByEmail && f.HolderLinked},
		{"no user is made beside one with the address", d.Act == upstream.ActCreate && f.Holder != nil},
		{"no user is made unless the operator wants so", d.Act == upstream.ActCreate && !f.Connector.CreateUsers},
		{"nobody signs in at a client that does not admit them", d.Act == upstream.ActSignIn && f.Client != nil && !f.Client.Admits(d.User.Org)},
	} {
		if rule.broken {
			return rule.name
		}
	}
	return ""
}

// combinations calls with every combination of facts.
func combinations(t *testing.T, try func(upstream.Facts)) {
	t.Helper()
	count := 0
	var users []*core.User // nil: nobody
	for bits := range 32 {
		users = append(users, &core.User{
			ID: []core.ID{"ann", "ben"}[bits&1], Org: "built-in", Disabled: bits&2 != 0, Admin: bits&4 != 0,
			EmailVerified: bits&8 != 0, Email: []string{"ann@example.org", "Ann@example.org"}[bits>>4],
		})
	}
	abroad := *users[0]
	abroad.Org = "other"
	people := append([]*core.User{nil, &abroad}, users...)
	for flags := range 1 << 10 {
		is := func(bit int) bool { return flags&(1<<bit) != 0 }
		f := upstream.Facts{
			Connector: &core.Connector{Instance: "up", Org: "built-in", CreateUsers: is(0), LinkByEmail: is(1)},
			Email:     "ann@example.org", Verified: is(2), Plain: is(3), HolderLinked: is(4),
		}
		if is(5) {
			f.Closed = "connector_disabled"
		}
		if is(6) {
			f.Client = &core.Client{Org: "other", Shared: is(7)}
		}
		for _, known := range people {
			for _, other := range people {
				g := f
				if known != nil {
					g.Linked = linkedTo(known)
					g.Linked.Org.Disabled = is(8)
				}
				if other != nil && is(9) {
					g.For = signedIn(other)
					g.For.Org.Disabled = is(8)
				}
				if other != nil && other.Org == "built-in" && !is(9) {
					g.Holder, g.HolderRules = other, is(8)
				}
				count++
				try(g)
			}
		}
	}
	if count < 1<<20 {
		t.Fatalf("only %d combinations", count)
	}
}
