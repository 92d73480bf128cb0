package httpd

import (
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

// reader is the browser with the language of its pages, for what is sent by mail.
func (s *Server) reader(c echo.Context) flow.Browser {
	b := browser(c)
	b.Locale = s.locale(c).Tag
	return b
}

// mailCode takes the code of a mail, or sends another one.
func (s *Server) mailCode(c echo.Context) error {
	params, step, err := s.stepForm(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	switch params.Get("action") {
	case "code":
		return s.answer(c, s.Flow.Code(ctx, step, params.Get("code"), browser(c)))
	case "again":
		return s.answer(c, s.Flow.MailAgain(ctx, step, s.reader(c)))
	case "cancel":
		return s.answer(c, s.Flow.Cancel(ctx, step, browser(c)))
	}
	return noAction()
}

// mailLink is what the link of a mail opens: programs that look for viruses do so too.
func (s *Server) mailLink(c echo.Context) error {
	params, err := oauth.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	return s.answer(c, s.Flow.Ticket(c.Request().Context(), params.Get("ticket"), browser(c)))
}

// useMailLink takes the button of that page.
func (s *Server) useMailLink(c echo.Context) error {
	params, err := s.postForm(c)
	if err != nil {
		return err
	}
	return s.answer(c, s.Flow.TicketSignIn(c.Request().Context(), params.Get("ticket"), browser(c)))
}

// factor takes a second factor.
func (s *Server) factor(c echo.Context) error {
	params, step, err := s.stepForm(c)
	if err != nil {
		return err
	}
	ctx, action := c.Request().Context(), params.Get("action")
	switch action {
	case "cancel":
		return s.answer(c, s.Flow.Cancel(ctx, step, browser(c)))
	case core.MethodTOTP, core.MethodRecovery, core.MethodPasskey:
		return s.answer(c, s.Flow.Factor(ctx, step, flow.FactorForm{
			Method: action, Code: params.Get("code"), Ceremony: params.Get("ceremony"), Response: params.Get("response"),
			Trust: params.Get("trust") == "yes",
		}, browser(c)))
	}
	return noAction()
}

// enrol takes a second factor that is enrolled because there has to be one.
func (s *Server) enrol(c echo.Context) error {
	params, step, err := s.stepForm(c)
	if err != nil {
		return err
	}
	ctx, action := c.Request().Context(), params.Get("action")
	switch action {
	case "cancel":
		return s.answer(c, s.Flow.Cancel(ctx, step, browser(c)))
	case "codes":
		return s.answer(c, s.Flow.Codes(ctx, step, browser(c)))
	case core.MethodTOTP, core.MethodPasskey:
		return s.answer(c, s.Flow.Enrol(ctx, step, flow.EnrolForm{
			Method: action, Seed: params.Get("seed"), Code: params.Get("code"), Name: params.Get("name"),
			Ceremony: params.Get("ceremony"), Response: params.Get("response"),
		}, browser(c)))
	}
	return noAction()
}

func ceremony(c *flow.Ceremony) *web.Ceremony {
	if c == nil {
		return nil
	}
	return &web.Ceremony{Options: string(c.Options), Signed: c.Signed, Unknown: c.Unknown}
}

// factorView turns what concerns second factors, and mails to sign in with, into a page; nil
// for any other.
func (s *Server) factorView(c echo.Context, page flow.Page) web.Page {
	l := s.locale(c)
	switch p := page.(type) {
	case *flow.MailPage:
		return web.MailSent{
			Purpose: string(core.TicketSignIn), Address: p.Login, Minutes: int(p.Works / time.Minute), Client: party(p.Client), CanType: true,
			Action: flow.PathMail, Step: p.Step, Problem: mailProblem(l, p.Problem), CanSendAgain: true,
			MailboxURL: s.mailboxURL(), BackURL: p.Back,
		}
	case *flow.TicketPage:
		if p.Gone != "" {
			return ticketGone(p.Gone)
		}
		return web.Ticket{Purpose: string(core.TicketSignIn), Action: flow.PathTicket, Ticket: p.Ticket, Client: party(p.Client)}
	case *flow.FactorPage:
		return factorPage(l, p)
	case *flow.EnrolPage:
		return web.Enrol{
			Action: flow.PathEnrol, Step: p.Step, Client: party(p.Client), Name: p.User.DisplayName(), Login: p.User.Name,
			TOTP: p.TOTP, Passkey: ceremony(p.Passkey), Problem: enrolProblem(l, p.Problem), CanCancel: true,
		}
	case *flow.TOTPPage:
		return totpPage(l, p)
	case *flow.CodesPage:
		return web.RecoveryCodes{
			Action: flow.PathEnrol, Step: p.Step, Client: party(p.Client), Codes: p.Codes, Login: p.User.Name, Site: s.host(), MadeAt: p.MadeAt,
		}
	}
	return nil
}

func ticketGone(why flow.Gone) web.TicketGone {
	page := web.TicketGone{Purpose: string(core.TicketSignIn), Reason: string(why), NextURL: pathLogin}
	if why == flow.GoneUnknown {
		page.Reason = ""
	}
	return page
}

func factorPage(l *web.Locale, p *flow.FactorPage) web.Factor {
	page := web.Factor{
		Action: flow.PathFactor, Step: p.Step, Client: party(p.Client), Name: p.User.DisplayName(), Login: p.User.Name,
		TOTP: slices.Contains(p.Methods, core.MethodTOTP), Recovery: slices.Contains(p.Methods, core.MethodRecovery), Passkey: ceremony(p.Passkey),
		Problem: factorProblem(l, p.Problem, p.Tried), TrustDays: int(p.Trust / (24 * time.Hour)), Trusted: p.Trusted,
		CanCancel: true,
	}
	switch p.Problem {
	case flow.ProblemMissing, flow.ProblemCode, flow.ProblemPasskey, flow.ProblemScript:
		page.Wrong = p.Tried
	}
	return page
}

func totpPage(l *web.Locale, p *flow.TOTPPage) web.EnrolTOTP {
	page := web.EnrolTOTP{
		Action: flow.PathEnrol, Step: p.Step, Client: party(p.Client), URI: p.URI, Sealed: p.Seed, Name: p.Name, CanCancel: p.Only,
	}
	if u, err := url.Parse(p.URI); err == nil {
		page.Secret = u.Query().Get("secret")
	}
	if !p.Only {
		page.BackURL = flow.PathEnrol + "?step=" + url.QueryEscape(p.Step)
	}
	switch p.Problem {
	case flow.ProblemMissing:
		page.Problems = map[string]string{"code": l.Text("signin.missing_code")}
	case flow.ProblemCode:
		page.Problems = map[string]string{"code": l.Text("signin.wrong_first_code")}
	case flow.ProblemExpired:
		page.Problems = map[string]string{"": l.Text("signin.seed_over")}
	}
	return page
}

// factorProblem says what was wrong with a second factor.
func factorProblem(l *web.Locale, problem flow.Problem, tried string) string {
	recovery := tried == core.MethodRecovery
	switch {
	case problem == flow.ProblemMissing && recovery:
		return l.Text("signin.missing_recovery")
	case problem == flow.ProblemMissing:
		return l.Text("signin.missing_code")
	case problem == flow.ProblemCode && recovery:
		return l.Text("signin.wrong_recovery")
	case problem == flow.ProblemCode:
		return l.Text("signin.wrong_code")
	case problem == flow.ProblemPasskey:
		return l.Text("signin.wrong_passkey")
	case problem == flow.ProblemScript:
		return l.Text("signin.script")
	}
	return waitProblem(l, problem)
}

// mailProblem says what was wrong with the code of a mail.
func mailProblem(l *web.Locale, problem flow.Problem) string {
	switch problem {
	case flow.ProblemMissing:
		return l.Text("signin.missing_mail_code")
	case flow.ProblemCode:
		return l.Text("signin.wrong_mail_code")
	}
	return waitProblem(l, problem)
}

// enrolProblem says why no passkey was made.
func enrolProblem(l *web.Locale, problem flow.Problem) string {
	switch problem {
	case flow.ProblemPasskey:
		return l.Text("signin.no_passkey_made")
	case flow.ProblemScript:
		return l.Text("signin.script")
	}
	return ""
}

// waitProblem says for what one has to wait.
func waitProblem(l *web.Locale, problem flow.Problem) string {
	switch problem {
	case flow.ProblemThrottled:
		return l.Text("signin.wait")
	case flow.ProblemBusy:
		return l.Text("login.busy")
	}
	return ""
}
