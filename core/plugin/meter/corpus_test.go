package meter

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/postern-id/postern/core/needs"
)

// corpora are the tests of the WebAssembly specification in the form in which
// wazero keeps them, with what they need beyond version 2.0.
var corpora = map[string]struct {
	meter Features
	core  api.CoreFeatures
	runs  int // commands that run something in both worlds
}{
	"v1":                        {0, 0, 16_000},
	"v2":                        {0, 0, 48_000},
	"extended-const":            {0, experimental.CoreFeaturesExtendedConst, 55},
	"tail-call":                 {TailCalls, experimental.CoreFeaturesTailCall, 75},
	"threads":                   {Threads, experimental.CoreFeaturesThreads, 270},
	"typed-function-references": {TypedReferences | TailCalls, experimental.CoreFeaturesTypedFunctionReferences | experimental.CoreFeaturesTailCall, 600},
	"exception-handling": {
		Exceptions | TypedReferences | TailCalls,
		experimental.CoreFeaturesExceptionHandling | experimental.CoreFeaturesTypedFunctionReferences | experimental.CoreFeaturesTailCall, 60,
	},
}

// corpusDir finds the sources of wazero, which bring the corpora along.
func corpusDir(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	dir := filepath.Join(strings.TrimSpace(string(out)), "internal", "integration_test", "spectest")
	if _, missing := os.Stat(dir); err != nil || missing != nil {
		needs.Missing(t, fmt.Sprintf("the sources of wazero with the corpora of the specification are not in the module cache (%v, %v)", err, missing))
	}
	return dir
}

// TestCorpora holds that the specification's tests have equal results with meters
// and without, and that what is invalid stays so.
func TestCorpora(t *testing.T) {
	dir := corpusDir(t)
	for name, c := range corpora {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && c.runs > 10_000 {
				t.Skip("a long corpus")
			}
			files, err := filepath.Glob(filepath.Join(dir, name, "testdata", "*.json"))
			if err != nil || len(files) == 0 {
				t.Fatal("no tests: ", err)
			}
			runs := 0
			for _, file := range files {
				t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
					s := newScript(t, dir, file, c.core, c.meter|keptState)
					s.run()
					runs += s.runs
				})
			}
			if runs < c.runs {
				t.Errorf("ran %d commands, want at least %d", runs, c.runs)
			}
		})
	}
}

// command is a line of a test (wabt's documentation of wast2json).
type command struct {
	Type, Filename, Name, As, Text string
	ModuleType                     string `json:"module_type"`
	Line                           int
	Action                         struct {
		Type, Field, Module string
		Args                []value
	}
}

type value struct {
	Type  string
	Lane  string `json:"lane_type"`
	Value any
}

// bits gives a value as wazero takes it.
func (v value) bits(t *testing.T) []uint64 {
	if v.Type != "v128" {
		text, _ := v.Value.(string)
		bits := parseBits(t, v.Type, text)
		if v.Type == "externref" && text != "null" {
			bits++ // wazero takes 0 for null
		}
		return []uint64{bits}
	}
	lanes := v.Value.([]any)
	width := 128 / len(lanes)
	var halves [2]uint64
	for i, lane := range lanes {
		at := i * width
		halves[at/64] |= parseBits(t, v.Lane, lane.(string)) << (at % 64)
	}
	return halves[:]
}

func parseBits(t *testing.T, kind, text string) uint64 {
	if text == "null" || text == "" {
		return 0
	}
	if signed, err := strconv.ParseInt(text, 10, 64); err == nil && signed < 0 {
		if strings.HasSuffix(kind, "32") {
			return uint64(uint32(signed))
		}
		return uint64(signed)
	}
	bits, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("cannot read %s %q", kind, text)
	}
	return bits
}

// script runs one file of tests in several worlds: without meters, with meters,
// and with meters that yield.
type script struct {
	*testing.T
	dir      string
	commands []command
	worlds   []*world
	runs     int
}

// world is a runtime with the modules of a script.
type world struct {
	runtime wazero.Runtime
	options *Options // nil: as it is
	named   map[string]api.Module
	last    api.Module
	all     []api.Module
}

func newScript(t *testing.T, dir, file string, core api.CoreFeatures, accept Features) *script {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &script{T: t, dir: filepath.Dir(file)}
	var content struct{ Commands []command }
	if err := json.Unmarshal(text, &content); err != nil {
		t.Fatal(err)
	}
	s.commands = content.Commands
	helper, err := os.ReadFile(filepath.Join(dir, "testdata", "spectest.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, o := range []*Options{
		nil,
		{Features: accept, StartFuel: plenty, StartDepth: plentyDepth},
		{Features: accept, StartFuel: plenty, StartDepth: plentyDepth, Yield: true},
	} {
		w := &world{
			runtime: wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCoreFeatures(api.CoreFeaturesV2|core)),
			options: o, named: map[string]api.Module{},
		}
		t.Cleanup(func() { _ = w.runtime.Close(ctx) })
		if _, err := w.runtime.InstantiateWithConfig(ctx, helper, wazero.NewModuleConfig()); err != nil {
			t.Fatal(err)
		}
		s.worlds = append(s.worlds, w)
	}
	return s
}

const (
	plenty      = 1 << 60
	plentyDepth = 1 << 30
)

func (s *script) run() {
	for i, c := range s.commands {
		as := ""
		if next := i + 1; next < len(s.commands) && s.commands[next].Type == "register" {
			as = s.commands[next].As
		}
		switch c.Type {
		case "register": // done with the module
		case "module", "assert_unlinkable", "assert_uninstantiable":
			if c.ModuleType != "text" {
				s.instantiate(c, as)
			}
		case "assert_invalid", "assert_malformed":
			if c.ModuleType != "text" {
				s.invalid(c)
			}
		case "assert_return", "assert_trap", "assert_exception", "action":
			s.act(c, plentyDepth)
			s.runs++
		case "assert_exhaustion":
			s.act(c, DefaultDepth)
			s.runs++
		default:
			s.Errorf("line %d: unknown command %s", c.Line, c.Type)
		}
	}
}

func (s *script) read(c command) []byte {
	code, err := os.ReadFile(filepath.Join(s.dir, c.Filename))
	if err != nil {
		s.Fatal(err)
	}
	return code
}

func (s *script) instantiate(c command, as string) {
	code := s.read(c)
	var want error
	for _, w := range s.worlds {
		its := code
		if w.options != nil {
			rewritten, err := Rewrite(code, *w.options)
			if err != nil {
				s.Errorf("line %d: %s: %v", c.Line, c.Filename, err)
				continue
			}
			its = rewritten.Code
		}
		m, err := w.runtime.InstantiateWithConfig(context.Background(), its, wazero.NewModuleConfig().WithName(as))
		if w.options == nil {
			want = err
		} else if (err == nil) != (want == nil) {
			s.Errorf("line %d: %s: got %v, want %v", c.Line, c.Filename, err, want)
		}
		if err != nil {
			continue
		}
		w.all = append(w.all, m)
		if c.Type == "module" {
			w.last = m
			if c.Name != "" {
				w.named[c.Name] = m
			}
		}
	}
}

// invalid holds that an invalid module is refused or stays invalid.
func (s *script) invalid(c command) {
	code := s.read(c)
	if _, err := s.worlds[0].runtime.CompileModule(context.Background(), code); err == nil {
		return // wazero is more lenient than the specification
	}
	if slices.ContainsFunc(tolerated, func(prefix string) bool { return strings.HasPrefix(c.Filename, prefix) }) {
		return
	}
	for _, w := range s.worlds[1:] {
		rewritten, err := Rewrite(code, *w.options)
		if err != nil {
			continue
		}
		if _, err := w.runtime.CompileModule(context.Background(), rewritten.Code); err == nil {
			s.Errorf("line %d: %s was invalid (%s) and is no longer", c.Line, c.Filename, c.Text)
		}
	}
}

// tolerated are modules that may become valid.
var tolerated = []string{
	// The fault is in a custom section, which is left out.
	"utf8-custom-section-id.",
	// wazero gives (ref.null func) the type of function 0 if there is one. These
	// have no function before one is added.
	"table.24.wasm", "table.25.wasm",
}

// act calls a function or reads a global in all worlds.
func (s *script) act(c command, depth int64) {
	var args []uint64
	for _, arg := range c.Action.Args {
		args = append(args, arg.bits(s.T)...)
	}
	var want outcome
	for i, w := range s.worlds {
		m := w.last
		if c.Action.Module != "" {
			m = w.named[c.Action.Module]
		}
		if m == nil {
			s.Errorf("line %d: no module", c.Line)
			return
		}
		for _, one := range w.all {
			(&guest{Module: one}).fuel(plenty, depth)
		}
		got := do(m, c, args)
		switch {
		case i == 0:
			want = got
		case c.Type == "assert_exhaustion":
			if got.err != "wasm error: unreachable" || (&guest{Module: m}).get(DepthGlobal) >= 0 {
				s.Errorf("line %d: %s: got %v, want a trap for the depth", c.Line, c.Action.Field, got)
			}
		case got.err != want.err || !slices.Equal(got.results, want.results):
			s.Errorf("line %d: %s: got %v, want %v", c.Line, c.Action.Field, got, want)
		case got.err == "" && (&guest{Module: m}).get(DepthGlobal) != depth:
			s.Errorf("line %d: %s: the depth is not put back", c.Line, c.Action.Field)
		}
	}
}

type outcome struct {
	results []uint64
	err     string
}

// do acts in one world. Of references it tells only whether they are null.
func do(m api.Module, c command, args []uint64) outcome {
	if c.Action.Type == "get" {
		return outcome{results: []uint64{m.ExportedGlobal(c.Action.Field).Get()}}
	}
	f := m.ExportedFunction(c.Action.Field)
	results, err := f.Call(context.Background(), args...)
	at := 0
	for _, kind := range f.Definition().ResultTypes() {
		if at < len(results) && kind != api.ValueTypeI32 && kind != api.ValueTypeI64 && kind != api.ValueTypeF32 && kind != api.ValueTypeF64 && kind != 0x7b {
			results[at] = min(results[at], 1)
		}
		if at++; kind == 0x7b { // v128
			at++
		}
	}
	return outcome{slices.Clone(results), firstLine(err)}
}
