package clientkey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/cache"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/core/outbound"
)

const (
	maxKeySet = 256 << 10 // bytes
	// maxCached is how many key sets are kept.
	maxCached = 1024
	// stale is how long the keys of a client serve whose server is away: it is no reason
	// to lose its access here too.
	stale = 24 * time.Hour
)

// Fetcher sends what the server asks of others; it is an [outbound.Client].
type Fetcher interface {
	Do(ctx context.Context, r outbound.Request) (*outbound.Response, error)
}

// Options are what a [Service] needs. All must be given.
type Options struct {
	Issuer  string // without a slash at its end
	Fetcher Fetcher
	// Unseal opens [core.Client.SealedSecret].
	Unseal func(sealed []byte, purpose string) ([]byte, error)
	Now    func() time.Time
}

// Service verifies what clients sign, and encrypts to them. It may be used by many goroutines at once.
type Service struct {
	Options
	published *cache.Cache[*jose.KeySet]
}

// New makes a service.
func New(o Options) *Service {
	s := &Service{Options: o}
	s.published = cache.New(cache.Options{Now: o.Now, Size: maxCached, Stale: stale}, s.fetch)
	return s
}

// errNoKeys says that the client can sign nothing.
var errNoKeys = errors.New("the client has registered no keys")

// keys gives the keys of the client. With renew they are fetched again, if that was not
// done within the last minute.
func (s *Service) keys(ctx context.Context, client *core.Client, renew bool) (*jose.KeySet, error) {
	switch m := &client.Metadata; {
	case len(m.JWKS) > 0:
		return jose.ParseKeySet(m.JWKS)
	case m.JWKSURI != "":
		return s.published.Get(ctx, m.JWKSURI, renew)
	}
	return nil, errNoKeys
}

func (s *Service) fetch(ctx context.Context, url string) (*jose.KeySet, time.Duration, error) {
	header := http.Header{"Accept": {"application/jwk-set+json, application/json"}}
	response, err := s.Fetcher.Do(ctx, outbound.Request{URL: url, Header: header, MaxBody: maxKeySet})
	if err != nil {
		return nil, 0, fmt.Errorf("fetch the keys: %w", err)
	}
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	switch {
	case response.Status != http.StatusOK:
		return nil, 0, fmt.Errorf("fetch the keys: the answer has the status %d instead of 200", response.Status)
	case kind != "application/json" && kind != "application/jwk-set+json":
		return nil, 0, fmt.Errorf("fetch the keys: the answer is of another content type than application/json")
	}
	set, err := jose.ParseKeySet(response.Body)
	if err != nil {
		return nil, 0, err
	}
	return set, cache.Life(response.Header), nil
}

// verify checks a signature of the client, by its secret where the algorithm is that of
// secrets, and never by it else: whoever knows a public key could sign with it (RFC 8725
// section 2.1).
func (s *Service) verify(ctx context.Context, client *core.Client, token, alg string, expect jose.Foreign) (jose.Foreigner, error) {
	if alg == jose.HS256 {
		return s.verifyHMAC(client, token, expect)
	}
	set, err := s.keys(ctx, client, false)
	if err != nil {
		return jose.Foreigner{}, err
	}
	verified, err := set.Verify(token, expect)
	if !errors.Is(err, jose.ErrNoKey) || client.Metadata.JWKSURI == "" {
		return verified, err
	}
	if set, err = s.keys(ctx, client, true); err != nil {
		return jose.Foreigner{}, err
	}
	return set.Verify(token, expect)
}

// Encrypt encrypts a payload to a key of the client, one that it publishes now if it
// published none before.
func (s *Service) Encrypt(ctx context.Context, client *core.Client, alg, enc, contentType string, payload []byte) (string, error) {
	set, err := s.keys(ctx, client, false)
	if err != nil {
		return "", err
	}
	enc = cmp.Or(enc, jose.DefaultEncryption)
	text, err := set.Encrypt(alg, enc, contentType, payload)
	if !errors.Is(err, jose.ErrNoEncryptionKey) || client.Metadata.JWKSURI == "" {
		return text, err
	}
	if set, err = s.keys(ctx, client, true); err != nil {
		return "", err
	}
	return set.Encrypt(alg, enc, contentType, payload)
}

func (s *Service) verifyHMAC(client *core.Client, token string, expect jose.Foreign) (jose.Foreigner, error) {
	if len(client.SealedSecret) == 0 {
		return jose.Foreigner{}, errNoKeys
	}
	secret, err := s.Unseal(client.SealedSecret, client.SecretPurpose())
	if err != nil {
		return jose.Foreigner{}, fmt.Errorf("open the secret of the client: %w", err)
	}
	return jose.VerifyHMAC(token, secret, expect)
}
