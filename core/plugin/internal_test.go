package plugin

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-id/postern/sdk/hook"
)

func TestPoolServesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := 0
		p := newPool(2, time.Minute, func() (*instance, error) { made++; return &instance{}, nil })
		held := []*instance{must(p.get(t.Context())), must(p.get(t.Context()))}
		var order []int
		for n := range 10 {
			go func() {
				i := must(p.get(t.Context()))
				order = append(order, n) // one at a time: one instance is going round
				p.put(i)
			}()
			synctest.Wait()
		}
		p.put(held[0])
		synctest.Wait()
		for n := range order {
			if order[n] != n {
				t.Fatalf("served in the order %v", order)
			}
		}
		if len(order) != 10 || made != 2 {
			t.Errorf("%d served, %d made", len(order), made)
		}
		// Dropping one lets the next caller make another.
		p.drop()
		must(p.get(t.Context()))
		must(p.get(t.Context()))
		if made != 3 {
			t.Errorf("%d made after a drop", made)
		}
	})
}

func TestPoolWaitsNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(1, time.Second, func() (*instance, error) { return &instance{}, nil })
		held := must(p.get(t.Context()))
		begin := time.Now()
		_, err := p.get(t.Context())
		if inside, ok := errors.AsType[*stop](err); !ok || inside.reason != ReasonBusy || time.Since(begin) != time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		gone := errors.New("the caller went away")
		cancel(gone)
		if _, err := p.get(ctx); !errors.Is(err, gone) {
			t.Errorf("cancelled: %v", err)
		}
		p.put(held)
		if i := must(p.get(t.Context())); i != held {
			t.Error("the instance was lost with the callers that gave up")
		}
	})
}

func TestPoolBoundsTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(1, time.Second, func() (*instance, error) { return &instance{}, nil })
		must(p.get(t.Context()))
		for range maxWaiting {
			go func() { _, _ = p.get(t.Context()) }()
		}
		synctest.Wait()
		begin := time.Now()
		_, err := p.get(t.Context())
		if inside, ok := errors.AsType[*stop](err); !ok || inside.reason != ReasonBusy || time.Since(begin) != 0 {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
	})
}

// TestPoolMakesAgain holds that an instance that cannot be made leaves its place
// to the next caller.
func TestPoolMakesAgain(t *testing.T) {
	broken := errors.New("no memory")
	fail := true
	p := newPool(1, time.Second, func() (*instance, error) {
		if fail {
			return nil, broken
		}
		return &instance{}, nil
	})
	for range 3 {
		if _, err := p.get(t.Context()); !errors.Is(err, broken) {
			t.Fatal(err)
		}
	}
	fail = false
	must(p.get(t.Context()))
	if err := p.close(cancelled()); err == nil {
		t.Error("close does not wait for the instance that is handed out")
	}
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func must(i *instance, err error) *instance {
	if err != nil {
		panic(err)
	}
	return i
}

// TestRestore holds that all ways of putting memory back do.
func TestRestore(t *testing.T) {
	for name, change := range map[string]func(*snapshot){
		"as the system lets it": func(*snapshot) {}, "by entries": noScan, "by comparing": hidePages, "without a file": withoutFile,
	} {
		m, err := newMemory()
		if err != nil {
			t.Fatal(err)
		}
		before := m.Reallocate(4 * wasmPage)
		for i := range before {
			before[i] = byte(i * 7)
		}
		clear(before[wasmPage : 2*wasmPage])
		want := string(before)
		s, err := takeSnapshot(m)
		if err != nil {
			t.Fatal(err)
		}
		change(s)
		if err := s.attach(m); err != nil {
			t.Fatal(err)
		}
		var scratch scratch
		for round := range 5 {
			if got := m.Reallocate(4 * wasmPage); string(got) != want {
				t.Fatalf("%s: round %d finds another memory", name, round)
			}
			for i := round * 1000; i < len(want); i += 4099 {
				m.region[i]++
			}
			m.region[0], m.region[len(want)-1] = 'x', 'y'
			s.restore(m, &scratch)
		}
		if m.Reallocate(maxMemory) == nil || m.Reallocate(maxMemory+1) != nil {
			t.Errorf("%s: the limit is not kept", name)
		}
		s.close()
		m.Free()
		m.Free()
	}
}

func TestSchemaWords(t *testing.T) {
	for text, want := range map[string]string{
		`{"type":"object"}`: "",
		`{"type":"object","properties":{"a":{"type":"integer","minimum":1,"maximum":5,"title":"A","default":1,"examples":[1]}}}`: "",
		`{}`: "object", `{"type":["object"]}`: "object", `[]`: "object", `true`: "object",
		`{"type":"object","properties":[]}`:                           "properties has the wrong type",
		`{"type":"object","properties":{"a":true}}`:                   "must be an object",
		`{"type":"object","properties":{"a":{"type":"text"}}}`:        "unknown type",
		`{"type":"object","properties":{"a":{"items":{"$ref":"#"}}}}`: "$ref",
		`{"type":"object","additionalProperties":{"oneOf":[]}}`:       "oneOf",
		`{"type":"object","required":"a"}`:                            "required has the wrong type",
		`{"type":"object","properties":{"a":{"minLength":1.5}}}`:      "minLength must be an integer",
		`{"type":"object","properties":{"a":{"enum":{}}}}`:            "enum has the wrong type",
		`{"type":"object","patternProperties":{}}`:                    "patternProperties",
		`{"type":"object","minProperties":"1"}`:                       "minProperties must be an integer",
		`{"type":"object","properties":{"a":{"pattern":"("}}}`:        "no regular expression",
		`{"type":"object","properties":{"a":{"pattern":1}}}`:          "no regular expression",
		`{"type":"object","properties":{"a":{"pattern":"(?=a)"}}}`:    "no regular expression",
		`{"type":"object","additionalProperties":"no"}`:               "must be an object",
	} {
		schema, err := hook.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		err = checkSchema(schema)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestSettingsValues(t *testing.T) {
	const schema = `{"type":"object","properties":{
		"n":{"type":"integer","minimum":1,"maximum":5},"f":{"type":"number","minimum":0},"b":{"type":"boolean"},"z":{"type":"null"},
		"e":{"enum":[1,"a",true]},"any":{},"o":{"type":"object","additionalProperties":{"type":"string","maxLength":2}},
		"l":{"type":"array","maxItems":2},"m":{"minProperties":1,"maxProperties":2},
		"p":{"type":"string","pattern":"^[a-z]+$"},"q":{"type":"string","pattern":"^[0-9]:[0-9]$","examples":["1:2"]}}}`
	parsed, err := hook.Parse([]byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	if err := checkSchema(parsed); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`{"n":1,"f":0.5,"b":true,"z":null,"e":"a","any":[{}],"o":{"x":"éé"},"l":[1,2],"m":{"x":1},"p":"ab","q":"3:4","more":1}`: "",
		`{"n":0}`: "at least 1", `{"n":6}`: "at most 5", `{"n":1.0}`: "must be an integer", `{"n":"1"}`: "must be an integer",
		`{"f":-1e-9}`: "at least 0", `{"f":1e999999999}`: "out of range", `{"f":1e-999999999}`: "", `{"f":true}`: "must be a number",
		`{"b":0}`: "must be a boolean", `{"z":false}`: "must be null", `{"e":2}`: "one of", `{"e":"true"}`: "one of",
		`{"o":{"x":"abc"}}`: "settings.o.x must have at most 2", `{"o":[]}`: "must be an object", `{"l":[1,2,3]}`: "at most 2 elements",
		`{"m":{}}`: "settings.m must have at least 1 members", `{"m":{"a":1,"b":1,"c":1}}`: "at most 2 members",
		`{"p":"a1"}`: "settings.p must match the pattern ^[a-z]+$", `{"p":"a\n"}`: "must match", `{"q":"12"}`: `settings.q must be written like "1:2"`,
	} {
		v, err := hook.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		err = checkSettings(parsed, v)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// TestCacheIsBounded holds that the oldest of what was compiled goes first.
func TestCacheIsBounded(t *testing.T) {
	dir := t.TempDir()
	inside := filepath.Join(dir, "wazero-test")
	if err := os.Mkdir(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	begin := time.Now().Add(-time.Hour)
	for n := range 5 {
		name := filepath.Join(inside, strconv.Itoa(n))
		for _, file := range []string{name, name + sumSuffix} {
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if at := begin.Add(time.Duration(n) * time.Minute); os.Chtimes(name, at, at) != nil {
			t.Fatal("the time of a file cannot be set")
		}
	}
	pruneCache(dir, 2)
	left, err := filepath.Glob(inside + "/*")
	if err != nil || len(left) != 4 || filepath.Base(left[0]) != "3" || filepath.Base(left[2]) != "4" {
		t.Errorf("left are %v, %v", left, err)
	}
}

// TestBreaker holds how long the pauses are, that one call tries, and that what goes
// well ends them.
func TestBreaker(t *testing.T) {
	b, now := &breaker{}, time.Unix(1_800_000_000, 0)
	fail := func(subject string) (changed, suspended bool) {
		if !b.allow(subject, now) {
			t.Fatalf("a call about %s is refused", subject)
		}
		return b.note(subject, true, now)
	}
	for _, subject := range []string{"a", "a", "a", "b"} {
		if changed, suspended := fail(subject); changed || suspended {
			t.Fatal("it rests too soon")
		}
	}
	if changed, suspended := fail("c"); !changed || !suspended || b.delay(now) != time.Second {
		t.Errorf("five failures of three people: %v, %v, %v", changed, suspended, b.delay(now))
	}
	if b.allow("d", now.Add(time.Second-1)) {
		t.Error("the pause is too short")
	}
	for _, want := range []time.Duration{2, 4, 8, 16, 32, 60, 60} {
		now = now.Add(b.delay(now))
		if !b.allow("d"+want.String(), now) || b.allow("e", now) {
			t.Fatal("not one call tries")
		}
		if changed, suspended := b.note("d"+want.String(), true, now); changed || !suspended || b.delay(now) != want*time.Second {
			t.Errorf("the pause is %v, want %v s", b.delay(now), int(want))
		}
	}
	now = now.Add(time.Minute)
	if !b.allow("x", now) {
		t.Fatal("no call tries")
	}
	b.skip("x") // it found no instance
	if !b.allow("x", now) {
		t.Fatal("a call that never ran keeps the place of the one that tries")
	}
	if changed, suspended := b.note("x", false, now); !changed || suspended || !b.allow("e", now) || !b.allow("e", now) {
		t.Error("a call that went well does not end the pause")
	}
	// Nobody knows whom these are about: they are one, and do not suffice.
	for range 20 {
		if _, suspended := fail(""); suspended {
			t.Fatal("unknown subjects count as several")
		}
	}
}
