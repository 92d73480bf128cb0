package app_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/needs"
)

// npmClients gives a folder with the relying parties of testdata/npm, installed
// in the versions of the lock file. The source folder stays as it is.
func npmClients(t *testing.T) string {
	t.Helper()
	needs.Program(t, "node")
	needs.Program(t, "npm")
	dir, err := installNPM()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

var installNPM = sync.OnceValues(func() (dir string, err error) {
	dir = filepath.Join(shared, "npm")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "npm"))); err != nil {
		return "", err
	}
	install := exec.Command("npm", "ci", "--ignore-scripts")
	install.Dir = dir
	if output, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w\n%s", err, output)
	}
	return dir, nil
})

// npmSettings is what a relying party of testdata/npm has to know.
type npmSettings struct {
	Issuer        string            `json:"issuer"`
	Flow          string            `json:"flow"` // code, implicit, service, register
	ClientID      string            `json:"clientID"`
	Secret        string            `json:"secret,omitempty"`
	Auth          string            `json:"auth"` // basic, post, none, client_secret_jwt, private_key_jwt
	Alg           string            `json:"alg"`  // of ID tokens
	RedirectURI   string            `json:"redirectURI"`
	Scope         string            `json:"scope"`
	ResponseType  string            `json:"responseType,omitempty"`
	Parameters    map[string]string `json:"parameters,omitempty"`    // more of the authorization request
	RequestObject bool              `json:"requestObject,omitempty"` // all of them go into one
	EndSession    map[string]string `json:"endSession,omitempty"`    // more of the request to sign out
	Metadata      members           `json:"metadata,omitempty"`      // what the client is, or registers
	Key           *npmKey           `json:"key,omitempty"`           // signs
	Decryption    *npmKey           `json:"decryption,omitempty"`
}

// npmKey is a private key of a relying party.
type npmKey struct {
	PKCS8 []byte `json:"pkcs8"`
	KeyID string `json:"kid"`
	Alg   string `json:"alg"`
	Enc   string `json:"enc,omitempty"`
}

// npmFound is what it found.
type npmFound struct {
	Claims           map[string]any `json:"claims"`
	UserInfo         map[string]any `json:"userInfo"`
	ClientID         string         `json:"clientID"`
	TokenType        string         `json:"tokenType"`
	ExpiresIn        float64        `json:"expiresIn"`
	Scope            string         `json:"scope"`
	Rotated          bool           `json:"rotated"`
	RefreshedSubject string         `json:"refreshedSubject"`
	EndSession       string         `json:"endSession"`
	Reused           string         `json:"reused"`
	Revoked          string         `json:"revoked"`
	Registered       map[string]any `json:"registered"`
}

// converse runs a script of testdata/npm and browses for it.
func converse(t *testing.T, script string, settings npmSettings, browse func(request string) *url.URL) npmFound {
	t.Helper()
	node := exec.CommandContext(t.Context(), "node", filepath.Base(script))
	node.Dir, node.Stderr = filepath.Dir(script), os.Stderr
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close(); _ = node.Wait() }()
	found, err := talk(in, out, settings, browse)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func talk(in io.Writer, out io.Reader, settings npmSettings, browse func(string) *url.URL) (npmFound, error) {
	say := json.NewEncoder(in)
	if err := say.Encode(settings); err != nil {
		return npmFound{}, err
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var said struct {
			Browse, Failed string
			Found          *npmFound
		}
		if err := json.Unmarshal(lines.Bytes(), &said); err != nil {
			return npmFound{}, fmt.Errorf("it said %q: %w", lines.Text(), err)
		}
		switch {
		case said.Found != nil:
			return *said.Found, nil
		case said.Browse == "":
			return npmFound{}, fmt.Errorf("it failed: %s", said.Failed)
		}
		if err := say.Encode(map[string]string{"back": browse(said.Browse).String()}); err != nil {
			return npmFound{}, err
		}
	}
	return npmFound{}, fmt.Errorf("it ended without a word: %w", lines.Err())
}

func TestNPMClients(t *testing.T) {
	t.Parallel()
	dir := npmClients(t)
	w := newWorld(t)
	alice := w.user("alice")
	for _, test := range []struct{ script, preset, auth, alg string }{
		{"openid-client", "web", "basic", "RS256"}, {"openid-client", "web", "post", "ES256"}, {"openid-client", "spa", "none", "EdDSA"},
		{"oauth4webapi", "web", "basic", "PS256"}, {"oauth4webapi", "confluence", "post", "RS256"}, {"oauth4webapi", "native", "none", "ES256"},
	} {
		name := strings.Join([]string{test.script, test.preset, test.auth, test.alg}, "-")
		t.Run(name, func(t *testing.T) {
			registered := w.registerPreset(name, test.preset, offline(theCallback, test.alg))
			b := newBrowser(t, w.issuer)
			found := converse(t, filepath.Join(dir, test.script+".mjs"), npmSettings{
				Issuer: w.issuer, Flow: "code", ClientID: registered.client.ID, Secret: registered.secret, Auth: test.auth, Alg: test.alg,
				RedirectURI: theCallback, Scope: "openid profile email offline_access",
			}, func(request string) *url.URL { return w.signIn(b, request) })
			checkFound(t, found, alice, registered)
			checkEndSession(t, b, found.EndSession, registered)
		})
	}
	w.checkSecrets()
}

func checkFound(t *testing.T, found npmFound, alice *core.User, registered *relyingParty) {
	t.Helper()
	for _, check := range []struct {
		what      string
		got, want any
	}{
		{"sub", found.Claims["sub"], string(alice.ID)},
		{"aud", found.Claims["aud"], registered.client.ID},
		{"sub of UserInfo", found.UserInfo["sub"], string(alice.ID)},
		{"email", found.UserInfo["email"], alice.Email},
		{"email_verified", found.UserInfo["email_verified"], true},
		{"given_name", found.UserInfo["given_name"], alice.Profile.GivenName},
		{"token type", found.TokenType, "bearer"}, // both fold it
		{"rotated", found.Rotated, true},
		{"sub after refresh", found.RefreshedSubject, string(alice.ID)},
		{"code used again", found.Reused, "invalid_grant"},
		{"access token after that", found.Revoked, "invalid_token"},
	} {
		if check.got != check.want {
			t.Errorf("%s: got %v, want %v", check.what, check.got, check.want)
		}
	}
	if _, isNumber := found.Claims["auth_time"].(float64); !isNumber || found.ExpiresIn <= 0 {
		t.Errorf("auth_time %v, expires in %v", found.Claims["auth_time"], found.ExpiresIn)
	}
}

// checkEndSession follows the relying party's sign-out, after which a new sign-in
// asks for the password.
func checkEndSession(t *testing.T, b *browser, endSession string, registered *relyingParty) {
	t.Helper()
	p := b.get(endSession)
	if p.has("logout") {
		p = p.press("logout", nil)
	}
	if p.status != 200 {
		t.Errorf("sign-out: status %d:\n%s", p.status, p.body)
	}
	if p := b.get(registered.authorizeURL()); !p.has("login") {
		t.Errorf("after the sign-out: status %d at %s", p.status, p.url)
	}
}

// TestNPMRegistration has openid-client register itself.
func TestNPMRegistration(t *testing.T) {
	dir := npmClients(t)
	w := newWorld(t)
	w.registration.Mode = core.RegistrationToken
	w.restart()
	alice := w.user("alice")
	_, token, err := w.app.Admin.CreateInitialToken(t.Context(), cli, admin.NewInitialToken{Name: "npm", MaxUses: 3, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	w.hide(token)
	for _, test := range []struct{ auth, alg string }{{core.AuthBasic, "RS256"}, {core.AuthPost, "ES256"}, {core.AuthNone, "EdDSA"}} {
		t.Run(test.auth, func(t *testing.T) {
			b := newBrowser(t, w.issuer)
			found := converse(t, filepath.Join(dir, "registration.mjs"), npmSettings{
				Issuer: w.issuer, Secret: token, Auth: test.auth, Alg: test.alg, RedirectURI: theCallback, Scope: "openid email",
			}, func(request string) *url.URL {
				p := b.get(request).signIn("alice", thePassword)
				if !p.has("allow") {
					t.Fatalf("no consent page: status %d\n%s", p.status, p.body)
				}
				return p.press("allow", nil).location
			})
			id, _ := found.Registered["client_id"].(string)
			if found.Claims["sub"] != string(alice.ID) || found.Claims["aud"] != id || found.UserInfo["email"] != alice.Email {
				t.Errorf("found %+v", found)
			}
			client, err := w.app.Store.Client(t.Context(), id)
			if err != nil || client.Public() != (test.auth == core.AuthNone) || !client.Registered() || client.IDTokenAlg != test.alg {
				t.Errorf("made %+v, %v", client, err)
			}
		})
	}
	w.checkSecrets()
}
