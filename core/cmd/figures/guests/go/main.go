// Command go is the plugin of the figures in Go. It is a WebAssembly module that the
// figures build and run.
package main

import (
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"

	"github.com/postern-id/postern/core/cmd/figures/job"
)

var _ = postern.Register(postern.Plugin{Manifest: manifest(), Claims: job.Map})

func main() {}

func manifest() hook.Manifest {
	return hook.Manifest{
		ID: "figures", Version: "1.0.0", Description: "Prefixes groups, copies attributes, renames a claim.",
		Settings: parsed(job.Schema), Samples: []hook.Sample{{Hook: hook.ClaimsMap, Input: parsed(job.Sample)}},
	}
}

func parsed(text string) hook.Value {
	v, err := hook.Parse([]byte(text))
	if err != nil {
		panic(err) // a constant
	}
	return v
}
