package grant

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

func TestCode(t *testing.T) {
	t.Parallel()
	plain := func(id string) func(*core.Grant) { return func(g *core.Grant) { g.ClientID = id } }
	tests := []struct {
		name  string
		grant func(*core.Grant)
		send  func(code string) request
	}{
		{"Basic", nil, func(code string) request { return byWiki(redeem(code)...) }},
		{"Basic with its own client_id in the body", nil, func(code string) request { return byWiki(redeem(code, "client_id", "wiki")...) }},
		{"body", plain("post"), func(code string) request {
			return request{params: redeem(code, "client_id", "post", "client_secret", secret)}
		}},
		{"either, Basic", plain("other"), func(code string) request {
			return request{authorization: basic("other", secret), params: redeem(code)}
		}},
		{"either, body", plain("other"), func(code string) request {
			return request{params: redeem(code, "client_id", "other", "client_secret", secret)}
		}},
		{"public with PKCE", func(g *core.Grant) { g.ClientID = "spa"; withChallenge(g) }, func(code string) request {
			return request{params: redeem(code, "client_id", "spa", "code_verifier", verifier)}
		}},
		{"confidential with PKCE", withChallenge, func(code string) request { return byWiki(redeem(code, "code_verifier", verifier)...) }},
		{"redirect_uri not needed", func(g *core.Grant) { g.RedirectURIGiven = false }, func(code string) request {
			return byWiki("grant_type", "authorization_code", "code", code)
		}},
		{"redirect_uri not needed, but sent", func(g *core.Grant) { g.RedirectURIGiven = false }, func(code string) request {
			return byWiki(redeem(code)...)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			code := w.code(tt.grant)
			mark, applies := w.mark(), w.memory.applies
			got := w.get(tt.send(code))
			if got.TokenType != "Bearer" || got.ExpiresIn != 3600 || got.Scope != "openid profile email offline_access" ||
				got.RefreshToken == "" || got.IDToken == "" || got.Error != "" || !w.lives(got.AccessToken) {
				t.Errorf("answer %+v", got)
			}
			events := w.eventsSince(mark)
			if len(events) != 1 || events[0].Type != core.EventTokenIssued || events[0].UserID != alice().ID || events[0].GrantID == "" {
				t.Errorf("audit events %+v", events)
			}
			if w.memory.reads != 1 || w.memory.applies-applies != 1 {
				t.Errorf("%d reads and %d writes, want one of each", w.memory.reads, w.memory.applies-applies)
			}
		})
	}
}

func refuse031CodeReuseRevokesEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.code(nil)
	first := w.get(byWiki(redeem(code)...))
	refreshed := w.get(byWiki(renew(first.RefreshToken)...))
	if _, refusal := w.send(byWiki(redeem(code)...)); refusal == nil || refusal.Code != oauth.CodeInvalidGrant {
		t.Fatalf("031: %v", refusal)
	}
	if w.lives(first.AccessToken) || w.lives(refreshed.AccessToken) {
		t.Error("031: an access token of the grant outlived the reuse")
	}
	if _, refusal := w.send(byWiki(renew(refreshed.RefreshToken)...)); refusal == nil || refusal.Reason != "grant_revoked" {
		t.Errorf("031: the refresh token outlived the reuse: %v", refusal)
	}
}

// Who does not know the secret, or is another client, changes nothing.
func TestCodeOutlivesStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.code(nil)
	used := w.code(nil)
	tokens := w.get(byWiki(redeem(used)...))
	for _, r := range []request{
		byWiki(redeem(otherEnd(code))...),
		byWiki(redeem(otherEnd(used))...),
		{authorization: basic("other", secret), params: redeem(code)},
		{authorization: basic("other", secret), params: redeem(used)},
		{authorization: basic("wiki", "wrong"), params: redeem(used)},
		{params: redeem(code, "client_id", "spa")},
	} {
		if body, refusal := w.send(r); refusal == nil {
			t.Errorf("answered %s", body)
		}
	}
	if !w.lives(tokens.AccessToken) {
		t.Error("a stranger revoked the tokens of a used code")
	}
	w.get(byWiki(redeem(code)...))
}

// A client that hangs up cannot keep what it stole.
func TestReuseIsHandledForAClientThatHungUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.code(nil)
	tokens := w.get(byWiki(redeem(code)...))
	r := byWiki(redeem(code)...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.ctx = ctx
	if _, refusal := w.send(r); refusal == nil || w.lives(tokens.AccessToken) {
		t.Errorf("refusal %v, the token lives: %v", refusal, w.lives(tokens.AccessToken))
	}
}

func TestFailedSignatureDoesNotBurnTheCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.code(nil)
	w.issuer.Keys = plainSigner{err: errTest}
	mark := w.mark()
	_, refusal := w.send(byWiki(redeem(code)...))
	w.wantRefusal(mark, refusal, oauth.CodeServerError, "server_error", core.EventTokenRefused, code)
	w.issuer.Keys = plainSigner{}
	w.get(byWiki(redeem(code)...))
}

func TestFailedWriteHandsOutNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.code(nil)
	w.memory.applyErr = errTest
	body, refusal := w.send(byWiki(redeem(code)...))
	if body != nil || refusal == nil || refusal.Code != oauth.CodeServerError {
		t.Fatalf("answered %s, %v", body, refusal)
	}
	w.memory.applyErr = nil
	w.get(byWiki(redeem(code)...))
}

func TestFailedReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code, refresh := w.code(nil), w.signIn().RefreshToken
	for _, broken := range []*error{&w.memory.readErr, &w.memory.rowErr} {
		*broken = errTest
		for _, r := range []request{byWiki(redeem(code)...), byWiki(renew(refresh)...)} {
			if _, refusal := w.send(r); refusal == nil || refusal.Code != oauth.CodeServerError || !errors.Is(refusal, errTest) {
				t.Errorf("refusal %v", refusal)
			}
		}
		*broken = nil
	}
	if _, refusal := w.send(byWiki(redeem(code)...)); refusal != nil {
		t.Errorf("the code was lost: %v", refusal)
	}
}

// Somebody redeems the code between this request's read and its write.
func TestLosingTheRaceForACodeIsReuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.code(nil)
	var winner answer
	w.memory.before = func() { winner = w.get(byWiki(redeem(code)...)) }
	_, refusal := w.send(byWiki(redeem(code)...))
	if refusal == nil || refusal.Reason != "code_reused" || w.lives(winner.AccessToken) {
		t.Errorf("refusal %v, the winner's token lives: %v", refusal, w.lives(winner.AccessToken))
	}
}

// The grant is revoked between this request's read and its write.
func TestLosingTheRaceAgainstRevocation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.code(nil)
	w.memory.before = func() {
		for id := range w.memory.grants {
			if err := w.memory.Apply(context.Background(), core.RevokeGrant{ID: id, At: noon, Reason: "signed_out"}); err != nil {
				t.Error(err)
			}
		}
	}
	mark := w.mark()
	_, refusal := w.send(byWiki(redeem(code)...))
	w.wantRefusal(mark, refusal, oauth.CodeInvalidGrant, "grant_revoked", core.EventTokenRefused, code)
}

// A store that always reports a conflict is broken; the endpoint does not turn
// in circles.
func TestConflictsWithoutEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.code(nil)
	w.memory.applyErr = core.ErrConflict
	if _, refusal := w.send(byWiki(redeem(code)...)); refusal == nil || refusal.Code != oauth.CodeServerError || w.memory.reads != attempts {
		t.Errorf("refusal %v after %d reads", refusal, w.memory.reads)
	}
}

// race sends the request n times at once and gives the answers and the refusals.
func (w *world) race(n int, r request) (answers []answer, refusals []*oauth.Error) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range n {
		wg.Go(func() {
			<-start
			body, refusal := w.send(r)
			mu.Lock()
			defer mu.Unlock()
			if refusal != nil {
				refusals = append(refusals, refusal)
				return
			}
			answers = append(answers, parseAnswer(w.t, body))
		})
	}
	close(start)
	wg.Wait()
	return answers, refusals
}

func refuse032ParallelRedemptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.raceForCode(w.code(nil))
}

func (w *world) raceForCode(code string) {
	w.t.Helper()
	answers, refusals := w.race(50, byWiki(redeem(code)...))
	if len(answers) != 1 || len(refusals) != 49 {
		w.t.Fatalf("032: %d of 50 redemptions succeeded", len(answers))
	}
	for _, refusal := range refusals {
		if refusal.Code != oauth.CodeInvalidGrant {
			w.t.Errorf("032: %v", refusal)
		}
	}
	if w.lives(answers[0].AccessToken) {
		w.t.Error("031: the tokens of a code that was used twice live")
	}
}

func TestIDTokenOfTheAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.signIn()
	w.sleep(time.Hour)
	again := w.get(byWiki(renew(first.RefreshToken)...))
	before, after := claimsOf(t, first.IDToken), claimsOf(t, again.IDToken)
	for _, name := range []string{"iss", "sub", "aud", "auth_time"} {
		if before[name] == nil || before[name] != after[name] {
			t.Errorf("%s was %v, is %v", name, before[name], after[name])
		}
	}
	if before["nonce"] != "n-0S6" || after["nonce"] != nil {
		t.Errorf("nonce was %v, is %v", before["nonce"], after["nonce"])
	}
}

func claimsOf(t *testing.T, idToken string) map[string]any {
	t.Helper()
	parts := strings.Split(idToken, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[len(parts)-1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestScopesDecideWhatIsIssued(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct {
		scopes           []string
		identity, family bool
	}{
		{[]string{"openid"}, true, false},
		{[]string{"email"}, false, false},
		{[]string{"email", "offline_access"}, false, true},
		{allScopes, true, true},
	} {
		got := w.get(byWiki(redeem(w.code(func(g *core.Grant) { g.Scopes = slices.Clone(tt.scopes) }))...))
		if (got.IDToken != "") != tt.identity || (got.RefreshToken != "") != tt.family {
			t.Errorf("%v: %+v", tt.scopes, got)
		}
	}
}
