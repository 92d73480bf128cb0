package scim

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/bearer"
	"github.com/postern-id/postern/core/desk"
)

const (
	// Prefix is the path of the server. Below it is the name of an organisation, where that
	// is not the caller's own, and then a resource.
	Prefix = "/scim/v2"
	// MaxBody is the largest body that it takes.
	MaxBody = 1 << 20

	contentType = "application/scim+json"
)

// Callers says who sends a request; it is a [bearer.Authenticator].
type Callers interface {
	Bearer(*http.Request) (*bearer.Bearer, error)
}

// Server answers requests. All fields must be set.
type Server struct {
	Issuer  string // where this server is: its URLs begin so
	Callers Callers
	Office  *desk.Office
	Logger  *slog.Logger
}

// visit is a request, or an operation of a bulk request, of a caller in an organisation.
type visit struct {
	desk *desk.Desk
	org  string
	base string // URL that paths of resources are below
	*model
	// groups are those that were read, by name.
	groups map[string]*core.Group
	log    func(*Error)
}

func (v *visit) all() []resources { return []resources{users{v}, groups{v}} }

// location is the URL of a resource.
func (v *visit) location(endpoint string, id core.ID) string {
	return v.base + endpoint + "/" + string(id)
}

func (v *visit) meta(rt *resourceType, id core.ID, created, modified time.Time, version string) object {
	meta := object{"resourceType": rt.name, "location": v.location(rt.endpoint, id), "created": stamp(created), "lastModified": stamp(modified)}
	put(meta, "version", version)
	return meta
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// ServeHTTP answers a request below [Prefix].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, err := s.answer(w, r)
	if err != nil {
		a = s.failed(w, err)
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	for name, value := range map[string]string{"Location": a.location, "ETag": a.version, "Allow": a.allow} {
		if value != "" {
			header.Set(name, value)
		}
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	header.Set("Content-Type", contentType)
	w.WriteHeader(a.status)
	// Whoever hung up gets no answer, which is nobody's fault.
	_ = json.NewEncoder(w).Encode(a.body)
}

// failed is the answer to a request that failed.
func (s *Server) failed(w http.ResponseWriter, err error) *answer {
	if refused, is := errors.AsType[*bearer.Refused](err); is {
		refused.WriteHeaders(w.Header())
		e := &Error{Status: refused.Refusal.Status, Detail: refused.Refusal.Description, cause: refused.Refusal.Cause}
		s.log(e)
		return e.answer()
	}
	e := errorOf(err)
	s.log(e)
	return e.answer()
}

// log tells the operator of failures of the server. What is the client's fault is no
// business of theirs.
func (s *Server) log(e *Error) {
	if e.Status >= http.StatusInternalServerError && e.cause != nil {
		s.Logger.Error("SCIM request failed", slog.Any("cause", e.cause))
	}
}

func (e *Error) answer() *answer {
	return &answer{status: e.Status, body: e.document(), allow: e.allow}
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request) (*answer, error) {
	from, err := s.Callers.Bearer(r)
	if err != nil {
		return nil, err
	}
	who, org := from.Caller, from.Holder.Org.Name
	parts := strings.Split(strings.Trim(strings.TrimPrefix(r.URL.Path, Prefix), "/"), "/")
	base := s.Issuer + Prefix
	if isOrganisation(parts[0]) {
		org, base, parts = parts[0], base+"/"+parts[0], parts[1:]
		if err := s.there(r.Context(), who, org); err != nil {
			return nil, err
		}
	}
	v := &visit{desk: s.Office.For(who), org: org, base: base, model: newModel(), groups: map[string]*core.Group{}, log: s.log}
	get := r.URL.Query().Get
	asked := &request{method: methodOf(r), query: get, when: precondition{readETags(r.Header.Get("If-Match")), readETags(r.Header.Get("If-None-Match"))}}
	if len(parts) > 0 {
		asked.kind, asked.id = parts[0], strings.Join(parts[1:], "/")
	}
	asked.body = func() (object, error) { return readBody(w, r) }
	return v.do(r.Context(), asked)
}

// methodOf takes a request for the headers alone as one for all: the body is left out where
// it is written (RFC 9110 section 9.3.2).
func methodOf(r *http.Request) string {
	if r.Method == http.MethodHead {
		return http.MethodGet
	}
	return r.Method
}

// there refuses an organisation that the caller does not see, or that nobody does: who may
// look everywhere would find it empty, and take everybody in it for gone.
func (s *Server) there(ctx context.Context, who desk.Caller, org string) error {
	if !who.Sees(org) {
		return missing("organisation", org)
	}
	_, err := s.Office.Admin.Organisation(ctx, org)
	return err
}

// isOrganisation reports whether a part of a path is the name of an organisation: resources
// are in capitals.
func isOrganisation(part string) bool {
	return part != "" && part[0] != '.' && strings.ToLower(part) == part
}
