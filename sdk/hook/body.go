package hook

import (
	"encoding/base64"
	"unicode/utf8"
)

// SetBody puts any bytes into a request: as text if they are, else in base64.
func (f *Fetch) SetBody(body []byte) {
	f.Body, f.BodyBase64 = body64(body)
}

// SetBody puts any bytes into a response: as text if they are, else in base64.
func (f *FetchResponse) SetBody(body []byte) {
	f.Body, f.BodyBase64 = body64(body)
}

// Bytes gives the body of a request, however it was written. The error is a
// [*CapabilityError].
func (f *Fetch) Bytes() ([]byte, error) { return bodyOf(f.Body, f.BodyBase64) }

// Bytes gives the body of a response, however it was written. The error is a
// [*CapabilityError].
func (f *FetchResponse) Bytes() ([]byte, error) { return bodyOf(f.Body, f.BodyBase64) }

func body64(body []byte) (text, encoded string) {
	if utf8.Valid(body) {
		return string(body), ""
	}
	return "", base64.StdEncoding.EncodeToString(body)
}

func bodyOf(text, encoded string) ([]byte, error) {
	if encoded == "" {
		return []byte(text), nil
	}
	if text != "" {
		return nil, &CapabilityError{Code: CodeInvalidRequest, Message: "body and body_base64 are both given"}
	}
	body, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, &CapabilityError{Code: CodeInvalidRequest, Message: "body_base64: " + err.Error()}
	}
	return body, nil
}
