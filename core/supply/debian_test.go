package supply

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/postern-id/postern/core/needs"
)

// debianRegistry runs Debian's docker-registry on a port of this machine and
// gives its host. If a password is given, anna has to log in with it.
func debianRegistry(t *testing.T, password string) string {
	t.Helper()
	needs.Program(t, "docker-registry")
	dir := t.TempDir()
	host := freePort(t)
	config := fmt.Sprintf("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %q}}\nhttp: {addr: %q}\n",
		filepath.Join(dir, "storage"), host)
	if password != "" {
		hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, "htpasswd", fmt.Appendf(nil, "anna:%s\n", hash))
		config += fmt.Sprintf("auth: {htpasswd: {realm: plugins, path: %q}}\n", filepath.Join(dir, "htpasswd"))
	}
	write(t, dir, "config.yml", []byte(config))

	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, "docker-registry", "serve", filepath.Join(dir, "config.yml"))
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	t.Cleanup(func() { cancel(); <-ended })
	late := time.After(time.Minute)
	for {
		response, err := http.Get("http://" + host + "/v2/")
		if err == nil {
			response.Body.Close()
			return host
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("docker-registry: %v\n%s", err, said.String())
		case <-late:
			t.Fatal("docker-registry does not listen")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func reference(t *testing.T, host, version string) Reference {
	t.Helper()
	ref, err := ParseReference("oci://" + host + "/" + repository + version)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func TestDebianRegistry(t *testing.T) {
	host := debianRegistry(t, "")
	r := &Registry{Client: &http.Client{}, PlainHTTP: true}
	both := signed(t)
	large := Package{Code: bytes.Repeat([]byte("some code "), 1<<20), Signature: both.Signature}
	digests := map[string]string{}
	for version, p := range map[string]Package{":1.0.0": both, ":1.1.0": {Code: both.Code}, ":1.2.0": large} {
		digest, err := r.Push(t.Context(), reference(t, host, version), p)
		if err != nil {
			t.Fatal(err)
		}
		digests[version] = digest
		for _, pinned := range []string{version, "@" + digest, version + "@" + digest} {
			got, err := r.Pull(t.Context(), reference(t, host, pinned))
			if err != nil {
				t.Fatalf("%s: %v", pinned, err)
			}
			if !bytes.Equal(got.Code, p.Code) || !bytes.Equal(got.Signature, p.Signature) || !maps.Equal(got.Annotations, p.Annotations) || got.ManifestDigest != digest {
				t.Errorf("%s: it comes back otherwise", pinned)
			}
		}
	}
	// A tag moves, what is pinned does not.
	moved, err := r.Push(t.Context(), reference(t, host, ":1.0.0"), large)
	if err != nil || moved != digests[":1.2.0"] {
		t.Errorf("%s, %v, want %s", moved, err, digests[":1.2.0"])
	}
	if got, err := r.Pull(t.Context(), reference(t, host, ":1.0.0@"+digests[":1.0.0"])); err != nil || !bytes.Equal(got.Code, both.Code) {
		t.Errorf("what was pinned is gone: %v", err)
	}
	anna := newSigner(t, "Anna", 1)
	got, err := r.Pull(t.Context(), reference(t, host, "@"+digests[":1.0.0"]))
	if err != nil {
		t.Fatal(err)
	}
	if signer, _, err := Verify([]Key{anna.Key}, got.Code, got.Signature); err != nil || signer.Name != "Anna" {
		t.Errorf("%q, %v", signer.Name, err)
	}
	for _, version := range []string{":9.9.9", "@" + someDigest} {
		_, err := r.Pull(t.Context(), reference(t, host, version))
		wantKind(t, err, NotFound)
	}
	// A push with a digest and no tag is found under the digest alone.
	if digest, err := r.Push(t.Context(), reference(t, host, "@"+digests[":1.1.0"]), Package{Code: both.Code}); err != nil || digest != digests[":1.1.0"] {
		t.Errorf("%s, %v", digest, err)
	}
}

func TestDebianRegistryWithLogin(t *testing.T) {
	host := debianRegistry(t, secretWord)
	p := signed(t)
	push := func(credentials Credentials) error {
		_, err := (&Registry{Client: &http.Client{}, PlainHTTP: true, Credentials: credentials}).Push(t.Context(), reference(t, host, ":1"), p)
		return err
	}
	pull := func(credentials Credentials) error {
		_, err := (&Registry{Client: &http.Client{}, PlainHTTP: true, Credentials: credentials}).Pull(t.Context(), reference(t, host, ":1"))
		return err
	}
	config, err := DockerConfig(dockerConfig(t, fmt.Sprintf(`{"auths": {%q: {"username": "anna", "password": %q}}}`, host, secretWord)))
	if err != nil {
		t.Fatal(err)
	}
	for name, credentials := range map[string]Credentials{"given": StaticLogin(host, Login{User: "anna", Password: secretWord}), "of docker": config} {
		if err := errors.Join(push(credentials), pull(credentials)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for says, credentials := range map[string]Credentials{
		"wants a login": nil, "does not accept": StaticLogin(host, Login{User: "anna", Password: "wrong " + secretWord}),
	} {
		for _, err := range []error{push(credentials), pull(credentials)} {
			if e := wantKind(t, err, Unauthorized); !strings.Contains(e.What, says) {
				t.Errorf("it says %q, want %q in it", e.What, says)
			}
		}
	}
}
