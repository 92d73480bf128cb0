package oauth2

import (
	"errors"
	"slices"
	"strconv"

	"github.com/postern-id/postern/plugins/document"
	"github.com/postern-id/postern/plugins/oidc"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// Begin sends the browser to the provider.
func Begin(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s := readSettings(in.Settings)
	redirect := &hook.LoginRedirect{
		AuthorizationEndpoint: s.authorize, ClientID: s.clientID, Scopes: s.scopes, Parameters: slices.Clone(s.parameters), NoPKCE: s.noPKCE,
	}
	if s.hint != "" && in.LoginHint != "" {
		redirect.Parameters.Set(s.hint, hook.String(in.LoginHint))
	}
	return &hook.LoginOutput{Redirect: redirect}, nil
}

// Finish asks the provider who came back.
func Finish(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s := readSettings(in.Settings)
	request := &hook.OAuthExchangeRequest{TokenEndpoint: s.token, ClientID: s.clientID, Secret: oidc.ClientSecret, AuthMethod: s.authMethod}
	if s.authMethod == "none" {
		request.Secret = ""
	}
	if _, err := postern.ExchangeOAuth(request); err != nil {
		return nil, err
	}
	identity, err := s.person()
	if err != nil {
		return nil, err
	}
	return s.admission.Admit(identity), nil
}

// person asks for the documents, side by side, and reads them.
func (s *settings) person() (*hook.Identity, error) {
	requests := []hook.Fetch{{Method: s.method, URL: s.userinfo, Headers: s.header(), Exchanged: true}}
	if s.emails.endpoint != "" {
		requests = append(requests, hook.Fetch{URL: s.emails.endpoint, Headers: s.header(), Exchanged: true})
	}
	responses, err := postern.FetchAll(requests...)
	if err != nil {
		return nil, err
	}
	said, err := read(&responses[0], "the answer of userinfo_endpoint")
	if err != nil {
		return nil, err
	}
	identity, err := s.mapping.Identity(said, "the answer of userinfo_endpoint")
	if err != nil {
		return nil, errors.New(err.Error() + problem(said))
	}
	identity.Claims = document.Keep(said.Object())
	if s.emails.endpoint == "" {
		return identity, nil
	}
	list, err := read(&responses[1], "the answer of emails.endpoint")
	if err != nil {
		return nil, err
	}
	identity.Email, identity.EmailVerified = s.emails.choose(list)
	return identity, nil
}

func (s *settings) header() hook.Object {
	headers := hook.Object{{Name: "accept", Value: hook.String("application/json")}}
	for _, header := range s.headers {
		headers.Set(document.Fold(header.Name), header.Value)
	}
	return headers
}

// read gives the document of an answer that is one.
func read(r *hook.FetchResponse, whose string) (hook.Value, error) {
	if r.Error != nil {
		return hook.Value{}, r.Error
	}
	v, err := document.Read(r, whose)
	if r.Status != 200 {
		return hook.Value{}, errors.New(whose + " has the status " + strconv.Itoa(r.Status) + problem(v))
	}
	return v, err
}

// problem is what a document says of an error, in the words that are usual for it. Some
// say so with the status 200.
func problem(v hook.Value) string {
	for _, path := range []string{"error_description", "error.message", "error_summary", "message", "error"} {
		found, _ := document.At(v, path)
		if found.Kind() == hook.KindString && found.Text() != "" {
			return ": " + document.Remark(found.Text())
		}
	}
	return ""
}

// choose gives the primary address. Without one there is none: which of several is meant
// is not ours to guess.
func (e *emails) choose(v hook.Value) (address string, verified bool) {
	list := v
	if e.list != "" {
		list, _ = document.At(v, e.list)
	}
	for _, element := range list.List() {
		primary, _ := document.At(element, e.primary)
		if address = document.Text(element, e.address); primary.Bool() && address != "" {
			said, _ := document.At(element, e.verified)
			return address, said.Bool()
		}
	}
	return "", false
}
