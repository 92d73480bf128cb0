package app_test

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// diary installs a version of the plugin that writes into its log, and binds an instance of
// it. It gives an address of the console at which it is called twice.
func (w *world) diary() (explain string) {
	w.t.Helper()
	code, err := os.ReadFile("../cli/testdata/plugins/diary-1.wasm")
	if err == nil {
		_, err = w.app.Admin.InstallPlugin(w.t.Context(), cli, admin.Install{Code: code, Source: "diary-1.wasm"})
	}
	if err == nil {
		_, err = w.app.Admin.CreateInstance(w.t.Context(), cli, "diary", "diary", []byte("{}"))
	}
	if err == nil {
		err = w.app.Admin.Grant(w.t.Context(), cli, "diary", "clock", "", false)
	}
	if err == nil {
		_, err = w.app.Admin.BindPlugin(w.t.Context(), cli, admin.Bind{Plugin: "diary", Instance: "diary", Hooks: []string{core.HookClaims}})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return "/admin/explain?user=root&client=" + w.register("wiki", nil).client.ID
}

// What an instance did is told with why it failed, and its log from any line on.
func TestConsoleActivity(t *testing.T) {
	w := newWorld(t)
	b := w.administrator()
	explain := w.diary()
	b.get("/admin/instances/diary/log").wants(200, "It wrote nothing").lacks("The last hour")
	b.get(explain).wants(200, "The application gets tokens", "plugin diary")
	p := b.get("/admin/instances/diary/log").wants(200, "The last hour", "2 calls.", "half within", "99 of 100 within", "Fuel of a call", "noted <b>this</b>", "info").lacks("Why calls failed")
	if policy := p.header.Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self'") {
		t.Errorf("the script may not ask: %s", policy)
	}
	if policy := b.get("/admin/instances/diary").header.Get("Content-Security-Policy"); strings.Contains(policy, "connect-src") {
		t.Errorf("a page without a log may ask: %s", policy)
	}
	if err := w.app.Admin.SetLimits(t.Context(), cli, "diary", core.PluginLimits{MemoryMiB: 1}); err != nil {
		t.Fatal(err)
	}
	b.get(explain)
	b.get("/admin/instances/diary/log").wants(200, "Why calls failed", "out of memory", "It needs more memory than its limit lets it have.", "of them failed")
	lines, err := w.app.Admin.PluginLog(t.Context(), "diary", 0)
	if err != nil || len(lines) < 3 {
		t.Fatalf("%+v, %v", lines, err)
	}
	last := strconv.FormatUint(lines[len(lines)-1].Number, 10)
	b.get("/admin/instances/diary/log?level=warn").wants(200, "plugin failed").lacks("noted")
	b.get("/admin/instances/diary/log?after="+last).wants(200).lacks("noted", "plugin failed", `data-last="0"`)
	b.get("/admin/instances/diary/log?after=2&level=error").wants(200, "of this kind").lacks("noted")
	b.get("/admin/instances/diary/log?after=100000").wants(200, "The server was started anew.", "noted")
	b.get("/admin/instances/diary/log?after=x").wants(200, "noted")
}

// The samples of the author can be chosen among, changed and tried.
func TestConsoleSamples(t *testing.T) {
	w := newWorld(t)
	b := w.administrator()
	w.diary()
	b.get("/admin/instances/diary/try").wants(200, "1: claims.map/v1", "2: claims.map/v1", `"name": "ada"`).
		press("run", nil).wants(200, "It answered", "units of fuel", "MiB of memory", "What it wrote", "noted <b>this</b>", `"diary": 1`)
	b.get("/admin/instances/diary/try?sample=2").wants(200, `"name": "bob"`)
	for _, sample := range []string{"0", "3", "x"} {
		b.get("/admin/instances/diary/try?sample="+sample).wants(200, `"name": "ada"`)
	}
	b.get("/admin/instances/diary/try").press("run", map[string]string{"input": "{\"user\": {\"name\": nobody}}"}).wants(422, "message.user.name", "there stands nobody")
	b.get("/admin/instances/diary/delete").wants(200, "What goes with it", "claims.map/v1", "for all applications", "clock")
}

// More lines than are kept come with how many are missing.
func TestConsoleLogTellsDroppedLines(t *testing.T) {
	w := newWorld(t)
	b := w.administrator()
	explain := w.diary()
	for range 110 { // two lines each
		b.get(explain)
	}
	b.get("/admin/instances/diary/log").wants(200, "20 lines before these are not kept any more.")
	b.get("/admin/instances/diary/log?after=10").wants(200, "10 lines were dropped here: it writes faster than is kept.")
	b.get("/admin/instances/diary/log?after=20").wants(200, "noted").lacks("dropped", "not kept")
}

// eventually waits for a script to give true.
func (b *tab) eventually(script string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	for {
		done, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script))
		if err != nil {
			b.t.Fatalf("%s: %v", script, err)
		}
		if done {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// A real browser follows the log without anybody who reads it anew, pauses and goes on.
func TestChromiumFollowsLog(t *testing.T) {
	b := newTab(t)
	w := newWorld(t)
	root := w.user("root", func(u *admin.NewUser) { u.Admin = true })
	explain := w.diary()
	other := newBrowser(t, w.issuer)
	other.get("/admin").signIn("root", thePassword)
	b.do(chromedp.Navigate(w.issuer + "/admin/instances/diary/log"))
	b.signIn("root")
	b.eventually(`document.querySelector("#log-state")?.textContent === "Live" && document.querySelector("#log-empty") !== null`)
	other.get(explain)
	b.eventually(`document.querySelectorAll("#log-lines code").length === 2 && document.querySelector("#log-lines code").textContent === "noted <b>this</b>"`)
	b.eventually(`document.querySelector("#numbers .figure").textContent === "2" && document.querySelectorAll("#hour rect").length > 0 && !document.querySelector("#log-empty")`)
	b.do(chromedp.Click(chromedp.CSS("#log-pause")))
	b.eventually(`document.querySelector("#log-state").textContent === "Paused" && document.querySelector("#log-pause").textContent === "Go on"`)
	other.get(explain)
	b.do(chromedp.Click(chromedp.CSS("#log-pause")))
	b.eventually(`document.querySelectorAll("#log-lines code").length === 4`)
	b.shoot("instance-activity")
	// Whoever signs out, in another tab, is told, and asks no more.
	sessions, err := w.app.Admin.UserSessions(t.Context(), root.ID)
	if err != nil || len(sessions) != 2 {
		t.Fatalf("%+v, %v", sessions, err)
	}
	for _, session := range sessions {
		if err := w.app.Admin.EndUserSession(t.Context(), cli, root.ID, session.ID); err != nil {
			t.Fatal(err)
		}
	}
	b.eventually(`document.querySelector("#log-state").textContent === "You are signed out" && document.querySelector("#log-pause").hidden`)
}
