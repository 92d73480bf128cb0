// Package postern is the Go SDK for plugins of Postern.
//
// A plugin is a [Plugin] value: a manifest and a function for each hook that it
// implements. The functions take and give the messages of package hook, so they
// are tested with plain go test; nothing of this package needs WebAssembly until
// the module is built:
//
//	package main
//
//	import (
//		postern "github.com/postern-id/postern/sdk/go"
//		"github.com/postern-id/postern/sdk/hook"
//	)
//
//	var _ = postern.Register(postern.Plugin{
//		Manifest: hook.Manifest{ID: "department", Version: "1.0.0", Description: "Adds the department."},
//		Claims: func(in *hook.ClaimsInput) (*hook.ClaimsOutput, error) {
//			out := &hook.ClaimsOutput{}
//			if v, ok := in.User.Attributes.Get("department"); ok {
//				out.Set.Set("department", v)
//			}
//			return out, nil
//		},
//	})
//
//	func main() {}
//
// Build it with
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags='-s -w -buildid=' -o plugin.wasm
//
// or, to a module a twentieth of the size, with TinyGo; sdk/README.md has the command
// and what is different then.
//
// # Asking the host
//
// [Fetch], [FetchAll], [VerifyJWT], [KVGet] and its kin, [Secret], [ExchangeOIDC],
// [ExchangeOAuth], [LDAPBind], [LDAPSearch] and [Now] are capabilities: the manifest
// asks for them, the operator grants them, and the host answers the error denied
// where that was not done. [Random] and [Log] need no grant. The functions are in
// every plugin's reach and only those that it calls are in its module.
//
// In plain go test package posterntest stands in for the host: it plays calls that
// were written down, answers with functions, and runs the test cases of a folder.
//
// # What this package keeps to
//
// It uses neither reflection nor goroutines nor package fmt: they would cost every
// guest time and memory, and TinyGo does not have all of it. It needs Go 1.24, the
// first that can export a function to WebAssembly, and nothing newer. It owns the
// guest's half of sdk/abi.md and nothing else. It has no state but the list of
// plugins that the module registered. Plugins import it; the host never does.
package postern
