package token

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// Subjects gives the names by which clients know people: the sub claim. The zero
// Subjects is for servers without pairwise clients alone.
type Subjects struct {
	// Key derives pairwise names. It must stay the same over restarts, or no client
	// knows anybody again.
	Key [32]byte
}

// Of gives the name of a person at a client. For a client of the type pairwise it is one
// that no other sector knows them by, and from which nobody else can tell who it is
// (OpenID Connect Core section 8.1); for all others it is the user's identifier.
func (s Subjects) Of(client *core.Client, user core.ID) string {
	if client.Metadata.SubjectType != core.SubjectPairwise || user == "" {
		return string(user)
	}
	// A client without a sector is one by itself, so that nothing is told by mistake.
	sector := cmp.Or(oauth.Sector(client), "client:"+client.ID)
	mac := hmac.New(sha256.New, s.Key[:])
	mac.Write([]byte("pairwise subject\x00" + sector + "\x00" + string(user)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
