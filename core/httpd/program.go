package httpd

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core/bearer"
)

// programRoutes mounts what answers programs, each at a prefix and below. It answers every
// method itself, refuses in its own words, and bounds the bodies that it reads: see [bound].
func (s *Server) programRoutes(e *echo.Echo) {
	for prefix, handler := range s.Programs {
		serve := program(handler)
		e.Any(prefix, serve)
		e.Any(prefix+"/*", serve)
		// Methods that Echo has not heard of.
		e.RouteNotFound(prefix, serve)
		e.RouteNotFound(prefix+"/*", serve)
	}
}

// program has a handler answer that knows nothing of Echo. It is told where the request comes
// from, which the connection does not say behind a proxy.
func program(handler http.Handler) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		from := bearer.Origin{IP: c.RealIP(), Correlation: correlation(c)}
		handler.ServeHTTP(c.Response(), r.WithContext(bearer.WithOrigin(r.Context(), from)))
		return nil
	}
}

// isProgram says whether a route, or a path, is of one of the programs.
func (s *Server) isProgram(path string) bool {
	for prefix := range s.Programs {
		if path == prefix || strings.HasPrefix(path, prefix+"/") {
			return true
		}
	}
	return false
}
