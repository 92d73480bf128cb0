package console_test

import (
	"crypto/rand"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// What needs attention is told, to who may see it, with the way there.
func TestAttention(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.administrators()
	w.as("owner").get("/admin").lacks("Needs attention")
	w.admin.Settings = []admin.ServerSetting{{Key: "mail_smtp"}}
	w.as("owner").get("/admin").wants(200, "Needs attention", "No mails are sent", "have to be handed over")
	w.admin.Settings[0].Value = "mail.example:587"
	mail := core.Mail{ID: core.NewID(w.now, rand.Reader), Org: "built-in", To: "ben@example.com", Template: "invite", CreatedAt: w.now, NextAt: w.now, ExpiresAt: w.now.Add(1e15), Sealed: []byte("x")}
	robot, err := w.admin.CreateServiceAccount(t.Context(), tester, admin.NewServiceAccount{Name: "robot"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.admin.CreateAPIToken(t.Context(), tester, admin.NewAPIToken{Holder: robot.ID, Name: "ci", TTL: 24 * 3600e9}); err != nil {
		t.Fatal(err)
	}
	w.apply(core.SendMail{Mail: mail}, core.PutOffMail{ID: mail.ID, NextAt: w.now.Add(1e13), Failures: 1},
		core.AddKey{Key: core.SigningKey{ID: "old", Alg: "RS256", CreatedAt: w.now.AddDate(-2, 0, 0)}})
	w.happens(
		core.Event{Type: core.EventPluginSuspended, Detail: map[string]string{"instance": "claims"}}, core.Event{Type: core.EventPluginSuspended, Detail: map[string]string{"instance": "claims"}},
		core.Event{Type: core.EventUpstreamFailed, Org: "partners", Detail: map[string]string{"connector": "github"}},
	)
	b := w.as("owner").get("/admin").wants(200, "1 mail could not be sent yet", "Signing keys are more than a year old", "RS256", "1 API token ends within two weeks",
		"A plugin failed too often and rests: claims", "2 times in 24 hours", "A provider could not be reached: github")
	for id, want := range map[string]string{"see-tokens": "/admin/accounts", "see-keys": "/admin/keys", "see-mails": "/admin/mail", "see-upstream-failed": "/admin/audit?type=upstream.failed"} {
		if got := attr(b.find(id), "href"); got != want {
			t.Errorf("%s leads to %q", id, got)
		}
	}
	b.get("/admin/accounts").wants(200, "robot", "1 token", "Ends soon")
	w.as("owner-of-partners").get("/admin").wants(200, "A provider could not be reached: github").lacks("claims", "RS256", "could not be sent", "API token ends")
	w.as("help_desk").get("/admin").wants(200, "claims").lacks("RS256", "could not be sent", "API token ends")
}

// How many sign in is drawn without a script, and told in numbers too.
func TestSignInChart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.happens(core.Event{Type: core.EventSignedIn, Org: "built-in"}, core.Event{Type: core.EventSignedIn, Org: "built-in"}, core.Event{Type: core.EventSignInFailed, Org: "partners"})
	b := w.as("olga").get("/admin").wants(200, "Mon 23 Nov, Signed in: 2, Failed: 1", "at most 3 a day", "Tue 10 Nov")
	drawn := 0
	for node := range b.find("sign-ins").Descendants() {
		if node.Type == html.ElementNode && node.Data == "rect" && strings.Contains(attr(node, "class"), "part") {
			drawn++
		}
	}
	if drawn != 2 {
		t.Errorf("%d bars", drawn)
	}
	b.get("/admin?org=partners").wants(200, "Mon 23 Nov, Signed in: 0, Failed: 1")
}

// The log can be searched for every type of event that there is.
func TestEventKinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("olga").get("/admin/audit").wants(200)
	var offered []string
	for node := range b.find("events-type").Descendants() {
		if node.Data == "option" {
			offered = append(offered, attr(node, "value"))
		}
	}
	file, err := parser.ParseFile(token.NewFileSet(), "../event.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			if value, ok := spec.Values[0].(*ast.BasicLit); ok && value.Kind == token.STRING {
				kind, _ := strconv.Unquote(value.Value)
				if at := slices.Index(offered, kind); at < 0 || slices.Contains(offered[at+1:], kind) {
					t.Errorf("the search offers %s not once", kind)
				}
			}
		}
		return true
	})
}

// What is looked for can be named as people know it.
func TestAuditSearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ben := w.user("partners", "ben", "", "")
	robot, err := w.admin.CreateServiceAccount(t.Context(), tester, admin.NewServiceAccount{Name: "robot", Org: "partners"})
	if err != nil {
		t.Fatal(err)
	}
	w.happens(
		core.Event{Type: core.EventProfileChanged, Actor: "user:" + string(ben.ID), UserID: ben.ID, IP: "192.0.2.1"},
		core.Event{Type: core.EventGroupCreated, Actor: "service:" + string(robot.ID), Org: "partners", IP: "192.0.2.2"},
		core.Event{Type: core.EventSignInFailed, UserID: ben.ID, IP: "192.0.2.3"},
		core.Event{Type: core.EventClientUpdated, ClientID: "wiki", Org: "built-in", IP: "192.0.2.4"},
	)
	b := w.as("olga")
	for query, want := range map[string]string{
		"actor=ben": "1", "actor=BEN@example.com": "1", "actor=robot": "2", "actor=service:" + string(robot.ID): "2", "user=ben&type=all-amiss": "3", "user=+ben+&type=all-own": "1",
		"type=all-applications": "4", "client=wiki": "4", "q=robot&type=all-people": "2", "q=Ben&type=signin.failed": "3",
	} {
		b.get("/admin/audit?"+query).wants(200, "192.0.2."+want)
		for _, other := range []string{"1", "2", "3", "4"} {
			if other != want {
				b.lacks("192.0.2." + other)
			}
		}
	}
	b.get("/admin/audit?actor=robot").wants(200, "What was done by service account robot.")
	b.get("/admin/audit?actor=nobody&user=ben").wants(200, `Nobody is called "nobody" here`).lacks("192.0.2.")
	if got := attr(b.find("events-actor"), "value"); got != "nobody" {
		t.Errorf("what was typed is %q", got)
	}
	if b.get("/admin/audit/export/csv?actor=nobody"); b.answer.To != "/admin/audit?actor=nobody" {
		t.Errorf("%+v", b.answer)
	}
	w.user("partners", "paul", core.RoleAuditor, "partners")
	w.as("paul").get("/admin/audit?actor=olga").wants(200, `Nobody is called "olga" here`)
	if b.get("/admin/audit?live=on&type=all-people"); attr(b.find("follow"), "href") != "/admin/audit?type=all-people" || !has(b.find("events"), "data-live") {
		t.Error("the log is not followed")
	}
}
