package httpd

import (
	"net/http"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// What a person reads does not depend on the words for developers, which are English.
func TestBecause(t *testing.T) {
	l := english(t)
	for _, test := range []struct {
		refusal     *oauth.Error
		title, want string
		developers  bool
	}{
		{oauth.Refuse(oauth.CodeInvalidRequest, "client_unknown", "D."), "error.request", "error.because_client", true},
		{oauth.Refuse(oauth.CodeInvalidRequest, "organisation_disabled", "D."), "error.request", "error.because_client", true},
		{oauth.Refuse(oauth.CodeInvalidRequest, "redirect_uri_unregistered", "D."), "error.request", "error.because_redirect", true},
		{oauth.Refuse(oauth.CodeInvalidRequest, "parameter_repeated", "D."), "error.request", "error.because_request", true},
		{oauth.Refuse(oauth.CodeInvalidRequest, "last_way_in", "D."), "error.request", "error.because_last_way_in", false},
		{oauth.Refuse(oauth.CodeInvalidRequest, "method", "D."), "error.request", "error.because_method", false},
		{oauth.Refuse(oauth.CodeAccessDenied, "policy_denied", "D."), "error.no_access", "error.because_denied", false},
		{withStatus(oauth.Refuse(oauth.CodeInvalidRequest, "not_found", "D."), 404), "error.not_found", "error.not_found_text", false},
		{withStatus(oauth.Refuse(oauth.CodeInvalidRequest, "cross_origin", "D."), 403), "error.forbidden", "error.because_form", false},
		{oauth.Refuse(oauth.CodeTemporarilyUnavailable, "busy", "D."), "error.busy", "error.busy_text", false},
		{oauth.Failed(http.ErrBodyNotAllowed), "error.server", "error.server_text", false},
	} {
		key := because(l, test.refusal)
		if title := explain(test.refusal); title != test.title || key != test.want || isDevelopers(key) != test.developers {
			t.Errorf("%s: %s, %s", test.refusal.Reason, title, key)
		}
		for _, needed := range []string{key, test.title, test.title + "_hint"} {
			if !l.Has(needed) {
				t.Errorf("there is no message %s", needed)
			}
		}
	}
}

func TestErrorsSpeakTheLanguage(t *testing.T) {
	w := newWorld(t)
	b := w.tab().accepting(oauth.PathAuthorize+"?client_id=nobody", "de").wants(http.StatusBadRequest, "Diese Anmeldung kann nicht fortgesetzt werden")
	if detail := b.find("detail"); detail == nil || attr(detail, "lang") != "en" || text(detail) != "No application is registered under this client_id." {
		t.Errorf("the developer reads\n%s", b.body)
	}
	b.accepting("/login?step=forged", "ja").wants(http.StatusBadRequest, "この手順は終了したか")
	if b.find("detail") != nil {
		t.Error("a step that is over has details")
	}
	b.accepting(oauth.PathToken+"?x", "de")
	if strings.Contains(b.body, "<html") || b.last.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a program gets %d %s", b.last.StatusCode, b.body)
	}
}

func TestEveryFieldProblemHasWords(t *testing.T) {
	l := english(t)
	for _, kind := range []core.FieldProblemKind{
		core.FieldMissing, core.FieldLong, core.FieldShort, core.FieldLine, core.FieldText, core.FieldAddress, core.FieldForm, core.FieldWrong, core.FieldTaken,
		core.FieldName, core.FieldBreached,
	} {
		if key := "problem." + string(kind); !l.Has(key) || fieldText(l, core.FieldProblem{Kind: kind, Field: "x", Limit: 7}) != l.Text(key, "count", 7) {
			t.Errorf("%s has no words", key)
		}
	}
	for _, test := range []struct {
		problem core.FieldProblem
		want    string
	}{
		{core.FieldProblem{Kind: core.FieldShort, Field: "password", Limit: 8}, "Use 8 characters or more."},
		{core.FieldProblem{Kind: core.FieldTaken, Field: "username"}, "This user name is taken. Choose another one."},
		{core.FieldProblem{Kind: core.FieldForm, Field: "email"}, "This is no e-mail address. Write it like name@example.org."},
		{core.FieldProblem{Kind: "unheard of", Field: "email"}, "This is not right."},
	} {
		if got := fieldText(l, test.problem); got != test.want {
			t.Errorf("%+v: %q", test.problem, got)
		}
	}
}
