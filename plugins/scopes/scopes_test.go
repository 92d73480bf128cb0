package scopes_test

import (
	"testing"

	"github.com/postern-id/postern/plugins/scopes"
	"github.com/postern-id/postern/sdk/hook"
)

func TestDecide(t *testing.T) {
	const narrow = `{"rules":[{"scopes":["email","phone"],"groups":["staff","admins"]}]}`
	const deny = `{"rules":[{"clients":["wiki"],"scopes":["openid"],"groups":["staff"],"otherwise":"deny","reason":"Staff only."}]}`
	for name, test := range map[string]struct {
		settings string
		groups   []string
		client   hook.Client
		asked    []string
		want     string
	}{
		"no rules": {
			`{"rules":[]}`, nil, hook.Client{}, []string{"openid", "email"},
			`{"scopes":["openid","email"]}`,
		},
		"a member": {
			narrow, []string{"admins"}, hook.Client{}, []string{"openid", "email"},
			`{"scopes":["openid","email"]}`,
		},
		"not a member": {
			narrow, []string{"guests"}, hook.Client{}, []string{"openid", "email", "phone"},
			`{"scopes":["openid"]}`,
		},
		"nobody at all": {
			narrow, nil, hook.Client{}, []string{"phone"},
			`{"scopes":[]}`,
		},
		"group names are exact": {
			narrow, []string{"Staff", "staff "}, hook.Client{}, []string{"email"},
			`{"scopes":[]}`,
		},
		"denied": {
			deny, []string{"guests"}, hook.Client{ID: "x", Name: "wiki"}, []string{"openid"},
			`{"deny":true,"reason":"Staff only."}`,
		},
		"denied by client id": {
			deny, nil, hook.Client{ID: "wiki"}, []string{"email", "openid"},
			`{"deny":true,"reason":"Staff only."}`,
		},
		"another client": {
			deny, nil, hook.Client{ID: "x", Name: "other"}, []string{"openid"},
			`{"scopes":["openid"]}`,
		},
		"not asked for": {
			deny, nil, hook.Client{ID: "wiki"}, []string{"email"},
			`{"scopes":["email"]}`,
		},
		"one of two rules allows": {
			`{"rules":[{"scopes":["email"],"groups":["a"],"otherwise":"deny"},{"scopes":["email"],"groups":["b"]}]}`,
			[]string{"b"}, hook.Client{}, []string{"email"},
			`{"scopes":["email"]}`,
		},
		"a scope for nobody": {
			`{"rules":[{"scopes":["offline_access"],"groups":[]}]}`, []string{"a"}, hook.Client{}, []string{"openid", "offline_access"},
			`{"scopes":["openid"]}`,
		},
	} {
		settings, err := hook.Parse([]byte(test.settings))
		if err != nil {
			t.Fatal(err)
		}
		out, err := scopes.Decide(&hook.ScopeInput{
			Settings: settings, User: hook.User{Groups: test.groups}, Client: test.client, Scopes: test.asked,
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := string(out.AppendJSON(nil)); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, test.want)
		}
	}
}
