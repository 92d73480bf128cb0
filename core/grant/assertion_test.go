package grant

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// signer stands for the keys of clients: an assertion is "CLIENT.JTI.", and "bad" as
// its jti is a wrong signature.
type signer struct{}

func (signer) Claimant(assertion string) string {
	id, _, _ := strings.Cut(assertion, ".")
	return id
}

func (s signer) Assertion(_ context.Context, client *core.Client, assertion string) (core.UseAssertion, *oauth.Error) {
	_, jti, _ := strings.Cut(assertion, ".")
	if s.Claimant(assertion) != client.ID || jti == "bad." {
		return core.UseAssertion{}, oauth.Refuse(oauth.CodeInvalidClient, "client_assertion_signature", "No.")
	}
	return core.UseAssertion{Hash: core.AssertionHash(client.ID, jti), ExpiresAt: noon.Add(time.Minute)}, nil
}

func newSignedWorld(t *testing.T) *world {
	w := newWorld(t)
	w.endpoint.Assertions = signer{}
	w.memory.clients["wiki"] = client("wiki", core.AuthPrivateKeyJWT)
	return w
}

func asserted(assertion string, params ...string) request {
	return request{params: append(params, "client_assertion_type", oauth.AssertionJWT, "client_assertion", assertion)}
}

func TestAssertion(t *testing.T) {
	t.Parallel()
	w := newSignedWorld(t)
	first := w.get(asserted("wiki.1.", redeem(w.code(nil))...))
	w.get(asserted("wiki.2.", renew(first.RefreshToken, "client_id", "wiki")...))
	if len(w.memory.used) != 2 {
		t.Errorf("%d assertions are used", len(w.memory.used))
	}
}

// TestAssertionOfRace: a conflict about the code, and not about the assertion, does not
// use the assertion up twice.
func TestAssertionOfRace(t *testing.T) {
	t.Parallel()
	w := newSignedWorld(t)
	first := w.get(asserted("wiki.1.", redeem(w.code(nil))...))
	w.memory.before = func() { w.get(asserted("wiki.2.", renew(first.RefreshToken)...)) }
	if again := w.get(asserted("wiki.3.", renew(first.RefreshToken)...)); again.RefreshToken == "" {
		t.Error("no successor")
	}
	if len(w.memory.used) != 3 {
		t.Errorf("%d assertions are used", len(w.memory.used))
	}
}

func TestRefuse046Assertions(t *testing.T) {
	t.Parallel()
	good := func(w *world) []string { return redeem(w.code(nil)) }
	for _, tt := range []struct {
		name    string
		prepare func(*world) request
		code    string
		reason  string
		used    int
	}{
		{"046_wrong_signature", func(w *world) request { return asserted("wiki.bad.", good(w)...) }, oauth.CodeInvalidClient, "client_assertion_signature", 0},
		{"046_of_another_client", func(w *world) request {
			return asserted("wiki.1.", append(good(w), "client_id", "other")...)
		}, oauth.CodeInvalidClient, "client_assertion_signature", 0},
		{"046_of_an_unknown_client", func(w *world) request { return asserted("nobody.1.", good(w)...) }, oauth.CodeInvalidClient, "client_unknown", 0},
		{"046_of_nobody", func(w *world) request { return asserted(".1.", good(w)...) }, oauth.CodeInvalidClient, "client_unknown", 0},
		{"046_replayed", func(w *world) request {
			w.get(asserted("wiki.1.", good(w)...))
			return asserted("wiki.1.", good(w)...)
		}, oauth.CodeInvalidClient, "client_assertion_replayed", 1},
		{"046_replayed_after_a_refusal", func(w *world) request {
			w.send(asserted("wiki.1.", redeem("code_x")...))
			return asserted("wiki.1.", good(w)...)
		}, oauth.CodeInvalidClient, "client_assertion_replayed", 1},
		{"046_replayed_with_a_code_that_does_not_hold", func(w *world) request {
			w.get(asserted("wiki.1.", good(w)...))
			return asserted("wiki.1.", redeem("code_x")...)
		}, oauth.CodeInvalidClient, "client_assertion_replayed", 1},
		{"046_used_up_by_a_refusal", func(w *world) request { return asserted("wiki.1.", redeem("code_x")...) }, oauth.CodeInvalidGrant, "malformed_code", 1},
		{"054_disabled_client", func(w *world) request {
			c := w.memory.clients["wiki"]
			c.Disabled = true
			w.memory.clients["wiki"] = c
			return asserted("wiki.1.", good(w)...)
		}, oauth.CodeInvalidClient, "client_disabled", 0},
		{"043_nothing_signs", func(w *world) request {
			w.endpoint.Assertions = nil
			return asserted("wiki.1.", append(good(w), "client_id", "wiki")...)
		}, oauth.CodeInvalidClient, "client_auth_unsupported", 0},
		{"043_nothing_signs_and_nobody_is_named", func(w *world) request {
			w.endpoint.Assertions = nil
			return asserted("wiki.1.", good(w)...)
		}, oauth.CodeInvalidClient, "client_unknown", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newSignedWorld(t)
			r := tt.prepare(w)
			mark, tokens := w.mark(), len(w.memory.access)
			_, refusal := w.send(r)
			w.wantRefusal(mark, refusal, tt.code, tt.reason, core.EventTokenRefused, value(r, "client_assertion"))
			if len(w.memory.access) != tokens || len(w.memory.used) != tt.used {
				t.Errorf("%d tokens more, %d assertions used, want 0 and %d", len(w.memory.access)-tokens, len(w.memory.used), tt.used)
			}
		})
	}
}

// TestRefuse046ReplayRevokesNothing: whoever sends an assertion once more has not proved
// to be the client, so a code that they present twice is no sign of anything.
func TestRefuse046ReplayRevokesNothing(t *testing.T) {
	t.Parallel()
	w := newSignedWorld(t)
	code := w.code(nil)
	first := w.get(asserted("wiki.1.", redeem(code)...))
	if _, refusal := w.send(asserted("wiki.1.", redeem(code)...)); refusal == nil || refusal.Reason != "client_assertion_replayed" || !w.lives(first.AccessToken) {
		t.Errorf("refusal %v, the token lives: %v", refusal, w.lives(first.AccessToken))
	}
	if _, refusal := w.send(asserted("wiki.2.", redeem(code)...)); refusal == nil || refusal.Reason != "code_reused" || w.lives(first.AccessToken) {
		t.Errorf("refusal %v, the token lives: %v", refusal, w.lives(first.AccessToken))
	}
}

// TestRefuse046ParallelReplays, on the database: of many uses at once one succeeds.
func TestRefuse046ParallelReplays(t *testing.T) {
	t.Parallel()
	s := openStore(t, newDatabase(t))
	w := newWorldOn(t, s)
	w.endpoint.Assertions = signer{}
	c := client("signs", core.AuthPrivateKeyJWT)
	if err := s.Apply(t.Context(), core.CreateClient{Client: c}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var won, replays atomic.Int32
	for range 50 {
		code := w.code(func(g *core.Grant) { g.ClientID = "signs" })
		all.Go(func() {
			switch _, refusal := w.send(asserted("signs.1.", redeem(code)...)); {
			case refusal == nil:
				won.Add(1)
			case refusal.Reason == "client_assertion_replayed":
				replays.Add(1)
			default:
				t.Error(refusal)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || replays.Load() != 49 {
		t.Errorf("%d succeeded, %d were replays", won.Load(), replays.Load())
	}
}
