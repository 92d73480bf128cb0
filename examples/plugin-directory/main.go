// Command plugin-directory is a plugin that asks a directory over HTTP what it
// knows of a person, and adds that as claims.
//
// It never keeps an answer: it has no state, and a claim is as fresh as the token. It
// does not decide what happens when the directory is away: it fails, and the
// binding says whether the sign-in goes on without the claims.
package main

import (
	"errors"
	"strconv"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

var module = postern.Register(postern.Plugin{Manifest: manifest(), Claims: claims})

// main never runs: the module answers calls of the host.
func main() {}

// claims asks for the person and adds what the settings name. A person whom the
// directory does not know gets no claims; whatever else goes wrong is an error.
func claims(in *hook.ClaimsInput) (*hook.ClaimsOutput, error) {
	if in.Target == hook.TargetAccessToken {
		return nil, nil
	}
	s := settings{in.Settings.Object()}
	url, complete := expand(s.text("url", ""), &in.User)
	if !complete {
		return nil, nil
	}
	person, err := ask(s, url)
	if err != nil {
		return nil, err
	}
	out := &hook.ClaimsOutput{}
	for _, claim := range s.object("claims") {
		if v, ok := find(person, claim.Value.Text()); ok && v.Kind() != hook.KindNull {
			out.Set.Set(claim.Name, v)
		}
	}
	return out, nil
}

// ask gives what the directory says of a person; nothing if it knows none.
func ask(s settings, url string) (hook.Value, error) {
	response, err := postern.Fetch(hook.Fetch{
		URL:       url,
		Headers:   hook.Object{{Name: "accept", Value: hook.String("application/json")}},
		TimeoutMS: 2000,
		// The host puts the secret into the request; this plugin never has it.
		Secrets: []hook.FetchSecret{{Header: s.text("header", "authorization"), Name: secret, Prefix: s.text("prefix", "Bearer ")}},
	})
	if err != nil {
		return hook.Value{}, err
	}
	switch response.Status {
	case 200:
	case 404:
		return hook.Value{}, nil
	default:
		return hook.Value{}, errors.New("the directory answered with status " + strconv.Itoa(response.Status))
	}
	body, err := response.Bytes()
	if err != nil {
		return hook.Value{}, err
	}
	person, err := hook.ParseObject(body)
	if err != nil {
		return hook.Value{}, errors.New("the directory did not answer with a JSON object: " + err.Error())
	}
	return hook.FromObject(person), nil
}
