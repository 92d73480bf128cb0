package plugin_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
)

// onLong is code that runs for messages of more than 8,000 bytes.
func onLong(code []byte) []byte {
	return slices.Concat([]byte{opCall, fnInputLen}, konst(8000), []byte{opGtU, opIf, noResult}, code, []byte{opEnd})
}

// TestStrain holds that a module is tried with longer messages than its samples before
// the state is chosen that every call begins from, so that an instance need not be
// dropped after each long one; and that whatever it makes of them does no harm.
func TestStrain(t *testing.T) {
	growOnce := slices.Concat([]byte{opMemorySize, 0}, konst(2), []byte{opSub, opEqz, opIf, noResult}, konst(1), []byte{opMemoryGrow, 0, opDrop, opEnd})
	short, long := `{"target":"id_token"}`, `{"user":{"tag":"`+strings.Repeat("x", 10_000)+`"}}`
	for name, test := range map[string]struct {
		code  []byte
		pages int // that every call begins with
		kept  bool
		fails plugin.Reason // of a long message
	}{
		"grows once":   {growOnce, 3, true, ""},
		"always grows": {slices.Concat(konst(1), []byte{opMemoryGrow, 0, opDrop}), 2, false, ""},
		"traps":        {[]byte{opUnreachable}, 2, true, plugin.ReasonTrap},
		"grows, traps": {slices.Concat(konst(1), []byte{opMemoryGrow, 0, opUnreachable}), 2, false, plugin.ReasonTrap},
		"ends itself":  {slices.Concat(konst(1), []byte{opCall, fnExit}), 2, false, plugin.ReasonExit},
		"never ends":   {[]byte{opLoop, noResult, opBr, 0, opEnd}, 2, true, plugin.ReasonFuel},
		"fails":        {slices.Concat(konst(0), konst(1), []byte{opCall, fnFail}), 2, true, plugin.ReasonRefused},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			trial, err := plugin.Try(t.Context(), saying("1", onLong(test.code)...), plugin.TrialOptions{CacheDir: sharedCache})
			if err != nil {
				t.Fatal(err)
			}
			defer trial.Close(context.Background())
			if got := trial.Facts().Memory; got != test.pages*(64<<10) {
				t.Errorf("calls begin with %d pages, want %d", got/(64<<10), test.pages)
			}
			for range 2 {
				if ran, err := trial.Run(t.Context(), plugin.Run{Input: []byte(short)}); err != nil || string(ran.Output) != `{"set":{"v":"1"}}` {
					t.Errorf("a short message: %s, %v", ran.Output, err)
				}
				ran, err := trial.Run(t.Context(), plugin.Run{Input: []byte(long)})
				if reasonOf(err) != test.fails {
					t.Errorf("a long message: %v, want reason %q", err, test.fails)
				}
				if (ran.Memory == test.pages*(64<<10) && test.fails != plugin.ReasonExit) != test.kept {
					t.Errorf("after a long message there are %d pages, and the instance is kept: %v", ran.Memory/(64<<10), !test.kept)
				}
			}
		})
	}
}

// TestStrainOfOtherHooks holds that a module whose hooks are told of nobody is not
// strained.
func TestStrainOfOtherHooks(t *testing.T) {
	g := guest{manifests: manifestsOf(hook.EventSink, "p"), outputs: []string{`{}`}, evil: onLong([]byte{opUnreachable})}
	trial, err := plugin.Try(t.Context(), g.build(), plugin.TrialOptions{CacheDir: sharedCache})
	if err != nil {
		t.Fatal(err)
	}
	defer trial.Close(context.Background())
	if _, err := trial.Run(t.Context(), plugin.Run{Input: []byte(`{"event":{}}`)}); err != nil {
		t.Error(err)
	}
}
