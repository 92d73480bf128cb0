package httpd

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/console"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
)

// Console has the pages of administrators: see [console.Console].
type Console interface {
	Routes() []console.Route
	Visit(ctx context.Context, r console.Request) (*console.Answer, error)
	// Administers reports whether there is anything in them for the user.
	Administers(ctx context.Context, user core.ID) (bool, error)
}

// noteConsole is a note whose text the console wrote itself.
const noteConsole flow.NoteKind = "console"

// consoleRoutes mounts the pages of administrators.
func (s *Server) consoleRoutes(e *echo.Echo) {
	s.uploads = map[string]int64{}
	for _, route := range s.Console.Routes() {
		e.GET(route.Path, s.showConsole(route))
		if route.Actions != nil {
			e.POST(route.Path, s.actConsole(route), s.sameOrigin)
		}
		if route.Upload > 0 {
			s.uploads[route.Path] = route.Upload
		}
	}
}

// showConsole shows a page; whoever is not signed in signs in first.
func (s *Server) showConsole(route console.Route) echo.HandlerFunc {
	return func(c echo.Context) error {
		params, err := oauth.ParseQuery(c.Request().URL.RawQuery)
		if err != nil {
			return err
		}
		query := params.Values()
		query.Del("step")
		ctx, from, back := c.Request().Context(), browser(c), backTo(c, query)
		in, step, err := s.Flow.Here(ctx, from)
		switch {
		case err != nil:
			return err
		case in == nil:
			return s.answer(c, s.Flow.SignInTo(ctx, back, from))
		}
		if route.Fresh {
			if _, done := s.Flow.FreshPerson(ctx, step, from, back); done != nil {
				return s.answer(c, *done)
			}
		}
		request := consoleRequest(c, route, in, query)
		if note := s.Flow.Told(in, params.Get("step")); note != nil && note.Kind == noteConsole {
			request.Notice = note.About
		}
		return s.console(c, in, step, request)
	}
}

// maxReturn bounds the query that a sign-in leads back with.
const maxReturn = 1 << 10

// backTo is the path that shows the same page again.
func backTo(c echo.Context, query url.Values) string {
	path := c.Request().URL.EscapedPath()
	if encoded := query.Encode(); encoded != "" && len(encoded) <= maxReturn {
		path += "?" + encoded
	}
	return path
}

// actConsole does what a button of the page says.
func (s *Server) actConsole(route console.Route) echo.HandlerFunc {
	return func(c echo.Context) error {
		sent, err := s.consoleForm(c, route)
		if err != nil {
			return err
		}
		action, known := route.Actions[sent.form.Get("action")]
		if !known {
			return noAction()
		}
		v, done := s.proved(c, sent.form.Get("step"), action.Fresh || route.Fresh, c.Request().URL.EscapedPath())
		if done != nil {
			return s.keepForm(c, route, sent, *done)
		}
		request := consoleRequest(c, route, v.SignedIn, nil)
		request.Action, request.Files, request.Form = sent.form.Get("action"), sent.files, sent.form
		return s.console(c, v.SignedIn, v.step, request)
	}
}

func consoleRequest(c echo.Context, route console.Route, in *core.SignedIn, query url.Values) console.Request {
	params := map[string]string{}
	for _, name := range c.ParamNames() {
		params[name] = c.Param(name)
	}
	return console.Request{
		Route: route, User: in.User.ID, IP: c.RealIP(), Agent: c.Request().UserAgent(), Ref: correlation(c),
		Params: params, Query: query, Here: c.Request().URL.EscapedPath(),
	}
}

// console has the page made, and sends it.
func (s *Server) console(c echo.Context, in *core.SignedIn, step string, request console.Request) error {
	meet(c, flow.Audience{Org: in.User.Org, Person: &in.User})
	answer, err := s.Console.Visit(c.Request().Context(), request)
	switch {
	case errors.Is(err, console.ErrNoRole):
		return withStatus(oauth.Refuse(oauth.CodeAccessDenied, "no_administrator", "This page is for administrators."), http.StatusForbidden)
	case err != nil:
		return err
	case answer.File != nil:
		return s.consoleFile(c, answer.File)
	case answer.Page == nil:
		return s.seeOther(c, s.toldAt(in, answer))
	}
	if answer.Status == http.StatusForbidden {
		s.record(c, core.EventRequestRefused, "permission_missing")
	}
	page := *answer.Page
	page.Step, page.Self.AccountURL, page.Self.Logout = step, pathAccount, oauth.PathEndSession
	page.Self.Picture = s.ownPicture(&in.User)
	return s.page(c, max(answer.Status, http.StatusOK), pageWith{Page: page})
}

// toldAt is where the answer leads, with its note.
func (s *Server) toldAt(in *core.SignedIn, answer *console.Answer) string {
	if answer.Note == "" {
		return answer.To
	}
	path, query, asks := strings.Cut(answer.To, "?")
	to := s.Flow.Tell(in, path, flow.Note{Kind: noteConsole, About: answer.Note})
	if asks {
		to += "&" + query
	}
	return to
}

// consoleFile sends a file to be kept.
func (s *Server) consoleFile(c echo.Context, file *console.File) error {
	secret(c)
	h := c.Response().Header()
	h.Set(echo.HeaderContentDisposition, `attachment; filename="`+file.Name+`"`)
	h.Set(echo.HeaderContentType, file.Type)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	c.Response().WriteHeader(http.StatusOK)
	return file.Write(c.Response())
}

// sentForm is what a form of the console sent.
type sentForm struct {
	form  url.Values
	files []console.Upload
}

// consoleForm reads a form, with files if the page takes any.
func (s *Server) consoleForm(c echo.Context, route console.Route) (sentForm, error) {
	if route.Upload == 0 || !isMultipart(c) {
		params, _, err := s.stepForm(c)
		return sentForm{form: params.Values()}, err
	}
	s.patience(c)
	parts, err := c.Request().MultipartReader()
	if err != nil {
		return sentForm{}, formMalformed()
	}
	sent := sentForm{form: url.Values{}}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = sent.read(part, route.Upload)
		}
		if _, exceeded := errors.AsType[*http.MaxBytesError](err); exceeded {
			return sentForm{}, tooLarge()
		}
		if err != nil {
			return sentForm{}, formMalformed()
		}
	}
	if sent.form.Get("step") == "" {
		refusal := oauth.Refuse(oauth.CodeInvalidRequest, "step_missing", "The form does not come from a page of this server.")
		return sentForm{}, withStatus(refusal, http.StatusForbidden)
	}
	return sent, nil
}

func formMalformed() *oauth.Error {
	return oauth.Refuse(oauth.CodeInvalidRequest, "form_malformed", "The form cannot be read.")
}

// maxParts bounds how many parts a form with files may have.
const maxParts = 128

var errParts = errors.New("too many parts, or one twice")

// read keeps a part: a field, or a file.
func (f *sentForm) read(part *multipart.Part, most int64) error {
	name := part.FormName()
	if f.form.Has(name) || len(f.form)+len(f.files) >= maxParts {
		return errParts
	}
	if part.FileName() == "" {
		most = maxBody
	}
	content, err := io.ReadAll(io.LimitReader(part, most+1))
	switch {
	case err != nil:
		return err
	case int64(len(content)) > most:
		return &http.MaxBytesError{Limit: most}
	case part.FileName() != "":
		f.files = append(f.files, console.Upload{Field: name, Name: part.FileName(), Content: content})
		return nil
	}
	f.form.Set(name, string(content))
	return nil
}
