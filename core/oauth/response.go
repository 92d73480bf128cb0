package oauth

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Response modes (OAuth 2.0 Multiple Response Type Encoding Practices section
// 2.1, OAuth 2.0 Form Post Response Mode).
const (
	ModeQuery    = "query"
	ModeFragment = "fragment"
	ModeFormPost = "form_post"
)

// Field is a parameter of a response.
type Field struct{ Name, Value string }

// Response is an authorization response, on its way to RedirectURI. With
// [ModeFormPost] the fields are posted there by a form, else [Response.URL] has
// them.
type Response struct {
	RedirectURI string
	Mode        string
	Fields      []Field
}

// AuthorizeResponse makes a response. It always says who answers (RFC 9207
// section 2, MUST, also of errors).
func AuthorizeResponse(redirectURI, mode, issuer string, fields ...Field) Response {
	all := append(fields[:len(fields):len(fields)], Field{"iss", issuer})
	return Response{RedirectURI: redirectURI, Mode: mode, Fields: all}
}

// Answer is what a request is answered with: what its response type asks for. It is
// full of secrets: never log it.
type Answer struct {
	Code        string
	AccessToken string
	ExpiresIn   time.Duration // of the access token
	Scopes      []string      // of the access token
	IDToken     string
}

// Issued answers the request (RFC 6749 sections 4.1.2 and 4.2.2, OpenID Connect Core
// sections 3.2.2.5 and 3.3.2.5). What the answer does not have is left out.
func (r *AuthorizeRequest) Issued(issuer string, a Answer) Response {
	var fields []Field
	if a.Code != "" {
		fields = append(fields, Field{"code", a.Code})
	}
	if a.AccessToken != "" {
		fields = append(fields, Field{"access_token", a.AccessToken}, Field{"token_type", "Bearer"},
			Field{"expires_in", strconv.FormatInt(int64(a.ExpiresIn/time.Second), 10)}, Field{"scope", FormatScope(a.Scopes)})
	}
	if a.IDToken != "" {
		fields = append(fields, Field{"id_token", a.IDToken})
	}
	if r.StateGiven {
		fields = append(fields, Field{"state", r.State})
	}
	return AuthorizeResponse(r.RedirectURI, r.ResponseMode, issuer, fields...)
}

// Refuse makes the refusal of the request that goes to its redirect URI.
func (r *AuthorizeRequest) Refuse(refusal *Error) *AuthorizeError {
	return &AuthorizeError{
		Error: refusal, RedirectURI: r.RedirectURI, ResponseMode: r.ResponseMode,
		State: r.State, StateGiven: r.StateGiven,
	}
}

// Shown reports whether the refusal is shown to the person and goes nowhere.
func (e *AuthorizeError) Shown() bool { return e.RedirectURI == "" }

// Response answers with the refusal (RFC 6749 section 4.1.2.1). It is for
// refusals that are not [AuthorizeError.Shown].
func (e *AuthorizeError) Response(issuer string) Response {
	fields := []Field{{"error", e.Code}}
	if e.Description != "" {
		fields = append(fields, Field{"error_description", e.Description})
	}
	if e.StateGiven {
		fields = append(fields, Field{"state", e.State})
	}
	return AuthorizeResponse(e.RedirectURI, e.ResponseMode, issuer, fields...)
}

// URL is where the browser is sent in the modes query and fragment. The query
// that the redirect URI has is kept as it is (RFC 6749 section 3.1.2, MUST).
func (r Response) URL() string {
	var b strings.Builder
	b.WriteString(r.RedirectURI)
	b.WriteByte(r.separator())
	for i, field := range r.Fields {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(field.Name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(field.Value))
	}
	return b.String()
}

func (r Response) separator() byte {
	switch {
	case r.Mode == ModeFragment:
		return '#'
	case strings.Contains(r.RedirectURI, "?"):
		return '&'
	}
	return '?'
}
