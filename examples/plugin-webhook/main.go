// Command plugin-webhook is a plugin that posts events of the audit log to a URL.
//
// It never tries again itself: it fails, and the host gives it the event later. It
// never sees the access token, which the host puts into the request.
package main

import (
	"errors"
	"strconv"
	"strings"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

var module = postern.Register(postern.Plugin{Manifest: manifest(), Event: post})

// main never runs: the module answers calls of the host.
func main() {}

// post sends an event whose type the settings want.
func post(in *hook.EventInput) error {
	s := settings{in.Settings.Object()}
	if !wanted(s.list("types"), in.Event.Type) {
		return nil
	}
	response, err := postern.Fetch(hook.Fetch{
		Method:    "POST",
		URL:       s.text("url", ""),
		Headers:   hook.Object{{Name: "content-type", Value: hook.String("application/json")}},
		Body:      string(in.Event.AppendJSON(nil)),
		TimeoutMS: 4000,
		Secrets:   []hook.FetchSecret{{Header: s.text("header", "authorization"), Name: secret, Prefix: s.text("prefix", "Bearer ")}},
	})
	if err != nil {
		return err
	}
	if response.Status < 200 || response.Status > 299 {
		return errors.New("the receiver answered with status " + strconv.Itoa(response.Status))
	}
	return nil
}

// wanted reports whether an event's type is one of those, or below one: "signin"
// stands for "signin.succeeded" too. No types stand for all.
func wanted(types []string, kind string) bool {
	for _, t := range types {
		if kind == t || strings.HasPrefix(kind, t+".") {
			return true
		}
	}
	return len(types) == 0
}
