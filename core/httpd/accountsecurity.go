package httpd

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

func (s *Server) securityPage(c echo.Context, v *visitor) error {
	return s.securityWith(c, v, misnamed{})
}

// misnamed is a name that an authenticator cannot have.
type misnamed struct {
	id           core.ID
	typed, wrong string
}

// securityWith shows what the person signs in with.
func (s *Server) securityWith(c echo.Context, v *visitor, m misnamed) error {
	ctx := c.Request().Context()
	has, err := s.Account.Credentials(ctx, v.Person)
	if err != nil {
		return err
	}
	devices, err := s.Account.Devices(ctx, v.Person)
	if err != nil {
		return err
	}
	page := web.Security{
		Person: s.person(c, v), Passkeys: authenticators(has.Passkeys, m), Apps: authenticators(has.Apps, m),
		Password: v.User.PasswordHash != "", PasswordAt: v.User.PasswordAt,
		Codes: has.Codes, CodesMade: has.CodesMade, CanMakeCodes: has.MayMakeCodes, Signal: s.signal(v, has),
	}
	for _, d := range devices {
		page.Browsers = append(page.Browsers, web.Browser{
			ID: string(d.ID), Name: core.BrowserName(d.UserAgent), IP: d.IP, At: d.CreatedAt, LastUsedAt: d.LastUsedAt, ExpiresAt: d.ExpiresAt,
		})
	}
	if has.MayAddPasskey {
		page.AddPasskeyURL = pathPasskey
	}
	if has.MayAddApp {
		page.AddAppURL = pathApp
	}
	if has.MaySetPassword {
		page.PasswordURL = pathPassword
	}
	if err := s.elsewhere(c, &page); err != nil {
		return err
	}
	return s.page(c, statusOf(v, m.wrong != ""), pageWith{Page: page})
}

// elsewhere fills in the accounts at other providers.
func (s *Server) elsewhere(c echo.Context, page *web.Security) error {
	home, err := s.Flow.Home(c.Request().Context(), browser(c))
	if err != nil || home == nil {
		return err // the session ended just now, or was renewed with this answer
	}
	page.LinkAction, page.UnlinkAction = flow.PathLink, flow.PathUnlink
	linked := map[string]bool{}
	for _, l := range home.Links {
		linked[l.Connector] = true
		page.Links = append(page.Links, web.Link{
			Connector: l.Connector, Subject: l.Subject, Title: l.Title, Icon: l.Icon, Name: l.Name, Since: l.Since, Only: l.Only,
		})
	}
	// One account at a provider is what people have, and a second line of its name
	// would seem to say that the first is none.
	page.Offers = offers(slices.DeleteFunc(slices.Clone(home.Offers), func(o core.Offer) bool { return linked[o.Connector] }))
	return nil
}

func authenticators(list []account.Authenticator, m misnamed) (shown []web.Authenticator) {
	for _, one := range list {
		line := web.Authenticator{
			ID: string(one.ID), Name: one.Name, CreatedAt: one.CreatedAt, LastUsedAt: one.LastUsedAt, Only: one.Kept == account.RefusedLast,
		}
		if one.ID == m.id {
			line.Wrong, line.Typed = m.wrong, m.typed
		}
		shown = append(shown, line)
	}
	return shown
}

// signal tells the browser which passkeys there are.
func (s *Server) signal(v *visitor, has *account.Credentials) *web.Signal {
	issuer, err := url.Parse(s.Issuer)
	if err != nil || !has.Signals {
		return nil
	}
	encode := base64.RawURLEncoding.EncodeToString
	signal := &web.Signal{
		RPID: issuer.Hostname(), UserID: encode([]byte(v.User.ID)), Name: v.User.Email, DisplayName: v.User.DisplayName(), Credentials: []string{},
	}
	if signal.Name == "" {
		signal.Name = v.User.Name
	}
	for _, passkey := range has.Passkeys {
		signal.Credentials = append(signal.Credentials, encode(passkey.Handle))
	}
	return signal
}

func (s *Server) renameAuthenticator(c echo.Context, v *visitor, form oauth.Params) error {
	id, typed := core.ID(form.Get("id")), form.Get("name")
	err := s.Account.Rename(c.Request().Context(), v.Person, id, typed)
	if wrong, ok := errors.AsType[*account.InvalidError](err); ok {
		return s.securityWith(c, v, misnamed{id, typed, s.fieldTexts(c, wrong, nil)["name"]})
	}
	if err != nil {
		return s.refuseOwn(c, v, err, s.securityPage)
	}
	return s.tell(c, v, pathSecurity, noteRenamed)
}

func (s *Server) removeAuthenticator(c echo.Context, v *visitor, form oauth.Params) error {
	change, err := s.Account.Remove(c.Request().Context(), v.Person, core.ID(form.Get("id")))
	if err == nil {
		err = s.renew(c, v, change)
	}
	if err != nil {
		return s.refuseOwn(c, v, err, s.securityPage)
	}
	return s.tell(c, v, pathSecurity, noteRemoved)
}

func (s *Server) renewCodes(c echo.Context, v *visitor, _ oauth.Params) error {
	change, err := s.Account.RenewCodes(c.Request().Context(), v.Person)
	if err == nil {
		err = s.renew(c, v, change)
	}
	if err != nil {
		return s.refuseOwn(c, v, err, s.securityPage)
	}
	return s.codesPage(c, v, change.Codes, noteCodes)
}

// codesPage shows recovery codes, this once: nothing keeps them. What was done is said on
// the page after it.
func (s *Server) codesPage(c echo.Context, v *visitor, codes []string, done flow.NoteKind) error {
	return s.page(c, http.StatusOK, pageWith{Page: web.RecoveryCodes{
		ContinueURL: s.Flow.Tell(v.SignedIn, pathSecurity, flow.Note{Kind: done}), Codes: codes, Login: v.User.Name, Site: s.host(), MadeAt: s.Now(),
	}})
}

// host is how people know the server.
func (s *Server) host() string {
	issuer, err := url.Parse(s.Issuer)
	if err != nil {
		return strings.TrimPrefix(s.Issuer, "https://")
	}
	return issuer.Host
}

func (s *Server) forgetDevice(c echo.Context, v *visitor, form oauth.Params) error {
	if err := s.Account.ForgetDevice(c.Request().Context(), v.Person, core.ID(form.Get("id"))); err != nil {
		return s.refuseOwn(c, v, err, s.securityPage)
	}
	return s.tell(c, v, pathSecurity, noteForgotten)
}

func (s *Server) forgetDevices(c echo.Context, v *visitor, _ oauth.Params) error {
	if err := s.Account.ForgetDevices(c.Request().Context(), v.Person); err != nil {
		return s.refuseOwn(c, v, err, s.securityPage)
	}
	return s.tell(c, v, pathSecurity, noteForgotten)
}
