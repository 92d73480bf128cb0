// Command plugin-scim-out is a plugin that keeps the users and groups of another system by
// SCIM as they are here.
//
// An event says who was changed, never how. So the plugin asks Postern's own SCIM server what
// they are now, and makes the other side the same: events that come late, twice or in another
// order end in the same state. It never tries again itself: it fails, and the host gives it
// the event later. It never sees an access token: the host puts those into its requests.
package main

import (
	"strings"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

var module = postern.Register(postern.Plugin{Manifest: manifest(), Event: take})

// main never runs: the module answers calls of the host.
func main() {}

// take makes the other side the same in what the event is about.
func take(in *hook.EventInput) error {
	s := settings{in.Settings.Object()}
	y := &syncing{
		here:       server{s.text("source"), secretSource},
		there:      server{s.text("target"), secretTarget},
		deactivate: s.flag("deactivate", false),
		name:       named(in),
	}
	user := in.Event.UserID
	id, _ := in.Event.Detail.Get("group_id")
	group := id.Text()
	switch {
	case strings.HasPrefix(in.Event.Type, "group.") && (!s.flag("groups", true) || group == ""):
		return nil
	case in.Event.Type == "group.member_added" || in.Event.Type == "group.member_removed":
		return y.member(group, user)
	case strings.HasPrefix(in.Event.Type, "group."):
		_, err := y.group(group)
		return err
	case in.Event.Type == "user.created" && s.flag("groups", true):
		return y.newcomer(user)
	case changes(in.Event.Type) && user != "":
		_, err := y.user(user)
		return err
	}
	return nil
}

// named gives what the event calls the user or the group that it is about.
func named(in *hook.EventInput) string {
	member := "name"
	if strings.HasPrefix(in.Event.Type, "group.") {
		member = "group"
	}
	name, _ := in.Event.Detail.Get(member)
	return name.Text()
}

// changes reports whether what SCIM says of a user may be another one after such an event.
func changes(kind string) bool {
	switch kind {
	case "user.created", "user.updated", "user.deleted", "user.disabled", "user.enabled", "user.invited", "user.registered",
		"user.email_changed", "user.profile_changed":
		return true
	}
	return false
}
