package oidc_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-id/postern/plugins/oidc"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/go/posterntest"
	"github.com/postern-id/postern/sdk/hook"
)

func TestCases(t *testing.T) { posterntest.Run(t, postern.NewModule(oidc.Plugin()), "cases") }

const issuer = `"issuer":"https://login.example.com","client_id":"postern"`

func settings(more string) hook.Value {
	if more != "" {
		more = "," + more
	}
	return oidc.Constant("{" + issuer + more + "}")
}

func begin(t *testing.T, in hook.LoginInput) *hook.LoginRedirect {
	t.Helper()
	in.Phase = hook.PhaseBegin
	out, err := oidc.Plugin().LoginBegin(&in)
	if err != nil {
		t.Fatal(err)
	}
	if out.Redirect == nil || out.Identity != nil || out.Deny {
		t.Fatalf("got %+v", out)
	}
	return out.Redirect
}

// TestBeginPassesOn holds what of a request reaches the provider, and that what the
// request says goes before what the operator wrote.
func TestBeginPassesOn(t *testing.T) {
	for name, test := range map[string]struct {
		settings string
		in       hook.LoginInput
		want     string
	}{
		"nothing":        {``, hook.LoginInput{}, `{}`},
		"a hint":         {``, hook.LoginInput{LoginHint: "jane@example.com"}, `{"login_hint":"jane@example.com"}`},
		"languages":      {``, hook.LoginInput{UILocales: []string{"de", "en"}}, `{"ui_locales":"de en"}`},
		"classes":        {``, hook.LoginInput{ACRValues: []string{"phr", "mfa"}}, `{"acr_values":"phr mfa"}`},
		"own classes":    {`"acr_values":["mfa"]`, hook.LoginInput{}, `{"acr_values":"mfa"}`},
		"other classes":  {`"acr_values":["mfa"]`, hook.LoginInput{ACRValues: []string{"phr"}}, `{"acr_values":"phr"}`},
		"a new sign-in":  {``, hook.LoginInput{Prompt: "login"}, `{"prompt":"login","max_age":"0"}`},
		"a choice":       {``, hook.LoginInput{Prompt: "select_account"}, `{"prompt":"select_account"}`},
		"both":           {``, hook.LoginInput{Prompt: "select_account login"}, `{"prompt":"login select_account","max_age":"0"}`},
		"no choice":      {`"select_account":false`, hook.LoginInput{Prompt: "select_account"}, `{}`},
		"login alone":    {`"select_account":false`, hook.LoginInput{Prompt: "select_account login"}, `{"prompt":"login","max_age":"0"}`},
		"no page":        {``, hook.LoginInput{Prompt: "none"}, `{}`},
		"an unknown one": {``, hook.LoginInput{Prompt: "create logins"}, `{}`},
		"own prompt":     {`"prompt":"consent"`, hook.LoginInput{}, `{"prompt":"consent"}`},
		"without an age": {`"max_age":false`, hook.LoginInput{Prompt: "login"}, `{"prompt":"login"}`},
		"another prompt": {`"prompt":"consent"`, hook.LoginInput{Prompt: "login"}, `{"prompt":"login","max_age":"0"}`},
		"own parameters": {`"parameters":{"audience":"api","login_hint":"x","ui_locales":"fr"}`, hook.LoginInput{LoginHint: "jane"}, `{"audience":"api","login_hint":"jane","ui_locales":"fr"}`},
	} {
		test.in.Settings = settings(test.settings)
		if got := string(begin(t, test.in).Parameters.AppendJSON(nil)); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

func TestBeginAsksForOpenIDOnce(t *testing.T) {
	for more, want := range map[string]string{
		``:                                   "openid profile email",
		`"scopes":[]`:                        "openid",
		`"scopes":["groups","openid","api"]`: "openid groups api",
	} {
		redirect := begin(t, hook.LoginInput{Settings: settings(more)})
		if got := strings.Join(redirect.Scopes, " "); got != want {
			t.Errorf("%s: got %s, want %s", more, got, want)
		}
		if redirect.Issuer != "https://login.example.com" || redirect.ClientID != "postern" || redirect.NoPKCE || redirect.AnyIssuer {
			t.Errorf("got %+v", redirect)
		}
	}
	if got := begin(t, hook.LoginInput{Settings: settings(`"response_mode":"form_post"`)}).ResponseMode; got != "form_post" {
		t.Errorf("the response mode is %q", got)
	}
}

// TestPatternOfIssuer holds that the settings refuse an issuer that the operator did not
// finish to write, and one that anybody on the way could answer for.
func TestPatternOfIssuer(t *testing.T) {
	pattern := regexp.MustCompile(oidc.Constant(oidc.PatternIssuer).Text())
	for issuer, good := range map[string]bool{
		"https://login.example.com":                       true,
		"https://login.example.com/realms/a":              true,
		"https://tenant.auth0.com/":                       true,
		"https://[2001:db8::1]:8443":                      true,
		"http://localhost:8080":                           true,
		"http://127.0.0.1:8080/realms/a":                  true,
		"http://[::1]:8080":                               true,
		"http://[::1]":                                    true,
		"http://login.example.com":                        false,
		"http://localhost.example.com":                    false,
		"http://127.0.0.1.example.com":                    false,
		"http://127.0.0.1@login.example.com":              false,
		"http://localhost@login.example.com":              false,
		"http://[::1].example.com":                        false,
		"http://[::1]@example.com":                        false,
		"https://":                                        false,
		"login.example.com":                               false,
		"ftp://login.example.com":                         false,
		"https://{tenant}.example.com":                    false,
		"https://<tenant>.okta.com":                       false,
		"https://${TENANT}.okta.com":                      false,
		"https://*.okta.com":                              false,
		"https://login.example.com?tenant=a":              false,
		"https://login.example.com#a":                     false,
		"https://login.example.com /x":                    false,
		"https://login.example.com\n":                     false,
		"https://login.example.com\n/":                    false,
		"https://[tenant].okta.com":                       false,
		"https://a@login.example.com":                     false,
		"http://[::1]:8080/{realm}":                       false,
		"https://login.microsoftonline.com/{tenantid}/v2": false,
	} {
		if pattern.MatchString(issuer) != good {
			t.Errorf("%s: want %v", issuer, good)
		}
	}
}

// TestClientAuthentication holds which secret is named, and that a public client names
// none.
func TestClientAuthentication(t *testing.T) {
	for more, want := range map[string]string{
		``:                                   `{"issuer":"https://login.example.com","client_id":"postern","secret":"client_secret","userinfo":true}`,
		`"userinfo":false`:                   `{"issuer":"https://login.example.com","client_id":"postern","secret":"client_secret"}`,
		`"auth_method":"client_secret_post"`: `{"issuer":"https://login.example.com","client_id":"postern","secret":"client_secret","auth_method":"client_secret_post","userinfo":true}`,
		`"auth_method":"none"`:               `{"issuer":"https://login.example.com","client_id":"postern","auth_method":"none","userinfo":true}`,
		`"auth_method":"private_key_jwt"`:    `{"issuer":"https://login.example.com","client_id":"postern","secret":"private_key","auth_method":"private_key_jwt","userinfo":true}`,
		`"auth_method":"private_key_jwt","key_id":"k1"`: `{"issuer":"https://login.example.com","client_id":"postern","secret":"private_key","auth_method":"private_key_jwt","key_id":"k1","userinfo":true}`,
	} {
		t.Run(more, func(t *testing.T) {
			posterntest.Play(t, posterntest.Call(hook.OIDCExchange, want, `{"claims":{"sub":"1"}}`))
			if _, err := oidc.Plugin().LoginFinish(&hook.LoginInput{Settings: settings(more)}); err != nil {
				t.Error(err)
			}
		})
	}
}

// finish gives what the plugin makes of an ID token and of UserInfo.
func finish(t *testing.T, more, claims, userInfo string) *hook.LoginOutput {
	t.Helper()
	host := posterntest.Host{ExchangeOIDC: func(*hook.OIDCExchangeRequest) (*hook.OIDCExchangeAnswer, error) {
		return &hook.OIDCExchangeAnswer{Claims: oidc.Constant(claims).Object(), UserInfo: oidc.Constant(userInfo).Object()}, nil
	}}
	host.Use(t)
	out, err := oidc.Plugin().LoginFinish(&hook.LoginInput{Settings: settings(more)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEmailIsVerified holds when an address counts as verified: only a boolean does, of
// the document that has the address.
func TestEmailIsVerified(t *testing.T) {
	const mail = `"email":"jane@example.com"`
	for name, test := range map[string]struct {
		settings, claims, userInfo string
		want                       string
		verified                   bool
	}{
		"true":                     {``, mail + `,"email_verified":true`, ``, "jane@example.com", true},
		"false":                    {``, mail + `,"email_verified":false`, ``, "jane@example.com", false},
		"not said":                 {``, mail, ``, "jane@example.com", false},
		"a string":                 {``, mail + `,"email_verified":"true"`, ``, "jane@example.com", false},
		"a number":                 {``, mail + `,"email_verified":1`, ``, "jane@example.com", false},
		"a list":                   {``, mail + `,"email_verified":[true]`, ``, "jane@example.com", false},
		"null":                     {``, mail + `,"email_verified":null`, ``, "jane@example.com", false},
		"in UserInfo":              {``, ``, mail + `,"email_verified":true`, "jane@example.com", true},
		"of another address":       {``, mail, `"email":"eve@example.com","email_verified":true`, "jane@example.com", false},
		"of another document":      {``, mail, `"email_verified":true`, "jane@example.com", false},
		"of the ID token alone":    {``, `"email_verified":true`, mail, "jane@example.com", false},
		"not believed":             {`"trust_email":false`, mail + `,"email_verified":true`, ``, "jane@example.com", false},
		"not believed, assumed":    {`"trust_email":false,"assume_email_verified":true`, mail, ``, "jane@example.com", false},
		"assumed":                  {`"assume_email_verified":true`, mail, ``, "jane@example.com", true},
		"assumed, and denied":      {`"assume_email_verified":true`, mail + `,"email_verified":false`, ``, "jane@example.com", false},
		"assumed, and strange":     {`"assume_email_verified":true`, mail + `,"email_verified":"no"`, ``, "jane@example.com", false},
		"another claim":            {`"email_claim":"upn"`, `"upn":"jane@corp.example","email_verified":true,` + mail, ``, "jane@corp.example", false},
		"another claim with proof": {`"email_claim":"upn","email_verified_claim":"upn_ok"`, `"upn":"jane@corp.example","upn_ok":true`, ``, "jane@corp.example", true},
		"no address":               {``, `"email_verified":true`, ``, "", false},
		"an address of no string":  {``, `"email":["jane@example.com"],"email_verified":true`, ``, "", false},
		"an address in two lines":  {``, `"email":"jane@example.com\nBcc: x","email_verified":true`, ``, "", false},
	} {
		out := finish(t, test.settings, `{"sub":"1"`+comma(test.claims)+`}`, `{"sub":"1"`+comma(test.userInfo)+`}`)
		if i := out.Identity; i == nil || i.Email != test.want || i.EmailVerified != test.verified {
			t.Errorf("%s: got %+v", name, i)
		}
	}
}

func comma(members string) string {
	if members == "" {
		return ""
	}
	return "," + members
}

// TestNameIsNoEmail holds that an address becomes a login name only where the operator
// says so, and that the subject is sub whatever is configured.
func TestNameIsNoEmail(t *testing.T) {
	const claims = `{"sub":"s-1","email":"jane@example.com","email_verified":true,"name":"Jane Doe","upn":"jane@corp.example"`
	for name, test := range map[string]struct{ settings, claims, want string }{
		"none":            {``, claims + `}`, ""},
		"preferred":       {``, claims + `,"preferred_username":"jane","nickname":"jd"}`, "jane"},
		"nickname":        {``, claims + `,"nickname":"jd"}`, "jd"},
		"of another kind": {``, claims + `,"preferred_username":7,"nickname":"jd"}`, "jd"},
		"asked for":       {`"name_claim":"email"`, claims + `,"preferred_username":"jane"}`, "jane@example.com"},
		"another, absent": {`"name_claim":"login"`, claims + `,"preferred_username":"jane"}`, ""},
		"a path":          {`"name_claim":"profile.login"`, claims + `,"profile":{"login":"j"}}`, "j"},
	} {
		out := finish(t, test.settings, test.claims, `{"sub":"s-1"}`)
		if out.Identity.Name != test.want || out.Identity.Subject != "s-1" {
			t.Errorf("%s: got %q, %q", name, out.Identity.Name, out.Identity.Subject)
		}
	}
}

func TestSubject(t *testing.T) {
	for _, claims := range []string{`{}`, `{"sub":""}`, `{"sub":7}`, `{"sub":null}`, `{"sub":["a"]}`} {
		host := posterntest.Host{ExchangeOIDC: func(*hook.OIDCExchangeRequest) (*hook.OIDCExchangeAnswer, error) {
			return &hook.OIDCExchangeAnswer{Claims: oidc.Constant(claims).Object(), UserInfo: oidc.Constant(`{"sub":"another"}`).Object()}, nil
		}}
		host.Use(t)
		if out, err := oidc.Plugin().LoginFinish(&hook.LoginInput{Settings: settings(``)}); err == nil {
			t.Errorf("%s: got %+v", claims, out.Identity)
		}
	}
}

func TestGroups(t *testing.T) {
	for name, test := range map[string]struct{ settings, claims, want string }{
		"a list":          {``, `"groups":["staff","admins"]`, "staff admins"},
		"one":             {``, `"groups":"staff"`, "staff"},
		"none":            {``, `"groups":[]`, ""},
		"not said":        {``, `"name":"x"`, ""},
		"null":            {``, `"groups":null`, ""},
		"mixed":           {``, `"groups":["staff",7,{"name":"x"},null,"","staff"]`, "staff"},
		"control":         {``, `"groups":["sta\nff","ok"]`, "ok"},
		"another claim":   {`"groups_claim":"roles"`, `"groups":["no"],"roles":["yes"]`, "yes"},
		"a path":          {`"groups_claim":"realm_access.roles"`, `"realm_access":{"roles":["a","b"]}`, "a b"},
		"points in names": {`"groups_claim":"resource_access.my.client.roles"`, `"resource_access":{"my.client":{"roles":["a"]},"my":{"client":{"other":["no"]}}}`, "a"},
		"a URL":           {`"groups_claim":"https://example.com/groups"`, `"https://example.com/groups":["a"]`, "a"},
		"members":         {`"groups_claim":"urn:zitadel:iam:org:project:roles"`, `"urn:zitadel:iam:org:project:roles":{"editor":{"1":"a.example"},"viewer":{}}`, "editor viewer"},
		"through a list":  {`"groups_claim":"a.b"`, `"a":[{"b":["no"]}]`, ""},
	} {
		out := finish(t, test.settings, `{"sub":"1",`+test.claims+`}`, `{"sub":"1"}`)
		if got := strings.Join(out.Identity.Groups, " "); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// TestWhoMaySignIn holds that a domain counts only where the address is verified, and
// that the refusal tells nobody what would be let in.
func TestWhoMaySignIn(t *testing.T) {
	const domains, groups = `"allowed_domains":["example.com","corp.example"]`, `"allowed_groups":["staff","admins"]`
	for name, test := range map[string]struct{ settings, claims, want string }{
		"of the domain":     {domains, `"email":"jane@Corp.Example","email_verified":true`, ""},
		"not verified":      {domains, `"email":"jane@example.com"`, "does not vouch"},
		"of another":        {domains, `"email":"jane@example.org","email_verified":true`, "of your domain"},
		"of a sub-domain":   {domains, `"email":"jane@a.example.com","email_verified":true`, "of your domain"},
		"two at signs":      {domains, `"email":"jane@example.com@evil.example","email_verified":true`, "of your domain"},
		"a domain alone":    {domains, `"email":"@example.com","email_verified":true`, "of your domain"},
		"no address":        {domains, `"name":"x"`, "does not vouch"},
		"letters that fold": {`"allowed_domains":["kelvin.example"]`, `"email":"jane@\u212aelvin.example","email_verified":true`, "of your domain"},
		"in a group":        {groups, `"groups":["x","staff"]`, ""},
		"in none":           {groups, `"groups":["x","Staff","staff "]`, "in none of the groups"},
		"no groups":         {groups, `"name":"x"`, "in none of the groups"},
		"both":              {domains + "," + groups, `"groups":["staff"],"email":"a@example.com","email_verified":true`, ""},
		"one of both":       {domains + "," + groups, `"groups":["staff"],"email":"a@example.org","email_verified":true`, "of your domain"},
	} {
		out := finish(t, test.settings, `{"sub":"1",`+test.claims+`}`, `{"sub":"1"}`)
		if out.Deny != (test.want != "") || (out.Identity == nil) != out.Deny || !strings.Contains(out.Reason, test.want) {
			t.Errorf("%s: got %v, %q", name, out.Deny, out.Reason)
		}
		if strings.Contains(out.Reason, "corp.example") || strings.Contains(out.Reason, "admins") {
			t.Errorf("%s: the reason tells who may: %s", name, out.Reason)
		}
	}
}

// TestClaimsGoOn holds what claims.map/v1 will get: what is about the person, the ID
// token's first, and no more than the host keeps.
func TestClaimsGoOn(t *testing.T) {
	out := finish(t, ``,
		`{"iss":"https://login.example.com","sub":"1","aud":"postern","exp":2,"iat":1,"auth_time":1,"nonce":"n","at_hash":"h","sid":"s","acr":"phr","amr":["hwk"],"name":"Jane"}`,
		`{"sub":"1","name":"Other","department":"R&D","acr":"fake"}`)
	const want = `{"iss":"https://login.example.com","sub":"1","auth_time":1,"acr":"phr","amr":["hwk"],"name":"Jane","department":"R&D"}`
	if got := string(out.Identity.Claims.AppendJSON(nil)); got != want {
		t.Errorf("got %s", got)
	}
	if out.Identity.ACR != "phr" || len(out.Identity.AMR) != 1 || out.Identity.DisplayName != "Jane" {
		t.Errorf("got %+v", out.Identity)
	}
	var lines []string
	big := `"` + strings.Repeat("x", 16<<10) + `"`
	host := posterntest.Host{
		Log: func(line string) { lines = append(lines, line) },
		ExchangeOIDC: func(*hook.OIDCExchangeRequest) (*hook.OIDCExchangeAnswer, error) {
			return &hook.OIDCExchangeAnswer{Claims: oidc.Constant(`{"sub":"1","photo":` + big + `,"team":"a"}`).Object()}, nil
		},
	}
	host.Use(t)
	big2, err := oidc.Plugin().LoginFinish(&hook.LoginInput{Settings: settings(``)})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(big2.Identity.Claims.AppendJSON(nil)); got != `{"sub":"1","team":"a"}` || len(lines) != 1 || !strings.Contains(lines[0], "photo") {
		t.Errorf("got %.200s, logged %q", got, lines)
	}
}

// TestHowSomebodySignedInIsOfTheIDToken holds that UserInfo cannot make a sign-in
// stronger.
func TestHowSomebodySignedInIsOfTheIDToken(t *testing.T) {
	out := finish(t, ``, `{"sub":"1"}`, `{"sub":"1","acr":"phr","amr":["hwk"]}`)
	if out.Identity.ACR != "" || len(out.Identity.AMR) != 0 {
		t.Errorf("got %q, %q", out.Identity.ACR, out.Identity.AMR)
	}
}

func TestAttributes(t *testing.T) {
	out := finish(t, `"attributes":{"department":"org.unit","level":"level","active":"active","list":"list","missing":"missing","lines":"lines"}`,
		`{"sub":"1","org":{"unit":"R&D"},"level":7,"active":true,"list":["a"],"lines":"a\nb"}`, `{"sub":"1"}`)
	const want = `{"department":"R&D","level":"7","active":"true"}`
	if got := string(out.Identity.Attributes.AppendJSON(nil)); got != want {
		t.Errorf("got %s", got)
	}
}

func TestPictureIsAWebAddress(t *testing.T) {
	for picture, want := range map[string]string{
		"https://a.example/p.png": "https://a.example/p.png", "javascript:alert(1)": "", "data:image/png;base64,xx": "", "/p.png": "",
	} {
		out := finish(t, ``, `{"sub":"1","picture":"`+picture+`"}`, `{"sub":"1"}`)
		if out.Identity.Picture != want {
			t.Errorf("%s: got %q", picture, out.Identity.Picture)
		}
	}
}

// TestPresets holds that each preset has settings that the schema has, and that a
// mistake in its name is one of this test.
func TestPresets(t *testing.T) {
	manifest := oidc.Plugin().Manifest
	properties, _ := manifest.Settings.Object().Get("properties")
	seen := map[string]bool{}
	for _, preset := range manifest.Presets {
		if preset.Name == "" || preset.Title == "" || preset.Icon == "" || seen[preset.Name] {
			t.Errorf("preset %+v", preset)
		}
		seen[preset.Name] = true
		for _, setting := range preset.Settings.Object() {
			if _, known := properties.Object().Get(setting.Name); !known {
				t.Errorf("%s sets %s, which is no setting", preset.Name, setting.Name)
			}
		}
		if _, issuer := preset.Settings.Object().Get("issuer"); issuer {
			t.Errorf("%s has an issuer", preset.Name)
		}
	}
	for _, name := range []string{"okta", "auth0", "keycloak", "casdoor", "postern", "zitadel", "authentik", "oidc"} {
		if !seen[name] {
			t.Errorf("there is no preset %s", name)
		}
	}
}

// TestMoreGroupsThanCanBeKept holds that all groups decide, and that what is handed on is
// what the host takes.
func TestMoreGroupsThanCanBeKept(t *testing.T) {
	var list []string
	for n := range 1500 {
		list = append(list, "group-"+strconv.Itoa(n))
	}
	groups := `"groups":` + string(hook.Strings(list).AppendJSON(nil))
	out := finish(t, `"allowed_groups":["group-1499"]`, `{"sub":"1",`+groups+`}`, `{"sub":"1"}`)
	if out.Deny || len(out.Identity.Groups) != 1000 || out.Identity.Groups[999] != "group-999" {
		t.Errorf("%v, %d groups", out.Deny, len(out.Identity.Groups))
	}
}

func FuzzFinish(f *testing.F) {
	f.Add(`{"sub":"1","email":"a@b.example","email_verified":true,"groups":["a"]}`, `a.b`)
	f.Add(`{"sub":"1","a":{"b":{"c":["x"]},"b.c":"y"}}`, `a.b.c`)
	f.Add(`{"sub":7,"amr":"x"}`, `.`)
	f.Fuzz(func(t *testing.T, text, path string) {
		claims, err := hook.ParseObject([]byte(text))
		if err != nil || len(path) > 30 {
			return
		}
		i, err := oidc.Claims{IDToken: claims}.Identity(oidc.Mapping{Trust: oidc.TrustProvider, Groups: path})
		if err != nil {
			return
		}
		sub, _ := claims.Get("sub")
		verified, _ := claims.Get("email_verified")
		if i.Subject == "" || i.Subject != sub.Text() || i.EmailVerified && (!verified.Bool() || i.Email == "") {
			t.Errorf("%s: got %+v", text, i)
		}
		if text := i.Claims.AppendJSON(nil); len(text) > 16<<10 {
			t.Errorf("%d bytes of claims", len(text))
		}
	})
}
