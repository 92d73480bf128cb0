// Package replay has host calls that were written down with their answers, and
// the test cases that contain them (sdk/abi.md section 10).
//
// It owns what it means that a plugin asked or gave the same: a [Player] gives
// recorded answers to a plugin that asks what was recorded, a [Case] is an input
// with the output that it must have. It runs no plugin, reads nothing but the
// folder that it is given, and never looks at a clock.
//
// The host imports it for the samples of a manifest and for postern plugin test,
// the Go SDK for plain go test. Plugins do not.
package replay
