package scim

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// version stands for a state of a resource: it is another one if any of the parts is. It is
// written as an ETag, a weak one, as attributes of an answer can be left out (RFC 7644
// section 3.14).
func version(parts ...any) string {
	text, err := json.Marshal(parts)
	if err != nil {
		return "" // a time beyond the year 9999, which no row has
	}
	sum := sha256.Sum256(text)
	return `W/"` + hex.EncodeToString(sum[:10]) + `"`
}

// etags are those of a header If-Match or If-None-Match, as they were sent.
type etags []string

func readETags(header string) etags {
	var tags etags
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}

// has reports whether the version is one of them. Weak and strong ones are compared alike:
// RFC 7644 has clients send weak ones in If-Match.
func (e etags) has(version string) bool {
	for _, tag := range e {
		if tag == "*" || strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(version, "W/") {
			return true
		}
	}
	return false
}

// precondition is what a client says of the state of a resource: that it is one of some, and
// none of others (RFC 7644 section 3.14, RFC 9110 section 13.1).
type precondition struct{ match, none etags }

// allows reports whether a resource of the version may be changed. Without tags any may.
func (p precondition) allows(version string) bool {
	return (len(p.match) == 0 || p.match.has(version)) && !p.none.has(version)
}

// says reports whether the client said anything.
func (p precondition) says() bool { return len(p.match)+len(p.none) > 0 }
