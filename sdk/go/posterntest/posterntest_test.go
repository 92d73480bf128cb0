package posterntest_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/go/posterntest"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// failingTest is a test that notes its failures instead.
type failingTest struct {
	testing.TB
	name     string
	failures []string
	cleanups []func()
}

func (f *failingTest) Name() string           { return f.name }
func (f *failingTest) Helper()                {}
func (f *failingTest) Failed() bool           { return len(f.failures) > 0 }
func (f *failingTest) Cleanup(cleanup func()) { f.cleanups = append(f.cleanups, cleanup) }
func (f *failingTest) Log(args ...any)        {}
func (f *failingTest) Error(args ...any)      { f.failures = append(f.failures, fmt.Sprint(args...)) }
func (f *failingTest) Fatal(args ...any)      { f.Error(args...); panic(f) }
func (f *failingTest) Fatalf(format string, args ...any) {
	f.Fatal(fmt.Sprintf(format, args...))
}

// failures runs a test to its end and gives what it complained of.
func failures(name string, test func(t testing.TB)) string {
	f := &failingTest{name: name}
	func() {
		defer func() {
			if r := recover(); r != nil && r != f {
				panic(r)
			}
		}()
		test(f)
	}()
	for i := range f.cleanups {
		f.cleanups[len(f.cleanups)-1-i]()
	}
	return strings.Join(f.failures, "\n")
}

func TestPlay(t *testing.T) {
	get := posterntest.Call(hook.KV, `{"op":"get","key":"a"}`, `{"found":true,"value":"1"}`)
	for name, test := range map[string]struct {
		plugin func()
		want   string
	}{
		"asks":             {func() { postern.KVGet("a") }, ""},
		"asks another key": {func() { postern.KVGet("b") }, `call 1, kv: request.key is "b", want "a"`},
		"does another":     {func() { postern.KVDelete("a") }, `call 1, kv: request.op is "delete", want "get"`},
		"asks another":     {func() { postern.Secret("a") }, `call 1: the plugin asks secret.get {"name":"a"}, recorded is kv`},
		"asks too much":    {func() { postern.KVGet("a"); postern.Now() }, "call 2: the plugin asks clock"},
		"asks nothing":     {func() {}, `call 1: the plugin did not ask kv {"op":"get","key":"a"}`},
		"draws and logs":   {func() { postern.Random(make([]byte, 9)); postern.Log("x"); postern.KVGet("a") }, ""},
	} {
		got := failures("Test", func(t testing.TB) { posterntest.Play(t, get); test.plugin() })
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestPlayAnswers(t *testing.T) {
	posterntest.Play(t,
		posterntest.Call(hook.Clock, `{}`, `{"now":1767225600000}`),
		posterntest.Call(hook.SecretGet, `{"name":"api"}`, `{"error":{"code":"denied","message":"grant it"}}`))
	if now := postern.Now(); now != 1767225600000 {
		t.Errorf("now is %d", now)
	}
	_, err := postern.Secret("api")
	if wrong, ok := errors.AsType[*hook.CapabilityError](err); !ok || wrong.Code != hook.CodeDenied {
		t.Errorf("got %v", err)
	}
}

func TestCallRefusesWhatIsNotJSON(t *testing.T) {
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "byte 1") {
			t.Errorf("got %v", r)
		}
	}()
	posterntest.Call(hook.KV, `{`, `{}`)
}

// TestOneHostAtATime holds that tests side by side do not hear each other's
// answers, and that a part of a test may have a host of its own.
func TestOneHostAtATime(t *testing.T) {
	outer, inner := &posterntest.Host{KV: map[string]string{"a": "outer"}}, &posterntest.Host{KV: map[string]string{"a": "inner"}}
	outer.Use(t)
	if got := failures("TestOther", inner.Use); !strings.Contains(got, "TestOneHostAtATime is in use") {
		t.Errorf("another test: %q", got)
	}
	t.Run("part", func(t *testing.T) {
		inner.Use(t)
		if value, _, _ := postern.KVGet("a"); value != "inner" {
			t.Errorf("the part hears %q", value)
		}
	})
	if value, _, _ := postern.KVGet("a"); value != "outer" {
		t.Errorf("the test hears %q", value)
	}
	inner.Use(t)
	if value, _, _ := postern.KVGet("a"); value != "inner" {
		t.Errorf("the second host of a test is not used: %q", value)
	}
}

func TestHostIsUsedFromGoroutines(t *testing.T) {
	(&posterntest.Host{Secrets: map[string]string{"s": "x"}}).Use(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if secret, err := postern.Secret("s"); secret != "x" || err != nil {
				t.Errorf("%q, %v", secret, err)
			}
		})
	}
	group.Wait()
}

// everything calls each capability and gives the errors by name.
func everything() map[string]error {
	errs := map[string]error{}
	_, errs[hook.HTTPFetch] = postern.Fetch(hook.Fetch{URL: "https://a.example"})
	_, errs[hook.JWTVerify] = postern.VerifyJWT(&hook.JWTVerifyRequest{Token: "t"})
	_, _, errs[hook.KV] = postern.KVGet("k")
	_, errs[hook.SecretGet] = postern.Secret("s")
	_, errs[hook.OIDCExchange] = postern.ExchangeOIDC(&hook.OIDCExchangeRequest{Issuer: "i"})
	_, errs[hook.OAuthExchange] = postern.ExchangeOAuth(&hook.OAuthExchangeRequest{TokenEndpoint: "t"})
	_, errs[hook.LDAPBind] = postern.LDAPBind(&hook.LDAPBindRequest{DN: "d"})
	_, errs[hook.LDAPSearch] = postern.LDAPSearch(&hook.LDAPSearchRequest{BaseDN: "d"})
	return errs
}

func TestWhatAHostDoesNotHaveIsDenied(t *testing.T) {
	(&posterntest.Host{}).Use(t)
	errs := everything()
	for _, name := range hook.Capabilities {
		wrong, ok := errors.AsType[*hook.CapabilityError](errs[name])
		if name != hook.Clock && (!ok || wrong.Code != hook.CodeDenied) {
			t.Errorf("%s: %v", name, errs[name])
		}
	}
	if got := failures(t.Name()+"/clock", func(t testing.TB) { (&posterntest.Host{}).Use(t); postern.Now() }); !strings.Contains(got, "reads the clock") {
		t.Errorf("the clock: %q", got)
	}
}

func TestHostAnswers(t *testing.T) {
	broken := errors.New("broken")
	refused := &hook.CapabilityError{Code: hook.CodeRefused, Message: "no"}
	var asked []string
	note := func(what string) { asked = append(asked, what) }
	(&posterntest.Host{
		Fetch: func(r *hook.Fetch) (*hook.FetchResponse, error) { note(r.URL); return nil, nil },
		VerifyJWT: func(r *hook.JWTVerifyRequest) (*hook.JWTVerifyAnswer, error) {
			note(r.Token)
			return &hook.JWTVerifyAnswer{Claims: hook.Object{{Name: "sub", Value: hook.String("s")}}}, nil
		},
		ExchangeOIDC: func(r *hook.OIDCExchangeRequest) (*hook.OIDCExchangeAnswer, error) {
			note(r.Issuer)
			return nil, refused
		},
		ExchangeOAuth: func(r *hook.OAuthExchangeRequest) (*hook.OAuthExchangeAnswer, error) {
			note(r.TokenEndpoint)
			return nil, broken
		},
		LDAPBind:   func(r *hook.LDAPBindRequest) (bool, error) { note(r.DN); return true, nil },
		LDAPSearch: func(r *hook.LDAPSearchRequest) (*hook.LDAPSearchAnswer, error) { note(r.BaseDN); return nil, nil },
		KV:         map[string]string{}, Secrets: map[string]string{"s": "x"},
	}).Use(t)
	errs := everything()
	for name, want := range map[string]string{hook.OIDCExchange: "refused: no", hook.OAuthExchange: "unavailable: broken"} {
		if errs[name] == nil || errs[name].Error() != want {
			t.Errorf("%s: got %v, want %s", name, errs[name], want)
		}
		delete(errs, name)
	}
	for name, err := range errs {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := strings.Join(asked, " "); got != "https://a.example t i t d d" {
		t.Errorf("the functions were asked %s", got)
	}
}

func TestHostFetchesEachRequest(t *testing.T) {
	(&posterntest.Host{Fetch: func(r *hook.Fetch) (*hook.FetchResponse, error) {
		switch r.URL {
		case "a":
			return &hook.FetchResponse{Status: 200, Body: r.Body}, nil
		case "b":
			return nil, &hook.CapabilityError{Code: hook.CodeTimeout}
		default:
			return nil, errors.New("no such host")
		}
	}}).Use(t)
	responses, err := postern.FetchAll(hook.Fetch{URL: "a", Body: "é"}, hook.Fetch{URL: "b"}, hook.Fetch{URL: "c"})
	if err != nil || len(responses) != 3 {
		t.Fatalf("%+v, %v", responses, err)
	}
	if responses[0].Body != "é" || responses[1].Error.Code != hook.CodeTimeout || responses[2].Error.Code != hook.CodeUnavailable {
		t.Errorf("%+v", responses)
	}
	if _, err := postern.Fetch(hook.Fetch{URL: "b"}); err == nil || err.Error() != "timeout: " {
		t.Errorf("got %v", err)
	}
}

func TestHostKeepsValues(t *testing.T) {
	values := map[string]string{}
	(&posterntest.Host{KV: values}).Use(t)
	steps := []struct {
		do   func() (bool, error)
		want bool
	}{
		{func() (bool, error) { return postern.KVAdd("a", "1", 60) }, false},
		{func() (bool, error) { return postern.KVAdd("a", "2", 60) }, true},
		{func() (bool, error) { return postern.KVSet("b", "3", 60) }, false},
		{func() (bool, error) { return postern.KVSet("b", "4", 60) }, true},
		{func() (bool, error) { return postern.KVSet("c", "5", 60) }, false},
		{func() (bool, error) { return postern.KVDelete("c") }, true},
		{func() (bool, error) { return postern.KVDelete("c") }, false},
	}
	for i, step := range steps {
		if found, err := step.do(); found != step.want || err != nil {
			t.Errorf("step %d: %v, %v", i, found, err)
		}
	}
	if len(values) != 2 || values["a"] != "1" || values["b"] != "4" {
		t.Errorf("kept %v", values)
	}
	if _, err := postern.KVSet("d", "6", 0); err == nil {
		t.Error("a value without ttl is kept")
	}
}

func TestHostOfRandomnessAndLog(t *testing.T) {
	var lines []string
	host := &posterntest.Host{Rand: strings.NewReader("abcdef"), Log: func(line string) { lines = append(lines, line) }}
	host.Use(t)
	drawn := make([]byte, 4)
	postern.Random(drawn)
	postern.Log("one")
	if string(drawn) != "abcd" || len(lines) != 1 || lines[0] != "one" {
		t.Errorf("%q, %q", drawn, lines)
	}
	if got := failures(t.Name()+"/end", func(t testing.TB) { host.Use(t); postern.Random(drawn) }); !strings.Contains(got, "randomness") {
		t.Errorf("got %q", got)
	}
	host.Rand = nil
	postern.Random(drawn)
	again := make([]byte, 4)
	postern.Random(again)
	if bytes.Equal(drawn, again) {
		t.Errorf("%x twice", drawn)
	}
}

// TestWithoutAHost holds what a plugin finds that nobody gave a host.
func TestWithoutAHost(t *testing.T) {
	for name, err := range everything() {
		if wrong, ok := errors.AsType[*hook.CapabilityError](err); !ok || wrong.Code != hook.CodeUnavailable || !strings.Contains(wrong.Message, "posterntest") {
			t.Errorf("%s: %v", name, err)
		}
	}
	first, second := make([]byte, 16), make([]byte, 16)
	postern.Random(first)
	postern.Random(second)
	if bytes.Equal(first, second) {
		t.Error("no randomness")
	}
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "posterntest") {
			t.Errorf("the clock: %v", r)
		}
	}()
	postern.Now()
}

// seen is a plugin that tells what the host keeps of a person.
func seen() *postern.Module {
	return postern.NewModule(postern.Plugin{
		Manifest: hook.Manifest{ID: "p", Version: "1", Description: "d"},
		Claims: func(in *hook.ClaimsInput) (*hook.ClaimsOutput, error) {
			if in.User.Name == "" {
				return nil, nil
			}
			value, _, err := postern.KVGet(in.User.Name)
			return &hook.ClaimsOutput{Set: hook.Object{{Name: "seen", Value: hook.String(value)}}}, err
		},
	})
}

const (
	bob   = `"hook":"claims.map/v1","input":{"user":{"name":"bob"}},"calls":[{"capability":"kv","request":{"op":"get","key":"bob"},"answer":`
	found = `{"name":"found",` + bob + `{"found":true,"value":"yes"}}],"output":{"set":{"seen":"yes"}}}`
	fails = `{"name":"fails","plugin":"p",` + bob + `{"error":{"code":"limit","message":"m"}}}],"fails":"limit: m"}`
)

func TestRun(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"found.json": found, "fails.json": fails, "README.md": "text"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	posterntest.Run(t, seen(), dir)
}

func TestRunCaseFails(t *testing.T) {
	for _, test := range []struct{ from, to, want string }{
		{"yes", "yes", ""},
		{`{"seen":"yes"}`, `{"seen":"no"}`, `found: output.set.seen is "yes", want "no"`},
		{`"key":"bob"`, `"key":"eve"`, `call 1, kv: request.key is "bob", want "eve"`},
		{`"name":"bob"`, `"name":""`, "output.set is missing"},
		{`"hook"`, `"plugin":"q","hook"`, `no plugin "q"`},
		{`{"found":true,"value":"yes"}`, `{"error":{"code":"limit","message":"m"}}`, "the call failed: limit: m"},
	} {
		c, err := replay.ParseCase([]byte(strings.Replace(found, test.from, test.to, 1)))
		if err != nil {
			t.Fatal(err)
		}
		manifests, err := hook.ParseManifests(seen().Describe())
		if err != nil {
			t.Fatal(err)
		}
		got := failures("Test", func(t testing.TB) { posterntest.RunCase(t, seen(), manifests, *c) })
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.to, got, test.want)
		}
	}
}
