package rest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func TestKeys(t *testing.T) {
	w := newWorld(t)
	made := w.ask("owner", "POST /keys/rotate", `{"algs":["ES256"],"at_once":true}`).want(http.StatusOK)
	made.has(map[string]any{"items.0.alg": "ES256", "items.0.state": "signs", "items.1": nil})
	listed := w.ask("owner", "GET /keys", "").want(http.StatusOK).has(map[string]any{"items.0.id": made.at("items.0.id")})
	if strings.Contains(string(listed.body), "SEALED") {
		t.Errorf("there is a key in %s", listed.body)
	}
	w.ask("owner", "POST /keys/rotate", `{"algs":["HS256"]}`).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "algs"})
	w.ask("owner", "DELETE /keys/nothing", "").want(http.StatusNotFound)
	w.ask("owner", "DELETE /keys/"+made.at("items.0.id").(string), "").want(http.StatusNoContent)
	w.ask("auditor", "GET /keys", "").want(http.StatusForbidden)
}

func TestMails(t *testing.T) {
	w := newWorld(t)
	id := w.newID()
	err := w.store.Apply(t.Context(), core.SendMail{Mail: core.Mail{
		ID: id, Org: core.DefaultOrganisation, To: "anna@example.org", Template: "reset", Sealed: []byte("SEALED"), CreatedAt: w.now, NextAt: w.now, ExpiresAt: w.now.Add(3600e9),
	}})
	if err != nil {
		t.Fatal(err)
	}
	waiting := w.ask("owner", "GET /mails", "").want(http.StatusOK).has(map[string]any{"items.0.id": id, "items.0.to": "anna@example.org", "items.0.failures": 0})
	if strings.Contains(string(waiting.body), "SEALED") {
		t.Errorf("there is a mail in %s", waiting.body)
	}
	w.ask("owner", "POST /mails/retry", "").want(http.StatusOK).has(map[string]any{"retried": 0})
	w.ask("owner", "POST /mails/retry", `{"mail":"`+string(id)+`"}`).want(http.StatusOK).has(map[string]any{"retried": 1})
	w.ask("owner", "POST /mails/retry", `{"mail":"7"}`).want(http.StatusNotFound)
}

func TestEvents(t *testing.T) {
	w := newWorld(t)
	path := w.person(`{"name":"anna"}`)
	w.now = w.now.Add(1e9)
	w.ask("owner", "POST "+path+"/disable", "").want(http.StatusNoContent)
	newest := w.ask("owner", "GET /events?limit=1", "").want(http.StatusOK)
	newest.has(map[string]any{
		"items.0.type": "user.disabled", "items.0.actor": "user:owner", "items.0.user": strings.TrimPrefix(path, "/users/"), "items.0.at": "2026-11-25T12:00:01Z", "items.1": nil,
	})
	w.ask("owner", "GET /events?type=user.created", "").want(http.StatusOK).has(map[string]any{"items.0.type": "user.created", "items.0.detail.name": "anna", "items.1": nil})
	w.ask("owner", "GET /events?since=2026-11-25T12:00:01Z", "").want(http.StatusOK).has(map[string]any{"items.0.type": "user.disabled", "items.1": nil})
	w.ask("owner", "GET /events?since=yesterday", "").want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "since"})
	w.ask("owner", "GET /events?type=user.created&limit=1&after="+newest.at("next").(string), "").want(http.StatusBadRequest)
}

// letterbox takes no mail for one address.
type letterbox struct{}

func (letterbox) TestMail(_ context.Context, to string) error {
	switch to {
	case "nobody@example.org":
		return &admin.InvalidError{Problems: []admin.Problem{{Text: "the mail server refuses the recipient: no such mailbox"}}}
	case "broken@example.org":
		return errors.New("SECRET of the operator")
	}
	return nil
}

func TestTestMail(t *testing.T) {
	w := newWorld(t)
	w.admin.MailTester = letterbox{}
	w.ask("owner", "POST /mails/test", `{"to":"anna@example.org"}`).want(http.StatusNoContent)
	w.ask("owner", "POST /mails/test", `{"to":"anna"}`).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "to"})
	w.ask("owner", "POST /mails/test", `{"to":"nobody@example.org"}`).want(http.StatusUnprocessableEntity).has(map[string]any{"detail": "the mail server refuses the recipient: no such mailbox"})
	w.ask("auditor", "POST /mails/test", `{"to":"anna@example.org"}`).want(http.StatusForbidden)
	w.ask("owner", "GET /events?type=mail.sent", "").want(http.StatusOK).has(map[string]any{"items.0.actor": "user:owner", "items.0.detail": map[string]any{"template": "test"}, "items.1": nil})
}

// TestFailure holds what the server fails at to the log: the answer has no word of it.
func TestFailure(t *testing.T) {
	w := newWorld(t)
	w.admin.MailTester = letterbox{}
	failed := w.ask("owner", "POST /mails/test", `{"to":"broken@example.org"}`).want(http.StatusInternalServerError)
	failed.has(map[string]any{"type": "/problems/failed", "instance": "c0ffee", "detail": nil, "errors": nil})
	if strings.Contains(string(failed.body), "SECRET") || !strings.Contains(w.log.String(), "SECRET of the operator") || !strings.Contains(w.log.String(), "c0ffee") {
		t.Errorf("%s\n%s", failed.body, &w.log)
	}
}

func TestSettings(t *testing.T) {
	w := newWorld(t)
	w.admin.Settings = []admin.ServerSetting{{Key: "issuer", Value: "https://id.example", Where: "POSTERN_ISSUER"}, {Key: "mail_password", Secret: true}}
	w.ask("owner", "GET /settings", "").want(http.StatusOK).has(map[string]any{"items.0.key": "issuer", "items.0.where": "POSTERN_ISSUER", "items.1.value": "", "items.1.secret": true})
	w.ask("auditor", "GET /settings", "").want(http.StatusForbidden)
}
