package grant

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

// refusalTest is a request that must be refused. Its name begins with the number
// of the attack.
type refusalTest struct {
	name string
	// prepare makes the request; what it sends before is not looked at.
	prepare func(*world) request
	code    string
	reason  string
	event   core.EventType // default: token.refused
}

func runRefusals(t *testing.T, tests []refusalTest) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := tt.prepare(w)
			mark, tokens := w.mark(), len(w.memory.access)
			body, refusal := w.send(r)
			if body != nil {
				t.Errorf("answered %s", body)
			}
			if tt.event == "" {
				tt.event = core.EventTokenRefused
			}
			w.wantRefusal(mark, refusal, tt.code, tt.reason, tt.event, secret, value(r, "code"), value(r, "refresh_token"), value(r, "code_verifier"))
			if len(w.memory.access) != tokens {
				t.Error("a token was issued")
			}
		})
	}
}

// TestRefuse runs every refusal under its number.
func TestRefuse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		test func(*testing.T)
	}{
		{"031_code_reuse_revokes_everything", refuse031CodeReuseRevokesEverything},
		{"032_parallel_redemptions", refuse032ParallelRedemptions},
		{"048_does_not_burn_the_token", refuse048DoesNotBurnTheToken},
		{"053_same_answer_for_unknown_and_wrong", refuse053SameAnswerForUnknownAndWrong},
		{"055_reuse_revokes_the_family", refuse055ReuseRevokesTheFamily},
		{"056_parallel_refreshes", refuse056ParallelRefreshes},
		{"057_after_restart", refuse057AfterRestart},
		{"059_policy_sees_the_present_groups", refuse059PolicySeesThePresentGroups},
		{"060_rotation_never_extends", refuse060RotationNeverExtends},
	} {
		t.Run(tt.name, tt.test)
	}
	for _, table := range [][]refusalTest{codeRefusals(), clientRefusals(), grantTypeRefusals(), refreshRefusals(), clientCredentialsRefusals()} {
		runRefusals(t, table)
	}
}

func value(r request, name string) string {
	for i := 0; i < len(r.params); i += 2 {
		if r.params[i] == name {
			return r.params[i+1]
		}
	}
	return ""
}

// otherEnd changes the last character of a credential: the same row, another
// secret.
func otherEnd(s string) string {
	if strings.HasSuffix(s, "A") {
		return s[:len(s)-1] + "B"
	}
	return s[:len(s)-1] + "A"
}

// withChallenge asks for the verifier of this file.
func withChallenge(g *core.Grant) { g.Challenge = oauth.Challenge(verifier) }

func codeRefusals() []refusalTest {
	good := func(change func(*core.Grant), more ...string) func(*world) request {
		return func(w *world) request { return byWiki(redeem(w.code(change), more...)...) }
	}
	spoilt := func(spoil func(string) string) func(*world) request {
		return func(w *world) request { return byWiki(redeem(spoil(w.code(nil)))...) }
	}
	return []refusalTest{
		{"031_code_reused", func(w *world) request {
			code := w.code(nil)
			w.get(byWiki(redeem(code)...))
			return byWiki(redeem(code)...)
		}, oauth.CodeInvalidGrant, "code_reused", core.EventReuseDetected},
		{"031_code_reused_after_30_seconds", func(w *world) request {
			code := w.code(nil)
			w.get(byWiki(redeem(code)...))
			w.sleep(30 * time.Second)
			return byWiki(redeem(code)...)
		}, oauth.CodeInvalidGrant, "code_reused", core.EventReuseDetected},
		{"031_code_reused_after_it_expired", func(w *world) request {
			code := w.code(nil)
			w.get(byWiki(redeem(code)...))
			w.sleep(time.Hour)
			return byWiki(redeem(code)...)
		}, oauth.CodeInvalidGrant, "code_reused", core.EventReuseDetected},
		{"033_code_of_other_client", func(w *world) request {
			return request{authorization: basic("other", secret), params: redeem(w.code(nil))}
		}, oauth.CodeInvalidGrant, "code_of_other_client", ""},
		{"033_code_of_confidential_client_by_public_one", func(w *world) request {
			return request{params: redeem(w.code(nil), "client_id", "spa")}
		}, oauth.CodeInvalidGrant, "code_of_other_client", ""},
		{"033_code_of_public_client_by_confidential_one", func(w *world) request {
			return byWiki(redeem(w.code(func(g *core.Grant) { g.ClientID = "spa" }))...)
		}, oauth.CodeInvalidGrant, "code_of_other_client", ""},
		{"034_other_redirect_uri", func(w *world) request {
			return byWiki("grant_type", "authorization_code", "code", w.code(nil), "redirect_uri", redirectURI+"/")
		}, oauth.CodeInvalidGrant, "other_redirect_uri", ""},
		{"034_no_redirect_uri", func(w *world) request {
			return byWiki("grant_type", "authorization_code", "code", w.code(nil))
		}, oauth.CodeInvalidGrant, "no_redirect_uri", ""},
		{"034_other_redirect_uri_without_need", func(w *world) request {
			code := w.code(func(g *core.Grant) { g.RedirectURIGiven = false })
			return byWiki("grant_type", "authorization_code", "code", code, "redirect_uri", "https://evil.example/cb")
		}, oauth.CodeInvalidGrant, "other_redirect_uri", ""},
		{"035_code_expired", func(w *world) request {
			code := w.code(nil)
			w.sleep(time.Minute)
			return byWiki(redeem(code)...)
		}, oauth.CodeInvalidGrant, "code_expired", ""},
		{"036_code_cut_short", spoilt(func(s string) string { return s[:len(s)-1] }), oauth.CodeInvalidGrant, "malformed_code", ""},
		{"036_code_with_more", spoilt(func(s string) string { return s + "A" }), oauth.CodeInvalidGrant, "malformed_code", ""},
		{"036_code_with_padding", spoilt(func(s string) string { return s + "=" }), oauth.CodeInvalidGrant, "malformed_code", ""},
		{"036_code_with_line_break", spoilt(func(s string) string { return s[:20] + "\n" + s[20:] }), oauth.CodeInvalidGrant, "malformed_code", ""},
		{"036_code_with_other_secret", spoilt(otherEnd), oauth.CodeInvalidGrant, "unknown_code", ""},
		{"036_code_of_a_grant_that_has_none", func(w *world) request {
			// The authorization endpoint gave its tokens itself.
			g := w.grant(func(g *core.Grant) { g.CodeExpiresAt, g.RedirectURIGiven = time.Time{}, false })
			if err := w.store.Apply(w.t.Context(), core.IssueCode{Grant: g}); err != nil {
				w.t.Fatal(err)
			}
			return byWiki(redeem(core.Credential{Kind: core.KindCode, ID: g.ID}.String())...)
		}, oauth.CodeInvalidGrant, "unknown_code", ""},
		{"036_code_that_never_was", func(w *world) request {
			return byWiki(redeem(core.NewCredential(core.KindCode, core.NewID(noon, w.random), w.random).String())...)
		}, oauth.CodeInvalidGrant, "unknown_code", ""},
		{"037_wrong_verifier", good(withChallenge, "code_verifier", strings.Repeat("a", 43)), oauth.CodeInvalidGrant, "verifier_wrong", ""},
		{"037_short_verifier", good(withChallenge, "code_verifier", verifier[:42]), oauth.CodeInvalidGrant, "verifier_malformed", ""},
		{"037_long_verifier", good(withChallenge, "code_verifier", strings.Repeat("a", 129)), oauth.CodeInvalidGrant, "verifier_malformed", ""},
		{"037_illegal_verifier", good(withChallenge, "code_verifier", strings.Repeat("+", 43)), oauth.CodeInvalidGrant, "verifier_malformed", ""},
		{"037_challenge_as_verifier", good(withChallenge, "code_verifier", oauth.Challenge(verifier)), oauth.CodeInvalidGrant, "verifier_wrong", ""},
		{"038_verifier_without_challenge", good(nil, "code_verifier", verifier), oauth.CodeInvalidGrant, "verifier_without_challenge", ""},
		{"039_challenge_without_verifier", good(withChallenge), oauth.CodeInvalidGrant, "verifier_missing", ""},
		{"054_user_disabled", func(w *world) request {
			u := alice()
			u.Disabled = true
			w.memory.users[u.ID] = u
			return good(nil)(w)
		}, oauth.CodeInvalidGrant, "user_disabled", ""},
		{"054_organisation_disabled", func(w *world) request {
			u := alice()
			u.Org = "elsewhere"
			w.memory.users[u.ID] = u
			w.memory.orgs["elsewhere"] = core.Organisation{Name: "elsewhere", Disabled: true}
			return good(nil)(w)
		}, oauth.CodeInvalidGrant, "organisation_disabled", ""},
		{"054_organisation_not_admitted", func(w *world) request {
			u := alice()
			u.Org = "elsewhere"
			w.memory.users[u.ID] = u
			w.memory.orgs["elsewhere"] = core.Organisation{Name: "elsewhere"}
			return good(nil)(w)
		}, oauth.CodeInvalidGrant, "organisation_not_admitted", ""},
		{"059_left_the_allowed_group", func(w *world) request {
			c := w.memory.clients["wiki"]
			c.AllowedGroups = []string{"staff"}
			w.memory.clients["wiki"] = c
			u := alice()
			u.Groups = nil
			w.memory.users[u.ID] = u
			return good(nil)(w)
		}, oauth.CodeInvalidGrant, "not_in_allowed_group", ""},
		{"059_grant_revoked", good(func(g *core.Grant) { g.RevokedAt = noon }), oauth.CodeInvalidGrant, "grant_revoked", ""},
		{"072_refresh_token_as_code", func(w *world) request { return byWiki(redeem(w.signIn().RefreshToken)...) }, oauth.CodeInvalidGrant, "malformed_code", ""},
		{"051_no_code", func(*world) request { return byWiki("grant_type", "authorization_code") }, oauth.CodeInvalidRequest, "no_code", ""},
	}
}

func clientRefusals() []refusalTest {
	// with presents a good code of wiki, authenticated in this way.
	with := func(authorization string, more ...string) func(*world) request {
		return func(w *world) request {
			return request{authorization: authorization, params: redeem(w.code(nil), more...)}
		}
	}
	disabled := func(id string, change func(*memory)) func(*world) request {
		return func(w *world) request {
			change(w.memory)
			return request{authorization: basic(id, secret), params: redeem(w.code(nil))}
		}
	}
	return []refusalTest{
		{"042_basic_and_body", with(basic("wiki", secret), "client_id", "wiki", "client_secret", secret), oauth.CodeInvalidRequest, "client_auth_twice", ""},
		{"042_other_client_id_in_body", with(basic("wiki", secret), "client_id", "other"), oauth.CodeInvalidRequest, "client_id_mismatch", ""},
		{"043_body_where_basic_is_registered", with("", "client_id", "wiki", "client_secret", secret), oauth.CodeInvalidClient, "client_auth_method", ""},
		{"043_basic_where_body_is_registered", with(basic("post", secret)), oauth.CodeInvalidClient, "client_auth_method", ""},
		{"043_no_secret", with("", "client_id", "wiki"), oauth.CodeInvalidClient, "client_auth_method", ""},
		{"044_public_client_with_basic", with(basic("spa", "anything")), oauth.CodeInvalidClient, "client_auth_method", ""},
		{"044_public_client_with_secret", with("", "client_id", "spa", "client_secret", "anything"), oauth.CodeInvalidClient, "client_auth_method", ""},
		{"044_public_client_with_empty_secret", with(basic("spa", "")), oauth.CodeInvalidClient, "client_auth_method", ""},
		{"045_no_colon", with("Basic " + base64.StdEncoding.EncodeToString([]byte("wiki"))), oauth.CodeInvalidClient, "client_auth_malformed", ""},
		{"045_bad_percent_encoding", with(basic("wiki", "%zz")), oauth.CodeInvalidClient, "client_auth_malformed", ""},
		{"045_not_utf8", with(basic("wiki", "\xff\xfe")), oauth.CodeInvalidClient, "client_auth_malformed", ""},
		{"045_not_base64", with("Basic !!!"), oauth.CodeInvalidClient, "client_auth_malformed", ""},
		{"046_client_assertion", with("", "client_id", "wiki", "client_assertion", "a.b.c"), oauth.CodeInvalidClient, "client_auth_unsupported", ""},
		{"053_unknown_client", with(basic("nobody", secret)), oauth.CodeInvalidClient, "client_unknown", ""},
		{"053_wrong_secret", with(basic("wiki", strings.Repeat("x", 43))), oauth.CodeInvalidClient, "client_secret_wrong", ""},
		{"053_no_client", with(""), oauth.CodeInvalidClient, "client_auth_missing", ""},
		{"054_client_disabled", disabled("wiki", func(m *memory) {
			c := client("wiki", core.AuthBasic)
			c.Disabled = true
			m.clients["wiki"] = c
		}), oauth.CodeInvalidClient, "client_disabled", ""},
		{"054_organisation_of_client_disabled", disabled("wiki", func(m *memory) {
			m.orgs[core.DefaultOrganisation] = core.Organisation{Name: core.DefaultOrganisation, Disabled: true}
		}), oauth.CodeInvalidClient, "client_organisation_disabled", ""},
		{"054_organisation_of_client_gone", disabled("wiki", func(m *memory) { delete(m.orgs, core.DefaultOrganisation) }), oauth.CodeInvalidClient, "client_organisation_disabled", ""},
	}
}

func grantTypeRefusals() []refusalTest {
	only := func(grantTypes ...string) core.Client {
		c := client("wiki", core.AuthBasic)
		c.GrantTypes = grantTypes
		return c
	}
	return []refusalTest{
		{"047_code_not_registered", func(w *world) request {
			w.memory.clients["wiki"] = only(core.GrantRefreshToken)
			return byWiki(redeem(w.code(nil))...)
		}, oauth.CodeUnauthorizedClient, "grant_type_not_registered", ""},
		{"047_refresh_not_registered", func(w *world) request {
			refresh := w.signIn().RefreshToken
			w.memory.clients["wiki"] = only(core.GrantAuthorizationCode)
			return byWiki(renew(refresh)...)
		}, oauth.CodeUnauthorizedClient, "grant_type_not_registered", ""},
		{"050_password", func(*world) request {
			return byWiki("grant_type", "password", "username", "alice", "password", "x")
		}, oauth.CodeUnsupportedGrantType, "unsupported_grant_type", ""},
		{"050_other_case", func(w *world) request {
			return byWiki("grant_type", "Authorization_Code", "code", w.code(nil), "redirect_uri", redirectURI)
		}, oauth.CodeUnsupportedGrantType, "unsupported_grant_type", ""},
		{"051_no_grant_type", func(w *world) request { return byWiki("code", w.code(nil)) }, oauth.CodeInvalidRequest, "no_grant_type", ""},
	}
}

func refreshRefusals() []refusalTest {
	// after signs in, changes the world, and presents the refresh token.
	after := func(change func(*world), more ...string) func(*world) request {
		return func(w *world) request {
			refresh := w.signIn().RefreshToken
			if change != nil {
				change(w)
			}
			return byWiki(renew(refresh, more...)...)
		}
	}
	policy := func(out hook.ScopeOutput) func(*world) {
		return func(w *world) {
			w.endpoint.Policy = policyFunc(func(*hook.ScopeInput) (hook.ScopeOutput, error) { return out, nil })
		}
	}
	revoke := func(w *world) {
		for id := range w.memory.grants {
			if err := w.memory.apply(core.RevokeGrant{ID: id, At: w.now, Reason: "signed_out"}); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	return []refusalTest{
		{"036_token_cut_short", func(w *world) request {
			refresh := w.signIn().RefreshToken
			return byWiki(renew(refresh[:len(refresh)-1])...)
		}, oauth.CodeInvalidGrant, "malformed_refresh_token", ""},
		{"036_token_with_other_secret", func(w *world) request {
			return byWiki(renew(otherEnd(w.signIn().RefreshToken))...)
		}, oauth.CodeInvalidGrant, "unknown_refresh_token", ""},
		{"036_token_that_never_was", func(w *world) request {
			return byWiki(renew(core.NewCredential(core.KindRefresh, core.NewID(noon, w.random), w.random).String())...)
		}, oauth.CodeInvalidGrant, "unknown_refresh_token", ""},
		{"048_wider_scope", after(nil, "scope", "openid phone"), oauth.CodeInvalidScope, "scope_not_granted", ""},
		{"048_malformed_scope", after(nil, "scope", `open"id`), oauth.CodeInvalidScope, "scope_malformed", ""},
		{"054_user_disabled_at_refresh", after(func(w *world) {
			u := alice()
			u.Disabled = true
			w.memory.users[u.ID] = u
		}), oauth.CodeInvalidGrant, "user_disabled", ""},
		{"059_no_longer_in_an_allowed_group", after(func(w *world) {
			c := w.memory.clients["wiki"]
			c.AllowedGroups = []string{"board"}
			w.memory.clients["wiki"] = c
		}), oauth.CodeInvalidGrant, "not_in_allowed_group", ""},
		{"055_reused_after_the_grace", func(w *world) request {
			refresh := w.signIn().RefreshToken
			w.get(byWiki(renew(refresh)...))
			w.sleep(grace)
			return byWiki(renew(refresh)...)
		}, oauth.CodeInvalidGrant, "refresh_token_reused", core.EventReuseDetected},
		{"055_reused_after_its_successor", func(w *world) request {
			refresh := w.signIn().RefreshToken
			next := w.get(byWiki(renew(refresh)...)).RefreshToken
			w.get(byWiki(renew(next)...))
			return byWiki(renew(refresh)...)
		}, oauth.CodeInvalidGrant, "refresh_token_reused", core.EventReuseDetected},
		{"055_reused_by_disabled_user", func(w *world) request {
			refresh := w.signIn().RefreshToken
			w.get(byWiki(renew(refresh)...))
			w.sleep(time.Hour)
			u := alice()
			u.Disabled = true
			w.memory.users[u.ID] = u
			return byWiki(renew(refresh)...)
		}, oauth.CodeInvalidGrant, "refresh_token_reused", core.EventReuseDetected},
		{"058_other_client", func(w *world) request {
			return request{authorization: basic("other", secret), params: renew(w.signIn().RefreshToken)}
		}, oauth.CodeInvalidGrant, "refresh_token_of_other_client", ""},
		{"058_public_client", func(w *world) request {
			return request{params: renew(w.signIn().RefreshToken, "client_id", "spa")}
		}, oauth.CodeInvalidGrant, "refresh_token_of_other_client", ""},
		{"058_no_authentication", func(w *world) request {
			return request{params: renew(w.signIn().RefreshToken, "client_id", "wiki")}
		}, oauth.CodeInvalidClient, "client_auth_method", ""},
		{"059_signed_out", after(revoke), oauth.CodeInvalidGrant, "grant_revoked", ""},
		{"059_policy_denies", after(policy(hook.ScopeOutput{Deny: true, Reason: "not in the group"})), oauth.CodeInvalidGrant, "policy_denied", ""},
		{"059_policy_takes_offline_access", after(policy(hook.ScopeOutput{Scopes: []string{"openid"}})), oauth.CodeInvalidGrant, "offline_access_withdrawn", ""},
		{"059_policy_grants_nothing", after(policy(hook.ScopeOutput{Scopes: []string{}})), oauth.CodeInvalidGrant, "offline_access_withdrawn", ""},
		{"059_policy_leaves_nothing_that_was_asked_for", after(policy(hook.ScopeOutput{Scopes: []string{"openid", "offline_access"}}), "scope", "email"), oauth.CodeInvalidScope, "no_scope_left", ""},
		{"059_policy_wants_a_new_sign_in", after(policy(hook.ScopeOutput{Fresh: true})), oauth.CodeInvalidGrant, "policy_wants_new_sign_in", ""},
		{"059_policy_wants_consent", after(policy(hook.ScopeOutput{Consent: true})), oauth.CodeInvalidGrant, "policy_wants_consent", ""},
		{"059_policy_wants_another_acr", after(policy(hook.ScopeOutput{ACR: "phr"})), oauth.CodeInvalidGrant, "policy_wants_stronger_sign_in", ""},
		{"059_scope_taken_from_the_client", after(func(w *world) {
			c := client("wiki", core.AuthBasic)
			c.Scopes = []string{"openid"}
			w.memory.clients["wiki"] = c
		}), oauth.CodeInvalidGrant, "offline_access_withdrawn", ""},
		{"060_end_of_the_family", after(func(w *world) { w.sleep(30 * 24 * time.Hour) }), oauth.CodeInvalidGrant, "refresh_token_expired", ""},
		{"072_code_as_refresh_token", func(w *world) request { return byWiki(renew(w.code(nil))...) }, oauth.CodeInvalidGrant, "malformed_refresh_token", ""},
		{"072_access_token_as_refresh_token", func(w *world) request { return byWiki(renew(w.signIn().AccessToken)...) }, oauth.CodeInvalidGrant, "malformed_refresh_token", ""},
		{"137_policy_fails", after(func(w *world) {
			w.endpoint.Policy = policyFunc(func(*hook.ScopeInput) (hook.ScopeOutput, error) { return hook.ScopeOutput{}, errTest })
		}), oauth.CodeServerError, "server_error", ""},
		{"051_no_refresh_token", func(*world) request { return byWiki("grant_type", "refresh_token") }, oauth.CodeInvalidRequest, "no_refresh_token", ""},
	}
}

func TestRefusalStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, refusal := w.send(request{authorization: basic("nobody", secret), params: redeem(w.code(nil))})
	if refusal == nil || refusal.Status != http.StatusUnauthorized {
		t.Errorf("invalid_client: %+v", refusal)
	}
	_, refusal = w.send(byWiki(redeem("x")...))
	if refusal == nil || refusal.Status != http.StatusBadRequest {
		t.Errorf("invalid_grant: %+v", refusal)
	}
}

func refuse053SameAnswerForUnknownAndWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, unknown := w.send(request{authorization: basic("nobody", secret), params: redeem(w.code(nil))})
	_, wrong := w.send(request{authorization: basic("wiki", "wrong"), params: redeem(w.code(nil))})
	if unknown == nil || wrong == nil || string(unknown.Body()) != string(wrong.Body()) || unknown.Status != wrong.Status {
		t.Errorf("053: unknown %v, wrong %v", unknown, wrong)
	}
}
