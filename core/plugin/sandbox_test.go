package plugin_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
)

func loop(body ...byte) []byte {
	return slices.Concat([]byte{opLoop, noResult}, body, []byte{opBr, 0, opEnd})
}

// evils are guests that misbehave, with the reason that the host gives.
var evils = map[string]struct {
	code   []byte
	reason plugin.Reason
}{
	"trap":                {[]byte{opUnreachable}, plugin.ReasonTrap},
	"memory out of range": {slices.Concat(konst(-1), []byte{opLoad8, 0, 0, opDrop}), plugin.ReasonTrap},
	"exit":                {slices.Concat(konst(0), []byte{opCall, fnExit}), plugin.ReasonExit},
	"endless recursion":   {[]byte{opCall, fnEvil}, plugin.ReasonStack},
	"output of 4 GiB":     {slices.Concat(konst(0), konst(-1), []byte{opCall, fnOutputWrite}), plugin.ReasonOutputSize},
	"output without end":  {loop(slices.Concat(konst(0), konst(60_000), []byte{opCall, fnOutputWrite})...), plugin.ReasonOutputSize},
	"output from beyond":  {slices.Concat(konst(-100), konst(99), []byte{opCall, fnOutputWrite}), plugin.ReasonPointer},
	"output over the end": {slices.Concat(konst(2*65536-10), konst(11), []byte{opCall, fnOutputWrite}), plugin.ReasonPointer},
	"input to beyond":     {slices.Concat(konst(-1), []byte{opCall, fnInputRead}), plugin.ReasonPointer},
	"input over the end":  {slices.Concat(konst(2*65536-10), []byte{opCall, fnInputRead}), plugin.ReasonPointer},
	"failure from beyond": {slices.Concat(konst(-1), konst(-1), []byte{opCall, fnFail}), plugin.ReasonPointer},
	"log from beyond":     {slices.Concat(konst(1), konst(-1), []byte{opCall, fnLog}), plugin.ReasonPointer},
	"log without end":     {loop(slices.Concat(konst(0), konst(60_000), []byte{opCall, fnLog})...), plugin.ReasonFuel},
	"random to beyond":    {slices.Concat(konst(-8), konst(16), []byte{opCall, fnRandom, opDrop}), plugin.ReasonPointer},
	"random without end":  {loop(slices.Concat(konst(0), konst(60_000), []byte{opCall, fnRandom, opDrop})...), plugin.ReasonHostCalls},
	"clock to beyond":     {slices.Concat(konst(0), []byte{0x42, 0}, konst(-1), []byte{opCall, fnClock, opDrop}), plugin.ReasonPointer},
	"sleep from beyond":   {slices.Concat(konst(-1), konst(0), konst(1), konst(0), []byte{opCall, fnPoll, opDrop}), plugin.ReasonPointer},
	"write from beyond":   {slices.Concat(konst(1), konst(-4), konst(1), konst(0), []byte{opCall, fnWrite, opDrop}), plugin.ReasonPointer},
	"write of 4 GiB": {
		slices.Concat(konst(0), konst(255), []byte{opStore8, 0, 7}, konst(1), konst(0), konst(1), konst(64), []byte{opCall, fnWrite, opDrop}),
		plugin.ReasonPointer,
	},
	"its own failure": {slices.Concat(konst(outputsAt), konst(8), []byte{opCall, fnFail}), plugin.ReasonRefused},
	"a code alone":    {slices.Concat(konst(7), []byte{opReturn}), plugin.ReasonRefused},
	"no output":       {slices.Concat(konst(0), []byte{opReturn}), plugin.ReasonOutput},
	"output twice":    {slices.Concat(konst(outputsAt), konst(8), []byte{opCall, fnOutputWrite}), plugin.ReasonOutput},
	"zeroes":          {slices.Concat(konst(0), konst(8), []byte{opCall, fnOutputWrite}, konst(0), []byte{opReturn}), plugin.ReasonOutput},
}

// TestRefuse holds item 133 of the refusals: whatever a plugin does, its call
// fails, the failure is recorded, and the next call is served.
func TestRefuse(t *testing.T) {
	for name, evil := range evils {
		t.Run("133_"+strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			var events eventLog
			h := evilHost(t, evil.code, &events)
			for range 3 {
				_, _, err := h.MapClaims(t.Context(), inputFor("evil"))
				failure, ok := errors.AsType[*plugin.CallError](err)
				if !ok || failure.Reason != evil.reason || failure.Instance != "evil" || failure.Hook != hook.ClaimsMap {
					t.Fatalf("got %v, want reason %s", err, evil.reason)
				}
				claims, _, err := h.MapClaims(t.Context(), inputFor("good"))
				if v, _ := claims.Get("good"); err != nil || !v.Bool() {
					t.Fatalf("the call after it: %s, %v", claims.AppendJSON(nil), err)
				}
			}
			for _, e := range events.take() {
				if e.Type != core.EventPluginFailed || e.Detail["reason"] != string(evil.reason) || e.UserID != "u1" || e.ClientID != "evil" {
					t.Errorf("event %+v", e)
				}
			}
			if events.count != 3 {
				t.Errorf("%d events of 3 failures", events.count)
			}
		})
	}
}

// TestGrowth holds that a call that makes memory grow is served, up to the limit,
// and that the next one finds the memory as it was.
func TestGrowth(t *testing.T) {
	grow := slices.Concat(konst(1), []byte{opMemoryGrow, 0, opDrop})
	h := evilHost(t, grow, nil)
	for range 5 {
		if _, _, err := h.MapClaims(t.Context(), inputFor("evil")); err != nil {
			t.Fatal(err)
		}
	}
	// 32 MiB are 512 pages: growing by 511 more than the 2 there are fails, so
	// the guest traps; growing by 510 does not.
	beyond := func(pages int) []byte {
		return slices.Concat(konst(pages), []byte{opMemoryGrow, 0}, konst(1), []byte{opAdd, opEqz, opIf, noResult, opUnreachable, opEnd})
	}
	h = evilHost(t, beyond(511), nil)
	if _, _, err := h.MapClaims(t.Context(), inputFor("evil")); reasonOf(err) != plugin.ReasonTrap {
		t.Errorf("more than 32 MiB: %v", err)
	}
	h = evilHost(t, beyond(510), nil)
	if _, _, err := h.MapClaims(t.Context(), inputFor("evil")); err != nil {
		t.Errorf("32 MiB: %v", err)
	}
}

// TestFresh holds item 135: nothing that one call leaves in memory or in a global
// is there in the next, also when the call before was ended in the middle.
func TestFresh(t *testing.T) {
	const counted = `{"set":{"globals":"0","memory":"0"}}`
	globals, memory := outputsAt+strings.Index(counted, `"0"`)+1, outputsAt+strings.LastIndex(counted, `"0"`)+1
	count := slices.Concat(
		// the global, shown as a digit
		[]byte{opGlobalGet, 1}, konst(1), []byte{opAdd, opGlobalSet, 1},
		konst(globals), konst('0'), []byte{opGlobalGet, 1, opAdd, opStore8, 0, 0},
		// a byte of memory far from the rest, and the 64-bit global
		konst(100_000), konst(100_000), []byte{opLoad8, 0, 0}, konst(1), []byte{opAdd, opStore8, 0, 0},
		konst(memory), konst('0'), konst(100_000), []byte{opLoad8, 0, 0, opAdd, opStore8, 0, 0},
		[]byte{0x42, 5, opGlobalSet, 2},
	)
	// What the first plugin does after it counted; the second always answers.
	for name, end := range map[string][]byte{
		"answered": {},
		"trapped":  {opUnreachable},
		"exited":   slices.Concat(konst(0), []byte{opCall, fnExit}),
		"failed":   slices.Concat(konst(1), []byte{opReturn}),
		"grown":    slices.Concat(konst(1), []byte{opMemoryGrow, 0, opDrop}),
	} {
		t.Run("135_"+name, func(t *testing.T) {
			code := slices.Concat(count, []byte{opLocalGet, 0, opEqz, opIf, noResult}, end, []byte{opEnd})
			config := configOf("ends", "answers")
			for i := range config.Bindings {
				config.Bindings[i].ClientID = config.Bindings[i].Instance
			}
			o := options(guest{
				manifests: manifestsOf(hook.ClaimsMap, "ends", "answers"), outputs: []string{counted}, evil: code, shared: true,
			}.build(), &fakeSource{config: config}, sharedCache)
			o.Instances = 1
			h, err := plugin.New(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer h.Close(context.Background())
			const want = `{"globals":"1","memory":"1"}`
			for n := range 20 {
				if _, _, err := h.MapClaims(t.Context(), inputFor("ends")); (err == nil) != (name == "answered" || name == "grown") {
					t.Fatalf("the first plugin: %v", err)
				}
				claims, _, err := h.MapClaims(t.Context(), inputFor("answers"))
				if got := string(claims.AppendJSON(nil)); err != nil || got != want {
					t.Fatalf("call %d: %s, %v; want %s", n, got, err, want)
				}
			}
		})
	}
}

func TestLogIsBounded(t *testing.T) {
	var text bytes.Buffer
	flood := slices.Concat([]byte{opLoop, noResult}, konst(outputsAt), konst(8), []byte{opCall, fnLog},
		[]byte{opGlobalGet, 1}, konst(1), []byte{opAdd, opGlobalSet, 1, opGlobalGet, 1}, konst(20_000), []byte{opSub, opBrIf, 0, opEnd})
	o := evilOptions(t, flood)
	o.Logger = slog.New(slog.NewTextHandler(&text, nil))
	h, err := plugin.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(context.Background())
	if _, _, err := h.MapClaims(t.Context(), inputFor("evil")); err != nil {
		t.Fatal(err)
	}
	if size := text.Len(); size < 8<<10 || size > 32<<10 {
		t.Errorf("the log has %d bytes", size)
	}
	if !strings.Contains(text.String(), "it wrote more, which was dropped") {
		t.Error("the log does not say that some of it was dropped")
	}
	if lines := strings.Count(text.String(), "plugin log"); lines != 1 || strings.Count(text.String(), "\n") != 2 {
		t.Errorf("the plugin's line breaks reach the log: %d lines", lines)
	}
}

// TestRandomnessIsFresh holds that two calls never get the same bytes, although
// each begins from the same snapshot.
func TestRandomnessIsFresh(t *testing.T) {
	const empty = `{"set":{"r":"................................"}}`
	at := outputsAt + strings.Index(empty, ".")
	code := slices.Concat(konst(at), konst(32), []byte{opCall, fnRandom, opDrop})
	for n := range 32 { // make letters of the bytes
		code = slices.Concat(code, konst(at+n), konst(at+n), []byte{opLoad8, 0, 0}, konst(15), []byte{opAnd}, konst('a'), []byte{opAdd, opStore8, 0, 0})
	}
	h := newHost(t, guest{manifests: manifestsOf(hook.ClaimsMap, "evil"), outputs: []string{empty}, evil: code}.build(), &fakeSource{config: configOf("evil")})
	seen := map[string]bool{}
	for range 50 {
		claims, _, err := h.MapClaims(t.Context(), inputFor("evil"))
		v, _ := claims.Get("r")
		if err != nil || len(v.Text()) != 32 || seen[v.Text()] {
			t.Fatalf("%q, %v", v.Text(), err)
		}
		seen[v.Text()] = true
	}
}

func TestManyCallersFewInstances(t *testing.T) {
	spin := slices.Concat([]byte{opLoop, noResult}, []byte{opGlobalGet, 1}, konst(1), []byte{opAdd, opGlobalSet, 1, opGlobalGet, 1},
		konst(300_000), []byte{opSub, opBrIf, 0, opEnd})
	o := evilOptions(t, spin)
	o.Instances, o.Wait = 2, time.Minute
	h, err := plugin.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			if _, _, err := h.MapClaims(context.Background(), inputFor("evil")); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if err := h.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.MapClaims(t.Context(), inputFor("evil")); reasonOf(err) != plugin.ReasonUnavailable {
		t.Errorf("a closed host: %v", err)
	}
}

func reasonOf(err error) plugin.Reason {
	failure, _ := errors.AsType[*plugin.CallError](err)
	if failure == nil {
		return ""
	}
	return failure.Reason
}

type eventLog struct {
	mu    sync.Mutex
	count int
	list  []core.Event
}

func (l *eventLog) add(_ context.Context, e core.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	l.list = append(l.list, e)
}

func (l *eventLog) take() []core.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list
}

// evilOptions bind an evil plugin to the client "evil" and a good one to "good",
// both of one module with one instance.
func evilOptions(t *testing.T, code []byte) plugin.Options {
	t.Helper()
	module := guest{
		manifests: manifestsOf(hook.ClaimsMap, "evil", "good"), outputs: []string{`{"set":{}}`, `{"set":{"good":true}}`}, evil: code,
	}.build()
	config := configOf("evil", "good")
	for i := range config.Bindings {
		config.Bindings[i].ClientID = config.Bindings[i].Instance
	}
	o := options(module, &fakeSource{config: config}, sharedCache)
	o.Instances = 1
	return o
}

func evilHost(t *testing.T, code []byte, events *eventLog) *plugin.Host {
	t.Helper()
	o := evilOptions(t, code)
	if events != nil {
		o.Record = events.add
	}
	h, err := plugin.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Errorf("an instance was never given back: %v", err)
		}
	})
	return h
}

func inputFor(client string) *hook.ClaimsInput {
	return &hook.ClaimsInput{Target: hook.TargetIDToken, User: hook.User{ID: "u1"}, Client: hook.Client{ID: client}}
}
