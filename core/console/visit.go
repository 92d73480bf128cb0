package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/web"
)

// Request is what whoever mounts the table knows of a request for a page.
type Request struct {
	Route  Route
	User   core.ID // who is signed in
	IP     string
	Agent  string
	Ref    string // the correlation of the request
	Params map[string]string
	Query  url.Values
	// Form is what was sent, Action the button among it; nil and empty for GET.
	Form   url.Values
	Action string
	Files  []Upload
	// Here is the path of the page, without its query.
	Here   string
	Notice string // what was done just now
}

// Upload is a file that was sent.
type Upload struct {
	Field, Name string
	Content     []byte
}

// ErrNoRole says that somebody is no administrator.
var ErrNoRole = errors.New("no administrator")

// Visit is somebody on a page.
type Visit struct {
	context.Context
	Request

	Desk   *desk.Desk
	Holder *core.APIHolder
	// Problem is what could not be done; it is shown above the page.
	Problem string
	stale   bool // somebody else changed what the form was about
	console *Console
}

// Param gives a parameter of the path.
func (v *Visit) Param(name string) string { return v.Params[name] }

// Ask gives a parameter of the query.
func (v *Visit) Ask(name string) string { return v.Query.Get(name) }

// Said gives a field of the form, without blanks around it; browsers end lines with "\r\n".
func (v *Visit) Said(name string) string {
	return strings.TrimSpace(strings.ReplaceAll(v.Form.Get(name), "\r\n", "\n"))
}

// Raw gives a field of the form as it was sent: a password, say.
func (v *Visit) Raw(name string) string { return v.Form.Get(name) }

// Checked reports whether a box was ticked.
func (v *Visit) Checked(name string) bool { return v.Form.Get(name) != "" }

// was gives the state of which the form was made; empty: it said none.
func (v *Visit) was() admin.Version { return admin.Version(v.Said(version)) }

// held is the field by which a form says of which state it is made: the one that the visitor
// saw first, unless that is gone.
func (v *Visit) held(of admin.Version) web.Field {
	if was := v.was(); was != "" && !v.stale {
		of = was
	}
	return web.Field{Name: version, Value: string(of)}
}

// File gives what was uploaded as a field; nil if nothing was.
func (v *Visit) File(field string) *Upload {
	for i := range v.Files {
		if v.Files[i].Field == field && len(v.Files[i].Content) > 0 {
			return &v.Files[i]
		}
	}
	return nil
}

// May reports whether the visitor has the permission in the organisation; "" is the whole
// server.
func (v *Visit) May(permission core.Permission, org string) bool {
	return v.Desk.Caller().May(permission, org)
}

// MayAnywhere reports whether the visitor has the permission in any organisation, or for
// the whole server.
func (v *Visit) MayAnywhere(permission core.Permission) bool {
	for _, grant := range v.Desk.Caller().Roles {
		if v.May(permission, grant.Org) {
			return true
		}
	}
	return false
}

// Visit answers a request. [ErrNoRole] says that the page is not for this person; other
// errors are failures of the server.
func (c *Console) Visit(ctx context.Context, r Request) (*Answer, error) {
	holder, err := c.Store.HolderOf(ctx, r.User)
	if errors.Is(err, core.ErrNotFound) {
		return nil, ErrNoRole
	}
	if err != nil {
		return nil, fmt.Errorf("read who is there: %w", err)
	}
	roles := holder.AllRoles()
	if len(roles) == 0 {
		return nil, ErrNoRole
	}
	actor := admin.Actor{Name: "user:" + string(r.User), IP: r.IP, Correlation: r.Ref}
	v := &Visit{
		Context: ctx, Request: r, Holder: holder, console: c,
		Desk: c.Office.For(desk.Caller{Actor: actor, ID: r.User, Roles: roles}),
	}
	if v.Form != nil && len(v.Query) == 0 {
		v.Query, _ = url.ParseQuery(v.Form.Get("back")) // of a list: what it was narrowed to
	}
	answer, err := c.answer(v)
	if err != nil {
		answer, err = c.refused(v, err)
	}
	if answer != nil && answer.Page != nil {
		if err == nil {
			err = c.lock(v, answer.Page)
		}
		c.furnish(v, answer.Page)
	}
	return answer, err
}

// Administers reports whether the user has any role.
func (c *Console) Administers(ctx context.Context, user core.ID) (bool, error) {
	holder, err := c.Store.HolderOf(ctx, user)
	if errors.Is(err, core.ErrNotFound) {
		return false, nil
	}
	return err == nil && len(holder.AllRoles()) > 0, err
}

func (c *Console) answer(v *Visit) (*Answer, error) {
	if v.Form == nil {
		return v.Route.Show(v)
	}
	action := v.Route.Actions[v.Action]
	if question, err := v.asked(action); question != nil || err != nil {
		return question, err
	}
	return action.Do(v)
}

// refused turns what the desk said into a page; other errors are given back.
func (c *Console) refused(v *Visit, err error) (*Answer, error) {
	_, missing := errors.AsType[*admin.MissingError](err)
	if page := turnedAway(err); page != nil && !(missing && v.Form != nil) {
		return page, nil
	}
	problem, status := why(err)
	if problem == "" || v.Form == nil {
		return nil, err
	}
	v.Problem, v.stale = problem, errors.Is(err, core.ErrStale)
	answer, again := v.Route.Show(v)
	if page := turnedAway(again); page != nil {
		return page, nil
	}
	if again != nil {
		return nil, errors.Join(err, again)
	}
	answer.Status = cmp.Or(answer.Status, status)
	return answer, nil
}

// turnedAway is the page for who may not see another one; nil if that is not why.
func turnedAway(err error) *Answer {
	if denied, ok := errors.AsType[*desk.DeniedError](err); ok {
		return &Answer{Status: http.StatusForbidden, Page: refusal("You may not do this", upper(denied.Error())+".")}
	}
	if missing, ok := errors.AsType[*admin.MissingError](err); ok {
		return &Answer{Status: http.StatusNotFound, Page: refusal("There is no such page", upper(missing.Error())+".")}
	}
	return nil
}

// why words why nothing was done, with the status that it has; nothing for what is a
// failure of the server.
func why(err error) (string, int) {
	if wrong, ok := errors.AsType[*admin.InvalidError](err); ok {
		var sentences []string
		for _, p := range wrong.Problems {
			sentences = append(sentences, sentence(p))
		}
		return strings.Join(sentences, " "), http.StatusUnprocessableEntity
	}
	if missing, ok := errors.AsType[*admin.MissingError](err); ok {
		return upper(missing.Error()) + ".", http.StatusNotFound
	}
	if held, ok := errors.AsType[*admin.ManagedError](err); ok {
		return upper(held.Error()) + ". Change it there, and apply that.", http.StatusConflict
	}
	switch {
	case errors.Is(err, core.ErrStale):
		return "Somebody else changed this just now. Look at it again, and say once more what you want.", http.StatusConflict
	case errors.Is(err, core.ErrConflict):
		return "This cannot be done any more: something changed meanwhile.", http.StatusConflict
	case errors.Is(err, core.ErrLimit):
		return "There are as many of these as there may be. Delete one first.", http.StatusConflict
	}
	return "", 0
}

// sentence words a problem. A hint at the command line helps nobody here.
func sentence(p admin.Problem) string {
	if strings.Contains(p.Hint, "'postern ") {
		p.Hint = ""
	}
	return p.Sentence()
}

func refusal(title, text string) *web.Console {
	return &web.Console{Title: title, Blocks: []web.Block{
		web.Message{Kind: "warn", Text: text, Buttons: []web.Button{{Label: "To the overview", URL: Path, ID: "overview"}}},
	}}
}

func upper(sentence string) string { return admin.Capital(sentence) }
