package rest

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/sdk/api"
)

// merge gives current as the patch leaves it. Members that are the server's to say may be in
// the patch, if they say what is so.
func merge[T any](current T, patch api.Patch) (T, error) {
	var before, after T
	text, err := json.Marshal(current)
	if err != nil {
		return after, err
	}
	if err := json.Unmarshal(text, &before); err != nil {
		return after, err
	}
	if wrong := taken(patch, reflect.TypeFor[T]()); len(wrong) > 0 {
		return after, invalid(wrong...)
	}
	if text, err = patch.Apply(text); err != nil {
		return after, malformed("the patch cannot be read")
	}
	if text, err = refill(text, reflect.TypeFor[T]()); err != nil {
		return after, err
	}
	if err := decode(text, &after); err != nil {
		return after, err
	}
	if wrong := fixed(reflect.ValueOf(before), reflect.ValueOf(after)); len(wrong) > 0 {
		return after, invalid(wrong...)
	}
	return after, nil
}

// refill gives members back that null took away and that must be there: they are empty.
func refill(text []byte, t reflect.Type) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	for name, field := range fieldsOf(t) {
		_, there := members[name]
		if there || strings.Contains(field.Tag.Get("json"), "omit") {
			continue
		}
		empty, err := json.Marshal(emptyOf(field.Type))
		if err != nil {
			return nil, err
		}
		members[name] = empty
	}
	return json.Marshal(members)
}

func emptyOf(t reflect.Type) any {
	switch t.Kind() {
	case reflect.Slice:
		return []int{}
	case reflect.Map:
		return map[string]int{}
	}
	return reflect.Zero(t).Interface()
}

// taken lists the members that cannot be changed and that the patch takes away.
func taken(patch api.Patch, t reflect.Type) (wrong []api.FieldError) {
	fields := fieldsOf(t)
	for _, name := range sortedNames(fields) {
		if fields[name].Tag.Get("readOnly") == "true" && string(patch.Member(name)) == "null" {
			wrong = append(wrong, unchangeableError(name))
		}
	}
	return wrong
}

func unchangeableError(name string) api.FieldError {
	return api.FieldError{Field: name, Detail: name + " cannot be changed by this operation"}
}

// fixed lists the members that cannot be changed and were.
func fixed(before, after reflect.Value) (wrong []api.FieldError) {
	fields := fieldsOf(before.Type())
	for _, name := range sortedNames(fields) {
		field := fields[name]
		was, is := before.FieldByIndex(field.Index), after.FieldByIndex(field.Index)
		if field.Tag.Get("readOnly") == "true" && !reflect.DeepEqual(was.Interface(), is.Interface()) {
			wrong = append(wrong, unchangeableError(name))
		}
	}
	return wrong
}

const headerIfMatch = "If-Match"

// version reads an If-Match header: one entity tag, or *, which is any.
func version(ifMatch string) (admin.Version, error) {
	switch {
	case ifMatch == "" || ifMatch == "*":
		return "", nil
	case len(ifMatch) > 2 && strings.HasPrefix(ifMatch, `"`) && strings.HasSuffix(ifMatch, `"`) && !strings.Contains(ifMatch[1:len(ifMatch)-1], `"`):
		return admin.Version(ifMatch[1 : len(ifMatch)-1]), nil
	}
	return "", malformed("If-Match is no entity tag: send back one ETag as it came")
}

// onRead has a change made that is worked out of what is read before: on that state, and
// anew where the caller did not say on which and somebody else was faster.
func onRead[O any](ctx context.Context, change func() (*O, error)) (*O, error) {
	const most = 32 // of several at once one is made each time
	was := callOf(ctx).was
	for try := 1; ; try++ {
		out, err := change()
		if was != "" || try == most || !errors.Is(err, core.ErrStale) {
			return out, err
		}
	}
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// edit is a merge patch as what an update of a desk takes: a function that changes what is
// there at that time. What is wrong with the patch shows only then: nothing is changed, so
// the update leaves everything as it is.
type edit[C any] struct {
	apply func(*C)
	err   error
}

// editing gives the edit of a patch, with how a C is told and how it is set.
func editing[C, T any](sent api.Patch, tell func(*C) T, set func(*C, *T)) *edit[C] {
	e := &edit[C]{}
	e.apply = func(c *C) {
		after, err := merge(tell(c), sent)
		if err != nil {
			e.err = err
			return
		}
		set(c, &after)
	}
	return e
}

// creating is the edit of a patch of something that is to be made. What is wrong with the
// patch is an error already, since nobody would notice it later than when it is made.
func creating[C, T any](sent api.Patch, tell func(*C) T, set func(*C, *T)) (*edit[C], error) {
	var nothing C
	if _, err := merge(tell(&nothing), sent); err != nil {
		return nil, err
	}
	return editing(sent, tell, set), nil
}

// wrong gives what is wrong with the patch, else the error of the update.
func (e *edit[C]) wrong(err error) error {
	if e.err != nil && (err == nil || !refuses(err)) {
		return e.err
	}
	return err
}

// refuses reports whether a desk said no: that comes before what is wrong with the request.
func refuses(err error) bool {
	_, denied := errors.AsType[*desk.DeniedError](err)
	return denied || errors.Is(err, core.ErrNotFound)
}
