package standin

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// atlassian is the OpenID Connect client that Confluence Data Center brings.
type atlassian struct{ *Config }

// begin always sends state and nonce, never PKCE; prompt=login when somebody has
// to show again who they are.
func (a *atlassian) begin(ctx context.Context, asked start) (string, proof, error) {
	provider, err := a.discover(ctx)
	if err != nil {
		return "", proof{}, err
	}
	state, err := a.randomCode()
	if err != nil {
		return "", proof{}, err
	}
	nonce, err := a.randomCode()
	if err != nil {
		return "", proof{}, err
	}
	parameters := []parameter{
		{"response_type", "code"},
		{"client_id", a.ClientID},
		{"scope", a.scope()},
		{"redirect_uri", a.RedirectURI()},
		{"state", state},
		{"nonce", nonce},
	}
	if asked.reauthenticate {
		parameters = append(parameters, parameter{"prompt", "login"})
	}
	if asked.loginHint != "" {
		parameters = append(parameters, parameter{"login_hint", asked.loginHint})
	}
	return withQuery(provider.authorization, parameters), proof{state, nonce}, nil
}

// scope is openid and the configured ones.
func (a *atlassian) scope() string {
	scopes := strings.Fields(a.Scope)
	if !slices.Contains(scopes, "openid") {
		scopes = slices.Insert(scopes, 0, "openid")
	}
	return strings.Join(scopes, " ")
}

func (a *atlassian) redeem(ctx context.Context, code string, sent proof) (*answer, error) {
	provider, err := a.discover(ctx)
	if err != nil {
		return nil, err
	}
	body := []parameter{
		{"grant_type", "authorization_code"},
		{"code", code},
		{"redirect_uri", a.RedirectURI()},
	}
	document, status, err := a.tokens(ctx, provider.token, body, formEncoded(a.ClientID, a.ClientSecret))
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fail(stepToken, "%s answers with status %d", provider.token, status)
	}
	got := &answer{idToken: document.str("id_token"), accessToken: document.str("access_token")}
	if got.idToken == "" {
		return nil, fail(stepToken, "the provider gives no id_token")
	}
	token, err := a.verifyIDToken(ctx, got.idToken, provider.jwks, tokenRules{
		algs:     []string{"RS256"},
		leeway:   60 * time.Second,
		issuer:   a.Issuer,
		audience: oneAudience,
		nonce:    sent.nonce,
		needsSub: true,
	})
	got.document, got.text = token.claims, string(token.payload)
	return got, err
}

// identify takes the user name from the ID token or else from UserInfo, and the
// rest, which a new user is made of, from the ID token only.
func (a *atlassian) identify(ctx context.Context, got *answer) (*Identity, error) {
	identity := got.identity()
	name, missing := expand(a.UserName, got.document)
	if missing != "" {
		info, err := a.userInfo(ctx, got)
		if err != nil {
			return identity, err
		}
		if name, missing = expand(a.UserName, info); missing != "" {
			return identity, fail(stepUser, "neither the ID token nor UserInfo has %q as a string, which the user name %s needs", missing, a.UserName)
		}
	}
	identity.UserName = name
	return identity, a.justInTime(identity, got.document)
}

func (a *atlassian) justInTime(identity *Identity, claims value) error {
	for _, part := range []struct {
		expression string
		into       *string
	}{{a.DisplayName, &identity.DisplayName}, {a.Email, &identity.Email}} {
		text, missing := expand(part.expression, claims)
		if missing != "" {
			return fail(stepUser, "the ID token has no %q as a string, which just-in-time provisioning needs for %s", missing, part.expression)
		}
		*part.into = text
	}
	groups, found := claims.get(a.Groups)
	if !found || groups.kind != arrayKind {
		return fail(stepUser, "the ID token has no list %q of groups; just-in-time provisioning needs one, which may be empty", a.Groups)
	}
	for _, group := range groups.items {
		if group.kind != stringKind {
			return fail(stepUser, "%q of the ID token is no list of strings", a.Groups)
		}
		identity.Groups = append(identity.Groups, group.text)
	}
	return nil
}

func (a *atlassian) userInfo(ctx context.Context, got *answer) (value, error) {
	provider, err := a.discover(ctx)
	if err != nil {
		return value{}, err
	}
	came, err := a.get(ctx, provider.userInfo, got.accessToken)
	if err != nil {
		return value{}, fail(stepUserInfo, "%s does not answer: %v", provider.userInfo, err)
	}
	if came.status != http.StatusOK {
		return value{}, fail(stepUserInfo, "%s answers with status %d: %s", provider.userInfo, came.status, shorten(came.body))
	}
	info, err := parseObject(came.body)
	if err != nil {
		return value{}, fail(stepUserInfo, "the answer of %s is no JSON object: %v", provider.userInfo, err)
	}
	// OpenID Connect Core section 5.3.2: else it tells about somebody else.
	if info.str("sub") != got.document.str("sub") {
		return value{}, fail(stepUserInfo, "sub of UserInfo is not sub of the ID token")
	}
	return info, nil
}

// expand replaces each ${claim} of an expression; missing names the first that
// the claims do not have as a non-empty string.
func expand(expression string, claims value) (text, missing string) {
	claim := regexp.MustCompile(`\$\{([^}]*)\}`)
	text = claim.ReplaceAllStringFunc(expression, func(found string) string {
		name := found[2 : len(found)-1]
		replaced := claims.str(name)
		if replaced == "" && missing == "" {
			missing = name
		}
		return replaced
	})
	return strings.TrimSpace(text), missing
}
