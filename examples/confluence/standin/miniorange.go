package standin

import (
	"context"
	"slices"
	"strings"
)

// miniOrange is the OAuth/OpenID app of miniOrange with a custom provider.
type miniOrange struct {
	*Config
	openID bool // "Custom OpenID", else "Custom OAuth"
}

// begin sends the parameters in miniOrange's order; state and nonce only where
// the administrator switched them on, no PKCE, no response_mode.
func (m *miniOrange) begin(context.Context, start) (string, proof, error) {
	parameters := []parameter{
		{"client_id", m.ClientID},
		{"scope", m.Scope},
		{"redirect_uri", m.RedirectURI()},
		{"response_type", "code"},
	}
	var sent proof
	for _, optional := range []struct {
		name  string
		on    bool
		value *string
	}{{"nonce", m.Nonce, &sent.nonce}, {"state", m.State, &sent.state}} {
		if !optional.on {
			continue
		}
		code, err := m.randomCode()
		if err != nil {
			return "", proof{}, err
		}
		*optional.value = code
		parameters = append(parameters, parameter{optional.name, code})
	}
	return withQuery(m.AuthorizationURL, parameters), sent, nil
}

// redeem gets the attributes: all from the ID token in "Custom OpenID", all from
// the UserInfo URL in "Custom OAuth".
func (m *miniOrange) redeem(ctx context.Context, code string, sent proof) (*answer, error) {
	body := []parameter{
		{"redirect_uri", m.RedirectURI()},
		{"grant_type", "authorization_code"},
		{"code", code},
	}
	basic := ""
	if m.ClientAuth == Basic {
		// Not form-encoded first, against RFC 6749 section 2.3.1.
		basic = m.ClientID + ":" + m.ClientSecret
	} else {
		body = append(body, parameter{"client_id", m.ClientID}, parameter{"client_secret", m.ClientSecret})
	}
	document, _, err := m.tokens(ctx, m.TokenURL, body, basic)
	if err != nil {
		return nil, err
	}
	got := &answer{idToken: document.str("id_token"), accessToken: document.str("access_token")}
	if m.openID {
		return got, m.readIDToken(ctx, got, sent)
	}
	return got, m.readUserInfo(ctx, got)
}

func (m *miniOrange) readIDToken(ctx context.Context, got *answer, sent proof) error {
	if got.idToken == "" {
		failure := fail(stepToken, "the provider gives no id_token")
		if !slices.Contains(strings.Fields(m.Scope), "openid") {
			failure.Hint = "Custom OpenID takes every attribute from it: add openid to the scopes."
		}
		return failure
	}
	token, err := m.verifyIDToken(ctx, got.idToken, m.JWKSURL, tokenRules{
		algs:     []string{"RS256", "RS512"},
		leeway:   0,
		audience: onlyAudience,
		nonce:    sent.nonce,
	})
	got.document, got.text = token.claims, string(token.payload)
	return err
}

func (m *miniOrange) readUserInfo(ctx context.Context, got *answer) error {
	if got.accessToken == "" {
		return fail(stepToken, "the provider gives no access_token")
	}
	address := m.UserInfoURL
	if strings.HasSuffix(address, "=") {
		address += got.accessToken // beside the header
	}
	came, err := m.get(ctx, address, got.accessToken)
	if err != nil {
		return fail(stepUserInfo, "%s does not answer: %v", m.UserInfoURL, err)
	}
	// The status is ignored: a refusal shows in the missing attributes.
	got.document, err = parseObject(came.body)
	if err != nil {
		return fail(stepUserInfo, "%s answers with status %d and no JSON object (%v): %s", m.UserInfoURL, came.status, err, shorten(came.body))
	}
	got.text = string(came.body)
	return nil
}

func (m *miniOrange) identify(_ context.Context, got *answer) (*Identity, error) {
	identity := got.identity()
	identity.UserName = firstText(got.document, m.UserName)
	identity.DisplayName = firstText(got.document, m.DisplayName)
	identity.Email = firstText(got.document, m.Email)
	// Exact strings; what is an object has no value under this name.
	identity.Groups, _ = lookup(got.document, m.Groups)
	if identity.UserName == "" {
		return identity, fail(stepUser, "the answer has no user name: no attribute %q", m.UserName).
			hint("Compare the attribute mapping with the attributes on the page Test Configuration.")
	}
	return identity, nil
}

// alarms are the words that make "Test Configuration" show a failure wherever
// they are in the JSON text.
var alarms = [...]string{"error", "invalid_client", "invalid_token", "invalid_scope"}

// substringTest is that test.
func substringTest(text string) error {
	for _, alarm := range alarms {
		if strings.Contains(text, alarm) {
			return fail("Test Configuration", "the answer has the text %q in it, which counts as a failure wherever it is", alarm)
		}
	}
	return nil
}
