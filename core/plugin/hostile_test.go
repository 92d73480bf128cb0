package plugin_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
)

const corpus = "testdata/hostile"

// TestHostile holds items 133, 135 and 136 for each module of the corpus: it is
// refused when it is loaded, or its calls end as they must, while the calls of
// another plugin go on and the garbage is collected.
func TestHostile(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				runtime.GC()
			}
		}
	}()
	seen := map[string]bool{}
	for name, expected := range expectations(t) {
		seen[name] = true
		t.Run(name, func(t *testing.T) {
			module := hostileModule(t, name)
			stage, want, _ := strings.Cut(expected, " ")
			if stage == "load" {
				refusesToLoad(t, module, want)
				return
			}
			endsAs(t, module, want)
		})
	}
	files, err := filepath.Glob(corpus + "/*.wasm*")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if name, _, _ := strings.Cut(filepath.Base(file), "."); !seen[name] {
			t.Errorf("corpus.txt does not have %s", name)
		}
	}
}

// refusesToLoad holds that the module is refused with words that name what is wrong,
// both where it is tried and in a host.
func refusesToLoad(t *testing.T, module []byte, want string) {
	_, err := plugin.Try(t.Context(), module, plugin.TrialOptions{})
	if err == nil {
		t.Fatal("it is loaded")
	}
	text := err.Error()
	if !slices.ContainsFunc(strings.Split(want, "|"), func(words string) bool { return strings.Contains(text, words) }) {
		t.Errorf("got %q, want %q in it", text, want)
	}
	if strings.Contains(text, "goroutine") || strings.Contains(text, "panic") || len(text) > 1000 {
		t.Errorf("the error is for nobody: %s", text)
	}
}

// endsAs holds that the calls of the module end for one of the reasons, and those of
// a good plugin are answered meanwhile.
func endsAs(t *testing.T, module []byte, want string) {
	good := saying("good")
	s := &shelf{code: map[string][]byte{plugin.Digest(module): module, plugin.Digest(good): good}}
	config := configOf("evil", "p")
	config.Instances[0].Module, config.Instances[1].Module = plugin.Digest(module), plugin.Digest(good)
	config.Bindings = []core.PluginBinding{
		{ID: "1", Instance: "evil", Hook: hook.ClaimsMap, ClientID: "evil"}, {ID: "2", Instance: "p", Hook: hook.ClaimsMap, ClientID: "p"},
	}
	s.config.Store(config)
	var log bytes.Buffer
	h := hostOf(t, s, func(o *plugin.Options) {
		o.Instances = 1
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	var first string
	for n := range 3 {
		claims, _, err := h.MapClaims(t.Context(), inputFor("evil"))
		got := string(reasonOf(err))
		switch {
		case err == nil && want == "same":
			if answer := string(claims.AppendJSON(nil)); n == 0 {
				first = answer
			} else if answer != first {
				t.Errorf("call %d says %s, the first said %s", n, answer, first)
			}
		case err == nil:
			got = "served"
			fallthrough
		default:
			if !slices.Contains(strings.Fields(want), got) {
				t.Errorf("call %d: %s (%v), want %s", n, got, err, want)
			}
		}
		claims, _, err = h.MapClaims(t.Context(), inputFor("p"))
		if v, _ := claims.Get("v"); err != nil || v.Text() != "good" {
			t.Errorf("the good plugin: %v", err)
		}
	}
	if log.Len() > 128<<10 {
		t.Errorf("the log has %d bytes", log.Len())
	}
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "\x1b") || strings.HasPrefix(line, "level=") {
			t.Errorf("the guest writes lines of the log itself: %q", line)
		}
	}
}

// expectations reads corpus.txt.
func expectations(t testing.TB) map[string]string {
	t.Helper()
	file, err := os.Open(filepath.Join(corpus, "corpus.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all := map[string]string{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, expected, _ := strings.Cut(lines.Text(), " ")
		if name == "" || name == "#" {
			continue
		}
		all[name] = strings.TrimSpace(expected)
	}
	return all
}

func hostileModule(t testing.TB, name string) []byte {
	t.Helper()
	file := filepath.Join(corpus, name+".wasm")
	module, err := os.ReadFile(file)
	if err == nil {
		return module
	}
	packed, err := os.Open(file + ".gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	if module, err = io.ReadAll(unpacked); err != nil {
		t.Fatal(err)
	}
	return module
}

// TestHostileTexts holds that the modules are what their texts say.
func TestHostileTexts(t *testing.T) {
	needs.Program(t, "wat2wasm")
	texts, err := filepath.Glob(corpus + "/*.wat")
	if err != nil || len(texts) < 80 {
		t.Fatalf("%d texts, %v", len(texts), err)
	}
	for _, text := range texts {
		assembled := filepath.Join(t.TempDir(), "module.wasm")
		flags := []string{text, "-o", assembled}
		if strings.HasPrefix(filepath.Base(text), "proposal-") {
			flags = append(flags, "--enable-all")
		}
		if out, err := exec.CommandContext(context.Background(), "wat2wasm", flags...).CombinedOutput(); err != nil {
			t.Errorf("%s: %s", text, out)
			continue
		}
		want, err := os.ReadFile(assembled)
		if err != nil {
			t.Fatal(err)
		}
		if got := hostileModule(t, strings.TrimSuffix(filepath.Base(text), ".wat")); !bytes.Equal(got, want) {
			t.Errorf("%s is not what its text says", text)
		}
	}
}
