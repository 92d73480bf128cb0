package hook_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

func TestBody(t *testing.T) {
	for _, test := range []struct{ body, text, encoded string }{
		{"", "", ""}, {"é\n", "é\n", ""}, {"\x00", "\x00", ""}, {"\xff\x00", "", "/wA="}, {"a\xc3", "", "YcM="},
	} {
		var request hook.Fetch
		request.SetBody([]byte(test.body))
		if request.Body != test.text || request.BodyBase64 != test.encoded {
			t.Errorf("%q is written as %q and %q", test.body, request.Body, request.BodyBase64)
		}
		var response hook.FetchResponse
		response.SetBody([]byte(test.body))
		for _, read := range []func() ([]byte, error){request.Bytes, response.Bytes} {
			if got, err := read(); err != nil || !bytes.Equal(got, []byte(test.body)) {
				t.Errorf("%q is read as %q, %v", test.body, got, err)
			}
		}
	}
}

func TestBodyRefuses(t *testing.T) {
	for _, request := range []hook.Fetch{{BodyBase64: "a"}, {BodyBase64: "YQ"}, {BodyBase64: "Y*=="}, {Body: "a", BodyBase64: "YQ=="}} {
		var wrong *hook.CapabilityError
		if body, err := request.Bytes(); !errors.As(err, &wrong) || wrong.Code != hook.CodeInvalidRequest {
			t.Errorf("%+v is read as %q, %v", request, body, err)
		}
	}
}
