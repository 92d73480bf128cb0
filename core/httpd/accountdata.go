package httpd

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

func (s *Server) dataPage(c echo.Context, v *visitor) error {
	page := web.Data{Person: s.person(c, v)}
	if !v.Org.Rules.KeepAccount {
		page.DeleteURL = pathDelete
	}
	return s.page(c, statusOf(v, false), pageWith{Page: page})
}

// export hands out everything that is kept about the person, as a file.
func (s *Server) export(c echo.Context, v *visitor, _ oauth.Params) error {
	document, err := s.Account.Export(c.Request().Context(), v.Person)
	if err != nil {
		return err
	}
	secret(c)
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="account.json"`)
	return c.Blob(http.StatusOK, typeJSON, document)
}

func (s *Server) deletePage(c echo.Context, v *visitor) error { return s.deleteWith(c, v, nil) }

// deleteWith asks once more, and says what goes.
func (s *Server) deleteWith(c echo.Context, v *visitor, problems map[string]string) error {
	goes, err := s.Account.Losses(c.Request().Context(), v.Person)
	if err != nil {
		return s.refuseOwn(c, v, err, s.dataPage)
	}
	return s.page(c, statusOf(v, problems != nil), pageWith{Page: web.DeleteAccount{
		Person: s.person(c, v), Sessions: goes.Sessions, Applications: goes.Applications, Passkeys: goes.Passkeys, Links: goes.Links,
		Problems: problems, BackURL: pathData,
	}})
}

func (s *Server) deleteAccount(c echo.Context, v *visitor, form oauth.Params) error {
	err := s.Account.Delete(c.Request().Context(), v.Person, form.Get("confirm"))
	if wrong, ok := errors.AsType[*account.InvalidError](err); ok {
		return s.deleteWith(c, v, s.fieldTexts(c, wrong, nil))
	}
	if err != nil {
		return s.refuseOwn(c, v, err, s.dataPage)
	}
	setCookies(c, flow.Cookies{ClearSession: true, ClearState: true})
	meet(c, flow.Audience{Org: v.User.Org})
	return s.page(c, http.StatusOK, pageWith{Page: web.Done{What: "deleted", ContinueURL: pathHome}})
}
