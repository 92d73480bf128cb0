// Command guest is a plugin that misbehaves in the ways that Go offers. The
// setting "do" says how.
package main

import (
	"os"
	"strconv"
	"time"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

var _ = postern.Register(postern.Plugin{
	Manifest: hook.Manifest{
		ID: "guest", Version: "1.0.0", Description: "For a test.",
		Settings: hook.FromObject(hook.Object{{Name: "type", Value: hook.String("object")}}),
		Samples:  []hook.Sample{{Hook: hook.ClaimsMap, Input: hook.FromObject(hook.Object{})}},
	},
	Claims: claims,
})

// What a plugin might keep from one call to the next.
var (
	calls     int
	lastUser  string
	cache     = map[string]string{}
	channel   = make(chan string, 100)
	heap      []*hook.User
	firstSeen time.Time
)

func main() {}

func claims(in *hook.ClaimsInput) (*hook.ClaimsOutput, error) {
	do, _ := in.Settings.Object().Get("do")
	out := &hook.ClaimsOutput{}
	out.Set.Set("calls", hook.String(strconv.Itoa(calls)))
	out.Set.Set("last", hook.String(lastUser))
	out.Set.Set("cached", hook.String(strconv.Itoa(len(cache)+len(channel)+len(heap))))
	if in.User.ID != "" { // the samples of the self-test have none
		calls++
		lastUser = in.User.ID
		cache[in.User.ID] = in.User.Email
		channel <- in.User.ID
		heap = append(heap, &in.User)
	}
	switch do.Text() {
	case "panic":
		panic("no more")
	case "nil":
		var user *hook.User
		out.Set.Set("x", hook.String(user.Name))
	case "exit":
		os.Exit(3)
	case "deadlock":
		<-make(chan int)
	case "sleep":
		time.Sleep(24 * time.Hour)
	case "sleep forever":
		for {
			time.Sleep(time.Hour)
		}
	case "goroutine":
		go func() {
			for {
				time.Sleep(time.Millisecond)
				calls++
			}
		}()
	case "memory":
		for {
			heap = append(heap, &hook.User{Bio: string(make([]byte, 1<<20))})
		}
	case "environment":
		_, err := os.ReadFile("/etc/passwd")
		out.Set.Set("environment", hook.String(strconv.Itoa(len(os.Environ())+len(os.Args))))
		out.Set.Set("file", hook.Bool(err == nil))
	case "log":
		postern.Log("hello\nfrom " + in.User.ID)
	}
	return out, nil
}
