package oauth

import (
	"encoding/json"
	"slices"

	"github.com/postern-id/postern/core"
)

// metadata is what discovery says (OpenID Connect Discovery section 3, RFC 8414
// section 2, RFC 8628 section 4). Clients warn of members that no specification knows, so there are
// none, and nothing is listed that does not work.
type metadata struct {
	Issuer                string   `json:"issuer"`
	Authorization         string   `json:"authorization_endpoint"`
	Token                 string   `json:"token_endpoint"`
	DeviceAuthorization   string   `json:"device_authorization_endpoint"`
	Revocation            string   `json:"revocation_endpoint"`
	UserInfo              string   `json:"userinfo_endpoint"`
	JWKS                  string   `json:"jwks_uri"`
	Registration          string   `json:"registration_endpoint,omitempty"`
	EndSession            string   `json:"end_session_endpoint"`
	CheckSession          string   `json:"check_session_iframe,omitempty"`
	Scopes                []string `json:"scopes_supported"`
	ResponseTypes         []string `json:"response_types_supported"`
	ResponseModes         []string `json:"response_modes_supported"`
	GrantTypes            []string `json:"grant_types_supported"`
	SubjectTypes          []string `json:"subject_types_supported"`
	ACRs                  []string `json:"acr_values_supported"`
	IDTokenAlgs           []string `json:"id_token_signing_alg_values_supported"`
	TokenAuthMethods      []string `json:"token_endpoint_auth_methods_supported"`
	TokenAuthAlgs         []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	RevocationMethods     []string `json:"revocation_endpoint_auth_methods_supported"`
	RevocationAlgs        []string `json:"revocation_endpoint_auth_signing_alg_values_supported"`
	ClaimTypes            []string `json:"claim_types_supported"`
	Claims                []string `json:"claims_supported"`
	ChallengeMethods      []string `json:"code_challenge_methods_supported"`
	Prompts               []string `json:"prompt_values_supported"`
	UILocales             []string `json:"ui_locales_supported"`
	FrontchannelLogout    bool     `json:"frontchannel_logout_supported"`
	FrontchannelSession   bool     `json:"frontchannel_logout_session_supported"`
	BackchannelLogout     bool     `json:"backchannel_logout_supported"`
	BackchannelSession    bool     `json:"backchannel_logout_session_supported"`
	ResponseIssuer        bool     `json:"authorization_response_iss_parameter_supported"`
	ClaimsParameter       bool     `json:"claims_parameter_supported"`
	RequestParameter      bool     `json:"request_parameter_supported"`
	RequestURIParameter   bool     `json:"request_uri_parameter_supported"`
	RequestURIRegistering bool     `json:"require_request_uri_registration"`
	RequestObjectAlgs     []string `json:"request_object_signing_alg_values_supported"`
	UserInfoAlgs          []string `json:"userinfo_signing_alg_values_supported"`
	IDTokenEncryptAlgs    []string `json:"id_token_encryption_alg_values_supported"`
	IDTokenEncryptEncs    []string `json:"id_token_encryption_enc_values_supported"`
	UserInfoEncryptAlgs   []string `json:"userinfo_encryption_alg_values_supported"`
	UserInfoEncryptEncs   []string `json:"userinfo_encryption_enc_values_supported"`
}

// UILocales are the languages that pages are in (BCP 47), as what ui_locales may ask for.
func UILocales() []string { return []string{"en", "de", "fr", "es", "pt", "zh", "ja"} }

// Feature is something that an operator turns on.
type Feature string

// Features.
const (
	// FeatureRegistration lets clients register themselves.
	FeatureRegistration Feature = "registration"
	// FeatureSessions lets clients watch sessions (OpenID Connect Session Management 1.0).
	FeatureSessions Feature = "session_management"
)

// Metadata is the discovery document of the issuer, which has no slash at its
// end; algs are the algorithms that sign ID tokens. Compute it once.
func Metadata(issuer string, algs []string, features ...Feature) []byte {
	supported := Supported()
	document := metadata{
		Issuer:              issuer,
		Authorization:       issuer + PathAuthorize,
		Token:               issuer + PathToken,
		DeviceAuthorization: issuer + PathDeviceAuthorization,
		Revocation:          issuer + PathRevoke,
		UserInfo:            issuer + PathUserInfo,
		JWKS:                issuer + PathJWKS,
		EndSession:          issuer + PathEndSession,
		Scopes:              StandardScopes(),
		ResponseTypes:       supported.ResponseTypes,
		ResponseModes:       []string{ModeQuery, ModeFragment, ModeFormPost},
		GrantTypes:          supported.GrantTypes,
		SubjectTypes:        supported.SubjectTypes,
		ACRs:                []string{core.ACROne, core.ACRTwo, core.ACRPhishingResistant},
		IDTokenAlgs:         append(algs[:len(algs):len(algs)], AlgNone),
		TokenAuthMethods:    supported.AuthMethods,
		TokenAuthAlgs:       supported.ClientAuthAlgs,
		RevocationMethods:   supported.AuthMethods,
		RevocationAlgs:      supported.ClientAuthAlgs,
		ClaimTypes:          []string{"normal"},
		Claims:              supportedClaims(),
		ChallengeMethods:    []string{MethodS256},
		Prompts:             []string{PromptNone, PromptLogin, PromptConsent, PromptSelectAccount},
		UILocales:           UILocales(),
		ResponseIssuer:      true,
		ClaimsParameter:     true,

		RequestParameter: true, RequestURIParameter: true, RequestURIRegistering: true,
		RequestObjectAlgs:  supported.RequestObjectAlgs,
		UserInfoAlgs:       algs,
		IDTokenEncryptAlgs: supported.EncryptionAlgs, IDTokenEncryptEncs: supported.EncryptionEncs,
		UserInfoEncryptAlgs: supported.EncryptionAlgs, UserInfoEncryptEncs: supported.EncryptionEncs,
		FrontchannelLogout: supported.Has(MemberFrontchannelLogout), FrontchannelSession: supported.Has(MemberFrontchannelLogout),
		BackchannelLogout: supported.Has(MemberBackchannelLogout), BackchannelSession: supported.Has(MemberBackchannelLogout),
	}
	if slices.Contains(features, FeatureRegistration) {
		document.Registration = issuer + PathRegister
	}
	if slices.Contains(features, FeatureSessions) {
		document.CheckSession = issuer + PathCheckSession
	}
	text, err := json.Marshal(document)
	if err != nil {
		panic(err) // strings and booleans always become JSON
	}
	return text
}

// AlgNone is that of what is not signed, where a client has registered that.
const AlgNone = "none"

// AlgHMAC is the algorithm of what a client signs with its secret.
const AlgHMAC = "HS256"

// ClientAlgs returns the algorithms that clients may sign with: those of keys, then that
// of a secret.
func ClientAlgs() []string { return append(ClientKeyAlgs(), AlgHMAC) }

// ClientKeyAlgs returns those of keys alone.
func ClientKeyAlgs() []string {
	return []string{"RS256", "ES256", "EdDSA", "PS256", "RS384", "RS512", "ES384", "ES512", "PS384", "PS512"}
}

// EncryptionAlgs returns how the server agrees on a key with a client that it encrypts
// to.
func EncryptionAlgs() []string {
	return []string{"RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"}
}

// ContentEncryptions returns how it encrypts content then, the default first.
func ContentEncryptions() []string {
	return []string{"A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"}
}

func supportedClaims() []string {
	claims := []string{"iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "c_hash"}
	for _, scope := range StandardScopes() {
		claims = append(claims, ScopeClaims(scope)...)
	}
	return claims
}
