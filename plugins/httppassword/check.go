package httppassword

import (
	"errors"
	"strconv"
	"strings"

	"github.com/postern-id/postern/plugins/document"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// Bounds of what is typed, in bytes. Longer ones are wrong without being sent.
const (
	maxName     = 256
	maxPassword = 4096
)

// whose names the answer in errors, which never repeat it: it may repeat a password.
const whose = "the answer of the password service"

// Check is connector.password/v1. An answer that is neither a person nor a clear no is an
// error: nobody could tell.
func Check(in *hook.PasswordInput) (*hook.PasswordOutput, error) {
	if strings.TrimSpace(in.Name) == "" || len(in.Name) > maxName || in.Password == "" || len(in.Password) > maxPassword {
		return denied("nothing was typed that could be a name and a password")
	}
	s := readSettings(in.Settings)
	response, err := postern.Fetch(hook.Fetch{
		Method: "POST", URL: s.url, Secrets: s.token, Body: string(question(in)),
		Headers: hook.Object{{Name: "accept", Value: hook.String("application/json")}, {Name: "content-type", Value: hook.String("application/json")}},
	})
	if err != nil {
		return nil, err
	}
	switch response.Status {
	case 200:
	case 401, 403, 404:
		return denied("the password service answered with the status " + strconv.Itoa(response.Status))
	default:
		return nil, errors.New(whose + " has the status " + strconv.Itoa(response.Status))
	}
	said, err := document.Read(response, whose)
	if err != nil {
		return nil, err
	}
	return s.verdict(said)
}

func denied(reason string) (*hook.PasswordOutput, error) {
	return &hook.PasswordOutput{Deny: true, Reason: reason}, nil
}

// question is the body of the request. What is empty is left out.
func question(in *hook.PasswordInput) []byte {
	var o hook.Object
	for _, member := range []struct{ name, text string }{
		{"name", in.Name}, {"password", in.Password}, {"organisation", in.Organisation.Name}, {"client", in.Client.ID}, {"address", in.Address},
	} {
		if member.text != "" {
			o.Set(member.name, hook.String(member.text))
		}
	}
	return o.AppendJSON(nil)
}

// verdict reads what the service says of the person.
func (s *settings) verdict(said hook.Value) (*hook.PasswordOutput, error) {
	if said.Kind() != hook.KindObject {
		return nil, errors.New(whose + " is no object")
	}
	if deny, there := said.Object().Get("deny"); there {
		if deny.Kind() != hook.KindBool {
			return nil, errors.New(whose + " has a deny that is neither true nor false")
		}
		if deny.Bool() {
			return denied("the password service says no")
		}
	}
	identity, err := s.mapping.Identity(said, whose)
	if err != nil {
		return nil, err
	}
	s.takeMore(identity, said)
	return &hook.PasswordOutput{Identity: identity}, nil
}

// takeMore takes what the description of the answer has besides: attributes, how the
// person proved who they are, and claims.
func (s *settings) takeMore(identity *hook.Identity, said hook.Value) {
	if attributes, _ := said.Object().Get("attributes"); s.attributes {
		for _, attribute := range attributes.Object() {
			if attribute.Value.Kind() == hook.KindString {
				identity.Attributes.Set(attribute.Name, attribute.Value)
			}
		}
	}
	identity.AMR, identity.ACR = document.Texts(said, "amr"), document.Text(said, "acr")
	claims, _ := said.Object().Get("claims")
	identity.Claims = document.Keep(claims.Object())
}
