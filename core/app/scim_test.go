package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/core/scim"
	"github.com/postern-id/postern/core/store"
)

// apiToken gives an API token of a new service account of org, which has the role in roleOrg.
func apiToken(t *testing.T, s *store.Store, now time.Time, org, roleOrg string, role core.Role, only ...core.Permission) string {
	t.Helper()
	account := core.ServiceAccount{ID: core.NewID(now, rand.Reader), Org: org, CreatedAt: now, UpdatedAt: now}
	account.Name = "sync-" + string(account.ID)
	credential := core.NewCredential(core.KindAPI, core.NewID(now, rand.Reader), rand.Reader)
	err := s.Apply(context.Background(),
		core.CreateServiceAccount{Account: account},
		core.GrantRole{Grant: core.RoleGrant{Holder: account.ID, Org: roleOrg, Role: role, CreatedAt: now}},
		core.AddAPIToken{Token: core.APIToken{
			ID: credential.ID, Holder: account.ID, Hash: credential.Hash(), Permissions: only, ExpiresAt: now.Add(time.Hour), CreatedAt: now,
		}},
	)
	if err != nil {
		t.Fatal(err)
	}
	return credential.String()
}

// serviceToken is apiToken, and keeps it out of the log.
func (w *world) serviceToken(org, roleOrg string, role core.Role, only ...core.Permission) string {
	w.t.Helper()
	token := apiToken(w.t, w.app.Store, w.clock.Now(), org, roleOrg, role, only...)
	w.hide(token)
	return token
}

// scim sends a request; body is JSON, or empty.
func (w *world) scim(method, path, token, body string) (status int, members map[string]any) {
	w.t.Helper()
	r, err := http.NewRequest(method, w.issuer+scim.Prefix+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(text) > 0 && json.Unmarshal(text, &members) != nil {
		w.t.Fatalf("%s %s is answered with %q", method, path, text)
	}
	for name := range response.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			w.t.Errorf("%s %s: %s says what other sites may", method, path, name)
		}
	}
	return response.StatusCode, members
}

// TestSCIM has a service account of an organisation keep its users, and nobody else's.
func TestSCIM(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	if _, err := w.app.Admin.CreateOrganisation(ctx, cli, core.Organisation{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	token := w.serviceToken("acme", "acme", core.RoleAdministrator)
	is := func(want int, method, path, token, body string) map[string]any {
		t.Helper()
		status, members := w.scim(method, path, token, body)
		if status != want {
			t.Fatalf("%s %s: %d, not %d: %v", method, path, status, want, members)
		}
		return members
	}
	made := is(201, "POST", "/Users", token, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"anna","password":"`+thePassword+`","emails":[{"value":"anna@example.org"}]}`)
	user, err := w.app.Store.User(ctx, core.ID(made["id"].(string)))
	if err != nil || user.Org != "acme" || user.Email != "anna@example.org" || user.EmailVerified {
		t.Errorf("%+v, %v", user, err)
	}
	location := made["meta"].(map[string]any)["location"]
	if location != w.issuer+scim.Prefix+"/Users/"+made["id"].(string) {
		t.Errorf("it is at %v", location)
	}
	created := w.events(core.EventFilter{Type: core.EventUserCreated})
	if i := slices.IndexFunc(created, func(e core.Event) bool { return e.UserID == user.ID }); i < 0 || !strings.HasPrefix(created[i].Actor, "service:") || created[i].IP != "127.0.0.1" || created[i].Correlation == "" {
		t.Errorf("recorded as %+v", created)
	}

	other := w.user("alice")
	is(404, "GET", "/Users/"+string(other.ID), token, "")
	is(404, "GET", "/built-in/Users", token, "")
	is(401, "GET", "/Users", "", "")
	is(401, "GET", "/ServiceProviderConfig", "", "")
	is(401, "GET", "/Users", "api_x", "")
	is(403, "GET", "/Users", w.serviceToken("acme", "acme", core.RoleAdministrator, core.ReadGroups), "")
	is(403, "POST", "/Users", w.serviceToken("acme", "acme", core.RoleAuditor), `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"b"}`)
	is(413, "POST", "/Users", token, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"`+strings.Repeat("x", scim.MaxBody)+`"}`)

	// Of the whole server: the organisation of the token is what paths without one mean.
	whole := w.serviceToken(core.DefaultOrganisation, "", core.RoleAdministrator)
	is(200, "GET", "/Users/"+string(other.ID), whole, "")
	is(200, "GET", "/acme/Users/"+string(user.ID), whole, "")
	is(404, "GET", "/Users/"+string(user.ID), whole, "")

	// Nobody takes over who may more.
	root := w.user("root", func(u *admin.NewUser) { u.Admin = true })
	is(403, "PATCH", "/Users/"+string(root.ID), whole, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"password","value":"another password"}]}`)
	is(403, "PUT", "/Users/"+string(root.ID), whole, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"root","active":false}`)
	is(403, "DELETE", "/Users/"+string(root.ID), whole, "")
	w.checkSecrets()
}

// pythonWith gives a Python with what a file of testdata/scim requires, in the versions
// there.
func pythonWith(t *testing.T, requirements string) string {
	t.Helper()
	python := needs.Program(t, "python3")
	interpreter, err := installPython(python, requirements)
	if err != nil {
		needs.Missing(t, "what "+requirements+" requires cannot be installed: "+err.Error())
	}
	return interpreter
}

var pythons sync.Map // of python3 and requirements: func() (string, error)

func installPython(python, requirements string) (string, error) {
	install, _ := pythons.LoadOrStore([2]string{python, requirements}, sync.OnceValues(func() (string, error) {
		dir := filepath.Join(shared, "python-"+strings.TrimSuffix(requirements, ".txt"))
		if output, err := exec.Command(python, "-m", "venv", dir).CombinedOutput(); err != nil {
			return "", fmt.Errorf("python3 -m venv: %w: %s", err, output)
		}
		interpreter := filepath.Join(dir, "bin", "python")
		pip := exec.Command(interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "--requirement", filepath.Join("testdata", "scim", requirements))
		if output, err := pip.CombinedOutput(); err != nil {
			return "", fmt.Errorf("pip install: %w: %s", err, output)
		}
		return interpreter, nil
	}))
	return install.(func() (string, error))()
}

// TestSCIMChecker has scim2-tester try the server: discovery, and every attribute of every
// resource type made, read, listed, patched, replaced and deleted.
func TestSCIMChecker(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it installs a program")
	}
	python := pythonWith(t, "requirements.txt")
	w := newWorld(t)
	w.clock.run() // it waits when it has asked too often
	token := w.serviceToken(core.DefaultOrganisation, core.DefaultOrganisation, core.RoleAdministrator)
	check := exec.Command(python, filepath.Join("testdata", "scim", "check.py"), w.issuer+scim.Prefix, token)
	var wrong strings.Builder
	check.Stderr = &wrong
	output, err := check.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, wrong.String())
	}
	var results []struct{ Status, Title, Type, Reason string }
	if err := json.Unmarshal(output, &results); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, r := range results {
		kinds[r.Type]++
		if r.Status != "SUCCESS" && r.Status != "COMPLIANT" {
			t.Errorf("%s %s %s: %s", r.Status, r.Type, r.Title, r.Reason)
		}
	}
	if kinds[""] < 20 || kinds["User"] < 40 || kinds["Group"] < 15 {
		t.Errorf("it tried %v: that is too little", kinds)
	}
}

// TestSCIMSanity has scim-sanity, which somebody else wrote, walk a life with the server: what
// there is, a user and a group made, read, replaced, patched and deleted, lists, refusals.
func TestSCIMSanity(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it installs a program")
	}
	python := pythonWith(t, "sanity.txt")
	w := newWorld(t)
	w.clock.run()
	token := w.serviceToken(core.DefaultOrganisation, core.DefaultOrganisation, core.RoleAdministrator)
	probe := exec.Command(python, "-m", "scim_sanity", "probe", patient(t, w.issuer)+scim.Prefix, "--token", token, "--json-output", "--strict", "--i-accept-side-effects")
	var wrong strings.Builder
	probe.Stderr = &wrong
	output, err := probe.Output() // it ends with an error if anything is refused
	var found struct {
		Results []struct{ Name, Status, Message, Phase string }
	}
	if json.Unmarshal(output, &found) != nil {
		t.Fatalf("%v\n%s\n%s", err, output, wrong.String())
	}
	// Whoever is to be a member has to be there: an identifier that nobody has would be
	// somebody's later.
	const stranger = "PATCH /Groups/{id} add member"
	passed := 0
	for _, r := range found.Results {
		switch {
		case r.Status == "pass":
			passed++
		case r.Status == "skip" && strings.Contains(r.Name, "Agent"):
		case r.Status == "fail" && r.Name == stranger && strings.Contains(r.Message, "got 400"):
		default:
			t.Errorf("%s: %s: %s", r.Status, r.Name, r.Message)
		}
	}
	if passed < 27 {
		t.Errorf("it tried %d things: that is too little", passed)
	}
}

// patient is an address before the server that waits as long as the server says where
// something asks too often.
func patient(t *testing.T, issuer string) string {
	t.Helper()
	target, err := url.Parse(issuer)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = target.Host },
		Transport: waitingTransport{},
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL
}

type waitingTransport struct{}

func (waitingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	for {
		if r.Body != nil {
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil || response.StatusCode != http.StatusTooManyRequests {
			return response, err
		}
		seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
		response.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("Retry-After: %w", err)
		}
		time.Sleep(time.Duration(seconds) * time.Second)
	}
}
