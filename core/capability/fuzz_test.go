package capability

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/sdk/hook"
)

// nowhere is a client without a network, and a store that is empty.
type nowhere struct{}

var errNowhere = &outbound.Error{Reason: outbound.ReasonConnection, Err: errors.New("there is no network")}

func (nowhere) Do(context.Context, outbound.Request) (*outbound.Response, error) {
	return nil, errNowhere
}
func (nowhere) DialContext(context.Context, string, string) (net.Conn, error) { return nil, errNowhere }
func (nowhere) DialPlainContext(context.Context, string, string) (net.Conn, error) {
	return nil, errNowhere
}
func (nowhere) Secure(context.Context, net.Conn, string) (net.Conn, error) { return nil, errNowhere }
func (nowhere) Apply(context.Context, ...core.Change) error                { return nil }
func (nowhere) PluginValue(context.Context, string, string, time.Time) (string, bool, error) {
	return "", false, nil
}

// FuzzCall: whatever a guest asks for, it gets an answer that fits the code, and
// nothing of its secrets.
func FuzzCall(f *testing.F) {
	for i, request := range []string{
		`{}`,
		`{"requests":[{"url":"https://a.example/","headers":{"x":"y"},"secrets":[{"header":"A","name":"key"}],"exchanged":true}]}`,
		`{"token":"a.b.c","issuer":"https://a.example","jwks":{"keys":[]},"leeway":1}`,
		`{"op":"set","key":"k","value":"v","ttl":1}`,
		`{"name":"other"}`,
		`{"issuer":"https://a.example","client_id":"c","secret":"key","any_issuer":true}`,
		`{"token_endpoint":"https://a.example/t","client_id":"c","auth_method":"none"}`,
		`{"server":{"url":"ldap://a.example","start_tls":true},"dn":"a","password":"b"}`,
		`{"server":{"url":"ldaps://a.example","bind_dn":"a","bind_secret":"key"},"filter":"(a={0})","values":["b"],"limit":5}`,
	} {
		f.Add(uint8(i), request)
	}
	set := New(Options{
		Client: nowhere{}, KV: nowhere{}, Now: time.Now, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Unseal: func([]byte, string) ([]byte, error) { return []byte("s3cr3t-value"), nil },
	})
	f.Fuzz(func(t *testing.T, which uint8, request string) {
		caller := &core.PluginCaller{
			Instance: "i", Hook: hook.ConnectorLogin, Secrets: []core.PluginSecret{{Name: "key"}},
			Login: &core.UpstreamLogin{Code: "s3cr3t-code", CodeVerifier: "s3cr3t-verifier", Nonce: "n"}, Exchanged: "s3cr3t-token",
		}
		for _, name := range hook.Capabilities {
			caller.Grants = append(caller.Grants, core.PluginGrant{Capability: name, Target: "a.example"})
		}
		text, code := set.Call(t.Context(), caller, hook.Capabilities[int(which)%len(hook.Capabilities)], []byte(request))
		var got struct{ Error *hook.CapabilityError }
		if err := json.Unmarshal(text, &got); err != nil || len(text) > maxAnswer {
			t.Fatalf("%s\ngives %q, %v", request, text, err)
		}
		if got.Error != nil && got.Error.Code != code || got.Error == nil && code != "" && code != hook.CodeDenied {
			t.Errorf("%s\ngives %s, and the code %q", request, text, code)
		}
		if strings.Contains(string(text), "s3cr3t") && !strings.Contains(request, "s3cr3t") {
			t.Errorf("%s\ngives %s", request, text)
		}
	})
}

// FuzzTokens: what a token endpoint says is refused, or can be used.
func FuzzTokens(f *testing.F) {
	f.Add(200, typeJSON, `{"access_token":"a","token_type":"bearer","expires_in":1,"scope":"s","id_token":"i"}`)
	f.Add(200, typeForm, `access_token=a&token_type=bearer&expires_in=9223372036854775807`)
	f.Add(400, typeJSON, `{"error":"e","error_description":"\u0000d"}`)
	f.Add(200, typeForm, `error=%ff&access_token=%0a`)
	f.Fuzz(func(t *testing.T, status int, kind, body string) {
		response := &outbound.Response{Status: status, Header: http.Header{"Content-Type": {kind}}, Body: []byte(body)}
		got, err := readAnyTokens(response, codeRequest{endpoint: "https://a.example/token"})
		if err != nil {
			if _, known := errors.AsType[*hook.CapabilityError](err); !known || got != (tokens{}) {
				t.Errorf("%+v, %v", got, err)
			}
			return
		}
		if status != 200 || got.access == "" || strings.ContainsAny(got.access, " \r\n\x00") || got.expiresIn < 0 || !strings.EqualFold(got.kind, "Bearer") {
			t.Errorf("%d %s %q gives %+v", status, kind, body, got)
		}
	})
}

// FuzzProvider: a document is refused, or all that it leads to can be asked.
func FuzzProvider(f *testing.F) {
	f.Add(`{"issuer":"https://a.example","jwks_uri":"https://a.example/k","token_endpoint":"https://a.example/t"}`, "https://a.example")
	f.Add(`{"issuer":"https://a.example/{tenantid}/v2.0","jwks_uri":"https://a.example/k"}`, "https://a.example/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0")
	f.Add(`{"issuer":1,"jwks_uri":"http://a.example","id_token_signing_alg_values_supported":[1]}`, "{tenantid}")
	f.Fuzz(func(t *testing.T, document, issuer string) {
		object, err := hook.ParseObject([]byte(document))
		if err != nil {
			return
		}
		p, err := parseProvider(object, "https://a.example")
		if err != nil {
			return
		}
		for _, url := range []string{p.JWKSURI, p.TokenEndpoint, p.AuthorizationEndpoint, p.UserInfoEndpoint} {
			if url != "" && !strings.HasPrefix(url, "https://") {
				t.Errorf("%s leads to %s", document, url)
			}
		}
		if p.JWKSURI == "" || p.Issuer == "" || len(p.Algorithms) == 0 {
			t.Errorf("%s gives %+v", document, p)
		}
		if p.isIssuer(issuer) && issuer != p.Issuer && (!strings.Contains(p.Issuer, tenant) || len(issuer) != len(p.Issuer)-len(tenant)+36) {
			t.Errorf("%s is taken for an issuer of %s", issuer, p.Issuer)
		}
	})
}
