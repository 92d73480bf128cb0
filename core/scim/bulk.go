package scim

import (
	"context"
	"net/http"
	"strconv"
	"strings"
)

// maxBulk is how many operations a bulk request has: each may take a password's hash.
const maxBulk = 100

// bulk carries out the operations of a bulk request (RFC 7644 section 3.7), each by itself.
// What refers to a resource that another operation makes waits for that one.
type bulk struct {
	visit   *visit
	pending []*bulkOperation
	made    map[string]string // identifiers by bulkId
	// errors is how many may fail; zero: any number.
	errors int
}

type bulkOperation struct {
	method, path, version, bulkID string
	data                          object
	answer                        *answer // nil until it was carried out
}

func (v *visit) doBulk(ctx context.Context, r *request) (*answer, error) {
	body, err := r.body()
	if err != nil {
		return nil, err
	}
	b, err := readBulk(v, body)
	if err != nil {
		return nil, err
	}
	b.run(ctx)
	return &answer{status: http.StatusOK, body: b.document()}, nil
}

func readBulk(v *visit, body object) (*bulk, error) {
	if err := checkMessage(body, urnBulk); err != nil {
		return nil, err
	}
	raw, _ := memberFold(body, "Operations").([]any)
	switch {
	case len(raw) == 0:
		return nil, refuse(typeInvalidSyntax, "The member Operations is missing.")
	case len(raw) > maxBulk:
		return nil, &Error{Status: http.StatusRequestEntityTooLarge, Type: typeTooMany, Detail: "A bulk request has at most " + strconv.Itoa(maxBulk) + " operations."}
	}
	b := &bulk{visit: v, made: map[string]string{}}
	if most, is := memberFold(body, "failOnErrors").(float64); is && most > 0 {
		b.errors = int(min(most, maxBulk+1))
	}
	seen := map[string]bool{}
	for _, element := range raw {
		o, err := readBulkOperation(element)
		if err != nil {
			return nil, err
		}
		if o.bulkID != "" && seen[o.bulkID] {
			return nil, refuse(typeInvalidValue, "The bulkId %q is there twice.", cut(o.bulkID))
		}
		seen[o.bulkID] = true
		b.pending = append(b.pending, o)
	}
	return b, nil
}

func readBulkOperation(element any) (*bulkOperation, error) {
	members, _ := element.(object)
	o := &bulkOperation{
		method: strings.ToUpper(asText(memberFold(members, "method"))), path: asText(memberFold(members, "path")),
		version: asText(memberFold(members, "version")), bulkID: asText(memberFold(members, "bulkId")),
	}
	o.data = bulkData(o.method, memberFold(members, "data"))
	switch o.method {
	case http.MethodPost:
		if o.bulkID == "" {
			return nil, refuse(typeInvalidSyntax, "An operation that makes a resource needs a bulkId.")
		}
	case http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return nil, refuse(typeInvalidSyntax, "The method %q is none: it is POST, PUT, PATCH or DELETE.", cut(o.method))
	}
	if o.data == nil && o.method != http.MethodDelete {
		return nil, refuse(typeInvalidSyntax, "The operation %s %s has no data.", o.method, cut(o.path))
	}
	return o, nil
}

// bulkData gives what a request of its own would have as its body. RFC 7644 section 3.7 has
// the operations of a patch stand there by themselves, clients write either.
func bulkData(method string, data any) object {
	if operations, is := data.([]any); is && method == http.MethodPatch {
		return object{"schemas": []any{urnPatch}, "Operations": operations}
	}
	body, _ := data.(object)
	return body
}

// run goes through the operations until all are carried out, or those left wait for each
// other, or too many have failed.
func (b *bulk) run(ctx context.Context) {
	failed := 0
	for progress := true; progress; {
		progress = false
		for _, o := range b.pending {
			if o.answer != nil || b.waits(o) {
				continue
			}
			progress = true
			o.answer = b.carryOut(ctx, o)
			if o.answer.status >= http.StatusBadRequest {
				if failed++; failed == b.errors {
					return
				}
			}
		}
	}
	for _, o := range b.pending {
		if o.answer == nil {
			e := &Error{Status: http.StatusConflict, Type: typeInvalidValue, Detail: "It refers to what no operation of the request has made."}
			o.answer = e.answer()
		}
	}
}

const bulkReference = "bulkId:"

// waits reports whether the operation refers to what is not made yet.
func (b *bulk) waits(o *bulkOperation) bool {
	missing := false
	replaced(o.data, func(id string) string {
		missing = missing || b.made[id] == ""
		return b.made[id]
	})
	if _, id, refers := strings.Cut(o.path, bulkReference); refers {
		missing = missing || b.made[id] == ""
	}
	return missing
}

// replaced gives the value with each reference to a bulkId replaced.
func replaced(value any, with func(id string) string) any {
	switch value := value.(type) {
	case string:
		if id, refers := strings.CutPrefix(value, bulkReference); refers {
			return with(id)
		}
	case []any:
		elements := make([]any, len(value))
		for i, element := range value {
			elements[i] = replaced(element, with)
		}
		return elements
	case object:
		members := object{}
		for name, part := range value {
			members[name] = replaced(part, with)
		}
		return members
	}
	return value
}

func (b *bulk) carryOut(ctx context.Context, o *bulkOperation) *answer {
	path := o.path
	if before, id, refers := strings.Cut(path, bulkReference); refers {
		path = before + b.made[id]
	}
	data, _ := replaced(o.data, func(id string) string { return b.made[id] }).(object)
	kind, id, _ := strings.Cut(strings.Trim(path, "/"), "/")
	r := &request{
		method: o.method, kind: kind, id: id, query: func(string) string { return "" }, when: precondition{match: readETags(o.version)},
		body: func() (object, error) { return data, nil },
	}
	a, err := b.visit.doOne(ctx, r)
	if err != nil {
		e := errorOf(err)
		b.visit.log(e)
		return e.answer()
	}
	if o.method == http.MethodPost {
		b.made[o.bulkID] = text(a.body, "id")
	}
	return a
}

// doOne carries out an operation on a resource: nothing else is one of a bulk request.
func (v *visit) doOne(ctx context.Context, r *request) (*answer, error) {
	for _, of := range v.all() {
		if "/"+r.kind == of.resourceType().endpoint && r.id != ".search" {
			return v.doResource(ctx, of, r)
		}
	}
	return nil, refuse(typeInvalidPath, "There is no resource %q to be changed.", cut(r.kind))
}

func (b *bulk) document() object {
	var answers []any
	for _, o := range b.pending {
		if o.answer == nil {
			continue // not carried out, as too many had failed
		}
		answers = append(answers, b.answerDocument(o))
	}
	return object{"schemas": []any{urnBulked}, "Operations": answers}
}

func (b *bulk) answerDocument(o *bulkOperation) object {
	document := object{"method": o.method, "status": strconv.Itoa(o.answer.status)}
	put(document, "bulkId", o.bulkID)
	put(document, "version", o.answer.version)
	meta, _ := o.answer.body["meta"].(object)
	switch {
	case meta != nil:
		document["location"] = meta["location"]
	case !strings.Contains(o.path, bulkReference) && o.method != http.MethodPost:
		document["location"] = b.visit.base + "/" + strings.Trim(o.path, "/")
	}
	if o.answer.status >= http.StatusBadRequest {
		document["response"] = o.answer.body
	}
	return document
}
