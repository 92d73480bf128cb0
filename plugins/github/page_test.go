package github

import (
	"strings"
	"testing"
)

func TestNextPage(t *testing.T) {
	const api = "https://api.github.com"
	for header, want := range map[string]string{
		"": "",
		`<https://api.github.com/user/teams?page=2>; rel="next"`:                                                        "https://api.github.com/user/teams?page=2",
		`<https://api.github.com/user/orgs?page=1>; rel="prev", <https://api.github.com/user/orgs?page=3>; rel="next"`:  "https://api.github.com/user/orgs?page=3",
		`<https://api.github.com/user/orgs?page=1>; rel="first", <https://api.github.com/user/orgs?page=2>; rel="last"`: "",
		`<https://api.github.com/user/orgs?page=1>;rel="next"`:                                                          "https://api.github.com/user/orgs?page=1",
		`<https://api.github.com/user/orgs?q=%22rel=%22next>; rel="last"`:                                               "",
		`rel="next"`: "",
	} {
		if got, err := nextPage(api, header); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", header, got, err, want)
		}
	}
	for _, header := range []string{
		`<https://evil.example/>; rel="next"`, `<https://api.github.com.evil.example/x>; rel="next"`, `<https://api.github.com@evil.example/>; rel="next"`,
		`<http://api.github.com/x>; rel="next"`, `</user/teams?page=2>; rel="next"`, `https://api.github.com/x>; rel="next"`, `>; rel="next"`,
	} {
		if got, err := nextPage(api, header); err == nil {
			t.Errorf("%s: %q", header, got)
		}
	}
}

func FuzzNextPage(f *testing.F) {
	f.Add(`<https://api.github.com/user/teams?page=2>; rel="next", <https://api.github.com/user/teams?page=9>; rel="last"`)
	f.Add(`<https://evil.example/>; rel="next"`)
	f.Add(`,,>;rel="next"<`)
	f.Fuzz(func(t *testing.T, header string) {
		url, err := nextPage("https://api.github.com", header)
		if err == nil && url != "" && !strings.HasPrefix(url, "https://api.github.com/") || err != nil && url != "" {
			t.Errorf("%q leads to %q, %v", header, url, err)
		}
	})
}
