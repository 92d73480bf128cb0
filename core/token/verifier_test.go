package token

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// bench is a verifier with one good access token.
type bench struct {
	*Verifier
	store *memory
	row   core.Access
	token string
}

func newBench(t *testing.T, scopes ...string) *bench {
	t.Helper()
	store, issuer := newMemory(), newIssuer()
	a := authorized(scopes...)
	set, changes := issue(t, issuer, wiki(), a, Order{Now: noon, Scopes: scopes})
	b := &bench{store: store, token: set.AccessToken, row: core.Access{Token: changes[0].(core.AddAccess).Token, Authorized: *a}}
	b.Verifier = &Verifier{Store: store, Issuer: issuer, Now: func() time.Time { return noon.Add(time.Minute) }, Rand: random()}
	return b
}

// present stores the row as it is now and presents the token.
func (b *bench) present(token string, fromQuery bool) *oauth.Error {
	b.store.access[b.row.Token.ID] = b.row
	_, _, refusal := b.Access(context.Background(), Bearer{Token: token, FromQuery: fromQuery, IP: "192.0.2.7", Correlation: "c-1"})
	return refusal
}

func TestAccess(t *testing.T) {
	t.Parallel()
	b := newBench(t, "openid")
	b.store.access[b.row.Token.ID] = b.row
	access, client, refusal := b.Access(t.Context(), Bearer{Token: b.token})
	if refusal != nil || access.User.Name != "alice" || client.ID != "wiki" {
		t.Errorf("access %+v, client %+v, refusal %v", access, client, refusal)
	}
	if len(b.store.events) != 0 {
		t.Errorf("a good token was recorded: %v", b.store.events)
	}
}

// refuseAccessTokens runs the table of tokens that no endpoint takes.
func refuseAccessTokens(t *testing.T) {
	refresh := core.NewCredential(core.KindRefresh, core.NewID(noon, random()), random()).String()
	tests := []struct {
		name   string
		spoil  func(*bench)
		reason string
		code   string
	}{
		{"036_cut_short", func(b *bench) { b.token = b.token[:len(b.token)-1] }, "malformed_token", oauth.CodeInvalidToken},
		{"036_extra_character", func(b *bench) { b.token += "A" }, "malformed_token", oauth.CodeInvalidToken},
		{"036_padding", func(b *bench) { b.token += "=" }, "malformed_token", oauth.CodeInvalidToken},
		{"036_line_break", func(b *bench) { b.token += "\n" }, "malformed_token", oauth.CodeInvalidToken},
		{"053_other_secret", func(b *bench) { b.row.Token.Hash[0] ^= 1 }, "unknown_token", oauth.CodeInvalidToken},
		{"054_client_disabled", func(b *bench) { b.row.Client.Disabled = true }, "client_disabled", oauth.CodeInvalidToken},
		{"054_client_gone", func(b *bench) { b.row.Client = nil }, "client_disabled", oauth.CodeInvalidToken},
		{"054_client_organisation_disabled", func(b *bench) { b.store.orgs["built-in"].Disabled = true }, "client_organisation_disabled", oauth.CodeInvalidToken},
		{"054_client_organisation_gone", func(b *bench) { delete(b.store.orgs, "built-in") }, "client_organisation_disabled", oauth.CodeInvalidToken},
		{"054_user_disabled", func(b *bench) { b.row.User.Disabled = true }, "user_disabled", oauth.CodeInvalidToken},
		{"054_user_organisation_disabled", func(b *bench) { b.row.Org.Disabled = true }, "organisation_disabled", oauth.CodeInvalidToken},
		{"054_organisation_no_longer_admitted", func(b *bench) { b.row.User.Org = "elsewhere" }, "organisation_not_admitted", oauth.CodeInvalidToken},
		{"059_no_longer_in_an_allowed_group", func(b *bench) { b.row.Client.AllowedGroups = []string{"board"} }, "not_in_allowed_group", oauth.CodeInvalidToken},
		{"059_group_of_another_organisation", func(b *bench) {
			b.row.Client.AllowedGroups, b.row.Client.Shared = []string{"staff"}, true
			b.row.User.Org, b.row.User.Groups = "elsewhere", []string{"staff"}
		}, "not_in_allowed_group", oauth.CodeInvalidToken},
		{"072_refresh_token", func(b *bench) { b.token = refresh }, "malformed_token", oauth.CodeInvalidToken},
		{"072_refresh_token_renamed", func(b *bench) { b.token = "at_" + strings.TrimPrefix(refresh, "rt_") }, "unknown_token", oauth.CodeInvalidToken},
		{"072_id_token", func(b *bench) { b.token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln" }, "malformed_token", oauth.CodeInvalidToken},
		{"115_no_token", func(b *bench) { b.token = "" }, oauth.ReasonTokenMissing, oauth.CodeInvalidToken},
		{"115_expired", func(b *bench) { b.row.Token.ExpiresAt = b.Now() }, "token_expired", oauth.CodeInvalidToken},
		{"115_revoked", func(b *bench) { b.row.Grant.RevokedAt = noon }, "grant_revoked", oauth.CodeInvalidToken},
		{"the_organisation_cannot_be_read", func(b *bench) { b.store.orgErr = errTest }, "server_error", oauth.CodeServerError},
		{"the_store_fails", func(b *bench) { b.store.err = errTest }, "server_error", oauth.CodeServerError},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "openid")
			tt.spoil(b)
			refusal := b.present(b.token, false)
			if refusal == nil || refusal.Code != tt.code || refusal.Reason != tt.reason {
				t.Fatalf("refusal %v", refusal)
			}
			wantOneEvent(t, b.store, tt.reason, b.token)
		})
	}
}

// wantOneEvent checks that the refusal left exactly one audit event, without the
// token.
func wantOneEvent(t *testing.T, store *memory, reason, token string) {
	t.Helper()
	if len(store.events) != 1 {
		t.Fatalf("%d audit events", len(store.events))
	}
	e := store.events[0]
	if e.Type != core.EventResourceRefused || e.Detail["reason"] != reason || e.IP != "192.0.2.7" || e.Correlation != "c-1" {
		t.Errorf("event %+v", e)
	}
	if token != "" && strings.Contains(e.Detail["reason"], token) {
		t.Error("the audit event holds the token")
	}
}

func refuse115TokenInQuery(t *testing.T) {
	t.Parallel()
	b := newBench(t, "openid")
	if refusal := b.present(b.token, true); refusal == nil || refusal.Reason != "token_in_query" || refusal.Status != http.StatusUnauthorized {
		t.Errorf("115: %v", refusal)
	}
	wantOneEvent(t, b.store, "token_in_query", b.token)
	b.row.Client.QueryToken = true
	if refusal := b.present(b.token, true); refusal != nil {
		t.Errorf("the administrator allowed it: %v", refusal)
	}
}

func refuse115UserInfoWithoutOpenID(t *testing.T) {
	t.Parallel()
	b := newBench(t, "email")
	b.store.access[b.row.Token.ID] = b.row
	bearer := Bearer{Token: b.token, IP: "192.0.2.7", Correlation: "c-1"}
	if doc, refusal := b.userInfo(t.Context(), bearer); doc != nil || refusal == nil || refusal.Code != oauth.CodeInsufficientScope || refusal.Status != http.StatusForbidden {
		t.Errorf("115: %s, %v", doc, refusal)
	}
	wantOneEvent(t, b.store, "no_openid_scope", b.token)
	if b.store.events[0].UserID != alice().ID || b.store.events[0].ClientID != "wiki" {
		t.Errorf("event %+v", b.store.events[0])
	}
	doc, refusal := b.Account(t.Context(), bearer)
	if refusal != nil {
		t.Fatal(refusal)
	}
	wantNames(t, "account", doc, "sub", "email", "email_verified")
	if _, refusal := b.Account(t.Context(), Bearer{Token: "at_x"}); refusal == nil || refusal.Status != http.StatusUnauthorized {
		t.Errorf("115: %v", refusal)
	}
}

// userInfo gives the body alone.
func (b *bench) userInfo(ctx context.Context, bearer Bearer) ([]byte, *oauth.Error) {
	answer, refusal := b.UserInfo(ctx, bearer)
	return answer.Body, refusal
}

func TestUserInfoByToken(t *testing.T) {
	t.Parallel()
	b := newBench(t, "openid", "email")
	b.store.access[b.row.Token.ID] = b.row
	doc, refusal := b.userInfo(t.Context(), Bearer{Token: b.token})
	if refusal != nil {
		t.Fatal(refusal)
	}
	wantNames(t, "UserInfo", doc, "sub", "email", "email_verified")
}

// TestOwnToken holds that a client's own token is a good one, and leads to nobody (RFC
// 9700 section 4.15), whatever scopes it has.
func TestOwnToken(t *testing.T) {
	t.Parallel()
	for _, scopes := range [][]string{{"reports.read"}, {"openid", "profile", "email"}} {
		b := newBench(t, scopes...)
		b.row.User, b.row.Org = core.User{}, core.Organisation{}
		b.row.Grant.UserID, b.row.Grant.SessionID = "", ""
		b.row.Client.AllowedGroups = []string{"staff"} // is for people
		b.store.access[b.row.Token.ID] = b.row
		access, client, refusal := b.Access(t.Context(), Bearer{Token: b.token})
		if refusal != nil || client.ID != "wiki" || access.Grant.UserID != "" {
			t.Errorf("%v: %v", scopes, refusal)
		}
		for name, endpoint := range map[string]func(context.Context, Bearer) ([]byte, *oauth.Error){"UserInfo": b.userInfo, "Account": b.Account} {
			doc, refusal := endpoint(t.Context(), Bearer{Token: b.token})
			if doc != nil || refusal == nil || refusal.Code != oauth.CodeInsufficientScope || refusal.Status != http.StatusForbidden || refusal.Reason != "token_of_nobody" {
				t.Errorf("%s with %v: %s, %v", name, scopes, doc, refusal)
			}
		}
		b.row.Client.Disabled = true
		if refusal := b.present(b.token, false); refusal == nil || refusal.Code != oauth.CodeInvalidToken || refusal.Reason != "client_disabled" {
			t.Errorf("%v of a disabled client: %v", scopes, refusal)
		}
	}
}

// TestOwnTokenIsNotWhatHasAUser holds that a person is never passed over because a
// grant does not name them.
func TestOwnTokenIsNotWhatHasAUser(t *testing.T) {
	t.Parallel()
	a := authorized("openid")
	a.Grant.UserID, a.User.Disabled = "", true
	if reason := Barred(a, wiki()); reason != "user_disabled" {
		t.Errorf("a disabled user may go on: %q", reason)
	}
}

func TestFailedPluginAtTheEndpoints(t *testing.T) {
	t.Parallel()
	b := newBench(t, "openid")
	b.Issuer = failing(b.Issuer)
	b.store.access[b.row.Token.ID] = b.row
	for name, endpoint := range map[string]func(context.Context, Bearer) ([]byte, *oauth.Error){"UserInfo": b.userInfo, "Account": b.Account} {
		doc, refusal := endpoint(t.Context(), Bearer{Token: b.token})
		if doc != nil || refusal == nil || refusal.Code != oauth.CodeServerError || !errors.Is(refusal, errTest) {
			t.Errorf("%s: %s, %v", name, doc, refusal)
		}
	}
}

func TestRefusalIsRecordedForAClientThatHungUp(t *testing.T) {
	t.Parallel()
	b := newBench(t, "openid")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, refusal := b.Access(ctx, Bearer{Token: "at_x"}); refusal == nil || len(b.store.events) != 1 {
		t.Errorf("refusal %v, events %v", refusal, b.store.events)
	}
}

func TestRefusalStandsWhenItCannotBeRecorded(t *testing.T) {
	t.Parallel()
	b := newBench(t, "openid")
	b.store.failing = errTest
	if _, _, refusal := b.Access(t.Context(), Bearer{Token: "at_x"}); refusal == nil || refusal.Code != oauth.CodeInvalidToken || !errors.Is(refusal, errTest) {
		t.Errorf("refusal %v", refusal)
	}
}

func BenchmarkUserInfo(b *testing.B) {
	i, client, access := newIssuer(), wiki(), accessTo("openid", "profile", "email", "address", "phone")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := i.UserInfo(context.Background(), client, access); err != nil {
			b.Fatal(err)
		}
	}
}
