package oauth

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/strict"
)

// Registration is what a client says of itself (RFC 7591 section 2, OpenID Connect
// Dynamic Client Registration 1.0 section 2): the members that somebody may set. What
// only an operator decides has no member here, so no request can reach it.
type Registration struct {
	RedirectURIs           []string `json:"redirect_uris,omitempty"`
	PostLogoutRedirectURIs []string `json:"post_logout_redirect_uris,omitempty"`
	ResponseTypes          []string `json:"response_types,omitempty"`
	GrantTypes             []string `json:"grant_types,omitempty"`
	AuthMethod             string   `json:"token_endpoint_auth_method,omitempty"`
	Name                   string   `json:"client_name,omitempty"`
	ClientURI              string   `json:"client_uri,omitempty"`
	LogoURI                string   `json:"logo_uri,omitempty"`
	PolicyURI              string   `json:"policy_uri,omitempty"`
	TermsURI               string   `json:"tos_uri,omitempty"`
	Scope                  string   `json:"scope,omitempty"`
	IDTokenAlg             string   `json:"id_token_signed_response_alg,omitempty"`
	core.ClientMetadata

	SoftwareStatement string `json:"software_statement,omitempty"`
	// ClientID and Secret are there when a client changes what it registered (RFC 7592
	// section 2.2).
	ClientID string `json:"client_id,omitempty"`
	Secret   string `json:"client_secret,omitempty"`
	// What the server alone says, which a change must not have.
	Token           json.RawMessage `json:"registration_access_token,omitempty"`
	URI             json.RawMessage `json:"registration_client_uri,omitempty"`
	SecretExpiresAt json.RawMessage `json:"client_secret_expires_at,omitempty"`
	IssuedAt        json.RawMessage `json:"client_id_issued_at,omitempty"`
}

// ParseRegistration reads the body of a registration. It knows types and the members
// of the standards, and leaves out what nothing is done with; whether the values are
// right is decided later. The error is invalid_redirect_uri, invalid_client_metadata or
// invalid_software_statement (RFC 7591 section 3.2.2).
func ParseRegistration(body []byte) (*Registration, *Error) {
	members, err := strict.Members(body)
	if err != nil {
		return nil, &Error{
			Code: CodeInvalidClientMetadata, Description: "The body must be a JSON object in which no member is there twice.",
			Reason: "registration_malformed", Status: statusOf(CodeInvalidClientMetadata), Cause: err,
		}
	}
	known := map[string]json.RawMessage{}
	for name, value := range members {
		// A null is as good as nothing. Others than plain lower-case names are none of ours,
		// though the decoder would take them for such.
		if string(value) != "null" && isPlainName(name) {
			known[name] = value
		}
	}
	plain, err := json.Marshal(known)
	if err != nil {
		return nil, Failed(err)
	}
	r := &Registration{}
	if err := json.Unmarshal(plain, r); err != nil {
		return nil, wrongType(err)
	}
	if r.SoftwareStatement != "" {
		return nil, Refuse(CodeInvalidSoftware, "software_statement", "Software statements are not accepted here.")
	}
	r.forget()
	return r, nil
}

func isPlainName(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') })
}

// wrongType names the member whose value is of another type than it must be.
func wrongType(err error) *Error {
	field := ""
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		field, _, _ = strings.Cut(strings.TrimPrefix(wrong.Field, "ClientMetadata."), ".")
	}
	refusal := Refuse(CodeInvalidClientMetadata, "registration_type", "A member of the body has a value of the wrong type.")
	if isPlainName(field) && field != "" {
		refusal.Description = "The member " + field + " has a value of the wrong type."
	}
	if field == "redirect_uris" {
		refusal.Code = CodeInvalidRedirectURI
	}
	refusal.Cause = err
	return refusal
}

// forget drops what this server does nothing with, so that the answer does not promise
// it.
func (r *Registration) forget() {
	supported := Supported()
	has := supported.Has
	m := &r.ClientMetadata
	if !has(MemberJWKS) {
		m.JWKS = nil
	}
	if !has(MemberJWKSURI) {
		m.JWKSURI = ""
	}
	if !has(MemberSectorURI) {
		m.SectorIdentifierURI = ""
	}
	if !has(MemberInitiateLogin) {
		m.InitiateLoginURI = ""
	}
	if !has(MemberRequestURIs) {
		m.RequestURIs = nil
	}
	if !has(MemberDefaultMaxAge) {
		m.DefaultMaxAge = nil
	}
	if !has(MemberRequireAuthTime) {
		m.RequireAuthTime = false
	}
	if !has(MemberDefaultACRValues) {
		m.DefaultACRValues = nil
	}
	if !has(MemberFrontchannelLogout) {
		m.FrontchannelLogoutURI, m.FrontchannelLogoutSession = "", false
	}
	if !has(MemberBackchannelLogout) {
		m.BackchannelLogoutURI, m.BackchannelLogoutSession = "", false
	}
}

// Fill makes the client what the registration says, with the defaults of OpenID Connect
// Dynamic Client Registration section 2. Scopes are those that a client gets which names
// none. All that a registration has no member for stays as it is.
func (r *Registration) Fill(c *core.Client, scopes []string) *Error {
	asked, refusal := ParseScope(r.Scope)
	if refusal != nil {
		refusal.Code = CodeInvalidClientMetadata
		return refusal
	}
	if c.Scopes = asked; asked == nil {
		c.Scopes = slices.Clone(scopes)
	}
	c.Metadata = r.ClientMetadata
	c.Native = r.ApplicationType == "native"
	c.RedirectURIs, c.PostLogoutRedirectURIs = r.RedirectURIs, r.PostLogoutRedirectURIs
	c.ResponseTypes, c.GrantTypes = r.responseTypes(), r.grantTypes()
	c.AuthMethods = []string{r.authMethod()}
	c.RequirePKCE = c.Public()
	c.DisplayName, c.ClientURI, c.LogoURI, c.PolicyURI, c.TermsURI = r.Name, r.ClientURI, r.LogoURI, r.PolicyURI, r.TermsURI
	c.IDTokenAlg = cmp.Or(r.IDTokenAlg, "RS256")
	return nil
}

// responseTypes are those that are registered. A client that gets no codes and no
// tokens from the browser has none.
func (r *Registration) responseTypes() []string {
	if len(r.ResponseTypes) == 0 {
		if len(r.GrantTypes) > 0 && !slices.Contains(r.GrantTypes, core.GrantAuthorizationCode) {
			return nil
		}
		return []string{ResponseTypeCode}
	}
	types := make([]string, len(r.ResponseTypes))
	for i, words := range r.ResponseTypes {
		types[i] = SortResponseType(words)
	}
	return types
}

// grantTypes are those that are registered, or else those that the response types need,
// which is authorization_code by default.
func (r *Registration) grantTypes() []string {
	if len(r.GrantTypes) > 0 {
		return r.GrantTypes
	}
	var types []string
	for _, responseType := range r.responseTypes() {
		types = append(types, GrantTypesFor(responseType)...)
	}
	if len(types) == 0 {
		return []string{core.GrantAuthorizationCode}
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// authMethod is the one method that a client registers. A native application cannot keep
// a secret (RFC 8252 section 8.5), so its default is another one.
func (r *Registration) authMethod() string {
	if r.AuthMethod == "" && r.ApplicationType == "native" {
		return core.AuthNone
	}
	return cmp.Or(r.AuthMethod, core.AuthBasic)
}

// Registered is what a registration is answered with (RFC 7591 section 3.2.1, RFC 7592
// section 3).
type Registered struct {
	Client *core.Client
	URI    string // where the client reads, changes and deletes what it registered
	Token  string // for that; a secret
	Secret string // empty unless one was made just now
}

// Body is the document: all that is registered, defaults among it. It holds secrets.
func (a Registered) Body() []byte {
	c := a.Client
	document := struct {
		ClientID  string `json:"client_id"`
		IssuedAt  int64  `json:"client_id_issued_at"`
		Secret    string `json:"client_secret,omitempty"`
		ExpiresAt *int64 `json:"client_secret_expires_at,omitempty"`
		Token     string `json:"registration_access_token"`
		URI       string `json:"registration_client_uri"`
		Registration
	}{
		ClientID: c.ID, IssuedAt: c.CreatedAt.Unix(), Secret: a.Secret, Token: a.Token, URI: a.URI,
		Registration: Registration{
			RedirectURIs: c.RedirectURIs, PostLogoutRedirectURIs: c.PostLogoutRedirectURIs,
			ResponseTypes: c.ResponseTypes, GrantTypes: c.GrantTypes, AuthMethod: c.AuthMethods[0],
			Name: c.DisplayName, ClientURI: c.ClientURI, LogoURI: c.LogoURI, PolicyURI: c.PolicyURI, TermsURI: c.TermsURI,
			Scope: FormatScope(c.Scopes), IDTokenAlg: c.IDTokenAlg, ClientMetadata: c.Metadata,
		},
	}
	document.ApplicationType = cmp.Or(document.ApplicationType, "web")
	document.SubjectType = cmp.Or(document.SubjectType, "public")
	if a.Secret != "" {
		document.ExpiresAt = new(int64(0)) // never (RFC 7591 section 3.2.1)
	}
	body, err := json.Marshal(document)
	if err != nil {
		panic(err) // strings, numbers and a key set that was parsed always become JSON
	}
	return body
}
