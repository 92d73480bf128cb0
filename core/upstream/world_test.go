package upstream_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/upstream"
	"github.com/postern-id/postern/sdk/hook"
)

const (
	issuer   = "https://id.example"
	provider = "https://login.provider.example"
)

// world is a service over a store in memory, with one connector that does what a test
// says.
type world struct {
	*upstream.Service
	t      *testing.T
	store  *memory
	plugin *fakeConnector
	now    time.Time
	found  upstream.Provider
	lost   error // what discovery fails with
	client core.Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 23, 19, 0, 0, 0, time.UTC), client: core.Client{ID: "rp", Name: "RP", Org: "built-in"}}
	w.found = upstream.Provider{Issuer: provider, AuthorizationEndpoint: provider + "/authorize", NamesItself: true}
	w.store = &memory{
		orgs:     map[string]core.Organisation{"built-in": {Name: "built-in"}, "other": {Name: "other"}},
		attempts: map[core.ID]core.UpstreamAttempt{}, links: map[[2]string]core.Link{},
	}
	w.store.config = core.PluginConfig{
		Instances:  []core.PluginInstance{{Name: "up", Plugin: "oidc", Grants: []core.PluginGrant{{Capability: hook.OIDCExchange, Target: "login.provider.example"}}}},
		Bindings:   []core.PluginBinding{{ID: "1", Instance: "up", Hook: hook.ConnectorLogin}},
		Connectors: []core.Connector{{Instance: "up", Org: "built-in", DisplayName: "Up"}},
	}
	w.plugin = &fakeConnector{
		begin: hook.LoginOutput{Redirect: &hook.LoginRedirect{Issuer: provider, ClientID: "us", Scopes: []string{"openid", "email"}}},
		identity: hook.Identity{
			Subject: "sub-1", Name: "ann", Email: "ann@example.org", EmailVerified: true, DisplayName: "Ann Ab",
		},
	}
	w.Service = &upstream.Service{
		Store: w.store, Connectors: w.plugin, Providers: w, Sealer: sealer{},
		Organisation: func(o *core.Organisation) hook.Organisation { return hook.Organisation{Name: o.Name} },
		Client:       func(c *core.Client) hook.Client { return hook.Client{ID: c.ID, Name: c.Name} },
		Issuer:       issuer, Key: [32]byte{7}, Now: func() time.Time { return w.now }, Rand: rand.Reader,
	}
	return w
}

// Discover is that of the world's provider.
func (w *world) Discover(_ context.Context, caller *core.PluginCaller, issuer string, _ bool) (*upstream.Provider, error) {
	if caller.Instance != "up" || caller.Hook != hook.ConnectorLogin || len(caller.Grants) != 1 {
		w.t.Errorf("discovery for %+v", caller)
	}
	if w.lost != nil {
		return nil, w.lost
	}
	found := w.found
	return &found, nil
}

func (w *world) connector() *core.Connector { return &w.store.config.Connectors[0] }

// begin sends a browser to the provider.
func (w *world) begin(edit func(*core.UpstreamBegin)) (core.UpstreamStart, error) {
	b := core.UpstreamBegin{
		Connector: "up", Client: &w.client, Request: "request", Browser: core.Hash{1},
		Event: core.Event{IP: "192.0.2.1", Correlation: "c"}, ExpiresAt: w.now.Add(10 * time.Minute),
	}
	if edit != nil {
		edit(&b)
	}
	return w.Begin(w.t.Context(), b)
}

// sent is a browser at the provider.
type sent struct {
	world *world
	query url.Values
	state string
}

func (w *world) send(edit func(*core.UpstreamBegin)) sent {
	w.t.Helper()
	start, err := w.begin(edit)
	if err != nil {
		w.t.Fatal(err)
	}
	w.apply(start.Changes)
	return w.sentTo(start)
}

func (w *world) sentTo(start core.UpstreamStart) sent {
	w.t.Helper()
	u, err := url.Parse(start.Redirect)
	if err != nil {
		w.t.Fatal(err)
	}
	return sent{w, u.Query(), u.Query().Get("state")}
}

// finish is the browser's way back, with what edit makes of it.
func (b sent) finish(edit func(*core.UpstreamFinish)) (*core.Proof, error) {
	b.world.t.Helper()
	attempt, err := b.world.Attempt(b.world.t.Context(), b.state)
	if err != nil {
		b.world.t.Fatal(err)
	}
	f := core.UpstreamFinish{
		Attempt: attempt, State: b.state, Connector: "up", Client: &b.world.client,
		Params: url.Values{"code": {"the-code"}, "state": {b.state}, "iss": {provider}},
		Event:  core.Event{IP: "192.0.2.1", Correlation: "c", UserID: "whoever", Actor: "user:whoever"},
	}
	if edit != nil {
		edit(&f)
	}
	return b.world.Finish(b.world.t.Context(), f)
}

// arrive goes there and back, and stores what came of it.
func (w *world) arrive(edit func(*core.UpstreamFinish)) (*core.Proof, error) {
	w.t.Helper()
	proof, err := w.send(nil).finish(edit)
	if refused, ok := errors.AsType[*core.UpstreamRefused](err); ok {
		w.apply(refused.Changes)
	} else if err == nil {
		w.apply(proof.Changes)
	}
	return proof, err
}

// in arrives as somebody who must get in.
func (w *world) in() *core.Proof {
	w.t.Helper()
	proof, err := w.arrive(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return proof
}

// out arrives as somebody who must not get in, and gives the refusal.
func (w *world) out(edit func(*core.UpstreamFinish)) *core.UpstreamRefused {
	w.t.Helper()
	users, links := len(w.store.users), len(w.store.links)
	proof, err := w.arrive(edit)
	refused, ok := errors.AsType[*core.UpstreamRefused](err)
	if !ok || proof != nil {
		w.t.Fatalf("%+v, %v", proof, err)
	}
	if len(w.store.users) != users || len(w.store.links) != links || len(w.store.attempts) != 0 {
		w.t.Errorf("%v left %d users, %d links, %d attempts", err, len(w.store.users), len(w.store.links), len(w.store.attempts))
	}
	return refused
}

// refused holds that a refusal has this kind and reason, and that exactly one audit
// event says so.
func (w *world) refused(got *core.UpstreamRefused, kind core.UpstreamRefusal, reason string) {
	w.t.Helper()
	if got.Kind != kind || got.Reason != reason {
		w.t.Errorf("refused as %s, %s (%s), want %s, %s", got.Kind, got.Reason, got.Detail, kind, reason)
	}
	want := core.EventUpstreamRefused
	if kind == core.UpstreamBroken {
		want = core.EventUpstreamFailed
	}
	events := w.store.events
	w.store.events = nil
	events = slices.DeleteFunc(events, func(e core.Event) bool { return e.Type == core.EventUpstreamBegun })
	if len(events) != 1 {
		w.t.Fatalf("recorded %+v", events)
	}
	if e := events[0]; e.Type != want || e.Detail["reason"] != reason || e.IP != "192.0.2.1" || e.Correlation != "c" || e.UserID == "whoever" || e.ID == "" || !e.At.Equal(w.now) {
		w.t.Errorf("recorded %+v", e)
	}
}

func (w *world) add(user core.User) *core.User {
	w.t.Helper()
	if user.Org == "" {
		user.Org = "built-in"
	}
	w.apply([]core.Change{core.CreateUser{User: user}})
	return w.store.users[len(w.store.users)-1]
}

func (w *world) link(user core.ID, subject string) {
	w.t.Helper()
	w.apply([]core.Change{core.SaveLink{Link: core.Link{Connector: "up", Subject: subject, UserID: user, CreatedAt: w.now}}})
}

func (w *world) apply(changes []core.Change) {
	w.t.Helper()
	if err := w.store.apply(changes); err != nil {
		w.t.Fatal(err)
	}
}

// recorded gives the events since the last call, without those that a sign-in began.
func (w *world) recorded() (list []string) {
	for _, e := range w.store.events {
		if e.Type != core.EventUpstreamBegun {
			list = append(list, strings.TrimSpace(string(e.Type)+" "+string(e.UserID)+" "+e.Detail["how"]+e.Detail["fields"]))
		}
	}
	w.store.events = nil
	return list
}

// fakeConnector is a plugin.
type fakeConnector struct {
	begin    hook.LoginOutput
	identity hook.Identity
	finish   *hook.LoginOutput // instead of identity
	fail     error
	got      core.UpstreamTokens
	asked    []*hook.LoginInput
	login    []*core.UpstreamLogin

	passwords map[string]func(*hook.PasswordInput) (*hook.PasswordOutput, error)
	order     []string
}

func (c *fakeConnector) Login(_ context.Context, _ string, in *hook.LoginInput, login *core.UpstreamLogin) (*hook.LoginOutput, error) {
	c.asked, c.login = append(c.asked, in), append(c.login, login)
	switch {
	case c.fail != nil:
		return nil, c.fail
	case in.Phase == hook.PhaseBegin:
		out := c.begin
		return &out, nil
	case c.finish != nil:
		return c.finish, nil
	}
	if login.Got != nil {
		*login.Got = c.got
	}
	identity := c.identity
	return &hook.LoginOutput{Identity: &identity}, nil
}

func (c *fakeConnector) Password(_ context.Context, instance string, in *hook.PasswordInput) (*hook.PasswordOutput, error) {
	c.order = append(c.order, instance)
	return c.passwords[instance](in)
}

// sealer only marks what is sealed for what.
type sealer struct{}

func (sealer) Seal(plaintext []byte, purpose string, _ io.Reader) []byte {
	return append([]byte(purpose+"|"), plaintext...)
}

func (sealer) Unseal(sealed []byte, purpose string) ([]byte, error) {
	plaintext, ok := bytes.CutPrefix(sealed, []byte(purpose+"|"))
	if !ok {
		return nil, errors.New("sealed for something else")
	}
	return plaintext, nil
}

// memory is a store that holds to what core.Change says of each change.
type memory struct {
	roles    map[core.ID][]core.RoleGrant
	config   core.PluginConfig
	orgs     map[string]core.Organisation
	users    []*core.User
	links    map[[2]string]core.Link
	attempts map[core.ID]core.UpstreamAttempt
	events   []core.Event
	fail     map[string]error // by method
}

func (m *memory) apply(changes []core.Change) error {
	for _, change := range changes {
		if err := m.change(change); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) change(change core.Change) error {
	switch c := change.(type) {
	case core.Record:
		m.events = append(m.events, c.Event)
	case core.SaveAttempt:
		m.attempts[c.Attempt.ID] = c.Attempt
	case core.HoldCallback:
		a, ok := m.attempts[c.ID]
		if !ok || a.Held != nil {
			return core.ErrConflict
		}
		a.Held = c.Held
		m.attempts[c.ID] = a
	case core.FinishAttempt:
		if _, ok := m.attempts[c.ID]; !ok {
			return core.ErrConflict
		}
		delete(m.attempts, c.ID)
	case core.CreateUser:
		for _, other := range m.users {
			if other.Org == c.User.Org && taken(other, c.User) {
				return &core.ConflictError{What: "user name"}
			}
		}
		user := c.User
		user.Groups = nil
		m.users = append(m.users, &user)
	case core.UpdateUser:
		user := m.byID(c.User.ID)
		groups := user.Groups
		*user = c.User
		user.Groups = groups
	case core.SaveLink:
		return m.saveLink(c.Link)
	default:
		return errors.New("not a change of this package")
	}
	return nil
}

func taken(there *core.User, user core.User) bool {
	for _, login := range []string{user.Name, user.Email} {
		if f := core.FoldName(login); f != "" && (f == core.FoldName(there.Name) || f == core.FoldName(there.Email)) {
			return true
		}
	}
	return false
}

func (m *memory) saveLink(link core.Link) error {
	key := [2]string{link.Connector, link.Subject}
	user, before := m.byID(link.UserID), m.links[key]
	if user == nil {
		return core.ErrNotFound
	}
	if before.UserID != "" && before.UserID != link.UserID {
		return core.ErrConflict
	}
	user.Groups = slices.DeleteFunc(user.Groups, func(g string) bool { return slices.Contains(before.Groups, g) })
	user.Groups = append(user.Groups, link.Groups...)
	slices.Sort(user.Groups)
	user.Groups = slices.Compact(user.Groups)
	m.links[key] = link
	return nil
}

func (m *memory) byID(id core.ID) *core.User {
	for _, user := range m.users {
		if user.ID == id {
			return user
		}
	}
	return nil
}

func (m *memory) Plugins(context.Context) (*core.PluginConfig, error) {
	return &m.config, m.fail["Plugins"]
}

func (m *memory) Organisation(_ context.Context, name string) (*core.Organisation, error) {
	org, ok := m.orgs[name]
	if !ok {
		return nil, core.ErrNotFound
	}
	return &org, m.fail["Organisation"]
}

func (m *memory) Attempt(_ context.Context, id core.ID) (*core.UpstreamAttempt, error) {
	a, ok := m.attempts[id]
	if !ok {
		return nil, core.ErrNotFound
	}
	return &a, m.fail["Attempt"]
}

func (m *memory) Link(_ context.Context, connector, subject string) (*core.Linked, error) {
	if err := m.fail["Link"]; err != nil {
		return nil, err
	}
	link, ok := m.links[[2]string{connector, subject}]
	if !ok {
		return nil, core.ErrNotFound
	}
	user := *m.byID(link.UserID)
	return &core.Linked{Link: link, User: user, Org: m.orgs[user.Org]}, nil
}

func (m *memory) Roles(_ context.Context, id core.ID) ([]core.RoleGrant, error) {
	return m.roles[id], m.fail["Roles"]
}

func (m *memory) Links(_ context.Context, id core.ID) (list []core.Link, err error) {
	for _, link := range m.links {
		if link.UserID == id {
			list = append(list, link)
		}
	}
	return list, m.fail["Links"]
}

func (m *memory) UserByEmail(_ context.Context, org, email string) (*core.User, error) {
	return m.find("UserByEmail", org, func(u *core.User) bool { return core.FoldName(u.Email) == core.FoldName(email) })
}

func (m *memory) UserByLogin(_ context.Context, org, login string) (*core.User, error) {
	has := func(u *core.User) bool {
		return core.FoldName(u.Email) == core.FoldName(login) || core.FoldName(u.Name) == core.FoldName(login)
	}
	if org != "" {
		return m.find("UserByLogin", org, has)
	}
	var found *core.User
	err := core.ErrNotFound
	for name := range m.orgs {
		user, miss := m.find("UserByLogin", name, has)
		switch {
		case errors.Is(miss, core.ErrNotFound):
		case miss != nil:
			return nil, miss
		case found == nil:
			found, err = user, nil
		case found.PasswordHash != "" || user.PasswordHash != "":
			return nil, core.ErrAmbiguous
		default:
			err = core.ErrNotFound
		}
	}
	if err != nil {
		return nil, err
	}
	return found, nil
}

func (m *memory) find(method, org string, is func(*core.User) bool) (*core.User, error) {
	if err := m.fail[method]; err != nil {
		return nil, err
	}
	for _, user := range m.users {
		if user.Org == org && is(user) {
			copied := *user
			return &copied, nil
		}
	}
	return nil, core.ErrNotFound
}
