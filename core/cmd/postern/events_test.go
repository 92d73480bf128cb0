package main_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/plugin/plugintest"
	"github.com/postern-id/postern/core/store/sqlite"
)

// installSink installs a plugin that logs the events that it gets, and binds it.
func installSink(t *testing.T, data string) {
	t.Helper()
	code := plugintest.GoModule(t, "../../app/testdata/sink")
	a, err := app.Open(context.Background(), config.Config{Data: data, Issuer: "http://localhost:8000"}, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Admin.InstallPlugin(context.Background(), admin.Actor{Name: "test"}, admin.Install{Code: code, Source: "sink.wasm"})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	must(t, "plugin", "bind", "sink", "--all-clients", "--data", data)
}

var tookLine = regexp.MustCompile(`msg="plugin log" instance=sink text="took (\S+) `)

// deliveries counts how often the plugin took each event.
type deliveries map[string]int

func (d deliveries) read(s *server) {
	for _, found := range tookLine.FindAllStringSubmatch(s.talk(), -1) {
		d[found[1]]++
	}
}

// eventIDs asks the database itself.
func eventIDs(t *testing.T, data, question string) []string {
	t.Helper()
	c, err := sqlite.Open(filepath.Join(data, "postern.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetBusyTimeout(patience)
	var ids []string
	err = c.Query(question, func(r *sqlite.Row) error {
		ids = append(ids, r.Text())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

const (
	allEvents     = `SELECT id FROM events ORDER BY id`
	waitingEvents = `SELECT event FROM plugin_outbox`
)

// TestKilledWhileDelivering kills the server at random moments while it delivers
// events: each that was recorded is with the plugin or waits, and at last it is with
// the plugin. What comes twice is of the last batch before a kill.
func TestKilledWhileDelivering(t *testing.T) {
	t.Parallel()
	random := newRandom(t)
	data := usedData(t)
	client := createClient(t, data, "loaded")
	installSink(t, data)
	binding := eventIDs(t, data, `SELECT id FROM events WHERE type = 'plugin.bound' ORDER BY id DESC LIMIT 1`)[0]
	took := deliveries{}
	kills := 6
	if testing.Short() {
		kills = 2
	}
	// lost are events since the binding that are nowhere.
	lost := func() (lost []string, all int) {
		waiting := map[string]bool{}
		for _, id := range eventIDs(t, data, waitingEvents) {
			waiting[id] = true
		}
		for _, id := range eventIDs(t, data, allEvents) {
			if id > binding {
				all++
				if took[id] == 0 && !waiting[id] {
					lost = append(lost, id)
				}
			}
		}
		return lost, all
	}
	for round := range kills {
		s := start(t, "--data", data)
		s.waitReady()
		signIns := int64(10 + random.IntN(60))
		loadUntilKilled(s, client, signIns, time.Duration(random.IntN(20))*time.Millisecond)
		took.read(s)
		s.checkLog()
		if lost, all := lost(); len(lost) > 0 || all < int(signIns) {
			t.Fatalf("%d of %d events are lost: %q", len(lost), all, lost)
		}
		createUser(t, data, fmt.Sprint("user", round)) // an event while there is no server
	}
	if testing.Short() {
		return
	}
	s := start(t, "--data", data)
	for deadline := time.Now().Add(3 * patience); len(eventIDs(t, data, waitingEvents)) > 0 && time.Now().Before(deadline); {
		time.Sleep(100 * time.Millisecond)
	}
	s.end(os.Interrupt)
	took.read(s)
	twice := 0
	for _, n := range took {
		twice += n - 1
	}
	missing, all := lost()
	t.Logf("%d events, %d kills, %d deliveries too many", all, kills, twice)
	if waiting := eventIDs(t, data, waitingEvents); len(waiting) > 0 || len(missing) > 0 || twice > kills*50 {
		t.Errorf("of %d events %d wait, %d are lost, %d came twice", all, len(waiting), len(missing), twice)
	}
}

// loadUntilKilled lets people sign in, and kills the server a moment after so many
// have.
func loadUntilKilled(s *server, client registered, signIns int64, moment time.Duration) {
	var done atomic.Int64
	var people sync.WaitGroup
	for range 3 {
		people.Go(func() {
			for {
				code, _, err := newBrowser(s).code(client, "alice")
				if err == nil {
					_, err = s.redeem(client, code)
				}
				if err != nil {
					return
				}
				done.Add(1)
			}
		})
	}
	for deadline := time.Now().Add(patience); done.Load() < signIns && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(moment)
	s.kill()
	people.Wait()
}
