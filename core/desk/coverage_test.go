package desk_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/rest"
)

// place is where people or programs find what a desk does.
type place struct {
	name string
	// has are the methods of a desk that are used there.
	has map[string]bool
	// without says which are not, and why.
	without map[string]string
}

const (
	inBrowser   = "a sign-in is tried in a browser"
	userAtOnce  = "SCIM alone does at once what UpdateUser, SetPassword, DisableUser and EnableUser do"
	inPages     = "SCIM alone says how many there are besides a page; Counts is for people"
	groupAtOnce = "SCIM alone does at once what UpdateGroup, AddMember and RemoveMember do"
)

// Whatever a desk does, the command line, the console and the REST API do too.
func TestEverywhere(t *testing.T) {
	for _, p := range []place{
		{"command line", calls(t, "../cli"), map[string]string{
			"BeginAttempt":   inBrowser,
			"FinishAttempt":  inBrowser,
			"CountUsers":     inPages,
			"CountGroups":    inPages,
			"ReviseUser":     userAtOnce,
			"ReviseGroup":    groupAtOnce,
			"ChangeMembers":  "group add and group remove do it",
			"ProvisionGroup": "group create, group add and group update do it",
			"ExaminePlugin":  "plugin inspect looks at a module on this machine",
			"GroupByID":      "people type names",
			"UpdateInstance": "SetSettings and SetLimits do it",
			"User":           "FindUser takes identifiers too",
			"ServiceAccount": "FindServiceAccount takes identifiers too",
			"Clients":        "FindClients gives them",
			"Groups":         "FindGroups gives them",
		}},
		{"console", calls(t, "../console"), map[string]string{
			"AllUsers":       "people are listed by organisation",
			"CountUsers":     inPages,
			"CountGroups":    inPages,
			"ReviseUser":     userAtOnce,
			"ReviseGroup":    groupAtOnce,
			"Apply":          "a file is applied from where it is kept, and read again there",
			"ChangeMembers":  "AddMember and RemoveMember do it",
			"ProvisionGroup": "CreateGroup, AddMember and UpdateGroup do it",
			"FindClient":     "pages have identifiers",
			"FindClients":    "Clients gives them",
			"GroupByID":      "pages of groups have their names",
			"Members":        "Users gives those of a group",
			"SetLimits":      "UpdateInstance does it",
			"MissingGroups":  "the checklist of ClientGuide names them",
		}},
		{"REST API", operations(), map[string]string{
			"BeginAttempt":  inBrowser,
			"FinishAttempt": inBrowser,
			"CountUsers":    inPages,
			"CountGroups":   inPages,
			"ReviseUser":    userAtOnce,
			"ReviseGroup":   groupAtOnce,
		}},
	} {
		p.check(t)
	}
}

func (p place) check(t *testing.T) {
	t.Helper()
	for _, method := range methods() {
		_, excused := p.without[method]
		switch {
		case !p.has[method] && !excused:
			t.Errorf("the %s does not have %s: give it that, or say in the table why not", p.name, method)
		case p.has[method] && excused:
			t.Errorf("the %s has %s: take it off the table", p.name, method)
		}
	}
	for method := range p.without {
		if !slices.Contains(methods(), method) {
			t.Errorf("the table of the %s has %s, which a desk does not do", p.name, method)
		}
	}
}

// methods are those of a desk, but for who stands there.
func methods() []string {
	var names []string
	for m := range reflect.TypeFor[*desk.Desk]().Methods() {
		if !slices.Contains([]string{"Caller", "If", "Alongside"}, m.Name) {
			names = append(names, m.Name)
		}
	}
	return names
}

func operations() map[string]bool {
	has := map[string]bool{}
	for _, operation := range rest.Operations() {
		for _, method := range operation.Desk {
			has[method] = true
		}
	}
	return has
}

// calls finds what a room, without its tests, has done by a desk: s.Name, Desk.Name or
// v.Desk.Name, called or handed on.
func calls(t *testing.T, room string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(room, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", room, err)
	}
	has := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if selector, ok := node.(*ast.SelectorExpr); ok && slices.Contains([]string{"s", "Desk"}, lastName(selector.X)) {
				has[selector.Sel.Name] = true
			}
			return true
		})
	}
	return has
}

// lastName is that of a variable or a field; of a desk that was made conditional, that of
// the desk.
func lastName(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	case *ast.CallExpr:
		if of, ok := x.Fun.(*ast.SelectorExpr); ok && of.Sel.Name == "If" {
			return lastName(of.X)
		}
	}
	return ""
}
