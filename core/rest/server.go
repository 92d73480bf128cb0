package rest

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/bearer"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/sdk/api"
)

var errPanic = errors.New("panic")

// Authenticator says who calls; it is a [bearer.Authenticator].
type Authenticator interface {
	// Bearer gives who has the token of the request. The error is a *[bearer.Refused].
	Bearer(r *http.Request) (*bearer.Bearer, error)
}

// Modules looks at modules that are uploaded.
type Modules interface {
	// Uploaded gives what is to be installed: whose signature it is, if any. A signature that
	// is not of the code is an [admin.InvalidError].
	Uploaded(code, signature []byte, source string) (admin.Install, error)
}

// Server answers below /api/v1/. All fields must be set. The context of each request has its
// origin, see [bearer.WithOrigin].
type Server struct {
	Office    *desk.Office
	Callers   Authenticator
	Answers   Answers
	Modules   Modules
	Issuer    string
	CursorKey [32]byte // of the vault, for nothing else; seals keys of answers too
	Logger    *slog.Logger
	Now       func() time.Time
}

// Handler gives the handler for all paths below [api.Prefix]. What it takes is built when
// the first request comes.
func (s *Server) Handler() http.Handler {
	build := sync.OnceValue(func() http.Handler { return s.routes() })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		defer s.survive(w, r)
		if untidy(r.URL) {
			s.refuse(w, r, noPath())
			return
		}
		build().ServeHTTP(w, r)
	})
}

// survive answers a panic as a problem, unless an answer has begun.
func (s *Server) survive(w http.ResponseWriter, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler { //nolint:errorlint // the sentinel that net/http compares
		panic(cause)
	}
	s.Logger.Error("panic", slog.Any("cause", cause), slog.String("stack", string(debug.Stack())), slog.String("correlation", reference(r.Context())))
	s.refuse(w, r, errPanic)
}

// untidy reports whether a path has empty or dotted parts. A [http.ServeMux] would send the
// client to another path, with a page for browsers.
func untidy(u *url.URL) bool {
	escaped := u.EscapedPath()
	return path.Clean(escaped) != strings.TrimSuffix(escaped, "/")
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	r := newRoutes(mux, s)
	r.families()
	document := sync.OnceValues(r.document)
	mux.HandleFunc("GET "+api.Prefix+"/openapi.json", func(w http.ResponseWriter, req *http.Request) {
		text, err := document()
		if err != nil {
			s.refuse(w, req, err)
			return
		}
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(text)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) { s.refuse(w, req, nowhere(mux, w, req)) })
	return mux
}

// nowhere tells a path that there is not from a method that a path does not take.
func nowhere(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) error {
	var takes []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := *r
		other.Method = method
		if _, pattern := mux.Handler(&other); pattern != "/" {
			takes = append(takes, method)
		}
	}
	if len(takes) == 0 {
		return noPath()
	}
	// One header: not every client reads another line of it (RFC 9110 section 5.3).
	w.Header().Set("Allow", strings.Join(takes, ", "))
	return &failure{Problem: problem(http.StatusMethodNotAllowed, api.ProblemMethod, "this path does not take this method: it takes "+strings.Join(takes, ", "))}
}

func noPath() error {
	return &failure{Problem: problem(http.StatusNotFound, api.ProblemMissing, "there is no such path")}
}

// families declares all operations.
func (r *routes) families() {
	r.organisations()
	r.users()
	r.help()
	r.access()
	r.groups()
	r.clients()
	r.guides()
	r.initialTokens()
	r.connectors()
	r.plugins()
	r.instances()
	r.watch()
	r.serviceAccounts()
	r.apiTokens()
	r.roles()
	r.me()
	r.keys()
	r.mails()
	r.testMail()
	r.settings()
	r.audit()
	r.imports()
	r.managed()
	r.finish()
}

// Document gives the OpenAPI document of the API.
func Document() ([]byte, error) {
	r := newRoutes(http.NewServeMux(), &Server{})
	r.families()
	return r.document()
}

// Operation is one of the API's operations.
type Operation struct {
	ID, Method, Path string
	Desk             []string // methods of [desk.Desk] that it is
}

// Operations gives all of them.
func Operations() []Operation {
	r := newRoutes(http.NewServeMux(), &Server{})
	r.families()
	return r.declared
}
