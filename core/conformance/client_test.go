package conformance_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// registration is what a client says of itself (RFC 7591, OpenID Connect Dynamic Client
// Registration 1.0, RP-Initiated, Front-Channel and Back-Channel Logout 1.0).
type registration struct {
	Name                   string          `json:"client_name,omitempty"`
	Contacts               []string        `json:"contacts,omitempty"`
	RedirectURIs           []string        `json:"redirect_uris,omitempty"`
	ResponseTypes          []string        `json:"response_types,omitempty"`
	GrantTypes             []string        `json:"grant_types,omitempty"`
	Scope                  string          `json:"scope,omitempty"`
	Auth                   string          `json:"token_endpoint_auth_method,omitempty"`
	JWKS                   json.RawMessage `json:"jwks,omitempty"`
	JWKSURI                string          `json:"jwks_uri,omitempty"`
	LogoURI                string          `json:"logo_uri,omitempty"`
	PolicyURI              string          `json:"policy_uri,omitempty"`
	TermsURI               string          `json:"tos_uri,omitempty"`
	SectorURI              string          `json:"sector_identifier_uri,omitempty"`
	SubjectType            string          `json:"subject_type,omitempty"`
	IDTokenAlg             string          `json:"id_token_signed_response_alg,omitempty"`
	UserInfoAlg            string          `json:"userinfo_signed_response_alg,omitempty"`
	RequestAlg             string          `json:"request_object_signing_alg,omitempty"`
	RequestURIs            []string        `json:"request_uris,omitempty"`
	InitiateLoginURI       string          `json:"initiate_login_uri,omitempty"`
	PostLogoutRedirectURIs []string        `json:"post_logout_redirect_uris,omitempty"`
	BackchannelURI         string          `json:"backchannel_logout_uri,omitempty"`
	BackchannelSession     bool            `json:"backchannel_logout_session_required,omitempty"`
	FrontchannelURI        string          `json:"frontchannel_logout_uri,omitempty"`
	FrontchannelSession    bool            `json:"frontchannel_logout_session_required,omitempty"`
}

// client is a relying party that is registered.
type client struct {
	registration
	x          *trial
	id, secret string
	key        *rpKey // for private_key_jwt and signed request objects
	answer     document
}

const (
	rpOrigin = "https://rp.example"
	callback = rpOrigin + "/callback"
	goodbye  = rpOrigin + "/post-logout"
)

// client registers a relying party as the variant says; edit changes what it says of
// itself.
func (x *trial) client(edit ...func(*registration)) *client {
	x.Helper()
	c := &client{x: x, key: ourKey("rp-1"), registration: x.wish(edit...)}
	if x.dynamic {
		got := x.register(c.registration)
		x.complain("registration", got.isJSON(http.StatusCreated))
		if got.json == nil || got.status != http.StatusCreated {
			x.FailNow()
		}
		bad := c.checkRegistered(got)
		x.complain("registration", bad)
		c.answer, c.id, c.secret = got.json, got.json.text("client_id"), got.json.text("client_secret")
		x.Cleanup(c.unregister)
		if bad != nil {
			x.FailNow() // the rest is about what was asked for
		}
		return c
	}
	created, err := x.app.Admin.CreateClient(context.Background(), operator, admin.NewClient{Name: c.Name, Edit: c.edit})
	if err != nil {
		x.Fatalf("the client was not made: %v", err)
	}
	c.id, c.secret = created.Client.ID, created.Secret
	return c
}

// wish is what a client of the variant says of itself.
func (x *trial) wish(edit ...func(*registration)) registration {
	r := registration{
		Name: "rp-" + rand.Text(), RedirectURIs: []string{callback}, ResponseTypes: []string{x.responseType}, Auth: x.auth,
		Contacts: []string{"rp@rp.example"}, PostLogoutRedirectURIs: []string{goodbye},
	}
	if !x.dynamic { // the suite registers without, and asks for scopes all the same
		r.Scope = "openid profile email address phone offline_access"
	}
	if x.yields("code") {
		r.GrantTypes = append(r.GrantTypes, core.GrantAuthorizationCode, core.GrantRefreshToken)
	}
	if x.yields("id_token") || x.yields("token") {
		r.GrantTypes = append(r.GrantTypes, core.GrantImplicit)
	}
	for _, f := range edit {
		f(&r)
	}
	if r.Auth == core.AuthPrivateKeyJWT && r.JWKSURI == "" && r.JWKS == nil {
		r.JWKS = jwks(ourKey("rp-1"))
	}
	return r
}

// register asks for a registration.
func (x *trial) register(r registration) answered {
	x.Helper()
	request := must(http.NewRequest(http.MethodPost, x.metadata.text("registration_endpoint"), bytes.NewReader(must(json.Marshal(r)))))
	request.Header.Set("Content-Type", "application/json")
	return x.send(x.T, request)
}

// checkRegistered compares what was registered with what was asked for (RFC 7591
// section 3.2.1).
func (c *client) checkRegistered(got answered) complaints {
	var asked document
	if err := json.Unmarshal(must(json.Marshal(c.registration)), &asked); err != nil {
		return complaints{err.Error()}
	}
	var bad complaints
	for name, value := range asked {
		bad.unless(string(must(json.Marshal(got.json[name]))) == string(must(json.Marshal(value))), "%s is %v, asked for was %v", name, got.json[name], value)
	}
	bad.unless(got.json.text("client_id") != "", "there is no client_id")
	hasSecret := got.json.has("client_secret")
	bad.unless(!hasSecret || got.json.has("client_secret_expires_at"), "client_secret_expires_at is missing")
	bad.unless(hasSecret || c.Auth == core.AuthPrivateKeyJWT, "there is no client_secret")
	bad.unless(got.json.has("registration_client_uri") == got.json.has("registration_access_token"), "registration_client_uri and its token belong together")
	bad.unless(strings.HasPrefix(got.json.text("registration_client_uri"), "https://"), "registration_client_uri is %q", got.json.text("registration_client_uri"))
	bad.unless(got.header.Get("Cache-Control") == "no-store", "the answer may be kept: %q", got.header.Get("Cache-Control"))
	return bad
}

// manage sends a request to the registration of the client (RFC 7592).
func (c *client) manage(method string) answered {
	c.x.Helper()
	r := must(http.NewRequest(method, c.answer.text("registration_client_uri"), nil))
	r.Header.Set("Authorization", "Bearer "+c.answer.text("registration_access_token"))
	return c.x.send(c.x.T, r)
}

// unregister ends the registration, as the suite does after each module.
func (c *client) unregister() {
	if got := c.manage(http.MethodDelete); got.status != http.StatusNoContent {
		c.x.Errorf("the registration was not deleted: status %d: %.200s", got.status, got.body)
	}
}

// edit makes what an operator would register for the client.
func (c *client) edit(to *core.Client) {
	r := c.registration
	to.RedirectURIs, to.PostLogoutRedirectURIs, to.Scopes = r.RedirectURIs, r.PostLogoutRedirectURIs, strings.Fields(r.Scope)
	to.GrantTypes, to.AuthMethods, to.ResponseTypes = r.GrantTypes, []string{r.Auth}, nil
	for _, responseType := range r.ResponseTypes {
		words := strings.Fields(responseType)
		slices.Sort(words)
		to.ResponseTypes = append(to.ResponseTypes, strings.Join(words, " "))
	}
	to.LogoURI, to.PolicyURI, to.TermsURI = r.LogoURI, r.PolicyURI, r.TermsURI
	if r.IDTokenAlg != "" {
		to.IDTokenAlg = r.IDTokenAlg
	}
	to.Metadata = core.ClientMetadata{
		Contacts: r.Contacts, JWKS: r.JWKS, JWKSURI: r.JWKSURI, SubjectType: r.SubjectType, SectorIdentifierURI: r.SectorURI, UserInfoAlg: r.UserInfoAlg,
		RequestObjectAlg: r.RequestAlg, RequestURIs: r.RequestURIs, InitiateLoginURI: r.InitiateLoginURI,
		FrontchannelLogoutURI: r.FrontchannelURI, FrontchannelLogoutSession: r.FrontchannelSession,
		BackchannelLogoutURI: r.BackchannelURI, BackchannelLogoutSession: r.BackchannelSession,
	}
}

// request is the authorization request that nearly every module sends; edits are pairs
// of name and value, an empty value takes the parameter out.
func (c *client) request(edits ...string) url.Values {
	values := url.Values{
		"client_id": {c.id}, "redirect_uri": {c.RedirectURIs[0]}, "response_type": {c.x.responseType}, "scope": {"openid"},
		// A state with everything that is easily damaged on the way.
		"state": {rand.Text() + " +%26&=?#/\\\"<>'~"}, "nonce": {rand.Text()},
	}
	if c.x.mode != "default" {
		values.Set("response_mode", c.x.mode)
	}
	return edited(values, edits...)
}

func edited(values url.Values, edits ...string) url.Values {
	for i := 0; i < len(edits); i += 2 {
		if edits[i+1] == "" {
			values.Del(edits[i])
		} else {
			values.Set(edits[i], edits[i+1])
		}
	}
	return values
}

// tokenRequest sends a form to the token endpoint as the client.
func (c *client) tokenRequest(form url.Values) answered {
	c.x.Helper()
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	endpoint := c.x.metadata.text("token_endpoint")
	switch c.Auth {
	case core.AuthPost:
		form.Set("client_id", c.id)
		form.Set("client_secret", c.secret)
	case core.AuthSecretJWT:
		c.assert(form, signSecret(c.secret, c.assertion(endpoint)))
	case core.AuthPrivateKeyJWT:
		c.assert(form, c.key.sign(c.assertion(endpoint)))
	}
	r := must(http.NewRequest(http.MethodPost, endpoint, strings.NewReader(form.Encode())))
	r.Header = header
	if c.Auth == core.AuthBasic {
		r.SetBasicAuth(url.QueryEscape(c.id), url.QueryEscape(c.secret))
	}
	return c.x.send(c.x.T, r)
}

// assertion says who the client is (RFC 7523 section 3), to the audience.
func (c *client) assertion(audience any) document {
	now := c.x.clock.Now()
	return document{
		"iss": c.id, "sub": c.id, "aud": audience, "jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
}

func (c *client) assert(form url.Values, assertion string) {
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	if !form.Has("client_assertion") {
		form.Set("client_assertion", assertion)
	}
}
