package supply

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// The library and the standard library drop the login at a redirect to another
// host. The guard does not count on that.
func TestGuardDropsTheLogin(t *testing.T) {
	blob := "/v2/" + repository + "/blobs/" + someDigest
	for _, test := range []struct {
		name, from, to string
		keeps          bool
	}{
		{"same host", "https://registry.example.org" + blob, "https://registry.example.org:443/elsewhere", true},
		{"other host", "https://registry.example.org" + blob, "https://cdn.example.org/blob", false},
		{"other port", "https://registry.example.org" + blob, "https://registry.example.org:8443/blob", false},
		{"other scheme", "http://localhost:5000" + blob, "https://localhost:5000/blob", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			first := httptest.NewRequest(http.MethodGet, test.from, nil)
			redirected := httptest.NewRequest(http.MethodGet, test.to, nil)
			redirected.Header.Set("Authorization", "Basic "+secretWord)
			redirected.Response = &http.Response{Request: first}
			var sent *http.Request
			g := &guard{
				host: first.URL.Host, plain: true, others: []string{"cdn.example.org", "registry.example.org:8443"}, progress: &progress{},
				next: roundTripper(func(r *http.Request) (*http.Response, error) {
					sent = r
					return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
				}),
			}
			if _, err := g.RoundTrip(redirected); err != nil {
				t.Fatal(err)
			}
			if kept := sent.Header.Get("Authorization") != ""; kept != test.keeps {
				t.Errorf("the login is sent: %v", kept)
			}
			if redirected.Header.Get("Authorization") == "" {
				t.Error("the request that was given is changed, which a RoundTripper must not do")
			}
		})
	}
}

// A RoundTripper closes the body also of what it does not send.
func TestGuardClosesWhatItRefuses(t *testing.T) {
	body := &closing{}
	request := httptest.NewRequest(http.MethodPut, "https://elsewhere.example.org/upload", body)
	g := &guard{host: "registry.example.org", progress: &progress{}, next: nobody(t)}
	_, err := g.RoundTrip(request)
	wantKind(t, err, OtherHost)
	if !body.closed {
		t.Error("the body stays open")
	}
}

type closing struct{ closed bool }

func (c *closing) Read([]byte) (int, error) { return 0, http.ErrBodyReadAfterClose }
func (c *closing) Close() error             { c.closed = true; return nil }

func TestProgress(t *testing.T) {
	var told [][2]int64
	p := &progress{report: func(done, total int64) { told = append(told, [2]int64{done, total}) }}
	p.begin(10)
	p.set(3)
	p.set(1) // sent again
	p.set(4)
	p.next(4)
	p.set(9) // more than there is
	p.end()
	p.next(6)
	want := [][2]int64{{0, 10}, {3, 10}, {4, 10}, {10, 10}}
	if len(told) != len(want) {
		t.Fatalf("told %v, want %v", told, want)
	}
	for i := range want {
		if told[i] != want[i] {
			t.Errorf("told %v, want %v", told, want)
		}
	}
}
