package httpd

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core/oauth"
)

// webfinger says where people of this server's hosts sign in (RFC 7033, OpenID Connect
// Discovery section 2). Any web page may ask (RFC 7033 section 5).
func (s *Server) webfinger(c echo.Context) error {
	c.Response().Header().Set(echo.HeaderAccessControlAllowOrigin, "*")
	answer, refusal := oauth.Webfinger(s.Issuer, c.Request().URL.RawQuery, s.hosts)
	if refusal != nil {
		return refusal
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=300")
	return c.Blob(http.StatusOK, "application/jrd+json", answer)
}
