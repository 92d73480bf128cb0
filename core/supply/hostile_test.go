package supply

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// status answers with a status and, as some do, with what it was told.
func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"errors":[{"code":"DENIED","message":"no, %s with %s, you said %s"}]}`, user, password, r.Header.Get("Authorization"))
	}
}

// wantsBasic asks for user and password, and then answers with a status.
func wantsBasic(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
		if r.Header.Get("Authorization") == "" {
			code := http.StatusUnauthorized
			status(code)(w, r)
			return
		}
		status(code)(w, r)
	}
}

// body answers 200 with a content type and a body.
func body(contentType, content string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		fmt.Fprint(w, content)
	}
}

const ociManifest = "application/vnd.oci.image.manifest.v1+json"

// manifest answers with a changed manifest.
func manifest(f *fake, change func(m map[string]any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var m map[string]any
		if err := json.Unmarshal(f.content[r.URL.Path], &m); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		change(m)
		w.Header().Set("Content-Type", ociManifest)
		json.NewEncoder(w).Encode(m)
	}
}

func layer(m map[string]any, i int) map[string]any { return m["layers"].([]any)[i].(map[string]any) }

// announced writes less than it says.
func announced(contentType string, size int, content string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Length", fmt.Sprint(size))
		fmt.Fprint(w, content)
	}
}

// chunked writes without saying how much.
func chunked(contentType, content string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.(http.Flusher).Flush()
		fmt.Fprint(w, content)
	}
}

// endless writes until nobody reads any more.
func endless(contentType string, written *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for chunk := slices.Repeat([]byte(" "), 64<<10); ; {
			n, err := w.Write(chunk)
			written.Add(int64(n))
			if err != nil {
				return
			}
		}
	}
}

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", to+r.URL.Path)
		w.WriteHeader(http.StatusTemporaryRedirect)
	}
}

func TestPullRefuses(t *testing.T) {
	p := signed(t)
	code := string(p.Code)
	elsewhere := newFake(t)
	elsewhere.hold(t, p)
	for _, test := range []struct {
		name, what string // what is answered otherwise
		answer     func(f *fake) http.HandlerFunc
		kind       Kind
		says       string
	}{
		{"no login is taken", "manifest", func(*fake) http.HandlerFunc { return wantsBasic(401) }, Unauthorized, "does not accept the login"},
		{"not allowed", "manifest", func(*fake) http.HandlerFunc { return wantsBasic(403) }, Forbidden, repository},
		{"no such tag", "manifest", func(*fake) http.HandlerFunc { return status(404) }, NotFound, repository + ":" + tag},
		{"no module", "module", func(*fake) http.HandlerFunc { return status(404) }, NotFound, "nothing under"},
		{"no signature", "signature", func(*fake) http.HandlerFunc { return status(404) }, NotFound, "nothing under"},
		{"too often", "manifest", func(*fake) http.HandlerFunc { return status(429) }, Forbidden, "too many requests"},
		{"broken", "manifest", func(*fake) http.HandlerFunc { return wantsBasic(500) }, BadAnswer, "status 500"},
		{"teapot", "manifest", func(*fake) http.HandlerFunc { return status(418) }, BadAnswer, "status 418"},
		{"partial", "module", func(*fake) http.HandlerFunc { return status(206) }, BadAnswer, "status 206"},

		{"web page", "manifest", func(*fake) http.HandlerFunc { return body("text/html; charset=utf-8", "<html>") }, BadAnswer, "web page"},
		{"web page for the module", "module", func(*fake) http.HandlerFunc { return body("text/html", code) }, BadAnswer, "web page"},
		{"text", "manifest", func(*fake) http.HandlerFunc { return body("text/plain", "hello") }, WrongType, `"text/plain"`},
		{"no type", "manifest", func(*fake) http.HandlerFunc { return body("", "hello") }, WrongType, "its manifest is of type"},
		{"list", "manifest", func(*fake) http.HandlerFunc {
			return body("application/vnd.oci.image.index.v1+json", `{"schemaVersion":2,"manifests":[]}`)
		}, WrongType, "one for each platform"},
		{"list of docker", "manifest", func(*fake) http.HandlerFunc { return body(dockerList, `{}`) }, WrongType, "one for each platform"},
		{"list that calls itself a manifest", "manifest", func(f *fake) http.HandlerFunc {
			return manifest(f, func(m map[string]any) { m["mediaType"] = "application/vnd.oci.image.index.v1+json" })
		}, WrongType, "one for each platform"},
		{"container image of docker", "manifest", func(*fake) http.HandlerFunc { return body(dockerManifest, `{}`) }, WrongType, "container image"},
		{"container image", "manifest", func(f *fake) http.HandlerFunc {
			return manifest(f, func(m map[string]any) {
				m["config"].(map[string]any)["mediaType"] = "application/vnd.oci.image.config.v1+json"
			})
		}, WrongType, "its config is of type"},
		{"no JSON", "manifest", func(*fake) http.HandlerFunc { return body(ociManifest, "hello") }, BadAnswer, "not in the format of OCI"},
		{"schema 1", "manifest", func(f *fake) http.HandlerFunc {
			return manifest(f, func(m map[string]any) { m["schemaVersion"] = 1 })
		}, BadAnswer, "not in the format of OCI"},
		{"no layers", "manifest", func(f *fake) http.HandlerFunc {
			return manifest(f, func(m map[string]any) { delete(m, "layers") })
		}, WrongType, "0 layers"},
		{"two modules", "manifest", func(f *fake) http.HandlerFunc {
			return manifest(f, func(m map[string]any) { layer(m, 1)["mediaType"] = moduleType })
		}, WrongType, "2 layers"},
		{"two signatures", "manifest", func(f *fake) http.HandlerFunc {
			return manifest(f, func(m map[string]any) { m["layers"] = append(m["layers"].([]any), layer(m, 1)) })
		}, WrongType, "two signatures"},
		{"layer type of others", "manifest", func(f *fake) http.HandlerFunc {
			return manifest(f, func(m map[string]any) { layer(m, 0)["mediaType"] = "application/vnd.module.wasm.content.layer.v1+wasm" })
		}, WrongType, "0 layers"},
		{"digest of another kind", "manifest", func(f *fake) http.HandlerFunc {
			return manifest(f, func(m map[string]any) { layer(m, 0)["digest"] = "sha512:" + strings.Repeat("0", 128) })
		}, WrongDigest, "SHA-256"},
		{"digest that climbs", "manifest", func(f *fake) http.HandlerFunc {
			return manifest(f, func(m map[string]any) { layer(m, 1)["digest"] = "../../../token" })
		}, WrongDigest, "the signature"},

		{"manifest is announced too large", "manifest", func(*fake) http.HandlerFunc { return announced(ociManifest, MaxManifest+1, "{") }, TooLarge, "the manifest"},
		{"module is too large", "manifest", func(f *fake) http.HandlerFunc {
			return manifest(f, func(m map[string]any) { layer(m, 0)["size"] = MaxModule + 1 })
		}, TooLarge, "the module"},
		{"signature is too large", "manifest", func(f *fake) http.HandlerFunc {
			return manifest(f, func(m map[string]any) { layer(m, 1)["size"] = MaxSignature + 1 })
		}, TooLarge, "the signature"},
		{"size below zero", "manifest", func(f *fake) http.HandlerFunc {
			return manifest(f, func(m map[string]any) { layer(m, 0)["size"] = -1 })
		}, WrongSize, "no size"},
		{"module is announced longer", "module", func(*fake) http.HandlerFunc { return body("", code+"more") }, WrongSize, "the module"},
		{"module is announced shorter", "module", func(*fake) http.HandlerFunc { return body("", code[1:]) }, WrongSize, "the module"},
		{"module is longer", "module", func(*fake) http.HandlerFunc { return chunked("", code+"more") }, WrongSize, "the module"},
		{"module ends early", "module", func(*fake) http.HandlerFunc { return announced("", len(code), code[:9]) }, Truncated, "the module"},
		{"module is shorter", "module", func(*fake) http.HandlerFunc { return chunked("", code[1:]) }, Truncated, "the module"},
		{"module is broken off behind its end", "module", func(*fake) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				chunked("", code)(w, r)
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			}
		}, Truncated, "the module"},
		{"module is empty", "module", func(*fake) http.HandlerFunc { return chunked("", "") }, Truncated, "the module"},
		{"manifest ends early", "manifest", func(*fake) http.HandlerFunc { return announced(ociManifest, 500, "{") }, Truncated, "the manifest"},
		{"other module", "module", func(*fake) http.HandlerFunc { return body("", strings.ToUpper(code)) }, WrongDigest, "the module"},
		{"other signature", "signature", func(*fake) http.HandlerFunc { return body("", strings.ToUpper(string(p.Signature))) }, WrongDigest, "the signature"},

		{"redirect to another host", "manifest", func(*fake) http.HandlerFunc { return redirect(elsewhere.URL) }, OtherHost, elsewhere.host()},
		{"redirect of the module", "module", func(*fake) http.HandlerFunc { return redirect(elsewhere.URL) }, OtherHost, elsewhere.host()},
		{"redirect to plain http", "module", func(f *fake) http.HandlerFunc { return redirect("http://" + f.host()) }, Insecure, "plain http"},
		{"redirect to a file", "module", func(*fake) http.HandlerFunc { return redirect("file://") }, BadAnswer, ""},
		{"redirect to nowhere", "module", func(*fake) http.HandlerFunc { return redirect("https://[") }, BadAnswer, "not that of an OCI registry"},
		{"redirect in circles", "module", func(f *fake) http.HandlerFunc { return redirect(f.URL) }, Unreachable, "10 redirects"},
		{"token server elsewhere", "manifest", func(*fake) http.HandlerFunc { return wantsBearer(elsewhere.URL + "/token") }, OtherHost, elsewhere.host()},
		{"token server in the clear", "manifest", func(f *fake) http.HandlerFunc { return wantsBearer("http://" + f.host() + "/token") }, BadAnswer, ""},
		{"token server nowhere", "manifest", func(*fake) http.HandlerFunc { return wantsBearer("") }, BadAnswer, ""},
		{"unknown way to log in", "manifest", func(*fake) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("WWW-Authenticate", "Negotiate")
				status(401)(w, r)
			}
		}, Unauthorized, "wants a login"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			f.hold(t, p)
			f.handle(test.what, test.answer(f))
			got, err := f.registry().Pull(t.Context(), f.ref(t, ":"+tag))
			if e := wantKind(t, err, test.kind); !strings.Contains(e.Error(), test.says) {
				t.Errorf("it says %q, want %q in it", e.Error(), test.says)
			}
			if got.Code != nil || got.Signature != nil || got.ManifestDigest != "" {
				t.Errorf("it gives %+v besides the error", got)
			}
			if len(elsewhere.logins) != 0 {
				t.Errorf("another host was told %q", elsewhere.logins)
			}
		})
	}
}

// What is inflated on the way is no way around the limits.
func TestPullDoesNotInflate(t *testing.T) {
	f := newFake(t)
	f.hold(t, signed(t))
	f.handle("manifest", func(w http.ResponseWriter, r *http.Request) {
		if accepted := r.Header.Get("Accept-Encoding"); accepted != "identity" {
			t.Errorf("the request accepts %q", accepted)
		}
		w.Header().Set("Content-Type", ociManifest)
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		z.Write(f.content[r.URL.Path])
		z.Close()
	})
	_, err := f.registry().Pull(t.Context(), f.ref(t, ":"+tag))
	wantKind(t, err, BadAnswer)
}

// However much comes, no more than the limit is read, and what the system's
// buffers hold.
func TestPullEndless(t *testing.T) {
	const buffers = 16 << 20
	for what, limit := range map[string]int64{"manifest": MaxManifest, "module": int64(len(signed(t).Code))} {
		t.Run(what, func(t *testing.T) {
			f := newFake(t)
			f.hold(t, signed(t))
			var written atomic.Int64
			f.handle(what, endless(ociManifest, &written))
			_, err := f.registry().Pull(t.Context(), f.ref(t, ":"+tag))
			if what == "manifest" {
				wantKind(t, err, TooLarge)
			} else {
				wantKind(t, err, WrongSize)
			}
			f.Close() // the handler has ended
			if n := written.Load(); n > limit+buffers {
				t.Errorf("%d bytes were taken", n)
			}
		})
	}
}

// A pinned digest is that of the bytes, whatever the registry says of them.
func TestPullPinned(t *testing.T) {
	f := newFake(t)
	f.hold(t, Package{Code: []byte("another module")})
	pinned := f.ref(t, "@"+someDigest)
	f.handle("/v2/"+repository+"/manifests/"+someDigest, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Docker-Content-Digest", someDigest)
		f.content[r.URL.Path] = f.content["/v2/"+repository+"/manifests/"+tag]
		f.give(w, r)
	})
	_, err := f.registry().Pull(t.Context(), pinned)
	wantKind(t, err, WrongDigest)
	pinned.Tag = tag // the digest counts, not the tag
	_, err = f.registry().Pull(t.Context(), pinned)
	wantKind(t, err, WrongDigest)
}

// A registry that stops talking is given up.
func TestPullSlow(t *testing.T) {
	for _, what := range []string{"manifest", "module"} {
		t.Run(what, func(t *testing.T) {
			f := newFake(t)
			f.hold(t, signed(t))
			done := make(chan struct{})
			defer close(done)
			f.handle(what, func(w http.ResponseWriter, r *http.Request) {
				announced(ociManifest, len(f.content[r.URL.Path]), "{")(w, r)
				w.(http.Flusher).Flush()
				<-done
			})
			r := f.registry()
			r.Timeout = 100 * time.Millisecond
			_, err := r.Pull(t.Context(), f.ref(t, ":"+tag))
			wantKind(t, err, TimedOut)
			r.Timeout, r.Client.Timeout = 0, 100*time.Millisecond
			_, err = r.Pull(t.Context(), f.ref(t, ":"+tag))
			wantKind(t, err, TimedOut)
		})
	}
}

func TestPullCancelled(t *testing.T) {
	f := newFake(t)
	f.hold(t, signed(t))
	ctx, cancel := context.WithCancel(t.Context())
	f.handle("module", func(w http.ResponseWriter, r *http.Request) {
		announced("", len(f.content[r.URL.Path]), "{")(w, r)
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	})
	_, err := f.registry().Pull(ctx, f.ref(t, ":"+tag))
	if wantKind(t, err, Cancelled); context.Cause(ctx) == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Error(err)
	}
}

// What is no HTTP is quoted by net/http, and may repeat what was said.
func TestPullNoHTTP(t *testing.T) {
	for name, echo := range map[string]func(*http.Request) string{
		"password": func(r *http.Request) string { _, password, _ := r.BasicAuth(); return password },
		"header":   func(r *http.Request) string { return strings.TrimPrefix(r.Header.Get("Authorization"), "Basic ") },
		"nothing":  func(r *http.Request) string { return "nothing" },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.hold(t, signed(t))
			f.handle("manifest", func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") == "" {
					wantsBasic(401)(w, r)
					return
				}
				connection, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				fmt.Fprintf(connection, "HTTP/1.1 %s\r\n\r\n", echo(r))
				connection.Close()
			})
			_, err := f.registry().Pull(t.Context(), f.ref(t, ":"+tag))
			if e := wantKind(t, err, Unreachable); strings.Contains(e.Error(), "malformed") != (name == "nothing") {
				t.Errorf("it says %q", e.Error())
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	f := newFake(t)
	f.hold(t, signed(t))
	stranger := f.registry()
	stranger.Client = &http.Client{} // does not know who signed the certificate
	_, err := stranger.Pull(t.Context(), f.ref(t, ":"+tag))
	if e := wantKind(t, err, Unreachable); !strings.Contains(e.Error(), "certificate") {
		t.Error(e)
	}
	plain := httptest.NewServer(f)
	defer plain.Close()
	ref := f.ref(t, ":"+tag)
	ref.Host = strings.TrimPrefix(plain.URL, "http://")
	_, err = f.registry().Pull(t.Context(), ref)
	wantKind(t, err, Unreachable)

	f.Close()
	_, err = f.registry().Pull(t.Context(), f.ref(t, ":"+tag))
	if e := wantKind(t, err, Unreachable); strings.Contains(e.Error(), "/v2/") {
		t.Errorf("%q shows the URL", e)
	}
	_, err = f.registry().Push(t.Context(), f.ref(t, ":"+tag), signed(t))
	wantKind(t, err, Unreachable)
}

func TestPushToHostile(t *testing.T) {
	elsewhere := newFake(t)
	upload := "/v2/" + repository + "/blobs/uploads/"
	for _, test := range []struct {
		name, path string
		answer     http.HandlerFunc
		kind       Kind
		says       string
	}{
		{"not allowed", upload, wantsBasic(403), Forbidden, repository},
		{"no login is taken", upload, wantsBasic(401), Unauthorized, "does not accept the login"},
		{"cannot be pushed to", upload, status(405), BadAnswer, "status 405"},
		{"upload elsewhere", upload, accepted(elsewhere.URL + "/upload"), OtherHost, elsewhere.host()},
		{"upload in the clear", upload, func(w http.ResponseWriter, r *http.Request) {
			accepted("http://"+r.Host+"/upload")(w, r)
		}, Insecure, "plain http"},
		{"upload nowhere", upload, accepted("https://["), BadAnswer, ""},
		{"no place for the upload", upload, accepted(""), BadAnswer, ""},
		{"redirect", upload, redirect(elsewhere.URL), OtherHost, elsewhere.host()},
		{"web page", upload, body("text/html", "<html>"), BadAnswer, "web page"},
		{"too large", upload + "one", status(413), TooLarge, "as large as"},
		{"redirect of the upload", upload + "one", redirect(elsewhere.URL), OtherHost, elsewhere.host()},
		{"manifest is refused", "/v2/" + repository + "/manifests/" + tag, status(400), BadAnswer, "status 400"},
		{"other digest", "/v2/" + repository + "/manifests/" + tag, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Docker-Content-Digest", someDigest)
			w.WriteHeader(http.StatusCreated)
		}, BadAnswer, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			f.handle(test.path, test.answer)
			digest, err := f.registry().Push(t.Context(), f.ref(t, ":"+tag), signed(t))
			if e := wantKind(t, err, test.kind); !strings.Contains(e.Error(), test.says) {
				t.Errorf("it says %q, want %q in it", e.Error(), test.says)
			}
			if digest != "" {
				t.Errorf("it gives the digest %s besides the error", digest)
			}
			if len(elsewhere.logins) != 0 || len(elsewhere.paths()) != 0 {
				t.Errorf("another host was told %q and has %v", elsewhere.logins, elsewhere.paths())
			}
		})
	}
}

// accepted begins an upload that goes on elsewhere.
func accepted(location string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if location != "" {
			w.Header().Set("Location", location)
		}
		w.WriteHeader(http.StatusAccepted)
	}
}
