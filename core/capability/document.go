package capability

import (
	"context"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core/cache"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/sdk/hook"
)

const (
	// maxDocument is the size in bytes of what another provider answers.
	maxDocument = 256 << 10
	// maxCached is how many documents of each kind are kept.
	maxCached = 128
)

const typeJSON = "application/json"

// fetchDocument gets a document of another provider, of one of the types.
func (s *Set) fetchDocument(ctx context.Context, url string, types ...string) (*outbound.Response, error) {
	header := http.Header{"Accept": {strings.Join(types, ", ")}}
	response, err := s.options.Client.Do(ctx, outbound.Request{URL: url, Header: header, MaxBody: maxDocument})
	if err != nil {
		return nil, err
	}
	return response, checkAnswer(response, url, types...)
}

// checkAnswer holds an answer to the status 200 and one of the media types.
func checkAnswer(response *outbound.Response, url string, types ...string) error {
	if response.Status != http.StatusOK {
		return unavailable("%s answered with the status %d instead of 200", host(url), response.Status)
	}
	if kind := mediaType(response); !slices.Contains(types, kind) {
		return unavailable("%s answered with the content type %.60q instead of %s", host(url), kind, types[0])
	}
	return nil
}

// mediaType gives the content type without parameters, empty if it is none.
func mediaType(response *outbound.Response) string {
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// host names for messages where a URL leads; a whole URL may hold what is secret.
func host(url string) string {
	place, err := outbound.PlaceOf(url)
	if err != nil {
		return "the server"
	}
	return place.String()
}

// parseDocument reads a JSON object, without duplicate members.
func parseDocument(response *outbound.Response, url string) (hook.Object, error) {
	object, err := hook.ParseObject(response.Body)
	if err != nil {
		return nil, unavailable("the answer of %s is no JSON object that can be read: %v", host(url), err)
	}
	return object, nil
}

// text gives the member of that name if it is a string, else "".
func text(object hook.Object, name string) string {
	value, _ := object.Get(name)
	if value.Kind() != hook.KindString {
		return ""
	}
	return value.Text()
}

func (s *Set) fetchKeySet(ctx context.Context, url string) (*jose.KeySet, time.Duration, error) {
	response, err := s.fetchDocument(ctx, url, typeJSON, "application/jwk-set+json")
	if err != nil {
		return nil, 0, err
	}
	set, err := jose.ParseKeySet(response.Body)
	if err != nil {
		return nil, 0, unavailable("the key set of %s cannot be used: %v", host(url), err)
	}
	return set, cache.Life(response.Header), nil
}
