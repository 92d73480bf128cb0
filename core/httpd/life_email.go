package httpd

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/ticket"
	"github.com/postern-id/postern/web"
)

// verifyPage asks who has the link whether the address is theirs.
func (s *Server) verifyPage(c echo.Context) error {
	who, params, err := s.comeByQuery(c)
	if err != nil {
		return err
	}
	return s.confirmPage(c, who, core.TicketVerify, params.Get("ticket"))
}

// emailPage asks who has the link whether the address is to be that of their account; who
// has none is asked for a new address.
func (s *Server) emailPage(c echo.Context) error {
	who, params, err := s.comeByQuery(c)
	switch {
	case err != nil:
		return err
	case params.Has("ticket"):
		return s.confirmPage(c, who, core.TicketEmail, params.Get("ticket"))
	}
	return s.changePage(c, "", nil, http.StatusOK)
}

// confirmPage shows a button: nothing happens until it is pressed. Whoever is not signed
// in signs in first, and comes back.
func (s *Server) confirmPage(c echo.Context, who *comer, purpose core.TicketPurpose, credential string) error {
	h, err := s.hold(c, purpose, credential, who)
	if err != nil {
		return s.again(c, who, err, nil)
	}
	if who.Here == nil {
		return s.signInTo(c, purpose, credential)
	}
	return s.page(c, http.StatusOK, pageWith{Page: web.Ticket{
		Purpose: string(purpose), Action: ticket.Path(purpose), Ticket: credential, Name: h.User.DisplayName(), Email: h.Ticket.Email,
		ExpiresAt: h.Ticket.ExpiresAt,
	}})
}

func (s *Server) signInTo(c echo.Context, purpose core.TicketPurpose, credential string) error {
	back := ticket.Path(purpose) + "?" + url.Values{"ticket": {credential}}.Encode()
	return s.answer(c, s.Flow.SignInTo(c.Request().Context(), back, browser(c)))
}

// verify notes that the address is the person's.
func (s *Server) verify(c echo.Context) error {
	who, form, err := s.comeByForm(c)
	if err != nil {
		return err
	}
	return s.confirm(c, who, core.TicketVerify, form, s.Entry.Verify)
}

// email takes a new address, or makes it that of the account.
func (s *Server) email(c echo.Context) error {
	form, err := s.postForm(c)
	if err != nil {
		return err
	}
	if form.Get("action") == "email" {
		return s.changeEmail(c, form)
	}
	who, err := s.come(c, "")
	if err != nil {
		return err
	}
	return s.confirm(c, who, core.TicketEmail, form, s.Entry.ChangeEmail)
}

type confirmation func(ctx context.Context, credential string, from *account.Visitor) (*account.Holder, error)

func (s *Server) confirm(c echo.Context, who *comer, purpose core.TicketPurpose, form oauth.Params, do confirmation) error {
	credential := form.Get("ticket")
	switch {
	case form.Get("action") != "use":
		return noAction()
	case who.Here == nil:
		return s.signInTo(c, purpose, credential)
	}
	h, err := do(c.Request().Context(), credential, who.Visitor)
	if err != nil {
		return s.again(c, who, err, nil)
	}
	page := web.Done{What: "verified", Email: h.Ticket.Email, ContinueURL: pathAccount}
	if purpose == core.TicketEmail {
		page.What = "email"
	}
	return s.page(c, http.StatusOK, pageWith{Org: h.Org.Name, Page: page})
}

// changePage asks for a new address. Whoever did not prove lately who they are does so
// first: the address is a way to the account.
func (s *Server) changePage(c echo.Context, email string, problems map[string]string, status int) error {
	ctx, from := c.Request().Context(), browser(c)
	in, step, err := s.Flow.Here(ctx, from)
	switch {
	case err != nil:
		return err
	case in == nil:
		return s.answer(c, s.Flow.SignInTo(ctx, ticket.PathEmail, from))
	case in.Org.Rules.KeepEmail || !s.Entry.Mail.Ready():
		return notOffered()
	}
	if _, done := s.Flow.FreshPerson(ctx, step, from, ticket.PathEmail); done != nil {
		return s.answer(c, *done)
	}
	v, err := s.visitor(c, in, step)
	if err != nil {
		return err
	}
	return s.page(c, status, pageWith{Page: web.EmailChange{
		Person: s.person(c, v), Email: in.User.Email, New: email, Problems: problems, BackURL: pathAccount,
	}})
}

// changeEmail sends a link to the new address, which becomes that of the account with it.
func (s *Server) changeEmail(c echo.Context, form oauth.Params) error {
	ctx, from := c.Request().Context(), browser(c)
	if _, done := s.Flow.FreshPerson(ctx, form.Get("step"), from, ticket.PathEmail); done != nil {
		return s.answer(c, *done)
	}
	who, err := s.come(c, "")
	if err != nil {
		return err
	}
	address := strings.TrimSpace(form.Get("email"))
	err = s.Entry.AskEmail(ctx, address, who.Visitor)
	if _, refused := errors.AsType[*account.RefusedError](err); refused {
		return notOffered()
	}
	if err != nil {
		return s.again(c, who, err, func(problems map[string]string, status int) error {
			return s.changePage(c, address, problems, status)
		})
	}
	return s.sent(c, who, core.TicketEmail, address, pathAccount)
}

// askVerify sends a link to the address of the person's own account.
func (s *Server) askVerify(c echo.Context, v *visitor, _ oauth.Params) error {
	who, err := s.come(c, "")
	if err != nil {
		return err
	}
	if s.Entry == nil || who.Here == nil {
		return notOffered()
	}
	err = s.Entry.AskVerify(c.Request().Context(), who.Visitor)
	if problems, _ := s.trouble(c, err); problems != nil {
		v.problem = problems[""]
		return s.profilePage(c, v)
	}
	if _, refused := errors.AsType[*account.RefusedError](err); refused {
		return s.seeOther(c, pathAccount) // there is nothing to prove any more
	}
	if err != nil {
		return err
	}
	return s.sent(c, who, core.TicketVerify, v.User.Email, pathAccount)
}

// addressed says what the person can do about their address.
func (s *Server) addressed(page *web.Profile, v *visitor) {
	if s.Entry == nil || !s.Entry.Mail.Ready() {
		return
	}
	page.CanVerify = v.User.Email != "" && !v.User.EmailVerified
	if !v.Org.Rules.KeepEmail {
		page.EmailURL = ticket.PathEmail
	}
}
