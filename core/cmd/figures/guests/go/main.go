// Command go is the plugin of the figures in Go. It is a WebAssembly module that the
// figures build and run.
package main

import (
	"errors"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"

	"github.com/postern-id/postern/core/cmd/figures/job"
)

// The linker sets these for the soak, which needs another version, and one that fails.
var (
	version = "1.0.0"
	failure = ""
)

var _ = postern.Register(postern.Plugin{Manifest: manifest(), Claims: claims})

func main() {}

func claims(in *hook.ClaimsInput) (*hook.ClaimsOutput, error) {
	if failure != "" {
		return nil, errors.New(failure)
	}
	return job.Map(in)
}

func manifest() hook.Manifest {
	return hook.Manifest{
		ID: "figures", Version: version, Description: "Prefixes groups, copies attributes, renames a claim.",
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
