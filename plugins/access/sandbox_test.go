package access_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/core/plugin/plugintest"
	"github.com/postern-id/postern/plugins/access"
	"github.com/postern-id/postern/sdk/go/posterntest"
	"github.com/postern-id/postern/sdk/hook"
)

// sandbox is the shipped module as this tree builds it, in the sandbox of the server.
func sandbox(t *testing.T) *plugin.Trial {
	t.Helper()
	return plugintest.Try(t, plugintest.GoModule(t, "../builtin"))
}

func run(t *testing.T, trial *plugin.Trial, settings string, in hook.ScopeInput) (string, error) {
	t.Helper()
	in.Settings = posterntest.Value(t, settings)
	ran, err := trial.Run(t.Context(), plugin.Run{Plugin: access.ID, Hook: hook.ScopePolicy, Input: in.AppendJSON(nil)})
	return string(ran.Output), err
}

// examples are the settings that README.md shows, by their headings.
func examples(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, match := range regexp.MustCompile("(?s)\n### ([^\n]+)\n\n```json\n(.*?)```").FindAllSubmatch(text, -1) {
		found[string(match[1])] = string(match[2])
	}
	return found
}

// TestExamples holds that the examples of README.md do what their headings say, in the
// sandbox as natively.
func TestExamples(t *testing.T) {
	const all = `{"scopes":["openid","email","offline_access"]}`
	type change = func(*hook.ScopeInput)
	shown, trial := examples(t), sandbox(t)
	tested := map[string]bool{}
	for _, test := range []struct {
		example string
		change  change
		want    string
	}{
		{"offline_access only for staff", nil, all},
		{"offline_access only for staff", func(in *hook.ScopeInput) { in.User.Groups = []string{"guests"} }, `{"scopes":["openid","email"]}`},
		{"Confluence only from the office network", func(in *hook.ScopeInput) { in.Client.Name = "Confluence" }, all},
		{"Confluence only from the office network", func(in *hook.ScopeInput) { in.Client.Name, in.Address = "Confluence", "2001:db8:0:42::1" }, all},
		{"Confluence only from the office network", func(in *hook.ScopeInput) { in.Client.Name, in.Address = "Confluence", "2001:db8:0:43::1" }, `{"deny":true,"reason":"Confluence is for the office network."}`},
		{"Confluence only from the office network", func(in *hook.ScopeInput) { in.Client.Name, in.Address = "Confluence", "" }, `{"deny":true,"reason":"Confluence is for the office network."}`},
		{"Confluence only from the office network", func(in *hook.ScopeInput) { in.Address = "198.51.100.1" }, all},
		{"no sign-in at night", nil, all},
		{"no sign-in at night", func(in *hook.ScopeInput) { in.Time = "2026-11-23T20:59:59Z" }, all},
		{"no sign-in at night", func(in *hook.ScopeInput) { in.Time = "2026-11-23T21:00:00Z" }, `{"deny":true,"reason":"No sign-in at night."}`},
		{"no sign-in at night", func(in *hook.ScopeInput) { in.Time, in.GrantType = "2026-11-23T21:00:00Z", "refresh_token" }, all},
		{"admins need a stronger sign-in", nil, all},
		{"admins need a stronger sign-in", func(in *hook.ScopeInput) { in.User.Groups = []string{"admins"} }, `{"scopes":["openid","email","offline_access"],"acr":"https://refeds.org/profile/mfa"}`},
		{"a fresh sign-in every eight hours", func(in *hook.ScopeInput) { in.Time = "2026-11-23T16:59:59Z" }, all},
		{"a fresh sign-in every eight hours", func(in *hook.ScopeInput) { in.Time = "2026-11-23T17:00:00Z" }, `{"scopes":["openid","email","offline_access"],"fresh":true}`},
		{"only those of the company, and contractors with less", func(in *hook.ScopeInput) { in.Authentication.Connector = "corporate" }, all},
		{"only those of the company, and contractors with less", nil, `{"deny":true,"reason":"This is for people of the company."}`},
		{"only those of the company, and contractors with less", func(in *hook.ScopeInput) { in.User.Groups = []string{"contractors"} }, `{"scopes":["openid","email"]}`},
		{"only those of the company, and contractors with less", func(in *hook.ScopeInput) { *in = machine() }, `{"scopes":["read","write"]}`},
		{"only those of the company, and contractors with less", func(in *hook.ScopeInput) {
			in.Authentication.Connector, in.User.EmailVerified = "corporate", false
		}, `{"deny":true,"reason":"This is for people of the company."}`},
	} {
		settings, known := shown[test.example]
		if !known {
			t.Fatalf("README.md has no example %q", test.example)
		}
		tested[test.example] = true
		in := question()
		if test.change != nil {
			test.change(&in)
		}
		if got := answer(t, settings, in); got != test.want {
			t.Errorf("%s: %s, want %s", test.example, got, test.want)
		}
		if got, err := run(t, trial, settings, in); err != nil || got != test.want {
			t.Errorf("%s, in the sandbox: %s, %v, want %s", test.example, got, err, test.want)
		}
	}
	for name := range shown {
		if !tested[name] {
			t.Errorf("the example %q is not tested", name)
		}
	}
}

// TestWrongSettingsInTheSandbox holds that what the schema lets through fails the call,
// with words that say where it is.
func TestWrongSettingsInTheSandbox(t *testing.T) {
	_, err := run(t, sandbox(t), `{"rules":[{"when":{"networks":["192.0.2.1/24"]},"then":{"stop":true}}]}`, question())
	if err == nil || !strings.Contains(err.Error(), "settings.rules[0].when.networks has 192.0.2.1/24, which is no network") {
		t.Errorf("%v", err)
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	manifest := access.Plugin().Manifest
	manifests := []hook.Manifest{manifest}
	for settings, want := range map[string]string{
		`{"rules":[]}`: "",
		string(mustGet(t, manifest.Samples[0].Input, "settings").AppendJSON(nil)):                                       "",
		`{"rules":[{"then":{"deny":"x"}}]}`:                                                                             "",
		`{"rules":[{"when":{"networks":["::1","10.0.0.0/8","::ffff:10.0.0.0/104","fe80::/10"]},"then":{"stop":true}}]}`: "",
		`{}`:                                     `settings must have "rules"`,
		`{"rules":[{"when":{"clients":["x"]}}]}`: `rules[0] must have "then"`,
		`{"rules":[{"then":{}}]}`:                "rules[0].then must have at least 1",
		`{"rules":[{"when":{},"then":{"stop":true}}]}`:                                "rules[0].when must have at least 1",
		`{"rules":[{"if":{"clients":["x"]},"then":{"stop":true}}]}`:                   "rules[0].if is unknown",
		`{"rules":[{"when":{"client":["x"]},"then":{"stop":true}}]}`:                  "when.client is unknown",
		`{"rules":[{"when":{"clients":[]},"then":{"stop":true}}]}`:                    "when.clients must have at least 1",
		`{"rules":[{"when":{"clients":"x"},"then":{"stop":true}}]}`:                   "when.clients must be an array",
		`{"rules":[{"when":{"grant_types":["password"]},"then":{"stop":true}}]}`:      "grant_types[0] must be one of",
		`{"rules":[{"when":{"groups":{"some":["x"]}},"then":{"stop":true}}]}`:         "groups.some is unknown",
		`{"rules":[{"when":{"email_domains":["@x.com"]},"then":{"stop":true}}]}`:      `email_domains[0] must be written like "example.com"`,
		`{"rules":[{"when":{"networks":["10.0.0.0/33"]},"then":{"stop":true}}]}`:      "networks[0] must be written like",
		`{"rules":[{"when":{"networks":["2001:db8::/129"]},"then":{"stop":true}}]}`:   "networks[0] must be written like",
		`{"rules":[{"when":{"networks":["office"]},"then":{"stop":true}}]}`:           "networks[0] must be written like",
		`{"rules":[{"when":{"time":{"from":"8:00"}},"then":{"stop":true}}]}`:          "time.from must be written like",
		`{"rules":[{"when":{"time":{"to":"24:00"}},"then":{"stop":true}}]}`:           "time.to must be written like",
		`{"rules":[{"when":{"time":{"days":["monday"]}},"then":{"stop":true}}]}`:      "days[0] must be one of",
		`{"utc_offset":"CET","rules":[]}`:                                             "utc_offset must be written like",
		`{"utc_offset":"+15:00","rules":[]}`:                                          "utc_offset must be written like",
		`{"rules":[{"when":{"sign_in_older_than_minutes":-1},"then":{"stop":true}}]}`: "at least 0",
		`{"rules":[{"then":{"deny":""}}]}`:                                            "deny must have at least 1",
		`{"rules":[{"then":{"deny":true}}]}`:                                          "deny must be a string",
		`{"rules":[{"then":{"consent":false}}]}`:                                      "consent must be one of",
		`{"rules":[{"then":{"max_age":1.5}}]}`:                                        "max_age must be an integer",
		`{"rules":[{"then":{"require_acr":"` + strings.Repeat("x", 129) + `"}}]}`:     "at most 128",
	} {
		err := plugin.CheckSettings(manifests, access.ID, []byte(settings))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", settings, err, want)
		}
	}
	if !json.Valid(manifest.Settings.AppendJSON(nil)) {
		t.Error("the schema is no JSON")
	}
}

func mustGet(t *testing.T, v hook.Value, name string) hook.Value {
	t.Helper()
	member, ok := v.Object().Get(name)
	if !ok {
		t.Fatalf("no member %s", name)
	}
	return member
}
