package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// CheckState says how far a point of a checklist is.
type CheckState string

// The states of a [Check].
const (
	CheckDone  CheckState = "done"
	CheckOpen  CheckState = "open"  // it has not happened yet
	CheckWrong CheckState = "wrong" // something is to be mended
)

// Check is a point of the checklist of a client.
type Check struct {
	Name  string // "redirect_uris", "groups", "enabled", "issuer", "authorization", "tokens"
	State CheckState
	// Text says what is checked and how it is, Hint what to do; both are sentences. Hint is
	// empty where nothing is to be done.
	Text string
	Hint string
	// At is when it was seen last; zero for what is read from the client itself.
	At time.Time
}

// Checklist says what of the set-up of a client is done: from the client itself, and from
// what the audit log saw of it.
func (s *Service) Checklist(ctx context.Context, client *core.Client) ([]Check, error) {
	list := []Check{s.issuerCheck(client), redirectCheck(client), enabledCheck(client)}
	groups, err := s.groupCheck(ctx, client)
	if err != nil {
		return nil, err
	}
	list = append(list, groups)
	if asksPeople(client) {
		asked, err := s.seen(ctx, client, core.EventCodeIssued, core.EventAuthorizeRefused)
		if err != nil {
			return nil, err
		}
		list = append(list, asked.check("authorization", "Somebody signed in for the application", "Open the application and sign in."))
	}
	got, err := s.seen(ctx, client, core.EventTokenIssued, core.EventTokenRefused)
	if err != nil {
		return nil, err
	}
	list = append(list, got.check("tokens", "The application got tokens", "Go on with the steps above: the application has not asked for tokens yet."))
	return slices.DeleteFunc(list, func(c Check) bool { return c.Name == "" }), nil
}

// issuerCheck is for what takes no issuer of http, and for whatever runs on another machine.
func (s *Service) issuerCheck(client *core.Client) Check {
	preset, err := presetOf(client.Preset)
	switch {
	case err != nil || !preset.Product:
		return Check{}
	case strings.HasPrefix(s.Issuer, "https://"):
		return Check{Name: "issuer", State: CheckDone, Text: "Postern has an address of https: " + s.Issuer}
	case client.Preset == PresetKubernetes || slices.ContainsFunc(client.RedirectURIs, func(uri string) bool { return strings.HasPrefix(uri, "https://") }):
		return Check{Name: "issuer", State: CheckWrong, Text: fmt.Sprintf("Postern's address is %s: only this machine reaches it.", s.Issuer),
			Hint: "Set the issuer to the https address at which the application and its people reach Postern."}
	}
	return Check{}
}

func redirectCheck(client *core.Client) Check {
	stray := StrayRedirects(client)
	switch {
	case !asksPeople(client):
		return Check{}
	case len(client.RedirectURIs) == 0:
		return Check{Name: "redirect_uris", State: CheckWrong, Text: "There is no redirect URI.", Hint: "Add the address at which the application gets its answers."}
	case len(stray.Redirects) == len(client.RedirectURIs):
		return Check{Name: "redirect_uris", State: CheckWrong, Text: fmt.Sprintf("%s is not where %s usually listens.", stray.Redirects[0], stray.Product),
			Hint: "Its redirect URI ends in " + strings.Join(stray.Listens, " or ") + "."}
	}
	return Check{Name: "redirect_uris", State: CheckDone, Text: "The redirect URI is set: " + client.RedirectURIs[0]}
}

func enabledCheck(client *core.Client) Check {
	if !client.Disabled {
		return Check{}
	}
	return Check{Name: "enabled", State: CheckWrong, Text: "The client is disabled: whatever it asks for is refused.", Hint: "Enable it."}
}

func (s *Service) groupCheck(ctx context.Context, client *core.Client) (Check, error) {
	missing, err := s.MissingGroups(ctx, client)
	switch {
	case err != nil || len(client.AllowedGroups) == 0:
		return Check{}, err
	case len(missing) > 0:
		return Check{Name: "groups", State: CheckWrong, Text: fmt.Sprintf("Only members of some groups may sign in, and there is no group %s.", strings.Join(missing, ", ")),
			Hint: "Make it, or let a connector bring it along."}, nil
	}
	return Check{Name: "groups", State: CheckDone, Text: "Members of these groups may sign in: " + strings.Join(client.AllowedGroups, ", ")}, nil
}

// sighting is the newest event of a kind that went well, and of one that did not.
type sighting struct{ good, bad *core.Event }

func (s *Service) seen(ctx context.Context, client *core.Client, good, bad core.EventType) (sighting, error) {
	var found sighting
	for _, look := range []struct {
		kind core.EventType
		into **core.Event
	}{{good, &found.good}, {bad, &found.bad}} {
		events, err := s.Store.Events(ctx, core.EventFilter{Type: look.kind, ClientID: client.ID, Limit: 1})
		if err != nil {
			return found, wrap("read the audit log", err)
		}
		if len(events) > 0 {
			*look.into = &events[0]
		}
	}
	return found, nil
}

// check tells of the newest of both: a mistake that was mended since is none.
func (s sighting) check(name, text, hint string) Check {
	switch {
	case s.bad != nil && (s.good == nil || s.good.At.Before(s.bad.At)):
		reason := s.bad.Detail["reason"]
		return Check{
			Name: name, State: CheckWrong, Text: "The last try was refused: " + strings.ReplaceAll(reason, "_", " ") + ".", Hint: adviceOn(reason), At: s.bad.At,
		}
	case s.good != nil:
		return Check{Name: name, State: CheckDone, Text: text + ".", At: s.good.At}
	}
	return Check{Name: name, State: CheckOpen, Text: text + ": not yet.", Hint: hint}
}

// adviceOn says what to do about the usual reasons of the audit log.
func adviceOn(reason string) string {
	switch {
	case reason == "redirect_uri_unregistered" || reason == "redirect_uri_missing":
		return "The application asks to be answered at another address: compare its redirect URI with those of this client, letter by letter."
	case strings.HasPrefix(reason, "client_auth"), strings.HasPrefix(reason, "secret"), strings.HasPrefix(reason, "client_secret"):
		return "The application sent another secret, or none: paste the secret again, or make a new one."
	case strings.HasPrefix(reason, "challenge_") || strings.HasPrefix(reason, "verifier_"):
		return "Turn PKCE (S256) on in the application, or do not require it of this client."
	case reason == "scope_unregistered" || reason == "scope_without_openid":
		return "Let the application ask for openid, and for no more than the scopes of this client."
	case reason == "response_type_unregistered" || reason == "response_type":
		return "Set the application to the authorization code flow (response_type=code)."
	case reason == "client_disabled":
		return "Enable the client."
	}
	return "The audit log has more about it."
}

// ClientGuide is how to set a client up, and how far that is.
type ClientGuide struct {
	Guide
	Checks []Check
}

// ClientGuide gives the guide of the client, filled in, with its checklist. The secret is
// that which was just made, or empty.
func (s *Service) ClientGuide(ctx context.Context, client *core.Client, secret string) (*ClientGuide, error) {
	checks, err := s.Checklist(ctx, client)
	if err != nil {
		return nil, err
	}
	return &ClientGuide{Guide: GuideOf(client, Connect(s.Issuer, client, secret)), Checks: checks}, nil
}
