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
	// Name is "issuer", "redirect_uris", "enabled", "secret", "groups", "authorization",
	// "tokens", "plugins", "claims", "offline_access" or "resources".
	Name  string
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
	seen, err := s.sightings(ctx, client)
	if err != nil {
		return nil, err
	}
	groups, err := s.groupCheck(ctx, client)
	if err != nil {
		return nil, err
	}
	list := []Check{s.issuerCheck(client), redirectCheck(client), enabledCheck(client), secretCheck(client), groups}
	if asksPeople(client) {
		list = append(list, seen.authorization(client))
	}
	list = append(list, seen.tokens(client))
	told, err := s.toldChecks(ctx, client, seen)
	if err != nil {
		return nil, err
	}
	list = append(append(list, told...), seen.resources(client))
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

// secretCheck is for clients that were moved in without their secret.
func secretCheck(client *core.Client) Check {
	if !LacksSecret(client) {
		return Check{}
	}
	return Check{Name: "secret", State: CheckWrong, Text: "The client has no secret: it cannot prove who it is.", Hint: "Make a new secret, and paste it into the application."}
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
