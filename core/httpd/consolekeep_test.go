package httpd

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/console"
)

// keeps is a browser of an administrator on a page with a form; what is sent at last is
// written down.
func keeps(t *testing.T, fresh bool) (w *world, b *tab, got *url.Values) {
	w, got = administered(t, core.RoleOwner, ""), &url.Values{}
	return w, trial(w, console.Route{Fresh: fresh, Actions: map[string]console.Action{
		"save": {Do: func(v *console.Visit) (*console.Answer, error) {
			*got = v.Form
			return &console.Answer{To: "/admin", Note: "Saved."}, nil
		}},
	}}), got
}

// signsInAgain is done in another tab of the same browser.
func (b *tab) signsInAgain(address string) {
	b.t.Helper()
	b.get(address).follow().press("upstream-hub", nil)
	b.get("/callback/hub?code=c&state=" + b.state()).follow()
}

// Whose session ended while they filled in a form loses nothing of it.
func TestKeptForm(t *testing.T) {
	t.Parallel()
	_, b, got := keeps(t, false)
	typed := url.Values{"action": {"save"}, "step": {b.get("/admin/trial").anyStep()}, "display_name": {"Ünsinn & <b>"}, "was.display_name": {"x"}, "version": {"7"}, "password": {"s3cret words"}}
	clear(b.cookies)
	b.post("/admin/trial", typed).wants(http.StatusForbidden, "You are signed out", "Display name", "Ünsinn & <b>", "entered, and not shown")
	if link := b.find("sign-in"); attr(link, "href") != "/admin/trial" || attr(link, "target") != "_blank" || strings.Contains(text(b.page), "s3cret") {
		t.Errorf("%s", b.body)
	}
	kept := b.page
	b.signsInAgain("/admin/trial")
	b.page = kept
	b.press("go-on", nil).wants(http.StatusForbidden, "Send it once more", "Ünsinn & <b>")
	if len(*got) > 0 {
		t.Errorf("sent without being asked: %v", *got)
	}
	b.press("go-on", nil)
	if b.last.StatusCode != http.StatusSeeOther || got.Get("display_name") != "Ünsinn & <b>" || got.Get("was.display_name") != "x" || got.Get("version") != "7" || got.Get("password") != "s3cret words" {
		t.Errorf("%d, %v", b.last.StatusCode, *got)
	}
	// Another site gets nobody there.
	if b.send(http.MethodPost, "/admin/trial", formType, typed.Encode(), "cross-site").last.StatusCode != http.StatusForbidden || b.find("go-on") != nil {
		t.Errorf("%s", b.body)
	}
}

// Neither does who took longer than their proof is good for.
func TestKeptFormOfOldProof(t *testing.T) {
	t.Parallel()
	w, b, got := keeps(t, true)
	b.get("/admin/trial")
	later := w.server.Now().Add(20 * time.Minute)
	w.server.Now, w.server.Flow.Now = func() time.Time { return later }, func() time.Time { return later }
	b.post("/admin/trial", url.Values{"action": {"save"}, "step": {b.anyStep()}, "name": {"bob"}}).wants(http.StatusForbidden, "Prove that it is you", "bob")
	kept := b.page
	if b.get("/admin/trial"); b.last.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d", b.last.StatusCode)
	}
	w.hub.now = later
	b.follow().press("upstream-hub", nil)
	b.get("/callback/hub?code=c&state=" + b.state()).follow()
	b.page = kept
	if b.press("go-on", nil); b.find("go-on") != nil {
		b.press("go-on", nil)
	}
	if b.last.StatusCode != http.StatusSeeOther || got.Get("name") != "bob" {
		t.Errorf("%d, %v: %s", b.last.StatusCode, *got, text(b.page))
	}
	// A button alone leads to the proof, as ever.
	step := b.get("/admin/trial").anyStep()
	later = later.Add(20 * time.Minute)
	if b.post("/admin/trial", url.Values{"action": {"save"}, "step": {step}}); b.last.StatusCode != http.StatusSeeOther {
		t.Errorf("status %d", b.last.StatusCode)
	}
}
