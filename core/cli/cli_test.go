package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/postern-id/postern/core/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"postern": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
			defer stop()
			os.Exit(cli.Run(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
		},
	})
}

// TestScripts runs the conversations of testdata. Beside testscript's own words
// they have:
//
//	json PATH TEXT        the last output is one JSON document, and has this there
//	jsonenv NAME PATH     puts what is there into the environment
//	refused CODE COMMAND  the command fails as it should: see [refused]
//	waitfor FILE          waits until the file has text
//	get STATUS URL        a GET, without redirects, has this status
//	host URL              puts host and port into the environment as HOST
//	signer NAME           makes NAME.pub and NAME.key, a pair of keys without password
//
// [local] and [server] are the places where a directory can be, see [TestServerScripts].
//
// $ISSUER is the address of the server, $MODULES is a folder with modules of plugins, $PLUGINS one with those of
// testdata/plugins.
func TestScripts(t *testing.T) {
	testscript.Run(t, scripts(t, "testdata", nil))
}

// scripts runs those of a folder with some variables.
func scripts(t *testing.T, dir string, variables map[string]string) testscript.Params {
	t.Helper()
	plugins, err := filepath.Abs(filepath.Join("testdata", "plugins"))
	if err != nil {
		t.Fatal(err)
	}
	modules, err := filepath.Abs("../workbench/testdata")
	if err != nil {
		t.Fatal(err)
	}
	return testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition:           place("local"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("PLATFORM", runtime.GOOS+"/"+runtime.GOARCH)
			env.Setenv("MODULES", modules)
			env.Setenv("PLUGINS", plugins)
			env.Setenv("ISSUER", "http://localhost:8000") // of a server that was not started yet
			env.Setenv("DOCKER_CONFIG", env.WorkDir)      // nobody is logged in
			for name, value := range variables {
				env.Setenv(name, value)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"signer":  newSigner,
			"json":    checkJSON,
			"jsonenv": saveJSON,
			"refused": refused,
			"waitfor": waitFor,
			"get":     get,
			"host":    host,
		},
	}
}

// place knows where the directory of a script is.
func place(here string) func(string) (bool, error) {
	return func(condition string) (bool, error) {
		if condition != "local" && condition != "server" {
			return false, fmt.Errorf("there is no condition [%s]", condition)
		}
		return condition == here, nil
	}
}

// sentence is what a message may not be: ended by a full stop, or begun by a
// capital that is not a name.
var sentence = regexp.MustCompile(`\.$|^[A-Z][a-z]`)

// checkJSON: json PATH TEXT. TEXT is the value as JSON, or the text of a string.
func checkJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: json PATH TEXT")
	}
	got, there := lookup(ts, args[0])
	same := there && show(got) == args[1]
	if same == neg {
		ts.Fatalf("%s is %s (there: %v), want %s (negated: %v)", args[0], show(got), there, args[1], neg)
	}
}

// saveJSON: jsonenv NAME PATH.
func saveJSON(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: jsonenv NAME PATH")
	}
	got, there := lookup(ts, args[1])
	if !there {
		ts.Fatalf("there is no %s", args[1])
	}
	ts.Setenv(args[0], show(got))
}

// lookup finds a value in the last output by names and indexes with dots between.
func lookup(ts *testscript.TestScript, path string) (any, bool) {
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	var value any
	if err := decoder.Decode(&value); err != nil {
		ts.Fatalf("the output is no JSON: %v", err)
	}
	if decoder.More() {
		ts.Fatalf("the output is more than one JSON document")
	}
	if path == "." {
		return value, true
	}
	for step := range strings.SplitSeq(path, ".") {
		switch inner := value.(type) {
		case map[string]any:
			found, ok := inner[step]
			if !ok {
				return nil, false
			}
			value = found
		case []any:
			if step == "length" {
				value = float64(len(inner))
				continue
			}
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(inner) {
				return nil, false
			}
			value = inner[i]
		default:
			return nil, false
		}
	}
	return value, true
}

func show(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	out, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(out)
}

// refused: refused CODE COMMAND... runs a command that must end with that exit
// code, print nothing on standard output, and say why in error: and hint: lines
// of lower case without a full stop and nothing else.
func refused(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: refused CODE COMMAND...")
	}
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("standard output of a refusal: %q", out)
	}
	errors := 0
	for line := range strings.Lines(ts.ReadFile("stderr")) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "error: ") {
			errors++
		} else if !strings.HasPrefix(line, "hint: ") || errors == 0 {
			ts.Fatalf("neither an error: nor a hint: line: %q", line)
		}
		_, text, _ := strings.Cut(line, ": ")
		if sentence.MatchString(text) || text == "" {
			ts.Fatalf("not in lower case without a full stop: %q", line)
		}
	}
	if errors == 0 {
		ts.Fatalf("no error: line")
	}
}

func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	for range 600 {
		if text, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && len(text) > 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("%s did not appear", args[0])
}

func get(ts *testscript.TestScript, _ bool, args []string) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(args[1])
	if err != nil {
		ts.Fatalf("%v", err)
	}
	defer answer.Body.Close()
	if strconv.Itoa(answer.StatusCode) != args[0] {
		body, _ := io.ReadAll(answer.Body)
		ts.Fatalf("status %d, want %s: %s", answer.StatusCode, args[0], body)
	}
}

func host(ts *testscript.TestScript, _ bool, args []string) {
	u, err := url.Parse(args[0])
	if err != nil {
		ts.Fatalf("%v", err)
	}
	ts.Setenv("HOST", u.Host)
}
