package jose

import (
	"encoding/json"
	"fmt"

	"github.com/postern-id/postern/core/strict"
)

// Claimed is what a token says of itself, before anything of it is verified. It tells
// by which keys the token is to be verified and what it was made as, and nothing else.
type Claimed struct {
	Alg     string
	Typ     string // empty if there is none
	Issuer  string // empty if there is none, or none that is a string
	Subject string
}

// Peek reads what a token claims. The error is an [ErrMalformed].
func Peek(token string) (Claimed, error) {
	p, h, err := parseForeign(token)
	if err != nil {
		return Claimed{}, err
	}
	payload, err := decode(p.payload)
	if err != nil {
		return Claimed{}, fmt.Errorf("%w: its payload", ErrMalformed)
	}
	members, err := strict.Members(payload)
	if err != nil {
		return Claimed{}, fmt.Errorf("%w: its payload", ErrMalformed)
	}
	claimed := Claimed{Alg: h.alg, Typ: h.typ}
	for name, target := range map[string]*string{"iss": &claimed.Issuer, "sub": &claimed.Subject} {
		if json.Unmarshal(members[name], target) != nil {
			*target = ""
		}
	}
	return claimed, nil
}
