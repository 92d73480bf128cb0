package supply

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// wantsBearer asks for a token of a server.
func wantsBearer(realm string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s",service="registry",scope="repository:%s:pull"`, realm, repository))
		status(401)(w, r)
	}
}

// guardedBy has a registry let in only who has the token.
func (f *fake) guardedBy(token, realm string) {
	f.every = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/token" || r.Header.Get("Authorization") == "Bearer "+token {
			return false
		}
		wantsBearer(realm)(w, r)
		return true
	}
}

// tokens gives the token to who has the password, and remembers for what.
func tokens(token string, scopes *[]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*scopes = append(*scopes, r.URL.Query()["scope"]...)
		if user, password, _ := r.BasicAuth(); user != "anna" || password != secretWord {
			status(401)(w, r)
			return
		}
		json.NewEncoder(w).Encode(map[string]string{"token": token})
	}
}

func TestBasicLogin(t *testing.T) {
	f := newFake(t)
	f.every = func(w http.ResponseWriter, r *http.Request) bool {
		if user, password, _ := r.BasicAuth(); user == "anna" && password == secretWord {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
		status(401)(w, r)
		return true
	}
	p := signed(t)
	r := f.registry()
	if _, err := r.Push(t.Context(), f.ref(t, ":"+tag), p); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Pull(t.Context(), f.ref(t, ":"+tag)); err != nil {
		t.Fatal(err)
	}
	for name, credentials := range map[string]Credentials{
		"none": nil, "of another registry": StaticLogin("registry.example.org", Login{User: "anna", Password: secretWord}),
	} {
		r.Credentials = credentials
		_, err := r.Pull(t.Context(), f.ref(t, ":"+tag))
		if e := wantKind(t, err, Unauthorized); !strings.Contains(e.What, "wants a login") {
			t.Errorf("%s: it says %q", name, e.What)
		}
	}
	for _, half := range []Login{{User: "anna"}, {Password: secretWord}} {
		r.Credentials = StaticLogin(f.host(), half)
		_, err := r.Pull(t.Context(), f.ref(t, ":"+tag))
		wantKind(t, err, BadLogin)
	}
	r.Credentials = func(context.Context, string) (Login, error) { return Login{}, errors.New("said " + secretWord) }
	_, err := r.Pull(t.Context(), f.ref(t, ":"+tag))
	wantKind(t, err, BadAnswer)
}

func TestTokenLogin(t *testing.T) {
	f := newFake(t)
	var scopes []string
	f.guardedBy("token-1", f.URL+"/token")
	f.handle("/token", tokens("token-1", &scopes))
	p, r := signed(t), f.registry()
	if _, err := r.Push(t.Context(), f.ref(t, ":"+tag), p); err != nil {
		t.Fatal(err)
	}
	if want := "repository:" + repository + ":pull,push"; !slices.Contains(scopes, want) {
		t.Errorf("the scopes were %q, want %q among them", scopes, want)
	}
	scopes = nil
	if _, err := r.Pull(t.Context(), f.ref(t, ":"+tag)); err != nil {
		t.Fatal(err)
	}
	if want := "repository:" + repository + ":pull"; !slices.Equal(scopes, []string{want}) {
		t.Errorf("the scopes were %q, want %q", scopes, want)
	}
	r.Credentials = StaticLogin(f.host(), Login{User: "anna", Password: "wrong"})
	_, err := r.Pull(t.Context(), f.ref(t, ":"+tag))
	wantKind(t, err, Unauthorized)
	r.Credentials = StaticLogin(f.host(), Login{RegistryToken: "token-1"})
	if _, err := r.Pull(t.Context(), f.ref(t, ":"+tag)); err != nil {
		t.Error(err)
	}
}

// A token server on another host gets the login if it is named, and the registry
// gets the token.
func TestTokenServerElsewhere(t *testing.T) {
	f, server := newFake(t), newFake(t)
	f.hold(t, signed(t))
	var scopes []string
	f.guardedBy("token-1", server.URL+"/token")
	server.handle("/token", tokens("token-1", &scopes))
	r := f.registry()
	_, err := r.Pull(t.Context(), f.ref(t, ":"+tag))
	if e := wantKind(t, err, OtherHost); len(server.logins) != 0 || !strings.Contains(e.What, server.host()) || e.Host != server.host() {
		t.Errorf("%s; the other host was told %q", e, server.logins)
	}
	r.Hosts = []string{"registry.example.org", server.host()}
	if _, err := r.Pull(t.Context(), f.ref(t, ":"+tag)); err != nil {
		t.Fatal(err)
	}
	for _, login := range f.logins {
		if login != "Bearer token-1" {
			t.Errorf("the registry was told %q", login)
		}
	}
	// What the token server sends to elsewhere does not go there.
	third := newFake(t)
	r.Hosts = append(r.Hosts, third.host())
	server.handle("/token", redirect(third.URL))
	_, err = r.Pull(t.Context(), f.ref(t, ":"+tag))
	wantKind(t, err, OtherHost)
	r.Credentials = StaticLogin(f.host(), Login{IdentityToken: secretWord})
	_, err = r.Pull(t.Context(), f.ref(t, ":"+tag))
	if err == nil || len(third.logins) != 0 {
		t.Errorf("%v; the third host was told %q", err, third.logins)
	}
	wantKind(t, err, OtherHost)
}

// Which addresses may be reached is for the client that is handed in to say; the
// library has a list of its own.
func TestTokenServerOnThisMachine(t *testing.T) {
	f := newFake(t)
	f.hold(t, signed(t))
	plain := httptest.NewServer(f)
	defer plain.Close()
	host := strings.TrimPrefix(plain.URL, "http://")
	server := strings.Replace(host, "127.0.0.1", "localhost", 1)
	var scopes []string
	f.guardedBy("token-1", "http://"+server+"/token")
	f.handle("/token", tokens("token-1", &scopes))
	r := &Registry{Client: &http.Client{}, PlainHTTP: true, Hosts: []string{server}, Credentials: StaticLogin(host, Login{User: "anna", Password: secretWord})}
	if _, err := r.Pull(t.Context(), reference(t, host, ":"+tag)); err != nil {
		t.Error(err)
	}
}

// A token server that answers with anything else is an error.
func TestTokenServerRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		kind   Kind
	}{
		"web page": {body("text/html", "<html>"), BadAnswer},
		"no JSON":  {body("application/json", secretWord), BadAnswer},
		"no token": {body("application/json", "{}"), BadAnswer},
		"denied":   {status(403), Forbidden},
		"broken":   {status(502), BadAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.guardedBy("token-1", f.URL+"/token")
			f.handle("/token", test.answer)
			_, err := f.registry().Pull(t.Context(), f.ref(t, ":"+tag))
			wantKind(t, err, test.kind)
		})
	}
}

// Blobs may come from a host that is named. It never sees a credential, the
// registry's own host does.
func TestDownloadElsewhere(t *testing.T) {
	p := signed(t)
	f, elsewhere := newFake(t), newFake(t)
	f.hold(t, p)
	elsewhere.hold(t, p)
	elsewhere.every = func(w http.ResponseWriter, r *http.Request) bool {
		for _, header := range []string{"Authorization", "Cookie", "Referer"} {
			if value := r.Header.Get(header); value != "" {
				t.Errorf("the other host sees %s: %s", header, value)
			}
		}
		return false
	}
	f.every = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Authorization") == "" {
			wantsBasic(401)(w, r)
			return true
		}
		return false
	}
	f.handle("module", redirect(elsewhere.URL))
	f.handle("signature", redirect(elsewhere.URL))
	r := f.registry()
	r.Hosts = []string{elsewhere.host()}
	got, err := r.Pull(t.Context(), f.ref(t, ":"+tag))
	if err != nil || string(got.Code) != string(p.Code) || string(got.Signature) != string(p.Signature) {
		t.Fatalf("%+v, %v", got, err)
	}
	if len(f.logins) != 3 || len(elsewhere.logins) != 0 {
		t.Errorf("the registry was told %d logins, the other host %q", len(f.logins), elsewhere.logins)
	}
	// The bytes are checked, wherever they come from.
	elsewhere.handle("module", body("", strings.ToUpper(string(p.Code))))
	_, err = r.Pull(t.Context(), f.ref(t, ":"+tag))
	wantKind(t, err, WrongDigest)
	// Manifests come from the registry alone: a tag is not covered by a digest.
	f.handle("manifest", redirect(elsewhere.URL))
	_, err = r.Pull(t.Context(), f.ref(t, ":"+tag))
	wantKind(t, err, OtherHost)
	// A redirect back does not bring the login back.
	f.handle("manifest", f.give)
	elsewhere.handle("module", redirect(f.URL+"/back"))
	f.handle("/back"+modulePath(p), func(w http.ResponseWriter, r *http.Request) { w.Write(p.Code) })
	f.every = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/back") && r.Header.Get("Authorization") != "" {
			t.Errorf("the login came back: %s", r.Header.Get("Authorization"))
		}
		return false
	}
	elsewhere.handle("signature", elsewhere.give)
	if _, err := r.Pull(t.Context(), f.ref(t, ":"+tag)); err != nil {
		t.Error(err)
	}
}

func modulePath(p Package) string { return "/v2/" + repository + "/blobs/sha256:" + Digest(p.Code) }

// A client of the server's own may refuse redirects altogether.
func TestClientRefusesRedirects(t *testing.T) {
	f := newFake(t)
	f.hold(t, signed(t))
	f.handle("module", redirect(f.URL+"/elsewhere"))
	r := f.registry()
	for _, test := range []struct {
		refuse error
		kind   Kind
	}{{http.ErrUseLastResponse, OtherHost}, {errors.New("no redirects here"), Unreachable}} {
		r.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return test.refuse }
		_, err := r.Pull(t.Context(), f.ref(t, ":"+tag))
		wantKind(t, err, test.kind)
	}
}

func TestLoginsDoNotShow(t *testing.T) {
	login := Login{User: "anna", Password: secretWord, IdentityToken: secretWord, RegistryToken: secretWord}
	for _, text := range []string{fmt.Sprint(login), fmt.Sprintf("%v %+v %#v %s", login, login, login, login), fmt.Sprintf("%+v", &login)} {
		if strings.Contains(text, secretWord) || !strings.Contains(text, "anna") {
			t.Errorf("it shows as %s", text)
		}
	}
}

func dockerConfig(t *testing.T, content string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "config.json", []byte(content))
	return filepath.Join(dir, "config.json")
}

func TestDockerConfig(t *testing.T) {
	auth := base64.StdEncoding.EncodeToString([]byte("anna:" + secretWord))
	path := dockerConfig(t, `{"auths": {
		"registry.example.org": {"auth": "`+auth+`"},
		"localhost:5000": {"auth": "`+auth+`"},
		"https://old.example.org/v1/": {"auth": "`+auth+`"},
		"https://index.docker.io/v1/": {"auth": "`+auth+`", "identitytoken": "identity"},
		"plain.example.org": {"username": "bert", "password": "pw"},
		"token.example.org": {"registrytoken": "token"}
	}}`)
	anna := Login{User: "anna", Password: secretWord}
	for host, want := range map[string]Login{
		"registry.example.org":      anna,
		"localhost:5000":            anna,
		"old.example.org":           anna,
		"docker.io":                 {User: "anna", Password: secretWord, IdentityToken: "identity"},
		"plain.example.org":         {User: "bert", Password: "pw"},
		"token.example.org":         {RegistryToken: "token"},
		"other.example.org":         {},
		"registry.example.org:5000": {},
		"localhost":                 {},
	} {
		credentials, err := DockerConfig(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := credentials(t.Context(), host); err != nil || got != want {
			t.Errorf("%s: got %#v %+v, %v, want %+v", host, got, got.User, err, want.User)
		}
	}
}

func TestDockerConfigRefuses(t *testing.T) {
	for name, content := range map[string]string{
		"no JSON":  secretWord,
		"auths":    `{"auths": "` + secretWord + `"}`,
		"store":    `{"credsStore": {"` + secretWord + `": 1}}`,
		"no colon": `{"auths": {"a": {"auth": "` + base64.StdEncoding.EncodeToString([]byte(secretWord)) + `"}}}`,
		"base64":   `{"auths": {"a": {"auth": "` + secretWord + `"}}}`,
		"number":   `{"auths": {"a": {"auth": 1, "x": "` + secretWord + `"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			credentials, err := DockerConfig(dockerConfig(t, content))
			if err == nil {
				var login Login
				if login, err = credentials(t.Context(), "a"); login != (Login{}) {
					t.Error("there is a login besides the error")
				}
			}
			wantKind(t, err, BadLogin)
		})
	}
	_, err := DockerConfig(filepath.Join(t.TempDir(), "config.json"))
	wantKind(t, err, BadLogin)
}

// Where docker's own file is looked for, it need not be.
func TestDockerConfigOfDocker(t *testing.T) {
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	credentials, err := DockerConfig("")
	if err != nil {
		t.Fatal(err)
	}
	if login, err := credentials(t.Context(), "localhost"); err != nil || login != (Login{}) {
		t.Errorf("%v, %v", login, err)
	}
	auth := base64.StdEncoding.EncodeToString([]byte("anna:pw"))
	t.Setenv("DOCKER_CONFIG", filepath.Dir(dockerConfig(t, `{"auths": {"localhost": {"auth": "`+auth+`"}}}`)))
	if credentials, err = DockerConfig(""); err != nil {
		t.Fatal(err)
	}
	if login, err := credentials(t.Context(), "localhost"); err != nil || login.User != "anna" || login.Password != "pw" {
		t.Errorf("%v, %v", login, err)
	}
}

// A service may have no home: then nobody is logged in.
func TestDockerConfigWithoutHome(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("homes have other variables there")
	}
	t.Setenv("DOCKER_CONFIG", "")
	t.Setenv("HOME", "")
	credentials, err := DockerConfig("")
	if err != nil {
		t.Fatal(err)
	}
	if login, err := credentials(t.Context(), "localhost"); err != nil || login != (Login{}) {
		t.Errorf("%v, %v", login, err)
	}
}

func TestDockerCredentialHelper(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the helper is a shell script")
	}
	dir := t.TempDir()
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	script := `#!/bin/sh
read host
case "$host" in
good.example.org) echo '{"Username": "anna", "Secret": "pw"}' ;;
token.example.org) echo '{"Username": "<token>", "Secret": "identity"}' ;;
none.example.org) echo 'credentials not found in native keychain'; exit 1 ;;
*) echo '` + secretWord + `'; exit 1 ;;
esac
`
	write(t, dir, "docker-credential-test", []byte(script))
	if err := os.Chmod(filepath.Join(dir, "docker-credential-test"), 0o700); err != nil {
		t.Fatal(err)
	}
	credentials, err := DockerConfig(dockerConfig(t, `{"credsStore": "test", "credHelpers": {"missing.example.org": "of-nobody"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]Login{
		"good.example.org": {User: "anna", Password: "pw"}, "token.example.org": {IdentityToken: "identity"}, "none.example.org": {},
	} {
		if got, err := credentials(t.Context(), host); err != nil || got != want {
			t.Errorf("%s: %v, %v", host, got.User, err)
		}
	}
	for host, says := range map[string]string{"bad.example.org": "cannot be read", "missing.example.org": "not installed"} {
		_, err := credentials(t.Context(), host)
		if e := wantKind(t, err, BadLogin); !strings.Contains(e.What, says) || !strings.Contains(e.What, host) {
			t.Errorf("%s: it says %q", host, e.What)
		}
	}
}
