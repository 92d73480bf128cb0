package console

import (
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/web"
)

// eventWords are what pages call events whose type says it badly.
func eventWords() map[core.EventType]string {
	return map[core.EventType]string{
		core.EventSignedIn: "Signed in", core.EventSignInFailed: "Sign-in failed", core.EventSignInThrottled: "Sign-in throttled",
		core.EventSignInCancelled: "Sign-in given up", core.EventSignedOut: "Signed out", core.EventFactorWanted: "Second factor asked for",
		core.EventReuseDetected: "Stolen refresh token used", core.EventSetupDone: "Server set up", core.EventSetupRefused: "Set-up link refused",
		core.EventStepRefused: "Form refused", core.EventUpstreamBegun: "Sent to a provider", core.EventUpstreamRefused: "Provider's answer refused",
		core.EventUpstreamFailed: "Provider failed", core.EventPluginRefused: "Plugin not loaded", core.EventPluginWithdrawn: "Plugin lost a capability",
		core.EventPluginGranted: "Plugin got a capability", core.EventPluginSecretSet: "Plugin secret set", core.EventPluginSecretGone: "Plugin secret deleted",
		core.EventPasswordSet: "Password set", core.EventSecretRotated: "Client secret rotated", core.EventTicketSent: "Link made or sent",
		core.EventTicketUsed: "Link used", core.EventTicketRefused: "Link refused", core.EventMemberAdded: "Added to a group",
		core.EventMemberRemoved: "Removed from a group", core.EventInitialCreated: "Registration token created", core.EventInitialRevoked: "Registration token revoked",
		core.EventAPITokenCreated: "API token created", core.EventAPITokenRevoked: "API token revoked", core.EventAPIRefused: "API refused",
		core.EventTried: "Sign-in tried by an administrator", core.EventDeviceAsked: "Device asked for access",
		core.EventDeviceApproved: "Device let in", core.EventDeviceDenied: "Device turned away", core.EventImported: "Import done",
		core.EventManaged: "Managed by a file", core.EventReleased: "Managed by no file any more",
		core.EventRegisterRefused: "Registration refused", core.EventRegistrationRefused: "Client registration refused",
	}
}

// eventTitle is what the pages call an event: "User created".
func eventTitle(kind core.EventType) string {
	if words := eventWords()[kind]; words != "" {
		return words
	}
	name := strings.NewReplacer(".", " ", "_", " ").Replace(string(kind))
	if what, is := strings.CutPrefix(name, "client "); is {
		name = "application " + what // as all pages call them
	}
	return upper(name)
}

// eventBadges marks what somebody should look at.
func eventBadges(kind core.EventType) []web.Badge {
	name := string(kind)
	switch {
	case kind == core.EventReuseDetected:
		return []web.Badge{{Text: "Look at this", Kind: "wrong"}}
	case strings.Contains(name, "refused"), strings.Contains(name, "denied"):
		return []web.Badge{{Text: "Refused", Kind: "warn"}}
	case strings.Contains(name, "failed"), strings.Contains(name, "suspended"):
		return []web.Badge{{Text: "Failed", Kind: "wrong"}}
	}
	return nil
}

// eventAbout is what an event is about, in a few words; it may be empty. Who did something
// with their own account is told anyway.
func eventAbout(e *core.Event) string {
	if whom := whomWords(e); whom != "" && !itself(e) {
		return whom
	}
	for _, key := range []string{"name", "client", "group", "organisation", "connector", "instance", "plugin", "alg", "purpose", "template"} {
		if e.Detail[key] != "" {
			return e.Detail[key]
		}
	}
	return e.ClientID
}

// byWords says who did it.
func byWords(e *core.Event) string {
	kind, id, _ := strings.Cut(e.Actor, ":")
	switch {
	case e.By.Hidden:
		return "somebody of another organisation"
	case e.By.Name != "" && kind == "service":
		return "service account " + e.By.Name + gone(e.By)
	case e.By.Name != "":
		return e.By.Name + gone(e.By)
	case kind == "user":
		return "a user who is gone"
	case kind == "service":
		return "a service account that is gone"
	case kind == "cli":
		return id + " at the command line"
	case kind == "apply":
		return "the file " + id
	}
	if words := map[string]string{
		"setup": "whoever set the server up", "server": "the server itself", "registration": "a registration", "signal": "a signal to the server",
	}[e.Actor]; words != "" {
		return words
	}
	return e.Actor
}

// whomWords says whom it concerns; empty where that is nobody.
func whomWords(e *core.Event) string {
	switch {
	case e.UserID == "":
		return ""
	case e.Whom.Hidden:
		return "somebody of another organisation"
	case e.Whom.Name == "":
		return "a user who is gone"
	}
	return e.Whom.Name + gone(e.Whom)
}

func gone(called core.Called) string {
	if called.Gone {
		return " (deleted)"
	}
	return ""
}

// itself reports whether somebody did it with their own account.
func itself(e *core.Event) bool { return e.UserID != "" && e.ActorID() == e.UserID }

// happened makes lines of events, each of which leads to what is known of it.
func happened(events []core.Event) []web.FeedItem {
	var items []web.FeedItem
	for i := range events {
		e := &events[i]
		line := web.FeedItem{At: e.At, Text: eventTitle(e.Type), Badges: eventBadges(e.Type), URL: eventPath(e)}
		if about := eventAbout(e); about != "" {
			line.Text += ": " + about
		}
		var sub []string
		if by := byWords(e); by != "" {
			sub = append(sub, "by "+by)
		}
		if e.IP != "" {
			sub = append(sub, "from "+e.IP)
		}
		line.Sub = strings.Join(sub, " ")
		items = append(items, line)
	}
	return items
}
