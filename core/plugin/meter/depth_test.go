package meter

import (
	"bytes"
	"slices"
	"testing"
)

// TestLargeFrames holds that recursion through frames that were made as large as
// possible ends by the meter, long before wazero's stack does.
func TestLargeFrames(t *testing.T) {
	const many = 5_000
	call := func(f byte) []byte { return []byte{opCall, f} }
	results := slices.Concat([]byte{0x60, 0}, appendU32(nil, 200), bytes.Repeat([]byte{0x7e}, 200))
	params := slices.Concat([]byte{0x60}, appendU32(nil, 200), bytes.Repeat([]byte{0x7e}, 200), []byte{0})
	for name, test := range map[string]struct {
		give  []byte // type of function 1
		body  []byte // of function 1
		take  []byte // type of function 2
		times int
		self  []byte // after the calls of function 1 and of itself
	}{
		"one result": {
			bytesOf(0x60, 0, 1, 0x7e), body(opI32Const, 0, 0x29, 3, 0), typeNone, many,
			append(bytes.Repeat([]byte{opI64Add}, many-1), opDrop),
		},
		"vectors": {
			bytesOf(0x60, 0, 1, 0x7b), body(opI32Const, 0, prefixVector, 0, 4, 0), typeNone, many,
			append(bytes.Repeat([]byte{prefixVector, 0xae, 1}, many-1), opDrop),
		},
		"many results": {
			results, body(bytes.Repeat([]byte{opI32Const, 0, 0x29, 3, 0}, 200)...), params, many / 200,
			bytes.Repeat(call(2), many/200),
		},
	} {
		t.Run(name, func(t *testing.T) {
			self := slices.Concat(bytes.Repeat(call(1), test.times), call(0), test.self)
			module := wasm(
				vector(sectionType, typeNone, test.give, test.take),
				vector(sectionFunction, bytesOf(0), bytesOf(1), bytesOf(2)),
				vector(sectionMemory, bytesOf(0, 1)),
				vector(sectionExport, append(text("f"), externFunction, 0)),
				vector(sectionCode, body(self...), test.body, body()))
			g := start(t, module, Options{})
			g.fuel(1<<40, DefaultDepth)
			_, err := g.call("f")
			if firstLine(err) != "wasm error: unreachable" || g.get(DepthGlobal) >= 0 {
				t.Errorf("got %v with %d of the stack left, want a trap for the depth", err, g.get(DepthGlobal))
			}
		})
	}
}

// TestLevels holds how deep an honest function can go.
func TestLevels(t *testing.T) {
	g := start(t, read(t, "control"), Options{StartFuel: 1000, StartDepth: 1000})
	levels := func(n uint64) error {
		g.fuel(1<<40, DefaultDepth)
		_, err := g.call("mutual recursion", n)
		return err
	}
	if err := levels(10_000); err != nil {
		t.Errorf("10,000 calls in each other: %v", err)
	}
	if err := levels(100_000); err == nil {
		t.Error("100,000 calls in each other are allowed")
	}
}

// TestFrameSize holds what counts for a frame, and how much.
func TestFrameSize(t *testing.T) {
	frame := func(change func(f *function)) int64 {
		f := &function{module: &module{globals: 3}, count: 10, size: size{instructions: 400, blocks: 5, calls: 20}}
		change(f)
		return f.frameSize()
	}
	plain := frame(func(*function) {})
	if want := int64(96 + 8*10 + (400+(10+4)*5+2*20)/4); plain != want {
		t.Errorf("got %d, want %d", plain, want)
	}
	for name, test := range map[string]struct {
		change func(f *function)
		more   int64
	}{
		"instructions":       {func(f *function) { f.size.instructions += 40 }, 10},
		"values":             {func(f *function) { f.size.values += 40 }, 10},
		"blocks":             {func(f *function) { f.size.blocks += 2 }, 7},
		"calls":              {func(f *function) { f.size.calls += 4 }, 2},
		"globals that exist": {func(f *function) { f.size.globals += 100 }, (3*5 + 2) / 4},
		"locals":             {func(f *function) { f.count += 4 }, 8*4 + 5},
		"vectors":            {func(f *function) { f.size.vectors++ }, (400 + 14*5 + 40) / 4},
	} {
		if more := frame(test.change) - plain; more < test.more-1 || more > test.more+1 {
			t.Errorf("%s: %d more, want %d", name, more, test.more)
		}
	}
}
