//go:build !wasip1

package posterntest

import (
	"crypto/rand"
	"errors"
	"io"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

// Host answers host calls with functions. What is nil is not granted: the plugin
// gets the error denied. An error that is no [*hook.CapabilityError] becomes
// unavailable.
type Host struct {
	// Fetch answers each request on its own.
	Fetch         func(*hook.Fetch) (*hook.FetchResponse, error)
	VerifyJWT     func(*hook.JWTVerifyRequest) (*hook.JWTVerifyAnswer, error)
	ExchangeOIDC  func(*hook.OIDCExchangeRequest) (*hook.OIDCExchangeAnswer, error)
	ExchangeOAuth func(*hook.OAuthExchangeRequest) (*hook.OAuthExchangeAnswer, error)
	LDAPBind      func(*hook.LDAPBindRequest) (bool, error)
	LDAPSearch    func(*hook.LDAPSearchRequest) (*hook.LDAPSearchAnswer, error)
	// KV is what kv reads and writes. Nothing in it expires.
	KV map[string]string
	// Secrets are those that are set and granted.
	Secrets map[string]string
	// Now is the clock, in milliseconds since 1970 in UTC.
	Now func() int64
	// Rand is where randomness comes from; nil is the operating system.
	Rand io.Reader
	// Log gets each line; nil is the test's own log.
	Log func(line string)
}

// Use makes the host the one that the plugin asks until the test ends.
func (h *Host) Use(t testing.TB) {
	t.Helper()
	use(t, &answering{t, h})
}

// answering is a Host in a test.
type answering struct {
	t    testing.TB
	host *Host
}

// appender is a message that goes over the wire.
type appender interface{ AppendJSON([]byte) []byte }

func (a *answering) Answer(capability string, request []byte) []byte {
	a.t.Helper()
	answer, err := a.answer(capability, request)
	if err == nil {
		return answer.AppendJSON(nil)
	}
	var unread *hook.ParseError
	if errors.As(err, &unread) {
		a.t.Fatalf("the host would not understand the plugin's request of %s: %v: %s", capability, err, request)
	}
	// Answers have the member error alike.
	return (&hook.KVAnswer{Error: forPlugin(err)}).AppendJSON(nil)
}

// forPlugin gives an error as the plugin gets it.
func forPlugin(err error) *hook.CapabilityError {
	var wrong *hook.CapabilityError
	if errors.As(err, &wrong) {
		return wrong
	}
	return &hook.CapabilityError{Code: hook.CodeUnavailable, Message: err.Error()}
}

func (a *answering) answer(capability string, request []byte) (appender, error) {
	switch h := a.host; capability {
	case hook.HTTPFetch:
		return answerWith(request, hook.ParseFetchRequest, h.Fetch != nil, h.fetch)
	case hook.JWTVerify:
		return answerWith(request, hook.ParseJWTVerifyRequest, h.VerifyJWT != nil, h.VerifyJWT)
	case hook.KV:
		return answerWith(request, hook.ParseKVRequest, h.KV != nil, h.kv)
	case hook.SecretGet:
		return answerWith(request, hook.ParseSecretGetRequest, h.Secrets != nil, h.secret)
	case hook.OIDCExchange:
		return answerWith(request, hook.ParseOIDCExchangeRequest, h.ExchangeOIDC != nil, h.ExchangeOIDC)
	case hook.OAuthExchange:
		return answerWith(request, hook.ParseOAuthExchangeRequest, h.ExchangeOAuth != nil, h.ExchangeOAuth)
	case hook.LDAPBind:
		return answerWith(request, hook.ParseLDAPBindRequest, h.LDAPBind != nil, h.bind)
	case hook.LDAPSearch:
		return answerWith(request, hook.ParseLDAPSearchRequest, h.LDAPSearch != nil, h.LDAPSearch)
	default:
		return nil, denied()
	}
}

func denied() error {
	return &hook.CapabilityError{Code: hook.CodeDenied, Message: "the posterntest.Host of this test does not have it"}
}

func answerWith[In, Out any, P interface {
	*Out
	appender
}](request []byte, parse func([]byte) (*In, error), granted bool, answer func(*In) (P, error)) (appender, error) {
	in, err := parse(request)
	if err != nil {
		return nil, err
	}
	if !granted {
		return nil, denied()
	}
	out, err := answer(in)
	if out == nil {
		out = new(Out)
	}
	return out, err
}

func (h *Host) fetch(request *hook.FetchRequest) (*hook.FetchAnswer, error) {
	answer := &hook.FetchAnswer{}
	for i := range request.Requests {
		response, err := h.Fetch(&request.Requests[i])
		if err != nil {
			response = &hook.FetchResponse{Error: forPlugin(err)}
		}
		if response == nil {
			response = &hook.FetchResponse{}
		}
		answer.Responses = append(answer.Responses, *response)
	}
	return answer, nil
}

func (h *Host) kv(request *hook.KVRequest) (*hook.KVAnswer, error) {
	value, found := h.KV[request.Key]
	switch request.Op {
	case hook.KVGet:
		return &hook.KVAnswer{Found: found, Value: value}, nil
	case hook.KVDelete:
		delete(h.KV, request.Key)
	case hook.KVSet, hook.KVAdd:
		if request.TTL < 1 {
			return nil, &hook.CapabilityError{Code: hook.CodeInvalidRequest, Message: "ttl must be at least 1"}
		}
		if request.Op == hook.KVSet || !found {
			h.KV[request.Key] = request.Value
		}
	default:
		return nil, &hook.CapabilityError{Code: hook.CodeInvalidRequest, Message: "there is no operation " + request.Op}
	}
	return &hook.KVAnswer{Found: found}, nil
}

func (h *Host) secret(request *hook.SecretGetRequest) (*hook.SecretGetAnswer, error) {
	value, ok := h.Secrets[request.Name]
	if !ok {
		return nil, &hook.CapabilityError{Code: hook.CodeDenied, Message: "the posterntest.Host of this test has no secret " + request.Name}
	}
	return &hook.SecretGetAnswer{Value: value}, nil
}

func (h *Host) bind(request *hook.LDAPBindRequest) (*hook.LDAPBindAnswer, error) {
	ok, err := h.LDAPBind(request)
	return &hook.LDAPBindAnswer{OK: ok}, err
}

func (a *answering) Now() int64 {
	a.t.Helper()
	if a.host.Now == nil {
		a.t.Fatal("the plugin reads the clock, and the posterntest.Host of this test has none")
	}
	return a.host.Now()
}

func (a *answering) Random(p []byte) {
	a.t.Helper()
	reader := a.host.Rand
	if reader == nil {
		reader = rand.Reader
	}
	if _, err := io.ReadFull(reader, p); err != nil {
		a.t.Fatalf("randomness: %v", err)
	}
}

func (a *answering) Log(line string) {
	if a.host.Log != nil {
		a.host.Log(line)
		return
	}
	a.t.Log("log: " + line)
}
