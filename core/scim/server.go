package scim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/bearer"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/strict"
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
	// groups are those that were read, by name.
	groups map[string]*core.Group
	log    func(*Error)
}

func (v *visit) all() []resources { return []resources{users{v}, groups{v}} }

// location is the URL of a resource.
func (v *visit) location(rt *resourceType, id core.ID) string {
	return v.base + rt.endpoint + "/" + string(id)
}

func (v *visit) meta(rt *resourceType, id core.ID, created, modified time.Time, version string) object {
	meta := object{"resourceType": rt.name, "location": v.location(rt, id), "created": stamp(created), "lastModified": stamp(modified)}
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

// answer is what a request is answered with.
type answer struct {
	status   int
	body     object // nil: none
	location string
	version  string
	allow    string // methods, with status 405
}

// request is what a client asks for, by HTTP or in a bulk request.
type request struct {
	method string
	kind   string // first part of the path: "Users", ".search", ...
	id     string // what follows; empty: nothing
	query  func(string) string
	match  etags // If-Match
	none   etags // If-None-Match
	body   func() (object, error)
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
		if !who.Sees(org) {
			return nil, missing("organisation", org)
		}
	}
	v := &visit{desk: s.Office.For(who), org: org, base: base, groups: map[string]*core.Group{}, log: s.log}
	get := r.URL.Query().Get
	asked := &request{method: r.Method, query: get, match: readETags(r.Header.Get("If-Match")), none: readETags(r.Header.Get("If-None-Match"))}
	if len(parts) > 0 {
		asked.kind, asked.id = parts[0], strings.Join(parts[1:], "/")
	}
	asked.body = func() (object, error) { return readBody(w, r) }
	return v.do(r.Context(), asked)
}

// isOrganisation reports whether a part of a path is the name of an organisation: resources
// are in capitals.
func isOrganisation(part string) bool {
	return part != "" && part[0] != '.' && strings.ToLower(part) == part
}

// readBody reads a JSON object of a request.
func readBody(w http.ResponseWriter, r *http.Request) (object, error) {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "" && kind != contentType && kind != "application/json" {
		return nil, &Error{Status: http.StatusUnsupportedMediaType, Detail: "The body is to be of the type " + contentType + "."}
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, exceeded := errors.AsType[*http.MaxBytesError](err); exceeded {
		return nil, &Error{Status: http.StatusRequestEntityTooLarge, Detail: "The body is larger than what this address takes."}
	}
	if err != nil {
		return nil, refuse(typeInvalidSyntax, "The body did not arrive in full and in time.")
	}
	return readJSON(data)
}

// readJSON reads a JSON object in which no member is there twice, in whatever capitals.
func readJSON(data []byte) (object, error) {
	if _, err := strict.Members(data); err != nil {
		return nil, refuse(typeInvalidSyntax, "The body is no JSON object as it should be: %s.", err)
	}
	var body object
	if err := json.Unmarshal(data, &body); err != nil {
		return nil, refuse(typeInvalidSyntax, "The body is no JSON object as it should be: %s.", err)
	}
	return body, checkNames(body)
}

// checkNames refuses members whose names differ by their capitals alone: names of attributes
// compare without.
func checkNames(value any) error {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			if err := checkNames(element); err != nil {
				return err
			}
		}
	case object:
		seen := map[string]bool{}
		for name, part := range value {
			if seen[fold(name)] {
				return refuse(typeInvalidSyntax, "The member %q is there twice.", cut(name))
			}
			seen[fold(name)] = true
			if err := checkNames(part); err != nil {
				return err
			}
		}
	}
	return nil
}

// do carries out a request.
func (v *visit) do(ctx context.Context, r *request) (*answer, error) {
	for _, of := range v.all() {
		if "/"+r.kind == of.resourceType().endpoint {
			return v.doResource(ctx, of, r)
		}
	}
	switch {
	case r.kind == "ServiceProviderConfig" && r.id == "":
		return r.only(http.MethodGet, func() (*answer, error) { return &answer{status: http.StatusOK, body: v.configDocument()}, nil })
	case r.kind == "Schemas":
		return r.only(http.MethodGet, func() (*answer, error) { return describe(r, v.schemas()) })
	case r.kind == "ResourceTypes":
		return r.only(http.MethodGet, func() (*answer, error) { return describe(r, v.types()) })
	case r.kind == ".search" && r.id == "":
		return r.only(http.MethodPost, func() (*answer, error) { return search(ctx, v.all(), r) })
	case r.kind == "Bulk" && r.id == "":
		return r.only(http.MethodPost, func() (*answer, error) { return v.doBulk(ctx, r) })
	case r.kind == "Me" && r.id == "":
		return v.doMe(ctx, r)
	}
	return nil, &Error{Status: http.StatusNotFound, Detail: "There is nothing at this address."}
}

// only refuses other methods than that of the endpoint.
func (r *request) only(method string, then func() (*answer, error)) (*answer, error) {
	if r.method != method {
		return nil, r.wrongMethod(method)
	}
	return then()
}

func (r *request) wrongMethod(allowed ...string) error {
	return &Error{Status: http.StatusMethodNotAllowed, Detail: "This address does not take this method.", allow: strings.Join(allowed, ", ")}
}

// doMe answers with the caller's own resource. It is not changed here: who administers is
// changed by others.
func (v *visit) doMe(ctx context.Context, r *request) (*answer, error) {
	if r.method != http.MethodGet {
		return nil, &Error{Status: http.StatusNotImplemented, Detail: "Nobody changes themselves here."}
	}
	if r.id = string(v.desk.Caller().ID); r.id == "" {
		return nil, &Error{Status: http.StatusNotFound, Detail: "Whoever asks is no user."}
	}
	return v.doResource(ctx, users{v}, r)
}

func (v *visit) doResource(ctx context.Context, of resources, r *request) (*answer, error) {
	switch {
	case r.id == "" && r.method == http.MethodGet:
		q, err := readQuery(r.query)
		return listed(ctx, []resources{of}, q, err)
	case r.id == "" && r.method == http.MethodPost:
		return create(ctx, of, r)
	case r.id == ".search" && r.method == http.MethodPost:
		return search(ctx, []resources{of}, r)
	case r.id == ".search":
		return nil, r.wrongMethod(http.MethodPost)
	case r.id == "":
		return nil, r.wrongMethod(http.MethodGet, http.MethodPost)
	}
	id, err := core.ParseID(r.id)
	if err != nil {
		return nil, missing(strings.ToLower(of.resourceType().name), r.id)
	}
	switch r.method {
	case http.MethodGet:
		return show(ctx, of, id, r)
	case http.MethodPut:
		return replace(ctx, of, id, r)
	case http.MethodPatch:
		return patch(ctx, of, id, r)
	case http.MethodDelete:
		return &answer{status: http.StatusNoContent}, of.delete(ctx, id, r.match)
	}
	return nil, r.wrongMethod(http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete)
}

func search(ctx context.Context, of []resources, r *request) (*answer, error) {
	body, err := r.body()
	if err != nil {
		return nil, err
	}
	q, err := readSearch(body)
	return listed(ctx, of, q, err)
}

func listed(ctx context.Context, of []resources, q query, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	body, err := run(ctx, of, q)
	return &answer{status: http.StatusOK, body: body}, err
}

// projection is what the request asks of the resource that answers it.
func (r *request) projection(rt *resourceType) (projection, error) {
	return newProjection(rt, names(r.query("attributes")), names(r.query("excludedAttributes")))
}

func create(ctx context.Context, of resources, r *request) (*answer, error) {
	shown, err := r.projection(of.resourceType())
	if err != nil {
		return nil, err
	}
	body, err := r.body()
	if err != nil {
		return nil, err
	}
	resource, err := of.resourceType().readResource(body)
	if err != nil {
		return nil, err
	}
	created, err := of.create(ctx, resource)
	if err != nil {
		return nil, err
	}
	a := answerWith(created, shown)
	a.status, a.location = http.StatusCreated, text(created["meta"].(object), "location")
	return a, nil
}

func show(ctx context.Context, of resources, id core.ID, r *request) (*answer, error) {
	shown, err := r.projection(of.resourceType())
	if err != nil {
		return nil, err
	}
	resource, err := of.get(ctx, id, wish{shown.wants("members"), shown.wants("groups")})
	if err != nil {
		return nil, err
	}
	a := answerWith(resource, shown)
	if a.version != "" && r.none.has(a.version) {
		return &answer{status: http.StatusNotModified, version: a.version}, nil
	}
	return a, nil
}

func answerWith(resource object, shown projection) *answer {
	meta, _ := resource["meta"].(object)
	return &answer{status: http.StatusOK, version: text(meta, "version"), body: shown.apply(resource)}
}

func replace(ctx context.Context, of resources, id core.ID, r *request) (*answer, error) {
	shown, err := r.projection(of.resourceType())
	if err != nil {
		return nil, err
	}
	body, err := r.body()
	if err != nil {
		return nil, err
	}
	resource, err := of.resourceType().readResource(body)
	if err != nil {
		return nil, err
	}
	return change(ctx, of, id, r.match, shown, func(object) (object, error) { return resource, nil })
}

// patch changes a part of a resource. Where nothing but who is in a group is changed, the
// answer has no body unless the client says what of it it wants (RFC 7644 section 3.5.2).
func patch(ctx context.Context, of resources, id core.ID, r *request) (*answer, error) {
	shown, err := r.projection(of.resourceType())
	if err != nil {
		return nil, err
	}
	body, err := r.body()
	if err != nil {
		return nil, err
	}
	operations, err := readPatch(body)
	if err != nil {
		return nil, err
	}
	if in, is := of.(groups); is && len(r.match) == 0 {
		if who, only := joiningOf(operations); only {
			if err := in.join(ctx, id, who); err != nil || !shown.asked() {
				return &answer{status: http.StatusNoContent}, err
			}
			return show(ctx, of, id, r)
		}
	}
	return change(ctx, of, id, r.match, shown, func(resource object) (object, error) {
		return resource, of.resourceType().patch(resource, operations)
	})
}

// change makes of a resource what edit does. Where the client did not say which state it saw,
// it starts again if somebody else came between.
func change(ctx context.Context, of resources, id core.ID, match etags, shown projection, edit func(object) (object, error)) (*answer, error) {
	for try := 0; ; try++ {
		changed, err := of.change(ctx, id, match, edit)
		if err == nil {
			return answerWith(changed, shown), nil
		}
		if try == 3 || len(match) > 0 || !errors.Is(err, core.ErrStale) {
			return nil, err
		}
	}
}

func sortedValues(documents map[string]object) []any {
	var values []any
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		values = append(values, documents[name])
	}
	return values
}
