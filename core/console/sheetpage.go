package console

import (
	"errors"
	"net/http"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/web"
)

// SheetPage is a page on which a T, or a part of it, is edited with a [Sheet].
type SheetPage[T any] struct {
	Path, Menu string
	Fresh      bool
	// Permission is what the visitor needs in the organisation of the T.
	Permission core.Permission
	// Read gives what the path names, with its organisation and version.
	Read func(v *Visit) (stored *T, org string, of admin.Version, err error)
	// Sheet gives the form for what is stored.
	Sheet func(v *Visit, stored *T) Sheet[T]
	// Page gives the page around the form.
	Page func(v *Visit, stored *T, form web.Form) *web.Console
	// Update has the change made, and says where to go on with which note.
	Update func(v *Visit, stored *T, was admin.Version, edit func(*T)) (to, note string, err error)
}

// Route gives the row of the page; its action is "save".
func (p SheetPage[T]) Route() Route {
	return Route{Path: p.Path, Menu: p.Menu, Fresh: p.Fresh, Show: p.show, Actions: map[string]Action{"save": {Do: p.save}}}
}

func (p SheetPage[T]) show(v *Visit) (*Answer, error) {
	stored, org, of, err := p.Read(v)
	if err != nil {
		return nil, err
	}
	if err := v.need(p.Permission, org); err != nil {
		return nil, err
	}
	return show(p.Page(v, stored, p.Sheet(v, stored).Form(stored, of)), nil)
}

func (p SheetPage[T]) save(v *Visit) (*Answer, error) {
	stored, org, _, err := p.Read(v)
	if err == nil {
		err = v.need(p.Permission, org)
	}
	if err != nil {
		return nil, err
	}
	var to, note string
	again, status, err := p.Sheet(v, stored).Save(v, func() (*T, admin.Version, error) {
		now, _, of, err := p.Read(v)
		return now, of, err
	}, func(was admin.Version, edit func(*T)) (err error) {
		to, note, err = p.Update(v, stored, was, edit)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case again != nil:
		return &Answer{Status: status, Page: p.Page(v, stored, *again)}, nil
	}
	return done(to, note)
}

// need refuses who has not the permission in the organisation; "" is the whole server.
func (v *Visit) need(permission core.Permission, org string) error {
	if v.May(permission, org) {
		return nil
	}
	return &desk.DeniedError{Permission: permission, Org: org}
}

// needAnywhere refuses who has the permission nowhere.
func (v *Visit) needAnywhere(permission core.Permission) error {
	if v.MayAnywhere(permission) {
		return nil
	}
	return &desk.DeniedError{Permission: permission}
}

// Make has what was typed made by create, for a T that is not there yet. If that fails
// because of what was typed, it gives the form to show again.
func (s Sheet[T]) Make(v *Visit, create func(made T) error) (again *web.Form, err error) {
	if err = s.Check(v); err == nil {
		var made T
		s.Edit(v)(&made)
		err = create(made)
	}
	if wrong, ok := errors.AsType[*admin.InvalidError](err); ok {
		return new(s.wrong(v, "", wrong.Problems)), nil
	}
	return nil, err
}

// invalid gives the page with the status of one on which something is wrong.
func invalid(page *web.Console) (*Answer, error) {
	return &Answer{Status: http.StatusUnprocessableEntity, Page: page}, nil
}

// saving gives the form its button, and the way back.
func saving(form web.Form, back string) web.Form {
	form.Buttons = []web.Button{{Label: "Save", Action: "save", Kind: "primary", ID: "save"}}
	form.Back = &web.Anchor{Label: "Cancel", URL: back}
	return form
}
