package httpd

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

// home shows who is signed in, or the way to sign in.
func (s *Server) home(c echo.Context) error {
	params, err := oauth.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	home, err := s.Flow.Home(c.Request().Context(), browser(c))
	if err != nil {
		return err
	}
	if home != nil {
		meet(c, flow.Audience{Org: home.User.Org, Person: &home.User})
		page := accountPage(home)
		page.Notice = s.noteText(c, s.Flow.Note(params.Get("step"), home))
		return s.page(c, http.StatusOK, pageWith{Page: page})
	}
	open, err := s.Admin.SetupOpen(c.Request().Context())
	if err != nil {
		return err
	}
	return s.page(c, http.StatusOK, pageWith{Page: web.Welcome{LoginURL: pathLogin, NeedsSetup: open}})
}

// accountPage is what the front page shows to somebody.
func accountPage(home *flow.Home) web.SignedIn {
	page := web.SignedIn{
		Name: home.User.DisplayName(), Login: home.User.Name, Email: home.User.Email,
		Organisation: home.Org.DisplayName, Admin: home.User.Admin,
		Since:        home.Session.AuthTime,
		LogoutAction: oauth.PathEndSession,
		Password:     home.User.PasswordHash != "",
		LinkAction:   flow.PathLink, UnlinkAction: flow.PathUnlink, Step: home.Step,
	}
	linked := map[string]bool{}
	for _, l := range home.Links {
		linked[l.Connector] = true
		page.Links = append(page.Links, web.Link{
			Connector: l.Connector, Subject: l.Subject, Title: l.Title, Icon: l.Icon, Name: l.Name,
			Since: l.Since, Only: l.Only,
		})
	}
	// One account at a provider is what people have, and a second line of its name
	// would seem to say that the first is none.
	page.Offers = offers(slices.DeleteFunc(slices.Clone(home.Offers), func(o core.Offer) bool { return linked[o.Connector] }))
	return page
}

// noteText says what came of linking.
func (s *Server) noteText(c echo.Context, note *flow.Note) string {
	if note == nil {
		return ""
	}
	switch note.Kind {
	case flow.NoteLinked:
		return s.say(c, "home.linked", "provider", note.Provider)
	case flow.NoteUnlinked:
		return s.say(c, "home.unlinked", "provider", note.Provider)
	case flow.NoteCancelled:
		return s.say(c, "home.cancelled", "provider", note.Provider)
	}
	return ""
}

func offers(list []core.Offer) []web.Offer {
	var shown []web.Offer
	for _, o := range list {
		shown = append(shown, web.Offer{Connector: o.Connector, Title: o.Title, Icon: o.Icon})
	}
	return shown
}

// link begins to link an account elsewhere to who is signed in.
func (s *Server) link(c echo.Context) error {
	params, step, err := s.stepForm(c)
	if err != nil {
		return err
	}
	return s.answer(c, s.Flow.Link(c.Request().Context(), step, params.Get("connector"), browser(c)))
}

// unlink takes such a link away.
func (s *Server) unlink(c echo.Context) error {
	params, step, err := s.stepForm(c)
	if err != nil {
		return err
	}
	return s.answer(c, s.Flow.Unlink(c.Request().Context(), step, params.Get("connector"), params.Get("subject"), browser(c)))
}
