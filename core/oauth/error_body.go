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
