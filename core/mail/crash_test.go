package mail

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/core/store"
)

// childVariable makes this test binary a process that sends mails until it is killed.
const childVariable = "POSTERN_MAIL_TEST_SENDS"

// child says what such a process sends by.
type child struct {
	Database, Address, RootsFile string
	Ahead                        time.Duration // of the clock
}

func TestMain(m *testing.M) {
	if given := os.Getenv(childVariable); given != "" {
		var c child
		if err := json.Unmarshal([]byte(given), &c); err != nil {
			panic(err)
		}
		c.send()
	}
	os.Exit(m.Run())
}

func (c child) send() {
	s, err := store.Open(context.Background(), store.Options{Path: c.Database})
	if err != nil {
		panic(err)
	}
	certificate, err := os.ReadFile(c.RootsFile)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	d := &Deliverer{
		Queue: s, Unseal: unreversed, Observer: &count{of: map[string]int{}}, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Server: &SMTP{Address: c.Address, Security: StartTLS, User: "postern", Password: "correct horse", From: "no-reply@id.example.org", RootCAs: roots},
		Writer: writerFunc(func(context.Context, *core.Mail, map[string]string) (Letter, error) {
			return Letter{Subject: "x", Text: "x", HTML: "x"}, nil
		}),
		Now:   func() time.Time { return time.Now().Add(c.Ahead) },
		NewID: func(now time.Time) core.ID { return core.NewID(now, rand.Reader) }, Rand: func() float64 { return 0 },
	}
	d.Run(context.Background())
}

// A server that is killed while it sends, again and again, loses no mail. At each kill
// one may come twice, and then it is known by its Message-ID.
func TestKilledWhileSending(t *testing.T) {
	exim := needs.Exim(t, "postern", "correct horse")
	w := &world{t: t, dir: t.TempDir()}
	w.store = w.open()
	t.Cleanup(func() { w.store.Close() })
	const mails, kills = 200, 4
	var all []core.Change
	for i := range mails {
		all = append(all, w.mail(fmt.Sprintf("n%03d", i)))
	}
	w.apply(all...)
	c := child{Database: filepath.Join(w.dir, "postern.db"), Address: exim.Submission, RootsFile: exim.RootsFile}
	for range kills {
		before := len(w.waiting())
		end := c.start(t)
		until(t, "some more mails are sent", func() bool { return len(w.waiting()) < before-5 })
		end()
		c.Ahead += claimTime
	}
	if left := len(w.waiting()); left == 0 {
		t.Fatal("everything was sent before the last kill: the test shows nothing")
	}
	end := c.start(t)
	until(t, "all are sent", func() bool { return len(w.waiting()) == 0 })
	end()

	ids := map[string]string{}
	twice := 0
	until(t, "all have arrived", func() bool {
		ids, twice = map[string]string{}, 0
		for _, content := range exim.Mails() {
			header, _ := read(t, content)
			to, id := header.Get("To"), header.Get("Message-Id")
			if ids[to] != "" {
				twice++
			}
			if ids[to] != "" && ids[to] != id {
				t.Fatalf("%s has the mail as %s and as %s", to, ids[to], id)
			}
			ids[to] = id
		}
		return len(ids) == mails
	})
	if twice > kills {
		t.Errorf("%d came twice for %d kills", twice, kills)
	}
}

// start runs the process; end kills it.
func (c child) start(t *testing.T) (end func()) {
	t.Helper()
	given, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), childVariable+"="+string(given))
	process.Stderr = os.Stderr
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	return func() {
		_ = process.Process.Kill()
		_ = process.Wait() // it was killed
	}
}
