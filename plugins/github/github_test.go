package github_test

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/plugins/github"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/go/posterntest"
	"github.com/postern-id/postern/sdk/hook"
)

func TestCases(t *testing.T) { posterntest.Run(t, postern.NewModule(github.Plugin()), "cases") }

func TestBegin(t *testing.T) {
	for name, test := range map[string]struct{ settings, more, want string }{
		"github.com": {
			`{"client_id":"c"}`, ``,
			`{"redirect":{"authorization_endpoint":"https://github.com/login/oauth/authorize","client_id":"c","scopes":["read:user","user:email"]}}`,
		},
		"with groups": {
			`{"client_id":"c","groups":"organisations"}`, ``,
			`{"redirect":{"authorization_endpoint":"https://github.com/login/oauth/authorize","client_id":"c","scopes":["read:user","user:email","read:org"]}}`,
		},
		"with teams that are allowed": {
			`{"client_id":"c","allowed_teams":["a/b"],"url":"https://github.com/"}`, ``,
			`{"redirect":{"authorization_endpoint":"https://github.com/login/oauth/authorize","client_id":"c","scopes":["read:user","user:email","read:org"]}}`,
		},
		"an Enterprise Server": {
			`{"client_id":"c","url":"https://github.example.com:8443"}`, ``,
			`{"redirect":{"authorization_endpoint":"https://github.example.com:8443/login/oauth/authorize","client_id":"c","scopes":["read:user","user:email"]}}`,
		},
		"hints": {
			`{"client_id":"c","allow_signup":false}`, `,"login_hint":"octocat","prompt":"select_account"`,
			`{"redirect":{"authorization_endpoint":"https://github.com/login/oauth/authorize","client_id":"c","scopes":["read:user","user:email"],"parameters":{"login":"octocat","prompt":"select_account","allow_signup":"false"}}}`,
		},
		"a new sign-in": {
			`{"client_id":"c","allow_signup":true}`, `,"prompt":"login"`,
			`{"redirect":{"authorization_endpoint":"https://github.com/login/oauth/authorize","client_id":"c","scopes":["read:user","user:email"],"parameters":{"prompt":"select_account"}}}`,
		},
	} {
		in, err := hook.ParseLoginInput([]byte(`{"phase":"begin","settings":` + test.settings + test.more + `}`))
		if err != nil {
			t.Fatal(err)
		}
		out, err := github.Begin(in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := string(out.AppendJSON(nil)); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, test.want)
		}
	}
}

func TestRefusesURL(t *testing.T) {
	for _, url := range []string{"http://github.example.com", "github.example.com", "https://", "https://a/b", "https://u@a.example", "https://a.example?x", "https://a.example#x", "ftp://a.example"} {
		in := &hook.LoginInput{Phase: hook.PhaseBegin, Settings: posterntest.Value(t, `{"client_id":"c","url":"`+url+`"}`)}
		if out, err := github.Begin(in); err == nil || !strings.Contains(err.Error(), "the setting url") {
			t.Errorf("%s: %+v, %v", url, out, err)
		}
		if out, err := github.Finish(in); err == nil || !strings.Contains(err.Error(), "the setting url") {
			t.Errorf("finish at %s: %+v, %v", url, out, err)
		}
	}
}

// gitHub answers by the path of the API, with query, as GitHub documents. What is not
// there gives GitHub's 404.
type gitHub struct {
	api     string // https://api.github.com if empty
	answers map[string]hook.FetchResponse
	refuses *hook.CapabilityError // the exchange
	asked   []string
}

const (
	userAnswer = `{"login":"octocat","id":583231,"node_id":"MDQ6VXNlcjU4MzIzMQ==","avatar_url":"https://avatars.githubusercontent.com/u/583231?v=4","gravatar_id":"","url":"https://api.github.com/users/octocat","html_url":"https://github.com/octocat","type":"User","user_view_type":"private","site_admin":false,"name":"The Octocat","company":"@github","blog":"https://github.blog","location":"San Francisco","email":"public@example.com","hireable":null,"bio":null,"two_factor_authentication":true}`
	mailAnswer = `[{"email":"old@example.com","primary":false,"verified":true,"visibility":null},{"email":"octocat@example.com","primary":true,"verified":true,"visibility":"private"}]`
	orgsAnswer = `[{"login":"octo-org","id":9919,"node_id":"MDEyOk9yZ2FuaXphdGlvbjk5MTk=","url":"https://api.github.com/orgs/octo-org","description":null},{"login":"Other","id":2}]`
	teamAnswer = `[{"id":1,"node_id":"MDQ6VGVhbTE=","name":"Justice League","slug":"justice-league","description":"A great team.","privacy":"closed","permission":"admin","parent":null,"organization":{"login":"octo-org","id":9919}}]`
)

func answer(status int, body string, headers ...string) hook.FetchResponse {
	r := hook.FetchResponse{Status: status, Body: body}
	for i := 0; i < len(headers); i += 2 {
		r.Headers.Set(headers[i], hook.String(headers[i+1]))
	}
	return r
}

// newGitHub is one that answers well; changes are paths with their answers.
func newGitHub(changes map[string]hook.FetchResponse) *gitHub {
	g := &gitHub{api: "https://api.github.com", answers: map[string]hook.FetchResponse{
		"/user": answer(200, userAnswer), "/user/emails?per_page=100": answer(200, mailAnswer),
		"/user/orgs?per_page=100": answer(200, orgsAnswer), "/user/teams?per_page=50": answer(200, teamAnswer),
	}}
	for path, change := range changes {
		g.answers[path] = change
	}
	return g
}

func (g *gitHub) use(t *testing.T) {
	t.Helper()
	exchanged := false
	(&posterntest.Host{
		ExchangeOAuth: func(r *hook.OAuthExchangeRequest) (*hook.OAuthExchangeAnswer, error) {
			g.asked = append(g.asked, r.TokenEndpoint)
			if g.refuses != nil {
				return nil, g.refuses
			}
			if r.ClientID != "c" || r.Secret != "client_secret" || r.AuthMethod != "client_secret_post" {
				t.Errorf("exchanges with %+v", r)
			}
			exchanged = true
			return &hook.OAuthExchangeAnswer{TokenType: "bearer", Scope: "read:user,user:email"}, nil
		},
		Fetch: func(r *hook.Fetch) (*hook.FetchResponse, error) {
			g.asked = append(g.asked, r.URL)
			version, _ := r.Headers.Get("x-github-api-version")
			if !exchanged || !r.Exchanged || version.Text() == "" {
				t.Errorf("%s is asked with %+v, exchanged: %v", r.URL, r, exchanged)
			}
			path, ours := strings.CutPrefix(r.URL, g.api)
			if !ours {
				t.Errorf("%s is asked", r.URL)
			}
			response, ok := g.answers[path]
			if !ok {
				response = answer(404, `{"message":"Not Found","documentation_url":"https://docs.github.com/rest","status":"404"}`)
			}
			return &response, nil
		},
	}).Use(t)
}

func finish(t *testing.T, settings string) (string, error) {
	t.Helper()
	out, err := github.Finish(&hook.LoginInput{Phase: hook.PhaseFinish, Settings: posterntest.Value(t, settings)})
	if err != nil {
		return "", err
	}
	return string(out.AppendJSON(nil)), nil
}

// person is the identity with the members that come and go.
func person(email, groups string) string {
	if email != "" {
		email = `"email":"` + email + `","email_verified":true,`
	}
	if groups != "" {
		groups = `"groups":` + groups + `,`
	}
	return `{"identity":{"subject":"583231","name":"octocat",` + email + `"display_name":"The Octocat","picture":"https://avatars.githubusercontent.com/u/583231?v=4",` + groups +
		`"claims":{"login":"octocat","html_url":"https://github.com/octocat","company":"@github","location":"San Francisco"}}}`
}

func TestFinish(t *testing.T) {
	const mail = "octocat@example.com"
	const denied = `{"deny":true,"reason":"Your GitHub account is in none of the organisations and teams that may sign in here."}`
	const sso = `{"deny":true,"reason":"An organisation of yours at GitHub wants you to sign in with its single sign-on. Do so at GitHub, then try again."}`
	emails := func(body string) map[string]hook.FetchResponse {
		return map[string]hook.FetchResponse{"/user/emails?per_page=100": answer(200, body)}
	}
	const next = `<https://api.github.com/user/teams?per_page=50&page=2>; rel="next", <https://api.github.com/user/teams?per_page=50&page=2>; rel="last"`
	for name, test := range map[string]struct {
		settings string
		changes  map[string]hook.FetchResponse
		want     string
	}{
		"no groups":     {`{"client_id":"c"}`, nil, person(mail, "")},
		"organisations": {`{"client_id":"c","groups":"organisations"}`, nil, person(mail, `["octo-org","Other"]`)},
		"teams":         {`{"client_id":"c","groups":"teams"}`, nil, person(mail, `["octo-org","Other","octo-org:justice-league"]`)},

		"an allowed organisation, in other case": {`{"client_id":"c","allowed_organisations":["none","OTHER"]}`, nil, person(mail, "")},
		"another organisation":                   {`{"client_id":"c","allowed_organisations":["octo"]}`, nil, denied},
		"an allowed team":                        {`{"client_id":"c","allowed_teams":["Octo-Org/justice-league"]}`, nil, person(mail, "")},
		"the team of another organisation":       {`{"client_id":"c","allowed_teams":["other/justice-league"]}`, nil, denied},
		"either of both":                         {`{"client_id":"c","allowed_organisations":["none"],"allowed_teams":["octo-org/justice-league"]}`, nil, person(mail, "")},
		"no organisation at all": {
			`{"client_id":"c","allowed_organisations":["octo-org"]}`,
			map[string]hook.FetchResponse{"/user/orgs?per_page=100": answer(200, `[]`)}, denied,
		},

		"the primary address is not verified": {`{"client_id":"c"}`, emails(`[{"email":"a@b.example","primary":true,"verified":false},{"email":"c@d.example","primary":false,"verified":true}]`), person("", "")},
		"verified is a word":                  {`{"client_id":"c"}`, emails(`[{"email":"a@b.example","primary":true,"verified":"true"}]`), person("", "")},
		"the address is no text":              {`{"client_id":"c"}`, emails(`[{"email":7,"primary":true,"verified":true}]`), person("", "")},
		"no address":                          {`{"client_id":"c"}`, emails(`[]`), person("", "")},
		"elements that are no objects":        {`{"client_id":"c"}`, emails(`[null,"a@b.example"]`), person("", "")},
		"the scope for addresses is missing": {
			`{"client_id":"c"}`, map[string]hook.FetchResponse{"/user/emails?per_page=100": answer(404, `{"message":"Not Found"}`)}, person("", ""),
		},
		"an app that may not read addresses": {
			`{"client_id":"c"}`, map[string]hook.FetchResponse{"/user/emails?per_page=100": answer(403, `{"message":"Resource not accessible by integration"}`)}, person("", ""),
		},

		"pages": {
			`{"client_id":"c","groups":"teams"}`, map[string]hook.FetchResponse{
				"/user/teams?per_page=50":        answer(200, teamAnswer, "link", next),
				"/user/teams?per_page=50&page=2": answer(200, `[{"slug":"justice-league","organization":{"login":"octo-org"}},{"slug":"avengers","organization":{"login":"Other"}}]`, "link", `<https://api.github.com/user/teams?per_page=50&page=1>; rel="prev"`),
			}, person(mail, `["octo-org","Other","octo-org:justice-league","Other:avengers"]`),
		},

		"an organisation that wants its single sign-on": {
			`{"client_id":"c","groups":"teams"}`, map[string]hook.FetchResponse{
				"/user/teams?per_page=50": answer(403, `{"message":"Resource protected by organization SAML enforcement. You must grant your OAuth token access to this organization."}`, "x-github-sso", "required; url=https://github.com/orgs/octo-org/sso?authorization_request=AZSCKtL4U8yX1H3sCQIVnVgmjmon5fWxks5YrqhJgah0b2tlbl9pZM4EuMz4"),
			}, sso,
		},
		"the allowed one is left out until then": {
			`{"client_id":"c","allowed_organisations":["octo-org"]}`, map[string]hook.FetchResponse{
				"/user/orgs?per_page=100": answer(200, `[{"login":"Other"}]`, "x-github-sso", "partial-results; organizations=21955855,20582480"),
			}, sso,
		},
		"another one is left out until then": {
			`{"client_id":"c","allowed_organisations":["Other"]}`, map[string]hook.FetchResponse{
				"/user/orgs?per_page=100": answer(200, `[{"login":"Other"}]`, "x-github-sso", "partial-results; organizations=21955855"),
			}, person(mail, ""),
		},

		"a bot": {
			`{"client_id":"c"}`, map[string]hook.FetchResponse{"/user": answer(200, `{"login":"renovate[bot]","id":29139614,"type":"Bot"}`)},
			`{"deny":true,"reason":"This GitHub account is not a person's."}`,
		},
		"hardly anything is said": {
			`{"client_id":"c"}`, map[string]hook.FetchResponse{
				"/user": answer(200, `{"login":"octocat","id":583231,"name":null,"avatar_url":"http://a.example/x.png"}`), "/user/emails?per_page=100": answer(404, ``),
			}, `{"identity":{"subject":"583231","name":"octocat","claims":{"login":"octocat"}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			newGitHub(test.changes).use(t)
			got, err := finish(t, test.settings)
			if err != nil || got != test.want {
				t.Errorf("got  %s (%v)\nwant %s", got, err, test.want)
			}
		})
	}
}

// TestFails holds that nobody gets an identity from an answer that is not GitHub's, and
// that the log says what to do.
func TestFails(t *testing.T) {
	at := func(path string, r hook.FetchResponse) map[string]hook.FetchResponse {
		return map[string]hook.FetchResponse{path: r}
	}
	const user, mails, teams = "/user", "/user/emails?per_page=100", "/user/teams?per_page=50"
	for name, test := range map[string]struct {
		changes map[string]hook.FetchResponse
		want    string
	}{
		"a token that is revoked": {at(user, answer(401, `{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"}`)), "GitHub does not take the token at /user: Bad credentials"},
		"the rate limit":          {at(user, answer(403, `{"message":"API rate limit exceeded for user ID 583231."}`, "x-ratelimit-remaining", "0", "x-ratelimit-reset", "1764072000")), "rate limit is reached at /user: API rate limit exceeded"},
		"the secondary limit":     {at(mails, answer(403, `{"message":"You have exceeded a secondary rate limit."}`, "retry-after", "60")), "rate limit is reached at /user/emails"},
		"429":                     {at(teams, answer(429, ``)), "rate limit is reached at /user/teams: status 429"},
		"a missing scope":         {at(teams, answer(403, `{"message":"You must have read:org scope"}`)), "lacks a scope, or an organisation does not admit the app: You must have read:org scope"},
		"an unknown path":         {at(teams, answer(404, `{"message":"Not Found"}`)), "GitHub refuses /user/teams"},
		"a server error":          {at(user, answer(502, `<html>Unicorn!</html>`)), "GitHub answered /user with the status 502: status 502"},
		"a redirect":              {at(user, answer(301, `{"message":"Moved Permanently"}`)), "status 301: Moved Permanently"},
		"not changed":             {at(mails, answer(304, ``)), "/user/emails with the status 304"},
		"no answer":               {at(user, hook.FetchResponse{Error: &hook.CapabilityError{Code: hook.CodeTimeout, Message: "it took too long"}}), "timeout: it took too long"},
		"no answer for addresses": {at(mails, hook.FetchResponse{Error: &hook.CapabilityError{Code: hook.CodeTooLarge, Message: "too much"}}), "too_large: too much"},

		"HTML":                {at(user, answer(200, `<html>`)), "GitHub's /user is no JSON"},
		"a member twice":      {at(user, answer(200, `{"id":1,"login":"a","id":2}`)), "GitHub's /user is no JSON that can be read"},
		"an array":            {at(user, answer(200, `[{"id":1,"login":"a"}]`)), "GitHub's /user is no object"},
		"no id":               {at(user, answer(200, `{"login":"a"}`)), "the number of the person in id"},
		"an id that is null":  {at(user, answer(200, `{"id":null,"login":"a"}`)), "the number of the person in id"},
		"an id that is text":  {at(user, answer(200, `{"id":"583231","login":"a"}`)), "the number of the person in id"},
		"an id of zero":       {at(user, answer(200, `{"id":0,"login":"a"}`)), "the number of the person in id"},
		"an id with a point":  {at(user, answer(200, `{"id":1.0,"login":"a"}`)), "the number of the person in id"},
		"a giant id":          {at(user, answer(200, `{"id":99999999999999999999,"login":"a"}`)), "the number of the person in id"},
		"no login":            {at(user, answer(200, `{"id":1}`)), "does not have the person's login"},
		"a login of 7":        {at(user, answer(200, `{"id":1,"login":7}`)), "does not have the person's login"},
		"addresses as object": {at(mails, answer(200, `{"email":"a@b.example"}`)), "GitHub's /user/emails is no array"},
		"addresses as text":   {at(mails, answer(200, `octocat`)), "GitHub's /user/emails is no JSON"},
		"teams as object":     {at(teams, answer(200, `{}`)), "GitHub's /user/teams is no array"},
		"teams as text":       {at(teams, answer(200, ``)), "GitHub's /user/teams is no JSON"},
		"a team without slug": {at(teams, answer(200, `[{"organization":{"login":"a"}}]`)), "/user/teams has an element without a name"},
		"a homeless team":     {at(teams, answer(200, `[{"slug":"a"}]`)), "/user/teams has an element without a name"},
		"orgs without names":  {at("/user/orgs?per_page=100", answer(200, `[{}]`)), "/user/orgs has an element without a name"},
		"a next page elsewhere": {
			at(teams, answer(200, teamAnswer, "link", `<https://evil.example/user/teams?page=2>; rel="next"`)), "is not in the API at https://api.github.com",
		},
		"a next page that begins alike": {
			at(teams, answer(200, teamAnswer, "link", `<https://api.github.com.evil.example/>; rel="next"`)), "is not in the API at https://api.github.com",
		},
		"pages without end": {
			at(teams, answer(200, teamAnswer, "link", `<https://api.github.com/user/teams?per_page=50>; rel="next"`)), "GitHub's /user/teams has more than 10 pages",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGitHub(test.changes)
			g.use(t)
			out, err := finish(t, `{"client_id":"c","groups":"teams"}`)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %s, %v\nwant %s", out, err, test.want)
			}
			if len(g.asked) > 1+4+10 {
				t.Errorf("asked %d times", len(g.asked))
			}
		})
	}
}

// TestExchangeRefused holds that nothing is asked without a token, and that each error
// which GitHub documents comes with what to do.
func TestExchangeRefused(t *testing.T) {
	for message, want := range map[string]string{
		"github.com refuses the code: bad_verification_code The code passed is incorrect or expired.":                                            "the person tries again",
		"github.com refuses the code: incorrect_client_credentials The client_id and/or client_secret passed are incorrect.":                     "client_id and the secret client_secret are not those of the OAuth app",
		"github.com refuses the code: redirect_uri_mismatch The redirect_uri MUST match the registered callback URL for this application.":       "authorization callback URL",
		"github.com refuses the code: unverified_user_email The user must have a verified primary email.":                                        "must verify their primary e-mail address",
		"github.com refuses the code: application_suspended Your application has been suspended. Contact support@github.com.":                    "application_suspended",
		`the instance "gh" may not exchange codes at github.com; the operator allows it with: postern plugin grant gh oauth.exchange github.com`: "postern plugin grant",
	} {
		g := newGitHub(nil)
		g.refuses = &hook.CapabilityError{Code: hook.CodeRefused, Message: message}
		g.use(t)
		out, err := finish(t, `{"client_id":"c"}`)
		if err == nil || !strings.Contains(err.Error(), message) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %s, %v\nwant %s", out, err, want)
		}
		if len(g.asked) != 1 {
			t.Errorf("asked %v", g.asked)
		}
	}
}

func TestErrorOfTheCallback(t *testing.T) {
	(&posterntest.Host{}).Use(t)
	in := &hook.LoginInput{Phase: hook.PhaseFinish, Settings: posterntest.Value(t, `{"client_id":"c"}`), Parameters: hook.Object{
		{Name: "error", Value: hook.String("application_suspended")}, {Name: "error_description", Value: hook.String("Your application\nhas been suspended.")},
	}}
	if out, err := github.Finish(in); err == nil || !strings.Contains(err.Error(), "application_suspended Your application has been suspended.") {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestEmailOfAServer holds that the word of a server that verifies no address is not
// taken for more than that.
func TestEmailOfAServer(t *testing.T) {
	for name, test := range map[string]struct{ settings, mails, want string }{
		"not said":             {`"url":"https://github.example.com"`, `[{"email":"x@b.example","primary":false},{"email":"a@b.example","primary":true}]`, `"email":"a@b.example","display_name"`},
		"said":                 {`"url":"https://github.example.com"`, `[{"email":"a@b.example","primary":true,"verified":true}]`, `"email":"a@b.example","display_name"`},
		"the operator's":       {`"url":"https://github.example.com","trust_email":true`, `[{"email":"a@b.example","primary":true,"verified":false}]`, `"email":"a@b.example","email_verified":true,"display_name"`},
		"nothing to vouch for": {`"url":"https://github.example.com","trust_email":true`, `[{"email":"","primary":true}]`, `"name":"octocat","display_name"`},
		"of GitHub itself":     {`"trust_email":true`, `[{"email":"a@b.example","primary":true,"verified":false}]`, `"name":"octocat","display_name"`},
		"of its cloud":         {`"url":"https://octocorp.ghe.com","trust_email":true`, `[{"email":"a@b.example","primary":true,"verified":false}]`, `"name":"octocat","display_name"`},
	} {
		g := newGitHub(map[string]hook.FetchResponse{"/user/emails?per_page=100": answer(200, test.mails)})
		switch {
		case strings.Contains(test.settings, "github.example.com"):
			g.api = "https://github.example.com/api/v3"
		case strings.Contains(test.settings, "ghe.com"):
			g.api = "https://api.octocorp.ghe.com"
		}
		g.use(t)
		got, err := finish(t, `{"client_id":"c",`+test.settings+`}`)
		if err != nil || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %s (%v), want %s", name, got, err, test.want)
		}
	}
}

func TestPlaces(t *testing.T) {
	for url, want := range map[string]string{
		"https://github.com":            "https://github.com/login/oauth/access_token https://api.github.com/user https://api.github.com/user/emails?per_page=100",
		"https://octocorp.ghe.com":      "https://octocorp.ghe.com/login/oauth/access_token https://api.octocorp.ghe.com/user https://api.octocorp.ghe.com/user/emails?per_page=100",
		"https://github.example.com/":   "https://github.example.com/login/oauth/access_token https://github.example.com/api/v3/user https://github.example.com/api/v3/user/emails?per_page=100",
		"https://github.example.com:99": "https://github.example.com:99/login/oauth/access_token https://github.example.com:99/api/v3/user https://github.example.com:99/api/v3/user/emails?per_page=100",
	} {
		g := newGitHub(nil)
		fields := strings.Fields(want)
		g.api = strings.TrimSuffix(fields[1], "/user")
		g.use(t)
		got, err := finish(t, `{"client_id":"c","url":"`+url+`"}`)
		if err != nil || !strings.Contains(got, `"subject":"583231"`) || strings.Join(g.asked, " ") != want {
			t.Errorf("%s: %s (%v), asked %v", url, got, err, g.asked)
		}
	}
}
