// Command sink is a plugin that logs the events that it gets, and fails with some of
// them.
package main

import (
	"errors"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

const schema = `{"type":"object","properties":{"fails":{"type":"array","items":{"type":"string"}}},"additionalProperties":false}`

var module = postern.Register(postern.Plugin{
	Manifest: hook.Manifest{ID: "sink", Version: "1.0.0", Description: "Logs events.", Settings: settings()},
	Event:    take,
})

func main() {}

func settings() hook.Value {
	v, err := hook.Parse([]byte(schema))
	if err != nil {
		panic(err)
	}
	return v
}

// take fails with the types of events that the settings name, each by its beginning.
func take(in *hook.EventInput) error {
	fails, _ := in.Settings.Object().Get("fails")
	for _, kind := range fails.List() {
		if beginning := kind.Text(); len(in.Event.Type) >= len(beginning) && in.Event.Type[:len(beginning)] == beginning {
			return errors.New("no " + in.Event.Type + " today")
		}
	}
	postern.Log("took " + in.Event.ID + " " + in.Event.Type)
	return nil
}
