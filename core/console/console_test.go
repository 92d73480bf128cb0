package console

import (
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
)

// TestRoutes: pages are below the console, each once, and every item of the menu that a
// page names is there.
func TestRoutes(t *testing.T) {
	t.Parallel()
	seen, items := map[string]bool{}, map[string]bool{}
	for _, s := range menu() {
		for _, i := range s.items {
			items[i.path] = true
		}
	}
	for _, route := range (&Console{}).Routes() {
		if seen[route.Path] {
			t.Errorf("%s is there twice", route.Path)
		}
		seen[route.Path] = true
		if route.Path != Path && !strings.HasPrefix(route.Path, Path+"/") || route.Show == nil || !items[route.Menu] {
			t.Errorf("%s: %+v", route.Path, route)
		}
		for name, action := range route.Actions {
			if name == "" || action.Do == nil {
				t.Errorf("%s: action %q does nothing", route.Path, name)
			}
		}
	}
	if !seen[Path] {
		t.Error("the console has no beginning")
	}
}

func TestRoleLine(t *testing.T) {
	t.Parallel()
	for want, roles := range map[string][]core.RoleGrant{
		"Auditor of the server":        {{Role: core.RoleOwner, Org: "a"}, {Role: core.RoleAuditor}, {Role: core.RoleHelpDesk, Org: "b"}},
		"Help desk of b":               {{Role: core.RoleAuditor, Org: "a"}, {Role: core.RoleHelpDesk, Org: "b"}},
		"Owner of the server":          {{Role: core.RoleAuditor}, {Role: core.RoleOwner}},
		"Administrator of partners-eu": {{Role: core.RoleAdministrator, Org: "partners-eu"}},
	} {
		if got := roleLine(roles); got != want {
			t.Errorf("%v: %q, want %q", roles, got, want)
		}
		slices.Reverse(roles)
		if got := roleLine(roles); got != want {
			t.Errorf("the other way round: %q, want %q", got, want)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for _, test := range [][2]string{
		{several(0, "user", "users"), "no users"}, {several(1, "user", "users"), "1 user"}, {several(12345, "user", "users"), "12\u202f345 users"},
		{number(-1000), "-1\u202f000"}, {number(999), "999"}, {host("https://id.example:8443/x"), "id.example:8443"}, {host("x"), "x"},
		{eventTitle(core.EventUserCreated), "User created"}, {eventTitle(core.EventSignedIn), "Signed in"}, {eventTitle(core.EventDeviceTrusted), "Device trusted"},
	} {
		if test[0] != test[1] {
			t.Errorf("%q, want %q", test[0], test[1])
		}
	}
}
