package standin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

const maxBody = 1 << 20

var errTooLarge = fmt.Errorf("the answer has more than %d bytes", maxBody)

// reply is what came back, whatever the status.
type reply struct {
	status int
	body   []byte
}

// send sends a request and reads the whole answer. It follows no redirect of an
// endpoint that has to answer itself.
func (c *Config) send(request *http.Request) (reply, error) {
	client := *c.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(request)
	if err != nil {
		return reply{}, withoutURL(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if err != nil {
		return reply{}, fmt.Errorf("read the answer: %w", err)
	}
	if len(body) > maxBody {
		return reply{}, errTooLarge
	}
	return reply{response.StatusCode, body}, nil
}

// withoutURL drops the address from an error: it may hold an access token.
func withoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

func (c *Config) get(ctx context.Context, address, bearer string) (reply, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return reply{}, withoutURL(err)
	}
	request.Header.Set("Accept", "application/json")
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	return c.send(request)
}

// parameter is a name with its value; both products send theirs in a fixed order,
// which url.Values would lose.
type parameter struct{ name, value string }

// encode form-encodes parameters in their order, blanks as "+".
func encode(parameters []parameter) string {
	pairs := make([]string, len(parameters))
	for i, p := range parameters {
		pairs[i] = url.QueryEscape(p.name) + "=" + url.QueryEscape(p.value)
	}
	return strings.Join(pairs, "&")
}

// withQuery appends parameters to an address that may have a query already.
func withQuery(address string, parameters []parameter) string {
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + encode(parameters)
}
