package upstream

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// Limits of a callback, in bytes.
const (
	maxCallback = 16 << 10
	maxCode     = 4 << 10
	maxIssuer   = 1 << 10
	maxName     = 64
)

// callback is what a provider's answer says (RFC 6749 section 4.1.2).
type callback struct {
	code, issuer string
	// others are for the connector.
	others hook.Object
}

// checkSize holds a callback to what is kept and read of one.
func checkSize(params url.Values) *problem {
	size := 0
	for name, values := range params {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	if len(params) > maxParameters || size > maxCallback {
		return broken("callback_too_large", "the callback has more than 32 parameters or 16 KiB")
	}
	return nil
}

// parseCallback checks a callback. What it says of an error comes after who says it:
// an error of another issuer is no answer (RFC 9207 section 2.4).
func parseCallback(params url.Values, k kept) (callback, error) {
	if err := checkSize(params); err != nil {
		return callback{}, err
	}
	for name, values := range params {
		switch {
		case len(values) != 1:
			return callback{}, broken("callback_twice", "a parameter of the callback is there twice")
		case len(name) > maxName || !utf8.ValidString(name) || !utf8.ValidString(values[0]):
			return callback{}, broken("callback_malformed", "a parameter of the callback is malformed")
		}
	}
	c := callback{code: params.Get("code"), issuer: params.Get("iss"), others: forConnector(params)}
	if err := k.checkIssuer(params); err != nil {
		return callback{}, err
	}
	if said := params.Get("error"); said != "" {
		return callback{}, errorOf(said, params)
	}
	switch {
	case c.code == "":
		return callback{}, broken("code_missing", "the callback has neither a code nor an error")
	case len(c.code) > maxCode || strings.ContainsFunc(c.code, notVisible):
		return callback{}, broken("code_malformed", "the code has more than 4 KiB or is malformed")
	}
	return c, nil
}

// notVisible holds a code to RFC 6749 appendix A.11.
func notVisible(c rune) bool { return c < ' ' || c > '~' }

// checkIssuer compares iss with whom the browser was sent to (RFC 9207 section 2.4). A
// provider of many tenants is compared when its ID token is: only that says which
// tenant it was. What an OAuth 2 server calls itself nobody said, so its host counts.
func (k *kept) checkIssuer(params url.Values) error {
	issuer := params.Get("iss")
	missing := issuer == "" && k.NamesItself && params.Get("error") == ""
	switch {
	case len(issuer) > maxIssuer:
		return broken("callback_malformed", "iss is too long")
	case missing:
		return broken("iss_missing", "the callback has no iss, which the provider always sends")
	case issuer == "" || strings.Contains(k.Issuer, "{"):
		return nil
	case k.Issuer != "" && issuer != k.Issuer, k.Issuer == "" && hostOf(issuer) != k.Host:
		return broken("iss_other", "the callback is from another issuer than the one that was asked")
	}
	return nil
}

func hostOf(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return ""
	}
	return u.Host
}

// withheld are parameters that no connector gets: what the host has for itself, and
// tokens, which have no place in a callback that was to bring a code.
var withheld = []string{"code", "state", "iss", "access_token", "id_token", "refresh_token", "token_type", "expires_in"}

// forConnector gives the parameters that a connector may read, sorted.
func forConnector(params url.Values) hook.Object {
	var others hook.Object
	for name := range params {
		if !slices.Contains(withheld, name) {
			others = append(others, hook.Member{Name: name, Value: hook.String(params.Get(name))})
		}
	}
	slices.SortFunc(others, func(a, b hook.Member) int { return strings.Compare(a.Name, b.Name) })
	return others
}

// cancelled are the errors with which providers say that the person gave up: that of
// RFC 6749 section 4.1.2.1, LinkedIn's, Apple's, and what others made of it.
var cancelled = []string{
	"access_denied", "user_cancelled_login", "user_cancelled_authorize", "user_cancelled", "user_canceled", "user_denied", "cancelled", "canceled",
}

// errorWord is what is written into the audit log of an error that somebody sent.
var errorWord = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// errorOf makes a refusal of what the provider says went wrong.
func errorOf(said string, params url.Values) *problem {
	more := oneLine(said+" "+params.Get("error_description"), 300)
	p := &problem{kind: core.UpstreamBroken, reason: "upstream_error", more: more, detail: map[string]string{"error": "malformed"}}
	if errorWord.MatchString(said) {
		p.detail["error"] = said
	}
	switch {
	case slices.Contains(cancelled, said):
		p.kind, p.reason = core.UpstreamCancelled, "upstream_cancelled"
	case said == "unmet_authentication_requirements": // the person cannot sign in as was asked
		p.kind, p.reason = core.UpstreamDenied, "upstream_unmet"
	}
	return p
}
