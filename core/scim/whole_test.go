package scim_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/store"
)

// applied counts the lists of changes that reach the store, and the users that it gives.
type applied struct {
	*store.Store
	lists [][]core.Change
	read  int
	// before is done once, before the next list.
	before func()
}

func (a *applied) Users(ctx context.Context, filter core.UserFilter) ([]core.User, error) {
	found, err := a.Store.Users(ctx, filter)
	a.read += len(found)
	return found, err
}

func (a *applied) Apply(ctx context.Context, changes ...core.Change) error {
	if before := a.before; before != nil {
		a.before = nil
		before()
	}
	a.lists = append(a.lists, changes)
	return a.Store.Apply(ctx, changes...)
}

// state is all that a request may have changed, as text.
func (w *world) state() string {
	w.t.Helper()
	var all strings.Builder
	users, err := w.store.Users(w.t.Context(), core.UserFilter{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, u := range users {
		fmt.Fprintf(&all, "%+v\n", u)
	}
	groups, err := w.store.Groups(w.t.Context(), "")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, g := range groups {
		fmt.Fprintf(&all, "%+v %s\n", g, w.members(g.Name))
	}
	events, err := w.store.Events(w.t.Context(), core.EventFilter{})
	if err != nil {
		w.t.Fatal(err)
	}
	fmt.Fprintf(&all, "%+v\n", events)
	return all.String()
}

// kinds are the types of events since the moment, in order.
func (w *world) kinds(since time.Time) string {
	w.t.Helper()
	events, err := w.store.Events(w.t.Context(), core.EventFilter{})
	if err != nil {
		w.t.Fatal(err)
	}
	var kinds []string
	for _, e := range events {
		if !e.At.Before(since) {
			kinds = append(kinds, string(e.Type))
		}
	}
	slices.Sort(kinds)
	return strings.Join(kinds, " ")
}

// A request is one list of changes, whatever it changes.
func TestOneTransaction(t *testing.T) {
	w := newWorld(t)
	berta, carl := w.user("berta", "").id(), w.user("carl", "").id()
	staff := "/Groups/" + w.groupOf("Staff", carl).id()
	counted := &applied{Store: w.store}
	w.admin.Store = counted
	anna := "/Users/" + w.user("anna", "").id()
	for name, test := range map[string]struct {
		ask  func() *answer
		kind string
	}{
		"POST": {func() *answer { return w.user("dora", `"active":false,"password":"correct horse","title":"Boss"`) }, "user.created"},
		"PUT": {func() *answer {
			return w.ask("PUT", anna, `{"schemas":["`+urnUser+`"],"userName":"ann","active":false,"password":"correct horse","emails":[{"value":"ann@example.org"}]}`).is(200).has(false, "active")
		}, "user.disabled user.password_set user.updated"},
		"PATCH": {func() *answer {
			return w.patch("/Users/"+berta, `{"op":"replace","value":{"title":"Boss","active":"False","password":"correct horse"}}`).is(200).has("Boss", "title")
		}, "user.disabled user.password_set user.updated"},
		"PATCH of whether somebody may sign in": {func() *answer {
			return w.patch("/Users/"+carl, `{"op":"replace","path":"active","value":false}`).is(200)
		}, "user.disabled"},
		"PUT of a group": {func() *answer {
			return w.ask("PUT", staff, `{"schemas":["`+urnGroup+`"],"displayName":"All","externalId":"7","members":[{"value":"`+berta+`"}]}`).is(200)
		}, "group.member_added group.member_removed group.updated"},
	} {
		w.now = w.now.Add(time.Minute)
		counted.lists = nil
		since := w.now
		test.ask()
		if len(counted.lists) != 1 {
			t.Errorf("%s is %d lists of changes: %+v", name, len(counted.lists), counted.lists)
		}
		if got := w.kinds(since); got != test.kind {
			t.Errorf("%s is recorded as %s", name, got)
		}
	}
}

// A request of which a part cannot be leaves nothing behind, no event either.
func TestNothingIsHalfDone(t *testing.T) {
	w := newWorld(t)
	anna := w.user("anna", `"emails":[{"value":"anna@example.org"}],"password":"correct horse"`).id()
	berta := w.user("berta", "").id()
	staff := w.groupOf("Staff", anna).id()
	w.groupOf("Sales")
	root, err := w.admin.CreateUser(t.Context(), admin.Actor{Name: "cli:tester"}, admin.NewUser{Name: "root", Admin: true})
	if err != nil {
		t.Fatal(err)
	}
	user, group := "/Users/"+anna, "/Groups/"+staff
	everything := w.who
	helpless := everything
	helpless.Only = []core.Permission{core.ReadUsers, core.WriteUsers, core.ReadGroups, core.WriteGroups}
	before := w.state()
	for name, test := range map[string]struct {
		ask    func() *answer
		status int
	}{
		"a weak password": {func() *answer {
			return w.patch(user, `{"op":"replace","value":{"title":"Boss","userName":"ann","active":false,"password":"x"}}`)
		}, 400},
		"a weak password, replaced": {func() *answer {
			return w.ask("PUT", user, `{"schemas":["`+urnUser+`"],"userName":"ann","active":false,"password":"x"}`)
		}, 400},
		"a name that is taken": {func() *answer {
			return w.patch(user, `{"op":"replace","value":{"userName":"berta","active":false,"password":"another horse"}}`)
		}, 409},
		"an address that is none": {func() *answer {
			return w.patch(user, `{"op":"replace","value":{"emails":[{"value":"x"}],"active":false,"password":"another horse"}}`)
		}, 400},
		"who may not disable": {func() *answer {
			w.who = helpless
			return w.patch(user, `{"op":"replace","value":{"title":"Boss","active":false,"password":"another horse"}}`)
		}, 403},
		"the last owner": {func() *answer {
			return w.patch("/Users/"+string(root.User.ID), `{"op":"replace","value":{"title":"Boss","active":false}}`)
		}, 400},
		"a second operation": {func() *answer {
			return w.patch(user, `{"op":"replace","path":"title","value":"Boss"},{"op":"replace","path":"nothing","value":"x"}`)
		}, 400},
		"a new user": {func() *answer {
			return w.ask("POST", "/Users", `{"schemas":["`+urnUser+`"],"userName":"carl","active":false,"password":"x"}`)
		}, 400},
		"a member who is nobody": {func() *answer {
			return w.patch(group, `{"op":"replace","path":"displayName","value":"All"},{"op":"add","path":"members","value":[{"value":"`+berta+`"},{"value":"nobody"}]}`)
		}, 400},
		"members one of whom is nobody": {func() *answer {
			return w.patch(group, `{"op":"add","path":"members","value":[{"value":"`+berta+`"},{"value":"nobody"}]},{"op":"remove","path":"members[value eq \"`+anna+`\"]"}`)
		}, 400},
		"a name of a group that is taken": {func() *answer {
			return w.ask("PUT", group, `{"schemas":["`+urnGroup+`"],"displayName":"Sales","members":[{"value":"`+berta+`"}]}`)
		}, 409},
		"a new group": {func() *answer {
			return w.ask("POST", "/Groups", `{"schemas":["`+urnGroup+`"],"displayName":"New","members":[{"value":"`+berta+`"},{"value":"nobody"}]}`)
		}, 400},
	} {
		test.ask().is(test.status)
		w.who = everything
		if after := w.state(); after != before {
			t.Errorf("%s left something behind:\n%s\nnot\n%s", name, after, before)
		}
	}
}

// What a client saw is looked at where it is written: who comes between reading and writing
// is not overwritten, nor is what they changed deleted.
func TestSomebodyComesBetween(t *testing.T) {
	for method, body := range map[string]string{
		"DELETE": "", "PUT": `{"userName":"thief","displayName":"Thieves"}`,
		"PATCH": `{"schemas":["` + urnPatch + `"],"Operations":[{"op":"add","path":"externalId","value":"thief"}]}`,
	} {
		w := newWorld(t)
		between := &applied{Store: w.store}
		w.admin.Store = between
		berta := w.user("berta", "").id()
		for path, change := range map[string]string{
			"/Users/" + w.user("anna", "").id():  `{"op":"add","path":"title","value":"Boss"}`,
			"/Groups/" + w.groupOf("Staff").id(): `{"op":"add","path":"members","value":[{"value":"` + berta + `"}]}`,
		} {
			seen := w.ask("GET", path, "").header.Get("ETag")
			between.before = func() { w.patch(path, change) }
			w.ask(method, path, body, "If-Match", seen).refused(412, "")
			if got := w.ask("GET", path, "").is(200); got.header.Get("ETag") == seen || got.at("externalId") != nil {
				t.Errorf("%s %s: %v", method, path, got.body)
			}
			// Who does not say what they saw goes on.
			between.before = func() { w.patch(path, `{"op":"add","path":"externalId","value":"7"}`) }
			if got := w.ask(method, path, body); got.status/100 != 2 {
				t.Errorf("%s %s: %d %v", method, path, got.status, got.body)
			}
		}
	}
}

// Of several who saw the same state, one changes it.
func TestConcurrentChanges(t *testing.T) {
	w := newWorld(t)
	anna, berta := w.user("anna", "").id(), w.user("berta", "").id()
	staff := "/Groups/" + w.groupOf("Staff").id()
	for _, test := range []struct{ path, operation string }{
		{"/Users/" + anna, `{"op":"replace","path":"title","value":"%d"}`},
		{"/Users/" + berta, `{"op":"replace","path":"password","value":"correct horse %d"}`},
		{staff, `{"op":"replace","value":{"displayName":"Staff %d"}}`},
		{staff, `{"op":"add","path":"members","value":[{"value":"` + anna + `"}]},{"op":"add","path":"externalId","value":"%d"}`},
		{staff, `{"op":"remove","path":"members[value eq \"` + anna + `\"]"}`},
	} {
		version := w.ask("GET", test.path, "").header.Get("ETag")
		const many = 8
		statuses := make([]int, many)
		var group sync.WaitGroup
		for i := range many {
			group.Go(func() {
				statuses[i] = w.patch(test.path, strings.ReplaceAll(test.operation, "%d", strconv.Itoa(i)), "If-Match", version).status
			})
		}
		group.Wait()
		slices.Sort(statuses)
		if statuses[0]/100 != 2 || statuses[1] != 412 || statuses[many-1] != 412 {
			t.Errorf("%s: %v", test.operation, statuses)
		}
	}
	// Who does not say what they saw is not in the way of others.
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			operation := `{"op":"add","path":"members","value":[{"value":"` + berta + `"}]}`
			if i%2 == 0 {
				operation = `{"op":"remove","path":"members[value eq \"` + berta + `\"]"}`
			}
			if got := w.patch(staff, operation); got.status != 204 {
				t.Errorf("%d: %v", got.status, got.body)
			}
		})
	}
	group.Wait()
}
