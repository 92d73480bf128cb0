package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/console"
	"github.com/postern-id/postern/core/store/sqlite"
	"github.com/postern-id/postern/sdk/api"
)

// adminRefusals are about who administers, by every way there is to it.
func adminRefusals() []refusal {
	return []refusal{
		{"119_api_by_role", refuseByRoleAtREST},
		{"119_console_by_role", refuseByRoleAtConsole},
		{"120_api_has_no_other_members", refuseOtherMembers},
		{"120_console_has_no_other_fields", refuseOtherFields},
		{"121_cursors_are_not_made_up", refuseMadeUpCursors},
		{"121_search_finds_what_it_says", refuseSQLAtREST},
		{"122_api_of_depth_10000", refuseDepthAtREST},
		{"123_secrets_are_shown_once", refuseShownSecrets},
		{"124_console_shows_texts_as_texts", refuseScriptsInConsole},
		{"124_addresses_that_are_scripts", refuseScriptAddresses},
		{"125_modules_that_are_none", refuseModules},
		{"125_databases_of_strangers", refuseDatabases},
		{"126_paths_that_climb", refuseClimbingPaths},
		{"127_administration_is_for_no_other_page", refuseAdministrationOfOtherPages},
	}
}

// operator calls the API as the owner of the server.
type operator struct {
	*offices
	token string
}

func newOperator(w *world) *operator {
	w.t.Helper()
	o := &operator{offices: newOffices(w)}
	o.token = w.apiToken(o.people[6].ID)
	w.hide(o.token)
	return o
}

// call sends a request; the path is as in a [matrixRow], with a query.
func (o *operator) call(method, path, body string) answer {
	o.t.Helper()
	o.clock.advance(time.Second)
	path, query, _ := strings.Cut(path, "?")
	return o.restCall(matrixRow{Operation: method + " " + path, Query: query, Body: body}, o.token, o.made)
}

// ok is call for what must be done.
func (o *operator) ok(method, path, body string) answer {
	o.t.Helper()
	a := o.call(method, path, body)
	if a.status >= 300 {
		o.t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	return a
}

// refuseOtherMembers sends members that are nobody's to set.
func refuseOtherMembers(t *testing.T, w *world) {
	o := newOperator(w)
	id := core.ID(o.at["user"])
	before := w.asUser(id)
	for _, member := range []string{
		`"is_admin":true`, `"password_hash":"$argon2id$x"`, `"PasswordHash":"x"`, `"tenant_id":"elsewhere"`, `"org":"elsewhere"`, `"role":"owner"`, `"roles":["owner"]`,
		`"Admin":true`, `"ADMIN":true`, `"__proto__":{"admin":true}`, `"id":"x"`, `"created_at":"2020-01-01T00:00:00Z"`,
	} {
		for _, c := range [][2]string{
			{"POST /users", `{"name":"new",` + member + `}`}, {"PATCH /users/{user}", `{` + member + `}`}, {"POST /service-accounts", `{"name":"new",` + member + `}`},
			{"POST /invitations", `{"by_hand":true,"user":{"name":"new",` + member + `}}`}, {"POST /imports", `{"source":"csv","users":[{"id":"1","name":"new",` + strings.Replace(member, `"id"`, `"ID"`, 1) + `}]}`},
			{"POST /clients", `{"name":"new",` + member + `}`}, {"POST /holders/{account}/tokens", `{"name":"x","ttl":60,` + member + `}`},
		} {
			method, path, _ := strings.Cut(c[0], " ")
			if strings.Contains(path, "/imports") && strings.Contains(member, "password_hash") {
				continue // is what an import is for
			}
			if a := o.call(method, path, c[1]); a.status != http.StatusUnprocessableEntity && a.status != http.StatusBadRequest {
				t.Errorf("%s %s: %d %s", c[0], c[1], a.status, a.body)
			}
		}
	}
	// What is read is not written, whatever is said of it.
	for _, member := range []string{`"organisation":"elsewhere"`, `"groups":["board"]`, `"has_password":false`, `"disabled":true`, `"password_set_at":"2020-01-01T00:00:00Z"`, `"version":"1"`} {
		if a := o.call("PATCH", "/users/{user}", "{"+member+"}"); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", member, a.status, a.body)
		}
	}
	for _, body := range []string{`{"name":"a","name":"b"}`, `{"admin":false,"admin":true}`, `[]`, `"x"`, `{"name":"a"}{"admin":true}`, "{\"name\":\"\xff\"}"} {
		if a := o.call("PATCH", "/users/{user}", body); a.status != http.StatusBadRequest && a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	if after := w.asUser(id); fmt.Sprintf("%+v", after) != fmt.Sprintf("%+v", before) {
		t.Errorf("it made of\n%+v\n%+v", before, after)
	}
}

// refuseOtherFields sends fields that a form does not have.
func refuseOtherFields(t *testing.T, w *world) {
	o := newOffices(w)
	id := core.ID(o.at["user"])
	before, b := w.asUser(id), o.signedIn(o.people[3])
	form := url.Values{"action": {"save"}, "name": {before.Name}, "email": {before.Email}, "email_verified": {"on"}, "display_name": {before.Profile.DisplayName}}
	for _, field := range []string{"admin", "Admin", "is_admin", "org", "Org", "organisation", "password_hash", "PasswordHash", "groups", "disabled", "role", "user", "id"} {
		form.Set(field, "elsewhere")
	}
	form.Set("step", b.get("/account").field("step"))
	if p := b.post(console.Path+"/users/"+string(id)+"/edit", form); p.status >= 500 {
		t.Errorf("status %d:\n%s", p.status, p.words())
	}
	after := w.asUser(id)
	if after.Admin || after.Org != "acme" || after.Disabled || after.PasswordHash != before.PasswordHash || len(after.Groups) > 0 {
		t.Errorf("it made %+v", after)
	}
	if roles, err := w.app.Store.Roles(t.Context(), id); err != nil || len(roles) > 0 {
		t.Errorf("with the roles %v, %v", roles, err)
	}
	form = url.Values{"action": {"create"}, "name": {"made"}, "org": {"acme"}, "admin": {"on"}, "Admin": {"true"}, "step": {b.get("/account").field("step")}}
	if p := b.post(console.Path+"/users/new", form); p.status != http.StatusOK {
		t.Errorf("status %d:\n%s", p.status, p.words())
	}
	if made, err := w.app.Admin.FindUser(t.Context(), "acme", "made"); err != nil || made.Admin {
		t.Errorf("%+v, %v", made, err)
	}
	// Another organisation is not chosen by a field.
	form.Set("org", "elsewhere")
	form.Set("step", b.get("/account").field("step"))
	if p := b.post(console.Path+"/users/new", form); p.status != http.StatusNotFound && p.status != http.StatusForbidden {
		t.Errorf("status %d:\n%s", p.status, p.words())
	}
}

// refuseMadeUpCursors goes on with cursors of other lists, of others' making, and broken.
func refuseMadeUpCursors(t *testing.T, w *world) {
	o := newOperator(w)
	first := o.ok("GET", "/users?organisation=acme&limit=2", "").text("next")
	if first == "" {
		t.Fatal("there is no second page")
	}
	o.ok("GET", "/users?organisation=acme&limit=2&after="+first, "")
	forged := base64.RawURLEncoding.EncodeToString(append(make([]byte, 16), `["a","b"]`...))
	bad := []string{forged, base64.RawURLEncoding.EncodeToString([]byte(`["a","b"]`)), "a", first + "A", first[1:], strings.ToUpper(first), first[:len(first)-4], "'%20OR%201=1--", "%00", "null", "0"}
	for i := 0; i < len(first); i += 7 {
		other := byte('A')
		if first[i] == 'A' {
			other = 'B'
		}
		bad = append(bad, first[:i]+string(other)+first[i+1:])
	}
	for _, cursor := range bad {
		for _, list := range []string{"/users?organisation=acme&limit=2", "/groups?organisation=acme", "/clients?organisation=acme", "/events?", "/sessions?organisation=acme", "/groups/{group}/members?", "/organisations?"} {
			if a := o.call("GET", list+"&after="+cursor, ""); a.status != http.StatusBadRequest {
				t.Errorf("%s after %s: %d %s", list, cursor, a.status, a.body)
			}
		}
	}
	for _, list := range []string{"/users?organisation=elsewhere", "/users?organisation=*", "/users?organisation=acme&search=a", "/users?organisation=acme&state=enabled", "/groups?organisation=acme", "/clients?organisation=acme"} {
		if a := o.call("GET", list+"&after="+first, ""); a.status != http.StatusBadRequest {
			t.Errorf("%s goes on with that of another list: %d %s", list, a.status, a.body)
		}
	}
}

// refuseSQLAtREST looks for what means something to a database.
func refuseSQLAtREST(t *testing.T, w *world) {
	o := newOperator(w)
	o.ok("POST", "/users", `{"name":"half","organisation":"acme","profile":{"display_name":"50% of_it"}}`)
	names := func(a answer) (names []string) {
		var page struct{ Items []struct{ Name string } }
		if err := json.Unmarshal(a.body, &page); err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			names = append(names, item.Name)
		}
		return names
	}
	for search, want := range map[string][]string{"%": {"half"}, "0% of_": {"half"}, "_it": {"half"}, "%%": nil, "h_lf": nil, "' OR '1'='1": nil, `\`: nil, `\%`: nil, "half' --": nil, "\"": nil} {
		if got := names(o.ok("GET", "/users?organisation=acme&search="+url.QueryEscape(search), "")); !slices.Equal(got, want) {
			t.Errorf("%q finds %q", search, got)
		}
	}
	texts := []string{"'", `"`, "' OR '1'='1", "x' UNION SELECT password_hash FROM users --", "1; DROP TABLE users", "\x00", "\\", "%", "_", "(SELECT 1)", strings.Repeat("x", 199)}
	for _, text := range texts {
		value := url.QueryEscape(text)
		for _, query := range []string{
			"/users?organisation=", "/users?login=", "/users?group=", "/users?search=", "/users?external_id=", "/users?state=", "/users?sort=", "/users?limit=", "/groups?search=", "/groups?name=",
			"/groups?external_id=", "/clients?name=", "/clients?search=", "/events?type=", "/events?user=", "/events?client=", "/events?actor=", "/events?reference=", "/events?search=",
			"/events?since=", "/events?organisation=", "/sessions?user=", "/sessions?organisation=", "/roles?organisation=", "/service-accounts?name=", "/counts?organisation=", "/connectors?organisation=",
		} {
			a := o.call("GET", query+value, "")
			var page struct{ Items []json.RawMessage }
			_ = json.Unmarshal(a.body, &page) // what is no list has none
			if a.status >= 500 || strings.Contains(string(a.body), "SQL") || len(page.Items) > 0 && !strings.Contains("%_' \"\x00", text[:1]) {
				t.Errorf("%s%s: %d, %d items: %s", query, value, a.status, len(page.Items), a.body)
			}
		}
	}
	b := o.signedIn(o.people[6])
	for _, text := range texts {
		query := url.Values{}
		for _, name := range []string{"q", "search", "after", "id", "before", "type", "user", "client", "since", "state", "group", "actor"} {
			query.Set(name, text)
		}
		for _, path := range []string{"/users", "/groups", "/clients", "/sessions", "/audit", "/roles", "/accounts", "/connectors", "/explain"} {
			if p := b.get(console.Path + path + "?" + query.Encode()); p.status >= 500 {
				t.Errorf("%s with %q: %d", path, text, p.status)
			}
		}
	}
	if _, err := w.app.Admin.FindUser(t.Context(), "acme", "half"); err != nil {
		t.Error(err)
	}
}

func refuseDepthAtREST(t *testing.T, w *world) {
	o := newOperator(w)
	const depth = 10_000
	arrays := strings.Repeat("[", depth) + strings.Repeat("]", depth)
	objects := strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth)
	for _, deep := range []string{arrays, objects, strings.Repeat("[", depth), strings.Repeat(`{"a":`, depth)} {
		for _, c := range [][2]string{
			{"POST /users", deep}, {"POST /users", `{"name":` + deep + `}`}, {"PATCH /users/{user}", `{"profile":` + deep + `}`}, {"PATCH /users/{user}", `{"attributes":` + deep + `}`},
			{"POST /clients", `{"name":"x","settings":` + deep + `}`}, {"POST /connectors", `{"name":"x","plugin":"oidc","settings":` + deep + `}`},
			{"PATCH /instances/{instance}", `{"settings":` + deep + `}`}, {"POST /previews", `{"plugin":"miniorange","hook":"` + core.HookClaims + `","input":` + deep + `}`},
			{"POST /imports", `{"source":"x","users":` + deep + `}`}, {"POST /imports", `{"source":"x","connectors":[{"name":"x","plugin":"oidc","settings":` + deep + `}]}`},
		} {
			method, path, _ := strings.Cut(c[0], " ")
			if a := o.call(method, path, c[1]); a.status != http.StatusBadRequest && a.status != http.StatusUnprocessableEntity {
				t.Errorf("%s %.60s: %d %.200s", c[0], c[1], a.status, a.body)
			}
		}
	}
	o.ok("GET", "/users/{user}", "")
}

// refuseShownSecrets makes all that has a secret, and looks for it wherever one can look.
func refuseShownSecrets(t *testing.T, w *world) {
	o := newOperator(w)
	secrets := map[string]string{}
	text := func(what string, a answer, member string) {
		t.Helper()
		if secrets[what] = a.text(member); secrets[what] == "" {
			t.Fatalf("%s: %s", what, a.body)
		}
	}
	link := func(what string, a answer) {
		t.Helper()
		var told struct{ Link string }
		if err := json.Unmarshal(a.body, &told); err != nil || !strings.Contains(told.Link, "?") {
			t.Fatalf("%s: %s", what, a.body)
		}
		_, secrets[what], _ = strings.Cut(told.Link, "=")
	}
	secrets["password"], secrets["secret of a plugin"], secrets["secret of a connector"] = "a password that is its own", "hush-of-a-plugin", "hush-of-a-connector"
	secrets["imported secret"], secrets["imported password"] = "imported-0123456789abcdef0123456789", "an imported password of one"
	secrets["imported seed"] = base64.StdEncoding.EncodeToString([]byte("seed-of-an-app-20-by"))
	o.ok("PUT", "/users/{user}/password", `{"password":"`+secrets["password"]+`"}`)
	o.ok("PUT", "/instances/{instance}/secrets/{secret}", `{"value":"`+secrets["secret of a plugin"]+`","ahead":true}`)
	o.ok("POST", "/connectors", `{"name":"sealed","organisation":"acme","plugin":"oidc","settings":{"issuer":"https://idp.example","client_id":"x"},"secrets":{"client_secret":"`+secrets["secret of a connector"]+`"}}`)
	o.ok("POST", "/imports", `{"source":"x","clients":[{"client_id":"moved","client_secret":"`+secrets["imported secret"]+`","redirect_uris":["https://rp.example/cb"]}],
		"users":[{"id":"1","name":"moved","password":"`+secrets["imported password"]+`","totp":[{"seed":"`+secrets["imported seed"]+`"}]}]}`)
	text("client secret", o.ok("POST", "/clients", `{"name":"made","organisation":"acme","settings":{"redirect_uris":["https://rp.example/cb"]}}`), "secret")
	text("new client secret", o.ok("POST", "/clients/{client}/secret", ""), "secret")
	text("initial access token", o.ok("POST", "/initial-tokens", `{"name":"x","ttl":60}`), "token")
	text("API token", o.ok("POST", "/holders/{account}/tokens", `{"name":"x","ttl":60}`), "token")
	link("reset link", o.ok("POST", "/users/{user}/reset-link", `{}`))
	link("invitation", o.ok("POST", "/invitations", `{"by_hand":true,"user":{"name":"asked","organisation":"acme"}}`))
	user := w.asUser(core.ID(o.at["user"]))
	secrets["hash of a password"] = user.PasswordHash
	for _, secret := range secrets {
		w.hide(secret)
	}
	o.lookFor(secrets)
}

// lookFor reads all that can be read, and finds nothing of what was shown once.
func (o *operator) lookFor(secrets map[string]string) {
	o.t.Helper()
	told := map[string]string{}
	for _, row := range restMatrix() {
		if method, path, _ := strings.Cut(row.Operation, " "); method == http.MethodGet {
			for _, query := range []string{row.Query, "organisation=*"} {
				told[path+"?"+query] = string(o.call(method, path+"?"+query, "").body)
			}
		}
	}
	told["events"] = string(o.ok("GET", "/events?limit=200", "").body)
	b := o.signedIn(o.people[6])
	for _, row := range consoleMatrix() {
		if row.Actions == "" {
			told["console "+row.Page] = o.pressed(b, row, "").body
		}
	}
	for _, path := range []string{"/clients/moved", "/connectors/sealed", "/audit/export/csv", "/audit/export/json", "/instances/office"} {
		p := b.get(console.Path + path)
		if told["console "+path] = p.body; p.status != http.StatusOK {
			o.t.Errorf("%s: %d", path, p.status)
		}
	}
	var metrics bytes.Buffer
	o.app.Metrics.WritePrometheus(&metrics)
	told["metrics"], told["log"] = metrics.String(), o.log.String()
	if len(told["events"]) < 5000 || len(told["metrics"]) < 500 || !strings.Contains(told["console /users"], "user-1") {
		o.t.Fatal("what is looked through is not what is there")
	}
	for where, text := range told {
		for what, secret := range secrets {
			if strings.Contains(text, secret) || strings.Contains(text, url.QueryEscape(secret)) {
				o.t.Errorf("the %s is in %s", what, where)
			}
		}
	}
}

const aScript = `"'><script>alert(1)</script><img src=x onerror=alert(1)>`

// refuseScriptsInConsole gives everything a name that is a script, and looks at it.
func refuseScriptsInConsole(t *testing.T, w *world) {
	o := newOperator(w)
	quoted, err := json.Marshal(aScript)
	w.must(err)
	script := string(quoted)
	o.ok("PATCH", "/users/{user}", `{"profile":{"display_name":`+script+`,"nickname":`+script+`,"title":`+script+`,"affiliation":`+script+`},"attributes":{"room":`+script+`}}`)
	o.ok("PATCH", "/groups/{group}", `{"display_name":`+script+`}`)
	o.ok("PATCH", "/clients/{client}", `{"display_name":`+script+`}`)
	o.ok("PATCH", "/organisations/{organisation}", `{"display_name":`+script+`}`)
	o.ok("PATCH", "/service-accounts/{account}", `{"description":`+script+`}`)
	o.ok("PATCH", "/connectors/{connector}", `{"display_name":"<script>alert(1)</script>"}`)
	o.ok("POST", "/holders/{account}/tokens", `{"name":`+script+`,"ttl":60}`)
	o.ok("POST", "/imports", `{"source":"x","left":[{"kind":"permission","name":`+script+`,"reason":`+script+`}],"groups":[{"name":"g","notes":[`+script+`]}]}`)
	b := o.signedIn(o.people[6])
	shown := 0
	for _, row := range consoleMatrix() {
		if row.Actions != "" {
			continue
		}
		p := o.pressed(b, row, "")
		for _, raw := range []string{"<script>alert", "<img src=x", "onerror=alert(1)>"} {
			if strings.HasPrefix(p.header.Get("Content-Type"), "text/html") && strings.Contains(p.body, raw) {
				t.Errorf("%s has %s", row.Page, raw)
			}
		}
		shown += strings.Count(p.body, "&lt;script&gt;alert(1)")
		policy := p.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe-inline") || strings.Contains(policy, "unsafe-eval") || p.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", row.Page, p.header)
		}
	}
	if shown < 20 {
		t.Errorf("what is looked for is shown %d times", shown)
	}
	// What was typed comes back in a form, and in what is searched for.
	for _, path := range []string{"/users?org=acme&q=", "/audit?q=", "/audit?type=", "/audit?actor=", "/audit?client=", "/explain?client=", "/clients?org=acme&search=", "/try/return?state=", "/try/return?error=x&error_description="} {
		if p := b.get(console.Path + path + url.QueryEscape(aScript)); strings.Contains(p.body, "<script>alert") || strings.Contains(p.body, "<img src=x") {
			t.Errorf("%s shows what was asked for as it was", path)
		}
	}
}

// refuseScriptAddresses sets addresses that a click, or a page, would run.
func refuseScriptAddresses(t *testing.T, w *world) {
	o := newOperator(w)
	for _, address := range []string{"javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\\tscript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "//evil.example", "file:///etc/passwd", "https://a\\u0000b"} {
		for _, c := range [][2]string{
			{"/users/{user}", `{"profile":{"picture":"%s"}}`}, {"/users/{user}", `{"profile":{"website":"%s"}}`}, {"/users/{user}", `{"profile":{"profile":"%s"}}`},
			{"/clients/{client}", `{"logo_uri":"%s"}`}, {"/clients/{client}", `{"client_uri":"%s"}`}, {"/clients/{client}", `{"policy_uri":"%s"}`}, {"/clients/{client}", `{"terms_uri":"%s"}`},
			{"/clients/{client}", `{"redirect_uris":["%s"]}`}, {"/organisations/{organisation}", `{"website_url":"%s"}`}, {"/organisations/{organisation}", `{"logo":"%s"}`},
			{"/organisations/{organisation}", `{"favicon":"%s"}`}, {"/organisations/{organisation}", `{"accent":"%s"}`}, {"/connectors/{connector}", `{"icon":"%s"}`},
		} {
			if a := o.call("PATCH", c[0], strings.Replace(c[1], "%s", address, 1)); a.status != http.StatusUnprocessableEntity && a.status != http.StatusBadRequest {
				t.Errorf("%s %s %s: %d %s", c[0], c[1], address, a.status, a.body)
			}
		}
	}
}

// files lists what is in the data directory, but for databases and what is compiled.
func (w *world) files() (list []string) {
	w.t.Helper()
	w.must(filepath.WalkDir(w.dir, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !strings.Contains(name, ".db") && !strings.Contains(name, "/cache/") {
			list = append(list, name)
		}
		return err
	}))
	return list
}

// refuseModules uploads what is no plugin, in every way.
func refuseModules(t *testing.T, w *world) {
	o := newOperator(w)
	before := w.files()
	header := "\x00asm\x01\x00\x00\x00"
	modules := map[string]string{
		"nothing": "", "a text": "no module", "a header": header, "a picture that is a module": "\x89PNG\r\n\x1a\n" + header, "a zip": "PK\x03\x04" + strings.Repeat("x", 100),
		"gigabytes of memory": header + "\x05\x05\x01\x00\x80\x80\x04", "a section without an end": header + "\x01\xff\xff\xff\xff\x0f", "many sections": header + strings.Repeat("\x00\x02\x01x", 50_000),
		"many functions": header + "\x01\x04\x01\x60\x00\x00" + "\x03\x85\x80\x80\x80\x08\xff\xff\xff\xff\x07",
	}
	for what, module := range modules {
		for _, path := range []string{"/plugins", "/plugins/examine", "/plugins?allow_unsigned=true", "/plugins?allow_unsigned=true&source=..%2F..%2F..%2Fetc%2Fpasswd"} {
			if a := o.call("POST", path, module); a.status != http.StatusUnprocessableEntity && a.status != http.StatusBadRequest {
				t.Errorf("%s at %s: %d %.200s", what, path, a.status, a.body)
			}
		}
	}
	b := o.signedIn(o.people[6])
	form := b.get(console.Path + "/plugins/install")
	for _, name := range []string{"../../../../tmp/evil.wasm", `..\..\evil.wasm`, "/etc/cron.d/evil", "a\x00b.wasm", strings.Repeat("a", 5000), `x"; filename="y`} {
		for what, module := range modules {
			if p := form.upload("inspect", "module", name, []byte(module), nil); p.status >= 500 || p.status < 400 {
				t.Errorf("%s as %.40q: %d\n%s", what, name, p.status, p.words())
			}
		}
	}
	for _, path := range []string{"/plugins", "/plugins/examine"} {
		if a := o.call("POST", path, header+strings.Repeat("x", 32<<20+2)); a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("a large one at %s: %d %.200s", path, a.status, a.body)
		}
	}
	if after := w.files(); !slices.Equal(after, before) {
		t.Errorf("there is more than before: %q", after)
	}
	o.ok("GET", "/plugins", "")
}

// refuseDatabases imports databases that would rather be programs.
func refuseDatabases(t *testing.T, w *world) {
	o := newOffices(w)
	b := o.signedIn(o.people[6])
	database := func(statements ...string) []byte {
		t.Helper()
		path := filepath.Join(t.TempDir(), "casdoor.db")
		w.must(os.WriteFile(path, nil, 0o600))
		conn, err := sqlite.Open(path)
		w.must(err)
		w.must(conn.Script(strings.Join(statements, ";\n")))
		w.must(conn.Close())
		content, err := os.ReadFile(path)
		w.must(err)
		return content
	}
	const endless = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i AS owner, 'x' AS name FROM n`
	organization := `CREATE TABLE organization (owner TEXT, name TEXT)`
	before := w.files()
	users, err := w.app.Store.Users(t.Context(), core.UserFilter{})
	w.must(err)
	for what, content := range map[string][]byte{
		"views without an end":  database(organization, `CREATE VIEW user AS `+endless, `CREATE VIEW application AS `+endless),
		"views alone":           database(`CREATE VIEW organization AS `+endless, `CREATE VIEW user AS `+endless),
		"a trigger":             database(organization, `CREATE TABLE user (owner TEXT, name TEXT)`, `CREATE TRIGGER t AFTER INSERT ON user BEGIN DELETE FROM organization; END`),
		"computed columns":      database(organization, `CREATE TABLE user (owner TEXT, name TEXT, password AS (zeroblob(1000000000)))`, `INSERT INTO user (owner, name) VALUES ('a', 'b')`),
		"a name that is SQL":    database(organization, `CREATE TABLE "user""; DROP TABLE users; --" (owner TEXT)`),
		"a broken one":          append(database(organization)[:5000], bytes.Repeat([]byte{0xff}, 5000)...),
		"its first bytes":       []byte("SQLite format 3\x00"),
		"deep JSON":             []byte(`{"organizations":` + strings.Repeat("[", 100_000)),
		"an entity":             []byte(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>`),
		"a file of another one": []byte("file:///etc/passwd"),
	} {
		for _, name := range []string{"casdoor.db", "../../../../etc/passwd", "/proc/self/environ"} {
			form := b.get(console.Path + "/import")
			p := form.upload("rehearse", "file", name, content, map[string]string{"source": "casdoor"})
			if p.status >= 500 || strings.Contains(p.body, "root:") {
				t.Errorf("%s as %s: %d\n%s", what, name, p.status, p.words())
			}
		}
	}
	for _, source := range []string{"csv", "keycloak", "dex"} {
		for _, content := range []string{"a: &a [*a]\nb: *a", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\nstaticClients: [*f,*f,*f,*f]", strings.Repeat("[", 100_000), strings.Repeat("\"", 100_001), "\x00\x00"} {
			form := b.get(console.Path + "/import")
			if p := form.upload("rehearse", "file", "x", []byte(content), map[string]string{"source": source}); p.status >= 500 {
				t.Errorf("%s %.40q: %d\n%s", source, content, p.status, p.words())
			}
		}
	}
	now, err := w.app.Store.Users(t.Context(), core.UserFilter{})
	if after := w.files(); err != nil || len(now) != len(users) || !slices.Equal(after, before) {
		t.Errorf("there are %d people, %v, and the files %q", len(now), err, after)
	}
}

// refuseClimbingPaths asks for what lies outside of what is served.
func refuseClimbingPaths(t *testing.T, w *world) {
	for _, prefix := range []string{"/assets/", "/account/avatar/", api.Prefix + "/", "/scim/v2/", console.Path + "/", console.Path + "/audit/export/", "/problems/", "/dev/mail/", "/"} {
		for _, climb := range []string{
			"../postern.db", "../../../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e%2fpostern.db", "..%5c..%5cpostern.db", "..;/postern.db", "....//postern.db",
			"%252e%252e%252fetc%252fpasswd", "%c0%ae%c0%ae/etc/passwd", "x%00.css", "/etc/passwd", "./../postern.db",
		} {
			a := w.exactly(prefix + climb)
			if at := a.header.Get("Location"); a.status == http.StatusTemporaryRedirect && strings.HasPrefix(at, "/") && !strings.HasPrefix(at, "//") {
				a = w.exactly(at) // the path without dots, here
			}
			elsewhere := a.status == http.StatusSeeOther && strings.HasPrefix(a.header.Get("Location"), "/login?")
			if a.status != http.StatusNotFound && a.status != http.StatusBadRequest && a.status != http.StatusUnauthorized && !elsewhere ||
				bytes.Contains(a.body, []byte("root:")) || bytes.Contains(a.body, []byte("SQLite format")) {
				t.Errorf("%s%s: %d %s %.200s", prefix, climb, a.status, a.header.Get("Location"), a.body)
			}
		}
	}
}

// exactly asks for a path as it stands.
func (w *world) exactly(path string) answer {
	w.t.Helper()
	r, err := http.NewRequest(http.MethodGet, w.issuer, nil)
	w.must(err)
	r.URL.Opaque = "//" + r.URL.Host + path
	return w.do(r)
}

// refuseAdministrationOfOtherPages: no page of another origin reads anything here, whatever
// it sends, and none of ours reads the interface for programs.
func refuseAdministrationOfOtherPages(t *testing.T, w *world) {
	o := newOperator(w)
	w.register("rp", nil) // whose origin may read what clients read
	for _, origin := range []string{"https://rp.example", "https://evil.example", "null", w.issuer, w.issuer + ".evil.example"} {
		for _, path := range []string{
			api.Prefix + "/users", api.Prefix + "/users/" + o.at["user"], api.Prefix + "/caller", api.Prefix + "/openapi.json", api.Prefix + "/imports",
			console.Path, console.Path + "/users", console.Path + "/users/" + o.at["user"] + "/edit", console.Path + "/audit/export/json", "/problems/stale",
		} {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions, http.MethodPatch, http.MethodDelete} {
				w.clock.advance(time.Second)
				w.shut(origin, method, path)
			}
		}
		r, err := http.NewRequest(http.MethodGet, w.issuer+api.Prefix+"/users", nil)
		w.must(err)
		r.Header.Set("Origin", origin)
		r.Header.Set("Authorization", "Bearer "+o.token)
		if a := w.do(r); a.status != http.StatusOK || a.header.Get(allowOrigin) != "" || a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("a token from %s: %d %v", origin, a.status, a.header)
		}
	}
}
