package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/needs"
)

// apacheModules are the folders that distributions keep the modules in.
var apacheModules = []string{"/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/libexec/apache2"}

// apacheCallback is the path that mod_auth_openidc keeps for itself.
const apacheCallback = "/oidc/callback"

// apacheSite is a web site whose pages below /app Apache shows only to who signed in,
// by mod_auth_openidc. The pages are of an application behind it, that tells as JSON
// which headers it got.
type apacheSite struct {
	*browser        // of somebody who visits it
	listen   string // where it is
	address  string // how it is called there, without a slash at its end
	party    *relyingParty
	folder   string // of its configuration and its log
}

// apacheConfig is what the configuration is made from.
type apacheConfig struct {
	Folder, Modules, Listen, Address, Callback string
	Certificate                                string // file with it and its key; empty for http
	User, Group                                string // who serves, where root starts it
	Backend                                    string
	Issuer, ClientID, Secret, Passphrase       string
	Lines                                      []string
}

var apacheTemplate = template.Must(template.New("apache").Parse(`ServerRoot "{{.Folder}}"
DefaultRuntimeDir "{{.Folder}}"
PidFile "{{.Folder}}/pid"
ErrorLog "{{.Folder}}/error.log"
LogLevel warn
ServerName 127.0.0.1
Listen {{.Listen}}
{{range $name := .Parts}}LoadModule {{$name}}_module "{{$.Modules}}/mod_{{$name}}.so"
{{end}}{{with .Certificate}}SSLEngine on
SSLCertificateFile "{{.}}"
{{end}}{{with .User}}User "{{.}}"
{{end}}{{with .Group}}Group "{{.}}"
{{end}}StartServers 1
ServerLimit 1
ThreadsPerChild 16
MinSpareThreads 4
MaxSpareThreads 16
MaxRequestWorkers 16

OIDCRedirectURI {{.Address}}{{.Callback}}
{{with .ClientID}}OIDCProviderMetadataURL {{$.Issuer}}/.well-known/openid-configuration
OIDCClientID "{{.}}"
{{end}}{{with .Secret}}OIDCClientSecret "{{.}}"
{{end}}OIDCCryptoPassphrase "{{.Passphrase}}"
OIDCScope "openid profile email offline_access"
OIDCPKCEMethod S256
OIDCRemoteUserClaim preferred_username
OIDCPassClaimsAs both
OIDCPassRefreshToken On
OIDCPassIDTokenAs claims serialized
{{range .Lines}}{{.}}
{{end}}
<LocationMatch "^/(app|oidc)/">
	AuthType openid-connect
	Require valid-user
	RequestHeader set Environment-Subject "expr=%{env:OIDC_CLAIM_sub}"
	RequestHeader set Environment-User "expr=%{REMOTE_USER}"
</LocationMatch>
ProxyPass {{.Callback}} !
ProxyPass / {{.Backend}}/
`))

// Parts are the modules of Apache itself that this takes, besides mod_auth_openidc.
func (c apacheConfig) Parts() []string {
	parts := []string{"mpm_event", "authn_core", "authz_core", "authz_user", "env", "headers", "proxy", "proxy_http", "auth_openidc"}
	if c.Certificate != "" {
		parts = append(parts, "ssl")
	}
	return parts
}

// newApache starts the site. The lines are added to its configuration; edit, which may
// be nil, to its registration.
func (w *world) newApache(t *testing.T, edit func(site *apacheSite, c *core.Client), lines func(site *apacheSite) []string) *apacheSite {
	t.Helper()
	return w.startApache(t, "", edit, lines)
}

// newSecureApache starts the site with TLS.
func (w *world) newSecureApache(t *testing.T, edit func(site *apacheSite, c *core.Client), lines func(site *apacheSite) []string) *apacheSite {
	t.Helper()
	certificate, trusting := certified(t)
	site := w.startApache(t, certificate, edit, lines)
	site.client.Transport = trusting
	return site
}

// certified gives a file with a certificate for loopback and its key, and what trusts it.
func certified(t *testing.T) (certificate string, trusting http.RoundTripper) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	server.Close()
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certificate = filepath.Join(t.TempDir(), "certificate.pem")
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	if err := os.WriteFile(certificate, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return certificate, server.Client().Transport
}

func (w *world) startApache(t *testing.T, certificate string, edit func(*apacheSite, *core.Client), lines func(*apacheSite) []string) *apacheSite {
	t.Helper()
	site := newApacheSite(t, certificate)
	site.party = w.register("apache-"+rand.Text()[:8], func(c *core.Client) {
		c.RedirectURIs, c.PostLogoutRedirectURIs = []string{site.address + apacheCallback}, []string{site.address + "/out"}
		c.OfflineWithoutPrompt = true
		if edit != nil {
			edit(site, c)
		}
	})
	config := apacheConfig{Certificate: certificate, Issuer: w.issuer, ClientID: site.party.client.ID, Secret: site.party.secret}
	if lines != nil {
		config.Lines = lines(site)
	}
	site.start(config)
	return site
}

func newApacheSite(t *testing.T, certificate string) *apacheSite {
	t.Helper()
	site := &apacheSite{address: freeAddress(t), folder: t.TempDir()}
	site.listen = strings.TrimPrefix(site.address, "http://")
	if certificate != "" {
		site.address = "https://" + site.listen
	}
	site.browser = newBrowser(t, site.address)
	site.header.Set("Accept", "text/html") // the module sends nobody else to sign in
	return site
}

// start fills in what is the same for all and starts Apache.
func (s *apacheSite) start(config apacheConfig) {
	s.t.Helper()
	t := s.t
	program := needs.Program(t, "apache2", "/usr/sbin/apache2", "httpd", "/usr/sbin/httpd")
	config.Folder, config.Modules, config.Listen, config.Address = s.folder, apacheModulesFolder(t), s.listen, s.address
	config.Callback, config.Backend, config.Passphrase = apacheCallback, headersAsJSON(t), rand.Text()
	config.User, config.Group = unprivileged(t)
	var text bytes.Buffer
	if err := apacheTemplate.Execute(&text, config); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(s.folder, "apache.conf")
	if err := os.WriteFile(name, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(exec.Command(program, "-f", name, "-D", "FOREGROUND"))
}

func apacheModulesFolder(t *testing.T) string {
	t.Helper()
	for _, folder := range apacheModules {
		if _, err := os.Stat(filepath.Join(folder, "mod_auth_openidc.so")); err == nil {
			return folder
		}
	}
	needs.Missing(t, "mod_auth_openidc of Apache (Debian's libapache2-mod-auth-openidc) is not installed")
	return ""
}

// folderOfApache makes a folder that Apache may write to. Those of the test are for its
// own user alone.
func folderOfApache(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "postern-apache-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if os.Geteuid() == 0 {
		uid, gid := nobody(t)
		if err := os.Chown(folder, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func nobody(t *testing.T) (uid, gid int) {
	t.Helper()
	found, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	if uid, err = strconv.Atoi(found.Uid); err == nil {
		gid, err = strconv.Atoi(found.Gid)
	}
	if err != nil {
		t.Fatal(err)
	}
	return uid, gid
}

// unprivileged gives who Apache serves as, which root has to say; empty for all others.
func unprivileged(t *testing.T) (name, group string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return "", ""
	}
	uid, gid := nobody(t)
	return fmt.Sprintf("#%d", uid), fmt.Sprintf("#%d", gid)
}

// run starts Apache, waits until it listens, and ends it with the test.
func (s *apacheSite) run(apache *exec.Cmd) {
	s.t.Helper()
	var said bytes.Buffer
	apache.Stdout, apache.Stderr = &said, &said
	if err := apache.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended, gone := context.WithCancel(context.Background())
	go func() { _ = apache.Wait(); gone() }()
	s.t.Cleanup(func() {
		_ = apache.Process.Signal(syscall.SIGTERM) // it may have ended
		select {
		case <-ended.Done():
		case <-time.After(30 * time.Second):
			_ = apache.Process.Kill()
			<-ended.Done()
			s.t.Error("Apache did not end")
		}
		if s.t.Failed() {
			s.t.Logf("Apache said:\n%s\n%s", said.String(), s.log())
		}
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		connection, err := net.Dial("tcp", s.listen)
		if err == nil {
			connection.Close()
			return
		}
		if ended.Err() != nil || time.Now().After(deadline) {
			s.t.Fatalf("Apache does not listen: %v", err)
		}
	}
}

func (s *apacheSite) log() string {
	text, err := os.ReadFile(filepath.Join(s.folder, "error.log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// headersAsJSON is the application behind Apache.
func headersAsJSON(t *testing.T) (address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if err := json.NewEncoder(rw).Encode(r.Header); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// told gives the headers that the application got.
func (p *page) told() http.Header {
	p.browser.t.Helper()
	header := http.Header{}
	if err := json.Unmarshal([]byte(p.body), &header); err != nil || p.status != http.StatusOK {
		p.browser.t.Fatalf("the application was not reached: status %d at %s, to %v: %v\n%s", p.status, p.url, p.location, err, p.body)
	}
	return header
}

// enter visits the protected page and gives what the application is told of alice,
// whose sign-in it takes to the server if that is necessary.
func (s *apacheSite) enter(w *world, server *browser) http.Header {
	s.t.Helper()
	p := s.get("/app/")
	if p.location != nil {
		p = w.answerTo(s.browser, server, p.location.String())
	}
	told := p.told()
	w.hide(told.Get("OIDC_access_token"), told.Get("OIDC_refresh_token"), told.Get("OIDC_id_token"))
	return told
}

// answerTo takes an authorization request to the server and its answer to the relying
// party, by redirect or by form_post.
func (w *world) answerTo(site, server *browser, request string) *page {
	site.t.Helper()
	p := server.get(request)
	if p.has("login") {
		p = p.signIn("alice", thePassword)
	}
	if p.has("allow") {
		p = p.press("allow", nil)
	}
	if p.location != nil {
		w.hide(p.location.Query().Get("code"))
		return site.get(p.location.String())
	}
	target, form := p.submission("continue", nil)
	w.hide(form.Get("code"), form.Get("id_token"), form.Get("access_token"))
	return site.post(target, form)
}

// signedIn reports whether the site knows who visits it.
func (s *apacheSite) signedIn() bool {
	s.t.Helper()
	return s.get("/app/").location == nil
}

// command is an address of the module itself, as /oidc/callback?logout=...
func (s *apacheSite) command(parameters ...string) string {
	values := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		values.Set(parameters[i], parameters[i+1])
	}
	return s.address + apacheCallback + "?" + values.Encode()
}
