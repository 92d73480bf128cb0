// Command kv is a guest that asks for one capability.
package main

import (
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

var _ = postern.Register(postern.Plugin{
	Manifest: hook.Manifest{
		ID: "kv", Version: "1.0.0", Description: "Counts.", Capabilities: []hook.CapabilityWish{{Name: hook.KV}},
	},
	Event: func(in *hook.EventInput) error {
		_, err := postern.KVAdd(in.Event.ID, "1", 60)
		return err
	},
})

func main() {}
