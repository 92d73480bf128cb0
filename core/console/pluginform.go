package console

import (
	"cmp"
	"errors"
	"strings"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/form"
	"github.com/postern-id/postern/web"
)

// asJSON is the query that shows settings as JSON text.
const asJSON = "json"

// settingsGroups shows a form of settings: what is required first, the rest folded where
// there is much of it.
func settingsGroups(fields []form.Field) []web.Group {
	main, more := web.Group{}, web.Group{Title: "More settings", Folds: true}
	leaves := form.Leaves(fields)
	for _, f := range fields {
		if f.Kind == form.Group {
			continue
		}
		if into := &main; f.Required || len(leaves) <= 8 || f.Value != f.Default {
			into.Inputs = append(into.Inputs, settingInput(&f))
		} else {
			more.Inputs = append(more.Inputs, settingInput(&f))
		}
	}
	var groups []web.Group
	for _, group := range []web.Group{main, more} {
		if len(group.Inputs) > 0 {
			groups = append(groups, group)
		}
	}
	for _, f := range fields {
		if f.Kind == form.Group {
			inside := web.Group{Title: f.Label, Text: f.Help, Folds: true}
			for _, leaf := range form.Leaves(f.Fields) {
				inside.Inputs = append(inside.Inputs, settingInput(&leaf))
			}
			groups = append(groups, inside)
		}
	}
	return groups
}

func settingInput(f *form.Field) web.Input {
	input := web.Input{Name: f.Name, Label: f.Label, Hint: f.Help, Value: f.Value, Required: f.Required, Placeholder: f.Example}
	switch f.Kind {
	case form.Text:
		input.Kind = "text"
	case form.Number:
		input.Kind, input.Min, input.Max = "number", f.Least, f.Most
		if !f.Whole {
			input.Step = "any"
		}
	case form.Switch:
		input.Kind, input.Required = "check", false
	case form.Choice:
		input.Kind = "select"
		for _, option := range f.Options {
			input.Options = append(input.Options, web.Option{Value: option.Value, Label: option.Label})
		}
	case form.Some:
		input.Kind, input.Value, input.Required = "checks", "", false
		input.Values = strings.Split(f.Value, "\n")
		for _, option := range f.Options {
			input.Options = append(input.Options, web.Option{Value: option.Value, Label: option.Label})
		}
	case form.List:
		input.Kind, input.Rows, input.Hint = "textarea", 3, strings.TrimSpace(f.Help+" One on each line.")
	case form.Pairs:
		input.Kind, input.Rows, input.Code, input.Hint = "textarea", 3, true, strings.TrimSpace(f.Help+" Each on a line: name = value.")
	case form.JSON:
		input.Kind, input.Rows, input.Code, input.Hint = "textarea", 6, true, strings.TrimSpace(f.Help+" Written as JSON.")
	default:
		input.Kind, input.Rows = "textarea", 6
	}
	return input
}

// settingsForm shows the settings of a plugin by its schema, or as JSON where the visitor
// wants that.
func (v *Visit) settingsForm(schema, settings []byte) ([]form.Field, error) {
	if v.Ask("as") == asJSON || v.Said("as") == asJSON || len(schema) == 0 {
		schema = []byte(`{"type":"object"}`)
	}
	return form.Fields(schema, settings)
}

// writtenSettings are settings as a form has them: a text for each of its fields.
type writtenSettings struct {
	fields []form.Field
	typed  map[string]string
}

func (w *writtenSettings) text(name string) string {
	if text, typed := w.typed[name]; typed {
		return text
	}
	if len(w.fields) == 1 && w.fields[0].Name == name {
		return w.fields[0].Value
	}
	for _, f := range form.Leaves(w.fields) {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// settingsSheet is the form of settings, as a [Sheet]: what others saved meanwhile is not
// lost.
func (v *Visit) settingsSheet(fields []form.Field, back string) Sheet[writtenSettings] {
	sheet := Sheet[writtenSettings]{Fill: saving(web.Form{}, back)}
	if len(fields) == 1 && fields[0].Name == "settings" {
		sheet.Fill.Hidden = []web.Field{{Name: "as", Value: asJSON}}
		sheet.Fill.Text = "As JSON, with everything that its schema allows."
	}
	for _, g := range settingsGroups(fields) {
		group := SheetGroup[writtenSettings]{Title: g.Title, Text: g.Text, Folds: g.Folds}
		for _, input := range g.Inputs {
			name := input.Name
			group.Fields = append(group.Fields, SheetField[writtenSettings]{
				Input: input, Get: func(w *writtenSettings) string { return w.text(name) },
				Set: func(w *writtenSettings, text string) { w.typed[name] = text },
			})
		}
		sheet.Groups = append(sheet.Groups, group)
	}
	return sheet
}

// saveSettings has the settings saved that were typed, by update; read gives what is stored.
// If that fails because of what was typed, or because somebody else saved others meanwhile,
// it gives the form to show again.
func (v *Visit) saveSettings(schema []byte, back string, read func() ([]byte, admin.Version, error), update func(was admin.Version, before, after []byte) error) (again *web.Form, status int, err error) {
	before, of, err := read()
	if err != nil {
		return nil, 0, err
	}
	fields, err := v.settingsForm(schema, before)
	if err != nil {
		return nil, 0, err
	}
	return v.settingsSheet(fields, back).Save(v, func() (*writtenSettings, admin.Version, error) {
		now, of, err := read()
		if err != nil {
			return nil, "", err
		}
		fields, err := v.settingsForm(schema, now)
		return &writtenSettings{fields: fields}, of, err
	}, func(was admin.Version, edit func(*writtenSettings)) error {
		written := &writtenSettings{fields: fields, typed: map[string]string{}}
		edit(written)
		after, err := readSettings(fields, before, written.text)
		if err == nil {
			err = update(cmp.Or(was, of), before, after)
		}
		return placed(err, fields)
	})
}

// readSettings reads what was typed; what cannot be read is told by field.
func readSettings(fields []form.Field, before []byte, typed func(name string) string) ([]byte, error) {
	settings, problems := form.Read(fields, before, typed)
	var wrong admin.InvalidError
	for _, p := range problems {
		wrong.Problems = append(wrong.Problems, admin.Problem{Field: p.Name, Text: p.Text})
	}
	if len(wrong.Problems) > 0 {
		return nil, &wrong
	}
	return settings, nil
}

// placed brings what the host says of settings to the field that it is about.
func placed(err error, fields []form.Field) error {
	wrong, ok := errors.AsType[*admin.InvalidError](err)
	if !ok {
		return err
	}
	told := &admin.InvalidError{}
	for _, p := range wrong.Problems {
		where, text, found := strings.Cut(settingsPlace(p.Text), " ")
		if owner := form.Owner(fields, where, text); found && owner != "" && (p.Field == "settings" || p.Field == "") {
			p.Field, p.Text = owner, inside(where, owner)+text
		}
		told.Problems = append(told.Problems, p)
	}
	return told
}

// inside names the place, if it is one within what its field shows: "rules[0].when ".
func inside(where, owner string) string {
	if within, is := strings.CutPrefix(where, owner); !is || within == "" {
		return ""
	}
	return strings.TrimPrefix(where, "settings.") + " "
}

// settingsPlace gives what the host of the plugins said, without the words around it.
func settingsPlace(text string) string {
	if _, said, found := strings.Cut(text, `": `); found {
		return said
	}
	return text
}
