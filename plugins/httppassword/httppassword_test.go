package httppassword_test

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/plugins/httppassword"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/go/posterntest"
	"github.com/postern-id/postern/sdk/hook"
)

func TestCases(t *testing.T) {
	posterntest.Run(t, postern.NewModule(httppassword.Plugin()), "cases")
}

// service answers always the same, and notes what it is asked.
type service struct {
	says  hook.FetchResponse
	fails error
	asked []*hook.Fetch
}

func (s *service) use(t *testing.T) {
	t.Helper()
	(&posterntest.Host{Fetch: func(r *hook.Fetch) (*hook.FetchResponse, error) {
		s.asked = append(s.asked, r)
		return &s.says, s.fails
	}}).Use(t)
}

func says(status int, body string) *service {
	return &service{says: hook.FetchResponse{Status: status, Body: body}}
}

const plain = `{"url":"https://users.example.com/check"}`

func check(in *hook.PasswordInput) (string, error) {
	out, err := httppassword.Check(in)
	if err != nil {
		return "", err
	}
	return string(out.AppendJSON(nil)), nil
}

func jane(t *testing.T, settings string) *hook.PasswordInput {
	t.Helper()
	return &hook.PasswordInput{Settings: posterntest.Value(t, settings), Name: "jane", Password: "correct horse"}
}

// TestRequest holds what README.md tells the service's author.
func TestRequest(t *testing.T) {
	const headers = `"headers":{"accept":"application/json","content-type":"application/json"}`
	for name, test := range map[string]struct {
		settings string
		change   func(*hook.PasswordInput)
		want     string
	}{
		"all that is known": {plain, func(in *hook.PasswordInput) {
			in.Organisation.Name, in.Client = "built-in", hook.Client{ID: "c1", Name: "Confluence"}
			in.Address = "203.0.113.7"
		}, headers + `,"body":"{\"name\":\"jane\",\"password\":\"correct horse\",\"organisation\":\"built-in\",\"client\":\"c1\",\"address\":\"203.0.113.7\"}","secrets":[{"header":"authorization","name":"token","prefix":"Bearer "}]`},
		"no token": {`{"url":"https://users.example.com/check","send_token":false}`, nil, headers + `,"body":"{\"name\":\"jane\",\"password\":\"correct horse\"}"`},
		"another header": {`{"url":"https://users.example.com/check","send_token":true,"token_header":"x-api-key","token_prefix":""}`, nil,
			headers + `,"body":"{\"name\":\"jane\",\"password\":\"correct horse\"}","secrets":[{"header":"x-api-key","name":"token"}]`},
		"signs of JSON": {plain, func(in *hook.PasswordInput) { in.Name, in.Password = "a\"\\\n", "\",\"name\":\"root\x00\u2028" },
			headers + `,"body":"{\"name\":\"a\\\"\\\\\\n\",\"password\":\"\\\",\\\"name\\\":\\\"root\\u0000` + "\u2028" + `\"}","secrets":[{"header":"authorization","name":"token","prefix":"Bearer "}]`},
	} {
		s := says(401, "")
		s.use(t)
		in := jane(t, test.settings)
		if test.change != nil {
			test.change(in)
		}
		if _, err := check(in); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		request := hook.FetchRequest{Requests: []hook.Fetch{*s.asked[0]}}
		want := `{"requests":[{"method":"POST","url":"https://users.example.com/check",` + test.want + `}]}`
		if got := string(request.AppendJSON(nil)); got != want {
			t.Errorf("%s:\nasks %s\nwant %s", name, got, want)
		}
		body, err := hook.ParseObject([]byte(s.asked[0].Body))
		if password, _ := body.Get("password"); err != nil || password.Text() != in.Password {
			t.Errorf("%s: the service reads the password %q, %v", name, password.Text(), err)
		}
	}
}

func TestIdentity(t *testing.T) {
	for name, test := range map[string]struct{ settings, says, want string }{
		"all that an answer has": {plain,
			`{"subject":4711,"name":"jane","email":"jane@example.com","email_verified":true,"display_name":"Jane Doe","given_name":"Jane","family_name":"Doe","picture":"https://users.example.com/j.png","locale":"de","phone":"+1 555 0100",
				"groups":["staff"],"attributes":{"department":"R&D","floor":3},"amr":["pwd","otp"],"acr":"2","claims":{"tenant":7},"more":"is ignored","deny":false}`,
			`{"identity":{"subject":"4711","name":"jane","email":"jane@example.com","email_verified":true,"display_name":"Jane Doe","given_name":"Jane","family_name":"Doe","picture":"https://users.example.com/j.png","locale":"de","phone":"+1 555 0100",` +
				`"groups":["staff"],"attributes":{"department":"R&D"},"amr":["pwd","otp"],"acr":"2","claims":{"tenant":7}}}`},
		"hardly anything": {plain, `{"subject":"u1"}`, `{"identity":{"subject":"u1"}}`},
		"wrong types": {plain, `{"subject":"u1","name":7,"email":["a@b.example"],"email_verified":true,"groups":"staff","attributes":["x"],"amr":7,"acr":true,"claims":"x","picture":"ftp://x"}`,
			`{"identity":{"subject":"u1","groups":["staff"]}}`},
		"an address that is not verified": {plain, `{"subject":"u1","email":"a@b.example","email_verified":"true"}`, `{"identity":{"subject":"u1","email":"a@b.example"}}`},
		"an address that is trusted":      {`{"url":"https://u.example","trust_email":true}`, `{"subject":"u1","email":"a@b.example"}`, `{"identity":{"subject":"u1","email":"a@b.example","email_verified":true}}`},
		"one that is not, though":         {`{"url":"https://u.example","trust_email":true}`, `{"subject":"u1","email":"a@b.example","email_verified":false}`, `{"identity":{"subject":"u1","email":"a@b.example"}}`},
		"another shape": {`{"url":"https://u.example","paths":{"subject":"user.uid","name":"user.login","groups":"user.roles.*.id"},"attributes":{"department":"user.unit"}}`,
			`{"subject":"no","name":"no","attributes":{"no":"no"},"user":{"uid":7,"login":"jane","roles":[{"id":"a"},{"id":"b"}],"unit":"R&D"}}`,
			`{"identity":{"subject":"7","name":"jane","groups":["a","b"],"attributes":{"department":"R&D"}}}`},
	} {
		says(200, test.says).use(t)
		if got, err := check(jane(t, test.settings)); err != nil || got != test.want {
			t.Errorf("%s:\ngot  %s (%v)\nwant %s", name, got, err, test.want)
		}
	}
}

func TestDenies(t *testing.T) {
	for name, s := range map[string]*service{
		"401": says(401, `{"subject":"u1"}`), "403": says(403, ``), "404": says(404, `<html>`), "deny": says(200, `{"deny":true}`), "deny and more": says(200, `{"subject":"u1","deny":true}`),
	} {
		s.use(t)
		if got, err := check(jane(t, plain)); err != nil || !strings.HasPrefix(got, `{"deny":true,"reason":"the password service `) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

// TestFails holds that what is no clear answer is nobody's fault, and that no error
// repeats the answer: it may repeat the password.
func TestFails(t *testing.T) {
	for name, test := range map[string]struct {
		service *service
		want    string
	}{
		"away":                   {&service{fails: &hook.CapabilityError{Code: hook.CodeUnavailable, Message: "connection refused"}}, "connection refused"},
		"not granted":            {&service{fails: &hook.CapabilityError{Code: hook.CodeDenied, Message: "postern plugin grant"}}, "postern plugin grant"},
		"500":                    {says(500, `{"deny":true}`), "has the status 500"},
		"429":                    {says(429, ``), "has the status 429"},
		"400":                    {says(400, `correct horse`), "has the status 400"},
		"a redirect":             {says(302, ``), "has the status 302"},
		"no content":             {says(204, ``), "has the status 204"},
		"created":                {says(201, `{"subject":"u1"}`), "has the status 201"},
		"nothing":                {says(200, ``), "is no JSON"},
		"a page":                 {says(200, `<p>correct horse`), "is no JSON"},
		"a list":                 {says(200, `[{"subject":"u1"}]`), "is no object"},
		"yes":                    {says(200, `true`), "is no object"},
		"an empty object":        {says(200, `{}`), "has nothing at subject"},
		"what was sent":          {says(200, `{"name":"jane","password":"correct horse"}`), "has nothing at subject"},
		"nobody":                 {says(200, `{"subject":""}`), "nobody's name"},
		"an id of zero":          {says(200, `{"subject":0}`), "nobody's name"},
		"a flag":                 {says(200, `{"subject":true}`), "neither a text nor a whole number"},
		"a member twice":         {says(200, `{"subject":"u1","subject":"u2"}`), "is no JSON"},
		"a no that is a text":    {says(200, `{"subject":"u1","deny":"true"}`), "neither true nor false"},
		"a no that is a number":  {says(200, `{"subject":"u1","deny":1}`), "neither true nor false"},
		"a no that is not there": {says(200, `{"subject":"u1","deny":null}`), "neither true nor false"},
	} {
		test.service.use(t)
		got, err := check(jane(t, plain))
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "correct horse") {
			t.Errorf("%s: %s, %v; want %s", name, got, err, test.want)
		}
	}
}

func TestNothingIsSentForNothing(t *testing.T) {
	for name, typed := range map[string][2]string{
		"no name": {"", "x"}, "spaces": {" \t\n", "x"}, "no password": {"jane", ""}, "a giant name": {strings.Repeat("x", 257), "x"}, "a giant password": {"jane", strings.Repeat("x", 4097)},
	} {
		s := says(200, `{"subject":"u1"}`)
		s.use(t)
		in := jane(t, plain)
		in.Name, in.Password = typed[0], typed[1]
		if got, err := check(in); err != nil || !strings.HasPrefix(got, `{"deny":true,`) || len(s.asked) > 0 {
			t.Errorf("%s: %s, %v, asked %d times", name, got, err, len(s.asked))
		}
	}
}
