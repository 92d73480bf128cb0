package storetest

import (
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

// versioned is an object of each kind, as it is stored.
type versioned struct {
	org       core.Organisation
	user      core.User
	group     core.Group
	client    core.Client
	account   core.ServiceAccount
	connector core.Connector
	instance  core.PluginInstance
}

func (w *world) versioned() *versioned {
	w.Helper()
	w.apply(core.CreateGroup{Group: core.Group{ID: w.id(), Org: core.DefaultOrganisation, Name: "crew", CreatedAt: start, UpdatedAt: start}})
	w.user("ann")
	w.client("c")
	w.organisation("acme")
	w.account("acme", "robot")
	w.connector("idp")
	return w.stored()
}

func (w *world) stored() *versioned {
	w.Helper()
	ctx := w.Context()
	config := w.plugins()
	return &versioned{
		org:       *must(w.store.Organisation(ctx, "acme"))(w),
		user:      *must(w.store.UserByLogin(ctx, core.DefaultOrganisation, "ann"))(w),
		group:     *must(w.store.Group(ctx, core.DefaultOrganisation, "crew"))(w),
		client:    *must(w.store.Client(ctx, "c"))(w),
		account:   must(w.store.ServiceAccounts(ctx, "acme"))(w)[0],
		connector: config.Connectors[0],
		instance:  config.Instances[0],
	}
}

// keep gives what holds the objects to a state, by kind.
func (v *versioned) keep() []core.KeepVersion {
	return []core.KeepVersion{
		{Kind: core.KindOfOrganisation, ID: v.org.Name, Was: v.org.UpdatedAt},
		{Kind: core.KindOfUser, ID: string(v.user.ID), Was: v.user.UpdatedAt},
		{Kind: core.KindOfGroup, ID: string(v.group.ID), Was: v.group.UpdatedAt},
		{Kind: core.KindOfClient, ID: v.client.ID, Was: v.client.UpdatedAt},
		{Kind: core.KindOfServiceAccount, ID: string(v.account.ID), Was: v.account.UpdatedAt},
		{Kind: core.KindOfInstance, ID: v.instance.Name, Was: v.instance.UpdatedAt},
	}
}

// What is done on the condition of a state is not done to another one.
func testKeepVersion(t *testing.T, w *world) {
	for _, keep := range w.versioned().keep() {
		rename := core.SetProfile{UserID: w.stored().user.ID, Profile: core.Profile{Nickname: string(keep.Kind)}, At: start}
		if keep.Kind == core.KindOfUser {
			keep.Was = w.stored().user.UpdatedAt // the other kinds moved it on
		}
		w.apply(keep, rename)
		stale := keep
		stale.Was = keep.Was.Add(-time.Millisecond)
		w.refused(core.ErrStale, rename, stale)
		w.refused(core.ErrConflict, rename, stale)
		stale.Was = keep.Was.Add(time.Hour)
		w.refused(core.ErrStale, stale)
		stale.ID = "gone"
		w.refused(core.ErrNotFound, stale)
		stale.Was = time.Time{}
		w.apply(stale) // of whatever state, and whether it is there or not
		if got := w.stored().user.Profile.Nickname; got != string(keep.Kind) {
			t.Errorf("%s: the user is %q", keep.Kind, got)
		}
	}
	if err := w.store.Apply(t.Context(), core.KeepVersion{Kind: "session", ID: "x", Was: start}); err == nil {
		t.Error("a kind without a version was accepted")
	}
}

func testKeepRole(t *testing.T, w *world) {
	ann := w.user("ann")
	w.apply(core.KeepRole{Holder: ann.ID})
	w.refused(core.ErrStale, core.KeepRole{Holder: ann.ID, Role: core.RoleOwner})
	w.organisation("acme")
	w.role(ann.ID, "acme", core.RoleAuditor)
	w.apply(core.KeepRole{Holder: ann.ID, Org: "acme", Role: core.RoleAuditor}, core.KeepRole{Holder: ann.ID})
	for _, role := range []core.Role{"", core.RoleOwner} {
		w.refused(core.ErrStale, core.KeepRole{Holder: ann.ID, Org: "acme", Role: role})
	}
}

// Whatever changes an object moves its version on, also twice at one moment and where the
// clock goes back.
func testVersionsMove(t *testing.T, w *world) {
	v := w.versioned()
	v.client.AllowedGroups = []string{"crew"}
	own := *must(w.store.Organisation(t.Context(), core.DefaultOrganisation))(w)
	own.Rules.Registration.Groups = []string{"crew"}
	v.group.Name, v.group.UpdatedAt = "staff", start
	binding := core.PluginBinding{ID: w.id(), Instance: "idp", Hook: core.HookLogin, CreatedAt: start}
	ofClient := core.PluginBinding{ID: w.id(), Instance: "idp", Hook: core.HookClaims, ClientID: "second", CreatedAt: start}
	ofOther := core.PluginBinding{ID: w.id(), Instance: "idp", Hook: core.HookAccount, ClientID: "third", CreatedAt: start}
	third := core.Client{ID: "third", Org: "acme", Name: "third"}
	w.client("second")
	w.apply(core.UpdateClient{Client: v.client}, core.UpdateOrganisation{Organisation: own}, core.CreateClient{Client: third})
	secret := core.PluginSecret{Name: "s", Sealed: []byte{1}, UpdatedAt: start.Add(-time.Hour)}
	instance := func() time.Time { return w.plugins().Instances[0].UpdatedAt }
	user := func() time.Time { return must(w.store.User(t.Context(), v.user.ID))(w).UpdatedAt }
	client := func() time.Time { return must(w.store.Client(t.Context(), "c"))(w).UpdatedAt }
	for _, c := range []struct {
		name   string
		change core.Change
		at     func() time.Time
	}{
		{"secret", core.SaveSecret{Instance: "idp", Secret: secret}, instance},
		{"the same secret", core.SaveSecret{Instance: "idp", Secret: secret}, instance},
		{"secret gone", core.DeleteSecret{Instance: "idp", Name: "s"}, instance},
		{"binding", core.AddBinding{Binding: binding}, instance},
		{"binding gone", core.RemoveBinding{ID: binding.ID}, instance},
		{"binding to a client", core.AddBinding{Binding: ofClient}, instance},
		{"client gone", core.DeleteClient{ID: "second"}, instance},
		{"binding to another client", core.AddBinding{Binding: ofOther}, instance},
		{"connector", core.SaveConnector{Connector: v.connector}, instance},
		{"profile", core.SetProfile{UserID: v.user.ID, At: start}, user},
		{"profile again", core.SetProfile{UserID: v.user.ID, At: start.Add(-time.Hour)}, user},
		{"address", core.SetEmail{UserID: v.user.ID, Email: "a@b.example", At: start}, user},
		{"client of a group", core.UpdateGroup{Group: v.group}, client},
		{"connector gone", core.DeleteConnector{Instance: "idp"}, instance},
		{"organisation gone", core.DeleteOrganisation{Name: "acme", At: start}, instance},
	} {
		before := c.at()
		w.apply(c.change)
		if !c.at().After(before) {
			t.Errorf("%s: %v, after %v", c.name, c.at(), before)
		}
	}
	if is := must(w.store.Organisation(t.Context(), core.DefaultOrganisation))(w); !is.UpdatedAt.After(own.UpdatedAt) {
		t.Error("the organisation has the version from before its group was renamed")
	}
}

// editor counts one up in an object of a kind, on the condition that it is as it was read.
type editor struct {
	kind core.Kind
	edit func(*versioned) []core.Change
	read func(*versioned) string
}

func up(text string) string {
	n, _ := strconv.Atoi(text) // nothing is zero
	return strconv.Itoa(n + 1)
}

func editors() []editor {
	return []editor{
		{core.KindOfOrganisation, func(v *versioned) []core.Change {
			was := v.org.UpdatedAt
			v.org.DisplayName, v.org.UpdatedAt = up(v.org.DisplayName), was.Add(time.Millisecond)
			return []core.Change{core.UpdateOrganisation{Organisation: v.org, Was: was}}
		}, func(v *versioned) string { return v.org.DisplayName }},
		{core.KindOfUser, func(v *versioned) []core.Change {
			was := v.user.UpdatedAt
			v.user.Profile.Nickname, v.user.UpdatedAt = up(v.user.Profile.Nickname), was.Add(time.Millisecond)
			return []core.Change{core.UpdateUser{User: v.user, Was: was}}
		}, func(v *versioned) string { return v.user.Profile.Nickname }},
		{core.KindOfGroup, func(v *versioned) []core.Change {
			was := v.group.UpdatedAt
			v.group.DisplayName, v.group.UpdatedAt = up(v.group.DisplayName), was.Add(time.Millisecond)
			return []core.Change{core.UpdateGroup{Group: v.group, Was: was}}
		}, func(v *versioned) string { return v.group.DisplayName }},
		{core.KindOfClient, func(v *versioned) []core.Change {
			was := v.client.UpdatedAt
			v.client.DisplayName, v.client.UpdatedAt = up(v.client.DisplayName), was.Add(time.Millisecond)
			return []core.Change{core.UpdateClient{Client: v.client, Was: was}}
		}, func(v *versioned) string { return v.client.DisplayName }},
		{core.KindOfServiceAccount, func(v *versioned) []core.Change {
			was := v.account.UpdatedAt
			v.account.Description, v.account.UpdatedAt = up(v.account.Description), was.Add(time.Millisecond)
			return []core.Change{core.UpdateServiceAccount{Account: v.account, Was: was}}
		}, func(v *versioned) string { return v.account.Description }},
		{"connector", func(v *versioned) []core.Change {
			v.connector.DisplayName = up(v.connector.DisplayName)
			return []core.Change{v.keep()[5], core.SaveConnector{Connector: v.connector}}
		}, func(v *versioned) string { return v.connector.DisplayName }},
		{core.KindOfInstance, func(v *versioned) []core.Change {
			was := v.instance.UpdatedAt
			v.instance.Limits.MemoryMiB, v.instance.UpdatedAt = v.instance.Limits.MemoryMiB+1, was.Add(time.Millisecond)
			return []core.Change{core.SaveInstance{Instance: v.instance, Was: was}}
		}, func(v *versioned) string { return strconv.Itoa(v.instance.Limits.MemoryMiB) }},
	}
}

// Two who edit the same at once, and do it again when they are told that the other was
// faster, lose nothing of what either did.
func testTwoEditors(t *testing.T, w *world) {
	const each = 20
	w.versioned()
	for _, e := range editors() {
		start, _ := strconv.Atoi(e.read(w.stored())) // what is no number is nothing
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() {
				for done := 0; done < each; {
					switch err := w.store.Apply(w.Context(), e.edit(w.stored())...); {
					case err == nil:
						done++
					case !errors.Is(err, core.ErrStale):
						t.Errorf("%s: %v", e.kind, err)
						return
					}
				}
			})
		}
		group.Wait()
		if got := e.read(w.stored()); got != strconv.Itoa(start+2*each) {
			t.Errorf("%s: %s changes of %d are there", e.kind, got, start+2*each)
		}
	}
}
