package httpd

import (
	"errors"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

func (s *Server) passkeyPage(c echo.Context, v *visitor) error {
	return s.passkeyWith(c, v, core.BrowserName(v.UserAgent), nil)
}

// passkeyWith begins a ceremony. Nothing is stored: the form brings the challenge back.
func (s *Server) passkeyWith(c echo.Context, v *visitor, name string, problems map[string]string) error {
	signed, challenge := s.Flow.Ceremony(v.SignedIn)
	options, err := s.Account.StartPasskey(c.Request().Context(), v.Person, challenge)
	if err != nil {
		return s.refuseOwn(c, v, err, s.securityPage)
	}
	return s.page(c, statusOf(v, problems != nil), pageWith{Page: web.EnrolPasskey{
		Action: pathPasskey, Step: v.step, Passkey: web.Ceremony{Options: string(options), Signed: signed}, Name: name,
		Problems: problems, BackURL: pathSecurity,
	}})
}

func (s *Server) addPasskey(c echo.Context, v *visitor, form oauth.Params) error {
	name := form.Get("name")
	again := func(key string) error { return s.passkeyWith(c, v, name, map[string]string{"": s.say(c, key)}) }
	challenge, expires, ok := s.Flow.Challenge(v.SignedIn, form.Get("ceremony"))
	switch {
	case !ok:
		return again("refused.expired")
	case form.Get("response") == "":
		return again("factor.passkey_noscript")
	}
	added, err := s.Account.AddPasskey(c.Request().Context(), v.Person, challenge, expires, []byte(form.Get("response")), name)
	if _, refused := errors.AsType[*core.SignInRefused](err); refused {
		return again("refused.proof")
	}
	return s.added(c, v, added, err)
}

// added answers who enrolled something: with recovery codes, if these are the first.
func (s *Server) added(c echo.Context, v *visitor, change *account.Renewal, err error) error {
	if err == nil {
		err = s.renew(c, v, change)
	}
	switch {
	case err != nil:
		return s.refuseOwn(c, v, err, s.securityPage)
	case len(change.Codes) > 0:
		return s.codesPage(c, v, change.Codes, noteAdded)
	}
	return s.tell(c, v, pathSecurity, noteAdded)
}

func (s *Server) appPage(c echo.Context, v *visitor) error { return s.appWith(c, v, "", "", nil) }

// appWith shows the seed of an app. That of a form that was sent before stays the same.
func (s *Server) appWith(c echo.Context, v *visitor, sealed, name string, problems map[string]string) error {
	app, err := s.Account.StartApp(v.Person, sealed)
	if err != nil {
		return s.refuseOwn(c, v, err, s.securityPage)
	}
	uri, err := url.Parse(app.URI)
	if err != nil {
		return err
	}
	return s.page(c, statusOf(v, problems != nil), pageWith{Page: web.EnrolTOTP{
		Action: pathApp, Step: v.step, URI: app.URI, Secret: uri.Query().Get("secret"), Sealed: app.Sealed, Name: name,
		Problems: problems, BackURL: pathSecurity,
	}})
}

func (s *Server) addApp(c echo.Context, v *visitor, form oauth.Params) error {
	sealed, name := form.Get("seed"), form.Get("name")
	added, err := s.Account.AddApp(c.Request().Context(), v.Person, sealed, form.Get("code"), name)
	if _, refused := errors.AsType[*core.SignInRefused](err); refused {
		return s.appWith(c, v, sealed, name, map[string]string{"code": s.say(c, "problem.wrong_code")})
	}
	return s.added(c, v, added, err)
}

// passwordPage asks for the password that there is, or has the person sign in once more
// where there is none.
func (s *Server) passwordPage(c echo.Context, v *visitor) error { return s.passwordWith(c, v, nil) }

func (s *Server) passwordWith(c echo.Context, v *visitor, problems map[string]string) error {
	if v.User.PasswordHash == "" {
		if _, done := s.Flow.FreshPerson(c.Request().Context(), v.step, browser(c), pathPassword); done != nil {
			return s.answer(c, *done)
		}
	}
	if err := s.freshness(c, v); err != nil {
		return err
	}
	return s.page(c, statusOf(v, problems != nil), pageWith{Page: web.NewPassword{
		Action: pathPassword, Step: v.step, Login: v.User.Name, Change: v.User.PasswordHash != "", AskCurrent: v.AsksCurrent(),
		PasswordRule: s.passwordRule(c, &v.Org), Problems: problems, BackURL: pathSecurity,
	}})
}

// freshness fills in whether the person proved lately who they are.
func (s *Server) freshness(c echo.Context, v *visitor) (err error) {
	v.Fresh, err = s.Flow.Fresh(c.Request().Context(), browser(c))
	return err
}

func (s *Server) setPassword(c echo.Context, v *visitor, form oauth.Params) error {
	if err := s.freshness(c, v); err != nil {
		return err
	}
	change, err := s.Account.SetPassword(c.Request().Context(), v.Person, form.Get("current"), form.Get("password"))
	if err == nil {
		err = s.renew(c, v, change)
	}
	if wrong, ok := errors.AsType[*account.InvalidError](err); ok {
		return s.passwordWith(c, v, s.fieldTexts(c, wrong, nil))
	}
	if refused, ok := errors.AsType[*account.RefusedError](err); ok && refused.Kind == account.RefusedStale {
		return s.seeOther(c, pathPassword)
	}
	if problem := s.refusedText(c, err); problem != "" {
		return s.passwordWith(c, v, map[string]string{"": problem})
	}
	if err != nil {
		return err
	}
	return s.tell(c, v, pathSecurity, notePassword)
}
