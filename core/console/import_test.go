package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/console"
	"github.com/postern-id/postern/web"
)

// sends fills in the form of the import page, with a file.
func (b *tab) sends(action, source, content string, fields ...string) *tab {
	b.t.Helper()
	form := url.Values{"step": {"signed"}, "action": {action}, "source": {source}, "into": {""}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.visit("/admin/import", form, console.Upload{Field: "file", Name: "export", Content: []byte(content)})
}

const table = "name,email,groups\nbea,bea@example.com,staff\nbad name,,\n"

// A table is looked at first, and then moved in.
func TestImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("olga").get("/admin/import").wants(http.StatusOK, "Casdoor", "Keycloak", "Show what would happen", "As the file says")
	if form := b.find("rehearse"); form == nil {
		t.Fatal("there is no button")
	}
	b.sends("rehearse", "csv", table).wants(http.StatusOK, "Nothing was changed", "2 created, 0 changed, 0 as they are, 1 not taken", "is no user name", "bea", "bad name")
	if users, err := w.admin.Users(t.Context(), core.UserFilter{}); err != nil || len(users) != 1 {
		t.Errorf("users %+v, %v", users, err)
	}
	b.sends("import", "csv", table).wants(http.StatusOK, "Imported", "2 created")
	if bea, err := w.admin.FindUser(t.Context(), "", "bea"); err != nil || bea.Email != "bea@example.com" || len(bea.Groups) != 1 {
		t.Errorf("%+v, %v", bea, err)
	}
	b.sends("import", "csv", table).wants(http.StatusOK, "0 created, 0 changed, 2 as they are, 1 not taken")
	b.sends("import", "csv", table, "into", "partners").wants(http.StatusOK, "2 created")
	b.sends("import", "csv", "name,display_name\nolga,Olga O.\n").wants(http.StatusOK, "Somebody has the name here")
	b.sends("import", "csv", "name,display_name\nolga,Olga O.\n", "adopt", "on").wants(http.StatusOK, "1 changed")
}

// What is wrong with a file is said beside it; what was filled in stays.
func TestImportOfWrongFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("olga")
	b.sends("rehearse", "casdoor", "{}", "adopt", "on", "into", "partners").wants(http.StatusUnprocessableEntity, "no export of Casdoor", "Export with: casdoor -export")
	form := b.answer.Page.Blocks[0].(web.Form)
	if inputs := form.Groups[0].Inputs; inputs[0].Value != "casdoor" || inputs[2].Value != "partners" || inputs[3].Value != "on" || inputs[4].Value != "" || !form.Upload {
		t.Errorf("the form is %+v", form)
	}
	b.sends("import", "csv", "").wants(http.StatusUnprocessableEntity, "Choose a file.")
	b.sends("import", "csv", table, "into", "nowhere").wants(http.StatusNotFound, "There is no organisation")
	b.sends("import", "ldif", table).wants(http.StatusUnprocessableEntity, "Say where the file comes from.")
}

// A table of thousands is not shown whole.
func TestImportOfMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var many strings.Builder
	many.WriteString("name\n")
	for i := range 2100 {
		fmt.Fprintf(&many, "user%d\n", i)
	}
	many.WriteString("not a name\n")
	b := w.as("olga").sends("rehearse", "csv", many.String()).wants(http.StatusOK)
	report := b.answer.Page.Blocks[1].(web.Table)
	if len(report.Rows) != 2000 || report.Rows[0].Cells[0].Text != "not a name" || !strings.Contains(report.Text, "the first") {
		t.Errorf("%d rows, the first of them %+v: %s", len(report.Rows), report.Rows[0], report.Text)
	}
}

// Who may not import has no page for it, and what they send is refused.
func TestImportIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.administrators()
	for _, who := range []string{"help_desk", "auditor", "owner-of-partners", "administrator-of-partners"} {
		w.as(who).get("/admin").lacks("Import")
		w.as(who).get("/admin/import").wants(http.StatusForbidden)
		w.as(who).sends("import", "csv", table).wants(http.StatusForbidden)
	}
	// An administrator imports, but changes nobody who may more.
	b := w.as("administrator").sends("import", "csv", "name,display_name\nowner,Mallory\nben,Ben B.\n", "adopt", "on").wants(http.StatusOK, "1 changed", "1 not taken", "may do more than you may")
	if owner := b.stored("owner"); owner.Profile.DisplayName == "Mallory" {
		t.Error("an administrator changed an owner")
	}
}
