package httpd

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/ticket"
	"github.com/postern-id/postern/web"
)

// signUpPage asks who wants an account for their address.
func (s *Server) signUpPage(c echo.Context) error {
	who, _, err := s.comeByQuery(c)
	if err != nil {
		return err
	}
	return s.showSignUp(c, who, "", nil, http.StatusOK)
}

func (s *Server) showSignUp(c echo.Context, who *comer, email string, problems map[string]string, status int) error {
	org, err := s.Entry.RegistrationOrg(c.Request().Context(), who.Client)
	if errors.Is(err, core.ErrNotFound) {
		return notOffered()
	}
	if err != nil {
		return err
	}
	return s.page(c, status, pageWith{Org: org.Name, Page: web.Register{
		Action: pathRegister, Step: who.step, Client: party(who.Client), Organisation: cmp.Or(org.DisplayName, org.Name), Email: email,
		Domains: org.Rules.Registration.Domains, Problems: problems, BackURL: who.signIn(),
	}})
}

// signUp has a link sent, and says the same to everybody.
func (s *Server) signUp(c echo.Context) error {
	who, form, err := s.comeByForm(c)
	if err != nil {
		return err
	}
	email := strings.TrimSpace(form.Get("email"))
	err = s.Entry.AskRegister(c.Request().Context(), email, who.Visitor)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return notOffered()
	case err != nil:
		return s.again(c, who, err, func(problems map[string]string, status int) error {
			return s.showSignUp(c, who, email, problems, status)
		})
	}
	return s.sent(c, who, core.TicketRegister, email, who.signIn())
}

// choicePage asks who has the link of an invitation, or to register, how they want to sign
// in.
func (s *Server) choicePage(purpose core.TicketPurpose) echo.HandlerFunc {
	return func(c echo.Context) error {
		who, params, err := s.comeByQuery(c)
		if err != nil {
			return err
		}
		return s.showChoice(c, who, purpose, choiceForm{credential: params.Get("ticket")}, nil, http.StatusOK)
	}
}

// choiceForm is what was sent, to be shown again.
type choiceForm struct {
	credential, name string
	named            bool // the name was sent, if only as empty
}

func (s *Server) showChoice(c echo.Context, who *comer, purpose core.TicketPurpose, f choiceForm, problems map[string]string, status int) error {
	h, err := s.hold(c, purpose, f.credential, who)
	if err != nil {
		return s.again(c, who, err, nil)
	}
	ways, err := s.Entry.Ways(c.Request().Context(), h)
	if err != nil {
		return err
	}
	shown := web.Chosen{
		Action: ticket.Path(purpose), Ticket: f.credential, Organisation: cmp.Or(h.Org.DisplayName, h.Org.Name), Email: h.Ticket.Email,
		Username: h.User.Name, FixedUsername: true, Name: f.name, Password: ways.Password, PasswordRule: s.passwordRule(c, &h.Org), Problems: problems,
	}
	if !f.named {
		shown.Name = h.User.Profile.DisplayName
	}
	if ways.Passkey != nil {
		// The challenge is that of the ticket: there is nothing to send back.
		shown.Passkey = &web.Ceremony{Options: string(ways.Passkey)}
	}
	if purpose == core.TicketInvite {
		return s.page(c, status, pageWith{Page: web.Invite{Chosen: shown}})
	}
	return s.page(c, status, pageWith{Page: web.RegisterConfirm{Chosen: shown}})
}

// choose takes the choice, and lets its person in.
func (s *Server) choose(purpose core.TicketPurpose) echo.HandlerFunc {
	return func(c echo.Context) error {
		who, form, err := s.comeByForm(c)
		if err != nil {
			return err
		}
		choice, err := choiceOf(form)
		if err != nil {
			return err
		}
		entered, err := s.take(c, purpose, form.Get("ticket"), choice, who)
		if err != nil {
			return s.again(c, who, err, func(problems map[string]string, status int) error {
				f := choiceForm{credential: form.Get("ticket"), name: choice.Name, named: true}
				return s.showChoice(c, who, purpose, f, problems, status)
			})
		}
		return s.enter(c, entered)
	}
}

func (s *Server) take(c echo.Context, purpose core.TicketPurpose, credential string, choice account.Choice, who *comer) (*account.Entered, error) {
	if purpose == core.TicketInvite {
		return s.Entry.Accept(c.Request().Context(), credential, choice, who.Visitor)
	}
	return s.Entry.Register(c.Request().Context(), credential, choice, who.Visitor)
}

// choiceOf reads the form. Where no script ran, the button for a passkey brings nothing:
// that is no passkey.
func choiceOf(form oauth.Params) (account.Choice, error) {
	choice := account.Choice{Name: strings.TrimSpace(form.Get("name"))}
	switch form.Get("action") {
	case "password":
		choice.Password = form.Get("password")
	case "passkey":
		choice.Response = []byte(form.Get("response"))
	default:
		return choice, noAction()
	}
	return choice, nil
}
