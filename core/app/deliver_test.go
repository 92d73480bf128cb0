package app_test

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/plugin/plugintest"
)

// office is another process on the data directory, as the command line is.
type office struct {
	t *testing.T
	*app.App
}

func newOffice(t *testing.T, data string) *office {
	t.Helper()
	a, err := app.Open(context.Background(), config.Config{Data: data, Issuer: "http://127.0.0.1:1"}, app.Options{Passwords: app.CheapPasswords()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return &office{t, a}
}

func (c *office) bindSink(instance, settings string) {
	c.t.Helper()
	if _, err := c.Admin.BindPlugin(context.Background(), cli, admin.Bind{Plugin: "sink", Instance: instance, Settings: []byte(settings)}); err != nil {
		c.t.Fatal(err)
	}
}

func (c *office) createUsers(names ...string) {
	c.t.Helper()
	for _, name := range names {
		if _, err := c.Admin.CreateUser(context.Background(), cli, admin.NewUser{Name: name}); err != nil {
			c.t.Fatal(err)
		}
	}
}

// setSettings replaces the settings of an instance.
func (c *office) setSettings(instance, settings string) {
	c.t.Helper()
	config, err := c.Admin.PluginConfig(context.Background())
	if err != nil {
		c.t.Fatal(err)
	}
	i := slices.IndexFunc(config.Instances, func(i core.PluginInstance) bool { return i.Name == instance })
	changed := config.Instances[i]
	changed.Settings = []byte(settings)
	if err := c.Store.Apply(context.Background(), core.SaveInstance{Instance: changed}); err != nil {
		c.t.Fatal(err)
	}
}

// recorded gives the types of the events in the audit log, by their ids.
func (c *office) recorded() map[string]string {
	c.t.Helper()
	events, err := c.Store.Events(context.Background(), core.EventFilter{Limit: 100_000})
	if err != nil {
		c.t.Fatal(err)
	}
	types := map[string]string{}
	for _, e := range events {
		types[string(e.ID)] = string(e.Type)
	}
	return types
}

// waiting gives how many events wait for each instance.
func (c *office) waiting() map[string]int {
	c.t.Helper()
	backlogs, err := c.Store.TrimEvents(context.Background(), 1_000_000)
	if err != nil {
		c.t.Fatal(err)
	}
	waiting := map[string]int{}
	for _, b := range backlogs {
		waiting[b.Instance] = b.Waiting
	}
	return waiting
}

var tookLine = regexp.MustCompile(`msg="plugin log" instance=(\S+) text="took (\S+) ([a-z_.]+)`)

// took gives the types of the events that an instance said it took, by their ids,
// and their order.
func (r *running) took(instance string) (types map[string]string, order []string) {
	types = map[string]string{}
	for _, found := range tookLine.FindAllStringSubmatch(r.log.String(), -1) {
		if found[1] == instance {
			types[found[2]] = found[3]
			order = append(order, found[2])
		}
	}
	return types, order
}

func (r *running) eventually(what string, holds func() bool) {
	r.t.Helper()
	for range 6000 {
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.t.Fatalf("not within a minute: %s\n%s", what, r.log.String())
}

// metric gives the value of a series, zero if there is none.
func metric(t *testing.T, page, series string) (value int) {
	t.Helper()
	for line := range strings.Lines(page) {
		if text, ok := strings.CutPrefix(line, series+" "); ok {
			value, err := strconv.Atoi(strings.TrimSpace(text))
			if err != nil {
				t.Error(err)
			}
			return value
		}
	}
	return 0
}

// TestEventSink: events of the server and of commands reach the plugins that are
// bound to them, each plugin for itself; what one fails with comes again, also after
// a restart, and is never an event itself.
func TestEventSink(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and compiles a plugin")
	}
	ctx := context.Background()
	data := freshData(t)
	configure := func(c *config.Config) { c.Data, c.MetricsListen = data, "127.0.0.1:0" }
	r := serve(t, configure)
	issuer, metrics := r.said(`^Postern serves (\S+)$`), r.said(`^Metrics are at (\S+)$`)
	other := newOffice(t, data)
	if _, err := other.Admin.InstallPlugin(ctx, cli, admin.Install{Code: plugintest.GoModule(t, "./testdata/sink"), Source: "a test"}); err != nil {
		t.Fatal(err)
	}
	other.bindSink("good", `{}`)
	other.bindSink("picky", `{"fails":["user.","group."]}`)
	earlier := other.recorded()
	other.createUsers("ann", "bob")
	if _, err := other.Admin.CreateGroup(ctx, cli, core.DefaultOrganisation, "staff", ""); err != nil {
		t.Fatal(err)
	}
	get(t, issuer+"/login/oauth/authorize?client_id=none")
	other.createUsers("carol")

	since := func(types map[string]string, but ...string) map[string]string {
		types = maps.Clone(types)
		maps.DeleteFunc(types, func(id, kind string) bool {
			return earlier[id] != "" || slices.ContainsFunc(but, func(beginning string) bool { return strings.HasPrefix(kind, beginning) })
		})
		return types
	}
	r.eventually("good has everything", func() bool {
		types, _ := r.took("good")
		return maps.Equal(since(types), since(other.recorded()))
	})
	r.eventually("picky has the rest", func() bool {
		types, _ := r.took("picky")
		return maps.Equal(since(types), since(other.recorded(), "user.", "group."))
	})
	types, order := r.took("good")
	if len(order) != len(types) || len(since(types)) < 4 {
		t.Errorf("%d deliveries of %d events, %d of them late", len(order), len(types), len(since(types)))
	}
	const counted = "postern_plugin_events_total"
	r.eventually("picky was asked again", func() bool {
		_, page := get(t, metrics)
		return metric(t, page, counted+`{instance="picky",result="retried"}`) >= 8
	})
	if got := other.waiting(); !maps.Equal(got, map[string]int{"good": 0, "picky": 4}) {
		t.Errorf("waiting: %v", got)
	}
	_, page := get(t, metrics)
	if n := metric(t, page, counted+`{instance="good",result="ok"}`); n != len(order) {
		t.Errorf("counted %d deliveries of %d", n, len(order))
	}
	if strings.Contains(page, `{instance="good",result="retried"}`) || strings.Contains(page, `result="dropped"`) {
		t.Error(page)
	}
	for _, kind := range other.recorded() {
		if kind == string(core.EventPluginFailed) {
			t.Error("a delivery that failed was recorded")
		}
	}

	// The next server goes on where this one ended.
	r.stop()
	other.createUsers("dave")
	other.setSettings("picky", `{}`)
	r = serve(t, configure)
	metrics = r.said(`^Metrics are at (\S+)$`)
	r.eventually("nothing waits", func() bool { return maps.Equal(other.waiting(), map[string]int{"good": 0, "picky": 0}) })
	if _, page = get(t, metrics); !strings.Contains(page, `postern_plugin_events_waiting{instance="picky"} `) {
		t.Error(page)
	}
	types, _ = r.took("picky")
	for kind, want := range map[string]int{"user.created": 4, "group.created": 1} {
		got := 0
		for _, took := range types {
			if took == kind {
				got++
			}
		}
		if got != want {
			t.Errorf("then picky took %d of %s, want %d: %q", got, kind, want, types)
		}
	}
	if types, _ = r.took("good"); len(since(types, "plugin.")) != 1 {
		t.Errorf("good took %q", types)
	}
	r.stop()
	if log := r.log.String(); strings.Contains(log, "level=ERROR") {
		t.Error(log)
	}
}
