package oauth_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/oauth"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMetadataGolden(t *testing.T) {
	var got bytes.Buffer
	if err := json.Indent(&got, oauth.Metadata(issuer, []string{"RS256", "ES256", "EdDSA", "PS256"}), "", "\t"); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	const golden = "testdata/metadata.json"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got\n%s\nwant\n%s", &got, want)
	}
}

// TestMetadataHasKnownMembersOnly holds the list of OpenID Connect Discovery
// section 3, RFC 8414 section 2, RFC 9207 section 3, Initiating User Registration
// section 4, RFC 8628 section 4, RP-Initiated Logout section 2.1, Front-Channel Logout section 3 and
// Back-Channel Logout section 2.1: the conformance suite warns of every other member.
func TestMetadataHasKnownMembersOnly(t *testing.T) {
	known := strings.Fields(`issuer authorization_endpoint token_endpoint userinfo_endpoint jwks_uri registration_endpoint
		scopes_supported response_types_supported response_modes_supported grant_types_supported acr_values_supported
		subject_types_supported id_token_signing_alg_values_supported token_endpoint_auth_methods_supported
		token_endpoint_auth_signing_alg_values_supported
		display_values_supported claim_types_supported claims_supported service_documentation claims_locales_supported
		ui_locales_supported claims_parameter_supported request_parameter_supported request_object_signing_alg_values_supported
		userinfo_signing_alg_values_supported id_token_encryption_alg_values_supported id_token_encryption_enc_values_supported
		userinfo_encryption_alg_values_supported userinfo_encryption_enc_values_supported request_uri_parameter_supported
		require_request_uri_registration op_policy_uri op_tos_uri revocation_endpoint introspection_endpoint
		revocation_endpoint_auth_methods_supported revocation_endpoint_auth_signing_alg_values_supported
		code_challenge_methods_supported authorization_response_iss_parameter_supported prompt_values_supported
		end_session_endpoint frontchannel_logout_supported frontchannel_logout_session_supported backchannel_logout_supported backchannel_logout_session_supported
		device_authorization_endpoint`)
	var members map[string]any
	if err := json.Unmarshal(oauth.Metadata(issuer, []string{"RS256"}), &members); err != nil {
		t.Fatal(err)
	}
	for name, value := range members {
		if !slices.Contains(known, name) {
			t.Errorf("%s is no member of any specification", name)
		}
		if value == nil {
			t.Errorf("%s is null", name)
		}
		if address, isText := value.(string); isText && !strings.HasPrefix(address, issuer) {
			t.Errorf("%s is at %s", name, address)
		}
	}
	for name, what := range map[string]string{"check_session_iframe": "a page to watch sessions", "registration_endpoint": "registration"} {
		if _, there := members[name]; there {
			t.Errorf("%s is published, though nobody turned it on", what)
		}
	}
	if strings.Contains(string(oauth.Metadata(issuer, []string{"RS256"})), oauth.PathAccount) {
		t.Error("the account endpoint is published")
	}
}

func TestMetadataRegistration(t *testing.T) {
	document := string(oauth.Metadata(issuer, []string{"RS256"}, oauth.FeatureRegistration))
	if !strings.Contains(document, `"registration_endpoint":"`+issuer+oauth.PathRegister+`"`) {
		t.Error(document)
	}
}

func TestMetadataOfSessions(t *testing.T) {
	document := string(oauth.Metadata(issuer, []string{"RS256"}, oauth.FeatureSessions))
	if !strings.Contains(document, `"check_session_iframe":"`+issuer+oauth.PathCheckSession+`"`) {
		t.Error(document)
	}
}

// TestMetadataScopes is what a relying party copies into its scope field.
func TestMetadataScopes(t *testing.T) {
	var document struct {
		Scopes []string `json:"scopes_supported"`
	}
	if err := json.Unmarshal(oauth.Metadata(issuer, []string{"RS256"}), &document); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(document.Scopes, " "); got != "openid profile email address phone offline_access" {
		t.Errorf("%s", got)
	}
}
