package standin

import (
	"embed"
	"errors"
	"html/template"
	"net/http"
	"strings"
)

//go:embed pages.html style.css
var files embed.FS

type frontPage struct {
	Config    Config
	Identity  *Identity // nil if nobody is signed in
	Notice    string
	Atlassian bool
}

type testPage struct {
	Problems []*Failure
	Identity *Identity // nil if there are no attributes to show
}

type importPage struct {
	Config   Config
	Problems []*Failure
	Done     bool
}

type failurePage struct{ Problems []*Failure }

// render gives a whole page, so that a mistake in it is found before the first
// byte is sent.
func render(name string, data any) (string, error) {
	pages, err := template.ParseFS(files, "pages.html")
	if err != nil {
		return "", err
	}
	var text strings.Builder
	if err := pages.ExecuteTemplate(&text, name, data); err != nil {
		return "", err
	}
	return text.String(), nil
}

func style(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, files, "style.css")
}

// problems takes joined errors apart.
func problems(err error) []*Failure {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*Failure
		for _, one := range joined.Unwrap() {
			all = append(all, problems(one)...)
		}
		return all
	}
	if failure, ok := errors.AsType[*Failure](err); ok {
		return []*Failure{failure}
	}
	return []*Failure{{Step: "stand-in", What: err.Error()}}
}
