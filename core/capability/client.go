package capability

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
)

// How a client authenticates at a token endpoint (OpenID Connect Core section 9). With
// the last two the secret is a private key.
const (
	authBasic  = "client_secret_basic"
	authPost   = "client_secret_post"
	authNone   = "none"
	authKey    = "private_key_jwt"
	authSigned = "signed_client_secret" // Apple's
)

var authMethods = []string{authBasic, authPost, authNone, authKey, authSigned}

// Lifetimes of what a client signs. Apple takes up to six months; who would need more
// than this sign-in does?
const (
	assertionLife    = time.Minute
	signedSecretLife = 5 * time.Minute
)

const (
	typeAssertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" // RFC 7523 section 2.2
	maxKeyID      = 256
)

// client is ours at a provider.
type client struct {
	id     string
	method string
	secret string
	// assertion is what was signed instead of the secret.
	assertion        string
	keyID, keyIssuer string
}

// check checks what a plugin says, and fills in the method.
func (c *client) check(secret string) error {
	switch {
	case c.id == "":
		return invalid("there is no client_id")
	case c.method != "" && !slices.Contains(authMethods, c.method):
		return invalid("auth_method is one of %s, not %.40q", strings.Join(authMethods, ", "), c.method)
	case secret == "" && c.method != "" && c.method != authNone:
		return invalid("%s needs the name of a secret", c.method)
	case secret != "" && c.method == authNone:
		return invalid("a client that authenticates with %s has no secret", authNone)
	case c.method == authSigned && (c.keyID == "" || c.keyIssuer == ""):
		return invalid("%s needs key_id and key_issuer", authSigned)
	case len(c.keyID) > maxKeyID || len(c.keyIssuer) > maxIssuer:
		return invalid("key_id or key_issuer is too long")
	}
	if c.method == "" {
		c.method = authNone
		if secret != "" {
			c.method = authBasic
		}
	}
	return nil
}

// sign makes what the method needs of the private key. Secret is its name; the issuer is
// that of the provider.
func (s *Set) sign(caller *core.PluginCaller, c *client, secret, endpoint, issuer string) error {
	claims := assertion{Issuer: c.id, Subject: c.id, Audience: endpoint}
	life, algs := assertionLife, []string(nil)
	switch c.method {
	case authKey:
	case authSigned:
		claims.Issuer, claims.Audience = c.keyIssuer, issuer
		life, algs = signedSecretLife, []string{jose.ES256}
	default:
		return nil
	}
	now := s.options.Now()
	claims.IssuedAt, claims.ExpiresAt = now.Unix(), now.Add(life).Unix()
	var raw [16]byte
	if _, err := io.ReadFull(s.options.Rand, raw[:]); err != nil {
		return fmt.Errorf("draw a jti: %w", err)
	}
	claims.ID = base64.RawURLEncoding.EncodeToString(raw[:])
	payload, err := json.Marshal(claims)
	if err != nil {
		return err
	}
	if c.assertion, err = jose.SignFor(c.secret, c.keyID, payload, algs...); err != nil {
		return unavailable("the secret %s of the instance %q cannot be used for %s: %v; the operator sets it again with: postern plugin secret set %s %s",
			secret, caller.Instance, c.method, err, caller.Instance, secret)
	}
	return nil
}

// assertion is what a client signs (RFC 7523 section 3).
type assertion struct {
	Issuer    string `json:"iss"`
	Subject   string `json:"sub"`
	Audience  string `json:"aud"`
	ID        string `json:"jti"`
	IssuedAt  int64  `json:"iat"`
	ExpiresAt int64  `json:"exp"`
}

// authenticate puts the proof into a token request.
func (c *client) authenticate(header http.Header, form url.Values) {
	if c.method == authBasic {
		// Both are form-encoded first (RFC 6749 section 2.3.1).
		pair := url.QueryEscape(c.id) + ":" + url.QueryEscape(c.secret)
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
		return
	}
	form.Set("client_id", c.id)
	switch c.method {
	case authPost:
		form.Set("client_secret", c.secret)
	case authKey:
		form.Set("client_assertion_type", typeAssertion)
		form.Set("client_assertion", c.assertion)
	case authSigned:
		form.Set("client_secret", c.assertion)
	}
}
