package standin

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tokenRules is how strictly a client looks at an ID token.
type tokenRules struct {
	algs     []string
	leeway   time.Duration // for exp, nbf and iat
	issuer   string        // empty: the client does not look
	audience func(aud value, clientID string) bool
	nonce    string // empty: none was sent
	needsSub bool
}

// jwt is a signed token taken apart.
type jwt struct {
	header, claims value
	payload        []byte // as it came
	signed         string
	signature      []byte
}

var errParts = errors.New("it has not three parts")

func parseJWT(raw string) (jwt, error) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return jwt{}, errParts
	}
	var decoded [3][]byte
	for i, part := range parts {
		bytes, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil {
			return jwt{}, err
		}
		decoded[i] = bytes
	}
	header, err := parseObject(decoded[0])
	if err != nil {
		return jwt{}, err
	}
	claims, err := parseObject(decoded[1])
	if err != nil {
		return jwt{}, err
	}
	return jwt{header, claims, decoded[1], parts[0] + "." + parts[1], decoded[2]}, nil
}

// verifyIDToken checks the signature with a key of the provider, then the claims.
func (c *Config) verifyIDToken(ctx context.Context, raw, jwksURL string, rules tokenRules) (jwt, error) {
	token, err := parseJWT(raw)
	if err != nil {
		return jwt{}, fail(stepIDToken, "the ID token is malformed: %v", err)
	}
	if err := c.verifySignature(ctx, token, jwksURL, rules.algs); err != nil {
		return jwt{}, err
	}
	for _, check := range []func(value, tokenRules) error{c.checkTimes, c.checkParties} {
		if err := check(token.claims, rules); err != nil {
			return jwt{}, err
		}
	}
	return token, nil
}

func (c *Config) verifySignature(ctx context.Context, token jwt, jwksURL string, algs []string) error {
	alg, kid := token.header.str("alg"), token.header.str("kid")
	digest, hash, err := digestOf(alg, algs, token.signed)
	if err != nil {
		return err
	}
	if kid == "" {
		return fail(stepIDToken, "the ID token does not name its key (kid)")
	}
	key, err := c.fetchKey(ctx, jwksURL, kid)
	if err != nil {
		return err
	}
	if err := rsa.VerifyPKCS1v15(key, hash, digest, token.signature); err != nil {
		return fail(stepIDToken, "the signature of the ID token is wrong: %v", err)
	}
	return nil
}

func digestOf(alg string, allowed []string, signed string) ([]byte, crypto.Hash, error) {
	for _, candidate := range allowed {
		switch {
		case candidate != alg:
		case alg == "RS256":
			digest := sha256.Sum256([]byte(signed))
			return digest[:], crypto.SHA256, nil
		case alg == "RS512":
			digest := sha512.Sum512([]byte(signed))
			return digest[:], crypto.SHA512, nil
		}
	}
	return nil, 0, fail(stepIDToken, "the ID token is signed with %q; this client knows %s", alg, strings.Join(allowed, ", ")).
		hint("Set the ID token algorithm of the client to RS256 at the provider.")
}

// checkTimes compares exp, nbf and iat with the clock of this machine.
func (c *Config) checkTimes(claims value, rules tokenRules) error {
	const hint = "This client allows %s between the clocks: set both machines by NTP."
	now := c.Now()
	exp, err := instant(claims, "exp")
	if err != nil {
		return err
	}
	if !now.Before(exp.Add(rules.leeway)) {
		return fail(stepIDToken, "the ID token expired at %s, and here it is %s", stamp(exp), stamp(now)).hint(hint, rules.leeway)
	}
	for _, name := range []string{"iat", "nbf"} {
		if _, found := claims.get(name); !found && name == "nbf" {
			continue
		}
		from, err := instant(claims, name)
		if err != nil {
			return err
		}
		if from.Add(-rules.leeway).After(now) {
			return fail(stepIDToken, "%s of the ID token is %s, and here it is only %s", name, stamp(from), stamp(now)).hint(hint, rules.leeway)
		}
	}
	return nil
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05.000 MST") }

// instant reads a NumericDate (RFC 7519 section 2), whole seconds only.
func instant(claims value, name string) (time.Time, error) {
	found, ok := claims.get(name)
	if !ok {
		return time.Time{}, fail(stepIDToken, "the ID token has no %s", name)
	}
	seconds, err := strconv.ParseInt(found.text, 10, 64)
	if found.kind != numberKind || err != nil || seconds < 0 || seconds > math.MaxInt32*1000 {
		return time.Time{}, fail(stepIDToken, "%s of the ID token is no whole number of seconds", name)
	}
	return time.Unix(seconds, 0), nil
}

func (c *Config) checkParties(claims value, rules tokenRules) error {
	if issuer := claims.str("iss"); rules.issuer != "" && issuer != rules.issuer {
		return fail(stepIDToken, "the ID token was issued by %q, and %q is configured", issuer, rules.issuer).
			hint("Both have to be equal to the letter, a slash at the end included.")
	}
	if aud, _ := claims.get("aud"); !rules.audience(aud, c.ClientID) {
		return fail(stepIDToken, "the ID token is for somebody else: its aud is not %q", c.ClientID)
	}
	if rules.nonce != "" && claims.str("nonce") != rules.nonce {
		return fail(stepIDToken, "the nonce of the ID token is not the one that was sent")
	}
	if rules.needsSub && claims.str("sub") == "" {
		return fail(stepIDToken, "the ID token has no sub")
	}
	return nil
}

// onlyAudience wants the client id as a string or as an array's only element.
func onlyAudience(aud value, clientID string) bool {
	if aud.kind == arrayKind && len(aud.items) == 1 {
		aud = aud.items[0]
	}
	return aud.kind == stringKind && aud.text == clientID
}

// oneAudience wants the client id among others or alone.
func oneAudience(aud value, clientID string) bool {
	if aud.kind == stringKind {
		return aud.text == clientID
	}
	return slices.ContainsFunc(aud.items, func(item value) bool {
		return item.kind == stringKind && item.text == clientID
	})
}
