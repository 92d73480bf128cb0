package clientkey

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

const requestURI = "https://wiki.example/request.jwt"

func requestObject() (header, claims object) {
	return object{"alg": "ES256", "kid": "ec"}, object{
		"iss": clientID, "aud": issuer, "client_id": clientID, "response_type": "code", "state": "inside",
	}
}

func withRequestAlg(alg string, more func(*core.Client)) func(*core.Client) {
	return func(c *core.Client) {
		if c.Metadata.RequestObjectAlg = alg; more != nil {
			more(c)
		}
	}
}

func query(t testing.TB, pairs ...string) oauth.Params {
	t.Helper()
	values := url.Values{"client_id": {clientID}, "response_type": {"code"}, "state": {"outside"}, "scope": {"openid"}}
	for i := 0; i < len(pairs); i += 2 {
		if values.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			values.Del(pairs[i])
		}
	}
	p, err := oauth.ParseQuery(values.Encode())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestResolve(t *testing.T) {
	t.Parallel()
	header, claims := requestObject()
	plain := url.Values{"client_id": {clientID}, "response_type": {"code"}, "state": {"inside"}, "scope": {"openid"}}
	for _, tt := range []struct {
		name   string
		client func(*core.Client)
		key    string
		header object
		claims object
		want   url.Values // over plain
	}{
		{"signed", withKeys(t, "ec"), "ec", nil, nil, nil},
		{"published keys", published, "ec", nil, nil, nil},
		{"RS256", withRequestAlg("RS256", withKeys(t, "rsa")), "rsa", object{"alg": "RS256", "kid": "rsa"}, nil, nil},
		{"by secret", withRequestAlg("HS256", withSecret), "secret", object{"alg": "HS256", "kid": nil}, nil, nil},
		{"unsigned", withRequestAlg("none", nil), "none", object{"alg": "none", "kid": nil}, nil, nil},
		{"unsigned, with little in it", withRequestAlg("none", nil), "none", object{"alg": "none", "kid": nil}, object{"iss": nil, "aud": nil, "client_id": nil, "response_type": nil}, nil},
		{"its own typ", withKeys(t, "ec"), "ec", object{"typ": "oauth-authz-req+jwt"}, nil, nil},
		{"one of several audiences", withKeys(t, "ec"), "ec", nil, object{"aud": []string{"https://other.example", issuer}}, nil},
		{"dates", withKeys(t, "ec"), "ec", nil, object{"exp": noon.Add(time.Second).Unix(), "nbf": noon.Add(10 * time.Second).Unix(), "iat": noon.Unix(), "jti": "j"}, nil},
		{"what is no string", withKeys(t, "ec"), "ec", nil,
			object{"max_age": 300, "claims": object{"userinfo": object{"name": nil}}, "x": true, "nothing": nil, "scope": "", "list": []int{1}},
			url.Values{"max_age": {"300"}, "claims": {`{"userinfo":{"name":null}}`}, "x": {"true"}, "list": {"[1]"}}},
		{"what is only inside", withKeys(t, "ec"), "ec", nil, object{"redirect_uri": "https://wiki.example/cb", "nonce": "n"},
			url.Values{"redirect_uri": {"https://wiki.example/cb"}, "nonce": {"n"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			want := url.Values{}
			for _, values := range []url.Values{plain, tt.want} {
				for name, value := range values {
					want[name] = value
				}
			}
			c := client(tt.client)
			text := signed(t, tt.key, header.with(tt.header), claims.with(tt.claims))
			got, refusal := w.service.Resolve(t.Context(), c, query(t, "request", text))
			if refusal != nil || !reflect.DeepEqual(got.Values(), want) {
				t.Errorf("%v, %v; want %v", got.Values(), refusal, want)
			}
			// The same where it is fetched from, with or without a hash.
			c.Metadata.RequestURIs = []string{"https://wiki.example/other", requestURI + "#old"}
			w.answer(requestURI, "text/plain", text+"\n")
			for _, uri := range []string{requestURI, requestURI + "#old", requestURI + "#new"} {
				got, refusal = w.service.Resolve(t.Context(), c, query(t, "request_uri", uri))
				if refusal != nil || !reflect.DeepEqual(got.Values(), want) {
					t.Errorf("%s: %v, %v; want %v", uri, got.Values(), refusal, want)
				}
			}
		})
	}
	w := newWorld(t)
	if got, refusal := w.service.Resolve(t.Context(), client(nil), query(t)); refusal != nil || got.Get("state") != "outside" || len(w.asked) > 0 {
		t.Errorf("a plain request: %v, %v", got, refusal)
	}
}

func TestRefuseRequests(t *testing.T) {
	t.Parallel()
	header, claims := requestObject()
	none := object{"alg": "none", "kid": nil}
	const invalid = oauth.CodeInvalidRequestObject
	for _, tt := range []struct {
		name   string
		client func(*core.Client)
		key    string
		header object
		claims object
		code   string
		reason string
	}{
		{"023_alg_none_where_keys_are_registered", nil, "none", none, nil, invalid, "request_object_alg"},
		{"023_alg_none_where_an_algorithm_is_registered", withRequestAlg("ES256", withKeys(t, "ec")), "none", none, nil, invalid, "request_object_alg"},
		{"023_signed_where_none_is_registered", withRequestAlg("none", withKeys(t, "ec")), "ec", nil, nil, invalid, "request_object_alg"},
		{"023_alg_none_with_a_signature", withRequestAlg("none", withKeys(t, "ec")), "ec", object{"alg": "none"}, nil, invalid, "request_object_signature"},
		{"023_foreign_key", nil, "stranger", object{"kid": "stranger"}, nil, invalid, "request_object_key"},
		{"023_foreign_key_under_our_kid", nil, "stranger", nil, nil, invalid, "request_object_signature"},
		{"023_wrong_iss", nil, "ec", nil, object{"iss": "other"}, invalid, "request_object_issuer"},
		{"023_empty_iss", nil, "ec", nil, object{"iss": ""}, invalid, "request_object_issuer"},
		{"023_wrong_aud", nil, "ec", nil, object{"aud": "https://other.example"}, invalid, "request_object_audience"},
		{"023_no_aud_of_several", nil, "ec", nil, object{"aud": []string{}}, invalid, "request_object_audience"},
		{"023_wrong_iss_unsigned", withRequestAlg("none", nil), "none", none, object{"iss": "other"}, invalid, "request_object_issuer"},
		{"023_expired", nil, "ec", nil, object{"exp": noon.Unix()}, invalid, "request_object_expired"},
		{"023_expired_unsigned", withRequestAlg("none", nil), "none", none, object{"exp": noon.Unix()}, invalid, "request_object_expired"},
		{"023_not_yet_valid", nil, "ec", nil, object{"nbf": noon.Add(time.Minute).Unix()}, invalid, "request_object_claims"},
		{"023_client_id_mismatch", nil, "ec", nil, object{"client_id": "other"}, invalid, "request_object_mismatch"},
		{"023_response_type_mismatch", nil, "ec", nil, object{"response_type": "token"}, invalid, "request_object_mismatch"},
		{"023_request_within", nil, "ec", nil, object{"request": "x"}, invalid, "request_object_nested"},
		{"023_request_uri_within", nil, "ec", nil, object{"request_uri": requestURI}, invalid, "request_object_nested"},
		{"023_NUL", nil, "ec", nil, object{"state": "a\x00b"}, invalid, "request_object_malformed"},
		{"023_long_name", nil, "ec", nil, object{strings.Repeat("n", 129): "x"}, invalid, "request_object_malformed"},
		{"023_nothing_registered", func(*core.Client) {}, "ec", nil, nil, oauth.CodeRequestNotSupported, "request_object"},
		{"023_nothing_registered_and_unsigned", func(*core.Client) {}, "none", none, nil, oauth.CodeRequestNotSupported, "request_object"},
		{"070_alg_nOnE", withRequestAlg("none", withKeys(t, "ec")), "none", object{"alg": "nOnE"}, nil, invalid, "request_object_alg"},
		{"071_HS256_with_the_public_key", nil, "public", object{"alg": "HS256"}, nil, invalid, "request_object_alg"},
		{"071_HS256_with_the_public_key_registered", withRequestAlg("HS256", withKeys(t, "ec")), "public", object{"alg": "HS256"}, nil, invalid, "request_object_keys"},
		{"071_other_algorithm_than_the_registered", withRequestAlg("PS256", withKeys(t, "rsa")), "rsa", object{"alg": "RS256", "kid": "rsa"}, nil, invalid, "request_object_alg"},
		{"072_client_assertion", nil, "ec", nil, object{"sub": clientID}, invalid, "request_object_subject"},
		{"072_client_assertion_by_typ", nil, "ec", object{"typ": "client-authentication+jwt"}, nil, invalid, "request_object_type"},
		{"072_logout_token", nil, "ec", object{"typ": "logout+jwt"}, nil, invalid, "request_object_type"},
		{"073_crit", nil, "ec", object{"crit": []string{"x"}, "x": 1}, nil, invalid, "request_object_malformed"},
		{"075_jku_in_header", published, "stranger", object{"jku": "https://evil.example/jwks", "kid": "stranger"}, nil, invalid, "request_object_key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if tt.client == nil {
				tt.client = withKeys(t, "ec")
			}
			text := signed(t, tt.key, header.with(tt.header), claims.with(tt.claims))
			wantRequestRefused(t, w, client(tt.client), tt.code, tt.reason, "request", text)
			for _, url := range w.asked {
				if url != jwksURI {
					t.Errorf("asked %s", url)
				}
			}
		})
	}
}

func wantRequestRefused(t *testing.T, w *world, c *core.Client, code, reason string, pairs ...string) {
	t.Helper()
	got, refusal := w.service.Resolve(t.Context(), c, query(t, pairs...))
	if refusal == nil || refusal.Code != code || refusal.Reason != reason {
		t.Errorf("%v, %+v; want %s because of %s", got, refusal, code, reason)
	}
}

// TestRefuseRequestText has what is no request object at all.
func TestRefuseRequestText(t *testing.T) {
	t.Parallel()
	header, claims := requestObject()
	good := signed(t, "ec", header, claims)
	parts := strings.Split(good, ".")
	w := newWorld(t)
	for name, text := range map[string]string{
		"076_dots":              strings.Repeat(".", 60_000),
		"076_duplicate_members": parts[0] + ".eyJzdGF0ZSI6ImEiLCJzdGF0ZSI6ImIifQ." + parts[2], // {"state":"a","state":"b"}
		"076_no_object":         parts[0] + ".W10." + parts[2],
		"079_padding":           good + "=",
		"140b_encrypted":        "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkExMjhHQ00ifQ.a.b.c.d", // {"alg":"RSA-OAEP","enc":"A128GCM"}
	} {
		reason := "request_object_malformed"
		t.Run(name, func(t *testing.T) {
			wantRequestRefused(t, w, client(withKeys(t, "ec")), oauth.CodeInvalidRequestObject, reason, "request", text)
		})
	}
	wantRequestRefused(t, w, client(withKeys(t, "ec")), oauth.CodeInvalidRequest, "request_twice", "request", good, "request_uri", requestURI)
}

// TestRefuse024 has addresses that the client did not register, and answers that are none.
func TestRefuse024RequestURI(t *testing.T) {
	t.Parallel()
	header, claims := requestObject()
	good := signed(t, "ec", header, claims)
	c := client(withKeys(t, "ec"))
	w := newWorld(t)
	w.answer(requestURI, "application/jwt", good)
	wantRequestRefused(t, w, c, oauth.CodeRequestURINotSupported, "request_uri", "request_uri", requestURI)
	c.Metadata.RequestURIs = []string{requestURI}
	for _, uri := range []string{
		"http://127.0.0.1/request.jwt", "http://[::1]/", "http://169.254.169.254/latest/meta-data", "https://evil.example/request.jwt",
		requestURI + "/", requestURI + "?x", "HTTPS://wiki.example/request.jwt", "https://wiki.example/./request.jwt", "http://wiki.example/request.jwt",
		"https://wiki.example:443/request.jwt", "https://a@wiki.example/request.jwt", "urn:ietf:params:oauth:request_uri:x", "file:///etc/passwd", "#",
	} {
		wantRequestRefused(t, w, c, oauth.CodeInvalidRequestURI, "request_uri_unregistered", "request_uri", uri)
	}
	if len(w.asked) > 0 {
		t.Errorf("asked %v", w.asked)
	}
	w.answers[requestURI].Status = 404
	wantRequestRefused(t, w, c, oauth.CodeInvalidRequestURI, "request_uri_unavailable", "request_uri", requestURI)
	w.answer(requestURI, "application/jwt", good+strings.Repeat(" ", 64<<10))
	wantRequestRefused(t, w, c, oauth.CodeInvalidRequestURI, "request_uri_unavailable", "request_uri", requestURI)
	w.answer(requestURI, "text/html", "<html>not found</html>")
	wantRequestRefused(t, w, c, oauth.CodeInvalidRequestObject, "request_object_malformed", "request_uri", requestURI)
	delete(w.answers, requestURI)
	wantRequestRefused(t, w, c, oauth.CodeInvalidRequestURI, "request_uri_unavailable", "request_uri", requestURI)
}

func FuzzResolve(f *testing.F) {
	header, claims := requestObject()
	unsigned := header.with(object{"alg": "none", "kid": nil})
	f.Add(signed(f, "none", unsigned, claims))
	f.Add(signed(f, "none", unsigned, claims.with(object{"claims": object{"a": 1}, "request": "x"})))
	f.Add("e30.e30.")
	f.Fuzz(func(t *testing.T, text string) {
		p := oauth.ParamsOf(url.Values{"client_id": {clientID}, "request": {text}})
		got, refusal := newWorld(t).service.Resolve(t.Context(), client(withRequestAlg("none", nil)), p)
		if refusal == nil && (got.Has("request") || got.Has("request_uri") || got.Get("client_id") != clientID) {
			t.Errorf("%q gives %v", text, got.Values())
		}
	})
}
