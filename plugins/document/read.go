package document

import (
	"errors"
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

// Read gives the JSON value that a response has. Whose names the answer in errors, which
// never repeat what it says: "the answer of api.github.com/user".
func Read(r *hook.FetchResponse, whose string) (hook.Value, error) {
	body, err := r.Bytes()
	if err != nil {
		return hook.Value{}, errors.New(whose + " cannot be read: " + err.Error())
	}
	v, err := hook.Parse(body)
	if err != nil {
		return hook.Value{}, errors.New(whose + " is no JSON that can be read: " + err.Error())
	}
	return v, nil
}

// Header gives a header of a response by its name in lower case; empty if there is none.
func Header(r *hook.FetchResponse, name string) string {
	v, _ := r.Headers.Get(name)
	return v.Text()
}

// Remark makes one line, of 200 bytes at most, of what somebody else wrote, for a log.
func Remark(text string) string {
	line := strings.Map(func(c rune) rune {
		if c < ' ' || c >= 0x7f && c < 0xa0 || c == 0x2028 || c == 0x2029 { // package unicode would cost every guest its tables
			return ' '
		}
		return c
	}, text)
	return strings.TrimSpace(strings.ToValidUTF8(line[:min(len(line), 200)], ""))
}
