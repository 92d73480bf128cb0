package httpd

import (
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/oauth"
)

var errPanic = errors.New("panic")

const (
	// maxBody bounds every request body but those with files; no message of the protocol
	// comes near it.
	maxBody = 64 << 10
	// maxUpload bounds a form with a picture: what is larger than a picture may be is read
	// as well, so that browsers read the answer.
	maxUpload = 4 * account.MaxPicture

	headerCorrelation = "X-Request-Id"
	keyCorrelation    = "correlation"
)

// begin gives the request its correlation id, and every answer the headers that
// are right for all of them.
func (s *Server) begin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		var raw [8]byte
		if _, err := io.ReadFull(s.Rand, raw[:]); err != nil {
			return err
		}
		correlation := hex.EncodeToString(raw[:])
		c.Set(keyCorrelation, correlation)
		h := c.Response().Header()
		h.Set(headerCorrelation, correlation)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		if s.https {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(c)
	}
}

// observe writes one line for each request: the route, never the query, which
// may hold a code or a token.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !s.Logger.Enabled(c.Request().Context(), slog.LevelDebug) {
			return next(c)
		}
		start := time.Now()
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		s.Logger.LogAttrs(c.Request().Context(), slog.LevelDebug, "request",
			slog.String("method", c.Request().Method),
			slog.String("route", c.Path()),
			slog.Int("status", c.Response().Status),
			slog.Duration("took", time.Since(start)),
			slog.String("ip", c.RealIP()),
			slog.String("correlation", correlation(c)))
		return nil
	}
}

// survive turns a panic into an error answer. The stack goes to the log alone.
func (s *Server) survive(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler { //nolint:errorlint // the sentinel that net/http compares
				panic(cause)
			}
			s.Logger.Error("panic", slog.Any("cause", cause), slog.String("stack", string(debug.Stack())),
				slog.String("route", c.Path()), slog.String("correlation", correlation(c)))
			err = oauth.Failed(errPanic)
		}()
		return next(c)
	}
}

// bound refuses bodies that are too large, announced or not. Programs take larger ones, and
// bound them themselves.
func (s *Server) bound(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.isProgram(c.Path()) {
			return next(c)
		}
		r, most := c.Request(), int64(maxBody)
		if c.Path() == pathAccount && isMultipart(c) {
			most = maxUpload
		}
		if upload := s.uploads[c.Path()]; upload > 0 && isMultipart(c) {
			most += upload
		}
		if r.ContentLength > most {
			// Else net/http would read what it announced before it answers.
			c.Response().Header().Set(echo.HeaderConnection, "close")
			return tooLarge()
		}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(c.Response(), r.Body, most)
		}
		return next(c)
	}
}

// body reads the whole body. A body that is too large or too slow is an error of
// its own.
func body(c echo.Context) ([]byte, error) {
	b, err := io.ReadAll(c.Request().Body)
	if err == nil {
		return b, nil
	}
	if _, exceeded := errors.AsType[*http.MaxBytesError](err); exceeded {
		return nil, tooLarge()
	}
	slow := oauth.Refuse(oauth.CodeInvalidRequest, "body_incomplete", "The body did not arrive in full and in time.")
	slow.Status, slow.Cause = http.StatusRequestTimeout, err
	return nil, slow
}

func tooLarge() *oauth.Error {
	refusal := oauth.Refuse(oauth.CodeInvalidRequest, "body_too_large", "The body is larger than what this address takes.")
	refusal.Status = http.StatusRequestEntityTooLarge
	return refusal
}

func correlation(c echo.Context) string {
	id, _ := c.Get(keyCorrelation).(string)
	return id
}

// isAPI says whether the answer to a path is for a program rather than a person.
func (s *Server) isAPI(path string) bool {
	if path == oauth.PathEndSession {
		return false
	}
	return s.isProgram(path) || strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/.well-known/")
}
