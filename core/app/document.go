package app

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/postern-id/postern/core/outbound"
)

// Limits of a document that a client refers to.
const (
	maxDocument     = 64 << 10 // bytes
	documentTimeout = 5 * time.Second
)

// documents implements [admin.Documents] by the guarded client.
type documents struct {
	outbound func() (*outbound.Client, error)
}

func (d documents) Document(ctx context.Context, url string) ([]byte, error) {
	client, err := d.outbound()
	if err != nil {
		return nil, err
	}
	answer, err := client.Do(ctx, outbound.Request{
		URL: url, MaxBody: maxDocument, Timeout: documentTimeout, Header: http.Header{"Accept": {"application/json"}},
	})
	if err != nil {
		return nil, err
	}
	kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	switch {
	case answer.Status != http.StatusOK:
		return nil, fmt.Errorf("the answer has status %d", answer.Status)
	case err != nil || kind != "application/json" && !strings.HasSuffix(kind, "+json"):
		return nil, errors.New("the answer is no JSON document")
	}
	return answer.Body, nil
}
