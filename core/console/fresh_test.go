package console_test

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/core/console"
)

// What gives a way in, or lets a plugin reach further, is for who proved lately who they
// are: a browser that somebody left open is not to be worth more than it is.
func TestWaysInNeedAFreshSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	routes := map[string]console.Route{}
	for _, route := range w.Routes() {
		routes[route.Path] = route
	}
	for _, way := range []string{
		"users/:id/edit save", "users/:id/password set", "users/:id/link link", "users/:id invite_hand", "users/:id/security reset_hand", "users/:id/security remove",
		"users/:id/security reset", "users/:id/security codes", "users/:id/delete delete", "roles/new grant", "roles revoke", "tokens/new create", "accounts/:id/token create",
		"clients/:id/edit save", "clients/:id/secret rotate", "clients/:id/delete delete", "organisations/:org/rules save", "organisations/:org/delete delete", "import import",
		"connectors/new create", "connectors/:name enable", "connectors/:name grant", "connectors/:name secret", "connectors/:name/settings save", "connectors/:name/rules save",
		"connectors/:name/delete delete", "plugins/install install", "plugins/:id rollback", "plugins/:id/remove remove", "instances/:name grant", "instances/:name secret",
		"instances/:name/settings save", "instances/:name/delete delete", "keys rotate", "keys/:kid/delete delete", "managed/:kind/:id release",
	} {
		path, name, _ := strings.Cut(way, " ")
		route, there := routes[console.Path+"/"+path]
		action, does := route.Actions[name]
		if !there || !does {
			t.Errorf("there is no %s", way)
		} else if !route.Fresh && !action.Fresh {
			t.Errorf("%s is done in a browser that was left open", way)
		}
	}
}
