package oauth

import "encoding/json"

// Body is the JSON body of the refusal (RFC 6749 section 5.2).
func (e *Error) Body() []byte {
	body, err := json.Marshal(struct {
		Code        string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{e.Code, e.Description})
	if err != nil {
		panic(err) // two strings always become JSON
	}
	return body
}

// Describe makes words fit for an error description: what may not be in one becomes
// something like it.
func Describe(words string) string {
	const most = 400
	kept := make([]byte, 0, len(words))
	for _, r := range words {
		if len(kept) == most {
			break
		}
		switch {
		case r == '"' || r == '\\':
			kept = append(kept, '\'')
		case r >= ' ' && r <= '~':
			kept = append(kept, byte(r))
		default:
			kept = append(kept, '?')
		}
	}
	return string(kept)
}

// isDescription checks the characters of error_description (RFC 6749 section
// 5.2): %x20-21 / %x23-5B / %x5D-7E.
func isDescription(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
