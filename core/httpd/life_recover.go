package httpd

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/authn"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/ticket"
	"github.com/postern-id/postern/web"
)

// recoverPage asks who forgot their password.
func (s *Server) recoverPage(c echo.Context) error {
	who, _, err := s.comeByQuery(c)
	if err != nil {
		return err
	}
	return s.showRecover(c, who, "", nil, http.StatusOK)
}

func (s *Server) showRecover(c echo.Context, who *comer, username string, problems map[string]string, status int) error {
	open, err := s.Entry.Doors(c.Request().Context(), who.Client)
	if err != nil {
		return err
	}
	if !open.Recover {
		return notOffered()
	}
	return s.page(c, status, pageWith{Page: web.Recover{
		Action: pathRecover, Step: who.step, Client: party(who.Client), Username: username, Problems: problems, BackURL: who.signIn(),
	}})
}

// recover has a link sent, and says the same to everybody.
func (s *Server) recover(c echo.Context) error {
	who, form, err := s.comeByForm(c)
	if err != nil {
		return err
	}
	username := strings.TrimSpace(form.Get("username"))
	show := func(problems map[string]string, status int) error {
		return s.showRecover(c, who, username, problems, status)
	}
	if username == "" {
		return show(map[string]string{"username": s.say(c, "login.missing_name")}, http.StatusUnprocessableEntity)
	}
	open, err := s.Entry.Doors(c.Request().Context(), who.Client)
	if err != nil {
		return err
	}
	if !open.Recover {
		return notOffered()
	}
	if err := s.Entry.AskReset(c.Request().Context(), username, who.Visitor); err != nil {
		return s.again(c, who, err, show)
	}
	return s.sent(c, who, core.TicketReset, username, who.signIn())
}

// resetPage asks who has the link for a new password.
func (s *Server) resetPage(c echo.Context) error {
	who, params, err := s.comeByQuery(c)
	if err != nil {
		return err
	}
	return s.showReset(c, who, params.Get("ticket"), nil, http.StatusOK)
}

func (s *Server) showReset(c echo.Context, who *comer, credential string, problems map[string]string, status int) error {
	h, err := s.hold(c, core.TicketReset, credential, who)
	if err != nil {
		return s.again(c, who, err, nil)
	}
	return s.page(c, status, pageWith{Page: web.NewPassword{
		Action: ticket.PathReset, Ticket: credential, Login: h.User.Name, PasswordRule: s.passwordRule(c, &h.Org), Problems: problems,
	}})
}

// hold gives whom a link is for, and has the page be that of their organisation.
func (s *Server) hold(c echo.Context, purpose core.TicketPurpose, credential string, who *comer) (*account.Holder, error) {
	h, err := s.Entry.Look(c.Request().Context(), purpose, credential, who.Visitor)
	if err != nil {
		return nil, err
	}
	meet(c, flow.Audience{Org: h.Org.Name, Locales: []string{h.User.Profile.Locale}})
	return h, nil
}

// passwordRule says how long a password has to be.
func (s *Server) passwordRule(c echo.Context, org *core.Organisation) string {
	return s.say(c, "common.password_rule", "count", authn.LeastCharacters(org.Rules))
}

// reset sets the new password, and lets its person in.
func (s *Server) reset(c echo.Context) error {
	who, form, err := s.comeByForm(c)
	if err != nil {
		return err
	}
	if form.Get("action") != "password" {
		return noAction()
	}
	entered, err := s.Entry.Reset(c.Request().Context(), form.Get("ticket"), form.Get("password"), who.Visitor)
	if err != nil {
		return s.again(c, who, err, func(problems map[string]string, status int) error {
			return s.showReset(c, who, form.Get("ticket"), problems, status)
		})
	}
	return s.enter(c, entered)
}
