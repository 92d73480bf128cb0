package httpd

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

const (
	keyAudience = "audience"
	keyStep     = "step" // what the form said; see here

	// localeAge is how long a browser keeps the language that was chosen.
	localeAge = 365 * 24 * time.Hour
)

// meet says who reads the answer to the request. Whatever is said by [Server.say], or
// shown by [Server.page], after that is in their language and of their look.
func meet(c echo.Context, a flow.Audience) { c.Set(keyAudience, a) }

func audience(c echo.Context) flow.Audience {
	a, _ := c.Get(keyAudience).(flow.Audience)
	return a
}

// Organisations knows how pages of an organisation look.
type Organisations interface {
	Organisation(ctx context.Context, name string) (*core.Organisation, error)
}

// look is how the answer to the request looks: of the organisation, if one is named, else
// of the one that the request is about, else of the one that every server has.
func (s *Server) look(c echo.Context, org string, uiLocales ...string) web.Look {
	a := audience(c)
	look := web.Look{Locale: s.locale(c, uiLocales...), Theme: s.theme(c, cmp.Or(org, a.Org, core.DefaultOrganisation))}
	if a.Person != nil {
		look.Appearance = a.Person.Profile.Appearance
	}
	return look
}

// locale is the language of the answer. What a person chose in this browser counts before
// what their profile says, that before what the client asks for, and that before what the
// browser is set to (OpenID Connect Core section 3.1.2.1, ui_locales; RFC 9110 section
// 12.5.4).
func (s *Server) locale(c echo.Context, uiLocales ...string) *web.Locale {
	a := audience(c)
	wanted := []string{cookie(c, cookieLocale)}
	if a.Person != nil {
		wanted = append(wanted, a.Person.Profile.Locale)
	}
	wanted = append(append(wanted, uiLocales...), a.Locales...)
	return s.Pages.Locale(append(wanted, strings.Join(c.Request().Header.Values("Accept-Language"), ","))...)
}

// theme is that of the organisation. A page is shown without one rather than not at all.
func (s *Server) theme(c echo.Context, name string) *web.Theme {
	if s.Organisations == nil {
		return nil
	}
	org, err := s.Organisations.Organisation(c.Request().Context(), name)
	if err != nil {
		if !errors.Is(err, core.ErrNotFound) {
			s.Logger.Error("theme not read", slog.Any("cause", err), slog.String("correlation", correlation(c)))
		}
		return nil
	}
	return &web.Theme{
		Org: org.Name, Folder: s.Pages.HasTheme(org.Name), Name: cmp.Or(org.DisplayName, org.Name), Logo: org.Logo, Icon: org.Favicon,
		Accent: org.Theme.Accent, AccentDark: org.Theme.AccentDark,
	}
}

// say gives a message in the language of the answer; pairs as of [web.Locale.Text].
func (s *Server) say(c echo.Context, key string, pairs ...any) string {
	return s.locale(c).Text(key, pairs...)
}

// language takes the choice of the footer, and leads back.
func (s *Server) language(c echo.Context) error {
	params, err := s.postForm(c)
	if err != nil {
		return err
	}
	back := params.Get("back")
	if !isLocal(back) {
		return oauth.Refuse(oauth.CodeInvalidRequest, "back_not_local", "The form leads to no page of this server.")
	}
	chosen := s.Pages.Known(params.Get("locale"))
	if chosen == nil {
		return oauth.Refuse(oauth.CodeInvalidRequest, "locale_unknown", "There are no pages in this language.")
	}
	s.setLocale(c, chosen)
	return s.seeOther(c, back)
}

// setLocale has the browser keep the language.
func (s *Server) setLocale(c echo.Context, l *web.Locale) {
	setCookie(c, cookieLocale, l.Tag, s.Now().Add(localeAge))
}

// maxBack bounds the address of a page that the switch of languages leads back to. No page
// of ours is near it.
const maxBack = 4 << 10

// isLocal reports whether the browser stays here if it is sent there: to a path, with a
// query perhaps. Browsers take a backslash for a slash, and leave out line breaks and tabs.
func isLocal(path string) bool {
	if len(path) > maxBack || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, "\\") {
		return false
	}
	if strings.ContainsFunc(path, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return false
	}
	u, err := url.Parse(path)
	return err == nil && u.Scheme == "" && u.Host == ""
}

// ours are the parameters that a page may be shown again with: we made them.
func ours() []string { return []string{"step", "ticket", "token"} }

// here is the local path that shows the same page again, for the switch of languages:
// that of a page that was asked for, or of the step whose form was sent. Pages that lead
// on by themselves have none, nor has the answer to what can be sent once; and those where
// something was wrong with the request, because they repeat nothing of it.
func (s *Server) here(c echo.Context, page web.Page) string {
	switch page.(type) {
	case web.Leaving, web.FormPost, web.SigningOut, web.CheckSession, web.Denied, web.Error, web.RecoveryCodes, web.Console:
		return ""
	}
	r := c.Request()
	params, err := oauth.ParseQuery(r.URL.RawQuery)
	if err != nil || !s.shown[c.Path()] {
		return ""
	}
	values := params.Values()
	if step, _ := c.Get(keyStep).(string); step != "" {
		values.Set("step", step)
	} else if r.Method != http.MethodGet {
		return ""
	}
	path := r.URL.EscapedPath()
	for name := range values {
		if !slices.Contains(ours(), name) {
			return ""
		}
	}
	if len(values) > 0 {
		path += "?" + values.Encode()
	}
	if !isLocal(path) {
		return ""
	}
	return path
}
