package httpd

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

// authorize is the authorization endpoint (RFC 6749 section 3.1).
func (s *Server) authorize(c echo.Context) error {
	params, err := oauth.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return s.refuseAuthorize(c, oauth.AsError(err))
	}
	return s.answer(c, s.Flow.Authorize(c.Request().Context(), params, browser(c)))
}

// authorizeByPost sends the browser to the same request by GET: SameSite=Lax
// keeps session cookies out of a POST that another site began.
func (s *Server) authorizeByPost(c echo.Context) error {
	params, err := s.postForm(c)
	if err != nil {
		return s.refuseAuthorize(c, oauth.AsError(err))
	}
	return s.seeOther(c, oauth.PathAuthorize+"?"+params.Values().Encode())
}

func (s *Server) refuseAuthorize(c echo.Context, refusal *oauth.Error) error {
	s.record(c, core.EventAuthorizeRefused, refusal.Reason)
	return s.errorPage(c, refusal, "")
}

// stepPage shows the page of a step.
func (s *Server) stepPage(c echo.Context) error {
	params, err := oauth.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	if !params.Has("step") && c.Path() == pathLogin {
		return s.answer(c, s.Flow.SignInHere(c.Request().Context(), browser(c)))
	}
	return s.answer(c, s.Flow.View(c.Request().Context(), c.Path(), params.Get("step"), browser(c)))
}

// stepForm reads a form of our own pages. One without the signed link of its step
// was not sent by a page of ours.
func (s *Server) stepForm(c echo.Context) (params oauth.Params, step string, err error) {
	if params, err = s.postForm(c); err != nil {
		return params, "", err
	}
	if !params.Has("step") {
		refusal := oauth.Refuse(oauth.CodeInvalidRequest, "step_missing", "The form does not come from a page of this server.")
		return params, "", withStatus(refusal, http.StatusForbidden)
	}
	return params, params.Get("step"), nil
}

// login takes the login name and the password, or where else to sign in.
func (s *Server) login(c echo.Context) error {
	params, step, err := s.stepForm(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	switch params.Get("action") {
	case "cancel":
		return s.answer(c, s.Flow.Cancel(ctx, step, browser(c)))
	case "identify":
		return s.answer(c, s.Flow.Identify(ctx, step, params.Get("username"), browser(c)))
	case "upstream":
		return s.answer(c, s.Flow.SignInWith(ctx, step, params.Get("connector"), params.Get("username"), browser(c)))
	case "passkey":
		return s.answer(c, s.Flow.LoginWithPasskey(ctx, step, params.Get("ceremony"), params.Get("response"), browser(c)))
	case "email":
		return s.answer(c, s.Flow.RequestMail(ctx, step, params.Get("username"), s.reader(c)))
	}
	return s.answer(c, s.Flow.Login(ctx, step, params.Get("username"), params.Get("password"), browser(c)))
}

// selectAccount takes which account to go on with.
func (s *Server) selectAccount(c echo.Context) error {
	params, step, err := s.stepForm(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	switch params.Get("action") {
	case "continue":
		return s.answer(c, s.Flow.Select(ctx, step, true, browser(c)))
	case "other":
		return s.answer(c, s.Flow.Select(ctx, step, false, browser(c)))
	}
	return noAction()
}

// consent takes whether the client may have the scopes.
func (s *Server) consent(c echo.Context) error {
	params, step, err := s.stepForm(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	switch params.Get("action") {
	case "allow":
		return s.answer(c, s.Flow.Consent(ctx, step, true, browser(c)))
	case "deny":
		return s.answer(c, s.Flow.Consent(ctx, step, false, browser(c)))
	}
	return noAction()
}

// noAction refuses a form that was sent without one of its buttons: nobody
// decided anything.
func noAction() error {
	return oauth.Refuse(oauth.CodeInvalidRequest, "action_missing", "The form was sent without one of its buttons.")
}

// logout is the end session endpoint (OpenID Connect RP-Initiated Logout 1.0
// section 2).
func (s *Server) logout(c echo.Context) error {
	params, err := oauth.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	return s.answer(c, s.Flow.Logout(c.Request().Context(), params, browser(c)))
}

// logoutByPost takes the confirmation from our own page, and the request of a
// relying party, which may come from anywhere and is sent on to GET for its
// cookies.
func (s *Server) logoutByPost(c echo.Context) error {
	params, err := s.postForm(c)
	if err != nil {
		return err
	}
	if !params.Has("step") {
		return s.seeOther(c, oauth.PathEndSession+"?"+params.Values().Encode())
	}
	return s.sameOrigin(func(c echo.Context) error {
		return s.answer(c, s.Flow.ConfirmLogout(c.Request().Context(), params.Get("step"), browser(c)))
	})(c)
}

// checkSession is the page by which clients watch sessions (OpenID Connect Session
// Management 1.0 section 3.2). It is the same for everybody: its script looks at the
// browser.
func (s *Server) checkSession(c echo.Context) error {
	return s.page(c, http.StatusOK, pageWith{Page: web.CheckSession{}})
}

// seeOther redirects with 303, which never repeats a POST (RFC 9700 section 4.12).
func (s *Server) seeOther(c echo.Context, location string) error {
	secret(c)
	return c.Redirect(http.StatusSeeOther, location)
}

func browser(c echo.Context) flow.Browser {
	return flow.Browser{
		BrowserCookie: cookie(c, cookieBrowser),
		SessionCookie: cookie(c, cookieSession),
		FirstCookie:   cookie(c, cookieFirst),
		DeviceCookie:  cookie(c, cookieDevice),
		IP:            c.RealIP(),
		UserAgent:     c.Request().UserAgent(),
		Correlation:   correlation(c),
	}
}
