package connectortest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-id/postern/plugins/connectortest"
	"github.com/postern-id/postern/sdk/hook"
)

// gitHub is GitHub as its documentation has it: errors of the token endpoint come with
// the status 200, and the API wants a user agent and a token.
type gitHub struct {
	*connectortest.Server
	world *connectortest.World
	// answers replace those of the API, by path.
	answers map[string]http.HandlerFunc
}

const gitHubToken = "gho_16C7e42F292c6912E7710c838347Ae178B4a"

// newGitHub is one at a place for browsers and at one for programs.
func newGitHub(t *testing.T, web, api string) (*gitHub, connectortest.Instance) {
	t.Helper()
	g := &gitHub{world: connectortest.New(t), answers: map[string]http.HandlerFunc{}}
	g.Server = &connectortest.Server{
		ClientID: "Iv1.8a61f9b3a7aba766", ClientSecret: "a-client-secret-of-github",
		Answer: func(rw http.ResponseWriter, redeemed connectortest.Redeemed) {
			scopes := strings.ReplaceAll(redeemed.Asked.Get("scope"), " ", ",")
			connectortest.Send(rw, 200, "application/json; charset=utf-8", `{"access_token":"`+gitHubToken+`","scope":"`+scopes+`","token_type":"bearer"}`)
		},
		Refuse: func(rw http.ResponseWriter, code string) {
			body := map[string]string{
				"invalid_client": `{"error":"incorrect_client_credentials","error_description":"The client_id and/or client_secret passed are incorrect.","error_uri":"https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/#incorrect-client-credentials"}`,
				"invalid_grant":  `{"error":"bad_verification_code","error_description":"The code passed is incorrect or expired.","error_uri":"https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/#bad-verification-code"}`,
			}[code]
			connectortest.Send(rw, 200, "application/json; charset=utf-8", body)
		},
	}
	g.world.AddServer(g.Server, web+"/login/oauth/authorize", web+"/login/oauth/access_token")
	g.serve(api, "/user", `{"login":"octocat","id":583231,"node_id":"MDQ6VXNlcjU4MzIzMQ==","avatar_url":"https://avatars.githubusercontent.com/u/583231?v=4","html_url":"https://github.com/octocat","type":"User","site_admin":false,"name":"The Octocat","company":null,"email":"claimed@example.com"}`)
	g.serve(api, "/user/emails", `[{"email":"old@example.com","primary":false,"verified":true,"visibility":null},{"email":"octocat@github.com","primary":true,"verified":true,"visibility":"private"}]`)
	g.serve(api, "/user/orgs", `[{"login":"github","id":9919,"description":"How people build software."}]`)
	g.handle(api, "/user/teams", g.teams(api))
	place := func(address string) string { return strings.TrimPrefix(address, "https://") }
	host, _, _ := strings.Cut(place(api), "/")
	return g, connectortest.Instance{
		Plugin: "github", Settings: `{"client_id":"Iv1.8a61f9b3a7aba766","groups":"teams"}`,
		Grants:  []string{"oauth.exchange " + place(web), "http.fetch " + host},
		Secrets: map[string]string{"client_secret": "a-client-secret-of-github"},
	}
}

func (g *gitHub) serve(api, path, body string) {
	g.handle(api, path, func(rw http.ResponseWriter, _ *http.Request) {
		connectortest.Send(rw, 200, "application/json; charset=utf-8", body)
	})
}

// handle answers as GitHub does whoever does not say who they are.
func (g *gitHub) handle(api, path string, handler http.HandlerFunc) {
	g.world.Handle("GET "+api+path, func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case r.UserAgent() == "":
			connectortest.Send(rw, 403, "text/plain", "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.")
		case r.Header.Get("Authorization") != "Bearer "+gitHubToken:
			connectortest.Send(rw, 401, "application/json; charset=utf-8", `{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"}`)
		case r.Header.Get("X-GitHub-Api-Version") != "2022-11-28" || r.Header.Get("Accept") != "application/vnd.github+json":
			connectortest.Send(rw, 400, "application/json; charset=utf-8", `{"message":"not supported"}`)
		case g.answers[path] != nil:
			g.answers[path](rw, r)
		default:
			handler(rw, r)
		}
	})
}

// teams has three pages of as many as are asked for.
func (g *gitHub) teams(api string) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
		page := max(1, func() int { n, _ := strconv.Atoi(r.URL.Query().Get("page")); return n }())
		var teams []string
		for i := range size {
			teams = append(teams, fmt.Sprintf(`{"id":%d,"slug":"team-%d-%d","description":"%s","organization":{"login":"github","id":9919}}`, page*100+i, page, i, strings.Repeat("x", 2000)))
		}
		if page < 3 {
			rw.Header().Set("Link", fmt.Sprintf(`<%s/user/teams?per_page=%d&page=%d>; rel="next", <%s/user/teams?per_page=%d&page=3>; rel="last"`, api, size, page+1, api, size))
		}
		connectortest.Send(rw, 200, "application/json; charset=utf-8", "["+strings.Join(teams, ",")+"]")
	}
}

func TestGitHub(t *testing.T) {
	g, i := newGitHub(t, "https://github.com", "https://api.github.com")
	s := g.world.SignIn(i, hook.LoginInput{LoginHint: "octocat"})
	who := identity(t, s)
	if who.Subject != "583231" || who.Name != "octocat" || who.Email != "octocat@github.com" || !who.EmailVerified || who.DisplayName != "The Octocat" {
		t.Errorf("got %+v", who)
	}
	if len(who.Groups) != 1+3*50 || who.Groups[0] != "github" || who.Groups[150] != "github:team-3-49" {
		t.Errorf("%d groups, the last is %s", len(who.Groups), who.Groups[len(who.Groups)-1])
	}
	if s.Asked.Get("scope") != "read:user user:email read:org" || s.Asked.Get("login") != "octocat" || s.Asked.Get("code_challenge") == "" {
		t.Errorf("asked %v", s.Asked)
	}
	if seen := s.Log + string(s.Output.AppendJSON(nil)); strings.Contains(seen, gitHubToken) {
		t.Errorf("the plugin knows the token: %s", seen)
	}
	if n := len(g.world.Requests("https://api.github.com/user/teams")); n != 3 {
		t.Errorf("%d pages were asked for", n)
	}
}

func TestGitHubEnterprise(t *testing.T) {
	for web, api := range map[string]string{"https://github.example.com": "https://github.example.com/api/v3", "https://octocorp.ghe.com": "https://api.octocorp.ghe.com"} {
		g, i := newGitHub(t, web, api)
		i.Settings = `{"client_id":"Iv1.8a61f9b3a7aba766","url":"` + web + `"}`
		if who := identity(t, g.world.SignIn(i, hook.LoginInput{})); who.Subject != "583231" || len(who.Groups) != 0 {
			t.Errorf("got %+v", who)
		}
		if n := len(g.world.Requests(api + "/user/orgs")); n > 0 {
			t.Errorf("%s: the organisations were asked for %d times", web, n)
		}
	}
}

func TestGitHubFails(t *testing.T) {
	sends := func(status int, body string, headers ...string) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(headers); i += 2 {
				rw.Header().Set(headers[i], headers[i+1])
			}
			connectortest.Send(rw, status, "application/json; charset=utf-8", body)
		}
	}
	answers := func(path string, handler http.HandlerFunc) func(*gitHub, *connectortest.Instance) {
		return func(g *gitHub, _ *connectortest.Instance) { g.answers[path] = handler }
	}
	for name, test := range map[string]struct {
		wrong func(*gitHub, *connectortest.Instance)
		why   string
	}{
		"a wrong secret": {func(g *gitHub, _ *connectortest.Instance) { g.ClientSecret = "other" }, "incorrect_client_credentials"},
		"a wrong code": {func(g *gitHub, _ *connectortest.Instance) {
			g.Decide = func(url.Values) url.Values { return url.Values{"code": {"of-somebody-else"}} }
		}, "bad_verification_code"},
		"the token endpoint as a page": {func(g *gitHub, _ *connectortest.Instance) {
			g.Answer = func(rw http.ResponseWriter, _ connectortest.Redeemed) {
				connectortest.Send(rw, 200, "text/html", "<html>")
			}
		}, "text/html"},
		"no grant for the API": {func(_ *gitHub, i *connectortest.Instance) { i.Grants = i.Grants[:1] }, "postern plugin grant"},
		"no grant for the codes": {func(_ *gitHub, i *connectortest.Instance) {
			i.Grants = []string{"oauth.exchange github.example.com", i.Grants[1]}
		}, "may not exchange codes at github.com"},
		"the rate limit":     {answers("/user", sends(403, `{"message":"API rate limit exceeded for user ID 583231."}`, "X-RateLimit-Remaining", "0")), "rate limit is reached at /user: API rate limit exceeded"},
		"an unknown account": {answers("/user", sends(200, `{"login":"octocat"}`)), "the number of the person in id"},
		"a giant answer":     {answers("/user/orgs", sends(200, `[{"login":"`+strings.Repeat("x", 300<<10)+`"}]`)), "too_large"},
		"another host": {answers("/user", func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "https://evil.example/user", http.StatusMovedPermanently)
		}), "redirect"},
		"around and around": {answers("/user", func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "https://api.github.com/user", http.StatusFound)
		}), "redirect"},
		"the token in an answer": {answers("/user/emails", sends(200, `[{"email":"`+gitHubToken+`@example.com","primary":true,"verified":true}]`)), "repeats what the host put into the request"},
	} {
		t.Run(name, func(t *testing.T) {
			g, i := newGitHub(t, "https://github.com", "https://api.github.com")
			test.wrong(g, &i)
			s := g.world.SignIn(i, hook.LoginInput{})
			failed(t, s, test.why)
			if seen := s.Log + s.Err.Error(); strings.Contains(seen, gitHubToken) || strings.Contains(seen, "a-client-secret") {
				t.Errorf("it tells a secret: %s", seen)
			}
			if n := len(g.world.Requests("https://evil.example/user")); n > 0 {
				t.Errorf("the other host was asked %d times", n)
			}
		})
	}
}

func TestGitHubDenies(t *testing.T) {
	g, i := newGitHub(t, "https://github.com", "https://api.github.com")
	i.Settings = `{"client_id":"Iv1.8a61f9b3a7aba766","allowed_organisations":["octo-org"],"allowed_teams":["github/no-team"]}`
	s := g.world.SignIn(i, hook.LoginInput{})
	if s.Err != nil || s.Output == nil || !s.Output.Deny || s.Output.Identity != nil || !strings.Contains(s.Output.Reason, "none of the organisations") {
		t.Errorf("got %v, %+v", s.Err, s.Output)
	}
	i.Settings = `{"client_id":"Iv1.8a61f9b3a7aba766","allowed_teams":["GitHub/team-3-49"]}`
	identity(t, g.world.SignIn(i, hook.LoginInput{}))
}
