package supply

import (
	"bytes"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestPushPull(t *testing.T) {
	both := signed(t)
	for name, p := range map[string]Package{
		"signed":   both,
		"unsigned": {Code: both.Code},
		"large":    {Code: bytes.Repeat([]byte("large "), 1<<20), Signature: both.Signature},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			var mu sync.Mutex
			var told [][2]int64
			r := f.registry()
			r.Progress = func(done, total int64) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, [2]int64{done, total})
			}
			digest, err := r.Push(t.Context(), f.ref(t, ":"+tag), p)
			if err != nil {
				t.Fatal(err)
			}
			checkProgress(t, told)
			for _, version := range []string{":" + tag, "@" + digest, ":" + tag + "@" + digest} {
				told = nil
				got, err := r.Pull(t.Context(), f.ref(t, version))
				if err != nil {
					t.Fatalf("%s: %v", version, err)
				}
				if !bytes.Equal(got.Code, p.Code) || !bytes.Equal(got.Signature, p.Signature) || !maps.Equal(got.Annotations, p.Annotations) || got.ManifestDigest != digest {
					t.Errorf("%s: it comes back otherwise, with digest %s, want %s, and annotations %v", version, got.ManifestDigest, digest, got.Annotations)
				}
				if (got.Signature == nil) != (p.Signature == nil) {
					t.Errorf("%s: the signature is %v", version, got.Signature)
				}
				checkProgress(t, told)
				if last := told[len(told)-1]; last[1] != int64(len(p.Code)+len(p.Signature)) {
					t.Errorf("%s: the total is %d", version, last[1])
				}
			}
			again, err := r.Push(t.Context(), f.ref(t, ":"+tag+"@"+digest), p)
			if err != nil || again != digest {
				t.Errorf("pushed again, it has the digest %s, %v, want %s", again, err, digest)
			}
		})
	}
}

// checkProgress wants it to begin with nothing, to grow, and to end with all.
func checkProgress(t *testing.T, told [][2]int64) {
	t.Helper()
	grows := slices.IsSortedFunc(told, func(a, b [2]int64) int { return int(a[0] - b[0]) })
	if len(told) < 2 || told[0][0] != 0 || told[len(told)-1][0] != told[len(told)-1][1] || !grows {
		t.Errorf("the progress is %v", told)
	}
}

func TestPushRefuses(t *testing.T) {
	p := signed(t)
	for _, test := range []struct {
		name, version string
		change        func(*Registry, *Package)
		kind          Kind
	}{
		{"nothing", ":1", func(_ *Registry, p *Package) { p.Code = nil }, WrongSize},
		{"large module", ":1", func(r *Registry, p *Package) { r.Limits.Module = int64(len(p.Code)) - 1 }, TooLarge},
		{"large signature", ":1", func(_ *Registry, p *Package) { p.Signature = make([]byte, MaxSignature+1) }, TooLarge},
		{"no signature", ":1", func(_ *Registry, p *Package) { p.Signature = []byte("signed, Anna") }, MalformedSignature},
		{"many annotations", ":1", func(_ *Registry, p *Package) {
			p.Annotations = map[string]string{"a": strings.Repeat("a", MaxManifest)}
		}, TooLarge},
		{"another digest", ":1@" + someDigest, func(*Registry, *Package) {}, WrongDigest},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			r, changed := f.registry(), p
			test.change(r, &changed)
			digest, err := r.Push(t.Context(), f.ref(t, test.version), changed)
			wantKind(t, err, test.kind)
			if digest != "" || len(f.paths()) != 0 {
				t.Errorf("digest %q, and the registry has %v", digest, f.paths())
			}
		})
	}
}

func TestReferencesThatAreNoRegistry(t *testing.T) {
	r := newFake(t).registry()
	for _, ref := range []Reference{{}, {Path: "a.wasm"}} {
		_, err := r.Pull(t.Context(), ref)
		wantKind(t, err, BadReference)
		_, err = r.Push(t.Context(), ref, signed(t))
		wantKind(t, err, BadReference)
	}
}

// Plain http is for this machine, whatever the reference says.
func TestPlainHTTP(t *testing.T) {
	r := &Registry{PlainHTTP: true, Client: &http.Client{Transport: nobody(t)}}
	for _, host := range []string{"registry.example.org", "192.0.2.1:5000", "localhost.example.org", "[2001:db8::1]:5000", "0.0.0.0", "127.0.0.1.example.org"} {
		ref, err := ParseReference("oci://" + host + "/" + repository + ":" + tag)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Pull(t.Context(), ref)
		wantKind(t, err, Insecure)
		_, err = r.Push(t.Context(), ref, signed(t))
		wantKind(t, err, Insecure)
	}
	for _, host := range []string{"localhost", "localhost:5000", "127.0.0.1:5000", "127.1.2.3", "[::1]:5000"} {
		if !isLoopback(host) {
			t.Errorf("%s is not this machine", host)
		}
	}
}

// nobody is a transport that must not be used.
func nobody(t *testing.T) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		t.Errorf("%s %s was sent", r.Method, r.URL)
		return nil, http.ErrServerClosed
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The client that is handed in stays as it is, and its cookies are not shown.
func TestClientIsCopied(t *testing.T) {
	f := newFake(t)
	f.hold(t, signed(t))
	f.every = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Cookie") != "" {
			t.Errorf("cookies came: %s", r.Header.Get("Cookie"))
		}
		if r.UserAgent() != "postern" {
			t.Errorf("the user agent is %q", r.UserAgent())
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		return false
	}
	r := f.registry()
	transport := r.Client.Transport
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Client.Jar = jar
	if _, err := r.Pull(t.Context(), f.ref(t, ":"+tag)); err != nil {
		t.Fatal(err)
	}
	if r.Client.Transport != transport || r.Client.Jar == nil || r.Client.CheckRedirect != nil {
		t.Error("the client was changed")
	}
}
