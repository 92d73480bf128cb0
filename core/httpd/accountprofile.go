package httpd

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

func (s *Server) profilePage(c echo.Context, v *visitor) error {
	return s.profileWith(c, v, account.ProfileOf(&v.User), nil)
}

// profileWith shows the profile with what was typed, and what was wrong with it.
func (s *Server) profileWith(c echo.Context, v *visitor, typed account.Profile, problems map[string]string) error {
	page := web.Profile{
		Person: s.person(c, v), Organisation: v.Org.DisplayName, Email: v.User.Email, Verified: v.User.EmailVerified,
		Since: v.User.CreatedAt, Locked: v.Org.Rules.KeepProfile,
		FullName: typed.DisplayName, GivenName: typed.GivenName, FamilyName: typed.FamilyName, Nickname: typed.Nickname,
		Website: typed.Website, Phone: typed.Phone, Birthdate: typed.Birthdate,
		Locale: v.User.Profile.Locale, Appearance: v.User.Profile.Appearance, Problems: problems,
	}
	s.addressed(&page, v)
	for _, tag := range web.Languages() {
		page.Languages = append(page.Languages, web.Language{Tag: tag, Name: s.Pages.Known(tag).Text("format.language")})
	}
	return s.page(c, statusOf(v, problems != nil), pageWith{Page: page})
}

// profileNames are the claims that the fields of the form are named by.
func profileNames() map[string]string {
	return map[string]string{"display_name": "name", "phone": "phone_number"}
}

func (s *Server) editProfile(c echo.Context, v *visitor, form oauth.Params) error {
	typed := account.Profile{
		DisplayName: form.Get("name"), GivenName: form.Get("given_name"), FamilyName: form.Get("family_name"), Nickname: form.Get("nickname"),
		Website: form.Get("website"), Phone: form.Get("phone_number"), Birthdate: form.Get("birthdate"),
	}
	err := s.Account.EditProfile(c.Request().Context(), v.Person, typed)
	if wrong, ok := errors.AsType[*account.InvalidError](err); ok {
		return s.profileWith(c, v, typed, s.fieldTexts(c, wrong, profileNames()))
	}
	if err != nil {
		return s.refuseOwn(c, v, err, s.profilePage)
	}
	return s.tell(c, v, pathAccount, noteProfile)
}

// editPreferences changes the language and the look. The browser keeps the language too,
// as it would keep another one that was chosen at the foot of a page.
func (s *Server) editPreferences(c echo.Context, v *visitor, form oauth.Params) error {
	chosen := account.Preferences{Locale: form.Get("locale"), Appearance: form.Get("appearance")}
	locale := s.Pages.Known(chosen.Locale)
	if chosen.Locale != "" && locale == nil {
		return oauth.Refuse(oauth.CodeInvalidRequest, "locale_unknown", "There are no pages in this language.")
	}
	err := s.Account.EditPreferences(c.Request().Context(), v.Person, chosen)
	if wrong, ok := errors.AsType[*account.InvalidError](err); ok {
		return s.profileWith(c, v, account.ProfileOf(&v.User), s.fieldTexts(c, wrong, nil))
	}
	if err != nil {
		return s.refuseOwn(c, v, err, s.profilePage)
	}
	if locale != nil {
		s.setLocale(c, locale)
	} else {
		setCookie(c, cookieLocale, "", s.Now())
	}
	return s.tell(c, v, pathAccount, noteSettings)
}

func (s *Server) removePicture(c echo.Context, v *visitor, _ oauth.Params) error {
	if err := s.Account.RemovePicture(c.Request().Context(), v.Person); err != nil {
		return s.refuseOwn(c, v, err, s.profilePage)
	}
	return s.tell(c, v, pathAccount, noteNoPicture)
}

// setPicture takes the one form that brings a file.
func (s *Server) setPicture(c echo.Context) error {
	ctx, from := c.Request().Context(), browser(c)
	// Before the file: a stranger need not send it all.
	in, _, err := s.Flow.Here(ctx, from)
	switch {
	case err != nil:
		return err
	case in == nil:
		return s.answer(c, s.Flow.SignInTo(ctx, pathAccount, from))
	}
	s.patience(c)
	form, err := readPicture(c)
	if err != nil {
		return err
	}
	v, done := s.proved(c, form.step, false, pathAccount)
	switch {
	case done != nil:
		return s.answer(c, *done)
	case form.action == "picture_remove":
		return s.removePicture(c, v, oauth.Params{})
	}
	err = s.Account.SetPicture(ctx, v.Person, form.file)
	if wrong, ok := errors.AsType[*account.InvalidError](err); ok {
		return s.profileWith(c, v, account.ProfileOf(&v.User), s.fieldTexts(c, wrong, nil))
	}
	if err != nil {
		return s.refuseOwn(c, v, err, s.profilePage)
	}
	return s.tell(c, v, pathAccount, notePicture)
}

// uploadTime is how long a picture may take: other requests are small, and have less.
const uploadTime = 3 * time.Minute

// patience has the server wait for a file. Where it cannot, it waits as long as ever.
func (s *Server) patience(c echo.Context) {
	control := http.NewResponseController(c.Response())
	until := time.Now().Add(uploadTime)
	for _, err := range []error{control.SetReadDeadline(until), control.SetWriteDeadline(until)} {
		if err != nil {
			s.Logger.Debug("no more time for a picture", "cause", err.Error())
		}
	}
}

func isMultipart(c echo.Context) bool {
	return strings.HasPrefix(c.Request().Header.Get(echo.HeaderContentType), echo.MIMEMultipartForm)
}

// pictureForm is what the form with the file says.
type pictureForm struct {
	step, action string
	file         []byte // cut behind what is too large
}

// readPicture reads the form part by part (RFC 7578). What is too large is read to its
// end, else browsers would not read the answer, but not kept.
func readPicture(c echo.Context) (form pictureForm, err error) {
	malformed := oauth.Refuse(oauth.CodeInvalidRequest, "form_malformed", "The form cannot be read.")
	parts, err := c.Request().MultipartReader()
	if err != nil {
		return form, malformed
	}
	seen := map[string]bool{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if _, exceeded := errors.AsType[*http.MaxBytesError](err); exceeded {
			return form, tooLarge()
		}
		if err != nil || seen[part.FormName()] {
			return form, malformed
		}
		seen[part.FormName()] = true
		if err := form.read(part); err != nil {
			return form, malformed
		}
	}
	if form.step == "" {
		refusal := oauth.Refuse(oauth.CodeInvalidRequest, "step_missing", "The form does not come from a page of this server.")
		return form, withStatus(refusal, http.StatusForbidden)
	}
	return form, nil
}

// read keeps a part, if it is one of the form.
func (f *pictureForm) read(part *multipart.Part) error {
	most := int64(maxBody)
	if part.FormName() == "picture" {
		most = account.MaxPicture + 1
	}
	content, err := io.ReadAll(io.LimitReader(part, most))
	if err != nil {
		return err
	}
	switch part.FormName() {
	case "step":
		f.step = string(content)
	case "action":
		f.action = string(content)
	case "picture":
		f.file = content
	}
	return nil
}

// avatar serves a picture to who has its address: applications show it.
func (s *Server) avatar(c echo.Context) error {
	id, err := core.ParseID(c.Param("id"))
	if err != nil {
		return echo.ErrNotFound
	}
	picture, err := s.Account.Picture(c.Request().Context(), id)
	switch {
	case err != nil:
		return err
	case picture == nil:
		return echo.ErrNotFound
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "private, max-age=3600") // an hour after it was removed it is gone
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	return c.Blob(http.StatusOK, picture.Type, picture.Image)
}
