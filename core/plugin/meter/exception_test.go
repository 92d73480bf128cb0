package meter

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// TestCaught holds that what frames took is given back where an exception that
// passed them is caught, wherever the handler leads to.
func TestCaught(t *testing.T) {
	const tries = 200
	count := []byte{opLocalGet, 0, opI32Const, 1, 0x6b, opLocalTee, 0} // until the parameter is zero
	for name, code := range map[string][]byte{
		"to a block": slices.Concat(
			[]byte{opLoop, 0x40, opBlock, 0x40, opTryTable, 0x40, 1, 2, 0, opCall, 1, opEnd, opEnd},
			count, []byte{opBrIf, 0, opEnd}),
		"to the loop": slices.Concat(
			[]byte{opLoop, 0x40}, count,
			[]byte{opIf, 0x40, opTryTable, 0x40, 1, 2, 1, opCall, 1, opEnd, opEnd, opEnd}),
		"one after the other": bytes.Repeat([]byte{opBlock, 0x40, opTryTable, 0x40, 1, 2, 0, opCall, 1, opEnd, opEnd}, 20),
		"out of the function": {opTryTable, 0x40, 1, 2, 0, opCall, 1, opEnd},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, yield bool) {
				// f tries to call 1, which calls 2 and throws.
				module := wasm(
					vector(sectionType, typeNone, bytesOf(0x60, 1, 0x7f, 0)),
					vector(sectionFunction, bytesOf(1), bytesOf(0), bytesOf(0)),
					vector(sectionTag, bytesOf(0, 0)),
					vector(sectionExport, append(text("f"), externFunction, 0)),
					vector(sectionCode, body(code...), body(opCall, 2, 0x08, 0), body()))
				rewritten, err := Rewrite(module, Options{Yield: yield, Features: Exceptions})
				if err != nil {
					t.Fatal(err)
				}
				ctx := context.Background()
				r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCoreFeatures(api.CoreFeaturesV2|experimental.CoreFeaturesExceptionHandling))
				defer r.Close(ctx)
				m, err := r.Instantiate(ctx, rewritten.Code)
				if err != nil {
					t.Fatal(err)
				}
				const depth = 1_000 // for some frames, not for 200
				g := &guest{Module: m}
				g.fuel(1<<40, depth)
				if _, err := g.call("f", tries); err != nil {
					t.Fatal(err)
				}
				if left := g.get(DepthGlobal); left != depth {
					t.Errorf("%d of %d of the stack are left", left, depth)
				}
			})
		})
	}
}
