package clientkey

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/core/oauth"
)

const (
	// maxAssertionLife is how far ahead exp may be: as long must a jti be remembered.
	maxAssertionLife = time.Hour
	// skew is how far a client's clock may be ahead, for that bound.
	skew   = 30 * time.Second
	maxJTI = 1 << 10
)

// Claimant gives the client that an assertion claims to be of (RFC 7523 section 3: sub
// MUST be the client_id), empty if none can be read.
func (s *Service) Claimant(assertion string) string {
	claimed, err := jose.Peek(assertion)
	if err != nil {
		return ""
	}
	return claimed.Subject
}

// Assertion verifies what the client signed to prove who it is (OpenID Connect Core
// section 9, RFC 7523 section 3), and gives the change that uses it up. Keys and
// addresses of keys in its header are not looked at.
func (s *Service) Assertion(ctx context.Context, client *core.Client, assertion string) (core.UseAssertion, *oauth.Error) {
	if !signs(client) {
		return core.UseAssertion{}, wrongMethod()
	}
	claimed, err := jose.Peek(assertion)
	if err != nil {
		return core.UseAssertion{}, explainAssertion(err)
	}
	algs, refusal := assertionAlgs(client, claimed.Alg)
	if refusal != nil {
		return core.UseAssertion{}, refusal
	}
	if !isAssertionType(claimed.Typ) {
		return core.UseAssertion{}, refuseAssertion("type", "The typ of the client assertion is that of something else.")
	}
	now := s.Now()
	verified, err := s.verify(ctx, client, assertion, claimed.Alg, jose.Foreign{Algorithms: algs, Issuer: client.ID, Now: now})
	if err != nil {
		return core.UseAssertion{}, explainAssertion(err)
	}
	if refusal := s.checkAssertion(client, &verified, now); refusal != nil {
		return core.UseAssertion{}, refusal
	}
	return core.UseAssertion{Hash: core.AssertionHash(client.ID, verified.Text("jti")), ExpiresAt: verified.ExpiresAt}, nil
}

func signs(client *core.Client) bool {
	return slices.Contains(client.AuthMethods, core.AuthSecretJWT) || slices.Contains(client.AuthMethods, core.AuthPrivateKeyJWT)
}

func wrongMethod() *oauth.Error {
	return oauth.Refuse(oauth.CodeInvalidClient, "client_auth_method", "The client may not authenticate in this way.")
}

// assertionAlgs are those with which the client may sign, as far as they belong to the
// method that the assertion's own belongs to.
func assertionAlgs(client *core.Client, alg string) ([]string, *oauth.Error) {
	method, algs := core.AuthPrivateKeyJWT, oauth.ClientKeyAlgs()
	if alg == jose.HS256 {
		method, algs = core.AuthSecretJWT, []string{jose.HS256}
	}
	registered := client.Metadata.TokenAuthAlg
	switch {
	case !slices.Contains(algs, alg) || registered != "" && alg != registered:
		return nil, refuseAssertion("alg", "The client may not sign its assertions with this algorithm.")
	case !slices.Contains(client.AuthMethods, method):
		return nil, wrongMethod()
	case registered != "":
		return []string{registered}, nil
	}
	return algs, nil
}

// isAssertionType admits an assertion without typ, with the type of every JWT, or with
// its own. A token that says that it is something else is not taken for an assertion
// (RFC 8725 section 3.11).
func isAssertionType(typ string) bool {
	return typ == "" || strings.EqualFold(typ, jose.TypJWT) || strings.EqualFold(typ, "client-authentication+jwt")
}

// checkAssertion checks what a signature says nothing about. That it was issued by the
// client, is valid by now and has an exp, the signature's check found.
func (s *Service) checkAssertion(client *core.Client, a *jose.Foreigner, now time.Time) *oauth.Error {
	jti := a.Text("jti")
	switch {
	case a.Subject != client.ID:
		return refuseAssertion("subject", "The sub of the client assertion is not the client_id.")
	case !slices.Contains(a.Audience, s.Issuer) && !slices.Contains(a.Audience, s.Issuer+oauth.PathToken):
		return refuseAssertion("audience", "The aud of the client assertion is neither the issuer nor the token endpoint.")
	case a.ExpiresAt.After(now.Add(maxAssertionLife + skew)):
		return refuseAssertion("life", "The client assertion is valid for too long: its exp may be an hour ahead.")
	case jti == "" || len(jti) > maxJTI:
		return refuseAssertion("jti", "The client assertion has no jti, or one that is too long.")
	}
	return nil
}

// explainAssertion says why a signature does not hold. A key that is not there and a
// wrong signature get the answer that a client gets that does not exist.
func explainAssertion(err error) *oauth.Error {
	const wrong = "The client credentials are wrong."
	refusal := refuseAssertion("keys", "The keys of the client cannot be had, or not be used.")
	switch {
	case errors.Is(err, jose.ErrMalformed):
		refusal = refuseAssertion("malformed", "The client assertion is malformed.")
	case errors.Is(err, jose.ErrNoKey):
		refusal = refuseAssertion("key", wrong)
	case errors.Is(err, jose.ErrSignature):
		refusal = refuseAssertion("signature", wrong)
	case errors.Is(err, jose.ErrExpired):
		refusal = refuseAssertion("expired", "The client assertion has expired.")
	case errors.Is(err, jose.ErrClaims):
		refusal = refuseAssertion("claims", "The client assertion is not valid now, has no exp, or its iss is not the client_id.")
	}
	refusal.Cause = err
	return refusal
}

func refuseAssertion(reason, description string) *oauth.Error {
	return oauth.Refuse(oauth.CodeInvalidClient, "client_assertion_"+reason, description)
}
