package httpd

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core/console"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

// keepForm answers a form of the console that cannot be taken as things are: its sender is
// signed out meanwhile, is somebody else by now, or has to prove again who they are. What
// they entered is not lost: it comes back on a page from which it is sent once more, after
// a sign-in in another tab. Whatever is sent was read by somebody before: the form came
// from a page of this server, and a page like this asks before the step is a good one.
func (s *Server) keepForm(c echo.Context, route console.Route, sent sentForm, done flow.Outcome) error {
	typed := typedOf(sent.form)
	if len(typed) == 0 || done.Redirect != "" && !route.Fresh || done.Redirect == "" && !done.Over {
		return s.answer(c, done)
	}
	in, step, err := s.Flow.Here(c.Request().Context(), browser(c))
	if err != nil {
		return err
	}
	page := web.Console{Title: "You are signed out", Action: c.Request().URL.EscapedPath(), Step: cmp.Or(step, sent.form.Get("step"))}
	text := "Nothing was saved yet, and nothing of what you entered is lost. Sign in in another tab, then come back here and go on."
	switch {
	case in != nil && done.Redirect != "":
		page.Title = "Prove that it is you"
		text = "You signed in a while ago, and this takes a recent sign-in. Nothing was saved yet, and nothing of what you entered is lost. Sign in again in another tab, then come back here and go on."
	case in != nil:
		page.Title = "Send it once more"
		text = "You signed in again since you opened the form, and nothing was saved yet. Look at what you entered, and send it."
	}
	message := web.Message{Kind: "warn", Text: text}
	if in == nil || done.Redirect != "" {
		message.Buttons = []web.Button{{Label: "Sign in", URL: page.Action, NewTab: true, Kind: "primary", ID: "sign-in"}}
	}
	if in != nil {
		page.Self = web.Self{Name: in.User.DisplayName(), Login: in.User.Name, Picture: s.ownPicture(&in.User), AccountURL: pathAccount, Logout: oauth.PathEndSession}
	}
	page.Blocks = []web.Block{message, keptFields(typed)}
	if len(sent.files) > 0 {
		page.Blocks = append(page.Blocks, web.Message{Kind: "info", Text: "The file that you chose has to be chosen again: go back to the form once you are signed in.", Buttons: []web.Button{{Label: "To the form", URL: page.Action, ID: "again"}}})
	} else {
		page.Blocks = append(page.Blocks, resend(sent.form, page))
	}
	return s.page(c, http.StatusForbidden, pageWith{Page: page})
}

// resend is the form with all that was sent, to be sent once more.
func resend(form url.Values, page web.Console) web.Form {
	again := web.Form{To: page.Action, Buttons: []web.Button{{Label: "Go on", Action: form.Get("action"), Kind: "primary", ID: "go-on"}}, Back: &web.Anchor{Label: "Give it up", URL: page.Action}}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if name != "step" && name != "action" {
			again.Hidden = append(again.Hidden, web.Field{Name: name, Value: form.Get(name)})
		}
	}
	return again
}

// keptFields shows what was entered, but for what nobody is to read over a shoulder.
func keptFields(typed []web.Field) web.Block {
	details := web.Details{Title: "What you entered"}
	for _, field := range typed {
		value := field.Value
		if strings.Contains(field.Name, "password") || strings.Contains(field.Name, "secret") {
			value = "entered, and not shown"
		}
		details.Rows = append(details.Rows, web.Detail{Label: fieldWords(field.Name), Value: web.Cell{Text: value}})
	}
	return details
}

// fieldWords makes words of a field's name: "display_name" is "Display name".
func fieldWords(name string) string {
	words := strings.NewReplacer("_", " ", ".", ": ").Replace(name)
	return strings.ToUpper(words[:1]) + words[1:]
}

// typedOf are the fields that a person fills in, as far as they did.
func typedOf(form url.Values) (typed []web.Field) {
	for _, name := range slices.Sorted(maps.Keys(form)) {
		ours := name == "step" || name == "action" || name == "version" || strings.HasPrefix(name, "was.") || name == ""
		if value := form.Get(name); !ours && value != "" {
			typed = append(typed, web.Field{Name: name, Value: value})
		}
	}
	return typed
}
