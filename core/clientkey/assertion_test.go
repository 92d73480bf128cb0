package clientkey

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/core/oauth"
)

func assertion() (header, claims object) {
	return object{"alg": "ES256", "kid": "ec"}, object{
		"iss": clientID, "sub": clientID, "aud": issuer, "jti": "j-1", "iat": noon.Unix(), "exp": noon.Add(time.Minute).Unix(),
	}
}

// TestAlgorithms: what discovery says is what is verified.
func TestAlgorithms(t *testing.T) {
	if got, want := oauth.ClientKeyAlgs(), jose.ForeignAlgs(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if !slices.Equal(oauth.EncryptionAlgs(), jose.EncryptionAlgs()) || !slices.Equal(oauth.ContentEncryptions(), jose.ContentEncryptions()) {
		t.Errorf("%v, %v", oauth.EncryptionAlgs(), oauth.ContentEncryptions())
	}
	if oauth.AlgHMAC != jose.HS256 {
		t.Error(oauth.AlgHMAC)
	}
}

func TestAssertionAccepted(t *testing.T) {
	t.Parallel()
	header, claims := assertion()
	for _, tt := range []struct {
		name   string
		client func(*core.Client)
		key    string
		header object
		claims object
	}{
		{"issuer as audience", withKeys(t, "ec"), "ec", nil, nil},
		{"token endpoint as audience", withKeys(t, "ec"), "ec", nil, object{"aud": issuer + oauth.PathToken}},
		{"one of several audiences", withKeys(t, "ec"), "ec", nil, object{"aud": []string{"https://other.example", issuer}}},
		{"without kid", withKeys(t, "ec"), "ec", object{"kid": nil}, nil},
		{"RSA", withKeys(t, "ec", "rsa"), "rsa", object{"alg": "RS256", "kid": "rsa"}, nil},
		{"RSA-PSS", withKeys(t, "ec", "rsa"), "rsa", object{"alg": "PS512", "kid": "rsa"}, nil},
		{"P-384", withKeys(t, "ec384"), "ec384", object{"alg": "ES384", "kid": "ec384"}, nil},
		{"published keys", published, "ec", nil, nil},
		{"the registered algorithm", func(c *core.Client) {
			withKeys(t, "ec")(c)
			c.Metadata.TokenAuthAlg = "ES256"
		}, "ec", nil, nil},
		{"secret", withSecret, "secret", object{"alg": "HS256", "kid": nil}, nil},
		{"secret or key: secret", func(c *core.Client) {
			withKeys(t, "ec")(c)
			withSecret(c)
			c.AuthMethods = append(c.AuthMethods, core.AuthPrivateKeyJWT)
		}, "secret", object{"alg": "HS256", "kid": nil}, nil},
		{"typ JWT", withKeys(t, "ec"), "ec", object{"typ": "JWT"}, nil},
		{"its own typ", withKeys(t, "ec"), "ec", object{"typ": "client-authentication+jwt"}, nil},
		{"without iat", withKeys(t, "ec"), "ec", nil, object{"iat": nil}},
		{"083_iat_10_seconds_ahead", withKeys(t, "ec"), "ec", nil, object{"iat": noon.Add(10 * time.Second).Unix()}},
		{"083_nbf_10_seconds_ahead", withKeys(t, "ec"), "ec", nil, object{"nbf": noon.Add(10 * time.Second).Unix()}},
		{"an hour", withKeys(t, "ec"), "ec", nil, object{"exp": noon.Add(time.Hour).Unix()}},
		{"a second left", withKeys(t, "ec"), "ec", nil, object{"exp": noon.Add(time.Second).Unix()}},
		{"075_keys_in_header_are_not_looked_at", withKeys(t, "ec"), "ec", object{"jku": "https://evil.example/jwks", "x5u": "https://evil.example/x"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			all := claims.with(tt.claims)
			token := signed(t, tt.key, header.with(tt.header), all)
			if got := w.service.Claimant(token); got != clientID {
				t.Errorf("claimant %q", got)
			}
			use, refusal := w.service.Assertion(t.Context(), client(tt.client), token)
			if refusal != nil {
				t.Fatalf("%v (%s)", refusal, refusal.Reason)
			}
			if use.Hash != core.AssertionHash(clientID, "j-1") || use.ExpiresAt.Unix() != all["exp"] {
				t.Errorf("%+v", use)
			}
			for _, url := range w.asked {
				if url != jwksURI {
					t.Errorf("asked %s", url)
				}
			}
		})
	}
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	header, claims := assertion()
	registered := func(alg string) func(*core.Client) {
		return func(c *core.Client) {
			withKeys(t, "ec", "rsa")(c)
			c.Metadata.TokenAuthAlg = alg
		}
	}
	other := func(c *core.Client) {
		withKeys(t, "rsa")(c)
	}
	jwk := object{"kty": "EC", "crv": "P-256"}
	for _, tt := range []struct {
		name   string
		client func(*core.Client)
		key    string
		header object
		claims object
		reason string
	}{
		{"046_exp_past", nil, "ec", nil, object{"exp": noon.Add(-5 * time.Minute).Unix()}, "client_assertion_expired"},
		{"046_exp_missing", nil, "ec", nil, object{"exp": nil}, "client_assertion_claims"},
		{"046_exp_too_far", nil, "ec", nil, object{"exp": noon.Add(61 * time.Minute).Unix()}, "client_assertion_life"},
		{"046_nbf_future", nil, "ec", nil, object{"nbf": noon.Add(time.Minute).Unix()}, "client_assertion_claims"},
		{"046_aud_wrong", nil, "ec", nil, object{"aud": "https://other.example"}, "client_assertion_audience"},
		{"046_aud_other_endpoint", nil, "ec", nil, object{"aud": issuer + oauth.PathUserInfo}, "client_assertion_audience"},
		{"046_aud_missing", nil, "ec", nil, object{"aud": nil}, "client_assertion_audience"},
		{"046_aud_with_slash", nil, "ec", nil, object{"aud": issuer + "/"}, "client_assertion_audience"},
		{"046_sub_missing", nil, "ec", nil, object{"sub": nil}, "client_assertion_subject"},
		{"046_sub_other", nil, "ec", nil, object{"sub": "other"}, "client_assertion_subject"},
		{"046_iss_other", nil, "ec", nil, object{"iss": "other"}, "client_assertion_claims"},
		{"046_iss_missing", nil, "ec", nil, object{"iss": nil}, "client_assertion_claims"},
		{"046_jti_missing", nil, "ec", nil, object{"jti": nil}, "client_assertion_jti"},
		{"046_jti_empty", nil, "ec", nil, object{"jti": ""}, "client_assertion_jti"},
		{"046_jti_number", nil, "ec", nil, object{"jti": 7}, "client_assertion_jti"},
		{"046_jti_long", nil, "ec", nil, object{"jti": strings.Repeat("j", 1025)}, "client_assertion_jti"},
		{"046_kid_of_another_client", nil, "stranger", object{"kid": "stranger"}, nil, "client_assertion_key"},
		{"046_key_of_another_client_under_our_kid", nil, "stranger", nil, nil, "client_assertion_signature"},
		{"046_unregistered_alg", registered("RS256"), "ec", nil, nil, "client_assertion_alg"},
		{"046_unregistered_alg_of_the_same_key", registered("RS256"), "rsa", object{"alg": "PS256", "kid": "rsa"}, nil, "client_assertion_alg"},
		{"046_alg_of_another_key", other, "ec", object{"kid": "rsa"}, nil, "client_assertion_key"},
		{"046_secret_where_keys_are_registered", nil, "secret", object{"alg": "HS256", "kid": nil}, nil, "client_auth_method"},
		{"046_key_where_a_secret_is_registered", withSecret, "ec", nil, nil, "client_auth_method"},
		{"046_secret_that_was_not_kept", func(c *core.Client) { c.AuthMethods = []string{core.AuthSecretJWT} }, "secret", object{"alg": "HS256"}, nil, "client_assertion_keys"},
		{"046_secret_sealed_for_another", func(c *core.Client) {
			withSecret(c)
			c.SealedSecret = []byte("client-secret:other|" + theSecret)
		}, "secret", object{"alg": "HS256"}, nil, "client_assertion_keys"},
		{"046_no_keys", func(c *core.Client) {}, "ec", nil, nil, "client_assertion_keys"},
		{"043_method_not_registered", func(c *core.Client) {
			withKeys(t, "ec")(c)
			c.AuthMethods = []string{core.AuthBasic}
		}, "ec", nil, nil, "client_auth_method"},
		{"044_public_client", func(c *core.Client) {
			withKeys(t, "ec")(c)
			c.AuthMethods = []string{core.AuthNone}
		}, "ec", nil, nil, "client_auth_method"},
		{"070_alg_none", nil, "none", object{"alg": "none"}, nil, "client_assertion_alg"},
		{"070_alg_nOnE", nil, "none", object{"alg": "nOnE"}, nil, "client_assertion_alg"},
		{"070_alg_missing", nil, "ec", object{"alg": nil}, nil, "client_assertion_malformed"},
		{"070_empty_signature", nil, "none", nil, nil, "client_assertion_signature"},
		{"070_empty_signature_of_secret", withSecret, "none", object{"alg": "HS256"}, nil, "client_assertion_signature"},
		{"071_HS256_with_the_public_key", nil, "public", object{"alg": "HS256"}, nil, "client_auth_method"},
		{"071_HS256_with_the_public_key_where_both_are_registered", func(c *core.Client) {
			withKeys(t, "ec")(c)
			withSecret(c)
			c.AuthMethods = append(c.AuthMethods, core.AuthPrivateKeyJWT)
		}, "public", object{"alg": "HS256"}, nil, "client_assertion_signature"},
		{"072_access_token", nil, "ec", object{"typ": "at+jwt"}, nil, "client_assertion_type"},
		{"072_logout_token", nil, "ec", object{"typ": "logout+jwt"}, nil, "client_assertion_type"},
		{"072_request_object", nil, "ec", object{"typ": "oauth-authz-req+jwt"}, nil, "client_assertion_type"},
		{"073_crit", nil, "ec", object{"crit": []string{"b64"}, "b64": true}, nil, "client_assertion_malformed"},
		{"074_kid_is_a_path", nil, "ec", object{"kid": "../../ec"}, nil, "client_assertion_key"},
		{"074_kid_is_sql", nil, "ec", object{"kid": "' OR 1=1 --"}, nil, "client_assertion_key"},
		{"074_kid_of_40_KiB", nil, "ec", object{"kid": strings.Repeat("k", 40<<10)}, nil, "client_assertion_key"},
		{"075_jwk_in_header", nil, "stranger", object{"jwk": jwk, "kid": "stranger"}, nil, "client_assertion_key"},
		{"075_jku_in_header", published, "stranger", object{"jku": "https://evil.example/jwks", "kid": "stranger"}, nil, "client_assertion_key"},
		{"083_exp_now", nil, "ec", nil, object{"exp": noon.Unix()}, "client_assertion_expired"},
		{"083_iat_60_seconds_ahead", nil, "ec", nil, object{"iat": noon.Add(time.Minute).Unix()}, "client_assertion_claims"},
		{"083_nbf_60_seconds_ahead", nil, "ec", nil, object{"nbf": noon.Add(time.Minute).Unix()}, "client_assertion_claims"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if tt.client == nil {
				tt.client = withKeys(t, "ec")
			}
			token := signed(t, tt.key, header.with(tt.header), claims.with(tt.claims))
			wantRefused(t, w, client(tt.client), token, tt.reason)
			for _, url := range w.asked {
				if url != jwksURI {
					t.Errorf("asked %s", url)
				}
			}
		})
	}
}

func wantRefused(t *testing.T, w *world, c *core.Client, token, reason string) {
	t.Helper()
	use, refusal := w.service.Assertion(t.Context(), c, token)
	if refusal == nil || refusal.Code != oauth.CodeInvalidClient || refusal.Reason != reason || use != (core.UseAssertion{}) {
		t.Fatalf("%+v, %+v; want invalid_client because of %s", use, refusal, reason)
	}
	if text := refusal.Error() + string(refusal.Body()); strings.Contains(text, theSecret) || len(token) > 20 && strings.Contains(text, token) {
		t.Errorf("the refusal has what was presented: %s", text)
	}
}

// TestRefuseText has what is no token at all.
func TestRefuseText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	header, claims := assertion()
	good := signed(t, "ec", header, claims)
	parts := strings.Split(good, ".")
	for name, token := range map[string]string{
		"076_dots":              strings.Repeat(".", 100_000),
		"076_too_long":          good + strings.Repeat("A", 64<<10),
		"076_two_parts":         parts[0] + "." + parts[1],
		"076_five_parts":        good + ".." + parts[2],
		"076_duplicate_members": "eyJhbGciOiJFUzI1NiIsImFsZyI6Im5vbmUifQ." + parts[1] + "." + parts[2], // {"alg":"ES256","alg":"none"}
		"079_padding":           good + "=",
		"079_line_feed":         good + "\n",
		"079_blank":             " " + good,
		"079_line_feed_within":  parts[0] + "." + parts[1][:4] + "\n" + parts[1][4:] + "." + parts[2],
	} {
		use, refusal := w.service.Assertion(t.Context(), client(withKeys(t, "ec")), token)
		if refusal == nil || refusal.Reason != "client_assertion_malformed" && refusal.Reason != "client_assertion_signature" {
			t.Errorf("%s: %+v, %v", name, use, refusal)
		}
		if got := w.service.Claimant(token); got != "" && name != "079_padding" && name != "079_line_feed" {
			t.Errorf("%s: claimant %q", name, got)
		}
	}
}

// Test081 has a client that changes its keys: an unknown kid fetches at most once a
// minute.
func TestRefuse081KeysAreFetchedOnceAMinute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	header, claims := assertion()
	claims = claims.with(object{"exp": noon.Add(time.Hour).Unix()})
	c := client(published)
	old, next := signed(t, "ec", header, claims), signed(t, "new", header.with(object{"kid": "new"}), claims)
	accepted := func(token string, fetches int) {
		t.Helper()
		if _, refusal := w.service.Assertion(t.Context(), c, token); refusal != nil || len(w.asked) != fetches {
			t.Errorf("%v after %d fetches, want %d", refusal, len(w.asked), fetches)
		}
	}
	accepted(old, 1)
	accepted(old, 1)
	w.publish("new")
	wantRefused(t, w, c, next, "client_assertion_key")
	for range 20 {
		wantRefused(t, w, c, signed(t, "stranger", header.with(object{"kid": "stranger"}), claims), "client_assertion_key")
	}
	if len(w.asked) != 1 {
		t.Errorf("%d fetches within a minute", len(w.asked))
	}
	w.sleep(time.Minute)
	accepted(next, 2)
	wantRefused(t, w, c, old, "client_assertion_key")

	// A server that is away takes nobody's access.
	w.sleep(10 * time.Minute)
	w.answers = nil
	accepted(next, 3)
	w.sleep(time.Minute)
	accepted(next, 4)
}

// TestRefusePublished has key sets that are none.
func TestRefusePublished(t *testing.T) {
	t.Parallel()
	header, claims := assertion()
	token := signed(t, "ec", header, claims)
	good := string(keySet(t, "ec"))
	for name, answer := range map[string]struct{ contentType, body string }{
		"082_private_key":     {"application/json", `{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}]}`},
		"082_symmetric_key":   {"application/json", `{"keys":[{"kty":"oct","k":"AA"}]}`},
		"082_10000_keys":      {"application/json", `{"keys":[` + strings.Repeat(`{"kty":"OKP"},`, 10_000) + `{"kty":"OKP"}]}`},
		"082_repeated_kid":    {"application/json", `{"keys":[` + good[9:len(good)-2] + "," + good[9:len(good)-2] + `]}`},
		"109_page":            {"text/html", good},
		"109_no_json":         {"application/json", "<html>"},
		"109_larger_than_all": {"application/json", good + strings.Repeat(" ", 256<<10)},
	} {
		w := newWorld(t)
		w.answer(jwksURI, answer.contentType, answer.body)
		wantRefused(t, w, client(published), token, "client_assertion_keys")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	w := newWorld(t)
	w.answers[jwksURI].Status = 404
	wantRefused(t, w, client(published), token, "client_assertion_keys")
}

func FuzzAssertion(f *testing.F) {
	header, claims := assertion()
	f.Add(signed(f, "ec", header, claims))
	f.Add("e30.e30.e30")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		w := newWorld(t)
		use, refusal := w.service.Assertion(t.Context(), client(withKeys(t, "ec")), token)
		if refusal == nil && use.Hash != core.AssertionHash(clientID, "j-1") {
			t.Errorf("accepted %q", token)
		}
	})
}
