package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
)

// A token with which applications register themselves is shown once, and ends.
func TestRegistration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.administrators()
	b := w.as("owner").get("/admin/clients-registration").wants(200, "No token.", "Make a token")
	b.get("/admin/clients-registration/new").press("create", "name", "no good").wants(422, "is no name for a token")
	b.press("create", "name", "ci", "uses", "many").wants(422)
	b.press("create", "name", "ci", "uses", "10", "days", "7", "org", "partners").wants(200, "The token is shown this once", "iat_")
	text := strings.Fields(b.text()[strings.Index(b.text(), "iat_"):])[0]
	tokens, err := w.store.InitialTokens(t.Context(), "partners")
	if err != nil || len(tokens) != 1 || tokens[0].MaxUses != 10 || tokens[0].ExpiresAt.Sub(tokens[0].CreatedAt).Hours() != 7*24 {
		t.Fatalf("%+v, %v", tokens, err)
	}
	if given, ok := core.ParseCredential(core.KindInitial, text); !ok || !given.Hash().Matches(tokens[0].Hash) {
		t.Errorf("%q is not the token", text)
	}
	w.as("auditor").get("/admin/clients-registration?org=partners").wants(200, "ci", "0 of 10 times").lacks("Make a token", "Revoke ci", text)
	w.as("auditor-of-partners").get("/admin/clients-registration?org=built-in").wants(http.StatusNotFound)
	w.as("administrator-of-partners").get("/admin/clients-registration").wants(200, "ci").pressAbout("revoke").leads("/admin/clients-registration", "registers nothing any more")
	b.get("/admin/clients-registration?org=partners").wants(200, "No token.").lacks(text)
}
