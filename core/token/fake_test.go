package token

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

var errTest = errors.New("test")

// noon is not on a whole second: rounding shows.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 987_000_000, time.UTC)

// stream is deterministic randomness, safe for many goroutines.
type stream struct {
	mu    sync.Mutex
	block [32]byte
}

func (s *stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range p {
		if i%len(s.block) == 0 {
			s.block = sha256.Sum256(s.block[:])
		}
		p[i] = s.block[i%len(s.block)]
	}
	return len(p), nil
}

func random() io.Reader { return new(stream) }

// plainSigner signs with a word, so that a test can read the payload.
type plainSigner struct{ err error }

func (s plainSigner) Sign(alg, typ string, payload []byte) (string, error) {
	return alg + "." + typ + "." + string(payload), s.err
}

func payloadOf(t *testing.T, idToken string) string {
	t.Helper()
	parts := strings.SplitN(idToken, ".", 3)
	if len(parts) != 3 {
		t.Fatalf("no ID token: %q", idToken)
	}
	return parts[2]
}

type mapperFunc func(*hook.ClaimsInput) (hook.Object, []hook.Origin, error)

func (f mapperFunc) MapClaims(_ context.Context, in *hook.ClaimsInput) (hook.Object, []hook.Origin, error) {
	return f(in)
}

type shaperFunc func(*hook.AccountInput) ([]byte, bool, error)

func (f shaperFunc) ShapeAccount(_ context.Context, in *hook.AccountInput) ([]byte, bool, error) {
	return f(in)
}

func newIssuer() *Issuer {
	return &Issuer{Issuer: "https://id.example", Keys: plainSigner{}, Rand: random(), Successors: [32]byte{1}}
}

func alice() core.User {
	return core.User{
		ID: "01890000-0000-7000-8000-00000000a11c", Org: core.DefaultOrganisation, Name: "alice",
		Email: "alice@example.com", EmailVerified: true, Admin: true,
		Profile: core.Profile{
			DisplayName: "Alice Liddell", GivenName: "Alice", FamilyName: "Liddell", Phone: "+12025550123",
			Location: "Berlin", Locale: "en",
			Address: core.Address{Street: "Street 1", Locality: "Berlin", PostalCode: "10115", Country: "DE"},
		},
		Attributes: map[string]string{"department": "R&D", "badge": "7"},
		Groups:     []string{"confluence-users", "staff"},
		CreatedAt:  noon.Add(-48 * time.Hour), UpdatedAt: noon.Add(-24 * time.Hour),
	}
}

func builtIn() core.Organisation {
	return core.Organisation{Name: core.DefaultOrganisation, DisplayName: "Built-in organisation"}
}

func wiki() *core.Client {
	return &core.Client{
		ID: "wiki", Org: core.DefaultOrganisation, Name: "wiki", IDTokenAlg: "RS256",
		AuthMethods: []string{core.AuthBasic},
		GrantTypes:  []string{core.GrantAuthorizationCode, core.GrantRefreshToken},
		Scopes:      []string{"openid", "profile", "email", "address", "phone", "offline_access"},
	}
}

// authorized is alice at wiki, signed in a minute ago.
func authorized(scopes ...string) *core.Authorized {
	return &core.Authorized{
		Grant: core.Grant{
			ID: "01890000-0000-7000-8000-0000000000c0", ClientID: "wiki", UserID: alice().ID,
			SessionID: "01890000-0000-7000-8000-00000000005e", Scopes: scopes, Nonce: "n-0S6",
			AuthTime: noon.Add(-time.Minute), AMR: []string{"pwd"}, ACR: "urn:postern:acr:password",
			CreatedAt: noon, ExpiresAt: noon.Add(30 * 24 * time.Hour),
		},
		Client: wiki(), User: alice(), Org: builtIn(),
	}
}

// memory is the verifier's store.
type memory struct {
	mu      sync.Mutex
	access  map[core.ID]core.Access
	orgs    map[string]*core.Organisation
	events  []core.Event
	err     error // of every read
	orgErr  error // of organisations
	failing error // of every write
}

func newMemory() *memory {
	org := builtIn()
	return &memory{
		access: map[core.ID]core.Access{},
		orgs:   map[string]*core.Organisation{org.Name: &org},
	}
}

func find[K comparable, V any](m map[K]V, key K, err error) (*V, error) {
	v, ok := m[key]
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, core.ErrNotFound
	}
	return &v, nil
}

func (m *memory) Access(_ context.Context, id core.ID) (*core.Access, error) {
	return find(m.access, id, m.err)
}

func (m *memory) Organisation(_ context.Context, name string) (*core.Organisation, error) {
	o, err := find(m.orgs, name, cmp.Or(m.err, m.orgErr))
	if err != nil {
		return nil, err
	}
	return *o, nil
}

func (m *memory) Apply(ctx context.Context, changes ...core.Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := errors.Join(ctx.Err(), m.failing); err != nil {
		return err
	}
	for _, c := range changes {
		if r, ok := c.(core.Record); ok {
			m.events = append(m.events, r.Event)
		}
	}
	return nil
}

func memberNames(t *testing.T, doc []byte) []string {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(doc))
	var names []string
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		t.Fatalf("not an object: %s", doc)
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name.(string))
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

func decode(t *testing.T, doc []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(doc, &v); err != nil {
		t.Fatalf("%v: %s", err, doc)
	}
	return v
}

func wantNames(t *testing.T, what string, doc []byte, want ...string) {
	t.Helper()
	if got := memberNames(t, doc); !slices.Equal(got, want) {
		t.Errorf("%s: members\n got %v\nwant %v", what, got, want)
	}
}

// failing gives the issuer plugins that fail.
func failing(i *Issuer) *Issuer {
	broken := *i
	broken.Mapper = mapperFunc(func(*hook.ClaimsInput) (hook.Object, []hook.Origin, error) { return nil, nil, errTest })
	broken.Shaper = shaperFunc(func(*hook.AccountInput) ([]byte, bool, error) { return nil, true, errTest })
	return &broken
}
