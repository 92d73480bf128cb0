package document_test

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/plugins/document"
	"github.com/postern-id/postern/sdk/hook"
)

func TestRead(t *testing.T) {
	v, err := document.Read(&hook.FetchResponse{Body: `{"a":[1,"x"]}`}, "it")
	if got := string(v.AppendJSON(nil)); err != nil || got != `{"a":[1,"x"]}` {
		t.Errorf("%s, %v", got, err)
	}
	for name, test := range map[string]struct {
		response hook.FetchResponse
		want     string
	}{
		"nothing":        {hook.FetchResponse{}, "the answer is no JSON that can be read"},
		"HTML":           {hook.FetchResponse{Body: "<html>alice@example.com"}, "the answer is no JSON that can be read"},
		"a member twice": {hook.FetchResponse{Body: `{"a":1,"a":2}`}, "the answer is no JSON that can be read"},
		"two values":     {hook.FetchResponse{Body: `{} {}`}, "the answer is no JSON that can be read"},
		"no UTF-8":       {hook.FetchResponse{BodyBase64: "/w=="}, "the answer is no JSON that can be read"},
		"no base64":      {hook.FetchResponse{BodyBase64: "*"}, "the answer cannot be read"},
	} {
		_, err := document.Read(&test.response, "the answer")
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "alice") {
			t.Errorf("%s: got %v, want %s", name, err, test.want)
		}
	}
}

func TestHeader(t *testing.T) {
	r := &hook.FetchResponse{Headers: hook.Object{{Name: "link", Value: hook.String("<x>")}}}
	if got := document.Header(r, "link"); got != "<x>" {
		t.Errorf("got %q", got)
	}
	if got := document.Header(r, "etag"); got != "" {
		t.Errorf("a header that is not there is %q", got)
	}
}

func TestRemark(t *testing.T) {
	for text, want := range map[string]string{
		"Bad credentials":                "Bad credentials",
		" two\r\nlines\u2028\x00\u0085 ": "two  lines",
		"Größe":                          "Größe",
		strings.Repeat("x", 300):         strings.Repeat("x", 200),
		strings.Repeat("x", 199) + "ß":   strings.Repeat("x", 199),
	} {
		if got := document.Remark(text); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}
