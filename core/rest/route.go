package rest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/bearer"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

const (
	typeJSON  = "application/json"
	typeMerge = "application/merge-patch+json"
	typeBytes = "application/octet-stream"
)

// maxBody bounds the bodies of all operations that do not say otherwise, in bytes.
const maxBody = 256 << 10

// operation says what huma cannot read from the types.
type operation struct {
	id, path, tag, summary string
	// more is a sentence or two of the description, needs the permission that the caller
	// must have; empty: none in particular.
	more  string
	needs core.Permission
	desk  []string // methods of the desk that it is
	// status of the answer, where it is not 200 or, without a body, 204.
	status int
}

// routes declares operations.
type routes struct {
	server *Server
	api    huma.API
	bodies map[string]body // by operation
	// secretsOf are the members of the answers of an operation that are shown once.
	secretsOf map[string][]string
	running   sync.Map        // of [core.Hash]: keys whose requests this server carries out now
	versioned map[string]bool // operations that read something with a version
	// conditional are the operations of what has a version, see [IfMatch].
	conditional map[string]bool
	declared    []Operation
}

// body is what an operation reads.
type body struct {
	schema *huma.Schema
	types  []string // media types, the usual one first
	most   int64    // bytes
	// optional says that no body is an empty object.
	optional bool
}

func newRoutes(mux *http.ServeMux, s *Server) *routes {
	r := &routes{server: s, bodies: map[string]body{}, secretsOf: map[string][]string{}, versioned: map[string]bool{}, conditional: map[string]bool{}}
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	registry.RegisterTypeAlias(reflect.TypeFor[api.Patch](), typeRaw)
	r.api = humago.NewWithPrefix(mux, api.Prefix, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Postern administration", Version: "1",
				Description: "Everything that an administrator may do. Send an API token, or an access token of the scope postern:administration, as a bearer.",
			},
			Components: &huma.Components{
				Schemas:         registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{"bearer": {Type: "http", Scheme: "bearer"}},
			},
			Security:       []map[string][]string{{"bearer": {}}},
			OnAddOperation: []huma.AddOpFunc{r.documented},
		},
		// "json" is also what huma writes application/problem+json with.
		Formats:                      map[string]huma.Format{typeJSON: huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat:                typeJSON,
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{plain},
	})
	r.api.UseMiddleware(r.admit)
	registry.Schema(reflect.TypeFor[api.Problem](), true, "")
	return r
}

// documented completes what huma knows of an operation: it reads no bodies itself, so it
// learns of them behind its own preparations.
func (r *routes) documented(_ *huma.OpenAPI, op *huma.Operation) {
	if read, ok := r.bodies[op.OperationID]; ok {
		op.RequestBody = &huma.RequestBody{Required: !read.optional, Content: map[string]*huma.MediaType{}}
		for _, t := range read.types {
			op.RequestBody.Content[t] = &huma.MediaType{Schema: read.schema}
		}
	}
	if r.versioned[op.OperationID] {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "If-None-Match", In: "header", Description: "ETag of what the client has: 304 without a body if it is still so.",
			Schema: &huma.Schema{Type: huma.TypeString},
		})
		op.Responses["304"] = &huma.Response{Description: "It is as the client has it."}
	}
	op.Responses["default"] = &huma.Response{
		Description: "Why it was not done.",
		Content:     map[string]*huma.MediaType{typeProblem: {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}}},
	}
}

// call is a request that is being answered.
type call struct {
	request *http.Request
	who     *bearer.Bearer
	desk    *desk.Desk
	was     admin.Version // on which the desk makes a change; empty: any
	body    []byte
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		panic("rest: an operation without a call")
	}
	return c
}

// get declares an operation without a body.
func get[I, O any](r *routes, op operation, answer func(context.Context, *desk.Desk, *I) (*O, error)) {
	register(r, http.MethodGet, op, func(ctx context.Context, c *call, in *I) (*O, error) { return answer(ctx, c.desk, in) })
}

// act declares an operation that changes something and reads no body: POST, PUT or DELETE.
func act[I, O any](r *routes, method string, op operation, answer func(context.Context, *desk.Desk, *I) (*O, error)) {
	register(r, method, op, func(ctx context.Context, c *call, in *I) (*O, error) { return answer(ctx, c.desk, in) })
}

// send declares an operation whose body is a B: POST or PUT.
func send[I, B, O any](r *routes, method string, op operation, answer func(context.Context, *desk.Desk, *I, *B) (*O, error)) {
	t := reflect.TypeFor[B]()
	r.bodies[op.id] = body{schema: r.registry().Schema(t, true, ""), types: []string{typeJSON}, most: maxBody, optional: allOptional(t)}
	register(r, method, op, func(ctx context.Context, c *call, in *I) (*O, error) {
		var sent B
		text := c.body
		if len(text) == 0 && r.bodies[op.id].optional {
			text = []byte("{}")
		}
		if err := decode(text, &sent); err != nil {
			return nil, err
		}
		return answer(ctx, c.desk, in, &sent)
	})
}

// upload declares an operation whose body is bytes, at most so many.
func upload[I, O any](r *routes, method string, op operation, most int64, answer func(context.Context, *desk.Desk, *I, []byte) (*O, error)) {
	r.bodies[op.id] = body{schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}, types: []string{typeBytes}, most: most}
	register(r, method, op, func(ctx context.Context, c *call, in *I) (*O, error) { return answer(ctx, c.desk, in, c.body) })
}

func allOptional(t reflect.Type) bool {
	for _, field := range fieldsOf(t) {
		if required(field) {
			return false
		}
	}
	return true
}

// patch declares an operation whose body is a merge patch of a T.
func patch[I, T, O any](r *routes, op operation, answer func(context.Context, *desk.Desk, *I, api.Patch) (*O, error)) {
	r.bodies[op.id] = body{schema: r.patchSchema(reflect.TypeFor[T]()), types: []string{typeMerge, typeJSON}, most: maxBody}
	register(r, http.MethodPatch, op, func(ctx context.Context, c *call, in *I) (*O, error) {
		var sent api.Patch
		if err := decodePatch(c.body, &sent); err != nil {
			return nil, err
		}
		return answer(ctx, c.desk, in, sent)
	})
}

func register[I, O any](r *routes, method string, op operation, answer func(context.Context, *call, *I) (*O, error)) {
	r.declared = append(r.declared, Operation{ID: op.id, Method: method, Path: api.Prefix + op.path, Desk: op.desk})
	_, r.conditional[op.id] = reflect.TypeFor[I]().FieldByName("IfMatch")
	if hidden := secretMembers(reflect.TypeFor[O]()); len(hidden) > 0 {
		r.secretsOf[op.id] = hidden
	}
	if _, has := reflect.TypeFor[O]().FieldByName("ETag"); has && method == http.MethodGet {
		r.versioned[op.id] = true
	}
	huma.Register(r.api, huma.Operation{
		OperationID: op.id, Method: method, Path: op.path, Tags: []string{op.tag}, Summary: op.summary, Description: op.description(), DefaultStatus: op.status,
	}, func(ctx context.Context, in *I) (*O, error) {
		c := callOf(ctx)
		out, err := answer(ctx, c, in)
		if err == nil && out != nil {
			err = owners(ctx, c, out)
		}
		if err != nil {
			return nil, r.server.tell(c.request, err)
		}
		return out, nil
	})
}

func (op operation) description() string {
	text := op.more
	if op.needs != "" {
		text = strings.TrimSpace(text + " Needs the permission " + string(op.needs) + ".")
	}
	return text
}

func (r *routes) registry() huma.Registry { return r.api.OpenAPI().Components.Schemas }

// Object is an answer with the version of what it has.
type Object[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

func object[T any](version string, body T) *Object[T] {
	return &Object[T]{ETag: entityTag(version), Body: body}
}

func entityTag(version string) string { return `"` + version + `"` }

// Answer is an answer without a version.
type Answer[T any] struct{ Body T }

// Nothing is an answer without a body.
type Nothing struct{}

// Paging are the parameters of lists.
type Paging struct {
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many items a page has at most."`
	After string `query:"after" maxLength:"2048" doc:"The next of the page before; the filter must be the same."`
}

// IfMatch is the parameter of changes of what has a version: [routes.admit] has the desk hold
// to it.
type IfMatch struct {
	IfMatch string `header:"If-Match" maxLength:"256" doc:"ETag that the object must still have: 412 if somebody else changed it."`
}

// Once is the parameter of operations that must not be carried out twice.
type Once struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"Within 24 hours the same request with the same key is answered as it was, without its secrets, and not carried out again."`
}

// pageOf cuts a page out of a complete list, which is sorted by the name of its items.
func pageOf[T, U any](r *routes, list string, all []T, in Paging, name func(*T) string, turn func(*T) U) (*Answer[api.Page[U]], error) {
	slices.SortFunc(all, func(a, b T) int { return strings.Compare(name(&a), name(&b)) })
	if in.After != "" {
		place, err := r.cursors().open(list, in.After, 1)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(item T) bool { return name(&item) <= place[0] })
	}
	page := api.Page[U]{Items: []U{}}
	for i := range all {
		if i == in.Limit {
			page.Next = r.cursors().seal(list, name(&all[i-1]))
			break
		}
		page.Items = append(page.Items, turn(&all[i]))
	}
	return &Answer[api.Page[U]]{page}, nil
}

func (r *routes) cursors() cursors { return cursors{r.server.CursorKey} }

// oneOf gives the list of what was looked for by a name of its own: one item or none.
func oneOf[T, U any](found *T, err error, what string, turn func(*T) U) (*Answer[api.Page[U]], error) {
	if missing, ok := errors.AsType[*admin.MissingError](err); ok && missing.What == what {
		return &Answer[api.Page[U]]{api.Page[U]{Items: []U{}}}, nil
	}
	if err != nil {
		return nil, err
	}
	return &Answer[api.Page[U]]{api.Page[U]{Items: []U{turn(found)}}}, nil
}

// listOf names a list with its filter, for its cursors.
func listOf(parts ...string) string {
	text, err := json.Marshal(parts)
	if err != nil {
		panic("rest: strings cannot be marshalled: " + err.Error())
	}
	return string(text)
}

// do declares an operation that reads no body and answers nothing but that it is done.
func do[I any](r *routes, method string, op operation, done func(context.Context, *desk.Desk, *I) error) {
	act(r, method, op, func(ctx context.Context, d *desk.Desk, in *I) (*Nothing, error) {
		return &Nothing{}, done(ctx, d, in)
	})
}

// told gives an answer without a version.
func told[T any](body T, err error) (*Answer[T], error) {
	if err != nil {
		return nil, err
	}
	return &Answer[T]{body}, nil
}

// listed gives a list that is never so long that it has pages.
func listed[T, U any](all []T, turn func(*T) U, err error) (*Answer[api.Page[U]], error) {
	return told(api.Page[U]{Items: wire.Each(all, turn)}, err)
}

// pageEnd gives a page of rows, of which there is one more than the limit if there is
// another page.
func pageEnd[T, U any](r *routes, list string, rows []T, limit int, place func(*T) []string, turn func(*T) U, err error) (*Answer[api.Page[U]], error) {
	var next string
	if err == nil && len(rows) > limit {
		rows = rows[:limit]
		next = r.cursors().seal(list, place(&rows[limit-1])...)
	}
	return told(api.Page[U]{Items: wire.Each(rows, turn), Next: next}, err)
}
