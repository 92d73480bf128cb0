package access_test

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/plugins/access"
	"github.com/postern-id/postern/sdk/go/posterntest"
	"github.com/postern-id/postern/sdk/hook"
)

// question is alice at the wiki on a Monday morning, ten minutes after her sign-in.
func question() hook.ScopeInput {
	return hook.ScopeInput{
		GrantType: "authorization_code",
		User: hook.User{
			ID: "1", Name: "alice", Email: "alice@Example.com", EmailVerified: true, Groups: []string{"staff", "editors"},
		},
		Organisation:   hook.Organisation{Name: "built-in"},
		Client:         hook.Client{ID: "c1", Name: "wiki"},
		Scopes:         []string{"openid", "email", "offline_access"},
		Address:        "192.0.2.7",
		Authentication: hook.Authentication{Time: "2026-11-23T09:00:00Z", AMR: []string{"pwd"}, ACR: "1"},
		Time:           "2026-11-23T09:10:00Z",
	}
}

// machine asks for itself.
func machine() hook.ScopeInput {
	return hook.ScopeInput{
		GrantType: "client_credentials", Client: hook.Client{ID: "c1", Name: "wiki"}, Scopes: []string{"read", "write"},
		Address: "192.0.2.7", Time: "2026-11-23T09:10:00Z",
	}
}

// answer gives the answer to a question under rules, as the host reads it.
func answer(t testing.TB, settings string, in hook.ScopeInput) string {
	t.Helper()
	in.Settings = posterntest.Value(t, settings)
	out, err := access.Decide(&in)
	if err != nil {
		return "error: " + err.Error()
	}
	return string(out.AppendJSON(nil))
}

// applies says whether one rule with the conditions denies: "yes", "no", or "unknown"
// if it denies and yet does not stop.
func applies(t *testing.T, conditions string, in hook.ScopeInput) string {
	t.Helper()
	denies := answer(t, `{"rules":[{`+conditions+`,"then":{"deny":"x"}}]}`, in)
	stops := answer(t, `{"rules":[{`+conditions+`,"then":{"stop":true}},{"then":{"deny":"x"}}]}`, in)
	const denied = `{"deny":true,"reason":"x"}`
	switch {
	case denies != denied && stops == denied:
		return "no"
	case denies == denied && stops != denied:
		return "yes"
	case denies == denied && stops == denied:
		return "unknown"
	}
	t.Fatalf("%s: %s, %s", conditions, denies, stops)
	return ""
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		conditions string
		change     func(*hook.ScopeInput)
		want       string
	}{
		"client by id":     {`"when":{"clients":["x","c1"]}`, nil, "yes"},
		"client by name":   {`"when":{"clients":["wiki"]}`, nil, "yes"},
		"another client":   {`"when":{"clients":["Wiki"]}`, nil, "no"},
		"a nameless one":   {`"when":{"clients":["wiki"]}`, func(in *hook.ScopeInput) { in.Client = hook.Client{ID: "c2"} }, "no"},
		"grant type":       {`"when":{"grant_types":["refresh_token","authorization_code"]}`, nil, "yes"},
		"other grant type": {`"when":{"grant_types":["refresh_token"]}`, nil, "no"},
		"scope":            {`"when":{"scopes":["phone","email"]}`, nil, "yes"},
		"scope not asked":  {`"when":{"scopes":["phone"]}`, nil, "no"},

		"any group":        {`"when":{"groups":{"any":["admins","staff"]}}`, nil, "yes"},
		"no group of any":  {`"when":{"groups":{"any":["admins","Staff"]}}`, nil, "no"},
		"all groups":       {`"when":{"groups":{"all":["editors","staff"]}}`, nil, "yes"},
		"not all groups":   {`"when":{"groups":{"all":["staff","admins"]}}`, nil, "no"},
		"none of groups":   {`"when":{"groups":{"none":["admins"]}}`, nil, "yes"},
		"one of none":      {`"when":{"groups":{"none":["admins","staff"]}}`, nil, "no"},
		"any but not none": {`"when":{"groups":{"any":["staff"],"none":["editors"]}}`, nil, "no"},
		"all three":        {`"when":{"groups":{"any":["staff"],"all":["editors"],"none":["admins"]}}`, nil, "yes"},
		"in no group":      {`"when":{"groups":{"any":["staff"]}}`, func(in *hook.ScopeInput) { in.User.Groups = nil }, "no"},

		"organisation":         {`"when":{"organisations":["built-in"]}`, nil, "yes"},
		"another organisation": {`"when":{"organisations":["other"]}`, nil, "no"},
		"no organisation":      {`"when":{"organisations":["other"]}`, func(in *hook.ScopeInput) { in.Organisation.Name = "" }, "unknown"},

		"domain":              {`"when":{"email_domains":["eXample.COM"]}`, nil, "yes"},
		"domain below":        {`"when":{"email_domains":["com","le.com"]}`, nil, "no"},
		"domain above":        {`"when":{"email_domains":["mail.example.com"]}`, nil, "no"},
		"unverified":          {`"when":{"email_domains":["example.com"]}`, func(in *hook.ScopeInput) { in.User.EmailVerified = false }, "unknown"},
		"unverified, other":   {`"when":{"email_domains":["other.com"]}`, func(in *hook.ScopeInput) { in.User.EmailVerified = false }, "unknown"},
		"no address":          {`"when":{"email_domains":["example.com"]}`, func(in *hook.ScopeInput) { in.User.Email = "" }, "unknown"},
		"two at signs":        {`"when":{"email_domains":["example.com"]}`, func(in *hook.ScopeInput) { in.User.Email = `"a@b"@example.com` }, "unknown"},
		"nothing before":      {`"when":{"email_domains":["example.com"]}`, func(in *hook.ScopeInput) { in.User.Email = "@example.com" }, "unknown"},
		"letters folded away": {`"when":{"email_domains":["kelvin.example"]}`, func(in *hook.ScopeInput) { in.User.Email = "a@\u212aelvin.example" }, "no"},

		"network":            {`"when":{"networks":["198.51.100.0/24","192.0.2.0/29"]}`, nil, "yes"},
		"beyond the network": {`"when":{"networks":["192.0.2.0/30"]}`, nil, "no"},
		"the address alone":  {`"when":{"networks":["192.0.2.7"]}`, nil, "yes"},
		"a mapped address":   {`"when":{"networks":["192.0.2.0/24"]}`, func(in *hook.ScopeInput) { in.Address = "::ffff:192.0.2.7" }, "yes"},
		"a mapped network":   {`"when":{"networks":["::ffff:192.0.2.0/120"]}`, nil, "yes"},
		"all of IPv6":        {`"when":{"networks":["2000::/3"]}`, nil, "no"},
		"everything":         {`"when":{"networks":["::/0"]}`, nil, "yes"},
		"IPv6":               {`"when":{"networks":["2001:db8::/32"]}`, func(in *hook.ScopeInput) { in.Address = "2001:DB8:ffff::1" }, "yes"},
		"a zone":             {`"when":{"networks":["fe80::/10"]}`, func(in *hook.ScopeInput) { in.Address = "fe80::1%eth0" }, "yes"},
		"no address at all":  {`"when":{"networks":["192.0.2.0/24"]}`, func(in *hook.ScopeInput) { in.Address = "" }, "unknown"},
		"a name":             {`"when":{"networks":["0.0.0.0/0"]}`, func(in *hook.ScopeInput) { in.Address = "localhost" }, "unknown"},
		"unless network":     {`"unless":{"networks":["192.0.2.0/24"]}`, func(in *hook.ScopeInput) { in.Address = "192.0.2.7:80" }, "unknown"},

		"connector":           {`"when":{"connectors":["corp"]}`, func(in *hook.ScopeInput) { in.Authentication.Connector = "corp" }, "yes"},
		"another connector":   {`"when":{"connectors":["corp","-"]}`, func(in *hook.ScopeInput) { in.Authentication.Connector = "other" }, "no"},
		"own password":        {`"when":{"connectors":["-"]}`, nil, "yes"},
		"connector unknown":   {`"when":{"connectors":["-"]}`, func(in *hook.ScopeInput) { in.Authentication = hook.Authentication{} }, "unknown"},
		"acr":                 {`"when":{"acr":["2","1"]}`, nil, "yes"},
		"another acr":         {`"when":{"acr":["2"]}`, nil, "no"},
		"acr of none":         {`"when":{"acr":["2"]}`, func(in *hook.ScopeInput) { in.Authentication = hook.Authentication{} }, "unknown"},
		"amr":                 {`"when":{"amr":["otp","pwd"]}`, nil, "yes"},
		"another amr":         {`"when":{"amr":["otp"]}`, nil, "no"},
		"old":                 {`"when":{"sign_in_older_than_minutes":10}`, nil, "yes"},
		"young":               {`"when":{"sign_in_older_than_minutes":11}`, nil, "no"},
		"of the future":       {`"when":{"sign_in_older_than_minutes":0}`, func(in *hook.ScopeInput) { in.Time = "2026-11-23T08:00:00Z" }, "yes"},
		"age unknown":         {`"when":{"sign_in_older_than_minutes":1}`, func(in *hook.ScopeInput) { in.Authentication.Time = "yesterday" }, "unknown"},
		"now unknown":         {`"when":{"sign_in_older_than_minutes":1}`, func(in *hook.ScopeInput) { in.Time = "" }, "unknown"},
		"time of day unknown": {`"when":{"time":{"days":["mon"]}}`, func(in *hook.ScopeInput) { in.Time = "now" }, "unknown"},

		"all must hold":          {`"when":{"clients":["wiki"],"acr":["2"]}`, nil, "no"},
		"a no is stronger":       {`"when":{"clients":["x"],"email_domains":["example.com"]}`, func(in *hook.ScopeInput) { in.User.Email = "" }, "no"},
		"an unknown is stronger": {`"when":{"clients":["wiki"],"email_domains":["example.com"]}`, func(in *hook.ScopeInput) { in.User.Email = "" }, "unknown"},
		"unless holds":           {`"unless":{"clients":["wiki"]}`, nil, "no"},
		"unless does not":        {`"unless":{"clients":["wiki"],"acr":["2"]}`, nil, "yes"},
		"when and unless":        {`"when":{"acr":["1"]},"unless":{"amr":["otp"]}`, nil, "yes"},
		"when, but unless":       {`"when":{"acr":["1"]},"unless":{"amr":["pwd"]}`, nil, "no"},
		"neither":                {`"name":"all"`, nil, "yes"},
	} {
		in := question()
		if test.change != nil {
			test.change(&in)
		}
		if got := applies(t, test.conditions, in); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// TestNobody holds what conditions on a person say where there is none.
func TestNobody(t *testing.T) {
	t.Parallel()
	for conditions, want := range map[string]string{
		`"when":{"grant_types":["client_credentials"]}`: "yes",
		`"when":{"groups":{"any":["staff"]}}`:           "no",
		`"when":{"groups":{"none":["staff"]}}`:          "yes",
		`"when":{"organisations":["built-in"]}`:         "no",
		`"when":{"email_domains":["example.com"]}`:      "no",
		`"when":{"connectors":["-"]}`:                   "no",
		`"when":{"acr":["1"]}`:                          "no",
		`"unless":{"amr":["otp"]}`:                      "yes",
		`"when":{"sign_in_older_than_minutes":0}`:       "no",
		`"when":{"networks":["192.0.2.0/24"]}`:          "yes",
	} {
		if got := applies(t, conditions, machine()); got != want {
			t.Errorf("%s: %s, want %s", conditions, got, want)
		}
	}
	const asks = `{"rules":[{"then":{"require_acr":"2","max_age":0,"consent":true,"remove_scopes":["write"]}}]}`
	if got := answer(t, asks, machine()); got != `{"scopes":["read"]}` {
		t.Errorf("what a person would have to do: %s", got)
	}
}

func TestEffects(t *testing.T) {
	t.Parallel()
	const all = `"openid","email","offline_access"`
	for name, test := range map[string]struct{ rules, want string }{
		"no rules":         {``, `{"scopes":[` + all + `]}`},
		"remove":           {`{"then":{"remove_scopes":["email","phone"]}}`, `{"scopes":["openid","offline_access"]}`},
		"keep":             {`{"then":{"keep_scopes":["phone","openid"]}}`, `{"scopes":["openid"]}`},
		"keep nothing":     {`{"then":{"keep_scopes":[]}}`, `{"scopes":[]}`},
		"both":             {`{"then":{"keep_scopes":["openid","email"],"remove_scopes":["email"]}}`, `{"scopes":["openid"]}`},
		"they add up":      {`{"then":{"remove_scopes":["email"]}},{"then":{"require_acr":"2"}},{"then":{"consent":true}}`, `{"scopes":["openid","offline_access"],"acr":"2","consent":true}`},
		"none comes back":  {`{"then":{"keep_scopes":["openid"]}},{"then":{"keep_scopes":["openid","email"]}}`, `{"scopes":["openid"]}`},
		"a refusal alone":  {`{"then":{"require_acr":"2"}},{"then":{"deny":"No."}}`, `{"deny":true,"reason":"No."}`},
		"the first reason": {`{"then":{"deny":"No."}},{"then":{"deny":"Never."}}`, `{"deny":true,"reason":"No."}`},
		"stop":             {`{"then":{"stop":true}},{"then":{"deny":"No."}}`, `{"scopes":[` + all + `]}`},
		"stop with more":   {`{"then":{"stop":true,"remove_scopes":["email"]}},{"then":{"deny":"No."}}`, `{"scopes":["openid","offline_access"]}`},
		"no stop":          {`{"when":{"acr":["2"]},"then":{"stop":true}},{"then":{"deny":"No."}}`, `{"deny":true,"reason":"No."}`},
		"the same acr":     {`{"then":{"require_acr":"2"}},{"then":{"require_acr":"2"}}`, `{"scopes":[` + all + `],"acr":"2"}`},
		"different acr":    {`{"then":{"require_acr":"2"}},{"then":{"require_acr":"3"}}`, `error: two rules that apply require different acr: 2 and 3`},
		"old enough":       {`{"then":{"max_age":600}}`, `{"scopes":[` + all + `],"fresh":true}`},
		"young enough":     {`{"then":{"max_age":601}}`, `{"scopes":[` + all + `]}`},
		"always anew":      {`{"then":{"max_age":0}}`, `{"scopes":[` + all + `],"fresh":true}`},
	} {
		if got := answer(t, `{"rules":[`+test.rules+`]}`, question()); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, test.want)
		}
	}
}

// TestUnknownAge holds that a sign-in of an unknown age is too old.
func TestUnknownAge(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*hook.ScopeInput){
		func(in *hook.ScopeInput) { in.Time = "" },
		func(in *hook.ScopeInput) { in.Authentication.Time = "" },
		func(in *hook.ScopeInput) { in.Authentication.Time = "2026-11-31T09:00:00Z" },
	} {
		in := question()
		change(&in)
		if got := answer(t, `{"rules":[{"then":{"max_age":86400}}]}`, in); !strings.Contains(got, `"fresh":true`) {
			t.Errorf("%q at %q: %s", in.Authentication.Time, in.Time, got)
		}
	}
}

// TestRefreshNeedsNoConsent holds that consent is asked of those who can give it.
func TestRefreshNeedsNoConsent(t *testing.T) {
	t.Parallel()
	in := question()
	in.GrantType = "refresh_token"
	got := answer(t, `{"rules":[{"then":{"consent":true,"require_acr":"2","max_age":60}}]}`, in)
	if got != `{"scopes":["openid","email","offline_access"],"acr":"2","fresh":true}` {
		t.Errorf("%s", got)
	}
}

// TestWrongSettings holds that a mistake in any rule fails, even in one that another
// stands before or that does not apply.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		`{"when":{"networks":["192.0.2.1/24"]},"then":{"stop":true}}`:                  `rules[1].when.networks has 192.0.2.1/24, which is no network`,
		`{"unless":{"networks":["10.0.0.0/8","2001:db8:::/32"]},"then":{"stop":true}}`: `rules[1].unless.networks has 2001:db8:::/32`,
		`{"when":{"clients":["x"],"networks":["192.0.2.0/33"]},"then":{"stop":true}}`:  `rules[1].when.networks`,
		`{"when":{"time":{"from":"24:00"}},"then":{"stop":true}}`:                      `rules[1].when.time`,
		`{"when":{"time":{"to":"8:00"}},"then":{"stop":true}}`:                         `rules[1].when.time`,
		`{"when":{"time":{"utc_offset":"01:00"}},"then":{"stop":true}}`:                `rules[1].when.time.utc_offset`,
		`{"when":{"weather":["rain"]},"then":{"stop":true}}`:                           `rules[1].when.weather is no condition`,
		`{"when":{"sign_in_older_than_minutes":"5"},"then":{"stop":true}}`:             `rules[1].when.sign_in_older_than_minutes`,
		`{"then":{"allow":true}}`: `rules[1].then.allow is no effect`,
	} {
		got := answer(t, `{"rules":[{"then":{"stop":true}},`+rule+`]}`, question())
		if !strings.HasPrefix(got, "error: settings."+want) {
			t.Errorf("%s: %s, want %s", rule, got, want)
		}
	}
	if got := answer(t, `{"utc_offset":"CET","rules":[]}`, question()); got != "error: settings.utc_offset is none" {
		t.Errorf("a zone by name: %s", got)
	}
}
