package core

import "testing"

func TestGoesToSinks(t *testing.T) {
	for _, test := range []struct {
		kind EventType
		hook string
		want bool
	}{
		{EventSignedIn, "", true},
		{EventPluginFailed, HookClaims, true},
		{EventPluginFailed, HookEvents, false},
		{EventPluginDenied, HookEvents, false},
		{EventPluginSuspended, HookEvents, false},
		{EventPluginSuspended, HookLogin, true},
		{EventPluginBound, HookEvents, true}, // the operator did that
		{EventPluginUnbound, HookEvents, true},
	} {
		e := Event{Type: test.kind, Detail: map[string]string{"hook": test.hook}}
		if got := e.GoesToSinks(); got != test.want {
			t.Errorf("%s at %q: %v", test.kind, test.hook, got)
		}
	}
}
