package rest

import (
	"net/http"
	"testing"
)

// BenchmarkBuild is what the first request waits for.
func BenchmarkBuild(b *testing.B) {
	for b.Loop() {
		r := newRoutes(http.NewServeMux(), &Server{})
		r.families()
	}
}

func BenchmarkDocument(b *testing.B) {
	for b.Loop() {
		if _, err := Document(); err != nil {
			b.Fatal(err)
		}
	}
}
