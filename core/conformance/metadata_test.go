package conformance_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// document is a JSON object, its numbers float64.
type document map[string]any

func (d document) text(name string) string { s, _ := d[name].(string); return s }

func (d document) yes(name string) bool { b, _ := d[name].(bool); return b }

func (d document) has(name string) bool { _, ok := d[name]; return ok }

// list gives the strings of an array; nil if it is none.
func (d document) list(name string) []string {
	values, _ := d[name].([]any)
	var list []string
	for _, v := range values {
		if s, ok := v.(string); ok {
			list = append(list, s)
		}
	}
	return list
}

// lists reports whether an array has the value.
func (d document) lists(name, value string) bool { return slices.Contains(d.list(name), value) }

// kind is what a member of the metadata is.
type kind int

const (
	kindText  kind = iota
	kindURL        // https
	kindLink       // for people: http or https
	kindList       // of strings, at least one, none twice
	kindYesNo      // a boolean
)

// knownMetadata are the members that specifications define (the IANA registry "OAuth
// Authorization Server Metadata", which has those of OpenID Connect).
var knownMetadata = map[string]kind{
	"issuer": kindURL, "authorization_endpoint": kindURL, "token_endpoint": kindURL, "userinfo_endpoint": kindURL,
	"jwks_uri": kindURL, "registration_endpoint": kindURL, "end_session_endpoint": kindURL, "check_session_iframe": kindURL,
	"introspection_endpoint": kindURL, "revocation_endpoint": kindURL, "device_authorization_endpoint": kindURL,
	"pushed_authorization_request_endpoint": kindURL,
	"service_documentation":                 kindLink, "op_policy_uri": kindLink, "op_tos_uri": kindLink,
	"scopes_supported": kindList, "response_types_supported": kindList, "response_modes_supported": kindList,
	"grant_types_supported": kindList, "acr_values_supported": kindList, "subject_types_supported": kindList,
	"id_token_signing_alg_values_supported": kindList, "id_token_encryption_alg_values_supported": kindList,
	"id_token_encryption_enc_values_supported": kindList, "userinfo_signing_alg_values_supported": kindList,
	"userinfo_encryption_alg_values_supported": kindList, "userinfo_encryption_enc_values_supported": kindList,
	"request_object_signing_alg_values_supported": kindList, "request_object_encryption_alg_values_supported": kindList,
	"request_object_encryption_enc_values_supported": kindList, "token_endpoint_auth_methods_supported": kindList,
	"token_endpoint_auth_signing_alg_values_supported": kindList, "display_values_supported": kindList,
	"claim_types_supported": kindList, "claims_supported": kindList, "claims_locales_supported": kindList,
	"ui_locales_supported": kindList, "code_challenge_methods_supported": kindList, "prompt_values_supported": kindList,
	"introspection_endpoint_auth_methods_supported": kindList, "introspection_endpoint_auth_signing_alg_values_supported": kindList,
	"revocation_endpoint_auth_methods_supported": kindList, "revocation_endpoint_auth_signing_alg_values_supported": kindList,
	"dpop_signing_alg_values_supported": kindList, "authorization_signing_alg_values_supported": kindList,
	"claims_parameter_supported": kindYesNo, "request_parameter_supported": kindYesNo, "request_uri_parameter_supported": kindYesNo,
	"require_request_uri_registration": kindYesNo, "require_signed_request_object": kindYesNo,
	"require_pushed_authorization_requests": kindYesNo, "authorization_response_iss_parameter_supported": kindYesNo,
	"frontchannel_logout_supported": kindYesNo, "frontchannel_logout_session_supported": kindYesNo,
	"backchannel_logout_supported": kindYesNo, "backchannel_logout_session_supported": kindYesNo,
	"tls_client_certificate_bound_access_tokens": kindYesNo,
}

// checkMetadata checks the discovery document of the issuer (OpenID Connect Discovery
// section 3, and the suite's verification of it).
func checkMetadata(m document, issuer string) complaints {
	var c complaints
	for name, value := range m {
		if k, known := knownMetadata[name]; known {
			c = append(c, checkMember(name, value, k)...)
		} else {
			c.add("%s is a member that no specification knows", name)
		}
	}
	for _, name := range [...]string{
		"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported", "subject_types_supported",
		"id_token_signing_alg_values_supported", "userinfo_endpoint", "scopes_supported", "claims_supported",
	} {
		c.unless(m.has(name), "%s is missing", name)
	}
	c.unless(m.text("issuer") == issuer, "the issuer is %q, not %q", m.text("issuer"), issuer)
	c.unless(m.lists("id_token_signing_alg_values_supported", "RS256"), "RS256 is missing")
	c.unless(m.lists("scopes_supported", "openid"), "the scope openid is missing")
	c.unless(!m.lists("token_endpoint_auth_signing_alg_values_supported", "none"), "client assertions may be unsigned")
	c.unless(len(m.list("token_endpoint_auth_signing_alg_values_supported")) > 0 || !assertions(m), "the algorithms of client assertions are missing")
	for _, name := range m.list("subject_types_supported") {
		c.unless(name == "public" || name == "pairwise", "there is no subject type %s", name)
	}
	return c
}

func assertions(m document) bool {
	return m.lists("token_endpoint_auth_methods_supported", "private_key_jwt") || m.lists("token_endpoint_auth_methods_supported", "client_secret_jwt")
}

func checkMember(name string, value any, k kind) complaints {
	var c complaints
	switch text, isText := value.(string); k {
	case kindText:
		c.unless(isText && text != "", "%s is no text", name)
	case kindURL, kindLink:
		u, err := url.Parse(text)
		c.unless(err == nil && u.Host != "" && (u.Scheme == "https" || k == kindLink && u.Scheme == "http") && u.Fragment == "", "%s is no https URL: %v", name, value)
	case kindYesNo:
		_, yesNo := value.(bool)
		c.unless(yesNo, "%s is no boolean", name)
	case kindList:
		values, isList := value.([]any)
		c.unless(isList && len(values) > 0, "%s is no array, or empty", name)
		list := document{"": value}.list("")
		c.unless(len(list) == len(values), "%s has what is no string", name)
		slices.Sort(list)
		c.unless(len(slices.Compact(list)) == len(values), "%s has a value twice", name)
	}
	return c
}

// sameResponseType compares the words of two response types, whose order is free.
func sameResponseType(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

func supportsResponseType(m document, responseType string) bool {
	return slices.ContainsFunc(m.list("response_types_supported"), func(s string) bool { return sameResponseType(s, responseType) })
}

func TestMetadataRules(t *testing.T) {
	right := func() document {
		return document{
			"issuer": "https://op.example", "authorization_endpoint": "https://op.example/a", "token_endpoint": "https://op.example/t",
			"userinfo_endpoint": "https://op.example/u", "jwks_uri": "https://op.example/k", "response_types_supported": []any{"code"},
			"subject_types_supported": []any{"public"}, "id_token_signing_alg_values_supported": []any{"RS256"},
			"scopes_supported": []any{"openid"}, "claims_supported": []any{"sub"}, "claims_parameter_supported": true,
		}
	}
	if c := checkMetadata(right(), "https://op.example"); c != nil {
		t.Fatal(c)
	}
	for name, value := range map[string]any{
		"issuer": "https://op.example/", "authorization_endpoint": "http://op.example/a", "claims_supported": "sub", "surprise": true,
		"scopes_supported": []any{"profile"}, "response_types_supported": []any{}, "id_token_signing_alg_values_supported": []any{"ES256"},
		"claims_parameter_supported": "true", "subject_types_supported": []any{"public", "public"}, "acr_values_supported": []any{1.0},
		"token_endpoint_auth_methods_supported": []any{"private_key_jwt"}, "token_endpoint": nil,
	} {
		m := right()
		m[name] = value
		if checkMetadata(m, "https://op.example") == nil {
			t.Errorf("no complaint about %s %v", name, value)
		}
	}
	for _, name := range []string{"issuer", "jwks_uri", "claims_supported"} {
		m := right()
		delete(m, name)
		if !checkMetadata(m, "https://op.example").has(name) {
			t.Errorf("no complaint about the missing %s", name)
		}
	}
	if !supportsResponseType(document{"response_types_supported": []any{"token id_token"}}, "id_token token") {
		t.Error("the order of the words counts")
	}
}
