package standin

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// Server is the stand-in as a web site. It is safe for concurrent use.
type Server struct {
	handler  http.Handler
	visitors *visitors
	users    *directory

	mu     sync.Mutex
	config Config // Import Details changes it
}

// New makes a stand-in. The error names everything that is wrong with config.
func New(config Config) (*Server, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	s := &Server{
		config: config,
		users:  &directory{users: map[string]Identity{}},
		visitors: &visitors{
			now: config.Now, rand: config.Rand, byID: map[string]visitor{},
			secure: strings.HasPrefix(config.BaseURL, "https:"),
		},
	}
	s.handler = s.routes()
	return s, nil
}

// Config is what the stand-in works with now, with all defaults filled in.
func (s *Server) Config() Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.front)
	mux.HandleFunc("GET /style.css", style)
	mux.HandleFunc("GET /login", s.login)
	mux.HandleFunc("GET "+miniOrangeCallback, s.callback)
	mux.HandleFunc("GET "+atlassianCallback, s.callback)
	mux.HandleFunc("GET /test", s.test)
	mux.HandleFunc("GET /test/result", s.testResult)
	mux.HandleFunc("GET /import", s.importForm)
	mux.HandleFunc("POST /import", s.importDetails)
	mux.HandleFunc("POST /logout", s.logout)
	mux.HandleFunc("POST /logout/provider", s.logoutAtProvider)
	return s.guarded(http.NewCrossOriginProtection().Handler(mux))
}

// guarded adds the headers that every page has. The provider's origin is in
// form-action because the sign-out form is redirected there.
func (s *Server) guarded(next http.Handler) http.Handler {
	policy := "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' " + origin(s.config.Issuer)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

func origin(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return parsed.Scheme + "://" + parsed.Host
}

func (s *Server) front(w http.ResponseWriter, r *http.Request) {
	config, visitor := s.Config(), s.visitors.of(r)
	if visitor.notice != "" {
		shown := visitor
		shown.notice = ""
		if err := s.visitors.save(w, r, shown); err != nil {
			s.fail(w, err)
			return
		}
	}
	s.page(w, http.StatusOK, "front", frontPage{
		Config: config, Identity: visitor.identity, Notice: visitor.notice, Atlassian: config.Mode == Atlassian,
	})
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	s.leave(w, r, false, start{reauthenticate: query.Has("reauthenticate"), loginHint: query.Get("login_hint")})
}

func (s *Server) test(w http.ResponseWriter, r *http.Request) {
	s.leave(w, r, true, start{})
}

// leave sends the browser to the provider.
func (s *Server) leave(w http.ResponseWriter, r *http.Request, test bool, asked start) {
	config := s.Config()
	address, sent, err := config.client().begin(r.Context(), asked)
	if err != nil {
		s.fail(w, err)
		return
	}
	visitor := s.visitors.of(r)
	visitor.pending = &pending{sent, test}
	if err := s.visitors.save(w, r, visitor); err != nil {
		s.fail(w, err)
		return
	}
	http.Redirect(w, r, address, http.StatusFound)
}

// callback receives the provider's answer. Without state a stranger's answer
// cannot be told from one's own: that is how miniOrange is set up by default.
func (s *Server) callback(w http.ResponseWriter, r *http.Request) {
	config, visitor := s.Config(), s.visitors.of(r)
	waiting := visitor.pending
	if waiting == nil {
		waiting = &pending{}
	}
	visitor.pending = nil
	code, err := config.readCallback(r, waiting.sent)
	if err != nil {
		s.fail(w, err)
		return
	}
	if waiting.test {
		s.finishTest(w, r, config, visitor, code, waiting.sent)
		return
	}
	s.finishLogin(w, r, config, visitor, code, waiting.sent)
}

// readCallback reads an authorization response (RFC 6749 section 4.1.2).
func (c *Config) readCallback(r *http.Request, sent proof) (code string, err error) {
	query := r.URL.Query()
	if c.BaseURL+r.URL.Path != c.RedirectURI() {
		return "", fail(stepAuthorization, "the answer came to %s, and this client's callback is %s", r.URL.Path, c.RedirectURI())
	}
	if refused := query.Get("error"); refused != "" {
		return "", fail(stepAuthorization, "the provider answers %s %s", refused, query.Get("error_description"))
	}
	expectsState := c.Mode == Atlassian || c.State
	if expectsState && (sent.state == "" || subtle.ConstantTimeCompare([]byte(sent.state), []byte(query.Get("state"))) != 1) {
		return "", fail(stepAuthorization, "the answer's state is not the one that this browser was sent away with").
			hint("Start again from the front page, in one window.")
	}
	if query.Get("code") == "" {
		return "", fail(stepAuthorization, "the answer has no code")
	}
	return query.Get("code"), nil
}

func (s *Server) finishLogin(w http.ResponseWriter, r *http.Request, config Config, visitor visitor, code string, sent proof) {
	identity, created, err := s.signIn(r.Context(), config.client(), code, sent)
	if err != nil {
		s.fail(w, err)
		return
	}
	visitor.identity, visitor.notice = identity, "Welcome back."
	if created {
		visitor.notice = "Your account was created."
	}
	if err := s.visitors.save(w, r, visitor); err != nil {
		s.fail(w, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Server) signIn(ctx context.Context, client client, code string, sent proof) (identity *Identity, created bool, err error) {
	got, err := client.redeem(ctx, code, sent)
	if err != nil {
		return nil, false, err
	}
	if identity, err = client.identify(ctx, got); err != nil {
		return nil, false, err
	}
	created, err = s.users.signIn(identity)
	return identity, created, err
}

// testResult is what Test Configuration found.
type testResult struct {
	problem  error
	identity *Identity
}

// finishTest shows the attributes even where nobody could be signed in with them:
// that is what the page is for.
func (s *Server) finishTest(w http.ResponseWriter, r *http.Request, config Config, visitor visitor, code string, sent proof) {
	visitor.tested = config.test(r.Context(), code, sent)
	if err := s.visitors.save(w, r, visitor); err != nil {
		s.fail(w, err)
		return
	}
	http.Redirect(w, r, "/test/result", http.StatusSeeOther)
}

func (c *Config) test(ctx context.Context, code string, sent proof) *testResult {
	client := c.client()
	got, err := client.redeem(ctx, code, sent)
	if err != nil {
		return &testResult{problem: err}
	}
	identity, err := client.identify(ctx, got)
	if c.Mode != Atlassian {
		err = errors.Join(substringTest(got.text), err)
	}
	if err == nil && identity.Email == "" {
		err = fail(stepUser, "the answer has no e-mail address: no attribute %q", c.Email).
			hint("A user is created only with one.")
	}
	return &testResult{err, identity}
}

func (s *Server) testResult(w http.ResponseWriter, r *http.Request) {
	tested := s.visitors.of(r).tested
	if tested == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.page(w, http.StatusOK, "test", testPage{Problems: problems(tested.problem), Identity: tested.identity})
}

func (s *Server) importForm(w http.ResponseWriter, _ *http.Request) {
	s.page(w, http.StatusOK, "import", importPage{Config: s.Config()})
}

func (s *Server) importDetails(w http.ResponseWriter, r *http.Request) {
	config := s.Config()
	if err := config.importDetails(r.Context()); err != nil {
		s.page(w, http.StatusBadGateway, "import", importPage{Config: s.Config(), Problems: problems(err)})
		return
	}
	s.mu.Lock()
	s.config = config
	s.mu.Unlock()
	s.page(w, http.StatusOK, "import", importPage{Config: config, Done: true})
}

// logout ends the stand-in's session and leaves the provider's: the next sign-in
// asks for no password.
func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	if err := s.visitors.save(w, r, visitor{notice: "You are signed out here, and still signed in at the provider."}); err != nil {
		s.fail(w, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// logoutAtProvider ends both (OpenID Connect RP-Initiated Logout section 2).
func (s *Server) logoutAtProvider(w http.ResponseWriter, r *http.Request) {
	config, identity := s.Config(), s.visitors.of(r).identity
	parameters := []parameter{{"client_id", config.ClientID}}
	if identity != nil && identity.IDToken != "" {
		parameters = append(parameters, parameter{"id_token_hint", identity.IDToken})
	}
	if config.PostLogoutRedirectURI != "" {
		parameters = append(parameters, parameter{"post_logout_redirect_uri", config.PostLogoutRedirectURI})
	}
	if err := s.visitors.save(w, r, visitor{}); err != nil {
		s.fail(w, err)
		return
	}
	http.Redirect(w, r, withQuery(config.Issuer+logoutPath, parameters), http.StatusSeeOther)
}

// fail shows why nobody was signed in.
func (s *Server) fail(w http.ResponseWriter, err error) {
	s.page(w, http.StatusBadGateway, "failure", failurePage{Problems: problems(err)})
}

func (s *Server) page(w http.ResponseWriter, status int, name string, data any) {
	text, err := render(name, data)
	if err != nil {
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}
