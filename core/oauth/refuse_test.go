package oauth_test

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

const (
	shown      = "shown"      // to the person: nothing is redirected
	redirected = "redirected" // to the redirect URI
)

// change replaces parameters of the good request; an empty value takes one out.
func change(pairs ...string) string {
	values, err := url.ParseQuery(good)
	if err != nil {
		panic(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			values.Del(pairs[i])
		}
	}
	return values.Encode()
}

func at(redirectURI string) string { return change("redirect_uri", redirectURI) }

// TestRefuse has the numbers of the list of what must be refused that concern an
// authorization request.
func TestRefuse(t *testing.T) {
	two := confidential()
	two.RedirectURIs = append(two.RedirectURIs, "https://rp.example/other")
	meta := confidential()
	meta.RedirectURIs = []string{"https://foo.example/cb", `https://[a-z]+.example/.*`}
	disabled := confidential()
	disabled.Disabled = true
	noCode := confidential()
	noCode.ResponseTypes = nil
	noGrant := confidential()
	noGrant.GrantTypes = []string{core.GrantRefreshToken}
	noImplicit := hybrid()
	noImplicit.GrantTypes = []string{core.GrantAuthorizationCode}
	publicHybrid := public()
	publicHybrid.ResponseTypes, publicHybrid.GrantTypes = hybrid().ResponseTypes, hybrid().GrantTypes

	for _, test := range []struct {
		name   string
		client *core.Client
		query  string
		where  string
		code   string
	}{
		{"001_unknown_client", nil, good, shown, oauth.CodeInvalidRequest},
		{"001_no_client", nil, change("client_id", ""), shown, oauth.CodeInvalidRequest},
		{"001_another_client", public(), good, shown, oauth.CodeInvalidRequest},
		{"002_missing_redirect_uri", two, at(""), shown, oauth.CodeInvalidRequest},
		{"003_unregistered_redirect_uri", nil, at("https://evil.example/cb"), shown, oauth.CodeInvalidRequest},
		{"004_longer_host", confidential(), at("https://rp.example.evil.com/cb"), shown, oauth.CodeInvalidRequest},
		{"004_longer_path", confidential(), at("https://rp.example/cbevil"), shown, oauth.CodeInvalidRequest},
		{"005_dot_segments", confidential(), at("https://rp.example/cb/../evil"), shown, oauth.CodeInvalidRequest},
		{"005_encoded_slash", confidential(), at("https://rp.example/cb/..%2fevil"), shown, oauth.CodeInvalidRequest},
		{"005_twice_encoded_slash", confidential(), at("https://rp.example/cb/..%252fevil"), shown, oauth.CodeInvalidRequest},
		{"006_path_parameter", confidential(), at("https://rp.example/cb/..;/evil"), shown, oauth.CodeInvalidRequest},
		{"007_userinfo", confidential(), at("https://rp.example@evil.example/cb"), shown, oauth.CodeInvalidRequest},
		{"007_userinfo_with_port", confidential(), at("http://localhost:80@evil.example/cb"), shown, oauth.CodeInvalidRequest},
		{"007_backslash", confidential(), at(`https://evil.example\@rp.example/cb`), shown, oauth.CodeInvalidRequest},
		{"008_case_of_host", confidential(), at("https://RP.example/cb"), shown, oauth.CodeInvalidRequest},
		{"008_case_of_path", confidential(), at("https://rp.example/CB"), shown, oauth.CodeInvalidRequest},
		{"008_case_of_scheme", confidential(), at("HTTPS://rp.example/cb"), shown, oauth.CodeInvalidRequest},
		{"009_added_query", confidential(), at("https://rp.example/cb?x=1"), shown, oauth.CodeInvalidRequest},
		{"009_added_fragment", confidential(), at("https://rp.example/cb#x"), shown, oauth.CodeInvalidRequest},
		{"010_trailing_slash", confidential(), at("https://rp.example/cb/"), shown, oauth.CodeInvalidRequest},
		{"010_trailing_dot", confidential(), at("https://rp.example./cb"), shown, oauth.CodeInvalidRequest},
		{"011_tab", confidential(), at("https://rp.example/cb\t"), shown, oauth.CodeInvalidRequest},
		{"011_line_feed", confidential(), at("https://rp.example/cb\n"), shown, oauth.CodeInvalidRequest},
		{"011_two_slashes", confidential(), at("https://rp.example//cb"), shown, oauth.CodeInvalidRequest},
		{"011_no_scheme", confidential(), at("//rp.example/cb"), shown, oauth.CodeInvalidRequest},
		{"011_homograph", confidential(), at("https://rр.example/cb"), shown, oauth.CodeInvalidRequest},
		{"012_dot_is_a_dot", meta, at("https://fooaexample/cb"), shown, oauth.CodeInvalidRequest},
		{"012_pattern_is_text", meta, at("https://foo.example/evil"), shown, oauth.CodeInvalidRequest},
		{"014_port_of_a_web_client", confidential(), at("http://127.0.0.1:4711/cb"), shown, oauth.CodeInvalidRequest},
		{"016_response_type_missing", confidential(), change("response_type", ""), redirected, oauth.CodeInvalidRequest},
		{"016_response_type_unknown", confidential(), change("response_type", "bogus"), redirected, oauth.CodeUnsupportedResponseType},
		{"016_response_type_none", confidential(), change("response_type", "none"), redirected, oauth.CodeUnsupportedResponseType},
		{"016_response_type_token", confidential(), change("response_type", "token"), redirected, oauth.CodeUnsupportedResponseType},
		{"016_response_type_twice", confidential(), change("response_type", "code code"), redirected, oauth.CodeUnsupportedResponseType},
		{"016_response_type_hybrid", confidential(), change("response_type", "code id_token"), redirected, oauth.CodeUnauthorizedClient},
		{"016_response_type_of_other_words", only("code id_token"), change("response_type", "code id_token token", "nonce", "n"), redirected, oauth.CodeUnauthorizedClient},
		{"016_response_type_code_of_a_hybrid_client", only("code id_token"), good, redirected, oauth.CodeUnauthorizedClient},
		{"016_response_type_without_implicit_grant", noImplicit, change("response_type", "code id_token", "nonce", "n"), redirected, oauth.CodeUnauthorizedClient},
		{"016_token_alone_even_if_registered", only("token"), change("response_type", "token"), redirected, oauth.CodeUnsupportedResponseType},
		{"016_response_type_unregistered", noCode, good, redirected, oauth.CodeUnauthorizedClient},
		{"016_grant_type_unregistered", noGrant, good, redirected, oauth.CodeUnauthorizedClient},
		{"017_tokens_in_a_query", confidential(), change("response_type", "id_token token", "response_mode", "query"), redirected, oauth.CodeInvalidRequest},
		{"017_response_mode_unknown", confidential(), change("response_mode", "web_message"), redirected, oauth.CodeInvalidRequest},
		{"018_prompt_none_and_login", confidential(), change("prompt", "none login"), redirected, oauth.CodeInvalidRequest},
		{"018_prompt_login_and_none", confidential(), change("prompt", "login none"), redirected, oauth.CodeInvalidRequest},
		{"018_prompt_unknown", confidential(), change("prompt", "create"), redirected, oauth.CodeInvalidRequest},
		{"019_max_age_negative", confidential(), change("max_age", "-1"), redirected, oauth.CodeInvalidRequest},
		{"019_max_age_exponent", confidential(), change("max_age", "1e9"), redirected, oauth.CodeInvalidRequest},
		{"019_max_age_large", confidential(), change("max_age", "1000000000"), redirected, oauth.CodeInvalidRequest},
		{"019_max_age_overflow", confidential(), change("max_age", "18446744073709551617"), redirected, oauth.CodeInvalidRequest},
		{"019_max_age_text", confidential(), change("max_age", "1_0"), redirected, oauth.CodeInvalidRequest},
		{"020_state_too_long", confidential(), change("state", strings.Repeat("s", 4097)), shown, oauth.CodeInvalidRequest},
		{"020_state_that_forms_rewrite", confidential(), change("state", "a\nb", "response_mode", "form_post"), shown, oauth.CodeInvalidRequest},
		{"017_id_token_in_a_query", hybrid(), change("response_type", "id_token", "nonce", "n", "response_mode", "query"), redirected, oauth.CodeInvalidRequest},
		{"017_token_in_a_query", hybrid(), change("response_type", "code token", "response_mode", "query"), redirected, oauth.CodeInvalidRequest},
		{"020_nonce_missing", hybrid(), change("response_type", "id_token"), redirected, oauth.CodeInvalidRequest},
		{"020_nonce_missing_from_hybrid", hybrid(), change("response_type", "code id_token token"), redirected, oauth.CodeInvalidRequest},
		{"021_id_token_without_openid", hybrid(), change("response_type", "code id_token", "scope", "email", "nonce", "n"), redirected, oauth.CodeInvalidScope},
		{"022_claims_is_no_json", confidential(), change("claims", "{"), redirected, oauth.CodeInvalidRequest},
		{"022_claims_is_an_array", confidential(), change("claims", "[]"), redirected, oauth.CodeInvalidRequest},
		{"022_claims_is_null", confidential(), change("claims", "null"), redirected, oauth.CodeInvalidRequest},
		{"022_claims_is_text", confidential(), change("claims", `"userinfo"`), redirected, oauth.CodeInvalidRequest},
		{"022_claims_and_more", confidential(), change("claims", `{}{}`), redirected, oauth.CodeInvalidRequest},
		{"022_claims_1000_deep", confidential(), change("claims", strings.Repeat(`{"userinfo":`, 1000)+"1"+strings.Repeat("}", 1000)), redirected, oauth.CodeInvalidRequest},
		{"022_claims_1000_deep_in_an_unknown_member", confidential(), change("claims", `{"x":`+strings.Repeat("[", 1000)+strings.Repeat("]", 1000)+"}"), redirected, oauth.CodeInvalidRequest},
		{"022_claims_17_kib", confidential(), change("claims", `{"userinfo":{"x":{"value":"`+strings.Repeat("x", 17<<10)+`"}}}`), redirected, oauth.CodeInvalidRequest},
		{"022_claims_member_twice", confidential(), change("claims", `{"userinfo":{},"userinfo":{"email":null}}`), redirected, oauth.CodeInvalidRequest},
		{"022_claim_twice", confidential(), change("claims", `{"userinfo":{"email":null,"email":{"essential":true}}}`), redirected, oauth.CodeInvalidRequest},
		{"022_half_a_surrogate_pair", confidential(), change("claims", `{"userinfo":{"email":{"value":"\ud800"}}}`), redirected, oauth.CodeInvalidRequest},
		{"022_half_a_surrogate_pair_in_a_name", confidential(), change("claims", `{"userinfo":{"\udc00":null}}`), redirected, oauth.CodeInvalidRequest},
		{"022_number_out_of_range", confidential(), change("claims", `{"userinfo":{"email":{"value":1e400}}}`), redirected, oauth.CodeInvalidRequest},
		{"022_userinfo_is_a_list", confidential(), change("claims", `{"userinfo":["email"]}`), redirected, oauth.CodeInvalidRequest},
		{"022_userinfo_is_null", confidential(), change("claims", `{"userinfo":null}`), redirected, oauth.CodeInvalidRequest},
		{"022_claim_is_true", confidential(), change("claims", `{"id_token":{"email":true}}`), redirected, oauth.CodeInvalidRequest},
		{"022_essential_is_text", confidential(), change("claims", `{"id_token":{"email":{"essential":"yes"}}}`), redirected, oauth.CodeInvalidRequest},
		{"022_values_is_text", confidential(), change("claims", `{"id_token":{"acr":{"values":"1"}}}`), redirected, oauth.CodeInvalidRequest},
		{"022_acr_is_a_number", confidential(), change("claims", `{"id_token":{"acr":{"values":["2",1]}}}`), redirected, oauth.CodeInvalidRequest},
		{"022_sub_is_null", confidential(), change("claims", `{"userinfo":{"sub":{"value":null}}}`), redirected, oauth.CodeInvalidRequest},
		{"022_65_claims", confidential(), change("claims", `{"userinfo":{`+manyClaims(65)+`}}`), redirected, oauth.CodeInvalidRequest},
		{"020_nonce_too_long", confidential(), change("nonce", strings.Repeat("n", 4097)), redirected, oauth.CodeInvalidRequest},
		{"021_scope_characters", confidential(), change("scope", `openid "email"`), redirected, oauth.CodeInvalidScope},
		{"021_scope_tab", confidential(), change("scope", "openid\temail"), redirected, oauth.CodeInvalidScope},
		{"021_scope_not_ascii", confidential(), change("scope", "openid émail"), redirected, oauth.CodeInvalidScope},
		{"021_scope_10000_items", confidential(), change("scope", manyScopes(10_000)), redirected, oauth.CodeInvalidScope},
		{"021_scope_10000_times_one", confidential(), change("scope", strings.Repeat("a ", 10_000)), redirected, oauth.CodeInvalidScope},
		{"021_scope_missing", confidential(), change("scope", ""), redirected, oauth.CodeInvalidScope},
		{"021_scope_of_others", confidential(), change("scope", "admin root"), redirected, oauth.CodeInvalidScope},
		{"023_request_object", confidential(), change("request", "e30.e30."), redirected, oauth.CodeRequestNotSupported},
		{"024_request_uri", confidential(), change("request_uri", "http://127.0.0.1/"), redirected, oauth.CodeRequestURINotSupported},
		{"024_registration", confidential(), change("registration", "{}"), redirected, oauth.CodeRegistrationUnsupported},
		{"025_hint_too_long", confidential(), change("id_token_hint", strings.Repeat("h", 16<<10+1)), redirected, oauth.CodeInvalidRequest},
		{"040_plain", confidential(), change("code_challenge", challenge, "code_challenge_method", "plain"), redirected, oauth.CodeInvalidRequest},
		{"040_plain_by_default", confidential(), change("code_challenge", challenge), redirected, oauth.CodeInvalidRequest},
		{"040_method_in_lower_case", confidential(), change("code_challenge", challenge, "code_challenge_method", "s256"), redirected, oauth.CodeInvalidRequest},
		{"040_method_alone", confidential(), change("code_challenge_method", "S256"), redirected, oauth.CodeInvalidRequest},
		{"040_challenge_too_short", confidential(), change("code_challenge", challenge[1:], "code_challenge_method", "S256"), redirected, oauth.CodeInvalidRequest},
		{"040_challenge_with_padding", confidential(), change("code_challenge", challenge+"=", "code_challenge_method", "S256"), redirected, oauth.CodeInvalidRequest},
		{"040_challenge_with_spare_bits", confidential(), change("code_challenge", challenge[:42]+"N", "code_challenge_method", "S256"), redirected, oauth.CodeInvalidRequest},
		{"041_public_client_without_pkce", public(), change("client_id", "app", "redirect_uri", "http://127.0.0.1:4711/cb"), redirected, oauth.CodeInvalidRequest},
		{"041_public_client_without_pkce_in_hybrid", publicHybrid, change("client_id", "app", "redirect_uri", "http://127.0.0.1/cb", "response_type", "code id_token", "nonce", "n"), redirected, oauth.CodeInvalidRequest},
		{"054_disabled_client", disabled, good, shown, oauth.CodeUnauthorizedClient},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := test.client
			if client == nil && !strings.HasPrefix(test.name, "001") {
				client = confidential()
			}
			query := test.query
			if !strings.Contains(query, "&state=") {
				query += "&state=af0ifjsldkj"
			}
			request, refusal := oauth.ParseAuthorize(parse(t, query), client)
			if refusal == nil {
				t.Fatalf("accepted: %+v", request)
			}
			refused(t, refusal.Error, test.code)
			if refusal.Shown() != (test.where == shown) {
				t.Errorf("redirect URI %q, but it should be %s", refusal.RedirectURI, test.where)
			}
			if test.where == redirected && refusal.State != "af0ifjsldkj" {
				t.Errorf("state %q was lost", refusal.State)
			}
		})
	}
}

func manyClaims(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = `"c` + strconv.Itoa(i) + `":null`
	}
	return strings.Join(names, ",")
}

func manyScopes(n int) string {
	var scopes strings.Builder
	for i := range n {
		scopes.WriteString(strconv.Itoa(i) + " ")
	}
	return scopes.String()
}

// TestRefuseParameters has the numbers that are refused before anybody asks whose
// request it is.
func TestRefuseParameters(t *testing.T) {
	for _, test := range []struct{ name, query string }{
		{"011_nul", "redirect_uri=https%3A%2F%2Frp.example%2Fcb%00"},
		{"011_nul_in_a_name", "redirect%00uri=x"},
		{"011_not_utf8", "state=%ff"},
		{"011_bad_percent_encoding", "state=%zz"},
		{"011_cut_percent_encoding", "state=%4"},
		{"015_redirect_uri_twice", good + "&redirect_uri=https%3A%2F%2Fevil.example%2Fcb"},
		{"015_client_id_twice", good + "&client_id=app"},
		{"015_scope_twice", good + "&scope=openid"},
		{"015_state_twice", good + "&state=a&state=a"},
		{"015_state_twice_once_empty", good + "&state=a&state="},
		{"015_twice_under_an_encoded_name", good + "&state=a&stat%65=b"},
		{"020_64_kib", "state=" + strings.Repeat("s", oauth.MaxParamsBytes)},
		{"021_many_parameters", strings.ReplaceAll(strings.Repeat("abcdefghij", 13), "a", "&aa=&ab=")},
		{"051_no_name", "=x"},
		{"051_long_name", strings.Repeat("n", 129) + "=x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := oauth.ParseQuery(test.query)
			if err == nil {
				t.Fatalf("accepted: %v", p.Values())
			}
			refused(t, oauth.AsError(err), oauth.CodeInvalidRequest)
			if len(p.Values()) != 0 {
				t.Errorf("half of it was kept: %v", p.Values())
			}
		})
	}
}

// TestRefuseTokenRequest has the numbers of PKCE and of client authentication.
func TestRefuseTokenRequest(t *testing.T) {
	basic := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, test := range []struct{ name, challenge, verifier string }{
		{"037_verifier_wrong", challenge, strings.Repeat("a", 43)},
		{"037_verifier_short", oauth.Challenge(verifier[:42]), verifier[:42]},
		{"037_verifier_long", oauth.Challenge(strings.Repeat("a", 129)), strings.Repeat("a", 129)},
		{"037_verifier_characters", oauth.Challenge(verifier[:42] + "!"), verifier[:42] + "!"},
		{"037_verifier_is_the_challenge", challenge, challenge},
		{"038_downgrade", "", verifier},
		{"039_no_verifier", challenge, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			refused(t, oauth.CheckVerifier(test.challenge, test.verifier), oauth.CodeInvalidGrant)
		})
	}
	for _, test := range []struct{ name, header, form, code string }{
		{"042_basic_and_body", basic("confluence:s3cret-_"), "client_id=confluence&client_secret=s3cret-_", oauth.CodeInvalidRequest},
		{"042_basic_and_assertion", basic("confluence:s3cret-_"), "client_assertion=x", oauth.CodeInvalidRequest},
		{"042_body_and_assertion", "", "client_id=confluence&client_secret=x&client_assertion=x", oauth.CodeInvalidRequest},
		{"042_two_identities", basic("confluence:s3cret-_"), "client_id=app", oauth.CodeInvalidRequest},
		{"043_assertion", "", "client_assertion=x&client_assertion_type=y", oauth.CodeInvalidClient},
		{"043_assertion_without_type", "", "client_id=confluence&client_assertion=a.b.c", oauth.CodeInvalidClient},
		{"043_assertion_of_saml", "", "client_assertion=a.b.c&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:saml2-bearer", oauth.CodeInvalidClient},
		{"043_type_without_assertion", "", "client_id=confluence&client_assertion_type=" + oauth.AssertionJWT, oauth.CodeInvalidClient},
		{"043_bearer", "Bearer x", "client_id=confluence", oauth.CodeInvalidClient},
		{"043_nobody", "", "", oauth.CodeInvalidClient},
		{"043_secret_of_nobody", "", "client_secret=s3cret-_", oauth.CodeInvalidClient},
		{"045_no_colon", basic("confluence"), "", oauth.CodeInvalidClient},
		{"045_bad_percent_encoding", basic("confluence:s3cret%zz"), "", oauth.CodeInvalidClient},
		{"045_bad_percent_encoding_of_id", basic("confluence%:s3cret"), "", oauth.CodeInvalidClient},
		{"045_not_utf8", basic("confluence:\xff"), "", oauth.CodeInvalidClient},
		{"045_not_utf8_encoded", basic("confluence:%ff"), "", oauth.CodeInvalidClient},
		{"045_nul", basic("confluence:%00"), "", oauth.CodeInvalidClient},
		{"045_no_id", basic(":s3cret-_"), "", oauth.CodeInvalidClient},
		{"045_not_base64", "Basic !!!", "", oauth.CodeInvalidClient},
		{"045_base64_without_padding", strings.TrimRight(basic("confluence:s3cret-_"), "="), "", oauth.CodeInvalidClient},
		{"045_scheme_alone", "Basic", "", oauth.CodeInvalidClient},
		{"045_too_long", basic("confluence:" + strings.Repeat("s", 8<<10)), "", oauth.CodeInvalidClient},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, refusal := oauth.ParseClientAuth(test.header, parse(t, test.form))
			refused(t, refusal, test.code)
		})
	}
}

// TestRefuseClient has the numbers of client authentication that need the
// client.
func TestRefuseClient(t *testing.T) {
	postOnly, noSecret := confidential(), confidential()
	postOnly.AuthMethods = []string{core.AuthPost}
	noSecret.SecretHash = core.Hash{}
	secret := []string{"s3cret-_"}
	for _, test := range []struct {
		name   string
		auth   oauth.ClientAuth
		client *core.Client
	}{
		{"043_basic_of_a_post_client", oauth.ClientAuth{Method: core.AuthBasic, ID: "confluence", Secrets: secret}, postOnly},
		{"043_no_secret", oauth.ClientAuth{Method: core.AuthNone, ID: "confluence"}, confidential()},
		{"044_public_client_with_basic", oauth.ClientAuth{Method: core.AuthBasic, ID: "app", Secrets: secret}, public()},
		{"044_public_client_with_secret", oauth.ClientAuth{Method: core.AuthPost, ID: "app", Secrets: secret}, public()},
		{"053_unknown_client", oauth.ClientAuth{Method: core.AuthBasic, ID: "who", Secrets: secret}, nil},
		{"053_unknown_public_client", oauth.ClientAuth{Method: core.AuthNone, ID: "who"}, nil},
		{"053_wrong_secret", oauth.ClientAuth{Method: core.AuthBasic, ID: "confluence", Secrets: []string{"wrong", "s3cret+_"}}, confidential()},
		{"053_empty_secret", oauth.ClientAuth{Method: core.AuthPost, ID: "confluence", Secrets: []string{""}}, confidential()},
		{"053_client_has_no_secret", oauth.ClientAuth{Method: core.AuthPost, ID: "confluence", Secrets: []string{""}}, noSecret},
	} {
		t.Run(test.name, func(t *testing.T) {
			refused(t, test.auth.Verify(test.client), oauth.CodeInvalidClient)
		})
	}
	unknown := oauth.ClientAuth{Method: core.AuthBasic, ID: "who", Secrets: secret}.Verify(nil)
	wrong := oauth.ClientAuth{Method: core.AuthBasic, ID: "confluence", Secrets: []string{"x"}}.Verify(confidential())
	if string(unknown.Body()) != string(wrong.Body()) || unknown.Status != wrong.Status {
		t.Errorf("an unknown client is told apart from a wrong secret: %s, %s", unknown.Body(), wrong.Body())
	}
}

// TestRefuseRegistration has number 13, and what else may not be registered.
func TestRefuseRegistration(t *testing.T) {
	for _, test := range []struct {
		name   string
		uri    string
		native bool
	}{
		{"013_javascript", "javascript:alert(1)", false},
		{"013_javascript_native", "javascript:alert(1)", true},
		{"013_javascript_with_host", "javascript://rp.example/%0aalert(1)", true},
		{"013_data", "data:text/html,x", true},
		{"013_vbscript", "vbscript:x", true},
		{"013_fragment", "https://rp.example/cb#f", false},
		{"013_empty_fragment", "https://rp.example/cb#", false},
		{"013_wildcard_host", "https://*.example/cb", false},
		{"013_wildcard_path", "https://rp.example/*", false},
		{"013_userinfo", "https://user@rp.example/cb", false},
		{"013_empty_userinfo", "https://@rp.example/cb", false},
		{"013_http", "http://rp.example/cb", false},
		{"013_http_of_a_lookalike", "http://localhost.evil.example/cb", false},
		{"013_relative", "/cb", false},
		{"013_no_scheme", "//rp.example/cb", false},
		{"013_no_host", "https:///cb", false},
		{"013_opaque", "https:rp.example/cb", false},
		{"013_empty", "", false},
		{"013_too_long", "https://rp.example/" + strings.Repeat("x", 2048), false},
		{"013_blank", "https://rp.example/c b", false},
		{"013_line_feed", "https://rp.example/cb\n", false},
		{"013_backslash", `https://rp.example\cb`, false},
		{"013_international", "https://rр.example/cb", false},
		{"013_dot_segment", "https://rp.example/a/../cb", false},
		{"013_encoded_dot_segment", "https://rp.example/a/%2e%2e/cb", false},
		{"013_dot_segment_with_parameter", "https://rp.example/a/..;x/cb", false},
		{"013_bad_percent_encoding", "https://rp.example/%zz", false},
		{"013_bad_port", "https://rp.example:99999/cb", false},
		{"013_empty_port", "https://rp.example:/cb", false},
		{"013_empty_label", "https://rp..example/cb", false},
		{"013_response_parameter", "https://rp.example/cb?code=x", false},
		{"013_custom_scheme_of_a_web_client", "com.example.app:/cb", false},
		{"013_custom_scheme_without_domain", "myapp:/cb", true},
		{"013_file", "file:///etc/passwd", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			refused(t, oauth.CheckRedirectURI(test.uri, test.native), oauth.CodeInvalidRedirectURI)
		})
	}
}
