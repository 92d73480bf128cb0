//go:build !wasip1

// Package native stands for the host where a plugin runs as an ordinary Go
// program, which is in its tests. It owns which stand-in is in use, and nothing
// else: package postern asks it, package posterntest sets it.
package native

import (
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"sync"

	"github.com/postern-id/postern/sdk/hook"
)

// Host is what stands in for the host.
type Host interface {
	// Answer gives the answer of a capability, both in JSON.
	Answer(capability string, request []byte) []byte
	Now() int64
	Random(p []byte)
	Log(line string)
}

// current is the one thing that a plugin finds without being handed it: in a
// module its host functions are global too.
var current struct {
	sync.Mutex
	host  Host
	owner string
}

// Use makes host the stand-in until restore is called. Owner names the test; a
// stand-in of a test that it is not part of must not be replaced, because then two
// tests that run side by side would hear each other's answers.
func Use(host Host, owner string) (restore func(), err error) {
	current.Lock()
	defer current.Unlock()
	outer, outerOwner := current.host, current.owner
	if outer != nil && owner != outerOwner && !strings.HasPrefix(owner, outerOwner+"/") {
		return nil, errors.New("the host of " + outerOwner + " is in use: tests with a host of their own must not call t.Parallel")
	}
	current.host, current.owner = host, owner
	return func() {
		current.Lock()
		defer current.Unlock()
		current.host, current.owner = outer, outerOwner
	}, nil
}

func inUse() Host {
	current.Lock()
	defer current.Unlock()
	return current.host
}

const noHost = "the plugin runs outside of Postern: tests give it a host with package posterntest"

// Answer asks the stand-in. Without one the answer is an error.
func Answer(capability string, request []byte) []byte {
	if host := inUse(); host != nil {
		return host.Answer(capability, request)
	}
	return (&hook.KVAnswer{Error: &hook.CapabilityError{Code: hook.CodeUnavailable, Message: noHost}}).AppendJSON(nil)
}

// Now asks the stand-in. Without one it panics, as a call fails that may not read
// the clock.
func Now() int64 {
	if host := inUse(); host != nil {
		return host.Now()
	}
	panic("postern.Now: " + noHost)
}

// Random asks the stand-in, or else the operating system.
func Random(p []byte) {
	if host := inUse(); host != nil {
		host.Random(p)
		return
	}
	rand.Read(p) // never fails
}

// Log gives the line to the stand-in, or else writes it to standard error.
func Log(line string) {
	if host := inUse(); host != nil {
		host.Log(line)
		return
	}
	os.Stderr.WriteString(line + "\n")
}
