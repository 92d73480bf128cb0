package oauth_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/postern-id/postern/core/oauth"
)

func TestParseQuery(t *testing.T) {
	for _, test := range []struct {
		raw  string
		want url.Values
	}{
		{"", url.Values{}},
		{"a=1&b=2", url.Values{"a": {"1"}, "b": {"2"}}},
		{"a=x+y%20z", url.Values{"a": {"x y z"}}},
		{"a=&b", url.Values{}}, // without a value: omitted
		{"&&a=1&", url.Values{"a": {"1"}}},
		{"a=b=c;d", url.Values{"a": {"b=c;d"}}},
		{"%61=%C3%A9", url.Values{"a": {"é"}}},
		{"a=é", url.Values{"a": {"é"}}},
		{"a=%0D%0A", url.Values{"a": {"\r\n"}}},
	} {
		p, err := oauth.ParseQuery(test.raw)
		if err != nil || !reflect.DeepEqual(p.Values(), test.want) {
			t.Errorf("%q: %v, %v; want %v", test.raw, p.Values(), err, test.want)
		}
	}
}

func TestParamsHave(t *testing.T) {
	p := parse(t, "a=1&b=")
	if !p.Has("a") || p.Get("a") != "1" || p.Has("b") || p.Get("b") != "" || p.Has("c") {
		t.Errorf("%v", p.Values())
	}
	p.Values().Set("a", "2")
	if p.Get("a") != "1" {
		t.Error("the copy is no copy")
	}
	var none oauth.Params
	if none.Has("a") || none.Get("a") != "" || none.Values() == nil {
		t.Error("the zero value has something")
	}
	stored := oauth.ParamsOf(url.Values{"a": {"1", "2"}, "b": {}, "c": {""}})
	if !reflect.DeepEqual(stored.Values(), url.Values{"a": {"1"}}) {
		t.Errorf("stored: %v", stored.Values())
	}
}

func TestParseForm(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	for _, test := range []struct {
		kind, body string
		status     int // 0: accepted
	}{
		{form, "grant_type=authorization_code", 0},
		{form + "; charset=UTF-8", "grant_type=authorization_code", 0},
		{"Application/X-WWW-Form-URLencoded", "grant_type=authorization_code", 0},
		{form, strings.Repeat("&", oauth.MaxParamsBytes), 0},
		{form, strings.Repeat("&", oauth.MaxParamsBytes+1), http.StatusRequestEntityTooLarge}, // 52
		{form, "a=1&a=2", http.StatusBadRequest},                                              // 51
		{"application/json", `{"grant_type":"authorization_code"}`, http.StatusBadRequest},    // 51
		{"multipart/form-data; boundary=x", "", http.StatusBadRequest},
		{form + "; charset=utf-16", "", http.StatusBadRequest},
		{form + ";;", "", http.StatusBadRequest},
		{"", "a=1", http.StatusBadRequest},
	} {
		_, err := oauth.ParseForm(test.kind, []byte(test.body))
		if test.status == 0 && err != nil {
			t.Errorf("%s %.40q: %v", test.kind, test.body, err)
		} else if test.status != 0 && (err == nil || oauth.AsError(err).Status != test.status) {
			t.Errorf("%s %.40q: %v, want status %d", test.kind, test.body, err, test.status)
		}
	}
}

func TestAsError(t *testing.T) {
	refusal := oauth.Refuse(oauth.CodeInvalidGrant, "code_used", "The code was used.")
	if oauth.AsError(nil) != nil || oauth.AsError(refusal) != refusal || oauth.AsError(fmt.Errorf("answer: %w", refusal)) != refusal {
		t.Error("a refusal is lost on its way")
	}
	cause := errors.New("disk full")
	if failed := oauth.AsError(cause); failed.Status != 500 || failed.Code != oauth.CodeServerError || !errors.Is(failed, cause) {
		t.Errorf("%+v", failed)
	}
}

// FuzzParseQuery compares with the standard library's parser: what is accepted
// means the same to both, and can be read again.
func FuzzParseQuery(f *testing.F) {
	for _, seed := range []string{"", "a=1&b=2", "a=%zz", "a=1&a=2", "%61=1&a=", "a=%00", "a=+%2B", "=x", "a;b=1", "a=\xff", "a=%C3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		p, err := oauth.ParseQuery(raw)
		if err != nil {
			if oauth.AsError(err).Code != oauth.CodeInvalidRequest {
				t.Errorf("error %v", err)
			}
			return
		}
		for name, values := range p.Values() {
			if len(values) != 1 || values[0] == "" || !utf8.ValidString(name+values[0]) || strings.Contains(name+values[0], "\x00") {
				t.Errorf("%q: %q", name, values)
			}
		}
		if !strings.Contains(raw, ";") { // which the standard library refuses
			standard, err := url.ParseQuery(raw)
			if err != nil {
				t.Fatalf("accepted what net/url refuses: %v", err)
			}
			for name, values := range standard {
				if values[0] != p.Get(name) {
					t.Errorf("%q is %q, to net/url %q", name, p.Get(name), values[0])
				}
			}
		}
		if again, err := oauth.ParseQuery(p.Values().Encode()); err != nil || !reflect.DeepEqual(again, p) {
			t.Errorf("read again: %v, %v", again, err)
		}
	})
}
