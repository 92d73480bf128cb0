package rest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
)

// cursors seals where a page ends, bound to the list that it is of: nobody makes one up or
// goes on with it in another list.
type cursors struct{ key [32]byte }

const sealSize = 16

// seal gives the cursor behind the place.
func (c cursors) seal(list string, place ...string) string {
	payload, err := json.Marshal(place)
	if err != nil {
		panic("rest: strings cannot be marshalled: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(append(c.mac(list, payload), payload...))
}

// open gives the place, of so many parts.
func (c cursors) open(list, cursor string, parts int) ([]string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(raw) < sealSize || !hmac.Equal(raw[:sealSize], c.mac(list, raw[sealSize:])) {
		return nil, malformed("after is no cursor of this list: send the next of a page back as it came, with the same filter")
	}
	var place []string
	if err := json.Unmarshal(raw[sealSize:], &place); err != nil || len(place) != parts {
		return nil, malformed("after is no cursor of this list")
	}
	return place, nil
}

func (c cursors) mac(list string, payload []byte) []byte {
	mac := hmac.New(sha256.New, c.key[:])
	mac.Write([]byte(list))
	mac.Write([]byte{0})
	mac.Write(payload)
	return mac.Sum(nil)[:sealSize]
}
