package main_test

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

var seed = flag.Uint64("seed", 0, "seed of the moments at which the server is killed; 0 takes one from the clock")

func newRandom(t *testing.T) *rand.Rand {
	t.Helper()
	chosen := cmp.Or(*seed, uint64(time.Now().UnixNano()))
	t.Logf("repeat with -seed=%d", chosen)
	return rand.New(rand.NewPCG(chosen, 0))
}

// grace is how long a refresh token whose answer was lost still works. A little
// is taken off, because the server counts from an earlier moment.
const grace = 9 * time.Second

// codeLifetime is how long a code surely works.
const codeLifetime = 50 * time.Second

// TestKilled kills the server at random moments while people sign in and clients
// refresh, starts it again, and demands everything that it had answered.
func TestKilled(t *testing.T) {
	random := newRandom(t)
	data := filepath.Join(t.TempDir(), "data")
	client := createClient(t, data, "confluence")
	var people []*person
	for i := range 5 {
		p := &person{t: t, name: fmt.Sprintf("user%d", i), client: client, random: rand.New(rand.NewPCG(random.Uint64(), 0))}
		createUser(t, data, p.name)
		people = append(people, p)
	}
	office := &office{t: t, data: data}
	rounds := 8
	if testing.Short() {
		rounds = 3
	}
	wanted := 0
	served := start(t, "--data", data)
	for round := range rounds {
		answers := 20 + random.IntN(400)
		wanted += answers
		loadAndKill(served, people, office, answers, time.Duration(random.IntN(20))*time.Millisecond)
		if round%2 == 1 {
			killEarly(t, data, time.Duration(random.IntN(120))*time.Millisecond)
		}
		served = start(t, "--data", data)
		each(people, func(p *person) { p.check(served) })
		office.check()
		checkAudit(t, data, people)
		checkDatabase(t, filepath.Join(data, "postern.db"))
		served.checkLog()
		if t.Failed() {
			t.Fatalf("after kill %d, %d answers into the load", round+1, answers)
		}
	}
	total := 0
	for _, p := range people {
		total += p.answered
	}
	t.Logf("%d answers of the token endpoint survived %d kills", total, rounds)
	if total < wanted {
		t.Errorf("only %d answers of the token endpoint came, and %d were waited for", total, wanted)
	}
}

// loadAndKill lets everybody work until so many tokens were issued, and kills the
// server under them a moment later.
func loadAndKill(s *server, people []*person, o *office, answers int, moment time.Duration) {
	var issued atomic.Int64
	var work sync.WaitGroup
	work.Go(func() {
		defer s.kill()
		for deadline := time.Now().Add(patience); issued.Load() < int64(answers) && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(moment)
	})
	work.Go(func() { o.work(s) })
	each(people, func(p *person) {
		p.issued = &issued
		p.work(s)
	})
	work.Wait()
}

// killEarly kills a server that has hardly begun to start.
func killEarly(t *testing.T, data string, after time.Duration) {
	t.Helper()
	c := exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--data", data)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	c.Process.Kill()
	c.Wait()
}

func each(people []*person, do func(*person)) {
	var all sync.WaitGroup
	for _, p := range people {
		all.Go(func() { do(p) })
	}
	all.Wait()
}

// person is somebody with a browser, and the client that they sign in to. It
// remembers what the server answered.
type person struct {
	t      *testing.T
	name   string
	client registered
	random *rand.Rand

	session  *session // nil while signed out
	past     []*session
	families []*family
	issued   *atomic.Int64 // answers of the token endpoint, to everybody, since the start
	answered int           // to this person, ever
	signIns  promise
	signOuts promise
}

// promise counts what the server said that it did, and what it may have done when
// it died before it could say so.
type promise struct{ sure, perhaps int }

func (p promise) keptBy(n int) bool { return p.sure <= n && n <= p.sure+p.perhaps }

type state int

const (
	live state = iota
	over
	unknown // the server died before it answered the request that ends it
)

// session is a signed-in browser.
type session struct {
	browser *browser
	state   state
}

// family is what hangs on one authorization code.
type family struct {
	session   *session
	code      string
	redeemed  promise
	access    string // the latest access token, also of a rotation before
	older     string // an access token of an earlier answer
	refresh   string // the latest refresh token
	used      string // the refresh token before
	refreshes promise
	revoked   state
	replays   promise   // of the code, which revoke everything
	asked     time.Time // the code, then the latest refresh
}

// work signs in, redeems and refreshes until the connection breaks.
func (p *person) work(s *server) {
	for {
		if err := p.step(s); err != nil {
			if wrong, ok := errors.AsType[*surprise](err); ok {
				p.t.Errorf("%s: %v", p.name, wrong)
			}
			return
		}
	}
}

func (p *person) step(s *server) error {
	f, err := p.newFamily(s)
	if err != nil {
		return err
	}
	if err := p.redeem(s, f); err != nil {
		return err
	}
	for range p.random.IntN(4) {
		if err := p.refresh(s, f); err != nil {
			return err
		}
	}
	switch p.random.IntN(20) {
	case 0:
		return p.signOut(s)
	case 1, 2:
		return p.replay(s, p.families[p.random.IntN(len(p.families))])
	}
	return nil
}

// newFamily gets a code, after a sign-in if there is no session.
func (p *person) newFamily(s *server) (*family, error) {
	fresh := p.session == nil
	if fresh {
		p.session = &session{browser: newBrowser(s)}
		p.signIns.perhaps++
	}
	p.session.browser.server = s
	code, signedIn, err := p.session.browser.code(p.client, p.name)
	if err != nil {
		if fresh {
			p.session = nil
		}
		return nil, err
	}
	if signedIn != fresh {
		return nil, &surprise{fmt.Sprintf("asked for a password: %v, although signed out: %v", signedIn, fresh)}
	}
	if fresh {
		p.signIns.perhaps--
		p.signIns.sure++
	}
	f := &family{session: p.session, code: code, asked: time.Now()}
	p.families = append(p.families, f)
	return f, nil
}

func (p *person) redeem(s *server, f *family) error {
	f.redeemed.perhaps++
	a, err := s.redeem(p.client, f.code)
	if err != nil {
		return err
	}
	f.redeemed.perhaps--
	if a.status != http.StatusOK {
		return &surprise{fmt.Sprintf("code: status %d: %s", a.status, a.body)}
	}
	f.redeemed.sure++
	f.access, f.refresh = a.Access, a.Refresh
	p.answered++
	p.issued.Add(1)
	return nil
}

func (p *person) refresh(s *server, f *family) error {
	f.asked = time.Now()
	f.refreshes.perhaps++
	a, err := s.refresh(p.client, f.refresh)
	if err != nil {
		return err
	}
	f.refreshes.perhaps--
	if a.status != http.StatusOK {
		return &surprise{fmt.Sprintf("refresh: status %d: %s", a.status, a.body)}
	}
	f.refreshes.sure++
	f.older, f.access = f.access, a.Access
	f.used, f.refresh = f.refresh, a.Refresh
	p.answered++
	p.issued.Add(1)
	return nil
}

// replay redeems a code a second time, which revokes what it gave.
func (p *person) replay(s *server, f *family) error {
	if f.redeemed.sure == 0 {
		return nil
	}
	if f.revoked == live {
		f.revoked = unknown
	}
	f.replays.perhaps++
	a, err := s.redeem(p.client, f.code)
	if err != nil {
		return err
	}
	f.replays.perhaps--
	if a.status != http.StatusBadRequest || a.Code != "invalid_grant" {
		return &surprise{fmt.Sprintf("a code for the second time: status %d: %s", a.status, a.body)}
	}
	f.revoked = over
	f.replays.sure++
	return nil
}

func (p *person) signOut(s *server) error {
	ending := p.session
	p.session, ending.state = nil, unknown
	p.past = append(p.past, &session{&browser{cookies: maps.Clone(ending.browser.cookies)}, unknown})
	last := p.past[len(p.past)-1]
	p.signOuts.perhaps++
	if err := ending.browser.signOut(); err != nil {
		return err
	}
	p.signOuts.perhaps--
	p.signOuts.sure++
	ending.state, last.state = over, over
	return nil
}

// check compares what the server does after a start with what it said before.
func (p *person) check(s *server) {
	for _, past := range p.past {
		past.browser.server = s
		p.checkPast(past)
	}
	for _, f := range p.families {
		p.checkFamily(s, f)
	}
	if p.session != nil {
		if _, err := p.newFamily(s); err != nil {
			p.t.Errorf("%s: the session is lost: %v", p.name, err)
		}
	}
	p.forget()
}

// checkPast: who signed out stays signed out. Where the answer to the sign-out was
// lost, either may be, but then for good.
func (p *person) checkPast(past *session) {
	shown, err := past.browser.visit("/", nil)
	if err != nil {
		p.t.Errorf("%s: %v", p.name, err)
		return
	}
	_, _, signedIn := shown.button("logout")
	if signedIn && past.state == over {
		p.t.Errorf("%s: signed out, and signed in again by a restart", p.name)
	}
	if !signedIn && past.state == live {
		p.t.Errorf("%s: signed in, and signed out by a restart", p.name)
	}
	for _, f := range p.families {
		// Session and tokens end together.
		if past.state == unknown && f.session.state == unknown {
			f.session.state = map[bool]state{true: live, false: over}[signedIn]
		}
	}
	past.state = map[bool]state{true: live, false: over}[signedIn]
}

func (p *person) checkFamily(s *server, f *family) {
	if f.redeemed.sure == 0 {
		p.checkUnanswered(s, f)
		return
	}
	if f.session.state == over || f.revoked == over {
		p.checkDead(s, f)
		return
	}
	if f.revoked == unknown {
		// Whoever asks again gets the refusal that was lost.
		if err := p.replay(s, f); err != nil {
			p.t.Errorf("%s: %v", p.name, err)
		}
		return
	}
	for _, token := range []string{f.access, f.older} {
		if status, err := s.userInfo(token); token != "" && (err != nil || status != http.StatusOK) {
			p.t.Errorf("%s: an access token that was issued: status %d, %v", p.name, status, err)
		}
	}
	lost, late := f.refreshes.perhaps > 0, time.Since(f.asked) > grace
	if err := p.refresh(s, f); err != nil && !(lost && late) {
		p.t.Errorf("%s: the refresh token that was issued last (answer to the next lost: %v): %v", p.name, lost, err)
	} else if err != nil {
		f.revoked = over // the token counts as stolen
	}
}

// checkUnanswered: a code whose redemption was not answered works once more, or it
// was used; then presenting it again revokes what nobody ever got.
func (p *person) checkUnanswered(s *server, f *family) {
	wasAsked := f.redeemed.perhaps > 0 || time.Since(f.asked) > codeLifetime
	a, err := s.redeem(p.client, f.code)
	switch {
	case err != nil:
		p.t.Errorf("%s: %v", p.name, err)
	case a.status == http.StatusOK:
		f.redeemed.sure++
		f.access, f.refresh = a.Access, a.Refresh
	case f.session.state == live && !wasAsked || a.Code != "invalid_grant":
		p.t.Errorf("%s: a code that was issued: status %d: %s", p.name, a.status, a.body)
	default:
		f.revoked = over
	}
}

// checkDead: what was revoked stays so.
func (p *person) checkDead(s *server, f *family) {
	if status, err := s.userInfo(f.access); err != nil || status != http.StatusUnauthorized {
		p.t.Errorf("%s: an access token that was revoked: status %d, %v", p.name, status, err)
	}
	if a, err := s.refresh(p.client, f.refresh); err != nil || a.Code != "invalid_grant" {
		p.t.Errorf("%s: a refresh token that was revoked: %v, %v", p.name, a, err)
	}
	a, err := s.redeem(p.client, f.code)
	if err != nil || a.Code != "invalid_grant" {
		p.t.Errorf("%s: a code that was used: %v, %v", p.name, a, err)
	}
	f.replays.perhaps++ // a refusal of what is revoked need not be recorded as a replay
}

// forget bounds what the next check asks about: all that came since this one, and
// a choice of what is older.
func (p *person) forget() {
	p.random.Shuffle(len(p.families), func(i, j int) { p.families[i], p.families[j] = p.families[j], p.families[i] })
	p.families = p.families[:min(len(p.families), 40)]
	p.past = p.past[max(0, len(p.past)-10):]
}

// office is an administrator at the command line.
type office struct {
	t       *testing.T
	data    string
	users   []string
	clients []string
}

// work makes users and clients until the server is gone.
func (o *office) work(s *server) {
	for i := 0; ; i++ {
		kind, name, done := "user", fmt.Sprintf("new%d", len(o.users)), &o.users
		if i%2 == 1 {
			kind, name, done = "client", fmt.Sprintf("new%d", len(o.clients)), &o.clients
		}
		c := exec.Command(binary, kind, "create", name, "--data", o.data)
		if kind == "client" {
			c.Args = append(c.Args, "--redirect-uri", theCallback)
		}
		if err := c.Start(); err != nil {
			o.t.Error(err)
			return
		}
		exited := make(chan error, 1)
		go func() { exited <- c.Wait() }()
		select {
		case err := <-exited:
			if err != nil {
				o.t.Errorf("%s create %s: %v", kind, name, err)
				return
			}
			*done = append(*done, name)
		case <-s.ended:
			c.Process.Kill()
			if <-exited == nil {
				*done = append(*done, name)
			} else {
				*done = append(*done, "") // may be there or not: never asked for
			}
			return
		}
	}
}

// check demands every user and client that a command said it made.
func (o *office) check() {
	o.t.Helper()
	for kind, made := range map[string][]string{"user": o.users, "client": o.clients} {
		var list []struct {
			Name string `json:"name"`
		}
		mustJSON(o.t, &list, kind, "list", "--data", o.data)
		there := map[string]bool{"": true}
		for _, one := range list {
			there[one.Name] = true
		}
		for _, name := range made {
			if !there[name] {
				o.t.Errorf("%s %s was made, and is gone", kind, name)
			}
		}
	}
}

// checkAudit demands an event for everything that was answered, and none too many.
func checkAudit(t *testing.T, data string, people []*person) {
	t.Helper()
	var events []struct {
		Type    core.EventType `json:"type"`
		UserID  core.ID        `json:"user_id"`
		GrantID core.ID        `json:"grant_id"`
	}
	mustJSON(t, &events, "audit", "list", "--data", data, "--limit", "10000000")
	count := map[string]int{}
	for _, e := range events {
		count[string(e.Type)+" "+string(e.GrantID)]++
		count[string(e.Type)+" "+string(e.UserID)]++
	}
	demand := func(kind core.EventType, about core.ID, p promise) {
		if n := count[string(kind)+" "+string(about)]; !p.keptBy(n) {
			t.Errorf("%d events %s where %d were answered and %d more may be", n, kind, p.sure, p.perhaps)
		}
	}
	for _, p := range people {
		var user struct {
			ID core.ID `json:"id"`
		}
		mustJSON(t, &user, "user", "show", p.name, "--data", data)
		demand(core.EventSignedIn, user.ID, p.signIns)
		demand(core.EventSignedOut, user.ID, p.signOuts)
		for _, f := range p.families {
			code, ok := core.ParseCredential(core.KindCode, f.code)
			if !ok {
				t.Fatal("that is no code")
			}
			demand(core.EventCodeIssued, code.ID, promise{sure: 1})
			demand(core.EventTokenIssued, code.ID, f.redeemed)
			demand(core.EventTokenRefreshed, code.ID, f.refreshes)
			if f.replays.sure > 0 {
				demand(core.EventReuseDetected, code.ID, promise{1, f.replays.sure + f.replays.perhaps})
			}
		}
	}
}

// checkDatabase looks at the file itself.
func checkDatabase(t *testing.T, path string) {
	t.Helper()
	c, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, question := range []string{"PRAGMA integrity_check", "SELECT \"table\" FROM pragma_foreign_key_check"} {
		err := c.Query(question, func(r *sqlite.Row) error {
			if found := r.Text(); found != "ok" {
				t.Errorf("%s: %s", question, found)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestKilledAtFirstStart kills the server again and again before it ever served,
// and then it starts as if nothing had been.
func TestKilledAtFirstStart(t *testing.T) {
	t.Parallel()
	random := newRandom(t)
	data := filepath.Join(t.TempDir(), "data")
	kills := 10
	if testing.Short() {
		kills = 4
	}
	for range kills {
		killEarly(t, data, time.Duration(random.IntN(250))*time.Millisecond)
	}
	s := start(t, "--data", data)
	s.waitReady()
	s.checkLog()
	checkDatabase(t, filepath.Join(data, "postern.db"))
}
