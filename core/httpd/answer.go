package httpd

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

// The cookies. The prefix makes browsers refuse them without Secure, with a
// Domain or with another path (RFC 6265bis section 4.1.3.2).
const (
	cookieSession = "__Host-postern-session"
	cookieBrowser = "__Host-postern-browser"
	// cookieFirst is of who proved a first factor.
	cookieFirst = "__Host-postern-first"
	// cookieDevice is of a browser that a person trusts.
	cookieDevice = "__Host-postern-device"
	// cookieState is known to checksession.mjs too.
	cookieState = "__Host-postern-state"
	// cookieLocale is the language that somebody chose in the footer.
	cookieLocale = "__Host-postern-locale"
)

// pageWith is a page with what its headers need to know.
type pageWith struct {
	web.Page
	FormTargets  []string
	FrameTargets []string
	Org          string // whose page it is; empty: of whom the request is about, as of meet
}

// answer writes what the flow decided.
func (s *Server) answer(c echo.Context, o flow.Outcome) error {
	meet(c, o.For)
	setCookies(c, o.Cookies)
	if o.RetryAfter > 0 {
		c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(o.RetryAfter.Seconds()))))
	}
	switch {
	case o.Denied != nil:
		return s.page(c, http.StatusOK, pageWith{Page: denied(o), FormTargets: o.FormTargets})
	case o.Redirect != "" && o.Away != nil:
		return s.page(c, http.StatusOK, pageWith{Page: leaving(o)})
	case o.Redirect != "":
		return s.seeOther(c, o.Redirect)
	case o.Form != nil:
		return s.page(c, http.StatusOK, pageWith{Page: formPage(o.Form), FormTargets: o.FormTargets})
	case o.Page != nil:
		page, err := s.view(c, o)
		if err != nil {
			return err
		}
		return s.page(c, max(o.Status, http.StatusOK), pageWith{Page: page, FormTargets: o.FormTargets, FrameTargets: o.FrameTargets})
	}
	s.logFailure(c, o.Error)
	if o.Elsewhere != nil {
		return s.page(c, o.Error.Status, pageWith{Page: s.turnedBack(c, o)})
	}
	if o.Over {
		return s.stepOver(c, o.Error, o.Back)
	}
	return s.errorPage(c, o.Error, o.Back)
}

func setCookies(c echo.Context, cookies flow.Cookies) {
	switch {
	case cookies.SetSession != "":
		setCookie(c, cookieSession, cookies.SetSession, cookies.SessionExpires)
	case cookies.ClearSession:
		setCookie(c, cookieSession, "", time.Time{})
	}
	switch {
	case cookies.SetBrowser != "":
		setCookie(c, cookieBrowser, cookies.SetBrowser, time.Time{})
	case cookies.ClearBrowser:
		setCookie(c, cookieBrowser, "", time.Time{})
	}
	switch {
	case cookies.SetFirst != "":
		setCookie(c, cookieFirst, cookies.SetFirst, time.Time{})
	case cookies.ClearFirst:
		setCookie(c, cookieFirst, "", time.Time{})
	}
	if cookies.SetDevice != "" {
		setCookie(c, cookieDevice, cookies.SetDevice, cookies.DeviceExpires)
	}
	switch {
	case cookies.SetState != "":
		setStateCookie(c, cookies.SetState, cookies.StateExpires)
	case cookies.ClearState:
		setStateCookie(c, "", time.Time{})
	}
}

// setStateCookie sets the one cookie that scripts see, and that browsers which still
// allow it let a frame on another site's page have.
func setStateCookie(c echo.Context, value string, expires time.Time) {
	set := &http.Cookie{Name: cookieState, Value: value, Path: "/", Expires: expires, Secure: true, SameSite: http.SameSiteNoneMode}
	if value == "" {
		set.MaxAge = -1
	}
	c.SetCookie(set)
}

// setCookie sets a cookie until expires, or until the browser is closed; an empty
// value clears it.
func setCookie(c echo.Context, name, value string, expires time.Time) {
	set := &http.Cookie{
		Name: name, Value: value, Path: "/", Expires: expires,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		set.MaxAge = -1
	}
	c.SetCookie(set)
}

// cookie gives the value of the cookie; nothing if there are two of that name.
func cookie(c echo.Context, name string) string {
	found := c.Request().CookiesNamed(name)
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}

// pageHeaders keeps the page to itself: no foreign requests, nothing stored, and no
// frames, except for the one page that is made for them (RFC 9700 sections 4.2 and 4.16).
func (s *Server) pageHeaders(c echo.Context, page pageWith, theme *web.Theme) {
	secret(c)
	h := c.Response().Header()
	if !framed(page.Page) {
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
	}
	h.Set("Permissions-Policy", permissions(page.Page))
	h.Set("Content-Security-Policy", contentPolicy(page, theme))
}

// permissions lets the page use a passkey, or make one, if that is what it is for
// (WebAuthn Level 3 section 5.9), and nothing else.
func permissions(page web.Page) string {
	get, create := "()", "()"
	switch p := page.(type) {
	case web.Login:
		if p.Passkey != nil {
			get = "(self)"
		}
	case web.Factor:
		if p.Passkey != nil {
			get = "(self)"
		}
	case web.Enrol:
		if p.Passkey != nil {
			create = "(self)"
		}
	case web.Invite:
		if p.Passkey != nil {
			create = "(self)"
		}
	case web.RegisterConfirm:
		if p.Passkey != nil {
			create = "(self)"
		}
	case web.EnrolPasskey:
		create = "(self)"
	}
	return "camera=(), geolocation=(), microphone=(), payment=(), usb=(), " +
		"publickey-credentials-create=" + create + ", publickey-credentials-get=" + get
}

// contentPolicy allows our own styles and images, the logo of a client that registered
// itself, that of the organisation with the fonts of its folder, and, where a form is sent on to the relying party or a page of it is loaded,
// that origin. A script asks this server alone.
func contentPolicy(page pageWith, theme *web.Theme) string {
	images := strings.Join(append([]string{"img-src 'self' data:"}, imageOrigins(page.Page, theme)...), " ")
	policy := "default-src 'none'; style-src 'self'; " + images + "; base-uri 'none'; "
	if theme.HasFolder() {
		policy += "font-src 'self'; "
	}
	if !framed(page.Page) {
		policy += "frame-ancestors 'none'; "
	}
	policy += "form-action 'self'"
	for _, target := range page.FormTargets {
		policy += " " + target
	}
	if len(page.FrameTargets) > 0 {
		policy += "; frame-src " + strings.Join(page.FrameTargets, " ")
	}
	if web.HasScript(page.Page) {
		policy += "; script-src 'self'"
	}
	if web.Asks(page.Page) {
		policy += "; connect-src 'self'"
	}
	return policy
}

// framed reports whether pages of other sites may have the page in a frame.
func framed(page web.Page) bool {
	_, is := page.(web.CheckSession)
	return is
}

func formPage(form *flow.FormPost) web.Page {
	return web.FormPost{Action: form.Action, Client: party(form.Client), Fields: fields(form)}
}

func fields(form *flow.FormPost) (list []web.Field) {
	for _, field := range form.Fields {
		list = append(list, web.Field{Name: field.Name, Value: field.Value})
	}
	return list
}

// denied says why, with the way back to the client that the answer takes.
func denied(o flow.Outcome) web.Denied {
	page := web.Denied{Client: party(o.Denied.Client), Reason: o.Denied.Words, URL: o.Redirect}
	if o.Form != nil {
		page.Action, page.Fields = o.Form.Action, fields(o.Form)
	}
	return page
}

// view turns what the flow shows into a page.
func (s *Server) view(c echo.Context, o flow.Outcome) (web.Page, error) {
	if p, is := o.Page.(*flow.LoginPage); is {
		return s.doors(c.Request().Context(), loginPage(s.locale(c), p, correlation(c)), p.Client)
	}
	return s.viewStep(c, o), nil
}

func (s *Server) viewStep(c echo.Context, o flow.Outcome) web.Page {
	if page := s.factorView(c, o.Page); page != nil {
		return page
	}
	if page := s.deviceView(c, o.Page); page != nil {
		return page
	}
	switch p := o.Page.(type) {
	case *flow.SelectPage:
		return web.Select{
			Action: flow.PathSelect, Step: p.Step, Client: party(p.Client),
			Name: p.User.DisplayName(), Login: p.User.Name, Email: p.User.Email,
		}
	case *flow.ConsentPage:
		return web.Consent{
			Action: flow.PathConsent, Step: p.Step, Client: party(p.Client),
			User: p.User.DisplayName(), Login: p.User.Name, Scopes: append(scopeLines(s.locale(c), p.Scopes), claimLines(s.locale(c), p.Claims)...),
			ReturnTo: returnTo(o.FormTargets),
		}
	case *flow.LogoutPage:
		return web.Logout{Action: oauth.PathEndSession, Step: p.Step, Client: party(p.Client), Name: p.User.DisplayName()}
	case *flow.SignedOutPage:
		if len(p.Frames) > 0 {
			return web.SigningOut{Frames: p.Frames, URL: p.Next, Client: party(p.Client), LoginURL: pathLogin}
		}
	}
	return web.SignedOut{LoginURL: pathLogin}
}

// loginPage says the reference of the request where something failed that an
// administrator can mend.
func loginPage(l *web.Locale, p *flow.LoginPage, reference string) web.Login {
	return web.Login{
		Action: flow.PathLogin, Step: p.Step, Client: party(p.Client), Username: p.Username,
		Problem: problem(l, p, reference), FieldsRight: p.Problem != flow.ProblemMissing && p.Problem != flow.ProblemWrong,
		Notice: notice(l, p), CanCancel: p.Cancellable, NameFirst: !p.AskPassword && (p.Password || p.Leads), Offers: offers(p.Offers),
		OffersOnly: !p.Password && !p.Email && !p.Leads, Email: p.Email, EmailOnly: p.Email && !p.Password && !p.Leads,
		Passkey: ceremony(p.Passkey),
	}
}

// problem says what was wrong with the last try. One text stands for every reason that
// would tell whether an account exists.
func problem(l *web.Locale, p *flow.LoginPage, reference string) string {
	switch p.Problem {
	case flow.ProblemMissing:
		if !p.AskPassword {
			return l.Text("login.missing_name")
		}
		return l.Text("login.missing")
	case flow.ProblemName:
		return l.Text("login.missing_name")
	case flow.ProblemWrong:
		return l.Text("login.wrong")
	case flow.ProblemThrottled:
		return l.Text("login.throttled")
	case flow.ProblemBusy:
		return l.Text("login.busy")
	case flow.ProblemUnavailable:
		return l.Text("login.unavailable", "reference", reference)
	case flow.ProblemMethod:
		return l.Text("signin.method")
	case flow.ProblemPasskey:
		return l.Text("signin.passkey")
	case flow.ProblemScript:
		return l.Text("signin.script")
	}
	return ""
}

// notice says why the sign-in page comes, where the person did nothing wrong.
func notice(l *web.Locale, p *flow.LoginPage) string {
	switch p.Problem {
	case flow.ProblemCancelled:
		return l.Text("login.cancelled", "provider", p.Provider)
	case flow.ProblemWeak:
		return l.Text("login.weak")
	case flow.ProblemAgain:
		return l.Text("login.again")
	case flow.ProblemExpired:
		return l.Text("signin.expired")
	}
	return ""
}

// returnTo names the host that the form leads to in the end.
func returnTo(targets []string) string {
	for _, target := range targets {
		if u, err := url.Parse(target); err == nil && u.Host != "" {
			return u.Host
		}
	}
	return ""
}

func party(client *core.Client) *web.Client {
	if client == nil {
		return nil
	}
	shown := &web.Client{
		Name: client.Title(), LogoURI: client.LogoURI, ClientURI: client.ClientURI,
		PolicyURI: client.PolicyURI, TermsURI: client.TermsURI,
	}
	if client.Registered() {
		shown.Unchecked = returnTo(client.RedirectURIs)
		shown.Program = shown.Unchecked == ""
		if oauth.IsSecureURI(client.LogoURI) {
			shown.LogoURI, shown.RemoteLogo = "", client.LogoURI
		}
	}
	return shown
}

// imageOrigins are where the page loads images from: logos of clients that registered
// themselves, and those of the theme.
func imageOrigins(page web.Page, theme *web.Theme) (origins []string) {
	for _, address := range append(web.RemoteLogos(page), theme.Remote()...) {
		if origin := oauth.RedirectOrigin(address); origin != "" && !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	return origins
}
