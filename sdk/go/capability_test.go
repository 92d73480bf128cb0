package postern_test

import (
	"errors"
	"testing"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/go/posterntest"
	"github.com/postern-id/postern/sdk/hook"
)

// TestAnswersThatAreNone holds that a broken answer is an error everywhere and
// never an empty answer.
func TestAnswersThatAreNone(t *testing.T) {
	for capability, ask := range map[string]func() error{
		hook.HTTPFetch:     func() error { _, err := postern.Fetch(hook.Fetch{}); return err },
		hook.JWTVerify:     func() error { _, err := postern.VerifyJWT(&hook.JWTVerifyRequest{}); return err },
		hook.KV:            func() error { _, err := postern.KVDelete(""); return err },
		hook.SecretGet:     func() error { _, err := postern.Secret(""); return err },
		hook.OIDCExchange:  func() error { _, err := postern.ExchangeOIDC(&hook.OIDCExchangeRequest{}); return err },
		hook.OAuthExchange: func() error { _, err := postern.ExchangeOAuth(&hook.OAuthExchangeRequest{}); return err },
		hook.LDAPBind:      func() error { _, err := postern.LDAPBind(&hook.LDAPBindRequest{}); return err },
		hook.LDAPSearch:    func() error { _, err := postern.LDAPSearch(&hook.LDAPSearchRequest{}); return err },
	} {
		t.Run(capability, func(t *testing.T) {
			request := map[string]string{
				hook.HTTPFetch: `{"requests":[{}]}`, hook.KV: `{"op":"delete"}`,
			}[capability]
			if request == "" {
				request = `{}`
			}
			posterntest.Play(t, posterntest.Call(capability, request, `[]`))
			err := ask()
			if _, ok := errors.AsType[*hook.ParseError](err); !ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestResponsesThatDoNotMatch holds that the responses are those of the requests.
func TestResponsesThatDoNotMatch(t *testing.T) {
	posterntest.Play(t, posterntest.Call(hook.HTTPFetch, `{"requests":[{"url":"a"},{"url":"b"}]}`, `{"responses":[{"status":200}]}`))
	if responses, err := postern.FetchAll(hook.Fetch{URL: "a"}, hook.Fetch{URL: "b"}); err == nil {
		t.Errorf("got %+v", responses)
	}
}
