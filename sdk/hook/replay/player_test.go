package replay_test

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

func calls(t *testing.T, text string) []hook.HostCall {
	t.Helper()
	list, err := hook.ParseHostCalls([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestPlayer(t *testing.T) {
	p := replay.NewPlayer(calls(t, `[
		{"capability":"kv","request":{"op":"get","key":"a"},"answer":{"found":true,"value":"1"}},
		{"capability":"clock","request":{},"answer":{"now":1767225600000}},
		{"capability":"secret.get","request":{"name":"s"},"answer":{"error":{"code":"denied","message":"m"}}}]`))
	if answer, err := p.Answer(hook.KV, []byte(`{"key":"a","ttl":0,"op":"get"}`)); err != nil || string(answer) != `{"found":true,"value":"1"}` {
		t.Errorf("%s, %v", answer, err)
	}
	if now, err := p.Now(); err != nil || now != 1767225600000 {
		t.Errorf("%d, %v", now, err)
	}
	if err := p.End(); err == nil || !strings.Contains(err.Error(), `call 3: the plugin did not ask secret.get {"name":"s"}`) {
		t.Errorf("End: %v", err)
	}
	if answer, err := p.Answer(hook.SecretGet, []byte(`{"name":"s"}`)); err != nil || string(answer) != `{"error":{"code":"denied","message":"m"}}` {
		t.Errorf("%s, %v", answer, err)
	}
	if err := p.End(); err != nil {
		t.Errorf("End: %v", err)
	}
	if _, err := p.Now(); err == nil || !strings.Contains(err.Error(), "no further call") {
		t.Errorf("Now: %v", err)
	}
}

func TestPlayerRefuses(t *testing.T) {
	const fetch = `{"requests":[{"url":"https://a.example/","headers":{"x":"1"}},{"method":"POST","url":"https://a.example/"}]}`
	for capability, test := range map[string]struct{ recorded, asked, want string }{
		hook.HTTPFetch: {
			fetch, `{"requests":[{"url":"https://a.example/","headers":{"x":"1"}},{"method":"PUT","url":"https://a.example/"}]}`,
			`call 1, http.fetch: request.requests[1].method is "PUT", want "POST"`,
		},
		hook.JWTVerify:     {`{"token":"a"}`, `{"token":"a","leeway":60}`, "request.leeway is too much: 60"},
		hook.KV:            {`{"op":"get"}`, `{"op":"get","keys":"a"}`, "the plugin's request {\"op\":\"get\",\"keys\":\"a\"} is wrong: byte 19: an unknown member"},
		hook.SecretGet:     {`{"names":"a"}`, `{"name":"a"}`, "the recorded request is wrong"},
		hook.OIDCExchange:  {`{"issuer":"a"}`, `{}`, "request.issuer is missing"},
		hook.OAuthExchange: {`{"secret":"a"}`, `{"secret":"b"}`, `request.secret is "b", want "a"`},
		hook.LDAPBind:      {`{"server":{"url":"a","start_tls":true}}`, `{"server":{"url":"a"}}`, "request.server.start_tls is missing, want true"},
		hook.LDAPSearch:    {`{"values":["a"]}`, `{"values":[]}`, "request.values is missing"},
		"no.such":          {`{}`, `{}`, `there is no capability "no.such"`},
	} {
		p := replay.NewPlayer(calls(t, `[{"capability":"`+capability+`","request":`+test.recorded+`,"answer":{}}]`))
		if _, err := p.Answer(capability, []byte(test.asked)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", capability, err, test.want)
		}
		if p.End() == nil {
			t.Errorf("%s: a call that was refused counts as made", capability)
		}
	}
}

func TestPlayerOfAnotherCapability(t *testing.T) {
	p := replay.NewPlayer(calls(t, `[{"capability":"kv","request":{"op":"get"},"answer":{}}]`))
	want := `call 1: the plugin asks secret.get {"name":"s"}, recorded is kv {"op":"get"}`
	if _, err := p.Answer(hook.SecretGet, []byte(`{"name":"s"}`)); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if _, err := p.Answer(hook.SecretGet, []byte(`{`)); err == nil || !strings.Contains(err.Error(), "byte 1") {
		t.Errorf("got %v", err)
	}
}

func TestPlayerOfClock(t *testing.T) {
	for _, answer := range []string{`{}`, `null`, `{"now":"1"}`, `{"now":1.5}`, `{"error":{"code":"denied","message":"m"}}`} {
		p := replay.NewPlayer(calls(t, `[{"capability":"clock","answer":`+answer+`}]`))
		if now, err := p.Now(); err == nil {
			t.Errorf("%s is the time %d", answer, now)
		}
	}
}
