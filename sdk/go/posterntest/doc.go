//go:build !wasip1

// Package posterntest tests plugins with plain go test: no WebAssembly, no server,
// no network. It stands in for the host that the functions of package postern ask.
//
// [Run] runs the test cases of a folder, the same files that postern plugin test
// runs against the built module:
//
//	func TestCases(t *testing.T) { posterntest.Run(t, module, "cases") }
//
// [Play] plays written-down host calls to a test that calls the plugin's functions
// itself:
//
//	posterntest.Play(t, posterntest.Call(hook.KV, `{"op":"get","key":"seen"}`, `{"found":true,"value":"1"}`))
//	out, err := claims(&hook.ClaimsInput{...})
//
// A [Host] answers with functions, for tests that do not want to say each call:
//
//	host := &posterntest.Host{Secrets: map[string]string{"api": "s3cret"}, Now: func() int64 { return 0 }}
//	host.Use(t)
//
// Whatever stands in does so until the test ends. Requests and answers pass through
// the same JSON as in the server, so a request that the host would not understand
// fails here too. Tests with a host of their own must not run in parallel.
//
// It owns no behaviour of the real host: grants, limits and time-outs are tried with
// postern plugin run. Only tests import it.
package posterntest
