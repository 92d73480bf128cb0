package oauth2_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/plugins/oauth2"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/go/posterntest"
	"github.com/postern-id/postern/sdk/hook"
)

func TestCases(t *testing.T) { posterntest.Run(t, postern.NewModule(oauth2.Plugin()), "cases") }

// laid gives settings with more laid over them.
func laid(t *testing.T, settings hook.Object, more string) hook.Value {
	t.Helper()
	settings = slices.Clone(settings)
	for _, member := range posterntest.Value(t, more).Object() {
		settings.Set(member.Name, member.Value)
	}
	return hook.FromObject(settings)
}

const provider = `{
	"client_id": "c", "authorization_endpoint": "https://p.example/authorize", "token_endpoint": "https://p.example/token", "userinfo_endpoint": "https://api.p.example/me",
	"scopes": ["profile", "mail"], "paths": {"subject": "id", "name": "login", "email": "mail", "email_verified": "mail_ok", "groups": "teams"}
}`

func TestBegin(t *testing.T) {
	for name, test := range map[string]struct{ more, in, want string }{
		"plain":      {`{}`, ``, `"scopes":["profile","mail"]`},
		"no scopes":  {`{"scopes":[]}`, ``, ``},
		"no PKCE":    {`{"pkce":false}`, ``, `"scopes":["profile","mail"],"no_pkce":true`},
		"parameters": {`{"parameters":{"audience":"api.p.example"}}`, `,"login_hint":"jane"`, `"scopes":["profile","mail"],"parameters":{"audience":"api.p.example"}`},
		"a hint": {`{"login_hint_parameter":"user","parameters":{"audience":"a"}}`, `,"login_hint":"jane@example.com"`,
			`"scopes":["profile","mail"],"parameters":{"audience":"a","user":"jane@example.com"}`},
		"no hint": {`{"login_hint_parameter":"user"}`, ``, `"scopes":["profile","mail"]`},
	} {
		settings := laid(t, posterntest.Value(t, provider).Object(), test.more)
		in, err := hook.ParseLoginInput([]byte(`{"phase":"begin"` + test.in + `}`))
		if err != nil {
			t.Fatal(err)
		}
		in.Settings = settings
		out, err := oauth2.Begin(in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := `{"redirect":{"authorization_endpoint":"https://p.example/authorize","client_id":"c",` + test.want + `}}`
		if got := string(out.AppendJSON(nil)); got != strings.Replace(want, `",}`, `"}`, 1) {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
		if parameters, _ := settings.Object().Get("parameters"); len(parameters.Object()) > 1 {
			t.Errorf("%s: the settings have become %s", name, parameters.AppendJSON(nil))
		}
	}
}

func answer(status int, body string) hook.FetchResponse {
	return hook.FetchResponse{Status: status, Body: body}
}

// api answers by URL, and notes what it is asked.
type api struct {
	answers   map[string]hook.FetchResponse
	refuses   error
	exchanged []*hook.OAuthExchangeRequest
	asked     []*hook.Fetch
}

func (a *api) use(t *testing.T) {
	t.Helper()
	(&posterntest.Host{
		ExchangeOAuth: func(r *hook.OAuthExchangeRequest) (*hook.OAuthExchangeAnswer, error) {
			a.exchanged = append(a.exchanged, r)
			return &hook.OAuthExchangeAnswer{TokenType: "bearer"}, a.refuses
		},
		Fetch: func(r *hook.Fetch) (*hook.FetchResponse, error) {
			a.asked = append(a.asked, r)
			if !r.Exchanged {
				t.Errorf("%s is asked without the token", r.URL)
			}
			response, ok := a.answers[r.URL]
			if !ok {
				t.Errorf("%s is asked", r.URL)
			}
			return &response, nil
		},
	}).Use(t)
}

func finish(settings hook.Value) (string, error) {
	out, err := oauth2.Finish(&hook.LoginInput{Phase: hook.PhaseFinish, Settings: settings})
	if err != nil {
		return "", err
	}
	return string(out.AppendJSON(nil)), nil
}

func TestFinish(t *testing.T) {
	const me = `{"id":42,"login":"jane","mail":"jane@example.com","mail_ok":true,"teams":["a","b"],"unit":"R&D"}`
	const claims = `"claims":` + me
	const list = `"emails":{"endpoint":"https://api.p.example/emails","address":"value","primary":"primary","verified":"ok"}`
	for name, test := range map[string]struct {
		more, me, emails, want string
	}{
		"a person":   {`{}`, me, "", `{"identity":{"subject":"42","name":"jane","email":"jane@example.com","email_verified":true,"groups":["a","b"],` + claims + `}}`},
		"attributes": {`{"attributes":{"department":"unit"}}`, me, "", `{"identity":{"subject":"42","name":"jane","email":"jane@example.com","email_verified":true,"groups":["a","b"],"attributes":{"department":"R&D"},` + claims + `}}`},
		"trusted although it says no": {`{"trust_email":true}`, `{"id":"u","mail":"a@b.example","mail_ok":false}`, "",
			`{"identity":{"subject":"u","email":"a@b.example","claims":{"id":"u","mail":"a@b.example","mail_ok":false}}}`},
		"trusted where it says nothing": {`{"trust_email":true,"paths":{"subject":"id","email":"mail"}}`, `{"id":"u","mail":"a@b.example"}`, "",
			`{"identity":{"subject":"u","email":"a@b.example","email_verified":true,"claims":{"id":"u","mail":"a@b.example"}}}`},

		"the primary address of a list": {`{` + list + `}`, `{"id":"u","mail":"other@b.example","mail_ok":true}`, `[{"value":"x@b.example","primary":false,"ok":true},{"value":"a@b.example","primary":true,"ok":true}]`,
			`{"identity":{"subject":"u","email":"a@b.example","email_verified":true,"claims":{"id":"u","mail":"other@b.example","mail_ok":true}}}`},
		"one that is not verified": {`{"trust_email":true,` + list + `}`, `{"id":"u"}`, `[{"value":"a@b.example","primary":true,"ok":"true"}]`,
			`{"identity":{"subject":"u","email":"a@b.example","claims":{"id":"u"}}}`},
		"no primary one":     {`{` + list + `}`, `{"id":"u","mail":"a@b.example","mail_ok":true}`, `[{"value":"a@b.example","ok":true},7,null]`, `{"identity":{"subject":"u","claims":{"id":"u","mail":"a@b.example","mail_ok":true}}}`},
		"a list elsewhere":   {`{` + list[:len(list)-1] + `,"list":"data.list"}}`, `{"id":"u"}`, `{"data":{"list":[{"value":"a@b.example","primary":true,"ok":true}]}}`, `{"identity":{"subject":"u","email":"a@b.example","email_verified":true,"claims":{"id":"u"}}}`},
		"no list":            {`{` + list[:len(list)-1] + `,"list":"data.list"}}`, `{"id":"u"}`, `{"data":[]}`, `{"identity":{"subject":"u","claims":{"id":"u"}}}`},
		"of a domain":        {`{"allowed_domains":["Example.com"]}`, me, "", `{"identity":{"subject":"42","name":"jane","email":"jane@example.com","email_verified":true,"groups":["a","b"],` + claims + `}}`},
		"of another":         {`{"allowed_domains":["example.org"]}`, me, "", `{"deny":true,"reason":"People with an e-mail address of your domain may not sign in here."}`},
		"of an unproven one": {`{"allowed_domains":["example.com"]}`, `{"id":"u","mail":"jane@example.com"}`, "", `{"deny":true,"reason":"The provider does not vouch for your e-mail address, so its domain does not count here."}`},
		"in a group":         {`{"allowed_groups":["b","c"]}`, me, "", `{"identity":{"subject":"42","name":"jane","email":"jane@example.com","email_verified":true,"groups":["a","b"],` + claims + `}}`},
		"in none of them":    {`{"allowed_groups":["c"]}`, me, "", `{"deny":true,"reason":"You are in none of the groups that may sign in here."}`},
		"more than is kept":  {`{}`, `{"id":"u","bio":"` + strings.Repeat("x", 20<<10) + `","site":"s"}`, "", `{"identity":{"subject":"u","claims":{"id":"u","site":"s"}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			a := &api{answers: map[string]hook.FetchResponse{"https://api.p.example/me": answer(200, test.me)}}
			if test.emails != "" {
				a.answers["https://api.p.example/emails"] = answer(200, test.emails)
			}
			a.use(t)
			got, err := finish(laid(t, posterntest.Value(t, provider).Object(), test.more))
			if err != nil || got != test.want {
				t.Errorf("got  %s (%v)\nwant %s", got, err, test.want)
			}
			if len(a.asked) != len(a.answers) {
				t.Errorf("asked %d times", len(a.asked))
			}
		})
	}
}

// TestRequests holds how the provider is asked.
func TestRequests(t *testing.T) {
	for name, test := range map[string]struct{ more, exchange, fetch string }{
		"by default": {`{}`, `{"token_endpoint":"https://p.example/token","client_id":"c","secret":"client_secret"}`, `{"url":"https://api.p.example/me","headers":{"accept":"application/json"},"exchanged":true}`},
		"otherwise": {`{"auth_method":"client_secret_post","userinfo_method":"POST","headers":{"Accept":"application/vnd.p+json","P-Version":"2"}}`,
			`{"token_endpoint":"https://p.example/token","client_id":"c","secret":"client_secret","auth_method":"client_secret_post"}`,
			`{"method":"POST","url":"https://api.p.example/me","headers":{"accept":"application/vnd.p+json","p-version":"2"},"exchanged":true}`},
		"a public client": {`{"auth_method":"none"}`, `{"token_endpoint":"https://p.example/token","client_id":"c","auth_method":"none"}`, `{"url":"https://api.p.example/me","headers":{"accept":"application/json"},"exchanged":true}`},
	} {
		a := &api{answers: map[string]hook.FetchResponse{"https://api.p.example/me": answer(200, `{"id":1}`)}}
		a.use(t)
		if _, err := finish(laid(t, posterntest.Value(t, provider).Object(), test.more)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := string(a.exchanged[0].AppendJSON(nil)); got != test.exchange {
			t.Errorf("%s: exchanges with\n%s, want\n%s", name, got, test.exchange)
		}
		fetched := hook.FetchRequest{Requests: []hook.Fetch{*a.asked[0]}}
		if got, want := string(fetched.AppendJSON(nil)), `{"requests":[`+test.fetch+`]}`; got != want {
			t.Errorf("%s: fetches\n%s, want\n%s", name, got, want)
		}
	}
}

func TestFails(t *testing.T) {
	const me, emails = "https://api.p.example/me", "https://api.p.example/emails"
	for name, test := range map[string]struct {
		at   string
		says hook.FetchResponse
		want string
	}{
		"no person":              {me, answer(200, `{"login":"jane"}`), "userinfo_endpoint has nothing at id"},
		"an error with 200":      {me, answer(200, `{"ok":false,"error":"invalid_auth"}`), "has nothing at id, which is to be the subject: invalid_auth"},
		"an error in an object":  {me, answer(200, `{"error":{"message":"Malformed access token"}}`), "subject: Malformed access token"},
		"nobody":                 {me, answer(200, `{"id":0}`), "is nobody's name"},
		"a flag for an id":       {me, answer(200, `{"id":true}`), "neither a text nor a whole number"},
		"a list":                 {me, answer(200, `[{"id":1}]`), "has nothing at id"},
		"401":                    {me, answer(401, `{"error":"invalid_token","error_description":"The token\nexpired"}`), "userinfo_endpoint has the status 401: The token expired"},
		"403 without words":      {me, answer(403, `<html>`), "userinfo_endpoint has the status 403"},
		"404":                    {me, answer(404, ``), "has the status 404"},
		"a redirect":             {me, answer(302, ``), "has the status 302"},
		"no content":             {me, answer(204, ``), "has the status 204"},
		"a page":                 {me, answer(200, `<html>jane`), "userinfo_endpoint is no JSON"},
		"a member twice":         {me, answer(200, `{"id":1,"id":2}`), "userinfo_endpoint is no JSON"},
		"no answer":              {me, hook.FetchResponse{Error: &hook.CapabilityError{Code: hook.CodeTimeout, Message: "it took too long"}}, "timeout: it took too long"},
		"no answer of the list":  {emails, hook.FetchResponse{Error: &hook.CapabilityError{Code: hook.CodeUnavailable, Message: "hung up"}}, "unavailable: hung up"},
		"no access to the list":  {emails, answer(403, `{"message":"scope"}`), "emails.endpoint has the status 403: scope"},
		"a page for the list":    {emails, answer(200, `<html>`), "emails.endpoint is no JSON"},
		"a status for the list":  {emails, answer(500, `{}`), "emails.endpoint has the status 500"},
		"a list that is no JSON": {emails, answer(200, ``), "emails.endpoint is no JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			a := &api{answers: map[string]hook.FetchResponse{me: answer(200, `{"id":1}`), emails: answer(200, `[]`)}}
			a.answers[test.at] = test.says
			a.use(t)
			out, err := finish(laid(t, posterntest.Value(t, provider).Object(), `{"emails":{"endpoint":"`+emails+`","address":"a","primary":"p","verified":"v"}}`))
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "jane") {
				t.Errorf("got %s, %v; want %s", out, err, test.want)
			}
		})
	}
	a := &api{refuses: &hook.CapabilityError{Code: hook.CodeRefused, Message: "p.example refuses the code: invalid_grant"}}
	a.use(t)
	if out, err := finish(posterntest.Value(t, provider)); err == nil || !strings.Contains(err.Error(), "invalid_grant") || len(a.asked) > 0 {
		t.Errorf("a refused code: %s, %v, asked %d times", out, err, len(a.asked))
	}
}

// TestPresets reads what each provider's documentation has as an example.
func TestPresets(t *testing.T) {
	for _, test := range []struct {
		preset  string
		answers map[string]string
		want    string // without claims
	}{
		{"atlassian", map[string]string{"https://api.atlassian.com/me": `{"account_type":"atlassian","account_id":"112233aa-bb11-cc22-33dd-445566abcabc","email":"mia@example.com","name":"Mia Krystof","picture":"https://avatar-management--avatars.us-west-2.prod.public.atl-paas.net/112233aa/1234abcd/128","account_status":"active","nickname":"mkrystof","zoneinfo":"Australia/Sydney","locale":"en-US","extended_profile":{"job_title":"Designer","organization":"mia@example.com","department":"Design team","location":"Sydney"}}`},
			`{"identity":{"subject":"112233aa-bb11-cc22-33dd-445566abcabc","name":"mkrystof","email":"mia@example.com","display_name":"Mia Krystof","picture":"https://avatar-management--avatars.us-west-2.prod.public.atl-paas.net/112233aa/1234abcd/128","locale":"en-US"}}`},
		{"bitbucket", map[string]string{
			"https://api.bitbucket.org/2.0/user":                    `{"type":"user","links":{"avatar":{"href":"https://bitbucket.org/account/evzijst/avatar/32/"},"self":{"href":"https://api.bitbucket.org/2.0/users/evzijst"}},"created_on":"2011-12-20T16:34:07.132459+00:00","display_name":"Erik van Zijst","username":"evzijst","nickname":"erik","uuid":"{d301aafa-d676-4ee0-88be-962be7417567}","account_id":"557058:b2"}`,
			"https://api.bitbucket.org/2.0/user/emails?pagelen=100": `{"pagelen":100,"values":[{"type":"email","email":"old@example.com","is_primary":false,"is_confirmed":true},{"type":"email","email":"erik@example.com","is_primary":true,"is_confirmed":true}],"page":1,"size":2}`,
		}, `{"identity":{"subject":"{d301aafa-d676-4ee0-88be-962be7417567}","name":"evzijst","email":"erik@example.com","email_verified":true,"display_name":"Erik van Zijst","picture":"https://bitbucket.org/account/evzijst/avatar/32/"}}`},
		{"discord", map[string]string{"https://discord.com/api/v10/users/@me": `{"id":"80351110224678912","username":"nelly","discriminator":"0","global_name":"Nelly","avatar":"8342729096ea3675442027381ff50dfe","verified":true,"email":"nelly@discord.com","flags":64,"banner":null,"accent_color":16711680,"premium_type":1,"public_flags":64,"locale":"en-US","mfa_enabled":true}`},
			`{"identity":{"subject":"80351110224678912","name":"nelly","email":"nelly@discord.com","email_verified":true,"display_name":"Nelly","locale":"en-US"}}`},
		{"dropbox", map[string]string{"https://api.dropboxapi.com/2/users/get_current_account": `{"account_id":"dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc","account_type":{".tag":"basic"},"country":"US","disabled":false,"email":"franz@dropbox.com","email_verified":false,"is_paired":true,"locale":"en","name":{"abbreviated_name":"FF","display_name":"Franz Ferdinand (Personal)","familiar_name":"Franz","given_name":"Franz","surname":"Ferdinand"},"profile_photo_url":"https://dl-web.dropbox.com/account_photo/get/dbaphid"}`},
			`{"identity":{"subject":"dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc","email":"franz@dropbox.com","display_name":"Franz Ferdinand (Personal)","given_name":"Franz","family_name":"Ferdinand","picture":"https://dl-web.dropbox.com/account_photo/get/dbaphid","locale":"en"}}`},
	} {
		presets := oauth2.Plugin().Manifest.Presets
		i := slices.IndexFunc(presets, func(p hook.Preset) bool { return p.Name == test.preset })
		if i < 0 {
			t.Errorf("there is no preset %s", test.preset)
			continue
		}
		a := &api{answers: map[string]hook.FetchResponse{}}
		for url, body := range test.answers {
			a.answers[url] = answer(200, body)
		}
		a.use(t)
		settings := laid(t, presets[i].Settings.Object(), `{"client_id":"c"}`)
		out, err := oauth2.Finish(&hook.LoginInput{Phase: hook.PhaseFinish, Settings: settings})
		if err != nil {
			t.Errorf("%s: %v", test.preset, err)
			continue
		}
		if len(out.Identity.Claims) == 0 {
			t.Errorf("%s: no claims", test.preset)
		}
		out.Identity.Claims = nil
		if got := string(out.AppendJSON(nil)); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.preset, got, test.want)
		}
		// What a preset needs is what its settings name, but for where the browser goes.
		for _, url := range append([]string{a.exchanged[0].TokenEndpoint}, a.asked[0].URL) {
			host, _, _ := strings.Cut(strings.TrimPrefix(url, "https://"), "/")
			if !slices.Contains(presets[i].Targets, host) {
				t.Errorf("%s: %s is not among %v", test.preset, host, presets[i].Targets)
			}
		}
	}
}
