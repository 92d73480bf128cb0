package oauth_test

import (
	"reflect"
	"testing"

	"github.com/postern-id/postern/core/oauth"
)

const issuer = "https://id.example"

func TestResponseURL(t *testing.T) {
	for _, test := range []struct{ redirectURI, mode, want string }{
		{"https://rp.example/cb", oauth.ModeQuery, "https://rp.example/cb?code=a%2Bb&iss=https%3A%2F%2Fid.example"},
		{"https://rp.example/cb?x=%20y", oauth.ModeQuery, "https://rp.example/cb?x=%20y&code=a%2Bb&iss=https%3A%2F%2Fid.example"},
		{"https://rp.example/cb?", oauth.ModeQuery, "https://rp.example/cb?&code=a%2Bb&iss=https%3A%2F%2Fid.example"},
		{"https://rp.example/cb?x=y", oauth.ModeFragment, "https://rp.example/cb?x=y#code=a%2Bb&iss=https%3A%2F%2Fid.example"},
		{"com.example.app:/cb", oauth.ModeQuery, "com.example.app:/cb?code=a%2Bb&iss=https%3A%2F%2Fid.example"},
	} {
		response := oauth.AuthorizeResponse(test.redirectURI, test.mode, issuer, oauth.Field{Name: "code", Value: "a+b"})
		if got := response.URL(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// TestResponseHasIssuer is number 27: also an error says who answers.
func TestResponseHasIssuer(t *testing.T) {
	request := &oauth.AuthorizeRequest{RedirectURI: "https://rp.example/cb", ResponseMode: oauth.ModeFormPost, State: "s", StateGiven: true}
	denied := request.Refuse(oauth.Refuse(oauth.CodeAccessDenied, "cancelled", "The person cancelled."))
	if denied.Shown() {
		t.Error("shown, though it has somewhere to go")
	}
	for _, test := range []struct {
		got  oauth.Response
		want []oauth.Field
	}{
		{request.Issued(issuer, oauth.Answer{Code: "c"}), []oauth.Field{{Name: "code", Value: "c"}, {Name: "state", Value: "s"}, {Name: "iss", Value: issuer}}},
		{denied.Response(issuer), []oauth.Field{
			{Name: "error", Value: "access_denied"}, {Name: "error_description", Value: "The person cancelled."},
			{Name: "state", Value: "s"}, {Name: "iss", Value: issuer},
		}},
	} {
		want := oauth.Response{RedirectURI: "https://rp.example/cb", Mode: oauth.ModeFormPost, Fields: test.want}
		if !reflect.DeepEqual(test.got, want) {
			t.Errorf("got  %+v\nwant %+v", test.got, want)
		}
	}
}

func TestResponseInventsNoState(t *testing.T) {
	request := &oauth.AuthorizeRequest{RedirectURI: "https://rp.example/cb", ResponseMode: oauth.ModeQuery}
	want := "https://rp.example/cb?code=c&iss=https%3A%2F%2Fid.example"
	if got := request.Issued(issuer, oauth.Answer{Code: "c"}).URL(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestResponseLeavesItsFieldsAlone(t *testing.T) {
	fields := make([]oauth.Field, 1, 4)
	fields[0] = oauth.Field{Name: "code", Value: "c"}
	first := oauth.AuthorizeResponse("https://rp.example/cb", oauth.ModeQuery, "https://one.example", fields...)
	oauth.AuthorizeResponse("https://rp.example/cb", oauth.ModeQuery, "https://two.example", fields...)
	if first.Fields[1].Value != "https://one.example" {
		t.Errorf("two responses share their fields: %v", first.Fields)
	}
}

func TestErrorBody(t *testing.T) {
	for _, test := range []struct {
		refusal *oauth.Error
		want    string
	}{
		{oauth.Refuse(oauth.CodeInvalidGrant, "code_used", "The code was used."), `{"error":"invalid_grant","error_description":"The code was used."}`},
		{&oauth.Error{Code: oauth.CodeInvalidGrant}, `{"error":"invalid_grant"}`},
	} {
		if got := string(test.refusal.Body()); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}
