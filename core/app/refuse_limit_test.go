package app_test

import (
	"bufio"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/oauth"
)

// 52: bodies that are too large or too slow.

func limitRefusals() []refusal {
	return []refusal{
		{"052_body_too_large", bodyTooLarge},
		{"052_body_too_large_unannounced", bodyTooLargeUnannounced},
		{"052_announced_body_is_not_waited_for", bodyNotWaitedFor},
		{"052_slow_body", slowBody},
		{"052_slow_header", slowHeader},
	}
}

const tooMuch = 64<<10 + 1

// takers are the paths that take a body.
func takers() []string {
	return []string{
		oauth.PathToken, oauth.PathRefresh, oauth.PathRevoke, oauth.PathDeviceAuthorization, oauth.PathUserInfo, oauth.PathAccount,
		oauth.PathAuthorize, oauth.PathEndSession, "/login", "/select", "/consent", "/setup",
	}
}

// oversized posts a body of one byte too many; announced says whether its length
// is known beforehand.
func (w *world) oversized(path string, announced bool) {
	w.t.Helper()
	var body io.Reader = strings.NewReader("grant_type=" + strings.Repeat("a", tooMuch-len("grant_type=")))
	if !announced {
		body = io.MultiReader(body) // hides the length
	}
	r, err := http.NewRequest(http.MethodPost, w.issuer+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if a := w.do(r); a.status != http.StatusRequestEntityTooLarge {
		w.t.Errorf("%s: status %d: %s", path, a.status, a.body)
	}
}

func bodyTooLarge(_ *testing.T, w *world) {
	for _, path := range takers() {
		w.each(path, func() {
			w.recorded(core.EventRequestRefused, "body_too_large", func() { w.oversized(path, true) })
		})
	}
}

func bodyTooLargeUnannounced(_ *testing.T, w *world) {
	kinds := map[string]core.EventType{
		oauth.PathToken: core.EventTokenRefused, oauth.PathRefresh: core.EventTokenRefused,
		oauth.PathRevoke: core.EventTokenRefused, oauth.PathDeviceAuthorization: core.EventTokenRefused,
		oauth.PathUserInfo: core.EventResourceRefused, oauth.PathAccount: core.EventResourceRefused,
		oauth.PathAuthorize: core.EventAuthorizeRefused,
	}
	for _, path := range takers() {
		w.each(path, func() {
			kind := kinds[path]
			if kind == "" {
				kind = core.EventRequestRefused
			}
			w.recorded(kind, "body_too_large", func() { w.oversized(path, false) })
		})
	}
}

// bodyNotWaitedFor announces much and sends nothing of it: the answer must come
// all the same.
func bodyNotWaitedFor(_ *testing.T, w *world) {
	for _, path := range takers() {
		for _, length := range []int{tooMuch, 10 << 20} {
			w.each(fmt.Sprint(path, " ", length), func() {
				w.recorded(core.EventRequestRefused, "body_too_large", func() {
					if status := w.announce(path, length, ""); status != http.StatusRequestEntityTooLarge {
						w.t.Errorf("status %d", status)
					}
				})
			})
		}
	}
}

// announce posts the beginning of a body of that length, and gives the status of
// the answer.
func (w *world) announce(path string, length int, beginning string) int {
	w.t.Helper()
	conn := w.dial()
	defer conn.Close()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", path, length, beginning)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

const patience = 20 * time.Second

func (w *world) dial() net.Conn {
	w.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.issuer, "http://"))
	if err != nil {
		w.t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		w.t.Fatal(err)
	}
	return conn
}

// hurried starts the server again with every time-out a small part of what it is.
// A time-out that there is not stays away.
func (w *world) hurried() {
	const factor = 30
	w.limits = func(s *http.Server) {
		s.ReadHeaderTimeout /= factor
		s.ReadTimeout /= factor
		s.WriteTimeout /= factor
		s.IdleTimeout /= factor
	}
	w.restart()
}

// trickle sends a byte each few milliseconds until the other side has closed the
// connection, and gives what it answered before.
func (w *world) trickle(begin string) string {
	w.t.Helper()
	conn := w.dial()
	defer conn.Close()
	answered := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(conn) // a reset ends it as well as an orderly end
		answered <- string(text)
	}()
	if _, err := io.WriteString(conn, begin); err != nil {
		w.t.Fatal(err)
	}
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience / 2)
	for {
		select {
		case text := <-answered:
			return text
		case <-deadline:
			w.t.Error("the connection stays open")
			return ""
		case <-ticker.C:
			_, _ = io.WriteString(conn, "a") // fails when it is closed
		}
	}
}

func slowBody(t *testing.T, w *world) {
	w.hurried()
	w.recorded(core.EventTokenRefused, "body_incomplete", func() {
		text := w.trickle("POST " + oauth.PathToken + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\ngrant_type=")
		// Closing under what still arrives may lose the answer on its way.
		if text != "" && (!strings.HasPrefix(text, "HTTP/1.1 408 ") || !strings.Contains(text, `"error":"invalid_request"`)) {
			t.Errorf("answered %q", text)
		}
	})
}

// slowHeader: a request that never was one is no refusal, so nothing is recorded.
func slowHeader(t *testing.T, w *world) {
	w.hurried()
	before := len(w.events(core.EventFilter{Limit: 1000}))
	if text := w.trickle("POST " + oauth.PathToken + " HTTP/1.1\r\nHost: x\r\nX-Slow: "); strings.Contains(text, " 200 ") {
		t.Errorf("answered %q", text)
	}
	if got := len(w.events(core.EventFilter{Limit: 1000})); got != before {
		t.Errorf("%d audit events", got-before)
	}
}

// 53: what takes how long.

func timingRefusals() []refusal {
	return []refusal{
		{"053_unknown_client_as_wrong_secret", func(t *testing.T, w *world) {
			rp := w.register("rp", nil)
			guess := func(id string) func() *tokenCall {
				return func() *tokenCall {
					c := rp.callCode("code_" + strings.Repeat("A", 64))
					c.header.Set("Authorization", basic(id, strings.Repeat("A", len(rp.secret))))
					return c
				}
			}
			w.alike(guess(rp.client.ID), guess(strings.Repeat("x", len(rp.client.ID))))
		}},
		{"053_unknown_code_as_wrong_secret", func(t *testing.T, w *world) {
			w.user("alice")
			rp := w.register("rp", nil)
			code, change := rp.code(newBrowser(t, w.issuer), "alice"), alterations()
			guess := func(code string) func() *tokenCall { return func() *tokenCall { return rp.callCode(code) } }
			w.alike(guess(change["other_secret"](code)), guess(change["other_identifier"](code)))
		}},
		{"053_unknown_refresh_token_as_wrong_secret", func(t *testing.T, w *world) {
			w.user("alice")
			rp := w.register("rp", withRefresh)
			token, change := rp.tokens(newBrowser(t, w.issuer)).text("refresh_token"), alterations()
			guess := func(token string) func() *tokenCall { return func() *tokenCall { return rp.callRefresh(token) } }
			w.alike(guess(change["other_secret"](token)), guess(change["other_identifier"](token)))
		}},
		{"053_secrets_are_compared_in_constant_time", func(t *testing.T, _ *world) { comparedInConstantTime(t) }},
	}
}

// alike checks that nobody can tell two refusals from each other: neither by the
// answer, nor by how long it takes.
func (w *world) alike(one, other func() *tokenCall) {
	w.t.Helper()
	a, b := w.send(one()), w.send(other())
	for _, answer := range []answer{a, b} {
		answer.header.Del("X-Request-Id")
		answer.header.Del("Date")
	}
	if a.status != b.status || string(a.body) != string(b.body) || fmt.Sprint(a.header) != fmt.Sprint(b.header) {
		w.t.Errorf("the answers differ:\n%d %v %s\n%d %v %s", a.status, a.header, a.body, b.status, b.header, b.body)
	}
	// The machine may be busy with others, so a difference must show three times.
	var first, second time.Duration
	for range 3 {
		if first, second = w.medians(one, other); first < 2*second && second < 2*first {
			return
		}
	}
	w.t.Errorf("one takes %v, the other %v", first, second)
}

// medians takes turns, so that what else the machine does concerns both.
func (w *world) medians(one, other func() *tokenCall) (first, second time.Duration) {
	w.t.Helper()
	const rounds = 60
	var took [2][]time.Duration
	for range rounds {
		for i, call := range []func() *tokenCall{one, other} {
			r := call().request(w)
			begun := time.Now()
			w.do(r)
			took[i] = append(took[i], time.Since(begun))
		}
	}
	slices.Sort(took[0])
	slices.Sort(took[1])
	return took[0][rounds/2], took[1][rounds/2]
}

// comparedInConstantTime reads the source: nothing that is called a hash, a secret
// or a verifier is compared with == or its kin, but with a constant.
func comparedInConstantTime(t *testing.T) {
	read := 0
	for _, room := range []string{"..", "../oauth", "../grant", "../token", "../flow", "../authn", "../admin", "../httpd", "../store"} {
		files, err := filepath.Glob(filepath.Join(room, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			read++
			for _, n := range hastyComparisons(file) {
				var text strings.Builder
				if err := printer.Fprint(&text, set, n); err != nil {
					t.Fatal(err)
				}
				// Both are readings of what the client presented.
				if text.String() != "rawSecret != secret" {
					t.Errorf("%s: %s takes a time that tells of the secret", set.Position(n.Pos()), &text)
				}
			}
		}
	}
	if read < 50 {
		t.Errorf("only %d files were read", read)
	}
}

func hastyComparisons(file *ast.File) []ast.Node {
	var found []ast.Node
	ast.Inspect(file, func(node ast.Node) bool {
		var sides []ast.Expr
		switch n := node.(type) {
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				sides = []ast.Expr{n.X, n.Y}
			}
		case *ast.CallExpr:
			if called, ok := n.Fun.(*ast.SelectorExpr); ok && isHasty(called) {
				sides = n.Args
			}
		}
		if len(sides) == 2 && isSecret(sides[0]) && isSecret(sides[1]) {
			found = append(found, node)
		}
		return true
	})
	return found
}

func isHasty(called *ast.SelectorExpr) bool {
	from, ok := called.X.(*ast.Ident)
	return ok && slices.Contains([]string{"bytes", "strings", "slices", "reflect", "cmp"}, from.Name) &&
		slices.Contains([]string{"Equal", "EqualFold", "Compare", "DeepEqual"}, called.Sel.Name)
}

// isSecret goes by the name: what the other side of a comparison with a constant
// is called does not matter.
func isSecret(e ast.Expr) bool {
	name := ""
	switch e := e.(type) {
	case *ast.Ident:
		name = e.Name
	case *ast.SelectorExpr:
		name = e.Sel.Name
	case *ast.IndexExpr:
		return isSecret(e.X)
	case *ast.CallExpr:
		return isSecret(e.Fun)
	}
	name = strings.ToLower(name)
	for _, word := range []string{"hash", "secret", "verifier", "challenge", "password", "mac"} {
		if strings.HasSuffix(name, word) {
			return true
		}
	}
	return false
}

// 54: clients, people and organisations that are disabled.

func disabledRefusals() []refusal {
	return []refusal{
		{"054_client_disabled", clientDisabled},
		{"054_user_disabled", userDisabled},
		{"054_user_disabled_whose_grants_stand", userDisabledAlone},
		{"054_user_deleted", userDeleted},
		{"054_client_deleted", clientDeleted},
		{"054_organisation_disabled", organisationDisabled},
		{"054_organisation_of_the_user_disabled", usersOrganisationDisabled},
		{"054_organisation_of_the_client_disabled", clientsOrganisationDisabled},
		{"054_client_no_longer_shared", clientNoLongerShared},
	}
}

// doors are what alice has at a client: each of them must close.
type doors struct {
	rp      *relyingParty
	browser *browser
	code    string // not redeemed yet
	set     answer
}

func (w *world) opened(rp *relyingParty) *doors {
	w.t.Helper()
	d := &doors{rp: rp, browser: newBrowser(w.t, w.issuer)}
	d.set = rp.tokens(d.browser)
	d.code = rp.code(d.browser, "alice")
	w.serves(d.set.text("access_token"))
	return d
}

// closed checks the token endpoint's two grants and both resources.
func (d *doors) closed(w *world, status int, code, reason, resourceReason string) {
	w.t.Helper()
	w.refuses(d.rp.callCode(d.code), status, code, reason)
	w.refuses(d.rp.callRefresh(d.set.text("refresh_token")), status, code, reason)
	w.deniesAccess(d.set.text("access_token"), resourceReason)
	w.recorded(core.EventAuthorizeRefused, "", func() {
		w.t.Helper()
		if p := d.browser.get(d.rp.authorizeURL("prompt", "none")); p.location != nil && p.location.Query().Has("code") {
			w.t.Errorf("a code was issued: %s", p.location)
		}
	})
}

// reopened checks that what was barred for a while, and not revoked, works again.
func (d *doors) reopened(w *world) {
	w.t.Helper()
	w.succeeds(d.rp.callCode(d.code))
	w.serves(d.set.text("access_token"))
	w.succeeds(d.rp.callRefresh(d.set.text("refresh_token")))
}

func (w *world) disableOrganisation(name string, disabled bool) {
	w.t.Helper()
	_, err := w.app.Admin.UpdateOrganisation(context.Background(), cli, name, "", func(o *core.Organisation) { o.Disabled = disabled })
	if err != nil {
		w.t.Fatal(err)
	}
}

func clientDisabled(_ *testing.T, w *world) {
	w.user("alice")
	d := w.opened(w.register("rp", withRefresh))
	other := w.opened(w.register("other", withRefresh))
	w.editClient(d.rp, func(c *core.Client) { c.Disabled = true })
	d.closed(w, http.StatusUnauthorized, "invalid_client", "client_disabled", "client_disabled")
	other.reopened(w)
	w.editClient(d.rp, func(c *core.Client) { c.Disabled = false })
	d.reopened(w)
}

// userDisabled: what a disabled person had does not come back with them.
func userDisabled(t *testing.T, w *world) {
	alice := w.user("alice")
	d := w.opened(w.register("rp", withRefresh))
	if err := w.app.Admin.DisableUser(context.Background(), cli, alice.ID); err != nil {
		t.Fatal(err)
	}
	d.closed(w, http.StatusBadRequest, "invalid_grant", "grant_revoked", "grant_revoked")
	if err := w.app.Admin.EnableUser(context.Background(), cli, alice.ID); err != nil {
		t.Fatal(err)
	}
	d.closed(w, http.StatusBadRequest, "invalid_grant", "grant_revoked", "grant_revoked")
}

// userDisabledAlone: that the grants are revoked is not all that keeps a disabled
// person out.
func userDisabledAlone(t *testing.T, w *world) {
	alice := *w.user("alice")
	d := w.opened(w.register("rp", withRefresh))
	set := func(disabled bool) {
		alice.Disabled = disabled
		if err := w.app.Store.Apply(context.Background(), core.UpdateUser{User: alice}); err != nil {
			t.Fatal(err)
		}
	}
	set(true)
	d.closed(w, http.StatusBadRequest, "invalid_grant", "user_disabled", "user_disabled")
	set(false)
	d.reopened(w)
}

func userDeleted(t *testing.T, w *world) {
	alice := w.user("alice")
	d := w.opened(w.register("rp", withRefresh))
	if err := w.app.Admin.DeleteUser(context.Background(), cli, alice.ID); err != nil {
		t.Fatal(err)
	}
	d.closed(w, http.StatusBadRequest, "invalid_grant", "", "unknown_token")
}

func clientDeleted(t *testing.T, w *world) {
	w.user("alice")
	d := w.opened(w.register("rp", withRefresh))
	if err := w.app.Admin.DeleteClient(context.Background(), cli, d.rp.client.ID); err != nil {
		t.Fatal(err)
	}
	d.closed(w, http.StatusUnauthorized, "invalid_client", "client_unknown", "unknown_token")
}

func organisationDisabled(_ *testing.T, w *world) {
	w.user("alice")
	d := w.opened(w.register("rp", withRefresh))
	w.disableOrganisation(core.DefaultOrganisation, true)
	d.closed(w, http.StatusUnauthorized, "invalid_client", "client_organisation_disabled", "client_organisation_disabled")
	w.disableOrganisation(core.DefaultOrganisation, false)
	d.reopened(w)
}

// guest makes alice a person of an organisation of her own, at a client that all
// organisations share.
func (w *world) guest() *doors {
	w.t.Helper()
	_, err := w.app.Admin.CreateOrganisation(context.Background(), cli, core.Organisation{Name: "guests", DisplayName: "Guests"})
	if err != nil {
		w.t.Fatal(err)
	}
	w.user("alice", func(u *admin.NewUser) { u.Org = "guests" })
	return w.opened(w.register("rp", func(c *core.Client) {
		withRefresh(c)
		c.Shared = true
	}))
}

func usersOrganisationDisabled(_ *testing.T, w *world) {
	d := w.guest()
	w.disableOrganisation("guests", true)
	d.closed(w, http.StatusBadRequest, "invalid_grant", "organisation_disabled", "organisation_disabled")
	w.disableOrganisation("guests", false)
	d.reopened(w)
}

func clientsOrganisationDisabled(_ *testing.T, w *world) {
	d := w.guest()
	w.disableOrganisation(core.DefaultOrganisation, true)
	d.closed(w, http.StatusUnauthorized, "invalid_client", "client_organisation_disabled", "client_organisation_disabled")
	w.disableOrganisation(core.DefaultOrganisation, false)
	d.reopened(w)
}

func clientNoLongerShared(_ *testing.T, w *world) {
	d := w.guest()
	w.editClient(d.rp, func(c *core.Client) { c.Shared = false })
	d.closed(w, http.StatusBadRequest, "invalid_grant", "organisation_not_admitted", "organisation_not_admitted")
	w.editClient(d.rp, func(c *core.Client) { c.Shared = true })
	d.reopened(w)
}
