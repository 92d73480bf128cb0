package console_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// happens records events, the last of which is the newest.
func (w *world) happens(events ...core.Event) (made []core.Event) {
	w.t.Helper()
	for _, e := range events {
		e.At = w.Now()
		e.ID = core.NewID(e.At, rand.Reader)
		w.apply(core.Record{Event: e})
		made = append(made, e)
	}
	return made
}

func TestAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ben := w.user("built-in", "ben", "", "")
	made := w.happens(
		core.Event{Type: core.EventClientUpdated, Actor: "user:" + string(w.users["olga"].ID), ClientID: "wiki", Org: "built-in", Correlation: "ref-7", IP: "192.0.2.9",
			Detail: map[string]string{"client": "Wiki"}, Fields: []core.FieldChange{{Field: "redirect_uris", Before: "https://a", After: "https://b"}, {Field: "secret"}}},
		core.Event{Type: core.EventSignInFailed, UserID: ben.ID, Org: "built-in", IP: "198.51.100.3", Detail: map[string]string{"reason": "password"}},
		core.Event{Type: core.EventReuseDetected, Org: "partners"},
	)
	b := w.as("olga")
	b.get("/admin/audit").wants(200, "Stolen refresh token used", "Look at this", "Sign-in failed", "Ben", "Application updated", "Olga")
	b.get("/admin/audit?type=signin.failed").wants(200, "198.51.100.3").lacks("Look at this", "192.0.2.9")
	b.get("/admin/audit?q=192.0.2.9").wants(200, "Application updated").lacks("198.51.100.3")
	b.get("/admin/audit?org=partners").wants(200, "Stolen").lacks("198.51.100.3")
	b.get("/admin/audit?since=2026-11-24").wants(200, "Nothing like this happened.")
	b.get("/admin/audit?until=2026-11-23").wants(200, "Sign-in failed")
	b.get("/admin/audit?since=tomorrow").wants(200, "A day is written like 2026-11-23.")
	b.get("/admin/audit/"+string(made[0].ID)).wants(200, "What changed", "redirect_uris", "https://a", "https://b", "Olga", "ref-7")
	b.get("/admin/audit/"+string(made[1].ID)).wants(200, "Sign-in failed", "Ben", "password")
	for _, id := range []string{"x", string(core.NewID(w.now, rand.Reader)), "'; DROP TABLE events"} {
		b.get("/admin/audit/"+strings.ReplaceAll(id, " ", "%20")).wants(404, "There is no event")
	}
}

// Of an organisation one sees what concerns it, and nothing else, by whatever address.
func TestAuditOfOneOrganisation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("partners", "paul", core.RoleAuditor, "partners")
	made := w.happens(core.Event{Type: core.EventUserCreated, Org: "built-in", Detail: map[string]string{"name": "secretly"}}, core.Event{Type: core.EventUserCreated, Org: "partners", Detail: map[string]string{"name": "openly"}})
	b := w.as("paul")
	for _, address := range []string{"/admin/audit", "/admin/audit?org=partners", "/admin/audit?type=user.created", "/admin/audit?q=ly"} {
		b.get(address).wants(200, "openly").lacks("secretly")
	}
	b.get("/admin/audit?org=built-in").wants(404)
	b.get("/admin/audit/export/csv?org=built-in").wants(404)
	b.get("/admin/audit/" + string(made[0].ID)).wants(404)
	b.get("/admin/audit/"+string(made[1].ID)).wants(200, "openly")
	b.get("/admin/audit/export/json")
	if got := b.file(); !strings.Contains(got, "openly") || strings.Contains(got, "secretly") {
		t.Error(got)
	}
}

// file is what was sent to be kept.
func (b *tab) file() string {
	b.t.Helper()
	if b.err != nil || b.answer.File == nil {
		b.t.Fatalf("no file: %v, %+v", b.err, b.answer)
	}
	var content bytes.Buffer
	if err := b.answer.File.Write(&content); err != nil {
		b.t.Fatal(err)
	}
	return content.String()
}

func TestExportAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 1203 {
		w.happens(core.Event{Type: core.EventSignInFailed, IP: "192.0.2.1", Detail: map[string]string{"reason": fmt.Sprint(i)}})
	}
	w.happens(core.Event{Type: core.EventRequestRefused, Actor: "=cmd|' /C calc'!A0"})
	b := w.as("olga")
	lines := strings.Split(strings.TrimSpace(b.get("/admin/audit/export/json?type=signin.failed").file()), "\n")
	if len(lines) != 1203 {
		t.Fatalf("%d lines", len(lines))
	}
	var first map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil || first["detail"].(map[string]any)["reason"] != "1202" || first["type"] != "signin.failed" {
		t.Errorf("%v, %v", first, err)
	}
	if name := b.answer.File.Name; !strings.HasPrefix(name, "audit-20261123-") || !strings.HasSuffix(name, ".jsonl") {
		t.Error(name)
	}
	rows, err := csv.NewReader(strings.NewReader(b.get("/admin/audit/export/csv?type=request.refused").file())).ReadAll()
	if err != nil || len(rows) != 2 || rows[0][3] != "actor" || rows[1][3] != "'=cmd|' /C calc'!A0" {
		t.Errorf("%q, %v", rows, err)
	}
	b.get("/admin/audit/export/xml").wants(404)
}

func TestAuditPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 60 {
		w.happens(core.Event{Type: core.EventSignInFailed, Detail: map[string]string{"name": fmt.Sprintf("try-%02d.", i)}})
	}
	b := w.as("olga")
	b.get("/admin/audit?type=signin.failed").wants(200, "try-59.", "try-10.").lacks("try-09.")
	b.get(attr(b.find("events-next"), "href")).wants(200, "try-09.", "try-00.").lacks("try-10.")
	if b.find("events-next") != nil || attr(b.find("events-first"), "href") != "/admin/audit?type=signin.failed" {
		t.Error("pages lead elsewhere")
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.administrators()
	w.admin.Settings = []admin.ServerSetting{
		{Key: "listen", Value: "localhost:8000", Usage: "address to listen at"}, {Key: "mail_smtp", Value: "mail.example:587", Usage: "server that takes mails", Where: "POSTERN_MAIL_SMTP"},
		{Key: "master_key", Usage: "key", Where: "POSTERN_MASTER_KEY", Secret: true}, {Key: "session_lifetime", Value: "8h", Where: "postern.toml:3"},
	}
	for who, status := range map[string]int{"owner": 200, "administrator": 200, "auditor": 200, "help_desk": 403, "owner-of-partners": 403} {
		b := w.as(who).get("/admin/settings").wants(status)
		if status == 200 {
			b.wants(200, "localhost:8000 default", "mail.example:587 from POSTERN_MAIL_SMTP", "set, and shown to nobody", "8h from postern.toml:3")
		}
	}
	w.as("owner").get("/admin/mail").wants(200, "No mail waits", "mail.example:587")
}

func TestMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.administrators()
	mail := core.Mail{ID: core.NewID(w.now, rand.Reader), Org: "built-in", To: "ben@example.com", Template: "notice_email", CreatedAt: w.now, NextAt: w.now, ExpiresAt: w.now.Add(1e15), Sealed: []byte("x")}
	w.apply(core.SendMail{Mail: mail}, core.PutOffMail{ID: mail.ID, NextAt: w.now.Add(1e13), Failures: 1})
	w.as("auditor").get("/admin/mail").wants(200, "ben@example.com", "1 failure", "notice email").lacks("Try now")
	w.as("administrator").get("/admin/mail").wants(200, "1 mail waits").press("retry-all").leads("/admin/mail", "1 mail is tried again now.")
	w.as("owner").get("/admin/mail").wants(200, "ben@example.com")
}

// mailbox takes mails to addresses of example.com.
type mailbox struct{ to []string }

func (m *mailbox) TestMail(_ context.Context, to string) error {
	if !strings.HasSuffix(to, "@example.com") {
		return &admin.InvalidError{Problems: []admin.Problem{{Field: "to", Text: "the mail server refuses the recipient"}}}
	}
	m.to = append(m.to, to)
	return nil
}

func TestTestMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.administrators()
	box := &mailbox{}
	w.admin.MailTester = box
	w.as("auditor").get("/admin/mail").wants(200).lacks("Send it")
	b := w.as("administrator").get("/admin/mail").press("send-test", "to", "nobody").wants(422, "is no e-mail address")
	b.press("send-test", "to", "eve@example.net").wants(422, "refuses the recipient")
	b.press("send-test", "to", "ben@example.com").leads("/admin/mail", "took the mail to ben@example.com")
	if len(box.to) != 1 || box.to[0] != "ben@example.com" {
		t.Errorf("sent to %q", box.to)
	}
}

// Whoever did something has a name in the log, also when they are gone, and programs too.
func TestAuditNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ben := w.user("built-in", "ben", "", "")
	robot, err := w.admin.CreateServiceAccount(t.Context(), tester, admin.NewServiceAccount{Name: "robot"})
	if err != nil {
		t.Fatal(err)
	}
	made := w.happens(
		core.Event{Type: core.EventGroupCreated, Actor: "service:" + string(robot.ID), Org: "built-in", Detail: map[string]string{"group": "staff"}},
		core.Event{Type: core.EventProfileChanged, Actor: "user:" + string(ben.ID), UserID: ben.ID, Org: "built-in"},
		core.Event{Type: core.EventProfileChanged, Actor: "user:" + string(core.NewID(w.now, rand.Reader)), Org: "built-in"},
		core.Event{Type: core.EventOrgUpdated, Actor: "user:" + string(w.users["olga"].ID), Org: "partners"},
	)
	if err := w.admin.DeleteUser(t.Context(), tester, ben.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.admin.DeleteServiceAccount(t.Context(), tester, robot.ID); err != nil {
		t.Fatal(err)
	}
	b := w.as("olga")
	for _, address := range []string{"/admin/audit", "/admin"} {
		b.get(address).wants(200, "ben (deleted)", "service account robot (deleted)", "tester at the command line").lacks(string(ben.ID), string(robot.ID), "user:")
	}
	b.get("/admin/audit/"+string(made[0].ID)).wants(200, "service account robot (deleted)", "service:"+string(robot.ID))
	b.get("/admin/audit/"+string(made[1].ID)).wants(200, "ben (deleted)")
	if b.link("ben (deleted)") != "" {
		t.Error("there is a link to the page of who is gone")
	}
	b.get("/admin/audit/"+string(made[2].ID)).wants(200, "a user who is gone")
	w.user("partners", "paul", core.RoleAuditor, "partners")
	w.as("paul").get("/admin/audit").wants(200, "somebody of another organisation").lacks("Olga", string(w.users["olga"].ID))
	if lines := b.get("/admin/audit/export/json").file(); !strings.Contains(lines, `"actor_name":"robot"`) || !strings.Contains(lines, `"user_name":"ben"`) {
		t.Error(lines)
	}
}

// link is where the link with these words leads; empty if there is none to a user.
func (b *tab) link(words string) string {
	b.t.Helper()
	for node := range b.page.Descendants() {
		if href := attr(node, "href"); strings.HasPrefix(href, "/admin/users/") && strings.Contains(text(node), words) {
			return href
		}
	}
	return ""
}
