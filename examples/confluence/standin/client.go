package standin

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

// client is one of the imitated relying parties. Its three methods are the three
// things that a sign-in does, in this order.
type client interface {
	// begin gives the address to send the browser to, and what to compare the
	// answer with.
	begin(context.Context, start) (string, proof, error)
	// redeem takes the code to the provider and brings the attributes.
	redeem(ctx context.Context, code string, sent proof) (*answer, error)
	// identify finds the user among the attributes.
	identify(context.Context, *answer) (*Identity, error)
}

// start is what the person asked for.
type start struct {
	reauthenticate bool
	loginHint      string
}

// proof is what was sent along; an empty field was not sent.
type proof struct{ state, nonce string }

// answer is what the provider told about the user.
type answer struct {
	document    value  // where the attributes come from
	text        string // the same, as it came
	idToken     string // empty if there was none
	accessToken string
}

// Identity is a user as the client understood the provider.
type Identity struct {
	UserName    string
	DisplayName string
	Email       string
	Groups      []string
	Attributes  []Attribute // all of them, in order
	Document    string      // the JSON text that they came from
	IDToken     string      // to sign out with, or empty
}

func (c *Config) client() client {
	if c.Mode == Atlassian {
		return &atlassian{c}
	}
	return &miniOrange{Config: c, openID: c.Mode == MiniOrangeOpenID}
}

func (a *answer) identity() *Identity {
	return &Identity{Attributes: flatten(a.document), Document: a.text, IDToken: a.idToken}
}

const (
	codeAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	codeLength   = 10
)

// randomCode makes a state or a nonce in miniOrange's form, 10 characters of A-Z
// and 0-9.
func (c *Config) randomCode() (string, error) {
	// Bytes from 252 on would make the first letters likelier.
	const fair = 256 - 256%len(codeAlphabet)
	var code []byte
	for len(code) < codeLength {
		var drawn [1]byte
		if _, err := c.Rand.Read(drawn[:]); err != nil {
			return "", fail(stepAuthorization, "no randomness: %v", err)
		}
		if int(drawn[0]) < fair {
			code = append(code, codeAlphabet[int(drawn[0])%len(codeAlphabet)])
		}
	}
	return string(code), nil
}

// tokens exchanges a code. A JSON key "error" is a refusal whatever the status,
// which is given for the client that looks at it.
func (c *Config) tokens(ctx context.Context, address string, body []parameter, basic string) (document value, status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(encode(body)))
	if err != nil {
		return value{}, 0, fail(stepToken, "the token URL is malformed")
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	if basic != "" {
		request.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(basic)))
	}
	came, err := c.send(request)
	if err != nil {
		return value{}, 0, fail(stepToken, "%s does not answer: %v", address, err)
	}
	document, err = parseObject(came.body)
	if err != nil {
		return value{}, 0, fail(stepToken, "%s answers with status %d and no JSON object (%v): %s", address, came.status, err, shorten(came.body))
	}
	return document, came.status, refusal(document)
}

// refusal reports an error answer of the token endpoint (RFC 6749 section 5.2).
func refusal(document value) error {
	if _, found := document.get("error"); !found {
		return nil
	}
	failure := fail(stepToken, "the provider refuses the code: %s %s", document.str("error"), document.str("error_description"))
	switch document.str("error") {
	case "invalid_client":
		failure.Hint = "Compare client id and client secret with the provider's, and whether it takes the secret in the header, in the body or both."
	case "invalid_grant":
		failure.Hint = "A code works once and for a minute. Start again from the front page."
	}
	return failure
}

// formEncoded prepares id and secret as RFC 6749 section 2.3.1 wants them in HTTP
// Basic.
func formEncoded(id, secret string) string {
	return url.QueryEscape(id) + ":" + url.QueryEscape(secret)
}
