package supply

import (
	"cmp"
	"context"
	"net/http"
	"net/netip"
	"time"

	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote/auth"
)

// Limits bound what is read of a file or a registry, in bytes. Zero means the
// default.
type Limits struct {
	Module    int64 // default MaxModule
	Signature int64 // default MaxSignature
	Manifest  int64 // default MaxManifest
}

// Default limits, in bytes.
const (
	MaxModule   = 32 << 20
	MaxManifest = 1 << 20
)

func (l Limits) orDefault() Limits {
	return Limits{
		Module:    cmp.Or(l.Module, MaxModule),
		Signature: cmp.Or(l.Signature, MaxSignature),
		Manifest:  cmp.Or(l.Manifest, MaxManifest),
	}
}

// defaultTimeout lets 32 MiB through a line of 1 Mbit/s.
const defaultTimeout = 5 * time.Minute

// Registry pushes packages to OCI registries and pulls them from there. It may be
// used by many goroutines at once; each call authenticates for itself.
type Registry struct {
	// Client makes all requests; there must be one. Its transport decides which
	// addresses may be reached, and must let answers as large as Limits through.
	// Its cookies are not used. It may follow fewer redirects than are followed
	// without it: those within the host of the registry, and to Hosts.
	Client *http.Client
	// PlainHTTP talks http instead of https. Only registries on this machine
	// (localhost, 127.0.0.0/8, ::1) are talked to like that.
	PlainHTTP bool
	// Credentials gives the login for a registry. Nil: nobody logs in.
	Credentials Credentials
	// Hosts are further hosts of whoever runs the registry, with the port if it is
	// not that of https: the one that gives out its tokens, which gets the login,
	// and those from which it has blobs downloaded, which get no credentials. By
	// default a registry that sends elsewhere is refused.
	Hosts []string
	// Limits bound what is read and pushed.
	Limits Limits
	// Timeout is for a whole call. Zero means five minutes.
	Timeout time.Duration
	// Progress is told how many bytes of how many have gone through, first none,
	// in the end all. Nil: nobody wants to know. It is called by one goroutine at a
	// time, never after the call has ended, and must be quick.
	Progress func(done, total int64)
}

// session is one call.
type session struct {
	registry *Registry
	ref      Reference
	oci      registry.Reference
	limits   Limits
	client   *auth.Client
	guard    *guard
	progress *progress
	loggedIn bool // a login was handed to the library
}

// open prepares a call. It makes no request.
func (r *Registry) open(ref Reference) (*session, error) {
	if r.Client == nil {
		panic("supply: the registry has no HTTP client")
	}
	if ref.Host == "" || ref.Repository == "" {
		return nil, &Error{Kind: BadReference, What: "the reference is not into a registry", Advice: "write it like " + exampleOCI}
	}
	oci := registry.Reference{Registry: ref.Host, Repository: ref.Repository, Reference: cmp.Or(ref.Digest, ref.Tag)}
	s := &session{registry: r, ref: ref, oci: oci, limits: r.Limits.orDefault(), progress: &progress{report: r.Progress}}
	s.client = &auth.Client{
		Client: s.guarded(), Cache: auth.NewCache(), Credential: s.credential, ClientID: "postern",
		Header: http.Header{"User-Agent": {"postern"}},
		// The library would look names up by itself. The client's transport knows
		// which addresses may be reached, and the guard which hosts.
		BlockedRealmPrefixes: []netip.Prefix{},
	}
	return s, nil
}

// guarded is the client that was handed in, with the guard before its transport.
func (s *session) guarded() *http.Client {
	client := *s.registry.Client
	client.Jar = nil
	if client.Transport == nil {
		client.Transport = http.DefaultTransport
	}
	s.guard = &guard{next: client.Transport, host: s.ref.Server(), plain: s.registry.PlainHTTP, others: s.registry.Hosts, progress: s.progress}
	client.Transport = s.guard
	return &client
}

// timeout bounds a call.
func (r *Registry) timeout(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, cmp.Or(r.Timeout, defaultTimeout))
}
