package httpd

import (
	"cmp"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

// paramConnector is the connector in the path of a callback: each has a redirect URI of
// its own (RFC 9700 section 4.4.2.2).
const paramConnector = "connector"

// callback takes the answer of a provider from the query.
func (s *Server) callback(c echo.Context) error {
	params, err := oauth.ParseQuery(c.Request().URL.RawQuery)
	return s.calledBack(c, params, false, err)
}

// callbackByPost takes it from a form of the provider's (OAuth 2.0 Form Post Response
// Mode), which comes from another site and without cookies.
func (s *Server) callbackByPost(c echo.Context) error {
	params, err := s.postForm(c)
	return s.calledBack(c, params, true, err)
}

func (s *Server) calledBack(c echo.Context, params oauth.Params, posted bool, err error) error {
	if err != nil {
		refusal := oauth.AsError(err)
		s.record(c, core.EventUpstreamRefused, refusal.Reason)
		s.logFailure(c, refusal)
		return s.errorPage(c, refusal, flow.PathHome)
	}
	return s.answer(c, s.Flow.Callback(c.Request().Context(), c.Param(paramConnector), params, posted, browser(c)))
}

// logoutReturn takes who signed out at a provider to where they were going.
func (s *Server) logoutReturn(c echo.Context) error {
	params, err := oauth.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	return s.answer(c, s.Flow.LogoutReturn(params.Get("state")))
}

func leaving(o flow.Outcome) web.Leaving {
	return web.Leaving{URL: o.Redirect, Name: o.Away.Title, Icon: o.Away.Icon, Client: party(o.Away.Client)}
}

// turnedBack says in a person's words why a sign-in elsewhere came to nothing.
func (s *Server) turnedBack(c echo.Context, o flow.Outcome) web.Error {
	l := s.locale(c)
	provider := cmp.Or(o.Elsewhere.Title, l.Text("upstream.provider"))
	page := web.Error{
		Status: o.Error.Status, Code: o.Error.Code, Title: l.Text("upstream.broken", "provider", provider),
		Description: l.Text("upstream.broken_text"), Hint: l.Text("upstream.broken_hint"),
		Correlation: correlation(c), BackURL: o.Back, BackText: backText(l, o.Back),
	}
	switch o.Elsewhere.Kind {
	case core.UpstreamDenied:
		page.Title = l.Text("upstream.denied", "provider", provider)
		page.Description = o.Elsewhere.Words
		page.Hint = l.Text("upstream.denied_hint")
	case core.UpstreamUnknown:
		page.Title = l.Text("upstream.unknown")
		page.Description = l.Text("upstream.unknown_text", "provider", provider)
		page.Hint = l.Text("upstream.unknown_hint")
	case core.UpstreamClosed:
		page.Title = l.Text("upstream.closed")
		page.Description = ""
		page.Hint = l.Text("upstream.closed_hint")
	}
	if o.Elsewhere.Linking {
		return notLinked(l, page, o.Elsewhere.Kind, o.Elsewhere.Words)
	}
	return page
}

// notLinked are the words where somebody who is signed in wanted to link an account.
func notLinked(l *web.Locale, page web.Error, kind core.UpstreamRefusal, words string) web.Error {
	page.Title = l.Text("upstream.not_linked")
	switch kind {
	case core.UpstreamBroken:
		page.Description = l.Text("upstream.not_linked_text")
	case core.UpstreamUnknown, core.UpstreamDenied:
		page.Description = cmp.Or(words, l.Text("upstream.not_linkable_text"))
		page.Hint = l.Text("upstream.not_linkable_hint")
	}
	return page
}
