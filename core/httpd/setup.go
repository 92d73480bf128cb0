package httpd

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/authn"
	"github.com/postern-id/postern/core/console"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

// setupPage shows the form for the first administrator to who has the link.
func (s *Server) setupPage(c echo.Context) error {
	params, err := oauth.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	if err := s.Admin.CheckSetup(c.Request().Context(), params.Get("token")); err != nil {
		return s.refuseSetup(c, err, true)
	}
	return s.page(c, http.StatusOK, pageWith{Page: web.Setup{
		Action: pathSetup, Token: params.Get("token"), Username: "admin", PasswordMin: authn.MinCharacters,
	}})
}

// setup makes the first administrator.
func (s *Server) setup(c echo.Context) error {
	params, err := s.postForm(c)
	if err != nil {
		return err
	}
	input := admin.SetupInput{
		Username: params.Get("username"), Name: params.Get("name"),
		Email: params.Get("email"), Password: params.Get("password"),
	}
	actor := admin.Actor{IP: c.RealIP(), Correlation: correlation(c)}
	user, err := s.Admin.CompleteSetup(c.Request().Context(), actor, params.Get("token"), input)
	if wrong, ok := errors.AsType[*admin.InvalidError](err); ok {
		return s.page(c, http.StatusUnprocessableEntity, pageWith{Page: web.Setup{
			Action: pathSetup, Token: params.Get("token"),
			Username: input.Username, Name: input.Name, Email: input.Email, Problems: byField(s.locale(c), wrong),
			PasswordMin: authn.MinCharacters,
		}})
	}
	if err != nil {
		return s.refuseSetup(c, err, false)
	}
	return s.page(c, http.StatusOK, pageWith{Page: web.SetupDone{Login: user.Name, LoginURL: s.firstPage(), Issuer: s.Issuer}})
}

// firstPage is where the first administrator goes: signing in is on the way.
func (s *Server) firstPage() string {
	if s.Console == nil {
		return pathLogin
	}
	return console.Path
}

func byField(l *web.Locale, wrong *admin.InvalidError) map[string]string {
	problems := map[string]string{}
	for _, p := range wrong.Problems {
		if problems[p.Field] == "" {
			problems[p.Field] = fieldText(l, core.FieldProblem{Field: p.Field, Kind: p.Kind, Limit: p.Limit})
		}
	}
	return problems
}

// fieldText says what is wrong with a field: the message of the kind, or that of the kind
// and the field where there is one.
func fieldText(l *web.Locale, p core.FieldProblem) string {
	key := "problem." + string(p.Kind)
	if of := key + "_" + p.Field; l.Has(of) {
		key = of
	} else if !l.Has(key) {
		key = "problem.wrong"
	}
	return l.Text(key, "count", p.Limit)
}

// refuseSetup shows why the link does not work. CompleteSetup records its own
// refusals; those of the page are recorded here.
func (s *Server) refuseSetup(c echo.Context, err error, record bool) error {
	refusal := &oauth.Error{Code: oauth.CodeAccessDenied, Status: http.StatusForbidden}
	why, back := "setup.link_unknown", ""
	switch {
	case errors.Is(err, admin.ErrSetupClosed):
		refusal.Reason, why, back = "setup_closed", "setup.link_closed", pathLogin
	case errors.Is(err, admin.ErrSetupToken):
		refusal.Reason = "link_unknown"
	default:
		return err
	}
	if record {
		s.record(c, core.EventSetupRefused, refusal.Reason)
	}
	return s.page(c, refusal.Status, pageWith{Page: web.Error{
		Status: refusal.Status, Code: refusal.Code, Title: s.say(c, "setup.link_title"),
		Description: s.say(c, why), Hint: s.say(c, why+"_hint"), Correlation: correlation(c),
		BackURL: back, BackText: backText(s.locale(c), back),
	}})
}
