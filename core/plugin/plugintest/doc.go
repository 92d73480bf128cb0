// Package plugintest holds modules to what the SDKs promise, in the sandbox of the
// server.
//
// It owns the proofs that every SDK's guest must pass: the vectors, that the same
// input takes the same fuel, and that nothing of one call is there in the next. The
// tests of the SDKs and of plugin import it, and nothing else does.
package plugintest
