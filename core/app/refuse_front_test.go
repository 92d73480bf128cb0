package app_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// frontRefusals are about tokens of the authorization endpoint, the claims parameter and
// pairwise subjects.
func frontRefusals() []refusal {
	return slices.Concat(frontRequestRefusals(), claimsRefusals(), []refusal{
		{"020_state_in_front_channel_responses", stateInFront},
		{"025_subject_of_another_user", subjectOfOther},
		{"025_hint_of_another_pairwise_client", hintOfOtherSector},
		{"031_code_reused_kills_the_front_channel_token", codeReusedInFront},
		{"047_implicit_client_at_the_token_endpoint", implicitAtTokenEndpoint},
		{"054_front_channel_token_of_disabled", disabledInFront},
		{"072_front_channel_tokens_of_another_kind", frontOfOtherKind},
		{"098_essential_class_unmet", classUnmet},
		{"112_claims_without_consent", claimsWithoutConsent},
		{"112_consent_to_claims_of_another_request", consentOfOther},
		{"116_claims_of_other_scopes", claimsOfOtherScopes},
		{"116_claims_that_the_client_may_not_have", claimsBeyondTheClient},
	})
}

func frontRequestRefusals() []refusal {
	wrong := func(code, reason, mode string, edits ...string) asked {
		return asked{name: strings.Join(edits, " "), code: code, reason: reason, mode: mode, edits: edits}
	}
	withoutNonce := func(kind string) asked {
		return wrong("invalid_request", "nonce_missing", "fragment", "response_type", kind, "nonce", "")
	}
	inQuery := func(kind string) asked {
		return wrong("invalid_request", "response_mode", "fragment", "response_type", kind, "response_mode", "query")
	}
	return []refusal{
		misasked("016_response_type_beside_the_registered", func(c *core.Client) {
			c.ResponseTypes, c.GrantTypes = []string{"code id_token"}, []string{core.GrantAuthorizationCode, core.GrantImplicit}
		},
			wrong("unauthorized_client", "response_type_unregistered", "", "response_type", "code"),
			wrong("unauthorized_client", "response_type_unregistered", "fragment", "response_type", "id_token"),
			wrong("unauthorized_client", "response_type_unregistered", "fragment", "response_type", "code id_token token"),
			wrong("unsupported_response_type", "response_type", "fragment", "response_type", "token")),
		misasked("017_tokens_in_a_query", everyType,
			inQuery("id_token"), inQuery("id_token token"), inQuery("code id_token"), inQuery("code token"), inQuery("token id_token code")),
		misasked("020_nonce_missing", everyType,
			withoutNonce("id_token"), withoutNonce("id_token token"), withoutNonce("code id_token"), withoutNonce("code id_token token")),
		misasked("021_id_token_without_openid", everyType,
			wrong("invalid_scope", "scope_without_openid", "fragment", "response_type", "id_token token", "scope", "email")),
		misasked("041_hybrid_without_pkce", func(c *core.Client) { everyType(c); c.RequirePKCE = true },
			wrong("invalid_request", "challenge_missing", "fragment", "response_type", "code id_token", "code_challenge", "", "code_challenge_method", "")),
		misasked("040_hybrid_with_plain", everyType,
			wrong("invalid_request", "challenge_method", "fragment", "response_type", "code token", "code_challenge_method", "plain")),
	}
}

// 22: the claims parameter.

func claimsRefusals() []refusal {
	bad := func(name, claims string) asked {
		return asked{name: name, code: "invalid_request", reason: "claims_malformed", edits: []string{"claims", claims}}
	}
	large := asked{name: "40_kib", code: "invalid_request", reason: "claims_too_large", edits: []string{"claims", `{"userinfo":{"x":{"value":"` + strings.Repeat("x", 40<<10) + `"}}}`}}
	return []refusal{
		misasked("022_claims", nil, bad("text", `"userinfo"`), bad("list", `[]`), bad("null", `null`), bad("number", "1"), bad("broken", `{"userinfo":`), bad("two", `{}{}`),
			bad("1000_deep", strings.Repeat(`{"userinfo":`, 1000)+"{}"+strings.Repeat("}", 1000)), bad("1000_open", strings.Repeat("[", 1000)),
			bad("member_twice", `{"userinfo":{"email":null,"email":null}}`), bad("claim_is_a_list", `{"userinfo":{"email":[]}}`), bad("no_object", `{"userinfo":["email"]}`), large),
		{"022_claims_of_1_mib", func(t *testing.T, w *world) {
			rp := w.register("rp", nil)
			b := newBrowser(t, w.issuer)
			// No server reads so long an address; posted, it is refused as too large.
			w.recorded(core.EventRequestRefused, "", func() {
				p := b.sendBody(http.MethodPost, oauth.PathAuthorize, "application/x-www-form-urlencoded",
					url.Values{"client_id": {rp.client.ID}, "claims": {strings.Repeat("[", 1<<20)}}.Encode())
				if p.status != http.StatusRequestEntityTooLarge || p.location != nil {
					t.Errorf("status %d, to %v", p.status, p.location)
				}
			})
		}},
	}
}

func stateInFront(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", everyType)
	b := rp.signedIn("alice")
	for name, state := range states() {
		for _, mode := range []string{"fragment", "form_post"} {
			if mode == "form_post" && strings.ContainsAny(state, "\r\n") {
				continue
			}
			w.each(name+"_by_"+mode, func() {
				p := b.at(w).get(rp.authorizeURL("state", state, "nonce", state, "response_mode", mode, "response_type", "code id_token token"))
				p.carries(w, mode, state, "id_token")
				_, _, values := p.response()
				if got := claimsOf(w.t, values.Get("id_token"))["nonce"]; got != state {
					w.t.Errorf("nonce %q, want %q", got, state)
				}
				w.hide(values.Get("access_token"))
			})
		}
	}
}

func subjectClaim(subject string) string {
	return `{"id_token":{"sub":{"value":"` + subject + `"}}}`
}

func subjectOfOther(t *testing.T, w *world) {
	alice, bob := w.user("alice"), w.user("bob")
	rp := w.register("rp", everyType)
	b := rp.signedIn("bob")
	for _, kind := range []string{"code", "id_token"} {
		mode := ""
		if kind == "id_token" {
			mode = "fragment"
		}
		w.recorded(core.EventAuthorizeRefused, "prompt_none", func() {
			b.get(rp.authorizeURL("response_type", kind, "claims", subjectClaim(string(alice.ID)), "prompt", "none")).answersError(w, mode, "login_required")
		})
	}
	p := b.get(rp.authorizeURL("claims", subjectClaim(string(alice.ID))))
	if !p.has("login") {
		t.Fatalf("not asked to sign in: status %d, to %v", p.status, p.location)
	}
	p.signIn("bob", thePassword).answersError(w, "", "login_required")
	codeOf(t, b.get(rp.authorizeURL("claims", subjectClaim(string(bob.ID)), "prompt", "none")))
}

// hintOfOtherSector: neither the identifier of a person nor another sector's name for
// them is a name that a pairwise client knows.
func hintOfOtherSector(t *testing.T, w *world) {
	alice := w.user("alice")
	pairwise := func(uri string) func(*core.Client) {
		return func(c *core.Client) { c.Metadata.SubjectType, c.RedirectURIs = core.SubjectPairwise, []string{uri} }
	}
	rp, other := w.register("rp", pairwise(theCallback)), w.register("other", pairwise("https://other.example/cb"))
	b := newBrowser(t, w.issuer)
	hint := other.tokens(b).text("id_token")
	w.recorded(core.EventAuthorizeRefused, "hint_untrusted", func() {
		b.get(rp.authorizeURL("id_token_hint", hint, "prompt", "none")).answersError(w, "", "login_required")
	})
	for _, subject := range []string{string(alice.ID), claimsOf(t, hint)["sub"].(string)} {
		w.recorded(core.EventAuthorizeRefused, "prompt_none", func() {
			b.get(rp.authorizeURL("claims", subjectClaim(subject), "prompt", "none")).answersError(w, "", "login_required")
		})
	}
}

func codeReusedInFront(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", everyType)
	answer := rp.answered(newBrowser(t, w.issuer), oauth.ModeFragment, "response_type", "code id_token token")
	set := w.succeeds(rp.callCode(answer.Get("code")))
	w.serves(answer.Get("access_token"))
	w.reuse(rp.callCode(answer.Get("code")))
	w.deniesAccess(answer.Get("access_token"), "grant_revoked")
	w.deniesAccess(set.text("access_token"), "grant_revoked")
}

func implicitAtTokenEndpoint(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", func(c *core.Client) {
		c.ResponseTypes, c.GrantTypes = []string{"id_token token"}, []string{core.GrantImplicit}
	})
	hybrid := w.register("hybrid", everyType)
	rp.answered(newBrowser(t, w.issuer), oauth.ModeFragment, "response_type", "id_token token")
	code := hybrid.code(newBrowser(t, w.issuer), "alice")
	w.refuses(rp.callCode(code), http.StatusBadRequest, "unauthorized_client", "grant_type_not_registered")
	w.refuses(rp.call(url.Values{"grant_type": {core.GrantImplicit}}), http.StatusBadRequest, "unsupported_grant_type", "unsupported_grant_type")
	w.succeeds(hybrid.callCode(code))
}

func disabledInFront(t *testing.T, w *world) {
	alice := w.user("alice")
	rp := w.register("rp", everyType)
	b := newBrowser(t, w.issuer)
	token := rp.answered(b, oauth.ModeFragment, "response_type", "id_token token").Get("access_token")
	w.serves(token)
	if err := w.app.Admin.DisableUser(t.Context(), cli, alice.ID); err != nil {
		t.Fatal(err)
	}
	w.deniesAccess(token, "")
	p := b.get(rp.authorizeURL("response_type", "id_token token", "prompt", "none"))
	p.answersError(w, "fragment", "login_required")
}

// frontOfOtherKind: an ID token opens nothing, and an access token of the front channel
// is neither code nor refresh token.
func frontOfOtherKind(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", everyType)
	answer := rp.answered(newBrowser(t, w.issuer), oauth.ModeFragment, "response_type", "id_token token")
	w.deniesAccess(answer.Get("id_token"), "malformed_token")
	token := answer.Get("access_token")
	w.refuses(rp.callCode(token), http.StatusBadRequest, "invalid_grant", "malformed_code")
	w.refuses(rp.callRefresh(token), http.StatusBadRequest, "invalid_grant", "malformed_refresh_token")
	w.refuses(rp.callCode(renamed("code", token)), http.StatusBadRequest, "invalid_grant", "unknown_code")
	w.serves(token)
}

func classUnmet(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", nil)
	b := rp.signedIn("alice")
	w.recorded(core.EventAuthorizeRefused, "acr_unmet", func() {
		b.get(rp.authorizeURL("claims", `{"id_token":{"acr":{"essential":true,"value":"phr"}}}`)).answersError(w, "", "unmet_authentication_requirements")
	})
	// What is voluntary is not demanded.
	claims := claimsOf(t, w.succeeds(rp.callCode(rp.code(b, "alice", "claims", `{"id_token":{"acr":{"value":"phr"}}}`, "acr_values", "phr"))).text("id_token"))
	if claims["acr"] != core.ACRPassword {
		t.Errorf("acr %v", claims["acr"])
	}
}

const wantsEmail = `{"userinfo":{"email":null}}`

func claimsWithoutConsent(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", everyTypeAsked)
	b := newBrowser(t, w.issuer)
	first := rp.consenting(b, "scope", "openid").press("allow", nil)
	w.succeeds(rp.callCode(codeOf(t, first)))
	// The scope was allowed, the claim was not.
	w.recorded(core.EventAuthorizeRefused, "prompt_none", func() {
		b.get(rp.authorizeURL("scope", "openid", "claims", wantsEmail, "prompt", "none")).answersError(w, "", "consent_required")
	})
	w.recorded(core.EventAuthorizeRefused, "prompt_none", func() {
		b.get(rp.authorizeURL("scope", "openid", "claims", `{"id_token":{"email":null}}`, "prompt", "none", "response_type", "id_token")).answersError(w, "fragment", "consent_required")
	})
	w.recorded(core.EventConsentDenied, "consent_denied", func() {
		rp.consenting(b, "scope", "openid", "claims", wantsEmail).press("deny", nil).answersError(w, "", "access_denied")
	})
	set := w.succeeds(rp.callCode(rp.code(b, "alice", "scope", "openid")))
	if info := w.resource(oauth.PathUserInfo, set.text("access_token")); info.text("email") != "" || len(info.json) != 1 {
		t.Errorf("UserInfo: %s", info.body)
	}
}

// consentOfOther sends the consent of one request with the button of another, and asks
// for more than the page showed.
func consentOfOther(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", everyTypeAsked)
	b := newBrowser(t, w.issuer)
	rp.consenting(b, "scope", "openid").press("allow", nil)
	more := rp.consenting(b, "scope", "openid", "claims", `{"userinfo":{"email":null,"phone_number":null}}`)
	_, form := more.submission("allow", nil)
	form.Set("claims", `{"userinfo":{"address":null}}`)
	form.Set("scope", "openid profile")
	p := b.post("/consent", form)
	set := w.succeeds(rp.callCode(codeOf(t, p)))
	if info := w.resource(oauth.PathUserInfo, set.text("access_token")); info.text("email") == "" || info.text("name") != "" || info.json["address"] != nil {
		t.Errorf("UserInfo: %s", info.body)
	}
	// The page was for its own request, which is over.
	w.recorded(core.EventStepRefused, "request_finished", func() {
		if p := b.post("/consent", form); p.status != http.StatusBadRequest {
			t.Errorf("status %d", p.status)
		}
	})
	stranger := newBrowser(t, w.issuer)
	other := rp.consenting(stranger, "scope", "openid", "claims", `{"userinfo":{"address":null}}`)
	_, foreign := other.submission("allow", nil)
	w.recorded(core.EventStepRefused, "", func() {
		if p := b.post("/consent", foreign); p.status != http.StatusBadRequest {
			t.Errorf("status %d", p.status)
		}
	})
}

func claimsOfOtherScopes(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", everyType)
	b := newBrowser(t, w.issuer)
	for _, kind := range []string{"id_token", "id_token token", "code id_token", "code id_token token"} {
		w.each(kind, func() {
			answer := rp.answered(b.at(w), oauth.ModeFragment, "response_type", kind, "scope", "openid email")
			claims := claimsOf(w.t, answer.Get("id_token"))
			if claims["name"] != nil || claims["preferred_username"] != nil || (claims["email"] != nil) != (kind == "id_token") {
				w.t.Errorf("ID token %v", claims)
			}
			if token := answer.Get("access_token"); token != "" {
				if info := w.resource(oauth.PathUserInfo, token); info.text("name") != "" || info.text("email") == "" {
					w.t.Errorf("UserInfo: %s", info.body)
				}
			}
		})
	}
}

// claimsBeyondTheClient: to name a claim gives no more than to ask for its scope.
func claimsBeyondTheClient(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", func(c *core.Client) { everyType(c); c.Scopes = []string{"openid", "email"} })
	b := newBrowser(t, w.issuer)
	const everything = `{"userinfo":{"email":null,"name":{"essential":true},"phone_number":null},"id_token":{"family_name":null,"email":null,"sub":null,"iss":{"value":"https://evil.example"}}}`
	answer := rp.answered(b, oauth.ModeFragment, "response_type", "code id_token", "scope", "openid", "claims", everything)
	claims := claimsOf(t, answer.Get("id_token"))
	if claims["family_name"] != nil || claims["email"] == nil || claims["iss"] != w.issuer {
		t.Errorf("ID token %v", claims)
	}
	set := w.succeeds(rp.callCode(answer.Get("code")))
	info := w.resource(oauth.PathUserInfo, set.text("access_token"))
	if info.text("email") == "" || info.text("name") != "" || len(info.json) != 2 {
		t.Errorf("UserInfo: %s", info.body)
	}
	w.clock.advance(time.Minute)
	w.untold("evil.example")
}
