package authn

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

// directory knows passwords that are not stored here.
type directory struct {
	answer func(core.PasswordAttempt) (*core.Proof, error)
	asked  []core.PasswordAttempt
}

func (d *directory) CheckPassword(_ context.Context, a core.PasswordAttempt) (*core.Proof, error) {
	d.asked = append(d.asked, a)
	return d.answer(a)
}

// knows is a directory where everybody has the one password.
func knows(password string) *directory {
	return &directory{answer: func(a core.PasswordAttempt) (*core.Proof, error) {
		if a.Password != password {
			return nil, nil
		}
		return &core.Proof{
			User: &core.User{ID: "of " + core.ID(a.Login)}, Changes: []core.Change{core.SaveLink{}}, Method: core.MethodPassword,
			Upstream: &core.Upstream{Connector: "ldap"},
		}, nil
	}}
}

func askElsewhere(w *world, d *directory) {
	w.Passwords = New(w, Options{Params: cheap(), Now: w.clock, Elsewhere: d})
}

func TestElsewhere(t *testing.T) {
	w := newWorld(t)
	w.add("none", "").PasswordHash = ""
	d := knows("of the directory")
	askElsewhere(w, d)
	for _, login := range []string{"stranger", "none"} {
		attempt := attemptFrom("192.0.2.1", login, "of the directory")
		attempt.Org, attempt.Client = "built-in", &core.Client{ID: "rp"}
		proof, err := w.SignIn(t.Context(), attempt)
		if err != nil || proof.User.ID != "of "+core.ID(login) || len(proof.Changes) != 1 || proof.Upstream.Connector != "ldap" || len(w.written) != 0 {
			t.Fatalf("%s: %+v, %v, written %v", login, proof, err, w.written)
		}
		got := d.asked[len(d.asked)-1]
		if got.Org != "built-in" || got.Client.ID != "rp" || got.Login != login || got.Event.IP != "192.0.2.1" || got.Event.Actor != "" {
			t.Errorf("asked %+v", got)
		}
	}
	_, _, _ = w.try("stranger", "a guess")
	proof, err := w.SignIn(t.Context(), attemptFrom("192.0.2.1", "stranger", "of the directory"))
	if err != nil || len(proof.Changes) != 2 || proof.Changes[1] != (core.ClearFailures{Key: accountKey(nil, "", "stranger")}) {
		t.Errorf("after a failure: %+v, %v", proof, err)
	}
}

// A password of Postern's own never leaves it, and nothing that is no password does.
func TestElsewhereIsNotAsked(t *testing.T) {
	w := newWorld(t)
	w.add("ann", "correct horse")
	w.add("off", "correct horse").Disabled = true
	w.add("broken", "correct horse").PasswordHash = "$2b$10$x"
	w.add("slow", "").PasswordHash = ""
	w.failures["account:slow"] = core.Failures{Key: "account:slow", Count: 20, LastAt: w.now}
	d := knows("of the directory")
	askElsewhere(w, d)
	for _, c := range []struct{ login, password string }{
		{"ann", "of the directory"}, {"ann@example.org", "of the directory"}, {"off", "correct horse"}, {"broken", "of the directory"},
		{"slow", "of the directory"}, {"stranger", ""}, {"stranger", string(make([]byte, MaxBytes+1))},
	} {
		if user, _, err := w.try(c.login, c.password); err == nil || user != nil {
			t.Errorf("%s signed in", c.login)
		}
		w.onlyEvent(t)
	}
	if len(d.asked) != 0 {
		t.Errorf("asked %+v", d.asked)
	}
}

// Where two organisations have a login and the client is open to both, nobody can tell
// whose the password is: it may be one of Postern's own.
func TestElsewhereIsNotAskedAboutNamesakes(t *testing.T) {
	w := newWorld(t)
	w.add("ann", "correct horse")
	w.namesakes = map[string]bool{"ann": true}
	d := knows("correct horse")
	askElsewhere(w, d)
	if user, _, err := w.try("Ann", "correct horse"); err == nil || len(d.asked) != 0 {
		t.Errorf("%+v, %v, asked %+v", user, err, d.asked)
	}
	if got := w.onlyEvent(t); got.Detail["reason"] != "unknown_user" {
		t.Errorf("recorded %+v", got)
	}
	attempt := attemptFrom("192.0.2.1", "ann", "correct horse")
	attempt.Org = "built-in"
	if _, err := w.SignIn(t.Context(), attempt); err != nil || len(d.asked) != 0 {
		t.Errorf("where the organisation is known: %v, asked %+v", err, d.asked)
	}
}

func TestElsewhereRefuses(t *testing.T) {
	event := core.Event{ID: "theirs", Type: core.EventUpstreamRefused, Detail: map[string]string{"reason": "link_refused"}}
	for _, c := range []struct {
		name    string
		err     error
		kind    core.SignInRefusal
		reason  string
		counted bool
	}{
		{"nobody", nil, core.SignInWrong, "unknown_user", true},
		{"denied", &core.UpstreamRefused{Kind: core.UpstreamDenied, Reason: "not_staff", Connector: "ldap"}, core.SignInWrong, "not_staff", true},
		{"unknown", &core.UpstreamRefused{Kind: core.UpstreamUnknown, Reason: "link_refused", Changes: []core.Change{core.Record{Event: event}}}, core.SignInWrong, "link_refused", true},
		{"broken", &core.UpstreamRefused{Kind: core.UpstreamBroken, Reason: "connector_failed", Connector: "ldap"}, core.SignInUnavailable, "connector_failed", false},
		{"broken, and wrong at another", &core.UpstreamRefused{Kind: core.UpstreamBroken, Reason: "connector_failed", Connector: "ldap", Guessed: true}, core.SignInUnavailable, "connector_failed", true},
		{"closed", &core.UpstreamRefused{Kind: core.UpstreamClosed, Reason: "connector_disabled"}, core.SignInUnavailable, "connector_disabled", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			askElsewhere(w, &directory{answer: func(core.PasswordAttempt) (*core.Proof, error) { return nil, c.err }})
			user, _, err := w.try("stranger", "a guess")
			refused, ok := errors.AsType[*core.SignInRefused](err)
			if !ok || user != nil || refused.Kind != c.kind || (refused.RetryAfter > 0) != (c.kind == core.SignInUnavailable) {
				t.Fatalf("%v, %v", user, err)
			}
			got := w.onlyEvent(t)
			if got.Detail["reason"] != c.reason || (c.name == "unknown") != (got.ID == "theirs") {
				t.Errorf("recorded %+v", got)
			}
			if refusal, ok := c.err.(*core.UpstreamRefused); ok && c.name != "unknown" && got.Detail["connector"] != refusal.Connector {
				t.Errorf("recorded %+v", got)
			}
			if counted := len(w.failures); (counted == 2) != c.counted || (counted == 0) == c.counted {
				t.Errorf("counted %v", w.failures)
			}
		})
	}
}

func TestElsewhereFails(t *testing.T) {
	w := newWorld(t)
	askElsewhere(w, &directory{answer: func(core.PasswordAttempt) (*core.Proof, error) { return nil, errDisk }})
	if _, _, err := w.try("stranger", "a guess"); !errors.Is(err, errDisk) || len(w.written) != 0 {
		t.Errorf("%v, written %v", err, w.written)
	}
}

// Guesses at people of elsewhere are throttled as all others.
func TestElsewhereIsThrottled(t *testing.T) {
	w := newWorld(t)
	d := knows("of the directory")
	askElsewhere(w, d)
	for range 8 {
		_, _, _ = w.try("stranger", "a guess")
	}
	if _, _, err := w.try("stranger", "of the directory"); err == nil || len(d.asked) != 5 {
		t.Errorf("%v after %d guesses", err, len(d.asked))
	}
	w.now = w.now.Add(time.Hour)
	if _, _, err := w.try("stranger", "of the directory"); err != nil {
		t.Error(err)
	}
	if !slices.ContainsFunc(w.written, func(e core.Event) bool { return e.Detail["reason"] == "account_throttled" }) {
		t.Errorf("recorded %+v", w.written)
	}
}

// A directory that does not answer keeps its own people waiting, and nobody else.
func TestElsewhereIsSlow(t *testing.T) {
	w := newWorld(t)
	w.add("ann", "correct horse")
	asked, release := make(chan string), make(chan struct{})
	w.Passwords = New(w, Options{Params: cheap(), Slots: 1, Queue: 3, Now: w.clock, Elsewhere: &waiting{asked, release}})
	answers := make(chan error)
	for _, login := range []string{"one", "two", "three"} {
		go func() { _, _, err := w.try(login, "a guess"); answers <- err }()
		<-asked
	}
	if user, _, err := w.try("ann", "correct horse"); err != nil || user.Name != "ann" {
		t.Errorf("ann: %v, %v", user, err)
	}
	// No more than the queue wait there, and of one name one.
	for _, login := range []string{"four", "One"} {
		_, _, err := w.try(login, "a guess")
		if refused, ok := errors.AsType[*core.SignInRefused](err); !ok || refused.Kind != core.SignInBusy || refused.RetryAfter == 0 {
			t.Errorf("%s: %v", login, err)
		}
		if event := w.onlyEvent(t); event.Detail["reason"] != "busy" {
			t.Errorf("recorded %+v", event)
		}
	}
	close(release)
	for range 3 {
		if refused, ok := errors.AsType[*core.SignInRefused](<-answers); !ok || refused.Kind != core.SignInWrong {
			t.Errorf("refused %+v", refused)
		}
	}
	if len(w.asking.places) != 0 || len(w.turns.taken) != 0 {
		t.Error("a place is lost")
	}
}

// waiting says whom it was asked about, and answers when it is released.
type waiting struct {
	asked   chan<- string
	release <-chan struct{}
}

func (d *waiting) CheckPassword(_ context.Context, a core.PasswordAttempt) (*core.Proof, error) {
	d.asked <- a.Login
	<-d.release
	return nil, nil
}

// Guesses that arrive together are heard one after the other, and no more of them than
// the limit allows.
func TestElsewhereParallelGuesses(t *testing.T) {
	w := newWorld(t)
	w.Passwords = New(w, Options{Params: cheap(), Slots: 4, Queue: 100, Now: w.clock})
	d := &crowd{}
	w.elsewhere = d
	for range 10 {
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() { _, _, _ = w.try("stranger", "a guess") })
		}
		group.Wait()
	}
	if d.heard != 5 || d.most != 1 {
		t.Errorf("%d guesses were heard, %d at once", d.heard, d.most)
	}
}

// crowd counts who asks at once.
type crowd struct {
	mu               sync.Mutex
	now, most, heard int
}

func (c *crowd) CheckPassword(context.Context, core.PasswordAttempt) (*core.Proof, error) {
	c.count(1)
	runtime.Gosched()
	c.count(-1)
	return nil, nil
}

func (c *crowd) count(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += n
	c.most = max(c.most, c.now)
	c.heard += max(n, 0)
}

// A directory takes many ways to write a name for one, so they are one account for the
// throttle.
func TestElsewhereIsThrottledByName(t *testing.T) {
	w := newWorld(t)
	d := knows("of the directory")
	askElsewhere(w, d)
	for _, login := range []string{
		"straße jane", "STRASSE JANE", "stra\u00adsse  jane", "\uff53trasse jane", "strasse j\u00e1ne", "strasse ja\u0301ne", "stras\u200bse jane\u00a0",
		"Stra\u1e9ee Jane", "strasse\tjane",
	} {
		if _, _, err := w.try(login, "a guess"); err == nil {
			t.Errorf("%q signed in", login)
		}
	}
	if len(d.asked) != 5 {
		t.Errorf("%d guesses", len(d.asked))
	}
	if _, _, err := w.try("strasse john", "of the directory"); err != nil {
		t.Errorf("another waits too: %v", err)
	}
}
