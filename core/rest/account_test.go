package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
)

// person makes a user and gives the path of it.
func (w *world) person(body string) string {
	w.t.Helper()
	return "/users/" + w.ask("owner", "POST /users", body).want(http.StatusCreated).at("user.id").(string)
}

func TestHelp(t *testing.T) {
	w := newWorld(t)
	path := w.person(`{"name":"anna","password":"correct horse"}`)
	w.ask("owner", "POST "+path+"/disable", "").want(http.StatusNoContent)
	w.ask("auditor", "GET "+path, "").want(http.StatusOK).has(map[string]any{"disabled": true})
	w.ask("owner", "POST "+path+"/enable", "").want(http.StatusNoContent)
	w.ask("auditor", "GET "+path, "").want(http.StatusOK).has(map[string]any{"disabled": false})
	w.ask("owner", "POST "+path+"/sign-out", "").want(http.StatusNoContent)

	w.ask("owner", "PUT "+path+"/password", `{"password":"x"}`).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "password"})
	w.ask("owner", "PUT "+path+"/password", `{"password":"battery staple"}`).want(http.StatusNoContent)

	for _, body := range []string{"", "{}", `{"send":false}`} {
		link := w.ask("owner", "POST "+path+"/reset-link", body).want(http.StatusCreated)
		if text, _ := link.at("link").(string); !strings.HasPrefix(text, "https://id.example/") {
			t.Errorf("the link is %q", text)
		}
	}
	w.ask("owner", "POST "+path+"/reset-link", `{"send":true}`).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "email"})
	w.ask("owner", "DELETE "+path+"/consents/nobody", "").want(http.StatusNotFound)
	for _, line := range []string{"POST " + path + "/disable", "POST " + path + "/sign-out", "POST " + path + "/reset-link", "DELETE " + path + "/devices"} {
		w.ask("auditor", line, "").want(http.StatusForbidden)
	}
}

func TestInvitation(t *testing.T) {
	w := newWorld(t)
	made := w.ask("owner", "POST /invitations", `{"user":{"name":"anna","email":"anna@example.org"},"by_hand":true}`).want(http.StatusCreated)
	if text, _ := made.at("link").(string); !strings.HasPrefix(text, "https://id.example/") {
		t.Errorf("the link is %q", text)
	}
	made.has(map[string]any{"user.has_password": false, "new_groups": []string{}})
	again := w.ask("owner", "POST /users/"+made.at("user.id").(string)+"/invitation", `{"by_hand":true}`).want(http.StatusCreated)
	if again.at("link") == made.at("link") {
		t.Error("the invitation is the same one")
	}
	for body, field := range map[string]string{
		`{"user":{"name":"bob","password":"correct horse"}}`:    "user.password",
		`{"user":{"name":"b b"}}`:                               "user.name",
		`{"user":{"name":"bob","profile":{"phone":"x"}}}`:       "user.profile.phone",
		`{"user":{"name":"bob","profile":{"x":1}}}`:             "user.profile.x",
		`{"user":{"name":"bob"},"hand":true}`:                   "hand",
		`{}`:                                                    "user",
		`{"user":{"name":"bob","attributes":{"a":"1","b":2}}}`:  "user.attributes.b",
		`{"user":{"name":"bob","groups":["one","semi;colon"]}}`: "user.groups",
	} {
		w.ask("owner", "POST /invitations", body).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": field})
	}
}

func TestAccess(t *testing.T) {
	w := newWorld(t)
	path := w.person(`{"name":"anna"}`)
	id := core.ID(strings.TrimPrefix(path, "/users/"))
	session, device := w.newID(), w.newID()
	err := w.store.Apply(t.Context(),
		core.StartSession{Session: core.Session{
			ID: session, Hash: core.Hash{1}, UserID: id, AuthTime: w.now, AMR: []string{"pwd"}, ACR: "1", CreatedAt: w.now, ExpiresAt: w.now.Add(3600e9), IP: "192.0.2.9",
		}},
		core.AddDevice{Device: core.Device{ID: device, Hash: core.Hash{2}, UserID: id, UserAgent: "Firefox", CreatedAt: w.now, ExpiresAt: w.now.Add(3600e9)}},
		core.AddAuthenticator{Authenticator: core.Authenticator{ID: w.newID(), UserID: id, Kind: core.AuthenticatorTOTP, Name: "phone", Data: []byte("SEED"), CreatedAt: w.now}},
	)
	if err != nil {
		t.Fatal(err)
	}
	w.ask("auditor", "GET "+path+"/sessions", "").want(http.StatusOK).has(map[string]any{"items.0.id": session, "items.0.address": "192.0.2.9", "items.0.amr": []string{"pwd"}, "items.1": nil})
	w.ask("auditor", "GET "+path+"/devices", "").want(http.StatusOK).has(map[string]any{"items.0.id": device, "items.0.user_agent": "Firefox"})
	proofs := w.ask("auditor", "GET "+path+"/authenticators", "").want(http.StatusOK)
	proofs.has(map[string]any{"authenticators.0.kind": "totp", "authenticators.0.name": "phone", "recovery_codes": 0})
	if strings.Contains(string(proofs.body), "SEED") {
		t.Errorf("there is a seed in %s", proofs.body)
	}
	w.ask("owner", "DELETE "+path+"/devices/"+string(device), "").want(http.StatusNoContent)
	w.ask("owner", "DELETE "+path+"/devices/"+string(device), "").want(http.StatusNotFound)
	w.ask("owner", "DELETE "+path+"/devices", "").want(http.StatusNoContent)
	w.ask("owner", "DELETE "+path+"/sessions/"+string(session), "").want(http.StatusNoContent)
	w.ask("owner", "DELETE "+path+"/authenticators/"+string(w.newID()), "").want(http.StatusNotFound)
	w.ask("owner", "DELETE "+path+"/authenticators", "").want(http.StatusOK).has(map[string]any{"removed": 1})
	w.ask("auditor", "GET "+path+"/links", "").want(http.StatusOK).has(map[string]any{"items": []any{}})
	w.ask("owner", "POST "+path+"/links", `{"connector":"github","subject":"7"}`).want(http.StatusNotFound)
	w.ask("owner", "DELETE "+path+"/links/github?subject=7", "").want(http.StatusNotFound)
	w.ask("owner", "DELETE "+path+"/links/github", "").want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "subject"})
}
