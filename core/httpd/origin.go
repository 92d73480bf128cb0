package httpd

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"
)

// Origins knows which web pages are of a client.
type Origins interface {
	// HasOrigin reports whether a client that is not disabled has a redirect URI of the
	// origin, as a browser writes it.
	HasOrigin(ctx context.Context, origin string) (bool, error)
}

// crossOrigin lets the pages of clients read the answers of an endpoint (Fetch standard,
// CORS). Cookies play no part there, and credentials are never allowed, so nothing is
// read that the page could not have asked for from its own server. All other origins, and
// null, get no such header; they are not refused, because the browser keeps the answer
// from them.
func (s *Server) crossOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		origins := c.Request().Header.Values(echo.HeaderOrigin)
		if len(origins) == 0 {
			return next(c)
		}
		h := c.Response().Header()
		h.Add(echo.HeaderVary, echo.HeaderOrigin)
		if len(origins) > 1 || s.Origins == nil {
			return next(c)
		}
		known, err := s.Origins.HasOrigin(c.Request().Context(), origins[0])
		if err != nil {
			s.Logger.Error("origins not read", slog.Any("cause", err), slog.String("correlation", correlation(c)))
		}
		if known {
			h.Set(echo.HeaderAccessControlAllowOrigin, origins[0])
			h.Set(echo.HeaderAccessControlExposeHeaders, headerWWW)
		}
		return next(c)
	}
}

// preflight answers what a browser asks before it sends such a request.
func (s *Server) preflight(c echo.Context) error {
	h := c.Response().Header()
	if h.Get(echo.HeaderAccessControlAllowOrigin) != "" {
		h.Set(echo.HeaderAccessControlAllowMethods, "GET, POST")
		h.Set(echo.HeaderAccessControlAllowHeaders, "Authorization, Content-Type")
		h.Set(echo.HeaderAccessControlMaxAge, "600")
	}
	return c.NoContent(http.StatusNoContent)
}
