package httpd

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/grant"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/token"
	"github.com/postern-id/postern/web"
)

// Server answers HTTP. All fields but Entry, Console, Proxies, Domains, Watched, Mailbox and
// Programs must be set.
type Server struct {
	Issuer    string        // the issuer identifier; never taken from a request
	Metadata  []byte        // the discovery document
	JWKS      func() []byte // the public keys
	Flow      *flow.Dispatcher
	Grant     *grant.Endpoint
	Resources *token.Verifier
	Admin     *admin.Service
	Entry     *account.Entry // nil: nobody comes in but by signing in
	Account   *account.Service
	Console   Console // nil: nobody administers in a browser
	Pages     *web.Pages
	Recorder  Recorder
	Origins   Origins
	// Organisations give pages their themes; nil: none has one.
	Organisations Organisations
	Ready         func(context.Context) error
	Logger        *slog.Logger
	Now           func() time.Time
	Rand          io.Reader
	// Proxies are the networks whose X-Forwarded-For is believed; none by default.
	Proxies []*net.IPNet
	// Domains are those whose people webfinger sends here, besides the issuer's host.
	Domains []string
	// Watched lets clients watch sessions; see [flow.Dispatcher].
	Watched bool
	// Mailbox is shown to browsers of this machine; nil where mails are sent.
	Mailbox Mailbox
	// Programs answer other programs, below the prefixes that they stand under.
	Programs map[string]http.Handler

	hosts  []string
	https  bool
	assets http.Handler
	cross  *http.CrossOriginProtection
	shown  map[string]bool // by path of the route: GET has an answer
	// uploads is how many bytes a form with files may have, by path of the route.
	uploads map[string]int64
}

// Recorder stores the audit events of what is refused before any other package
// saw it.
type Recorder interface {
	Apply(ctx context.Context, changes ...core.Change) error
}

// Handler gives the handler for everything. Call it once, after the fields are set.
func (s *Server) Handler() http.Handler {
	s.hosts = oauth.WebfingerHosts(s.Issuer, s.Domains)
	s.https = strings.HasPrefix(s.Issuer, "https://")
	s.assets = s.Pages.Assets()
	s.cross = http.NewCrossOriginProtection()
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = s.extractor()
	e.HTTPErrorHandler = s.fail
	e.Use(s.begin, s.observe, s.survive, s.bound)
	s.routes(e)
	s.shown = map[string]bool{}
	for _, route := range e.Routes() {
		if route.Method == http.MethodGet {
			s.shown[route.Path] = true
		}
	}
	return e
}

func (s *Server) routes(e *echo.Echo) {
	for path, document := range map[string]echo.HandlerFunc{
		"/livez": s.live, "/readyz": s.ready, web.AssetsPrefix + "*": s.asset,
		oauth.PathDiscovery: s.discovery, oauth.PathServerMetadata: s.discovery, oauth.PathJWKS: s.jwks,
		oauth.PathWebfinger: s.webfinger,
	} {
		e.GET(path, document)
		e.HEAD(path, document)
	}
	s.registration(e)
	for _, path := range []string{oauth.PathToken, oauth.PathRefresh} {
		e.POST(path, s.token, s.crossOrigin)
		e.OPTIONS(path, s.preflight, s.crossOrigin)
	}
	e.POST(oauth.PathDeviceAuthorization, s.deviceAuthorization, s.crossOrigin)
	e.OPTIONS(oauth.PathDeviceAuthorization, s.preflight, s.crossOrigin)
	e.POST(oauth.PathRevoke, s.revoke, s.crossOrigin)
	e.OPTIONS(oauth.PathRevoke, s.preflight, s.crossOrigin)
	e.GET(oauth.PathUserInfo, s.userInfo, s.crossOrigin)
	e.POST(oauth.PathUserInfo, s.userInfo, s.crossOrigin)
	e.OPTIONS(oauth.PathUserInfo, s.preflight, s.crossOrigin)
	e.GET(oauth.PathAccount, s.account)
	e.POST(oauth.PathAccount, s.account)

	// Relying parties send people to these two from their own origin.
	e.GET(oauth.PathAuthorize, s.authorize)
	e.POST(oauth.PathAuthorize, s.authorizeByPost)
	e.GET(oauth.PathEndSession, s.logout)
	e.POST(oauth.PathEndSession, s.logoutByPost)

	if s.Watched {
		e.GET(oauth.PathCheckSession, s.checkSession)
	}
	if s.Mailbox != nil {
		e.GET(pathMailbox, s.mailbox, s.onlyHere)
		e.GET(pathMailbox+"/:"+paramMail, s.mailHTML, s.onlyHere)
	}
	e.GET(pathHome, s.home)
	e.GET(pathLogin, s.stepPage)
	e.POST(pathLogin, s.login, s.sameOrigin)
	e.GET(flow.PathMail, s.stepPage)
	e.POST(flow.PathMail, s.mailCode, s.sameOrigin)
	e.GET(flow.PathTicket, s.mailLink)
	e.POST(flow.PathTicket, s.useMailLink, s.sameOrigin)
	e.GET(flow.PathFactor, s.stepPage)
	e.POST(flow.PathFactor, s.factor, s.sameOrigin)
	e.GET(flow.PathEnrol, s.stepPage)
	e.POST(flow.PathEnrol, s.enrol, s.sameOrigin)
	e.GET(pathSelect, s.stepPage)
	e.POST(pathSelect, s.selectAccount, s.sameOrigin)
	e.GET(pathConsent, s.stepPage)
	e.POST(pathConsent, s.consent, s.sameOrigin)
	e.GET(flow.PathDevice, s.devicePage)
	e.POST(flow.PathDevice, s.device, s.sameOrigin)
	// Providers send people to these, some of them by a form of their own.
	e.GET(flow.PathCallback+":"+paramConnector, s.callback)
	e.POST(flow.PathCallback+":"+paramConnector, s.callbackByPost)
	e.GET(flow.PathLogoutReturn, s.logoutReturn)
	s.accountRoutes(e)
	if s.Console != nil {
		s.consoleRoutes(e)
	}
	e.POST(flow.PathLink, s.link, s.sameOrigin)
	e.POST(flow.PathUnlink, s.unlink, s.sameOrigin)

	e.POST(web.LanguagePath, s.language, s.sameOrigin)

	if s.Entry != nil {
		s.entryRoutes(e)
	}
	s.programRoutes(e)
	e.GET(pathSetup, s.setupPage)
	e.POST(pathSetup, s.setup, s.sameOrigin)
}

// Paths of the pages.
const (
	pathHome    = "/"
	pathLogin   = "/login"
	pathSelect  = "/select"
	pathConsent = "/consent"
	pathSetup   = "/setup"
)

// extractor says where the address of the other side comes from: the connection,
// unless a proxy is trusted.
func (s *Server) extractor() echo.IPExtractor {
	if len(s.Proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, network := range s.Proxies {
		options = append(options, echo.TrustIPRange(network))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}

// sameOrigin refuses a form that another site sent. Our own arrive with the origin
// null, because their pages send no referrer, so Sec-Fetch-Site decides where the
// browser sends it, as every current one does.
func (s *Server) sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.cross.Check(c.Request()) != nil {
			refusal := oauth.Refuse(oauth.CodeInvalidRequest, "cross_origin", "The form was sent by another site.")
			refusal.Status = http.StatusForbidden
			return refusal
		}
		return next(c)
	}
}

// record stores an audit event of this package. Only its own words go into it.
func (s *Server) record(c echo.Context, kind core.EventType, reason string) {
	now := s.Now()
	event := core.Event{
		ID: core.NewID(now, s.Rand), At: now, Type: kind, IP: c.RealIP(), Correlation: correlation(c),
		Detail: map[string]string{"reason": reason},
	}
	// The refusal is recorded even if the other side has hung up.
	ctx := context.WithoutCancel(c.Request().Context())
	if err := s.Recorder.Apply(ctx, core.Record{Event: event}); err != nil {
		s.Logger.Error("audit event not stored", slog.String("type", string(kind)), slog.Any("cause", err))
	}
}

// logFailure writes what the operator must know: failures of the server, not
// refusals of requests, which the audit log has.
func (s *Server) logFailure(c echo.Context, refusal *oauth.Error) {
	if refusal.Status < http.StatusInternalServerError {
		return
	}
	s.Logger.Error("request failed", slog.String("route", c.Path()), slog.String("reason", refusal.Reason),
		slog.Any("cause", refusal.Cause), slog.String("correlation", correlation(c)))
}
