package oidc

import (
	"slices"
	"strings"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// How a client proves who it is (OpenID Connect Core section 9), and Apple's way.
const (
	AuthBasic        = "client_secret_basic"
	AuthPost         = "client_secret_post"
	AuthPrivateKey   = "private_key_jwt"
	AuthSignedSecret = "signed_client_secret"
	AuthNone         = "none"
)

// Provider is an OpenID provider and our client there.
type Provider struct {
	Issuer    string
	AnyIssuer bool // the provider has an issuer for each of its tenants
	ClientID  string
	// AuthMethod is one of the above; empty is AuthBasic. KeyID and KeyIssuer are of the
	// private key, where it has one.
	AuthMethod, KeyID, KeyIssuer string
	Scopes                       []string // openid is added
	ResponseMode                 string   // empty, query or form_post
	UserInfo                     bool     // ask the UserInfo endpoint too
}

// Ask is what of a request the provider is told.
type Ask struct {
	// Extra are parameters that are always sent. What the request asks for replaces those
	// of the same name.
	Extra hook.Object
	// Passes are the parameters of the request that the provider knows: login_hint,
	// ui_locales, acr_values. The others are not sent.
	Passes []string
	// Prompts are the values of prompt that the provider knows, likewise. Instead is one
	// that it does not know, and the one of Prompts that comes nearest.
	Prompts []string
	Instead [2]string
	// Prompt is sent where the request has none that the provider knows.
	Prompt string
	// MaxAge sends max_age=0 beside prompt=login, so that the provider says in auth_time
	// when the person proved who they are (OpenID Connect Core section 3.1.2.1).
	MaxAge bool
	// ACRValues are asked for where the request asks for none.
	ACRValues []string
}

// Parameters of a request that are passed on.
const (
	LoginHint = "login_hint"
	UILocales = "ui_locales"
	ACRValues = "acr_values"
)

// Values of prompt (OpenID Connect Core section 3.1.2.1).
const (
	PromptLogin         = "login"
	PromptSelectAccount = "select_account"
	PromptConsent       = "consent"
)

// Begin sends the browser to the provider.
func (p *Provider) Begin(in *hook.LoginInput, ask Ask) *hook.LoginOutput {
	return &hook.LoginOutput{Redirect: &hook.LoginRedirect{
		Issuer:       p.Issuer,
		AnyIssuer:    p.AnyIssuer,
		ClientID:     p.ClientID,
		Scopes:       withOpenID(p.Scopes),
		Parameters:   ask.parameters(in),
		ResponseMode: p.ResponseMode,
	}}
}

// Finish exchanges the code, and gives what the provider says of the person.
func (p *Provider) Finish() (Claims, error) {
	answer, err := postern.ExchangeOIDC(&hook.OIDCExchangeRequest{
		Issuer:     p.Issuer,
		AnyIssuer:  p.AnyIssuer,
		ClientID:   p.ClientID,
		Secret:     p.secret(),
		AuthMethod: p.AuthMethod,
		KeyID:      p.KeyID,
		KeyIssuer:  p.KeyIssuer,
		UserInfo:   p.UserInfo,
	})
	if err != nil {
		return Claims{}, err
	}
	return Claims{answer.Claims, answer.UserInfo}, nil
}

// secret names what the client proves itself with.
func (p *Provider) secret() string {
	switch p.AuthMethod {
	case AuthNone:
		return ""
	case AuthPrivateKey, AuthSignedSecret:
		return PrivateKey
	default:
		return ClientSecret
	}
}

// parameters are those that only this kind of provider gets; the host adds the others.
func (a *Ask) parameters(in *hook.LoginInput) hook.Object {
	list := slices.Clone(a.Extra)
	set := func(name, value string) {
		if value != "" {
			list.Set(name, hook.String(value))
		}
	}
	pass := func(name, value string) {
		if slices.Contains(a.Passes, name) {
			set(name, value)
		}
	}
	prompt := a.prompt(in.Prompt)
	set("prompt", prompt)
	if a.MaxAge && hasWord(prompt, PromptLogin) {
		set("max_age", "0")
	}
	classes := in.ACRValues
	if len(classes) == 0 {
		classes = a.ACRValues
	}
	pass(LoginHint, in.LoginHint)
	pass(UILocales, strings.Join(in.UILocales, " "))
	pass(ACRValues, strings.Join(classes, " "))
	return list
}

// prompt keeps of what is asked for what the provider knows.
func (a *Ask) prompt(asked string) string {
	var kept []string
	for _, prompt := range a.Prompts {
		if hasWord(asked, prompt) || prompt == a.Instead[1] && hasWord(asked, a.Instead[0]) {
			kept = append(kept, prompt)
		}
	}
	if len(kept) == 0 {
		return a.Prompt
	}
	return strings.Join(kept, " ")
}

func hasWord(list, word string) bool {
	for len(list) > 0 {
		var first string
		first, list, _ = strings.Cut(list, " ")
		if first == word {
			return true
		}
	}
	return false
}

// withOpenID puts the scope openid first: without it nobody is signed in (OpenID
// Connect Core section 3.1.2.1).
func withOpenID(scopes []string) []string {
	list := []string{"openid"}
	for _, scope := range scopes {
		if scope != "openid" {
			list = append(list, scope)
		}
	}
	return list
}
