package login

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// early is how long before its end an access token is not used any more.
const early = time.Minute

// Bearer gives the requests to one server the token that they need. It implements
// [http.RoundTripper].
type Bearer struct {
	server string
	base   http.RoundTripper
	fixed  string // an API token; empty: the sign-in of a person

	client *Client
	folder Folder
	mu     sync.Mutex
	kept   *Kept
}

// WithToken uses an API token.
func (c *Client) WithToken(server, token string) *Bearer {
	return &Bearer{server: server, base: c.http().Transport, fixed: token}
}

// SignedIn uses the sign-in of a person that the folder keeps, and renews it there.
func (c *Client) SignedIn(server string, folder Folder) (*Bearer, error) {
	kept, err := folder.Load(server)
	if err != nil {
		return nil, err
	}
	return &Bearer{server: server, base: c.http().Transport, client: c, folder: folder, kept: kept}, nil
}

// IsToken reports whether it uses an API token, and not the sign-in of a person.
func (b *Bearer) IsToken() bool { return b.fixed != "" }

// RoundTrip sends a request with the token. A token of a person that the server does not
// know any more is renewed once.
func (b *Bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	if !within(b.server, request.URL.String()) {
		return nil, unsent(request, fmt.Errorf("a request to %s does not get the token for %s", request.URL.Host, b.server))
	}
	token, err := b.token(request.Context(), "")
	if err != nil {
		return nil, unsent(request, err)
	}
	answer, err := b.send(request, token)
	if err != nil || answer.StatusCode != http.StatusUnauthorized || b.fixed != "" {
		return answer, err
	}
	again, whole := rewound(request)
	if !whole {
		return answer, nil
	}
	answer.Body.Close()
	if token, err = b.token(request.Context(), token); err != nil {
		return nil, err
	}
	return b.send(again, token)
}

func (b *Bearer) send(request *http.Request, token string) (*http.Response, error) {
	own := request.Clone(request.Context())
	own.Header.Set("Authorization", "Bearer "+token)
	base := b.base
	if base == nil {
		base = http.DefaultTransport
	}
	return base.RoundTrip(own)
}

// unsent closes the body of a request that is not sent, as who implements
// [http.RoundTripper] must.
func unsent(request *http.Request, err error) error {
	if request.Body != nil {
		request.Body.Close()
	}
	return err
}

// rewound gives the same request with its body from the start, if that can be had.
func rewound(request *http.Request) (*http.Request, bool) {
	if request.Body == nil || request.Body == http.NoBody {
		return request, true
	}
	if request.GetBody == nil {
		return nil, false
	}
	body, err := request.GetBody()
	if err != nil {
		return nil, false
	}
	again := request.Clone(request.Context())
	again.Body = body
	return again, true
}

// token gives the token to use, another one than refused.
func (b *Bearer) token(ctx context.Context, refused string) (string, error) {
	if b.fixed != "" {
		return b.fixed, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.good(b.kept, refused) {
		return b.kept.Access, nil
	}
	// Another command may have renewed it since.
	if kept, err := b.folder.Load(b.server); err == nil {
		if b.kept = kept; b.good(kept, refused) {
			return kept.Access, nil
		}
	}
	return b.renew(ctx)
}

func (b *Bearer) good(kept *Kept, refused string) bool {
	return kept.Access != refused && (kept.ExpiresAt.IsZero() || b.client.now().Add(early).Before(kept.ExpiresAt))
}

func (b *Bearer) renew(ctx context.Context) (string, error) {
	if b.kept.Refresh == "" {
		return "", Over(b.server, nil)
	}
	server, err := b.client.Find(ctx, b.server)
	if err != nil {
		return "", err
	}
	tokens, err := server.Refresh(ctx, &b.kept.Tokens)
	if err != nil {
		return "", err
	}
	b.kept = &Kept{b.kept.Server, b.kept.Name, *tokens}
	return b.kept.Access, b.folder.Save(b.kept)
}
