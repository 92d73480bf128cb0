package scim

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

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
	when   precondition
	body   func() (object, error)
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
		return &answer{status: http.StatusNoContent}, again(func() error { return of.delete(ctx, id, r.when) })
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
	switch {
	case len(r.when.match) > 0 && !r.when.match.has(a.version):
		return nil, unchanged()
	case r.when.none.has(a.version):
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
	return change(ctx, of, id, r.when, shown, func(object) (object, error) { return resource, nil })
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
	if in, is := of.(groups); is {
		if who, only := joiningOf(in.resourceType(), operations); only {
			return join(ctx, in, id, who, shown, r)
		}
	}
	return change(ctx, of, id, r.when, shown, func(resource object) (object, error) {
		return resource, of.resourceType().patch(resource, operations)
	})
}

// join puts users into a group and takes others out.
func join(ctx context.Context, in groups, id core.ID, who joining, shown projection, r *request) (*answer, error) {
	var version string
	err := again(func() (err error) {
		version, err = in.join(ctx, id, r.when, who)
		return err
	})
	if err != nil || !shown.asked() {
		return &answer{status: http.StatusNoContent, version: version}, err
	}
	resource, err := in.get(ctx, id, wish{shown.wants("members"), false})
	if err != nil {
		return nil, err
	}
	return answerWith(resource, shown), nil
}

// change makes of a resource what edit does.
func change(ctx context.Context, of resources, id core.ID, when precondition, shown projection, edit func(object) (object, error)) (*answer, error) {
	var changed object
	err := again(func() (err error) {
		changed, err = of.change(ctx, id, when, edit)
		return err
	})
	if err != nil {
		return nil, err
	}
	return answerWith(changed, shown), nil
}

// again starts a change again if somebody else came between reading and writing. Whether
// the client allows it is looked at again too.
func again(change func() error) error {
	for try := 0; ; try++ {
		if err := change(); try == 3 || !errors.Is(err, core.ErrStale) {
			return err
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
