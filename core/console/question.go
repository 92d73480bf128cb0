package console

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/web"
)

// Question is asked before something is done that cannot be taken back, or that is done to
// many at once.
type Question struct {
	Title, Text string
	// Concerns are those to whom it is done; may be empty.
	Concerns []web.Cell
	Inputs   []web.Input
	Button   string
	Danger   bool
	Back     string // where one goes who does not want it
}

// confirming asks the same of everybody.
func confirming(title, text, button string) func(*Visit) (*Question, error) {
	return func(v *Visit) (*Question, error) {
		return &Question{Title: title, Text: text, Button: button, Danger: true, Back: v.backToList()}, nil
	}
}

// confirmingHelp asks whoever may help the person of the page, whose name takes the place
// of NAME.
func confirmingHelp(title, text, button string) func(*Visit) (*Question, error) {
	return func(v *Visit) (*Question, error) {
		p, err := v.person()
		if err != nil {
			return nil, err
		}
		if !v.mayTo(p, core.HelpUsers) {
			return nil, &desk.DeniedError{Permission: core.HelpUsers, Org: p.Org, Above: p.above && v.May(core.HelpUsers, p.Org)}
		}
		named := strings.NewReplacer("NAME", p.DisplayName())
		return &Question{Title: named.Replace(title), Text: named.Replace(text), Button: button, Danger: true, Back: v.Here}, nil
	}
}

// sureField says that the question was answered.
const sureField = "sure"

// asked gives the page with the question of an action, until it was answered; nil then.
func (v *Visit) asked(action Action) (*Answer, error) {
	if action.Ask == nil || v.Said(sureField) == "yes" {
		return nil, nil
	}
	question, err := action.Ask(v)
	if err != nil || question == nil {
		return nil, err
	}
	return show(v.questionPage(question, nil), nil)
}

// questionPage asks, with what was sent so far; problems are by the names of inputs.
func (v *Visit) questionPage(q *Question, problems map[string]string) *web.Console {
	kind := "primary"
	if q.Danger {
		kind = "danger primary"
	}
	form := web.Form{
		Problem: problems[""], Buttons: []web.Button{{Label: q.Button, Action: v.Action, Kind: kind, ID: sureField}}, Back: &web.Anchor{Label: "Cancel", URL: q.Back},
		Hidden: []web.Field{{Name: sureField, Value: "yes"}},
	}
	for i := range q.Inputs {
		q.Inputs[i].Problem = problems[q.Inputs[i].Name]
	}
	if len(q.Inputs) > 0 {
		form.Groups = []web.Group{{Inputs: q.Inputs}}
	}
	inputs := func(name string) bool {
		return slices.ContainsFunc(q.Inputs, func(i web.Input) bool { return i.Name == name })
	}
	for _, name := range slices.Sorted(maps.Keys(v.Form)) {
		if !slices.Contains([]string{"step", "action", sureField}, name) && !inputs(name) {
			form.Hidden = append(form.Hidden, web.Field{Name: name, Value: v.Form.Get(name)})
		}
	}
	page := &web.Console{Title: q.Title, Lead: q.Text, Crumbs: v.crumbs(q.Back)}
	if len(q.Concerns) > 0 {
		table := web.Table{ID: "concerns", Columns: []string{"Concerns"}}
		for _, cell := range q.Concerns {
			table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{cell}})
		}
		page.Blocks = append(page.Blocks, table)
	}
	page.Blocks = append(page.Blocks, form)
	return page
}

// picked are the values of the ticked rows of a list, in order.
func (v *Visit) picked() (values []string, err error) {
	for _, name := range slices.Sorted(maps.Keys(v.Form)) {
		if value, is := strings.CutPrefix(name, "pick."); is {
			values = append(values, value)
		}
	}
	if len(values) == 0 {
		return nil, &admin.InvalidError{Problems: []admin.Problem{{Field: "pick", Text: "tick whom it concerns first"}}}
	}
	return values, nil
}

// wrongAnswer shows the question again, with what is wrong with the answer.
func (v *Visit) wrongAnswer(q *Question, wrong *admin.InvalidError) (*Answer, error) {
	return &Answer{Status: http.StatusUnprocessableEntity, Page: v.questionPage(q, byField(wrong))}, nil
}

// crumbs lead back to where a question was asked, by the part of the console that it is of.
func (v *Visit) crumbs(back string) []web.Anchor {
	for _, s := range menu() {
		for _, i := range s.items {
			if i.path == v.Route.Menu {
				return []web.Anchor{{Label: i.label, URL: back}}
			}
		}
	}
	return nil
}
