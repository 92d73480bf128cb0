package capability

import (
	"context"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/sdk/hook"
)

const (
	maxFetches   = 8
	maxFetchBody = 256 << 10 // bytes of one answer, decompressed
	// maxFailure is room in bytes for the error in place of a response.
	maxFailure = 1 << 10
	maxTimeout = 60_000 // milliseconds
)

// fetch is http.fetch. Nothing is sent unless every request may be.
func (s *Set) fetch(ctx context.Context, caller *core.PluginCaller, r *hook.FetchRequest) (*hook.FetchAnswer, error) {
	if len(r.Requests) == 0 || len(r.Requests) > maxFetches {
		return nil, invalid("1 to %d requests are sent at once, not %d", maxFetches, len(r.Requests))
	}
	prepared := make([]prepared, len(r.Requests))
	for i := range r.Requests {
		var err error
		if prepared[i], err = s.prepareFetch(caller, &r.Requests[i]); err != nil {
			return nil, err
		}
	}
	answer := &hook.FetchAnswer{Responses: make([]hook.FetchResponse, len(prepared))}
	var all sync.WaitGroup
	for i := range prepared {
		all.Go(func() { answer.Responses[i] = s.send(ctx, &prepared[i]) })
	}
	all.Wait()
	bound(answer)
	return answer, nil
}

// prepared is a request that may be sent.
type prepared struct {
	request outbound.Request
	// hidden is what the host put into it, and a guest does not get back.
	hidden []string
}

func (s *Set) prepareFetch(caller *core.PluginCaller, f *hook.Fetch) (prepared, error) {
	p := prepared{request: outbound.Request{
		Method: f.Method, URL: f.URL, Hosts: targets(caller, hook.HTTPFetch),
		Timeout: time.Duration(min(f.TimeoutMS, maxTimeout)) * time.Millisecond, MaxBody: maxFetchBody, FollowRedirects: true,
	}}
	if p.request.Method == "" {
		p.request.Method = http.MethodGet
	}
	if err := mayAsk(caller, hook.HTTPFetch, f.URL); err != nil {
		return p, err
	}
	if f.TimeoutMS < 0 {
		return p, invalid("timeout_ms cannot be negative")
	}
	if err := p.setBody(f); err != nil {
		return p, err
	}
	if err := p.setHeaders(f.Headers); err != nil {
		return p, err
	}
	for i := range f.Secrets {
		value, err := s.secret(caller, f.Secrets[i].Name)
		if err != nil {
			return p, err
		}
		if err := p.hide(f.Secrets[i].Header, f.Secrets[i].Prefix, value); err != nil {
			return p, err
		}
	}
	if !f.Exchanged {
		return p, nil
	}
	if caller.Exchanged == "" {
		return p, invalid("no token was exchanged in this call: %s or %s comes first", hook.OIDCExchange, hook.OAuthExchange)
	}
	return p, p.hide("Authorization", "Bearer ", caller.Exchanged)
}

func (p *prepared) setBody(f *hook.Fetch) error {
	switch f.Method {
	case "", http.MethodGet, http.MethodHead:
		if f.Body != "" || f.BodyBase64 != "" {
			return invalid("a request with the method %s has no body", p.request.Method)
		}
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return invalid("the method is GET, HEAD, POST, PUT, PATCH or DELETE, not %.40q", f.Method)
	}
	var err error
	p.request.Body, err = f.Bytes()
	return err
}

func (p *prepared) setHeaders(headers hook.Object) error {
	p.request.Header = http.Header{}
	for i := range headers {
		if headers[i].Value.Kind() != hook.KindString {
			return invalid("the header %.40q is no string", headers[i].Name)
		}
		if err := p.set(headers[i].Name, headers[i].Value.Text()); err != nil {
			return err
		}
	}
	return nil
}

// set adds a header. What a name and a value may have, and which headers belong to
// the connection, outbound checks.
func (p *prepared) set(name, value string) error {
	name = textproto.CanonicalMIMEHeaderKey(name)
	if _, there := p.request.Header[name]; there {
		return invalid("the header %.40q is there twice", name)
	}
	p.request.Header[name] = []string{value}
	return nil
}

// hide adds a header with something that the guest does not see.
func (p *prepared) hide(name, prefix, value string) error {
	if value == "" || strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return unavailable("what goes into the header %.40q is empty or has a control character, such as a line break at its end", name)
	}
	p.hidden = append(p.hidden, value)
	return p.set(name, prefix+value)
}

func (s *Set) send(ctx context.Context, p *prepared) hook.FetchResponse {
	response, err := s.options.Client.Do(ctx, p.request)
	if err == nil && p.repeats(response) {
		err = refused("the answer of %s repeats what the host put into the request, which is secret", host(p.request.URL))
	}
	if err != nil {
		failure, _ := explain(ctx, hush(ctx, err, p.hidden...))
		return hook.FetchResponse{Error: failure}
	}
	given := hook.FetchResponse{Status: response.Status, Headers: headersOf(response.Header)}
	given.SetBody(response.Body)
	return given
}

// repeats reports whether the other side echoes what is hidden, as pages for tests
// and for errors do. It is a net below careless servers: one that means to tell the
// guest a secret can write it in another way.
func (p *prepared) repeats(response *outbound.Response) bool {
	for _, hidden := range p.hidden {
		if len(hidden) < minEcho {
			continue
		}
		if strings.Contains(string(response.Body), hidden) {
			return true
		}
		for _, values := range response.Header {
			if slices.ContainsFunc(values, func(value string) bool { return strings.Contains(value, hidden) }) {
				return true
			}
		}
	}
	return false
}

// headersOf leaves cookies out: a guest has no place for them.
func headersOf(header http.Header) hook.Object {
	var object hook.Object
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if name != "Set-Cookie" {
			object = append(object, hook.Member{Name: strings.ToLower(name), Value: hook.String(strings.Join(header[name], ", "))})
		}
	}
	return object
}

// bound takes out the responses for which the answer has no room.
func bound(answer *hook.FetchAnswer) {
	room := maxAnswer - maxFetches*maxFailure
	for i := range answer.Responses {
		response := &answer.Responses[i]
		size := len((&hook.FetchAnswer{Responses: answer.Responses[i : i+1]}).AppendJSON(nil))
		switch {
		case response.Error != nil:
		case size > room:
			*response = hook.FetchResponse{Error: &hook.CapabilityError{Code: hook.CodeTooLarge, Message: "the answers together are too large: ask for fewer at once"}}
		default:
			room -= size
		}
	}
}
