package capability

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/cache"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/sdk/hook"
)

// Sizes in bytes of what goes between guest and host.
const (
	maxRequest = 256 << 10
	maxAnswer  = 1 << 20
)

// Client fetches and dials with the guard; [outbound.Client] does.
type Client interface {
	Do(context.Context, outbound.Request) (*outbound.Response, error)
	// DialContext is for what Secure encrypts, DialPlainContext for what nobody does.
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	DialPlainContext(ctx context.Context, network, address string) (net.Conn, error)
	Secure(ctx context.Context, conn net.Conn, host string) (net.Conn, error)
}

// Options are what a [Set] needs from outside.
type Options struct {
	Client Client
	KV     Store
	// Unseal opens what was sealed for a purpose: [core.SecretPurpose].
	Unseal func(sealed []byte, purpose string) ([]byte, error)
	Now    func() time.Time
	Rand   io.Reader // nil: the operating system's generator
	// Logger gets what failed in the host itself, which a guest learns nothing of.
	Logger *slog.Logger
}

// Set does what plugins ask for. It may be used by many goroutines at once.
type Set struct {
	options   Options
	providers *cache.Cache[*Provider]
	keySets   *cache.Cache[*jose.KeySet]
}

// New makes a set.
func New(options Options) *Set {
	if options.Rand == nil {
		options.Rand = rand.Reader
	}
	s := &Set{options: options}
	s.providers = cache.New(cache.Options{Now: options.Now, Size: maxCached}, s.fetchProvider)
	s.keySets = cache.New(cache.Options{Now: options.Now, Size: maxCached}, s.fetchKeySet)
	return s
}

// answer is what a capability gives.
type answer interface{ AppendJSON([]byte) []byte }

// Call does what the caller asks of a capability that was granted to it, for
// whichever target, and checks the target. The answer is JSON as hook has it. code
// is empty if it was done, else a code of hook. http.fetch gives the code
// [hook.CodeDenied] also where only some of its requests were denied.
//
// caller must not be used by another call at the same time: an exchange takes the
// code out of its Login, and leaves the access token in Exchanged.
func (s *Set) Call(ctx context.Context, caller *core.PluginCaller, capability string, request []byte) (text []byte, code string) {
	before := *caller
	given, err := s.dispatch(ctx, caller, capability, request)
	if err == nil {
		if text = given.AppendJSON(nil); len(text) <= maxAnswer {
			return text, codeWithin(given)
		}
		err = fail(hook.CodeTooLarge, "the answer is larger than %d bytes: ask for less", maxAnswer)
	}
	failure, internal := explain(ctx, hush(ctx, err, s.hidden(&before)...))
	if internal {
		s.options.Logger.ErrorContext(ctx, "a capability failed", "capability", capability, "instance", caller.Instance, "error", err)
	}
	return (&hook.KVAnswer{Error: failure}).AppendJSON(nil), failure.Code
}

func (s *Set) dispatch(ctx context.Context, caller *core.PluginCaller, capability string, request []byte) (answer, error) {
	if len(request) > maxRequest {
		return nil, fail(hook.CodeTooLarge, "the request is larger than %d bytes", maxRequest)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch capability {
	case hook.HTTPFetch:
		return handle(ctx, caller, request, hook.ParseFetchRequest, s.fetch)
	case hook.JWTVerify:
		return handle(ctx, caller, request, hook.ParseJWTVerifyRequest, s.verifyJWT)
	case hook.KV:
		return handle(ctx, caller, request, hook.ParseKVRequest, s.kv)
	case hook.SecretGet:
		return handle(ctx, caller, request, hook.ParseSecretGetRequest, s.getSecret)
	case hook.OIDCExchange:
		return handle(ctx, caller, request, hook.ParseOIDCExchangeRequest, s.exchangeOIDC)
	case hook.OAuthExchange:
		return handle(ctx, caller, request, hook.ParseOAuthExchangeRequest, s.exchangeOAuth)
	case hook.LDAPBind:
		return handle(ctx, caller, request, hook.ParseLDAPBindRequest, s.bindLDAP)
	case hook.LDAPSearch:
		return handle(ctx, caller, request, hook.ParseLDAPSearchRequest, s.searchLDAP)
	}
	return nil, invalid("there is no capability %.40q", capability)
}

// handle parses the request and runs a capability.
func handle[R any, A answer](
	ctx context.Context, caller *core.PluginCaller, request []byte,
	parse func([]byte) (*R, error), run func(context.Context, *core.PluginCaller, *R) (A, error),
) (answer, error) {
	parsed, err := parse(request)
	if err != nil {
		return nil, invalid("the request cannot be read: %v", err)
	}
	return run(ctx, caller, parsed)
}

// codeWithin finds what was denied in an answer that has more to say.
func codeWithin(given answer) (code string) {
	if fetched, ok := given.(*hook.FetchAnswer); ok {
		for i := range fetched.Responses {
			if failure := fetched.Responses[i].Error; failure != nil && failure.Code == hook.CodeDenied {
				return failure.Code
			}
		}
	}
	return ""
}
