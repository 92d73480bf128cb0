package console

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

// Sheet is a form for a T that others may change at the same time. Each field is sent with
// what it was when the page was made. Where somebody else changed the T meanwhile, nothing
// is saved: the page comes again, with what is stored beside what was typed wherever both
// differ, and the visitor chooses.
type Sheet[T any] struct {
	Groups []SheetGroup[T]
	// Aliases are other names of fields in the problems that the desk finds, by name.
	Aliases map[string]string
	// Fill gives what is left to be said of the form: buttons, texts, the way back.
	Fill web.Form
}

// SheetGroup are fields that belong together.
type SheetGroup[T any] struct {
	Title, Text string
	Folds       bool
	Fields      []SheetField[T]
}

// SheetField is one field of a T.
type SheetField[T any] struct {
	Input web.Input // without its value
	// Get gives the value as text: "on" or nothing of a check, a line for each box of
	// checks. Where it is nil nothing is shown, as of a secret.
	Get func(*T) string
	// Set takes what was typed. It is not called where the field is locked.
	Set func(*T, string)
	// Check says what is wrong with what was typed, as a sentence; nil accepts everything.
	Check func(string) string
}

// version is the hidden field that says which state the page was made of.
const version = "version"

// Form shows the T.
func (s Sheet[T]) Form(stored *T, of admin.Version) web.Form {
	return s.form(of, func(f *SheetField[T], input *web.Input) {
		value := f.value(stored)
		f.show(input, value)
		input.Was, input.Keeps = value, of != "" && f.Get != nil && input.Locked == ""
	})
}

func (s Sheet[T]) form(of admin.Version, each func(f *SheetField[T], input *web.Input)) web.Form {
	form := s.Fill
	form.Hidden = slices.Clone(form.Hidden)
	if of != "" {
		form.Hidden = append(form.Hidden, web.Field{Name: version, Value: string(of)})
	}
	for _, g := range s.Groups {
		group := web.Group{Title: g.Title, Text: g.Text, Folds: g.Folds}
		for i := range g.Fields {
			input := g.Fields[i].Input
			each(&g.Fields[i], &input)
			group.Inputs = append(group.Inputs, input)
			group.Open = group.Open || input.Problem != "" || input.Conflict != nil
		}
		form.Groups = append(form.Groups, group)
	}
	return form
}

func (f *SheetField[T]) value(stored *T) string {
	if f.Get == nil || stored == nil {
		return ""
	}
	return f.Get(stored)
}

// show puts a value into the input.
func (f *SheetField[T]) show(input *web.Input, value string) {
	switch {
	case input.Kind == "checks":
		input.Values = splitLines(value)
	case input.Kind != "password" && input.Kind != "secret" && input.Kind != "file":
		input.Value = value
	}
}

func splitLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// typed gives what was sent of the field.
func (f *SheetField[T]) typed(v *Visit) string {
	switch f.Input.Kind {
	case "password":
		return v.Raw(f.Input.Name)
	case "checks":
		var ticked []string
		for _, option := range f.Input.Options {
			if v.Checked(f.Input.Name + "." + option.Value) {
				ticked = append(ticked, option.Value)
			}
		}
		return strings.Join(ticked, "\n")
	}
	return v.Said(f.Input.Name)
}

// Edit gives the change that the visitor asks for.
func (s Sheet[T]) Edit(v *Visit) func(*T) {
	return func(t *T) {
		for f := range s.fields {
			if f.Set != nil && f.Input.Locked == "" && v.Said("choose."+f.Input.Name) != "theirs" {
				f.Set(t, f.typed(v))
			}
		}
	}
}

// fields walks over all of them.
func (s Sheet[T]) fields(yield func(*SheetField[T]) bool) {
	for _, g := range s.Groups {
		for i := range g.Fields {
			if !yield(&g.Fields[i]) {
				return
			}
		}
	}
}

// Was gives the state that the visitor saw.
func (s Sheet[T]) Was(v *Visit) admin.Version { return admin.Version(v.Said(version)) }

// Check gives what is wrong with what was typed, before anybody else is asked; nil if
// nothing is.
func (s Sheet[T]) Check(v *Visit) error {
	var wrong admin.InvalidError
	for f := range s.fields {
		if f.Check == nil || f.Input.Locked != "" {
			continue
		}
		if text := f.Check(f.typed(v)); text != "" {
			wrong.Problems = append(wrong.Problems, admin.Problem{Field: f.Input.Name, Text: strings.TrimSuffix(text, ".")})
		}
	}
	if len(wrong.Problems) == 0 {
		return nil
	}
	return &wrong
}

// Save has what was typed saved by update, which gets the version that the visitor saw. If
// that fails because of what was typed, or because somebody else changed the T, it gives
// the form to show again, and its status; read gives what is stored.
func (s Sheet[T]) Save(v *Visit, read func() (*T, admin.Version, error), update func(was admin.Version, edit func(*T)) error) (again *web.Form, status int, err error) {
	if err = s.Check(v); err == nil {
		err = update(s.Was(v), s.Edit(v))
	}
	if err == nil {
		return nil, 0, nil
	}
	wrong, invalid := errors.AsType[*admin.InvalidError](err)
	_, stale := errors.AsType[*admin.StaleError](err)
	if !invalid && !stale {
		return nil, 0, err
	}
	stored, now, err := read()
	if err != nil {
		return nil, 0, err
	}
	if stale {
		v.Problem = "Somebody else changed this since you opened it, and nothing was saved yet. Where both of you changed the same, choose what is to stand, and save again."
		return new(s.merge(v, stored, now)), http.StatusConflict, nil
	}
	if s.Was(v) != "" {
		now = s.Was(v) // what was wrong says nothing of what others did
	}
	return new(s.wrong(v, now, wrong.Problems)), http.StatusUnprocessableEntity, nil
}

// wrong is the form as it was sent, with what is wrong with it.
func (s Sheet[T]) wrong(v *Visit, of admin.Version, problems []admin.Problem) web.Form {
	told := map[string]string{}
	for _, p := range problems {
		name := p.Field
		if other, differs := s.Aliases[name]; differs {
			name = other
		}
		told[name] = strings.TrimSpace(told[name] + " " + sentence(p))
	}
	form := s.form(of, func(f *SheetField[T], input *web.Input) {
		f.show(input, f.typed(v))
		input.Was, input.Keeps = v.Said("was."+input.Name), of != "" && f.Get != nil && input.Locked == ""
		input.Problem = told[input.Name]
		delete(told, input.Name)
	})
	var rest []string
	for _, p := range problems { // in their order
		name := p.Field
		if other, differs := s.Aliases[name]; differs {
			name = other
		}
		if text := told[name]; text != "" {
			rest = append(rest, text)
			delete(told, name)
		}
	}
	form.Problem = strings.Join(rest, " ")
	return form
}

// merge is the form as it was sent, beside what is stored now.
func (s Sheet[T]) merge(v *Visit, stored *T, now admin.Version) web.Form {
	return s.form(now, func(f *SheetField[T], input *web.Input) {
		theirs, mine, was := f.value(stored), f.typed(v), v.Said("was."+input.Name)
		f.show(input, mine)
		input.Was, input.Keeps = theirs, f.Get != nil && input.Locked == ""
		if f.Get == nil || input.Locked != "" || mine == theirs || was == theirs {
			return
		}
		input.Conflict = &web.Conflict{Stored: f.words(theirs), Typed: f.words(mine), Theirs: mine == was}
	})
}

// words says a value as people read it.
func (f *SheetField[T]) words(value string) string {
	switch f.Input.Kind {
	case "check":
		if value == "" {
			return "no"
		}
		return "yes"
	case "checks", "select", "radio":
		var labels []string
		for _, one := range splitLines(value) {
			label := one
			for _, option := range f.Input.Options {
				if option.Value == one {
					label = option.Label
				}
			}
			labels = append(labels, label)
		}
		return strings.Join(labels, ", ")
	}
	return value
}
