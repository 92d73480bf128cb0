package httpd

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/web"
)

// home leads who is signed in to their account, and shows the way to sign in to others.
func (s *Server) home(c echo.Context) error {
	in, _, err := s.Flow.Here(c.Request().Context(), browser(c))
	if err != nil {
		return err
	}
	if in != nil {
		return s.seeOther(c, pathAccount)
	}
	open, err := s.Admin.SetupOpen(c.Request().Context())
	if err != nil {
		return err
	}
	page := web.Welcome{LoginURL: pathLogin, NeedsSetup: open}
	if theme := s.theme(c, core.DefaultOrganisation); theme != nil && theme.Logo != "" {
		page.Name = theme.Name
	}
	return s.page(c, http.StatusOK, pageWith{Page: page})
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
