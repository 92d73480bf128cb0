package main

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

func status(code int, headers ...string) *hook.FetchResponse {
	response := &hook.FetchResponse{Status: code, Body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"anna"}`}
	for i := 0; i < len(headers); i += 2 {
		response.Headers.Set(headers[i], hook.String(headers[i+1]))
	}
	return response
}

// A server that knows no method answers so.
func without(method string, code int) func(string, string) *hook.FetchResponse {
	return func(asked, path string) *hook.FetchResponse {
		if asked == method {
			return status(code)
		}
		return nil
	}
}

// Without patches, groups are read and replaced: whoever else is in them stays.
func TestServerWithoutPatches(t *testing.T) {
	for _, code := range []int{405, 501} {
		b := newBoth(t)
		b.other = without("PATCH", code)
		b.has("/Users/u1", anna)
		b.has("/Groups/g1", `{"id":"g1","displayName":"Staff"}`)
		b.there["/Users/t1"] = parse(`{"id":"t1","externalId":"u1","userName":"anna"}`).Object()
		b.there["/Groups/t9"] = parse(`{"id":"t9","meta":{"version":"W/\"7\""},"externalId":"g1","displayName":"Old","members":[{"value":"x"}]}`).Object()
		b.asked = nil
		if err := b.event("group.member_added", "u1", "g1", ""); err != nil {
			t.Fatal(err)
		}
		got := b.there["/Groups/t9"].AppendJSON(nil)
		if want := `{"id":"t9","externalId":"g1","displayName":"Staff","members":[{"value":"x"},{"value":"t1"}],"schemas":["` + urnGroup + `"]}`; !same(string(got), want) {
			t.Errorf("%d: the group is %s", code, got)
		}
		if all := strings.Join(b.asked, "\n"); !strings.Contains(all, `if W/"7"`) {
			t.Errorf("%d: it was replaced whatever it was: %s", code, all)
		}
		b.has("/Users/u1", strings.Replace(anna, `"groups":[{"value":"g1","display":"Staff"}],`, "", 1))
		if err := b.event("group.member_removed", "u1", "g1", ""); err != nil {
			t.Fatal(err)
		}
		if got := b.there["/Groups/t9"].AppendJSON(nil); strings.Contains(string(got), `"t1"`) || !strings.Contains(string(got), `{"value":"x"}`) {
			t.Errorf("%d: she is still in it: %s", code, got)
		}
		delete(b.here, "/Users/u1")
		if err := b.event("user.deleted", "u1", "", `,"deactivate":true`); err != nil || b.there["/Users/t1"] == nil {
			t.Fatal(err)
		}
		if active, is := b.there["/Users/t1"].Get("active"); !is || active.Bool() {
			t.Errorf("%d: she may still sign in", code)
		}
	}
}

// same compares objects, whose members have no order.
func same(got, want string) bool {
	left, right := parse(got).Object(), parse(want).Object()
	for _, member := range left {
		other, is := right.Get(member.Name)
		if !is || string(hook.Object{{Name: "x", Value: other}}.AppendJSON(nil)) != string(hook.Object{{Name: "x", Value: member.Value}}.AppendJSON(nil)) {
			return false
		}
	}
	return len(left) == len(right)
}

// Where users cannot be replaced, they are patched.
func TestServerWithoutReplacing(t *testing.T) {
	b := newBoth(t)
	b.other = without("PUT", 405)
	b.has("/Users/u1", anna)
	b.there["/Users/t1"] = parse(`{"id":"t1","externalId":"u1","userName":"anna"}`).Object()
	b.did("a user", b.event("user.updated", "u1", "", ""), "PUT /Users/t1 "+sentAnna, "PATCH /Users/t1 "+patchHead+`{"op":"replace","value":`+sentAnna+`}]}`)
}

// Who is there already, and was not found, is taken over when the server says so.
func TestConflicts(t *testing.T) {
	b := newBoth(t)
	b.has("/Users/u1", anna)
	b.there["/Users/old"] = parse(`{"id":"old","userName":"Anna"}`).Object()
	made := false
	b.other = func(method, path string) *hook.FetchResponse {
		switch {
		case method == "POST":
			made = true
			return status(409)
		case strings.Contains(path, "userName+eq") && made:
			return answer(hook.Object{{Name: "Resources", Value: hook.Array(hook.FromObject(b.there["/Users/old"]))}}, true)
		}
		return nil
	}
	b.did("somebody who is called so in other capitals", b.event("user.updated", "u1", "", ""), "POST /Users "+sentAnna, "PUT /Users/old "+sentAnna)

	b.there["/Users/old"], made = parse(`{"id":"old","userName":"Anna","externalId":"hr-9"}`).Object(), false
	b.asked = nil
	if err := b.event("user.updated", "u1", "", ""); err == nil || strings.Contains(err.Error(), "anna") || strings.Contains(strings.Join(b.asked, ""), "PUT") {
		t.Errorf("somebody else's: %v, and %q", err, b.asked)
	}
	b.other = without("POST", 409)
	delete(b.there, "/Users/old")
	if err := b.event("user.updated", "u1", "", ""); !isRefused(err, 409) {
		t.Errorf("nobody is found: %v", err)
	}
}

// A server that finds nothing by external identifiers is asked for names.
func TestServerWithoutThatFilter(t *testing.T) {
	for _, code := range []int{400, 403, 501} {
		b := newBoth(t)
		b.other = func(_, path string) *hook.FetchResponse {
			if strings.Contains(path, "externalId+eq") {
				return status(code)
			}
			return nil
		}
		b.has("/Users/u1", anna)
		b.did("a new user", b.event("user.created", "u1", "", `,"groups":false`), "POST /Users "+sentAnna)
		b.did("the same user", b.event("user.updated", "u1", "", ""), "PUT /Users/t1 "+sentAnna)
		delete(b.here, "/Users/u1")
		if err := b.event("user.deleted", "u1", "", ""); err == nil || len(b.asked) > 0 {
			t.Errorf("nobody knows who is gone: %v, %q", err, b.asked)
		}
		b.name = "anna"
		b.did("gone by name", b.event("user.deleted", "u1", "", ""), "DELETE /Users/t1 ")
		b.there["/Users/t2"] = parse(`{"id":"t2","userName":"anna","externalId":"hr-9"}`).Object()
		b.did("somebody else's of that name", b.event("user.deleted", "u1", "", ""))
	}
}

// A server that takes no notice of filters gives everybody: nobody is changed for another.
func TestServerThatIgnoresFilters(t *testing.T) {
	b := newBoth(t)
	b.has("/Users/u1", anna)
	b.there["/Users/x"] = parse(`{"id":"x","userName":"root","externalId":"u0"}`).Object()
	b.other = func(method, path string) *hook.FetchResponse {
		if method != "GET" || !strings.Contains(path, "filter=") {
			return nil
		}
		var all []hook.Value
		for _, resource := range b.there {
			all = append(all, hook.FromObject(resource))
		}
		return answer(hook.Object{{Name: "Resources", Value: hook.Array(all...)}}, true)
	}
	b.did("a new user", b.event("user.created", "u1", "", `,"groups":false`), "POST /Users "+sentAnna)
	b.did("a change", b.event("user.updated", "u1", "", ""), "PUT /Users/t1 "+sentAnna)
	delete(b.here, "/Users/u1")
	b.did("gone", b.event("user.deleted", "u1", "", ""), "DELETE /Users/t1 ")
	b.did("gone again", b.event("user.deleted", "u1", "", ""))
	if b.there["/Users/x"] == nil {
		t.Error("somebody else is gone")
	}
}

// A server that says nothing of what it made is asked for it.
func TestServerThatAnswersWithNothing(t *testing.T) {
	b := newBoth(t)
	b.has("/Users/u1", anna)
	b.has("/Groups/g1", `{"id":"g1","displayName":"Staff"}`)
	b.there["/Groups/t9"] = parse(`{"id":"t9","externalId":"g1","displayName":"Staff"}`).Object()
	b.other = func(method, path string) *hook.FetchResponse {
		if method == "POST" {
			b.there["/Users/t1"] = parse(`{"id":"t1","userName":"anna","externalId":"u1"}`).Object()
			return &hook.FetchResponse{Status: 201}
		}
		return nil
	}
	b.did("a member", b.event("group.member_added", "u1", "g1", ""), "POST /Users "+sentAnna,
		"PATCH /Groups/t9 "+patchHead+`{"op":"replace","value":`+sentGroup+`}]}`,
		"PATCH /Groups/t9 "+patchHead+`{"op":"add","path":"members","value":[{"value":"t1"}]}]}`)
}

// A server that has too much to do says when to come again. The host gives the event again,
// so nothing is done until then, and it says when in its log.
func TestBusyServer(t *testing.T) {
	for _, test := range []struct {
		response *hook.FetchResponse
		want     string
	}{
		{status(429, "Retry-After", "30"), "PUT Users is answered with status 429, to be tried again after 30 seconds"},
		{status(503, "retry-after", "5"), "PUT Users is answered with status 503, to be tried again after 5 seconds"},
		{status(429), "PUT Users is answered with status 429"},
		{status(503, "Retry-After", "anna"), "PUT Users is answered with status 503"},
		{status(500, "Retry-After", "5"), "PUT Users is answered with status 500"},
	} {
		b := newBoth(t)
		b.has("/Users/u1", anna)
		b.there["/Users/t1"] = parse(`{"id":"t1","externalId":"u1","userName":"anna"}`).Object()
		b.other = func(method, _ string) *hook.FetchResponse {
			if method == "PUT" {
				return test.response
			}
			return nil
		}
		if err := b.event("user.updated", "u1", "", ""); err == nil || err.Error() != test.want || len(b.asked) != 1 {
			t.Errorf("%v after %q, not %s", err, b.asked, test.want)
		}
		b.other, b.asked = nil, nil
		b.did("given again", b.event("user.updated", "u1", "", ""), "PUT /Users/t1 "+sentAnna)
	}
}
