package bearer_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/bearer"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/token"
)

// world has the rows that the tests read, and what was written.
type world struct {
	now     time.Time
	holders map[core.ID]*core.APIHolder // by token
	users   map[core.ID]*core.APIHolder
	access  map[string]*core.Access // by text
	refusal *oauth.Error            // of access tokens
	applied []core.Change
	broken  error
}

func (w *world) APIHolder(_ context.Context, id core.ID) (*core.APIHolder, error) {
	return found(w.holders, id, w.broken)
}

func (w *world) HolderOf(_ context.Context, id core.ID) (*core.APIHolder, error) {
	return found(w.users, id, w.broken)
}

func found(rows map[core.ID]*core.APIHolder, id core.ID, broken error) (*core.APIHolder, error) {
	if row := rows[id]; row != nil && broken == nil {
		return row, nil
	}
	if broken != nil {
		return nil, broken
	}
	return nil, core.ErrNotFound
}

func (w *world) Apply(_ context.Context, changes ...core.Change) error {
	w.applied = append(w.applied, changes...)
	return nil
}

func (w *world) Look(_ context.Context, b token.Bearer) (*core.Access, *oauth.Error) {
	access := w.access[b.Token]
	if access == nil {
		return nil, oauth.Refuse(oauth.CodeInvalidToken, "unknown_token", "The access token is not valid.")
	}
	return access, w.refusal
}

func (w *world) new(limits bearer.Limits) *bearer.Authenticator {
	return bearer.New(bearer.Options{
		Store: w, Tokens: w, Realm: "https://id.example", Limits: limits, Now: func() time.Time { return w.now }, Rand: rand.Reader,
	})
}

// events gives the refusals in the audit log.
func (w *world) events() (events []core.Event) {
	for _, change := range w.applied {
		if record, is := change.(core.Record); is {
			events = append(events, record.Event)
		}
	}
	return events
}

// apiToken adds a token of a user with a role, and gives its text.
func (w *world) apiToken() (text string, holder *core.APIHolder) {
	credential := core.NewCredential(core.KindAPI, core.NewID(w.now, rand.Reader), rand.Reader)
	user := &core.User{ID: core.NewID(w.now, rand.Reader), Org: "acme", Name: "anna"}
	holder = &core.APIHolder{
		Token: &core.APIToken{ID: credential.ID, Holder: user.ID, Hash: credential.Hash(), ExpiresAt: w.now.Add(time.Hour), LastUsedAt: w.now},
		User:  user, Org: core.Organisation{Name: "acme"}, Roles: []core.RoleGrant{{Holder: user.ID, Org: "acme", Role: core.RoleAuditor}},
	}
	w.holders[credential.ID] = holder
	return credential.String(), holder
}

func newWorld() *world {
	return &world{
		now:     time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC),
		holders: map[core.ID]*core.APIHolder{}, users: map[core.ID]*core.APIHolder{}, access: map[string]*core.Access{},
	}
}

func request(ip string, authorization ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/api/v1/users", nil)
	for _, header := range authorization {
		r.Header.Add("Authorization", header)
	}
	return r.WithContext(bearer.WithOrigin(r.Context(), bearer.Origin{IP: ip, Correlation: "c0ffee"}))
}

func refusalOf(t *testing.T, err error) *bearer.Refused {
	t.Helper()
	refused, ok := errors.AsType[*bearer.Refused](err)
	if !ok {
		t.Fatalf("%v is no refusal", err)
	}
	return refused
}

func TestAPITokenOfAUser(t *testing.T) {
	w := newWorld()
	text, holder := w.apiToken()
	holder.Token.Permissions = []core.Permission{core.ReadUsers}
	got, err := w.new(bearer.Limits{}).Bearer(request("192.0.2.7", "Bearer "+text))
	if err != nil {
		t.Fatal(err)
	}
	who := got.Caller
	if who.ID != holder.User.ID || who.Actor.Name != "user:"+string(holder.User.ID) || who.Actor.IP != "192.0.2.7" || who.Actor.Correlation != "c0ffee" ||
		!slices.Equal(who.Only, holder.Token.Permissions) || !slices.Equal(who.Roles, holder.Roles) || got.Holder != holder || got.TokenID != holder.Token.ID {
		t.Errorf("%+v", got)
	}
	if len(w.applied) != 0 {
		t.Errorf("a use within the minute is written: %v", w.applied)
	}
}

func TestAPITokenOfAServiceAccount(t *testing.T) {
	w := newWorld()
	text, holder := w.apiToken()
	holder.User, holder.Account = nil, &core.ServiceAccount{ID: core.NewID(w.now, rand.Reader), Org: "acme", Name: "sync"}
	who, err := w.new(bearer.Limits{}).Caller(request("", "bearer  "+text))
	if err != nil || who.ID != holder.Account.ID || who.Actor.Name != "service:"+string(holder.Account.ID) || who.Only != nil {
		t.Errorf("%+v, %v", who, err)
	}
}

func TestAnOwnerHasItsRoleWithoutAGrant(t *testing.T) {
	w := newWorld()
	text, holder := w.apiToken()
	holder.Roles, holder.User.Admin = nil, true
	who, err := w.new(bearer.Limits{}).Caller(request("", "Bearer "+text))
	if err != nil || !who.May(core.WriteRoles, "") {
		t.Errorf("%+v, %v", who, err)
	}
}

func TestAUseIsNotedOnceAMinute(t *testing.T) {
	w := newWorld()
	text, holder := w.apiToken()
	authenticator := w.new(bearer.Limits{})
	holder.Token.LastUsedAt = w.now.Add(-time.Minute)
	if _, err := authenticator.Caller(request("", "Bearer "+text)); err != nil {
		t.Fatal(err)
	}
	if want := []core.Change{core.UseAPIToken{ID: holder.Token.ID, At: w.now}}; !reflect.DeepEqual(w.applied, want) {
		t.Errorf("%v", w.applied)
	}
}

func TestAccessTokenOfOAuth(t *testing.T) {
	w := newWorld()
	user := core.User{ID: core.NewID(w.now, rand.Reader), Org: "acme", Admin: true}
	w.users[user.ID] = &core.APIHolder{User: &user, Org: core.Organisation{Name: "acme"}}
	access := &core.Access{
		Token: core.AccessToken{ID: "t", Scopes: []string{"openid", core.ScopeAdministration}},
		Authorized: core.Authorized{
			Grant: core.Grant{ClientID: core.ClientCommand, UserID: user.ID}, User: user,
			Client: &core.Client{ID: core.ClientCommand, Scopes: []string{core.ScopeAdministration}},
		},
	}
	w.access["at_x"] = access
	got, err := w.new(bearer.Limits{}).Bearer(request("", "Bearer at_x"))
	if err != nil || got.Caller.ID != user.ID || got.ClientID != core.ClientCommand || got.Caller.Only != nil || !got.Caller.May(core.WriteKeys, "") {
		t.Fatalf("%+v, %v", got, err)
	}
	for reason, spoil := range map[string]func(a *core.Access){
		"no_administration_scope": func(a *core.Access) { a.Token.Scopes = []string{"openid"} },
		"no_role":                 func(*core.Access) { user.Admin = false },
		"token_of_nobody":         func(a *core.Access) { a.Grant.UserID = "" },
	} {
		spoilt := *access
		spoil(&spoilt)
		w.access["at_x"] = &spoilt
		refused := refusalOf(t, second(w.new(bearer.Limits{}).Bearer(request("", "Bearer at_x"))))
		if refused.Refusal.Reason != reason || refused.Refusal.Status != http.StatusForbidden || !strings.Contains(refused.Challenge, `scope="postern:administration"`) {
			t.Errorf("%s: %+v", reason, refused)
		}
		user.Admin = true
	}
	// An operator takes the scope from the client, and its tokens are worth nothing here.
	access.Client = &core.Client{ID: core.ClientCommand, Scopes: []string{"openid"}}
	w.access["at_x"] = access
	if refused := refusalOf(t, second(w.new(bearer.Limits{}).Bearer(request("", "Bearer at_x")))); refused.Refusal.Reason != "no_administration_scope" {
		t.Errorf("%+v", refused)
	}
}

func second[T any](_ T, err error) error { return err }

func TestRefusals(t *testing.T) {
	foreign := core.NewCredential(core.KindRefresh, core.NewID(time.Now(), rand.Reader), rand.Reader).String()
	for name, test := range map[string]struct {
		spoil  func(w *world, holder *core.APIHolder, text string) []string // gives the headers
		reason string
		status int
	}{
		"no header": {func(*world, *core.APIHolder, string) []string { return nil }, "token_missing", 401},
		"two headers": {func(_ *world, _ *core.APIHolder, text string) []string {
			return []string{"Bearer " + text, "Bearer " + text}
		}, "authorization_repeated", 400},
		"another scheme": {func(_ *world, _ *core.APIHolder, text string) []string { return []string{"Basic " + text} }, "token_missing", 401},
		"malformed":      {func(*world, *core.APIHolder, string) []string { return []string{"Bearer api_short"} }, "malformed_token", 401},
		"another kind":   {func(*world, *core.APIHolder, string) []string { return []string{"Bearer " + foreign} }, "unknown_token", 401},
		"a wrong secret": {func(_ *world, holder *core.APIHolder, text string) []string {
			holder.Token.Hash = core.Hash{}
			return []string{"Bearer " + text}
		}, "unknown_token", 401},
		"a token that is gone": {func(w *world, _ *core.APIHolder, text string) []string {
			clear(w.holders)
			return []string{"Bearer " + text}
		}, "unknown_token", 401},
		"expired": {func(w *world, holder *core.APIHolder, text string) []string {
			w.now = holder.Token.ExpiresAt
			return []string{"Bearer " + text}
		}, "token_expired", 401},
		"a disabled user": {func(_ *world, holder *core.APIHolder, text string) []string {
			holder.User.Disabled = true
			return []string{"Bearer " + text}
		}, "holder_disabled", 401},
		"a disabled service account": {func(_ *world, holder *core.APIHolder, text string) []string {
			holder.User, holder.Account = nil, &core.ServiceAccount{ID: "s", Disabled: true}
			return []string{"Bearer " + text}
		}, "holder_disabled", 401},
		"a disabled organisation": {func(_ *world, holder *core.APIHolder, text string) []string {
			holder.Org.Disabled = true
			return []string{"Bearer " + text}
		}, "organisation_disabled", 401},
		"nobody's": {func(_ *world, holder *core.APIHolder, text string) []string {
			holder.User = nil
			return []string{"Bearer " + text}
		}, "token_of_nobody", 401},
		"without a role": {func(_ *world, holder *core.APIHolder, text string) []string {
			holder.Roles = nil
			return []string{"Bearer " + text}
		}, "no_role", 403},
		"a broken store": {func(w *world, _ *core.APIHolder, text string) []string {
			w.broken = errors.New("disk full")
			return []string{"Bearer " + text}
		}, "server_error", 500},
	} {
		w := newWorld()
		text, holder := w.apiToken()
		headers := test.spoil(w, holder, text)
		refused := refusalOf(t, second(w.new(bearer.Limits{}).Bearer(request("192.0.2.7", headers...))))
		if refused.Refusal.Reason != test.reason || refused.Refusal.Status != test.status {
			t.Errorf("%s: %v, status %d, reason %s", name, refused, refused.Refusal.Status, refused.Refusal.Reason)
		}
		events := w.events()
		if len(events) != 1 || events[0].Type != core.EventAPIRefused || events[0].Detail["reason"] != test.reason || events[0].IP != "192.0.2.7" {
			t.Errorf("%s: recorded as %+v", name, events)
		}
		header := http.Header{}
		refused.WriteHeaders(header)
		challenged := strings.HasPrefix(header.Get("WWW-Authenticate"), `Bearer realm="https://id.example"`)
		if want := test.status == 401 || test.status == 403; challenged != want {
			t.Errorf("%s: challenge %q", name, header.Get("WWW-Authenticate"))
		}
		if strings.Contains(refused.Error(), text) || strings.Contains(header.Get("WWW-Authenticate"), text) {
			t.Errorf("%s: the token is in the answer", name)
		}
	}
}

func TestNothingButTheHeaderIsAToken(t *testing.T) {
	w := newWorld()
	text, _ := w.apiToken()
	r := httptest.NewRequest(http.MethodPost, "/api/v1/users?access_token="+text, strings.NewReader("access_token="+text))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "__Host-postern-session", Value: text})
	if refused := refusalOf(t, second(w.new(bearer.Limits{}).Caller(r))); refused.Refusal.Reason != oauth.ReasonTokenMissing {
		t.Errorf("%v", refused)
	}
}

func TestTooManyUsesOfOneTokenFromOneAddress(t *testing.T) {
	w := newWorld()
	text, _ := w.apiToken()
	other, _ := w.apiToken()
	authenticator := w.new(bearer.Limits{Use: bearer.Pace{Every: time.Second, AtOnce: 3}})
	ask := func(ip, text string) error { return second(authenticator.Caller(request(ip, "Bearer "+text))) }
	for range 3 {
		if err := ask("192.0.2.7", text); err != nil {
			t.Fatal(err)
		}
	}
	refused := refusalOf(t, ask("192.0.2.7", text))
	header := http.Header{}
	refused.WriteHeaders(header)
	if refused.Refusal.Status != http.StatusTooManyRequests || header.Get("Retry-After") != "1" || header.Get("WWW-Authenticate") != "" {
		t.Errorf("%+v, %v", refused, header)
	}
	for _, fine := range []error{ask("192.0.2.8", text), ask("192.0.2.7", other)} {
		if fine != nil {
			t.Errorf("%v: another address, or another token, is not to wait", fine)
		}
	}
	w.now = w.now.Add(time.Second)
	if err := ask("192.0.2.7", text); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	if err := ask("192.0.2.7", text); err == nil {
		t.Error("a second gave back more than one request")
	}
}

func TestRefusalsOfOneAddressFillNoLog(t *testing.T) {
	w := newWorld()
	text, _ := w.apiToken()
	authenticator := w.new(bearer.Limits{Refused: bearer.Pace{Every: time.Second, AtOnce: 2}})
	var statuses []int
	for range 4 {
		refused := refusalOf(t, second(authenticator.Caller(request("2001:db8::1", "Bearer api_none"))))
		statuses = append(statuses, refused.Refusal.Status)
	}
	if !slices.Equal(statuses, []int{401, 401, 429, 429}) || len(w.events()) != 2 {
		t.Errorf("%v, %d events", statuses, len(w.events()))
	}
	// The rest of its network is the same address; whoever has a token is none of it.
	if refused := refusalOf(t, second(authenticator.Caller(request("2001:db8::2", "Bearer api_none")))); refused.Refusal.Status != 429 {
		t.Errorf("%v", refused)
	}
	if _, err := authenticator.Caller(request("2001:db8::1", "Bearer "+text)); err != nil {
		t.Errorf("a good token: %v", err)
	}
	if refused := refusalOf(t, second(authenticator.Caller(request("192.0.2.1", "Bearer api_none")))); refused.Refusal.Status != 401 {
		t.Errorf("another address: %v", refused)
	}
}
