package products_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/browser"
	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/examples/walk"
)

// The gem by which GitLab signs people in, with the lines of gitlab.rb that the guide has.
// Debian's is of before it knew PKCE, so that this client does without.
func TestGitLab(t *testing.T) {
	ruby := needs.Program(t, "ruby")
	if out, err := exec.Command(ruby, "-e", "require 'omniauth_openid_connect'; require 'webrick'").CombinedOutput(); err != nil {
		needs.Missing(t, "the gem omniauth_openid_connect (Debian's ruby-omniauth-openid-connect and ruby-webrick) is not installed: "+lastLine(out))
	}
	h := newHouse(t)
	app, err := filepath.Abs("testdata/gitlab/app.rb")
	if err != nil {
		t.Fatal(err)
	}
	address := walk.FreeAddress(t, "127.0.0.1")
	guide := h.connect(t, "gitlab", "--preset", "gitlab", "--address", "http://"+address)
	h.run("client", "update", "gitlab", "--require-pkce=false")
	h.start(t, ruby, app, h.write("gitlab.rb", guide.snippet("/etc/gitlab/gitlab.rb")), address[strings.LastIndex(address, ":")+1:])
	h.await("http://" + address + "/")

	site := browser.New(t, "http://"+address)
	begun := site.Get("/users/auth/openid_connect")
	if begun.Location == nil {
		t.Fatalf("it does not send to the server: status %d:\n%s", begun.Status, begun.Body)
	}
	shown := site.Get(signIn(t, h.visitor(t), begun.Location.String()))
	var told struct {
		UID, Name, Email, Nickname string
		Groups                     []string
	}
	if err := json.Unmarshal([]byte(shown.Body), &told); err != nil {
		t.Fatalf("%v: status %d at %s, to %v:\n%s", err, shown.Status, shown.URL, shown.Location, shown.Body)
	}
	slices.Sort(told.Groups)
	if told.Name != "Alice Liddell" || told.Email != "alice@example.org" || told.Nickname != "alice" || told.UID == "" || !slices.Equal(told.Groups, []string{"grafana-editors", "staff"}) {
		t.Errorf("it was told %+v", told)
	}
	if open := h.checklist(t, "gitlab"); open != "" {
		t.Errorf("the checklist at last:\n%s", open)
	}
}
