package authn

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/postern-id/postern/core"
)

func cheap() *Params { return &Params{Memory: 8, Time: 1, Threads: 1} }

func TestHash(t *testing.T) {
	p := New(nil, Options{Params: cheap()})
	stored, err := p.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=8,t=1,p=1$") {
		t.Errorf("stored %q", stored)
	}
	again, err := p.Hash(t.Context(), "correct horse")
	if err != nil || again == stored {
		t.Errorf("the same password gives the same hash (%v)", err)
	}
	h, err := parseHash(stored)
	if err != nil || h.String() != stored || !h.matches("correct horse") || h.matches("correct horses") || h.matches("") {
		t.Errorf("parsed %+v, %v", h, err)
	}
}

// What is stored can be checked by any other implementation of Argon2id.
func TestDefaultHash(t *testing.T) {
	stored, err := New(nil, Options{}).Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(stored, "$")
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	tag := base64.RawStdEncoding.EncodeToString(argon2.IDKey([]byte("correct horse"), salt, 2, 19*1024, 1, 32))
	if errSalt != nil || parts[3] != "m=19456,t=2,p=1" || len(salt) != 16 || tag != parts[5] {
		t.Errorf("stored %q", stored)
	}
}

func TestHashWithoutRandomness(t *testing.T) {
	p := New(nil, Options{Params: cheap(), Rand: strings.NewReader("short")})
	if _, err := p.Hash(t.Context(), "correct horse"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Hash = %v", err)
	}
}

func TestParseHashRefuses(t *testing.T) {
	const good = "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"
	if _, err := parseHash(good); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"empty":            "",
		"bcrypt":           "$2b$10$abcdefghijklmnopqrstuv",
		"argon2i":          strings.Replace(good, "argon2id", "argon2i", 1),
		"another version":  strings.Replace(good, "v=19", "v=16", 1),
		"no memory":        strings.Replace(good, "m=8", "m=0", 1),
		"much memory":      strings.Replace(good, "m=8", "m=4000000", 1),
		"memory overflows": strings.Replace(good, "m=8", "m=99999999999", 1),
		"no pass":          strings.Replace(good, "t=1", "t=0", 1),
		"many passes":      strings.Replace(good, "t=1", "t=1000", 1),
		"no thread":        strings.Replace(good, "p=1", "p=0", 1),
		"many threads":     strings.Replace(good, "m=8,t=1,p=1", "m=8000,t=1,p=200", 1),
		"more costs":       strings.Replace(good, "p=1", "p=1,keyid=x", 1),
		"leading zero":     strings.Replace(good, "m=8", "m=08", 1),
		"short salt":       strings.Replace(good, "AAAAAAAAAAA$", "AAAA$", 1),
		"short tag":        good[:len(good)-8],
		"bits to spare":    good[:len(good)-1] + "B",
		"more parts":       good + "$",
	} {
		if h, err := parseHash(bad); err == nil {
			t.Errorf("%s: parsed %+v", name, h)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, s string) {
		if h, err := parseHash(s); err == nil && h.String() != s {
			t.Errorf("%q is read as %q", s, h)
		}
	})
}

// TestRefuse holds what must be refused under its number in the list of refusals.
func TestRefuse(t *testing.T) {
	t.Run("094_password_rules", refusePasswords)
	t.Run("094_nothing_is_cut_off", refuseTruncation)
	t.Run("091_same_answer_to_all", refuseAlike)
	t.Run("091_same_work_for_all", refuseInEqualTime)
	t.Run("092_aliases_count_as_one", refuseAliases)
	t.Run("092_address", refuseAddress)
	t.Run("092_success_does_not_clear_the_address", refuseClearedAddress)
	t.Run("093_no_permanent_lock", refuseLockout)
	t.Run("095_200_parallel_sign_ins", refuseFlood)
	t.Run("092_parallel_guesses", refuseParallelGuesses)
}

func refusePasswords(t *testing.T) {
	p := New(nil, Options{Params: cheap()})
	for name, c := range map[string]struct{ password, problem string }{
		"nothing":         {"", "the password has fewer than 8 characters"},
		"short":           {"1234567", "the password has fewer than 8 characters"},
		"short in runes":  {"ééééééé", "the password has fewer than 8 characters"},
		"1 MiB":           {strings.Repeat("a", 1<<20), "the password is longer than 1024 bytes"},
		"1025 bytes":      {strings.Repeat("a", 1025), "the password is longer than 1024 bytes"},
		"NUL":             {"12345678\x00", "characters that cannot be typed"},
		"line break":      {"12345678\n", "characters that cannot be typed"},
		"not UTF-8":       {"12345678\xff", "characters that cannot be typed"},
		"short once done": {"e\u0301e\u0301e\u0301e\u0301", "the password has fewer than 8 characters"},
	} {
		_, err := p.Hash(t.Context(), c.password)
		rule, ok := errors.AsType[*RuleError](err)
		if !ok || !strings.Contains(rule.PasswordProblem(), c.problem) {
			t.Errorf("%s: %v", name, err)
		}
		if len(c.password) > 6 && strings.Contains(err.Error(), c.password[:6]) {
			t.Errorf("%s: the error repeats the password", name)
		}
	}
	for _, good := range []string{"12345678", "correct horse battery staple", "пароль-пароль", "🐴🔋📎🐴🔋📎🐴🔋", strings.Repeat("a", 1024)} {
		if _, err := p.Hash(t.Context(), good); err != nil {
			t.Errorf("%.20q: %v", good, err)
		}
	}
}

func refuseTruncation(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("a", 72)
	w.add("long", long+"b"+strings.Repeat("c", 900))
	w.add("composed", "caf\u00e9 caf\u00e9 caf\u00e9")
	for _, c := range []struct {
		login, password string
		good            bool
	}{
		{"long", long + "b" + strings.Repeat("c", 900), true},
		{"long", long, false},
		{"long", long + "b" + strings.Repeat("c", 899), false},
		{"long", long + "b" + strings.Repeat("c", 899) + "d", false},
		{"long", strings.Repeat("a", 1<<20), false},
		{"composed", "cafe\u0301 cafe\u0301 cafe\u0301", true},
		{"composed", "caf\u00e9\u00a0caf\u00e9\u00a0caf\u00e9", true},
		{"composed", "caf\u00e9 caf\u00e9 caf\u00e9\x00", false},
		{"composed", "CAF\u00c9 CAF\u00c9 CAF\u00c9", false},
		{"composed", "", false},
	} {
		if _, _, err := w.try(c.login, c.password); (err == nil) != c.good {
			t.Errorf("%s %.30q: %v", c.login, c.password, err)
		}
		w.now = w.now.Add(time.Hour)
	}
}

func refuseAlike(t *testing.T) {
	w := newWorld(t)
	w.add("ann", "correct horse")
	w.add("off", "correct horse").Disabled = true
	w.add("none", "").PasswordHash = ""
	w.add("broken", "correct horse").PasswordHash = "$2b$10$x"
	w.add("gone", "correct horse").Org = "closed"
	w.add("slow", "correct horse")
	w.failures["account:slow"] = core.Failures{Key: "account:slow", Count: 20, LastAt: w.now}
	for login, reason := range map[string]string{
		"ann": "wrong_password", "nobody": "unknown_user", "off": "user_disabled", "none": "no_password",
		"broken": "no_password", "gone": "organisation_disabled", "slow": "account_throttled",
	} {
		password := "correct horse"
		if login == "ann" {
			password = "wrong horse"
		}
		user, changes, err := w.try(login, password)
		refused, ok := errors.AsType[*core.SignInRefused](err)
		if !ok || *refused != (core.SignInRefused{Kind: core.SignInWrong}) || user != nil || changes != nil {
			t.Errorf("%s: %v, %v, %v", login, user, changes, err)
		}
		event := w.onlyEvent(t)
		kind := core.EventSignInFailed
		if login == "slow" {
			kind = core.EventSignInThrottled
		}
		if event.Type != kind || event.Detail["reason"] != reason || event.IP != "192.0.2.1" || event.Actor != "" || event.ID == "" || !event.At.Equal(w.now) {
			t.Errorf("%s: recorded %+v", login, event)
		}
		if (login == "nobody") != (event.UserID == "") {
			t.Errorf("%s: the event names user %q", login, event.UserID)
		}
	}
}

// Every refusal of an account takes the work of one hash: its memory tells how many there
// were, whatever else the machine does.
func refuseInEqualTime(t *testing.T) {
	w := newWorld(t)
	const memory = 8 << 20
	w.Passwords = New(w, Options{Params: &Params{Memory: memory >> 10, Time: 1, Threads: 1}, Now: w.clock})
	w.add("ann", "correct horse")
	w.add("none", "").PasswordHash = ""
	w.add("slow", "correct horse")
	w.failures["account:slow"] = core.Failures{Key: "account:slow", Count: 20, LastAt: w.now}
	for _, c := range []struct{ login, password string }{
		{"ann", "wrong horse"}, {"nobody", "wrong horse"}, {"none", "wrong horse"}, {"slow", "correct horse"}, {"ann", "\x00"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, _, err := w.try(c.login, c.password); err == nil {
			t.Errorf("%s signed in", c.login)
		}
		runtime.ReadMemStats(&after)
		if hashes := float64(after.TotalAlloc-before.TotalAlloc) / memory; hashes < 1 || hashes > 1.5 {
			t.Errorf("%s with %q takes the memory of %.2f hashes", c.login, c.password, hashes)
		}
	}
}

func refuseAliases(t *testing.T) {
	w := newWorld(t)
	w.add("ann", "correct horse")
	for _, login := range []string{"ann", "ANN", "ann@example.org", " Ann@Example.ORG ", "aNN"} {
		if _, _, err := w.try(login, "wrong horse"); err == nil {
			t.Fatalf("%s signed in", login)
		}
	}
	if got := w.failures["account:ann"].Count; got != 5 {
		t.Errorf("counted %d failures, want 5: %v", got, w.failures)
	}
	if _, _, err := w.try("ann", "correct horse"); err == nil {
		t.Error("not slowed down")
	}
	for _, login := range []string{"Nobody", "nobody ", "NOBODY"} {
		_, _, _ = w.try(login, "x")
	}
	if got := w.failures[accountKey(nil, "", "nobody")].Count; got != 3 {
		t.Errorf("counted %d failures of nobody, want 3: %v", got, w.failures)
	}
}

func refuseAddress(t *testing.T) {
	w := newWorld(t)
	w.add("ann", "correct horse")
	for i := range 100 {
		if _, _, err := w.try(strings.Repeat("x", i+1), "guess"); err == nil {
			t.Fatal("signed in")
		}
	}
	w.written = nil
	_, _, err := w.try("ann", "correct horse")
	refused, ok := errors.AsType[*core.SignInRefused](err)
	if !ok || refused.Kind != core.SignInThrottled || refused.RetryAfter != time.Second {
		t.Errorf("refused %+v, %v", refused, err)
	}
	if event := w.onlyEvent(t); event.Type != core.EventSignInThrottled || event.Detail["reason"] != "address_throttled" {
		t.Errorf("recorded %+v", event)
	}
	if got := w.failures["ip:192.0.2.1"].Count; got != 100 {
		t.Errorf("counted %d failures of the address, want 100", got)
	}
	if _, err := w.SignIn(t.Context(), attemptFrom("192.0.2.2", "ann", "correct horse")); err != nil {
		t.Errorf("another address: %v", err)
	}
	w.now = w.now.Add(time.Second)
	if _, _, err := w.try("ann", "correct horse"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func refuseClearedAddress(t *testing.T) {
	w := newWorld(t)
	w.add("ann", "correct horse")
	_, _, _ = w.try("ann", "wrong horse")
	user, changes, err := w.try("ann", "correct horse")
	if err != nil || user.Name != "ann" || len(changes) != 2 || changes[1] != (core.ClearFailures{Key: "account:ann"}) {
		t.Errorf("changes %v, %v", changes, err)
	}
}

// Somebody who keeps guessing makes the owner wait, but never longer than the
// longest wait after the last guess that was heard.
func refuseLockout(t *testing.T) {
	w := newWorld(t)
	w.add("ann", "correct horse")
	for range 500 {
		_, _, _ = w.try("ann", "wrong horse")
		w.now = w.now.Add(10 * time.Second)
	}
	last := w.failures["account:ann"].LastAt
	w.now = last.Add(accountLimit().Longest)
	if _, _, err := w.try("ann", "correct horse"); err != nil {
		t.Errorf("%v after the last failure: %v", w.now.Sub(last), err)
	}
}

func refuseFlood(t *testing.T) {
	w := newWorld(t)
	w.add("ann", "correct horse")
	w.Passwords = New(w, Options{Params: cheap(), Slots: 2, Queue: 10, Now: w.clock})
	inside := make(chan struct{})
	release := make(chan struct{})
	w.onUser = func() { inside <- struct{}{}; <-release }
	answers := make(chan error, 200)
	for range 12 {
		go func() { _, _, err := w.try("ann", "correct horse"); answers <- err }()
	}
	<-inside
	<-inside
	for len(w.gate.places) < 12 {
		time.Sleep(time.Millisecond)
	}
	for range 188 {
		_, _, err := w.try("ann", "correct horse")
		if refused, ok := errors.AsType[*core.SignInRefused](err); !ok || refused.Kind != core.SignInBusy || refused.RetryAfter != 5*time.Second {
			t.Fatalf("the 13th: %v", err)
		}
		if event := w.onlyEvent(t); event.Detail["reason"] != "busy" {
			t.Errorf("recorded %+v", event)
		}
	}
	if _, err := w.Hash(t.Context(), "correct horse"); !errors.Is(err, ErrBusy) {
		t.Errorf("Hash = %v", err)
	}
	if n := len(w.gate.slots); n != 2 {
		t.Errorf("%d hash at once", n)
	}
	go func() {
		for range 10 {
			<-inside
		}
	}()
	close(release)
	for range 12 {
		if err := <-answers; err != nil {
			t.Errorf("one who was let in: %v", err)
		}
	}
}

// Guesses that arrive together are counted one after the other: no more of them
// are heard than the limit and the slots allow.
func refuseParallelGuesses(t *testing.T) {
	w := newWorld(t)
	w.add("ann", "correct horse")
	w.Passwords = New(w, Options{Params: cheap(), Slots: 2, Queue: 100, Now: w.clock})
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() { _, _, _ = w.try("ann", "wrong horse") })
	}
	group.Wait()
	if got := w.failures["account:ann"].Count; got < 5 || got > 6 {
		t.Errorf("%d guesses were heard, want 5, or 6 with two slots", got)
	}
	if got := w.failures["ip:192.0.2.1"].Count; got != 50 {
		t.Errorf("%d counted for the address, want 50", got)
	}
}

func TestSignIn(t *testing.T) {
	w := newWorld(t)
	ann := w.add("ann", "correct horse")
	proof, err := w.SignIn(t.Context(), attemptFrom("192.0.2.1", "Ann@example.org", "correct horse"))
	if err != nil || proof.User.Name != "ann" || len(w.written) != 0 {
		t.Fatalf("%+v, %v, written %v", proof, err, w.written)
	}
	// It is worth something as long as nobody sets another password.
	if want := []core.Change{core.KeepPassword{UserID: ann.ID, At: ann.PasswordAt}}; !slices.Equal(proof.Changes, want) {
		t.Errorf("changes %+v, want %+v", proof.Changes, want)
	}
	if proof.Method != core.MethodPassword || !slices.Equal(proof.AMR, []string{"pwd"}) || proof.ACR != "1" || !proof.AuthTime.IsZero() || proof.Upstream != nil {
		t.Errorf("proof %+v", proof)
	}
}

// A hash of other costs is made anew at the first sign-in.
func TestRehash(t *testing.T) {
	w := newWorld(t)
	ann := w.add("ann", "correct horse")
	w.Passwords = New(w, Options{Params: &Params{Memory: 16, Time: 2, Threads: 1}, Now: w.clock})
	_, changes, err := w.try("ann", "correct horse")
	if err != nil || len(changes) != 2 || changes[0] != (core.KeepPassword{UserID: ann.ID, At: ann.PasswordAt}) {
		t.Fatalf("%v, %v", changes, err)
	}
	set := changes[1].(core.SetPassword)
	h, err := parseHash(set.Hash)
	if err != nil || h.Params != (Params{16, 2, 1}) || !h.matches("correct horse") || set.UserID != ann.ID || !set.At.Equal(ann.PasswordAt) {
		t.Errorf("%+v, %v", set, err)
	}
}

func TestSignInFails(t *testing.T) {
	for calls := 0; ; calls++ {
		w := newWorld(t)
		w.add("ann", "correct horse")
		w.left = calls
		_, _, err := w.try("ann", "wrong horse")
		if w.left >= 0 {
			if calls != 5 {
				t.Errorf("a failed sign-in calls the store %d times, want 5", calls)
			}
			break
		}
		if !errors.Is(err, errDisk) {
			t.Errorf("call %d: %v", calls, err)
		}
	}
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.Passwords = New(w, Options{Params: cheap(), Slots: 1, Now: w.clock})
	leave, err := w.gate.enter(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := w.SignIn(ctx, attemptFrom("", "ann", "x")); !errors.Is(err, context.Canceled) {
		t.Errorf("who went away while waiting: %v", err)
	}
	leave()
	if len(w.gate.places) != 0 || len(w.gate.slots) != 0 {
		t.Error("a place is lost")
	}
}

func TestWait(t *testing.T) {
	l := limit{Free: 3, First: time.Second, Longest: 10 * time.Second, Window: time.Hour}
	now := time.Date(2026, 11, 23, 19, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		count int
		since time.Duration
		want  time.Duration
	}{
		{0, 0, 0}, {2, 0, 0}, {3, 0, time.Second}, {4, 0, 2 * time.Second}, {6, 0, 8 * time.Second},
		{7, 0, 10 * time.Second}, {1 << 40, 0, 10 * time.Second}, {3, 400 * time.Millisecond, 600 * time.Millisecond},
		{3, time.Second, 0}, {3, 2 * time.Second, 0}, {100, time.Hour, 0}, {100, 2 * time.Hour, 0},
	} {
		if got := l.wait(core.Failures{Count: c.count, LastAt: now.Add(-c.since)}, now); got != c.want {
			t.Errorf("wait after %d failures, %v ago = %v, want %v", c.count, c.since, got, c.want)
		}
	}
}

func TestAddressKey(t *testing.T) {
	for ip, want := range map[string]string{
		"192.0.2.1": "ip:192.0.2.1", "::ffff:192.0.2.1": "ip:192.0.2.1", "127.0.0.1": "ip:127.0.0.1",
		"2001:db8:1:2:3:4:5:6": "ip:2001:db8:1:2::", "2001:db8:1:2::1": "ip:2001:db8:1:2::", "fe80::1%eth0": "ip:fe80::",
		"": "ip:unknown", "evil\n": "ip:unknown",
	} {
		if got := addressKey(ip); got != want {
			t.Errorf("addressKey(%q) = %q, want %q", ip, got, want)
		}
	}
}

func BenchmarkSignIn(b *testing.B) {
	w := newWorld(b)
	w.Passwords = New(w, Options{})
	hash, err := w.Hash(b.Context(), "correct horse")
	if err != nil {
		b.Fatal(err)
	}
	w.add("ann", "").PasswordHash = hash
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, err := w.try("ann", "correct horse"); err != nil {
				b.Error(err)
			}
		}
	})
}

// world is a store in memory and the Passwords that use it.
type world struct {
	*Passwords
	lock     sync.Mutex
	now      time.Time
	users    []*core.User
	failures map[string]core.Failures
	written  []core.Event
	onUser   func()
	left     int // calls until the store fails
	// namesakes are the folded logins that another organisation has too, one of both
	// with a password.
	namesakes map[string]bool
}

var errDisk = errors.New("disk on fire")

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 11, 23, 19, 0, 0, 0, time.UTC), failures: map[string]core.Failures{}, left: 1 << 30}
	w.Passwords = New(w, Options{Params: cheap(), Now: w.clock, Rand: rand.Reader})
	return w
}

func (w *world) clock() time.Time { return w.now }

// add adds a user whose identifier is the name; an empty password is none.
func (w *world) add(name, password string) *core.User {
	user := &core.User{ID: core.ID(name), Org: "built-in", Name: name, Email: name + "@example.org", PasswordAt: w.now.Add(-time.Hour)}
	if password != "" {
		h, err := w.params.hash(password, rand.Reader)
		if err != nil {
			panic(err)
		}
		user.PasswordHash = h.String()
	}
	w.users = append(w.users, user)
	return user
}

func (w *world) try(login, password string) (*core.User, []core.Change, error) {
	proof, err := w.SignIn(context.Background(), attemptFrom("192.0.2.1", login, password))
	if err != nil || proof == nil {
		return nil, nil, err
	}
	return proof.User, proof.Changes, nil
}

func attemptFrom(ip, login, password string) core.PasswordAttempt {
	return core.PasswordAttempt{Login: login, Password: password, Event: core.Event{IP: ip, Actor: "user:somebody", UserID: "somebody"}}
}

// onlyEvent gives the one event that was recorded since the last call.
func (w *world) onlyEvent(t *testing.T) core.Event {
	t.Helper()
	w.lock.Lock()
	defer w.lock.Unlock()
	if len(w.written) != 1 {
		t.Fatalf("%d events were recorded, want 1: %+v", len(w.written), w.written)
	}
	event := w.written[0]
	w.written = nil
	return event
}

// call counts a call; the lock is held until its answer.
func (w *world) call() (unlock func(), err error) {
	w.lock.Lock()
	if w.left--; w.left < 0 {
		err = errDisk
	}
	return w.lock.Unlock, err
}

func (w *world) Apply(_ context.Context, changes ...core.Change) error {
	unlock, err := w.call()
	defer unlock()
	if err != nil {
		return err
	}
	for _, change := range changes {
		switch change := change.(type) {
		case core.Record:
			w.written = append(w.written, change.Event)
		case core.CountFailure:
			for _, key := range change.Keys {
				f := w.failures[key]
				if change.At.Sub(f.LastAt) > change.Window {
					f.Count = 0
				}
				w.failures[key] = core.Failures{Key: key, Count: f.Count + 1, LastAt: change.At}
			}
		default:
			panic("a failed sign-in writes nothing else")
		}
	}
	return nil
}

func (w *world) UserByLogin(_ context.Context, org, login string) (*core.User, error) {
	if w.onUser != nil {
		w.onUser()
	}
	unlock, err := w.call()
	defer unlock()
	if err != nil {
		return nil, err
	}
	for _, user := range w.users {
		if folded := core.FoldName(login); folded == core.FoldName(user.Name) || folded == core.FoldName(user.Email) {
			if org == "" && w.namesakes[folded] {
				return nil, core.ErrAmbiguous
			}
			copied := *user
			return &copied, nil
		}
	}
	return nil, core.ErrNotFound
}

func (w *world) Organisation(_ context.Context, name string) (*core.Organisation, error) {
	unlock, err := w.call()
	defer unlock()
	return &core.Organisation{Name: name, Disabled: name == "closed"}, err
}

func (w *world) Failures(_ context.Context, keys ...string) ([]core.Failures, error) {
	unlock, err := w.call()
	defer unlock()
	var found []core.Failures
	for _, key := range keys {
		if f, ok := w.failures[key]; ok {
			found = append(found, f)
		}
	}
	return found, err
}
