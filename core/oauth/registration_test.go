package oauth_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

func TestParseRegistration(t *testing.T) {
	for _, tt := range []struct{ name, body, code, says string }{
		{"no JSON", `redirect_uris=x`, "invalid_client_metadata", "JSON object"},
		{"empty", ``, "invalid_client_metadata", "JSON object"},
		{"null", `null`, "invalid_client_metadata", "JSON object"},
		{"array", `[]`, "invalid_client_metadata", "JSON object"},
		{"more behind it", `{} {}`, "invalid_client_metadata", "JSON object"},
		{"a member twice", `{"client_name":"a","client_name":"b"}`, "invalid_client_metadata", "twice"},
		{"a member twice within", `{"jwks":{"keys":[],"keys":[]}}`, "invalid_client_metadata", "twice"},
		{"deep", `{"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, "invalid_client_metadata", "JSON object"},
		{"not UTF-8", "{\"client_name\":\"\xff\"}", "invalid_client_metadata", "JSON object"},
		{"redirect URIs no list", `{"redirect_uris":"https://rp.example/cb"}`, "invalid_redirect_uri", "redirect_uris"},
		{"redirect URI a number", `{"redirect_uris":[1]}`, "invalid_redirect_uri", "redirect_uris"},
		{"name a number", `{"client_name":1}`, "invalid_client_metadata", "client_name"},
		{"age a text", `{"default_max_age":"1"}`, "invalid_client_metadata", "default_max_age"},
		{"contacts", `{"contacts":{}}`, "invalid_client_metadata", "contacts"},
		{"software statement", `{"software_statement":"e30.e30."}`, "invalid_software_statement", "not accepted"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, refusal := oauth.ParseRegistration([]byte(tt.body))
			if refusal == nil || refusal.Code != tt.code || refusal.Status != 400 || !strings.Contains(refusal.Description, tt.says) {
				t.Errorf("got %v", refusal)
			}
		})
	}
}

// TestRegistrationReachesNothingElse is the mass assignment of 117: what is no member of
// the standards has no effect, in whatever letters.
func TestRegistrationReachesNothingElse(t *testing.T) {
	body := `{"redirect_uris":["https://rp.example/cb"],"skip_consent":true,"SkipConsent":true,"shared":true,"Shared":true,
		"query_token":true,"QueryToken":true,"offline_without_prompt":true,"OfflineWithoutPrompt":true,"preset":"confluence","org":"acme","Org":"acme",
		"allowed_groups":["x"],"AllowedGroups":["x"],"disabled":true,"id":"x","ID":"x","SecretHash":"x","registration_hash":"x","AccessTTL":1,
		"CLIENT_NAME":"shouted","Scope":"admin","ſcope":"admin","trusted":true,"client_name#de":"Anders","unknown":{"a":[1,null]}}`
	r, refusal := oauth.ParseRegistration([]byte(body))
	if refusal != nil {
		t.Fatal(refusal)
	}
	client := core.Client{ID: "id", Org: "built-in", Name: "n", Preset: "web"}
	if refusal := r.Fill(&client, []string{"openid"}); refusal != nil {
		t.Fatal(refusal)
	}
	want := core.Client{
		ID: "id", Org: "built-in", Name: "n", Preset: "web", RedirectURIs: []string{"https://rp.example/cb"}, AuthMethods: []string{core.AuthBasic},
		GrantTypes: []string{core.GrantAuthorizationCode}, ResponseTypes: []string{"code"}, Scopes: []string{"openid"}, IDTokenAlg: "RS256",
	}
	if got, expected := fmt.Sprintf("%+v", client), fmt.Sprintf("%+v", want); got != expected {
		t.Errorf("got  %s\nwant %s", got, expected)
	}
}

func TestRegistrationDefaults(t *testing.T) {
	for _, tt := range []struct{ body, auth, grants, types, scopes string }{
		{`{}`, "client_secret_basic", "authorization_code", "code", "openid email"},
		{`{"application_type":"native"}`, "none", "authorization_code", "code", "openid email"},
		{`{"application_type":"native","token_endpoint_auth_method":"client_secret_post"}`, "client_secret_post", "authorization_code", "code", "openid email"},
		{`{"grant_types":["client_credentials"],"scope":"read"}`, "client_secret_basic", "client_credentials", "", "read"},
		{`{"response_types":["id_token"]}`, "client_secret_basic", "implicit", "id_token", "openid email"},
		{`{"response_types":["token id_token code","code"]}`, "client_secret_basic", "authorization_code implicit", "code id_token token,code", "openid email"},
		{`{"response_types":["token id_token"],"grant_types":["implicit","refresh_token"],"scope":"openid  openid"}`, "client_secret_basic", "implicit refresh_token", "id_token token", "openid"},
		{`{"response_types":null,"client_name":null,"token_endpoint_auth_method":"none"}`, "none", "authorization_code", "code", "openid email"},
	} {
		r, refusal := oauth.ParseRegistration([]byte(tt.body))
		if refusal != nil {
			t.Fatal(refusal)
		}
		var c core.Client
		if refusal := r.Fill(&c, []string{"openid", "email"}); refusal != nil {
			t.Fatal(refusal)
		}
		got := []string{strings.Join(c.AuthMethods, " "), strings.Join(c.GrantTypes, " "), strings.Join(c.ResponseTypes, ","), strings.Join(c.Scopes, " ")}
		if want := []string{tt.auth, tt.grants, tt.types, tt.scopes}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", tt.body, got, want)
		}
		if c.Public() != c.RequirePKCE {
			t.Errorf("%s: public %v, with PKCE %v", tt.body, c.Public(), c.RequirePKCE)
		}
	}
	r, _ := oauth.ParseRegistration([]byte(`{"scope":"a\"b"}`))
	if refusal := r.Fill(&core.Client{}, nil); refusal == nil || refusal.Code != "invalid_client_metadata" {
		t.Errorf("got %v", refusal)
	}
}

// TestRegistrationForgets what the server does nothing with: the answer does not promise
// it.
func TestRegistrationForgets(t *testing.T) {
	const all = `{"jwks":{},"jwks_uri":"u","sector_identifier_uri":"u","initiate_login_uri":"u","request_uris":["u"],"default_max_age":1,
		"require_auth_time":true,"default_acr_values":["1"],"frontchannel_logout_uri":"u","frontchannel_logout_session_required":true,
		"backchannel_logout_uri":"u","backchannel_logout_session_required":true}`
	r, refusal := oauth.ParseRegistration([]byte(all))
	if refusal != nil {
		t.Fatal(refusal)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var sent, kept map[string]any
	if err := json.Unmarshal([]byte(all), &sent); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &kept); err != nil {
		t.Fatal(err)
	}
	members := oauth.Supported().Members
	for name := range sent {
		if _, there := kept[name]; !strings.HasSuffix(name, "_session_required") && there != slices.Contains(members, name) {
			t.Errorf("%s: kept %v, supported %v", name, there, slices.Contains(members, name))
		}
	}
}

func TestRegisteredBody(t *testing.T) {
	client := &core.Client{
		ID: "abc", AuthMethods: []string{core.AuthPost}, RedirectURIs: []string{"https://rp.example/cb"}, GrantTypes: []string{core.GrantAuthorizationCode},
		ResponseTypes: []string{"code"}, Scopes: []string{"openid", "email"}, IDTokenAlg: "RS256", DisplayName: "Wiki", TermsURI: "https://rp.example/tos",
		CreatedAt: time.Unix(1_800_000_000, 0), SkipConsent: true,
	}
	const without = `{"client_id":"abc","client_id_issued_at":1800000000,"registration_access_token":"reg_x","registration_client_uri":"https://id.example/r/abc",` +
		`"redirect_uris":["https://rp.example/cb"],"response_types":["code"],"grant_types":["authorization_code"],"token_endpoint_auth_method":"client_secret_post",` +
		`"client_name":"Wiki","tos_uri":"https://rp.example/tos","scope":"openid email","id_token_signed_response_alg":"RS256","application_type":"web","subject_type":"public"}`
	answer := oauth.Registered{Client: client, URI: "https://id.example/r/abc", Token: "reg_x"}
	if got := string(answer.Body()); got != without {
		t.Errorf("got  %s\nwant %s", got, without)
	}
	answer.Secret = "s"
	if got, want := string(answer.Body()), strings.Replace(without, `"registration_access`, `"client_secret":"s","client_secret_expires_at":0,"registration_access`, 1); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// What is answered can be sent back as a change, but for what the server says.
	r, refusal := oauth.ParseRegistration(answer.Body())
	if refusal != nil {
		t.Fatal(refusal)
	}
	if r.ClientID != "abc" || r.Secret != "s" || r.Token == nil || r.URI == nil || r.IssuedAt == nil || r.SecretExpiresAt == nil {
		t.Errorf("got %+v", r)
	}
}

// FuzzParseRegistration holds that what is understood can be filled in and answered, and
// says the same when it comes back.
func FuzzParseRegistration(f *testing.F) {
	f.Add([]byte(`{"redirect_uris":["https://rp.example/cb"],"client_name":"Wiki","jwks":{"keys":[]},"default_max_age":3}`))
	f.Add([]byte(`{"application_type":"native","response_types":["code id_token"],"contacts":["a"],"scope":"a b"}`))
	f.Add([]byte(`{"grant_types":[],"response_types":[],"\u017fcope":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, refusal := oauth.ParseRegistration(body)
		if refusal != nil {
			if r != nil || refusal.Status != 400 || refusal.Reason == "" {
				t.Errorf("got %v, %v", r, refusal)
			}
			return
		}
		var c, again core.Client
		if r.Fill(&c, nil) != nil {
			return
		}
		second, refusal := oauth.ParseRegistration(oauth.Registered{Client: &c}.Body())
		if refusal != nil {
			t.Fatalf("the answer is refused: %v", refusal)
		}
		if refusal := second.Fill(&again, nil); refusal != nil {
			t.Fatal(refusal)
		}
		again.Metadata.ApplicationType, again.Metadata.SubjectType = c.Metadata.ApplicationType, c.Metadata.SubjectType
		if got, want := string(oauth.Registered{Client: &again}.Body()), string(oauth.Registered{Client: &c}.Body()); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}
