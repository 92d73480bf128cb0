package httpd

import (
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/oauth"
)

const paramClient = "client"

// registration are the routes with which clients register themselves, where they may.
func (s *Server) registration(e *echo.Echo) {
	if !s.Admin.Registration.On() {
		return
	}
	own := oauth.PathRegister + "/:" + paramClient
	e.POST(oauth.PathRegister, s.register)
	e.GET(own, s.readRegistration)
	e.PUT(own, s.changeRegistration)
	e.DELETE(own, s.unregister)
}

// register is the client registration endpoint (RFC 7591 section 3, OpenID Connect
// Dynamic Client Registration 1.0 section 3).
func (s *Server) register(c echo.Context) error {
	secret(c)
	token, document, refusal := s.registrationRequest(c)
	if refusal != nil {
		return s.refuseRegistration(c, refusal)
	}
	registered, refusal := s.Admin.Register(c.Request().Context(), registrant(c), token, document)
	if refusal != nil {
		return s.writeRegistrationError(c, refusal)
	}
	return c.Blob(http.StatusCreated, typeJSON, registered.Body())
}

// readRegistration is the client configuration endpoint (RFC 7592 section 2), as are the
// two below.
func (s *Server) readRegistration(c echo.Context) error {
	secret(c)
	token, refusal := registrationToken(c)
	if refusal != nil {
		return s.refuseRegistration(c, refusal)
	}
	registered, refusal := s.Admin.ReadRegistration(c.Request().Context(), registrant(c), c.Param(paramClient), token)
	if refusal != nil {
		return s.writeRegistrationError(c, refusal)
	}
	return c.Blob(http.StatusOK, typeJSON, registered.Body())
}

func (s *Server) changeRegistration(c echo.Context) error {
	secret(c)
	token, document, refusal := s.registrationRequest(c)
	if refusal != nil {
		return s.refuseRegistration(c, refusal)
	}
	registered, refusal := s.Admin.ChangeRegistration(c.Request().Context(), registrant(c), c.Param(paramClient), token, document)
	if refusal != nil {
		return s.writeRegistrationError(c, refusal)
	}
	return c.Blob(http.StatusOK, typeJSON, registered.Body())
}

func (s *Server) unregister(c echo.Context) error {
	secret(c)
	token, refusal := registrationToken(c)
	if refusal != nil {
		return s.refuseRegistration(c, refusal)
	}
	if refusal := s.Admin.Unregister(c.Request().Context(), registrant(c), c.Param(paramClient), token); refusal != nil {
		return s.writeRegistrationError(c, refusal)
	}
	return c.NoContent(http.StatusNoContent)
}

// registrationRequest reads token and body.
func (s *Server) registrationRequest(c echo.Context) (token string, document *oauth.Registration, refusal *oauth.Error) {
	if token, refusal = registrationToken(c); refusal != nil {
		return "", nil, refusal
	}
	kind, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || kind != typeJSON {
		return "", nil, oauth.Refuse(oauth.CodeInvalidClientMetadata, "content_type", "The body must be application/json.")
	}
	b, err := body(c)
	if err != nil {
		return "", nil, oauth.AsError(err)
	}
	document, refusal = oauth.ParseRegistration(b)
	return token, document, refusal
}

// registrationToken reads the bearer token, from the header alone. There may be none.
func registrationToken(c echo.Context) (string, *oauth.Error) {
	header, refusal := authorization(c)
	if refusal != nil {
		return "", refusal
	}
	token, refusal := oauth.ParseBearer(header, oauth.Params{})
	if refusal != nil && refusal.Reason == oauth.ReasonTokenMissing && header == "" {
		return "", nil
	}
	return token, refusal
}

func registrant(c echo.Context) admin.Actor {
	return admin.Actor{Name: "registration", IP: c.RealIP(), Correlation: correlation(c)}
}

// refuseRegistration refuses what nobody decided about yet, and records it.
func (s *Server) refuseRegistration(c echo.Context, refusal *oauth.Error) error {
	s.record(c, core.EventRegistrationRefused, refusal.Reason)
	return s.writeRegistrationError(c, refusal)
}

// writeRegistrationError answers as RFC 7591 section 3.2.2 and RFC 6750 section 3 say.
func (s *Server) writeRegistrationError(c echo.Context, refusal *oauth.Error) error {
	s.logFailure(c, refusal)
	switch refusal.Status {
	case http.StatusUnauthorized:
		c.Response().Header().Set(headerWWW, oauth.BearerChallenge(s.Issuer, refusal, ""))
	case http.StatusTooManyRequests:
		c.Response().Header().Set(echo.HeaderRetryAfter, "3600")
	}
	return c.Blob(refusal.Status, typeJSON, refusal.Body())
}
