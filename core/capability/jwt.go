package capability

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/sdk/hook"
)

const maxLeeway = 300 // seconds

// verifyJWT is jwt.verify.
func (s *Set) verifyJWT(ctx context.Context, caller *core.PluginCaller, r *hook.JWTVerifyRequest) (*hook.JWTVerifyAnswer, error) {
	if err := checkVerify(r); err != nil {
		return nil, err
	}
	expect := jose.Foreign{
		Algorithms: r.Algorithms, Issuer: r.Issuer, Audience: r.Audience,
		Now: s.options.Now(), Leeway: time.Duration(r.Leeway) * time.Second,
	}
	verified, err := s.verifyBy(ctx, caller, r, expect)
	if err != nil {
		return nil, explainToken("the token", err)
	}
	header, errHeader := hook.ParseObject(verified.Header)
	claims, errClaims := hook.ParseObject(verified.Payload)
	if err := errors.Join(errHeader, errClaims); err != nil {
		return nil, refused("the token is malformed: %v", err)
	}
	return &hook.JWTVerifyAnswer{Header: header, Claims: claims}, nil
}

func checkVerify(r *hook.JWTVerifyRequest) error {
	sources := 0
	for _, given := range []bool{r.JWKSURI != "", len(r.JWKS) > 0, r.Secret != ""} {
		if given {
			sources++
		}
	}
	switch {
	case r.Token == "":
		return invalid("there is no token")
	case r.Leeway < 0 || r.Leeway > maxLeeway:
		return invalid("leeway is 0 to %d seconds", maxLeeway)
	case sources > 1:
		return invalid("the keys come from one of jwks, jwks_uri and secret")
	case sources == 0 && r.Issuer == "":
		return invalid("the keys come from jwks, jwks_uri or secret, or from the issuer, and none is given")
	}
	// A secret verifies HS256 and nothing else, and a public key never HS256: else
	// whoever knows the public key could sign.
	known := jose.ForeignAlgs()
	if r.Secret != "" {
		known = []string{jose.HS256}
	}
	for _, alg := range r.Algorithms {
		if !slices.Contains(known, alg) {
			return invalid("the algorithm %.40q is none of %s", alg, strings.Join(known, ", "))
		}
	}
	return nil
}

// verifyBy takes the keys from where the request says.
func (s *Set) verifyBy(ctx context.Context, caller *core.PluginCaller, r *hook.JWTVerifyRequest, expect jose.Foreign) (jose.Foreigner, error) {
	switch {
	case r.Secret != "":
		secret, err := s.secret(caller, r.Secret)
		if err != nil {
			return jose.Foreigner{}, err
		}
		return jose.VerifyHMAC(r.Token, []byte(secret), expect)
	case len(r.JWKS) > 0:
		set, err := jose.ParseKeySet(r.JWKS.AppendJSON(nil))
		if err != nil {
			return jose.Foreigner{}, invalid("jwks: %v", err)
		}
		return set.Verify(r.Token, expect)
	case r.JWKSURI != "":
		if err := mayAsk(caller, hook.JWTVerify, r.JWKSURI); err != nil {
			return jose.Foreigner{}, err
		}
		return s.verify(ctx, r.JWKSURI, r.Token, expect)
	}
	provider, err := s.discover(ctx, caller, hook.JWTVerify, r.Issuer, false)
	if err != nil {
		return jose.Foreigner{}, err
	}
	return s.verify(ctx, provider.JWKSURI, r.Token, expect)
}

// verify takes the keys from the cache, and fetches them again for a token of a
// key that is new.
func (s *Set) verify(ctx context.Context, jwksURI, token string, expect jose.Foreign) (jose.Foreigner, error) {
	set, err := s.keySets.Get(ctx, jwksURI, false)
	if err != nil {
		return jose.Foreigner{}, err
	}
	verified, err := set.Verify(token, expect)
	if !errors.Is(err, jose.ErrNoKey) {
		return verified, err
	}
	if set, err = s.keySets.Get(ctx, jwksURI, true); err != nil {
		return jose.Foreigner{}, err
	}
	return set.Verify(token, expect)
}

// explainToken says which token is refused; errors that are not about it stay as
// they are.
func explainToken(which string, err error) error {
	for _, kind := range []error{
		jose.ErrMalformed, jose.ErrAlg, jose.ErrNoKey, jose.ErrSignature, jose.ErrClaims, jose.ErrExpired, jose.ErrSecret,
	} {
		if errors.Is(err, kind) {
			return refused("%s is refused: %v", which, err)
		}
	}
	return err
}
