package authn

import (
	"fmt"
	"regexp"
	"strconv"

	"golang.org/x/crypto/bcrypt"
)

// maxBcryptCost takes about a second.
const maxBcryptCost = 14

// bcryptReads is how many bytes of a password bcrypt looks at.
const bcryptReads = 72

var bcryptForm = regexp.MustCompile(`^\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}$`)

// bcryptHash is what OpenBSD's bcrypt and its descendants write.
type bcryptHash struct{ text string }

func parseBcrypt(s string) (kept, error) {
	parts := bcryptForm.FindStringSubmatch(s)
	if parts == nil {
		return nil, fmt.Errorf("the bcrypt hash is malformed")
	}
	if cost, _ := strconv.Atoi(parts[1]); cost < bcrypt.MinCost || cost > maxBcryptCost {
		return nil, fmt.Errorf("the bcrypt hash has the cost %d, and %d to %d are accepted", cost, bcrypt.MinCost, maxBcryptCost)
	}
	return bcryptHash{s}, nil
}

func (h bcryptHash) matches(password string) bool {
	return bcrypt.CompareHashAndPassword([]byte(h.text), []byte(password)) == nil
}

func (h bcryptHash) String() string { return h.text }
