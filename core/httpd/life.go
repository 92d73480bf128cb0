package httpd

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/authn"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/ticket"
	"github.com/postern-id/postern/web"
)

// Paths of the ways to an account, besides those that links in mails lead to.
const (
	pathRecover  = "/recover"
	pathRegister = "/register"
)

// entryRoutes are the ways to an account, or back to one. GET never uses a link up, as
// programs that look for viruses open links too.
func (s *Server) entryRoutes(e *echo.Echo) {
	e.GET(pathRecover, s.recoverPage)
	e.POST(pathRecover, s.recover, s.sameOrigin)
	e.GET(ticket.PathReset, s.resetPage)
	e.POST(ticket.PathReset, s.reset, s.sameOrigin)
	e.GET(ticket.PathInvite, s.choicePage(core.TicketInvite))
	e.POST(ticket.PathInvite, s.choose(core.TicketInvite), s.sameOrigin)
	e.GET(pathRegister, s.signUpPage)
	e.POST(pathRegister, s.signUp, s.sameOrigin)
	e.GET(ticket.PathRegister, s.choicePage(core.TicketRegister))
	e.POST(ticket.PathRegister, s.choose(core.TicketRegister), s.sameOrigin)
	e.GET(ticket.PathVerify, s.verifyPage)
	e.POST(ticket.PathVerify, s.verify, s.sameOrigin)
	e.GET(ticket.PathEmail, s.emailPage)
	e.POST(ticket.PathEmail, s.email, s.sameOrigin)
}

// comer is who comes to one of these pages, with the step of the sign-in that they left
// for it.
type comer struct {
	*account.Visitor
	step string
}

// come says who comes. The page is of the organisation of the client, if there is one.
func (s *Server) come(c echo.Context, step string) (*comer, error) {
	ctx, from := c.Request().Context(), browser(c)
	here, _, err := s.Flow.Here(ctx, from)
	if err != nil {
		return nil, err
	}
	request, client, err := s.Flow.Asked(ctx, step, from)
	if err != nil {
		return nil, err
	}
	who := flow.Audience{}
	if client != nil {
		who.Org = client.Org
	}
	v := &account.Visitor{Client: client, Request: request, Here: here, UserAgent: from.UserAgent}
	v.Event = core.Event{IP: from.IP, Correlation: from.Correlation, ClientID: clientID(client)}
	if here != nil {
		who.Person, v.Event.SessionID, v.Event.Actor = &here.User, here.Session.ID, "user:"+string(here.User.ID)
	}
	meet(c, who)
	v.Locale = s.locale(c).Tag
	if cookie, ok := core.ParseCredential(core.KindBrowser, from.BrowserCookie); ok {
		v.Browser = cookie.Hash()
	}
	if request == "" {
		step = ""
	}
	return &comer{v, step}, nil
}

func clientID(client *core.Client) string {
	if client == nil {
		return ""
	}
	return client.ID
}

// comeByQuery is come for a page that is asked for.
func (s *Server) comeByQuery(c echo.Context) (*comer, oauth.Params, error) {
	params, err := oauth.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return nil, params, err
	}
	who, err := s.come(c, params.Get("step"))
	return who, params, err
}

// comeByForm is come for a form.
func (s *Server) comeByForm(c echo.Context) (*comer, oauth.Params, error) {
	form, err := s.postForm(c)
	if err != nil {
		return nil, form, err
	}
	who, err := s.come(c, form.Get("step"))
	return who, form, err
}

// signIn is where the sign-in goes on that they left.
func (w *comer) signIn() string { return withStep(pathLogin, w.step) }

func withStep(path, step string) string {
	if step == "" {
		return path
	}
	return path + "?" + url.Values{"step": {step}}.Encode()
}

// doors adds to the sign-in page the ways that are open to who cannot sign in.
func (s *Server) doors(ctx context.Context, page web.Login, client *core.Client) (web.Login, error) {
	if s.Entry == nil {
		return page, nil
	}
	open, err := s.Entry.Doors(ctx, client)
	if err != nil {
		return page, err
	}
	if open.Recover {
		page.RecoverURL = withStep(pathRecover, page.Step)
	}
	if open.Register {
		page.RegisterURL = withStep(pathRegister, page.Step)
	}
	return page, nil
}

// notOffered is the answer where a way is not open.
func notOffered() error {
	return withStatus(oauth.Refuse(oauth.CodeInvalidRequest, "not_found", "There is nothing at this address."), http.StatusNotFound)
}

// enter goes on to where the person was going.
func (s *Server) enter(c echo.Context, entered *account.Entered) error {
	return s.answer(c, s.Flow.Enter(c.Request().Context(), browser(c), entered.Request, entered.Proof))
}

// sent says that there is something in the mailbox, whether there is or not.
func (s *Server) sent(c echo.Context, who *comer, purpose core.TicketPurpose, address, back string) error {
	return s.page(c, http.StatusOK, pageWith{Page: web.MailSent{
		Purpose: string(purpose), Address: address, Minutes: int(ticket.Lifetime(purpose) / time.Minute), Client: party(who.Client), BackURL: back,
		MailboxURL: s.mailboxURL(),
	}})
}

// trouble says what is wrong with a form: by field, and the status of the page that shows
// it again. It is nil for what is no fault of the form.
func (s *Server) trouble(c echo.Context, err error) (problems map[string]string, status int) {
	l := s.locale(c)
	weak, isWeak := errors.AsType[interface {
		error
		FieldProblem() core.FieldProblem
	}](err)
	invalid, isInvalid := errors.AsType[*account.InvalidError](err)
	refused, isRefused := errors.AsType[*core.SignInRefused](err)
	denied, isDenied := errors.AsType[*account.Denied](err)
	switch {
	case isWeak:
		return map[string]string{"password": fieldText(l, weak.FieldProblem())}, http.StatusUnprocessableEntity
	case isInvalid:
		problems = map[string]string{}
		for _, p := range invalid.Problems {
			if p.Field == "display_name" {
				p.Field = "name"
			}
			problems[p.Field] = fieldText(l, p)
		}
		return problems, http.StatusUnprocessableEntity
	case errors.Is(err, authn.ErrBusy):
		return map[string]string{"": l.Text("login.busy")}, http.StatusServiceUnavailable
	case isRefused && refused.Kind == core.SignInThrottled:
		c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(refused.RetryAfter.Seconds()))))
		return map[string]string{"": l.Text("life.throttled")}, http.StatusTooManyRequests
	case isRefused:
		return map[string]string{"": l.Text("life.passkey_failed")}, http.StatusUnprocessableEntity
	case isDenied && denied.Words != "":
		return map[string]string{"": l.Text("life.denied_words", "words", denied.Words)}, http.StatusForbidden
	case isDenied:
		return map[string]string{"": l.Text("life.denied")}, http.StatusForbidden
	}
	return nil, 0
}

// again shows a form once more with what is wrong, or says why a link does not work. What
// is neither is a failure.
func (s *Server) again(c echo.Context, who *comer, err error, show func(problems map[string]string, status int) error) error {
	if refused, ok := errors.AsType[*ticket.Refused](err); ok {
		return s.refuseTicket(c, who, refused)
	}
	if problems, status := s.trouble(c, err); problems != nil {
		return show(problems, status)
	}
	return err
}

// refuseTicket says why a link does not work, and what to do instead.
func (s *Server) refuseTicket(c echo.Context, who *comer, refused *ticket.Refused) error {
	page := web.TicketGone{Purpose: string(refused.Purpose)}
	status := http.StatusGone
	switch refused.Kind {
	case ticket.Used:
		page.Reason = "used"
	case ticket.Expired:
		page.Reason = "expired"
	case ticket.Closed:
		page.Reason = "closed"
	case ticket.Other:
		page.Reason, status = "account", http.StatusForbidden
	default:
		status = http.StatusNotFound
	}
	if who.Here != nil {
		page.Name = who.Here.User.DisplayName()
	}
	next, err := s.instead(c.Request().Context(), who, refused)
	if err != nil {
		return err
	}
	page.NextURL = next
	return s.page(c, status, pageWith{Page: page})
}

// instead is where to go with a link that does not work; empty if nowhere.
func (s *Server) instead(ctx context.Context, who *comer, refused *ticket.Refused) (string, error) {
	switch {
	case refused.Kind == ticket.Other:
		return oauth.PathEndSession, nil
	case refused.Kind == ticket.Closed, refused.Purpose == core.TicketInvite, refused.Purpose == core.TicketRegister && refused.Kind == ticket.Used:
		return pathLogin, nil // they may have what they need by now
	}
	open, err := s.Entry.Doors(ctx, who.Client)
	switch {
	case err != nil:
		return "", err
	case refused.Purpose == core.TicketReset && open.Recover:
		return pathRecover, nil
	case refused.Purpose == core.TicketRegister && open.Register:
		return pathRegister, nil
	case refused.Purpose == core.TicketVerify || refused.Purpose == core.TicketEmail:
		return pathAccount, nil
	}
	return "", nil
}
