package httpd

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/console"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

// Paths of what people do with their own accounts.
const (
	pathAccount      = "/account"
	pathSecurity     = flow.PathSecurity
	pathPasskey      = pathSecurity + "/passkey"
	pathApp          = pathSecurity + "/app"
	pathPassword     = pathSecurity + "/password"
	pathCodes        = pathSecurity + "/codes"
	pathSessions     = pathAccount + "/sessions"
	pathApplications = pathAccount + "/applications"
	pathActivity     = pathAccount + "/activity"
	pathData         = pathAccount + "/data"
	pathDelete       = pathData + "/delete"
)

// visitor is somebody who is signed in and looks at their account.
type visitor struct {
	account.Person
	step string // for the forms of the page
	// administers says that there are pages of administrators for them.
	administers bool
	notice      string // what was done just now
	problem     string // what could not be done
}

// ownPage is a page of a person's account, with what its forms do.
type ownPage struct {
	path string
	show func(c echo.Context, v *visitor) error
	// fresh says that the page is shown to none but who proved lately who they are.
	fresh   bool
	actions map[string]ownAction
}

// ownAction is what a button does. Fresh ones are for who proved lately who they are:
// whoever finds a browser open must not change how its person signs in, or what cannot be
// undone.
type ownAction struct {
	fresh bool
	do    func(c echo.Context, v *visitor, form oauth.Params) error
}

// ownPages is the table of all of them.
func (s *Server) ownPages() []ownPage {
	return []ownPage{
		{path: pathAccount, show: s.profilePage, actions: map[string]ownAction{
			"profile":        {do: s.editProfile},
			"picture_remove": {do: s.removePicture},
			"settings":       {do: s.editPreferences},
			"verify":         {do: s.askVerify},
		}},
		{path: pathSecurity, show: s.securityPage, actions: map[string]ownAction{
			"rename":     {do: s.renameAuthenticator},
			"remove":     {fresh: true, do: s.removeAuthenticator},
			"codes":      {fresh: true, do: s.renewCodes},
			"forget":     {do: s.forgetDevice},
			"forget_all": {do: s.forgetDevices},
		}},
		{path: pathPasskey, show: s.passkeyPage, fresh: true, actions: map[string]ownAction{"passkey": {fresh: true, do: s.addPasskey}}},
		{path: pathApp, show: s.appPage, fresh: true, actions: map[string]ownAction{"totp": {fresh: true, do: s.addApp}}},
		// Who has a password may prove anew who they are by that.
		{path: pathPassword, show: s.passwordPage, actions: map[string]ownAction{"password": {do: s.setPassword}}},
		{path: pathSessions, show: s.sessionsPage, actions: map[string]ownAction{
			"end":        {do: s.endSession},
			"end_others": {do: s.endOthers},
		}},
		{path: pathApplications, show: s.applicationsPage, actions: map[string]ownAction{"withdraw": {do: s.disconnect}}},
		{path: pathActivity, show: s.activityPage},
		{path: pathData, show: s.dataPage, actions: map[string]ownAction{"export": {fresh: true, do: s.export}}},
		{path: pathDelete, show: s.deletePage, fresh: true, actions: map[string]ownAction{"delete": {fresh: true, do: s.deleteAccount}}},
	}
}

func (s *Server) accountRoutes(e *echo.Echo) {
	for _, page := range s.ownPages() {
		e.GET(page.path, s.own(page))
		if page.actions != nil {
			e.POST(page.path, s.act(page), s.sameOrigin)
		}
	}
	e.GET(account.PathAvatar+":id", s.avatar)
	e.HEAD(account.PathAvatar+":id", s.avatar)
}

// own shows a page to its person; whoever is not signed in signs in first.
func (s *Server) own(page ownPage) echo.HandlerFunc {
	return func(c echo.Context) error {
		params, err := oauth.ParseQuery(c.Request().URL.RawQuery)
		if err != nil {
			return err
		}
		ctx, from := c.Request().Context(), browser(c)
		in, step, err := s.Flow.Here(ctx, from)
		switch {
		case err != nil:
			return err
		case in == nil:
			return s.answer(c, s.Flow.SignInTo(ctx, page.path, from))
		}
		if page.fresh {
			if _, done := s.Flow.FreshPerson(ctx, step, from, page.path); done != nil {
				return s.answer(c, *done)
			}
		}
		v, err := s.visitor(c, in, step)
		if err != nil {
			return err
		}
		v.notice, err = s.noteText(c, v, s.Flow.Told(in, params.Get("step")))
		if err != nil {
			return err
		}
		return page.show(c, v)
	}
}

// act does what a button of the page says.
func (s *Server) act(page ownPage) echo.HandlerFunc {
	return func(c echo.Context) error {
		if isMultipart(c) {
			return s.setPicture(c)
		}
		form, step, err := s.stepForm(c)
		if err != nil {
			return err
		}
		action, known := page.actions[form.Get("action")]
		if !known {
			return noAction()
		}
		v, done := s.proved(c, step, action.fresh, page.path)
		if done != nil {
			return s.answer(c, *done)
		}
		return action.do(c, v, form)
	}
}

// proved gives who sent a form of their own page.
func (s *Server) proved(c echo.Context, step string, fresh bool, back string) (*visitor, *flow.Outcome) {
	ctx, from := c.Request().Context(), browser(c)
	var in *core.SignedIn
	var done *flow.Outcome
	if fresh {
		in, done = s.Flow.FreshPerson(ctx, step, from, back)
	} else {
		in, done = s.Flow.Person(ctx, step, from)
	}
	if done != nil {
		return nil, done
	}
	v, err := s.visitor(c, in, step)
	if err != nil {
		return nil, &flow.Outcome{Error: oauth.Failed(err)}
	}
	return v, nil
}

func (s *Server) visitor(c echo.Context, in *core.SignedIn, step string) (v *visitor, err error) {
	meet(c, flow.Audience{Org: in.User.Org, Person: &in.User})
	v = &visitor{step: step, Person: account.Person{
		SignedIn: in, From: core.Event{IP: c.RealIP(), Correlation: correlation(c)}, UserAgent: c.Request().UserAgent(),
	}}
	if s.Console != nil {
		v.administers, err = s.Console.Administers(c.Request().Context(), in.User.ID)
	}
	return v, err
}

// person is what all pages of the account have.
func (s *Server) person(c echo.Context, v *visitor) web.Person {
	page := web.Person{
		Name: v.User.DisplayName(), Login: v.User.Name, Action: c.Path(), Step: v.step,
		Logout: oauth.PathEndSession, Notice: v.notice, Problem: v.problem,
	}
	page.Picture = s.ownPicture(&v.User)
	if v.administers {
		page.ConsoleURL = console.Path
	}
	return page
}

// ownPicture is the path of a picture that is kept here; empty for any other.
func (s *Server) ownPicture(user *core.User) string {
	path, ours := strings.CutPrefix(user.Profile.Picture, s.Issuer)
	if !ours || !strings.HasPrefix(path, account.PathAvatar) {
		return ""
	}
	return path
}

// tell leads to a page of the person that says what was done.
func (s *Server) tell(c echo.Context, v *visitor, path string, kind flow.NoteKind) error {
	return s.seeOther(c, s.Flow.Tell(v.SignedIn, path, flow.Note{Kind: kind}))
}

// renew applies a change of rights with a new session for the browser.
func (s *Server) renew(c echo.Context, v *visitor, r *account.Renewal) error {
	in := v.SignedIn
	if r.Made != nil {
		in = s.Flow.Proved(in, r.Made)
	}
	renewed, err := s.Flow.Renew(c.Request().Context(), browser(c), in, r.Changes...)
	if err != nil {
		return account.Refusing(err)
	}
	setCookies(c, renewed.Cookies)
	v.SignedIn, v.step = renewed.SignedIn, renewed.Step
	return nil
}

// refuseOwn shows a page once more with why nothing was done, where that is the person's
// matter; any other error is given back.
func (s *Server) refuseOwn(c echo.Context, v *visitor, err error, show func(c echo.Context, v *visitor) error) error {
	problem := s.refusedText(c, err)
	if problem == "" {
		return gone(err)
	}
	v.problem = problem
	return show(c, v)
}

// gone words what is not there: it was never the person's, or is it no more.
func gone(err error) error {
	if !errors.Is(err, core.ErrNotFound) {
		return err
	}
	return withStatus(oauth.Refuse(oauth.CodeInvalidRequest, "not_found", "There is no such thing in your account any more."), http.StatusNotFound)
}

// statusOf is that of an answer that shows the page once more.
func statusOf(v *visitor, wrong bool) int {
	if wrong || v.problem != "" {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}
