package httpd

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

// fail answers a request that no handler answered: a page for people, JSON for
// programs. Every refusal of a request is recorded, except for paths that do not
// exist, which anybody may invent in any number.
func (s *Server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	refusal := refusalOf(err)
	s.logFailure(c, refusal)
	if refusal.Status != http.StatusNotFound {
		s.record(c, core.EventRequestRefused, refusal.Reason)
	}
	if err := s.writeFailure(c, refusal); err != nil {
		s.Logger.Error("no answer written", "cause", err.Error(), "correlation", correlation(c))
	}
}

func refusalOf(err error) *oauth.Error {
	if refusal, ok := errors.AsType[*oauth.Error](err); ok {
		return refusal
	}
	if problem, ok := errors.AsType[*echo.HTTPError](err); ok {
		switch problem.Code {
		case http.StatusNotFound:
			return withStatus(oauth.Refuse(oauth.CodeInvalidRequest, "not_found", "There is nothing at this address."), problem.Code)
		case http.StatusMethodNotAllowed:
			return withStatus(oauth.Refuse(oauth.CodeInvalidRequest, "method", "This address does not take this method."), problem.Code)
		}
		if problem.Code < http.StatusInternalServerError {
			return withStatus(oauth.Refuse(oauth.CodeInvalidRequest, "request", http.StatusText(problem.Code)+"."), problem.Code)
		}
	}
	return oauth.Failed(err)
}

func withStatus(refusal *oauth.Error, status int) *oauth.Error {
	refusal.Status = status
	return refusal
}

func (s *Server) writeFailure(c echo.Context, refusal *oauth.Error) error {
	if isAPI(c.Request().URL.Path) {
		secret(c)
		return c.Blob(refusal.Status, typeJSON, refusal.Body())
	}
	return s.errorPage(c, refusal, "")
}

// errorPage shows a refusal. Back is where one may try again; empty: nowhere.
func (s *Server) errorPage(c echo.Context, refusal *oauth.Error, back string) error {
	if refusal.Status == http.StatusServiceUnavailable || refusal.Status == http.StatusTooManyRequests {
		if c.Response().Header().Get(echo.HeaderRetryAfter) == "" {
			c.Response().Header().Set(echo.HeaderRetryAfter, "5")
		}
	}
	title, hint := explain(refusal)
	return s.page(c, refusal.Status, pageWith{Page: web.Error{
		Status: refusal.Status, Code: refusal.Code, Title: title,
		Description: refusal.Description, Hint: hint, Correlation: correlation(c),
		BackURL: back, BackText: backText(back),
	}})
}

// backText are the words for a way back.
func backText(back string) string {
	if back == flow.PathHome {
		return "Back to the start page"
	}
	return "Back to sign-in"
}

// explain says in a person's words what a refusal means and what to do.
func explain(refusal *oauth.Error) (title, hint string) {
	switch {
	case refusal.Status == http.StatusNotFound:
		return "There is no such page", "Check the address, or start again at the application that you want to use."
	case refusal.Status == http.StatusForbidden:
		return "This request was not accepted", "Go back to the application that you want to use and sign in from there."
	case refusal.Status == http.StatusServiceUnavailable:
		return "Too many people at once", "Wait a few seconds and try again."
	case refusal.Status >= http.StatusInternalServerError:
		return "Something went wrong here", "Try again in a moment. If it happens again, tell your administrator the number below."
	case refusal.Code == oauth.CodeAccessDenied:
		return "You cannot use this application", "Ask your administrator for access."
	}
	return "This sign-in cannot go on", "Go back to the application and start again. If it happens again, tell its administrator the number below."
}
