package httpd

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

func (s *Server) sessionsPage(c echo.Context, v *visitor) error {
	sessions, err := s.Account.Sessions(c.Request().Context(), v.Person)
	if err != nil {
		return err
	}
	page := web.Sessions{Person: s.person(c, v)}
	for _, one := range sessions {
		page.Sessions = append(page.Sessions, web.Browser{
			ID: string(one.ID), Name: core.BrowserName(one.UserAgent), IP: one.IP, At: one.AuthTime, ExpiresAt: one.ExpiresAt, Current: one.Current,
		})
	}
	return s.page(c, statusOf(v, false), pageWith{Page: page})
}

func (s *Server) endSession(c echo.Context, v *visitor, form oauth.Params) error {
	if err := s.Account.EndSession(c.Request().Context(), v.Person, core.ID(form.Get("id"))); err != nil {
		return s.refuseOwn(c, v, err, s.sessionsPage)
	}
	return s.tell(c, v, pathSessions, noteEnded)
}

func (s *Server) endOthers(c echo.Context, v *visitor, _ oauth.Params) error {
	if err := s.Account.EndOthers(c.Request().Context(), v.Person); err != nil {
		return s.refuseOwn(c, v, err, s.sessionsPage)
	}
	return s.tell(c, v, pathSessions, noteOthersOut)
}

func (s *Server) applicationsPage(c echo.Context, v *visitor) error {
	all, err := s.Account.Applications(c.Request().Context(), v.Person)
	if err != nil {
		return err
	}
	page := web.Applications{Person: s.person(c, v)}
	for i := range all {
		a := &all[i]
		page.Applications = append(page.Applications, web.Application{
			ClientID: a.Client.ID, Client: *party(&a.Client), Since: a.Since, LastUsedAt: a.LastUsedAt, Scopes: scopeLines(s.locale(c), a.Scopes),
		})
	}
	return s.page(c, statusOf(v, false), pageWith{Page: page})
}

func (s *Server) disconnect(c echo.Context, v *visitor, form oauth.Params) error {
	if err := s.Account.Disconnect(c.Request().Context(), v.Person, form.Get("client_id")); err != nil {
		return s.refuseOwn(c, v, err, s.applicationsPage)
	}
	return s.tell(c, v, pathApplications, noteWithdrawn)
}

// How much of what happened a page shows: first, and at most.
const (
	fewHappenings  = 30
	mostHappenings = 480
)

// activityPage shows what happened lately, and more of it each time that somebody asks.
func (s *Server) activityPage(c echo.Context, v *visitor) error {
	most := fewHappenings
	if asked, err := strconv.Atoi(c.QueryParam("most")); err == nil {
		most = min(max(asked, fewHappenings), mostHappenings)
	}
	tells := func(kind core.EventType) bool { return web.Tells(string(kind)) }
	list, more, err := s.Account.Activity(c.Request().Context(), v.Person, tells, most)
	if err != nil {
		return err
	}
	page := web.Activity{Person: s.person(c, v)}
	for _, h := range list {
		page.Happenings = append(page.Happenings, web.Happening{
			At: h.At, Type: string(h.Type), What: h.About, Browser: h.Browser, IP: h.IP, ByOther: h.ByOther,
		})
	}
	if more && most < mostHappenings {
		page.MoreURL = pathActivity + "?most=" + strconv.Itoa(4*most)
	}
	return s.page(c, statusOf(v, false), pageWith{Page: page})
}
