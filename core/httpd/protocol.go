package httpd

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/grant"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/token"
)

const (
	typeJSON  = "application/json"
	typeJWT   = "application/jwt"
	noStore   = "no-store"
	headerWWW = echo.HeaderWWWAuthenticate
)

// discovery answers the metadata, held ready as bytes (OpenID Connect Discovery
// section 4.2, RFC 8414 section 3). Any web page may read it.
func (s *Server) discovery(c echo.Context) error { return public(c, s.Metadata) }

// jwks answers the public keys (RFC 7517).
func (s *Server) jwks(c echo.Context) error { return public(c, s.JWKS()) }

func public(c echo.Context, document []byte) error {
	h := c.Response().Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cache-Control", "public, max-age=300")
	// net/http counts only what is shorter than its buffer.
	h.Set(echo.HeaderContentLength, strconv.Itoa(len(document)))
	return c.Blob(http.StatusOK, typeJSON, document)
}

// token is the token endpoint (RFC 6749 section 3.2).
func (s *Server) token(c echo.Context) error {
	secret(c)
	params, err := s.postForm(c)
	if err != nil {
		return s.refuseToken(c, oauth.AsError(err))
	}
	if c.Path() == oauth.PathRefresh {
		if refusal := onlyRefresh(params); refusal != nil {
			return s.refuseToken(c, refusal)
		}
	}
	header, refusal := authorization(c)
	if refusal != nil {
		return s.refuseToken(c, refusal)
	}
	answer, refusal := s.Grant.Answer(c.Request().Context(), grant.Request{
		Params:        params,
		Authorization: header,
		IP:            c.RealIP(),
		Correlation:   correlation(c),
	})
	if refusal != nil {
		return s.writeTokenError(c, refusal)
	}
	return c.Blob(http.StatusOK, typeJSON, answer)
}

// revoke is the revocation endpoint (RFC 7009 section 2). A success has no body.
func (s *Server) revoke(c echo.Context) error {
	secret(c)
	params, err := s.postForm(c)
	if err != nil {
		return s.refuseToken(c, oauth.AsError(err))
	}
	header, refusal := authorization(c)
	if refusal != nil {
		return s.refuseToken(c, refusal)
	}
	refusal = s.Grant.Revoke(c.Request().Context(), grant.Request{
		Params: params, Authorization: header, IP: c.RealIP(), Correlation: correlation(c),
	})
	if refusal != nil {
		if refusal.Status == http.StatusServiceUnavailable {
			c.Response().Header().Set(echo.HeaderRetryAfter, "10")
		}
		return s.writeTokenError(c, refusal)
	}
	return c.NoContent(http.StatusOK)
}

// authorization gives the Authorization header. A request with two of them names
// two parties, and which one a proxy in front of us looked at is not known.
func authorization(c echo.Context) (string, *oauth.Error) {
	headers := c.Request().Header.Values(echo.HeaderAuthorization)
	if len(headers) > 1 {
		return "", oauth.Refuse(oauth.CodeInvalidRequest, "authorization_repeated", "There is more than one Authorization header.")
	}
	return strings.Join(headers, ""), nil
}

// onlyRefresh keeps the refresh path to the one grant type that it is for.
func onlyRefresh(params oauth.Params) *oauth.Error {
	if name := params.Get("grant_type"); name != "" && name != core.GrantRefreshToken {
		return oauth.Refuse(oauth.CodeUnsupportedGrantType, "wrong_path", "This path takes grant_type=refresh_token only.")
	}
	return nil
}

// postForm reads the parameters of a POST that may carry none in its query
// (RFC 6749 section 3.2).
func (s *Server) postForm(c echo.Context) (oauth.Params, error) {
	if c.Request().URL.RawQuery != "" {
		return oauth.Params{}, oauth.Refuse(oauth.CodeInvalidRequest, "parameters_in_query", "Send the parameters in the body, not in the URL.")
	}
	b, err := body(c)
	if err != nil {
		return oauth.Params{}, err
	}
	params, err := oauth.ParseForm(c.Request().Header.Get(echo.HeaderContentType), b)
	if err == nil {
		c.Set(keyStep, params.Get("step"))
	}
	return params, err
}

// refuseToken refuses what never reached the grant pipeline, and records it.
func (s *Server) refuseToken(c echo.Context, refusal *oauth.Error) error {
	s.record(c, core.EventTokenRefused, refusal.Reason)
	return s.writeTokenError(c, refusal)
}

// writeTokenError answers as RFC 6749 section 5.2 says: a client that used the
// Authorization header gets a challenge with its 401.
func (s *Server) writeTokenError(c echo.Context, refusal *oauth.Error) error {
	s.logFailure(c, refusal)
	if refusal.Status == http.StatusUnauthorized {
		c.Response().Header().Set(headerWWW, oauth.BasicChallenge(s.Issuer))
	}
	return c.Blob(refusal.Status, typeJSON, refusal.Body())
}

// userInfo is the UserInfo endpoint (OpenID Connect Core section 5.3).
func (s *Server) userInfo(c echo.Context) error {
	secret(c)
	bearer, refusal := s.bearer(c)
	if refusal != nil {
		return s.refuseResource(c, refusal)
	}
	answer, refusal := s.Resources.UserInfo(c.Request().Context(), bearer)
	if refusal != nil {
		return s.writeResourceError(c, refusal)
	}
	// OpenID Connect Core section 5.3.2, MUST.
	if answer.JWT {
		return c.Blob(http.StatusOK, typeJWT, answer.Body)
	}
	return c.Blob(http.StatusOK, typeJSON, answer.Body)
}

// account answers the account in the shape that the client's plugin gives it.
func (s *Server) account(c echo.Context) error {
	secret(c)
	bearer, refusal := s.bearer(c)
	if refusal != nil {
		s.record(c, core.EventResourceRefused, refusal.Reason)
		return s.writeAccountError(c, refusal)
	}
	if query := c.Request().URL.RawQuery; query != "" && bearer.Token == "" {
		params, err := oauth.ParseQuery(query)
		if err != nil {
			s.record(c, core.EventResourceRefused, oauth.AsError(err).Reason)
			return s.writeAccountError(c, oauth.AsError(err))
		}
		bearer.Token, bearer.FromQuery = params.Get("accessToken"), true
	}
	document, refusal := s.Resources.Account(c.Request().Context(), bearer)
	if refusal != nil {
		return s.writeAccountError(c, refusal)
	}
	return c.Blob(http.StatusOK, typeJSON, document)
}

// bearer reads the access token from the header or, of a POST, from the form
// (RFC 6750 section 2). A request without one gets an empty token.
func (s *Server) bearer(c echo.Context) (token.Bearer, *oauth.Error) {
	bearer := token.Bearer{IP: c.RealIP(), Correlation: correlation(c)}
	form, refusal := s.bearerForm(c)
	if refusal != nil {
		return bearer, refusal
	}
	header, refusal := authorization(c)
	if refusal != nil {
		return bearer, refusal
	}
	bearer.Token, refusal = oauth.ParseBearer(header, form)
	if refusal != nil && refusal.Reason == oauth.ReasonTokenMissing {
		refusal = nil
	}
	return bearer, refusal
}

func (s *Server) bearerForm(c echo.Context) (oauth.Params, *oauth.Error) {
	r := c.Request()
	if r.Method != http.MethodPost || r.ContentLength == 0 {
		return oauth.Params{}, nil
	}
	b, err := body(c)
	if err != nil {
		return oauth.Params{}, oauth.AsError(err)
	}
	if len(b) == 0 || !strings.HasPrefix(r.Header.Get(echo.HeaderContentType), echo.MIMEApplicationForm) {
		return oauth.Params{}, nil
	}
	form, err := oauth.ParseForm(r.Header.Get(echo.HeaderContentType), b)
	return form, oauth.AsError(err)
}

func (s *Server) refuseResource(c echo.Context, refusal *oauth.Error) error {
	s.record(c, core.EventResourceRefused, refusal.Reason)
	return s.writeResourceError(c, refusal)
}

func (s *Server) writeResourceError(c echo.Context, refusal *oauth.Error) error {
	s.logFailure(c, refusal)
	c.Response().Header().Set(headerWWW, oauth.BearerChallenge(s.Issuer, refusal, ""))
	return c.Blob(refusal.Status, typeJSON, refusal.Body())
}

// pleaseLogIn is what Casdoor's clients expect instead of an account. The keys
// are those of a success.
const pleaseLogIn = `{"status":"error","msg":"Please login first","sub":"","name":"","data":null,"data2":null,"data3":null}`

// writeAccountError answers in the envelope of the account endpoint.
func (s *Server) writeAccountError(c echo.Context, refusal *oauth.Error) error {
	if refusal.Status != http.StatusUnauthorized {
		return s.writeResourceError(c, refusal)
	}
	c.Response().Header().Set(headerWWW, oauth.BearerChallenge(s.Issuer, refusal, ""))
	return c.Blob(refusal.Status, typeJSON, []byte(pleaseLogIn))
}

// secret marks an answer that nobody may keep (RFC 6749 section 5.1).
func secret(c echo.Context) {
	h := c.Response().Header()
	h.Set("Cache-Control", noStore)
	h.Set("Pragma", "no-cache")
}

// live answers as soon as the process serves.
func (s *Server) live(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", noStore)
	return c.String(http.StatusOK, "ok\n")
}

// ready answers 200 when everything that a request needs is there.
func (s *Server) ready(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", noStore)
	if err := s.Ready(c.Request().Context()); err != nil {
		s.Logger.Warn("not ready", "cause", err.Error())
		return c.String(http.StatusServiceUnavailable, "not ready\n")
	}
	return c.String(http.StatusOK, "ok\n")
}

// asset serves what the pages refer to.
func (s *Server) asset(c echo.Context) error {
	s.assets.ServeHTTP(c.Response(), c.Request())
	return nil
}

func (s *Server) page(c echo.Context, status int, page pageWith) error {
	look := s.look(c, page.Org)
	if framed(page.Page) {
		look.Theme = nil // nobody sees it, and it is the same for everybody
	}
	look.Here = s.here(c, page.Page)
	var document bytes.Buffer
	if err := s.Pages.Render(&document, page.Page, look); err != nil {
		return err
	}
	s.pageHeaders(c, page, look.Theme)
	// The whole of it is there: nobody has to wait for the end to know its length.
	c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(document.Len()))
	return c.Blob(status, "text/html; charset=utf-8", document.Bytes())
}
