package rest

import (
	"net/http"
	"strings"
)

// conditional answers 304 in place of what the client has already (RFC 9110 section 13.1.2).
type conditional struct {
	http.ResponseWriter
	has      string // If-None-Match
	modified bool   // there is a body
	begun    bool
}

// WriteHeader compares what the client has with the version of the answer.
func (c *conditional) WriteHeader(status int) {
	if c.begun {
		return
	}
	c.begun = true
	h := c.Header()
	c.modified = status != http.StatusOK || !noneMatch(c.has, h.Get("ETag"))
	if !c.modified {
		status = http.StatusNotModified
		h.Del("Content-Type")
		h.Del("Content-Length")
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write leaves out what the client has.
func (c *conditional) Write(p []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	if !c.modified {
		return len(p), nil
	}
	return c.ResponseWriter.Write(p)
}

// Unwrap is for [http.ResponseController].
func (c *conditional) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// noneMatch reports whether an If-None-Match header has the entity tag, or is *. The
// comparison is the weak one: a proxy that compresses answers makes tags weak.
func noneMatch(header, tag string) bool {
	if tag == "" {
		return false
	}
	for one := range strings.SplitSeq(header, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == tag {
			return true
		}
	}
	return false
}
