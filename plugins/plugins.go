// Package plugins holds the shipped plugins as one WebAssembly module. It owns
// the bytes and nothing else; core/app hands them to the plugin host.
//
// Each plugin is a package of its own in a folder beside this file, written with
// the Go SDK as anybody's plugin is. Their module is built by
//
//	go generate ./plugins
//
// and committed, so that building Postern needs nothing but Go.
package plugins

import _ "embed"

//go:generate env GOOS=wasip1 GOARCH=wasm CGO_ENABLED=0 GOWASM= GOFLAGS= GOEXPERIMENT= go build -buildmode=c-shared -trimpath -buildvcs=false "-ldflags=-s -w -buildid=" -o builtin.wasm ./builtin

//go:embed builtin.wasm
var builtin []byte

// Builtin returns the module. Callers must not change it.
func Builtin() []byte { return builtin }
