package remote_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// stored is a server with one user, which somebody else changes a few times.
type stored struct {
	user    api.User
	others  int // changes by others that are still to come
	patches []string
	seen    []string // If-Match
}

func (s *stored) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPatch {
		patch, _ := io.ReadAll(r.Body)
		s.patches, s.seen = append(s.patches, string(patch)), append(s.seen, r.Header.Get("If-Match"))
		if s.others > 0 {
			s.others--
			s.user.Version += "x"
		}
		if r.Header.Get("If-Match") != `"`+s.user.Version+`"` {
			refuse(w, api.Problem{Type: "/problems/stale", Status: 412, Detail: "somebody changed it"})
			return
		}
		json.Unmarshal(patch, &s.user)
	}
	json.NewEncoder(w).Encode(s.user)
}

func rename(u *core.User) {
	u.Profile.DisplayName = "Alice"
	u.Attributes = map[string]string{"room": "7"}
}

// A change sends what changed, on the condition that nothing else did, and starts again if
// it did and the caller did not say what they saw.
func TestUpdate(t *testing.T) {
	for name, test := range map[string]struct {
		was    admin.Version
		others int
		sent   int
		err    error
	}{
		"alone":            {"", 0, 1, nil},
		"as it was":        {"v", 0, 1, nil},
		"others meanwhile": {"", 2, 3, nil},
		"others for ever":  {"", 100, 4, core.ErrStale},
		"others, and said": {"v", 1, 1, core.ErrStale},
		"seen another":     {"u", 0, 0, core.ErrStale},
	} {
		t.Run(name, func(t *testing.T) {
			s := &stored{user: api.User{ID: "1", Version: "v", Name: "alice", Groups: []string{"staff"}, Attributes: map[string]string{"old": "1"}}, others: test.others}
			user, err := at(t, s.ServeHTTP).UpdateUser(t.Context(), "1", test.was, rename)
			if !errors.Is(err, test.err) || len(s.patches) != test.sent {
				t.Fatalf("sent %v, %v", s.patches, err)
			}
			for i, patch := range s.patches {
				if patch != `{"attributes":{"old":null,"room":"7"},"profile":{"display_name":"Alice"}}` || s.seen[i] == "" {
					t.Errorf("sent %s if %s", patch, s.seen[i])
				}
			}
			if err == nil && (user.Profile.DisplayName != "Alice" || user.Name != "alice") {
				t.Errorf("got %+v", user)
			}
		})
	}
}

// Lists come in pages, all of which are read.
func TestPages(t *testing.T) {
	var asked []string
	desk := at(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		page := api.Page[api.User]{Items: []api.User{{Name: fmt.Sprint("user", len(asked))}}}
		if len(asked) < 3 {
			page.Next = fmt.Sprint("cursor", len(asked))
		}
		json.NewEncoder(w).Encode(page)
	})
	users, err := desk.Users(t.Context(), core.UserFilter{Org: "acme", Group: "staff"})
	if err != nil || len(users) != 3 || users[2].Name != "user3" {
		t.Errorf("got %+v, %v", users, err)
	}
	want := "group=staff&limit=200&organisation=acme | after=cursor1&group=staff&limit=200&organisation=acme | after=cursor2&group=staff&limit=200&organisation=acme"
	if got := strings.Join(asked, " | "); got != want {
		t.Errorf("asked for %s", got)
	}
}

// A server that has too much to do is asked again when it says so, and with the same body.
func TestPatience(t *testing.T) {
	for name, test := range map[string]struct {
		after string // Retry-After
		times int    // that it has too much to do
		tries int
		fails bool
	}{
		"soon":       {"0", 2, 3, false},
		"never":      {"0", 100, 5, true},
		"much later": {"3600", 1, 1, true},
		"some time":  {"", 1, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			tries := 0
			desk := at(t, func(w http.ResponseWriter, r *http.Request) {
				tries++
				if body, _ := io.ReadAll(r.Body); string(body) != `{"password":"pw"}` {
					t.Errorf("sent %s", body)
				}
				if tries <= test.times {
					w.Header().Set("Retry-After", test.after)
					refuse(w, api.Problem{Type: "/problems/throttled", Status: 429, Title: "There are too many requests"})
				}
			})
			err := desk.SetPassword(t.Context(), "x", "pw")
			if tries != test.tries || (err != nil) != test.fails || test.fails && (err.Error() != "there are too many requests" || hint(err) == "") {
				t.Errorf("tried %d times, %v", tries, err)
			}
		})
	}
}

// A client is made of what differs from its preset.
func TestCreateClient(t *testing.T) {
	var sent api.NewClient
	desk := at(t, func(w http.ResponseWriter, r *http.Request) {
		json.NewDecoder(r.Body).Decode(&sent)
		json.NewEncoder(w).Encode(api.CreatedClient{Client: api.Client{ID: "c"}, Secret: "s"})
	})
	made, err := desk.CreateClient(t.Context(), admin.NewClient{Org: "acme", Name: "wiki", Preset: admin.PresetGitea, Address: "https://git.example.org", Edit: func(c *core.Client) {
		c.Scopes, c.RequirePKCE = nil, false
	}})
	if err != nil || made.Client.ID != "c" || made.Secret != "s" {
		t.Fatalf("%+v, %v", made, err)
	}
	var settings map[string]any
	json.Unmarshal(sent.Settings, &settings)
	uris, _ := settings["redirect_uris"].([]any)
	if scopes, there := settings["scopes"].([]any); !there || len(scopes) != 0 || len(uris) != 1 || !strings.HasPrefix(fmt.Sprint(uris[0]), "https://git.example.org/") {
		t.Errorf("sent %s", sent.Settings)
	}
	if _, there := settings["grant_types"]; there || sent.Preset != admin.PresetGitea || sent.Organisation != "acme" {
		t.Errorf("sent %+v", sent)
	}
	if _, err := desk.CreateClient(t.Context(), admin.NewClient{Preset: "nothing"}); err == nil {
		t.Error("made a client of a preset that there is not")
	}
}
