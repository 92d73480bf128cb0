package capability_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

// blurts answers with something that is not HTTP and has all that was sent.
func blurts(rw http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	conn, _, err := http.NewResponseController(rw).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	_, key, _ := r.BasicAuth()
	fmt.Fprintf(conn, "%s %s %s %s\r\n\r\n", r.PostForm.Get("code"), r.Header.Get("X-Key"), key, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
}

// TestMessagesKeepSecrets: the words of the other side are in messages, and it knows
// what was sent to it.
func TestMessagesKeepSecrets(t *testing.T) {
	const exchange = `{"issuer":"https://idp.example.org","client_id":"client","secret":"key","userinfo":true}`
	typed := func(header func(*http.Request) string) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) {
			r.ParseForm()
			rw.Header().Set("Content-Type", header(r))
		}
	}
	for name, test := range map[string]struct {
		path    string
		handler http.HandlerFunc
		request string
	}{
		"token endpoint": {"/token", blurts, exchange},
		"userinfo":       {"/userinfo", blurts, exchange},
		"code as type":   {"/token", typed(func(r *http.Request) string { return "text/" + r.PostForm.Get("code") }), exchange},
		"token as type": {"/userinfo", typed(func(r *http.Request) string {
			return "text/" + strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		}), exchange},
		"verifier in the kind": {"/token", func(rw http.ResponseWriter, r *http.Request) {
			r.ParseForm()
			sendJSON(rw, map[string]any{"access_token": "a", "token_type": r.PostForm.Get("code_verifier")})
		}, exchange},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := newIDP(w)
			p.answers[test.path] = test.handler
			caller := p.login(oidcGrant)
			w.secret(caller, "key", "k3y-secret")
			answer, code := w.call(caller, hook.OIDCExchange, test.request)
			if code == "" || !strings.Contains(answer, "repeats what is secret") {
				t.Errorf("%s (%s)", answer, code)
			}
			for _, secret := range []string{"c0de", "v3rifier", "k3y", "t0ken"} {
				if strings.Contains(answer, secret) {
					t.Errorf("%s is in %s", secret, answer)
				}
			}
		})
	}
	w := newWorld(t)
	w.mux.HandleFunc("api.example.org/", blurts)
	caller := w.caller("http.fetch api.example.org")
	w.secret(caller, "key", "k3y-secret")
	answer, _ := w.call(caller, hook.HTTPFetch, `{"requests":[{"url":"https://api.example.org/","secrets":[{"header":"X-Key","name":"key"}]}]}`)
	if strings.Contains(answer, "k3y") || !strings.Contains(answer, "repeats what is secret") {
		t.Errorf("%s", answer)
	}
}

// TestDirectoryKeepsPasswords: nor does a directory tell a password to the log.
func TestDirectoryKeepsPasswords(t *testing.T) {
	says := func(op byte, text string) string {
		return tlv(0x30, "\x02\x01\x01", tlv(op, "\x0a\x01\x35\x04\x00", tlv(0x04, text)))
	}
	w := newWorld(t)
	w.directoryOf(true, says(0x61, "the password correct horse is old"))
	answer, _ := w.call(w.caller("ldap.bind directory.example.org"), hook.LDAPBind, `{"server":{"url":"ldaps://directory.example.org"},`+bindJane)
	if strings.Contains(answer, "horse") || !strings.Contains(answer, "repeats what is secret") {
		t.Errorf("%s", answer)
	}
	w.directoryOf(true, says(0x61, "the password reader-secret is old"))
	caller := w.caller("ldap.search directory.example.org")
	w.secret(caller, "reader", "reader-secret")
	answer, _ = w.call(caller, hook.LDAPSearch, `{"server":{"url":"ldaps://directory.example.org","bind_dn":"cn=reader","bind_secret":"reader"},"filter":"(uid=a)"}`)
	if strings.Contains(answer, "reader-") || !strings.Contains(answer, "repeats what is secret") {
		t.Errorf("%s", answer)
	}
}
