package httpd

import (
	"errors"
	"net/http"
	"slices"

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
	if s.isAPI(c.Request().URL.Path) {
		secret(c)
		return c.Blob(refusal.Status, typeJSON, refusal.Body())
	}
	return s.errorPage(c, refusal, "")
}

// errorPage shows a refusal. Back is where one may try again; empty: nowhere.
func (s *Server) errorPage(c echo.Context, refusal *oauth.Error, back string) error {
	return s.refusalPage(c, refusal, because(s.locale(c), refusal), back)
}

// stepOver shows a refusal whose reason is nobody's business.
func (s *Server) stepOver(c echo.Context, refusal *oauth.Error, back string) error {
	return s.refusalPage(c, refusal, "error.because_step", back)
}

func (s *Server) refusalPage(c echo.Context, refusal *oauth.Error, because, back string) error {
	if refusal.Status == http.StatusServiceUnavailable || refusal.Status == http.StatusTooManyRequests {
		if c.Response().Header().Get(echo.HeaderRetryAfter) == "" {
			c.Response().Header().Set(echo.HeaderRetryAfter, "5")
		}
	}
	title := explain(refusal)
	page := web.Error{
		Status: refusal.Status, Code: refusal.Code, Title: s.say(c, title), Description: s.say(c, because), Hint: s.say(c, title+"_hint"),
		Correlation: correlation(c), BackURL: back, BackText: backText(s.locale(c), back),
	}
	if isDevelopers(because) {
		page.Detail = refusal.Description
	}
	return s.page(c, refusal.Status, pageWith{Page: page})
}

// backText are the words for a way back.
func backText(l *web.Locale, back string) string {
	switch back {
	case flow.PathHome:
		return l.Text("error.back_start")
	case flow.PathSecurity:
		return l.Text("error.back_account")
	case flow.PathDevice:
		return l.Text("error.back_device")
	}
	return l.Text("error.back_signin")
}

// explain chooses what a refusal means to a person: the key of the title, whose hint has
// "_hint" at its end.
func explain(refusal *oauth.Error) (title string) {
	switch {
	case refusal.Status == http.StatusNotFound:
		return "error.not_found"
	case refusal.Status == http.StatusForbidden:
		return "error.forbidden"
	case refusal.Status == http.StatusServiceUnavailable:
		return "error.busy"
	case refusal.Status >= http.StatusInternalServerError:
		return "error.server"
	case refusal.Code == oauth.CodeAccessDenied:
		return "error.no_access"
	}
	return "error.request"
}

// because chooses what the person reads of the reason: the key of a message. Reasons that
// have a message of their own are those of "error.because_REASON".
func because(l *web.Locale, refusal *oauth.Error) string {
	if key := "error.because_" + refusal.Reason; l.Has(key) {
		return key
	}
	for _, group := range []struct {
		key     string
		reasons []string
	}{
		{"error.not_found_text", []string{"not_found"}},
		{"error.because_form", []string{"cross_origin", "step_missing", "action_missing", "form_malformed", "back_not_local", "locale_unknown"}},
		{"error.because_size", []string{"body_too_large", "parameters_too_large", "parameters_too_many"}},
		{"error.because_incomplete", []string{"body_incomplete"}},
		{"error.because_client", []string{"client_missing", "client_unknown", "client_disabled", "organisation_disabled"}},
		{"error.because_redirect", []string{"redirect_uri_missing", "redirect_uri_unregistered"}},
	} {
		if slices.Contains(group.reasons, refusal.Reason) {
			return group.key
		}
	}
	switch {
	case refusal.Status == http.StatusServiceUnavailable:
		return "error.busy_text"
	case refusal.Status >= http.StatusInternalServerError:
		return "error.server_text"
	case refusal.Code == oauth.CodeAccessDenied:
		return "error.because_denied"
	}
	return "error.because_request"
}

// isDevelopers reports whether the reason is one that the application's developer can do
// something about: the page then has the description of the refusal.
func isDevelopers(because string) bool {
	return slices.Contains([]string{"error.because_request", "error.because_client", "error.because_redirect", "error.because_size"}, because)
}
