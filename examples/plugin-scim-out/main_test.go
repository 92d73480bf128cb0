package main

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/go/posterntest"
	"github.com/postern-id/postern/sdk/hook"
)

func TestCases(t *testing.T) { posterntest.Run(t, module, "cases") }

// both are the two servers, as far as the plugin needs them.
type both struct {
	t           *testing.T
	here, there map[string]hook.Object // by path: "/Users/1"
	asked       []string               // what was changed there
	made        int
	gone        bool   // nothing answers here
	down        bool   // the other side fails
	name        string // what the event calls somebody
	// other is what the other side does instead; nil, or nil from it: what it does here.
	other func(method, path string) *hook.FetchResponse
}

func newBoth(t *testing.T) *both {
	b := &both{t: t, here: map[string]hook.Object{"/ServiceProviderConfig": {}}, there: map[string]hook.Object{}}
	(&posterntest.Host{Fetch: b.fetch}).Use(t)
	return b
}

func (b *both) fetch(request *hook.Fetch) (*hook.FetchResponse, error) {
	secret := request.Secrets[0]
	if secret.Header != "authorization" || secret.Prefix != "Bearer " || request.Exchanged {
		b.t.Errorf("the request is %+v", request)
	}
	if path, is := strings.CutPrefix(request.URL, "https://here.example"); is && secret.Name == secretSource && request.Method == "GET" {
		path, _, _ = strings.Cut(path, "?")
		return answer(b.here[path], !b.gone), nil
	}
	path, is := strings.CutPrefix(request.URL, "https://there.example")
	if !is || secret.Name != secretTarget {
		b.t.Fatalf("the request is %+v", request)
	}
	if b.down {
		return &hook.FetchResponse{Status: 503, Body: "alice"}, nil
	}
	if request.Method != "GET" {
		b.asked = append(b.asked, request.Method+" "+path+" "+request.Body)
	}
	if b.other != nil {
		if response := b.other(request.Method, path); response != nil {
			return response, nil
		}
	}
	if version, is := request.Headers.Get("if-match"); is {
		b.asked[len(b.asked)-1] += " if " + version.Text()
	}
	return b.change(request, path), nil
}

func answer(o hook.Object, there bool) *hook.FetchResponse {
	if o == nil || !there {
		return &hook.FetchResponse{Status: 404, Body: `{"status":"404"}`}
	}
	return &hook.FetchResponse{Status: 200, Body: string(o.AppendJSON(nil))}
}

// change is what the other side does. Patches are noted alone.
func (b *both) change(request *hook.Fetch, path string) *hook.FetchResponse {
	body, _ := hook.ParseObject([]byte(request.Body))
	switch request.Method {
	case "GET":
		return b.find(path)
	case "POST":
		b.made++
		id := "t" + strconv.Itoa(b.made)
		body.Set("id", hook.String(id))
		b.there[path+"/"+id] = body
		return answer(body, true)
	case "PUT":
		body.Set("id", hook.String(path[strings.LastIndexByte(path, '/')+1:]))
		b.there[path] = body
	case "DELETE":
		if b.there[path] == nil {
			return answer(nil, false)
		}
		delete(b.there, path)
		return &hook.FetchResponse{Status: 204}
	}
	return answer(b.there[path], true)
}

// find answers a list that is filtered by one equality.
func (b *both) find(path string) *hook.FetchResponse {
	path, query, _ := strings.Cut(path, "?")
	values, err := url.ParseQuery(query)
	attribute, quoted, is := strings.Cut(values.Get("filter"), " eq ")
	if !is {
		quoted = "null"
	}
	value, wrong := hook.Parse([]byte(quoted))
	if err != nil || wrong != nil {
		b.t.Fatal(path, query, err, wrong)
	}
	var found []hook.Value
	if !strings.Contains(query, "filter=") {
		return answer(b.there[path], true)
	}
	for at, resource := range b.there {
		if strings.HasPrefix(at, path+"/") && text(resource, attribute) == value.Text() {
			found = append(found, hook.FromObject(resource))
		}
	}
	return answer(hook.Object{{Name: "Resources", Value: hook.Array(found...)}}, true)
}

// event gives the plugin one, with the settings in JSON members.
func (b *both) event(kind, user, group, more string) error {
	detail := hook.Object{}
	if group != "" {
		detail.Set("group_id", hook.String(group))
	}
	if b.name != "" {
		detail.Set("name", hook.String(b.name))
	}
	return take(&hook.EventInput{
		Settings: parse(`{"source":"https://here.example/","target":"https://there.example"` + more + `}`),
		Event:    hook.Event{ID: "e1", Type: kind, UserID: user, Detail: detail},
	})
}

// did fails the test unless exactly this was changed there, since it was asked last.
func (b *both) did(what string, err error, want ...string) {
	b.t.Helper()
	if err != nil || !slices.Equal(b.asked, want) {
		b.t.Errorf("%s: %v\ngot  %q\nwant %q", what, err, b.asked, want)
	}
	b.asked = nil
}

const (
	anna = `{"schemas":["` + urnUser + `","` + urnEnterprise + `"],"id":"u1","meta":{"version":"x"},"externalId":"hr-1","userName":"anna","active":true,
		"groups":[{"value":"g1","display":"Staff"}],"` + urnEnterprise + `":{"department":"Sales","manager":{"value":"u2"}}}`
	sentAnna  = `{"userName":"anna","active":true,"` + urnEnterprise + `":{"department":"Sales"},"schemas":["` + urnUser + `","` + urnEnterprise + `"],"externalId":"u1"}`
	sentGroup = `{"displayName":"Staff","schemas":["` + urnGroup + `"],"externalId":"g1"}`
	patchHead = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`
)

func (b *both) has(path, resource string) { b.here[path] = parse(resource).Object() }

func TestUsers(t *testing.T) {
	b := newBoth(t)
	b.has("/Users/u1", anna)
	b.did("a new user", b.event("user.created", "u1", "", `,"groups":false`), "POST /Users "+sentAnna)
	b.did("the same event again", b.event("user.updated", "u1", "", ""), "PUT /Users/t1 "+sentAnna)
	b.did("what changes nobody", errorsOf(b.event("signin.failed", "u1", "", ""), b.event("user.password_set", "u1", "", ""), b.event("user.updated", "", "", "")))
	delete(b.here, "/Users/u1")
	b.did("they are gone, but may come back", b.event("user.deleted", "u1", "", `,"deactivate":true`),
		"PATCH /Users/t1 "+patchHead+`{"op":"replace","path":"active","value":false}]}`)
	b.did("they are gone, whatever happened", b.event("user.updated", "u1", "", ""), "DELETE /Users/t1 ")
	b.did("they are still gone", b.event("user.deleted", "u1", "", ""))
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Who is there by that name, and nobody's, is taken over; who is somebody else's is not.
func TestTakesOver(t *testing.T) {
	b := newBoth(t)
	b.has("/Users/u1", anna)
	b.there["/Users/old"] = parse(`{"id":"old","userName":"anna"}`).Object()
	b.did("a user whom nobody provisioned", b.event("user.updated", "u1", "", ""), "PUT /Users/old "+sentAnna)
	b.there = map[string]hook.Object{"/Users/old": parse(`{"id":"old","userName":"anna","externalId":"hr-9"}`).Object()}
	if err := b.event("user.updated", "u1", "", ""); err == nil || len(b.asked) > 0 || strings.Contains(err.Error(), "anna") {
		t.Errorf("%v, and %q", err, b.asked)
	}
}

func TestGroups(t *testing.T) {
	b := newBoth(t)
	b.has("/Users/u1", anna)
	b.has("/Groups/g1", `{"id":"g1","displayName":"Staff"}`)
	b.did("groups are not wanted", errorsOf(b.event("group.created", "", "g1", `,"groups":false`), b.event("group.member_added", "u1", "g1", `,"groups":false`), b.event("group.created", "", "", "")))
	b.did("a new group", b.event("group.created", "", "g1", ""), "POST /Groups "+sentGroup)
	b.did("a group of another name", b.event("group.updated", "", "g1", ""), "PATCH /Groups/t1 "+patchHead+`{"op":"replace","value":`+sentGroup+`}]}`)
	update := "PATCH /Groups/t1 " + patchHead + `{"op":"replace","value":` + sentGroup + `}]}`
	add := "PATCH /Groups/t1 " + patchHead + `{"op":"add","path":"members","value":[{"value":"t2"}]}]}`
	b.did("a new user of a group", b.event("user.created", "u1", "", ""), "POST /Users "+sentAnna, update, add)
	b.did("a member", b.event("group.member_added", "u1", "g1", ""), "PUT /Users/t2 "+sentAnna, update, add)
	b.did("a member after all", b.event("group.member_removed", "u1", "g1", ""), "PUT /Users/t2 "+sentAnna, update, add)
	b.has("/Users/u1", strings.Replace(anna, `"g1"`, `"g2"`, 1))
	b.did("no member", b.event("group.member_removed", "u1", "g1", ""), "PUT /Users/t2 "+sentAnna, update,
		"PATCH /Groups/t1 "+patchHead+`{"op":"remove","path":"members[value eq \"t2\"]"}]}`)
	delete(b.here, "/Groups/g1")
	b.did("a group that is gone", b.event("group.deleted", "", "g1", ""), "DELETE /Groups/t1 ")
	b.did("a member of nothing", b.event("group.member_added", "u1", "g1", ""), "PUT /Users/t2 "+sentAnna)
	delete(b.here, "/Users/u1")
	b.did("nobody is a member", b.event("group.member_added", "u1", "g1", ""), "DELETE /Users/t2 ")
}

// Nobody is taken away because an address is wrong, or a server is down.
func TestFails(t *testing.T) {
	b := newBoth(t)
	b.there["/Users/t1"] = parse(`{"id":"t1","externalId":"u1"}`).Object()
	b.gone = true
	if err := b.event("user.updated", "u1", "", ""); err == nil || !strings.Contains(err.Error(), "no SCIM server") || len(b.asked) > 0 {
		t.Errorf("%v, and %q", err, b.asked)
	}
	b.gone = false
	for _, strange := range []string{`{"id":"u1"}`, `{"id":"u1","userName":""}`} {
		b.has("/Users/u1", strange)
		if err := b.event("user.updated", "u1", "", ""); err == nil || len(b.asked) > 0 {
			t.Errorf("%s: %v, and %q", strange, err, b.asked)
		}
	}
	b.down = true
	b.has("/Users/u1", anna)
	if err := b.event("user.updated", "u1", "", ""); err == nil || err.Error() != "GET Users is answered with status 503" {
		t.Errorf("%v", err)
	}
	(&posterntest.Host{Fetch: func(*hook.Fetch) (*hook.FetchResponse, error) {
		return &hook.FetchResponse{Status: 200, Body: "<html>"}, nil
	}}).Use(t)
	if err := b.event("user.updated", "u1", "", ""); err == nil || !strings.Contains(err.Error(), "no JSON") {
		t.Errorf("%v", err)
	}
	(&posterntest.Host{Fetch: func(*hook.Fetch) (*hook.FetchResponse, error) {
		return nil, &hook.CapabilityError{Code: hook.CodeDenied, Message: "grant it"}
	}}).Use(t)
	if err := b.event("user.updated", "u1", "", ""); err == nil || !strings.Contains(err.Error(), "denied") {
		t.Errorf("%v", err)
	}
}

func TestModuleBuilds(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a module")
	}
	name := filepath.Join(t.TempDir(), "scim-out.wasm")
	build := exec.Command("go", "build", "-buildmode=c-shared", "-o", name, ".")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	built, err := os.ReadFile(name)
	if err != nil || !strings.HasPrefix(string(built), "\x00asm") || !strings.Contains(string(built), "http_fetch") || strings.Contains(string(built), "secret_get") {
		t.Errorf("%d bytes of a module that imports http_fetch alone, %v", len(built), err)
	}
}
