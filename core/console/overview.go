package console

import (
	"net/url"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/web"
)

// few is how many events a page shows beside other things.
const few = 8

func (c *Console) overviewRoutes() []Route {
	return []Route{{Path: Path, Menu: Path, Show: c.overview}}
}

// overview is what an administrator sees first.
func (c *Console) overview(v *Visit) (*Answer, error) {
	scope, err := v.scope(core.ReadOrganisations, true)
	if err != nil {
		return nil, err
	}
	counts, err := v.Desk.Counts(v, scope.Org)
	if err != nil {
		return nil, err
	}
	page := &web.Console{Title: "Overview", Lead: "What happens at " + host(c.Issuer) + "."}
	if scope.Org != "" {
		page.Lead = "What happens in " + scope.title() + "."
	}
	page.Blocks = append(page.Blocks, v.statsOf(counts, scope.Org))
	steps, err := c.nextSteps(v, counts)
	if err != nil {
		return nil, err
	}
	split := web.Split{Main: steps, Side: []web.Block{c.aboutServer(v, scope)}}
	amiss, err := c.attention(v, scope.Org, counts)
	if err != nil {
		return nil, err
	}
	if amiss != nil {
		split.Main = append([]web.Block{amiss}, split.Main...)
	}
	split.Main = append(split.Main, v.signInChart(counts, scope.Org))
	lately, err := c.lately(v)
	if err != nil {
		return nil, err
	}
	if lately != nil {
		split.Main = append(split.Main, *lately)
	}
	page.Blocks = append(page.Blocks, split)
	return show(page, nil)
}

// statsOf are the numbers of an organisation, or of all; each leads to where it is told in
// full, where the visitor may go there.
func (v *Visit) statsOf(counts core.Counts, org string) web.Block {
	stat := func(label string, n int, text, path string, permission core.Permission) web.Stat {
		s := web.Stat{Label: label, Value: number(n), Text: text}
		if v.MayAnywhere(permission) && v.console.hasPage(path) {
			s.URL = with(path, "org", org)
		}
		return s
	}
	return web.Stats{Items: []web.Stat{
		stat("Users", counts.Users, some(counts.DisabledUsers, "disabled"), pathUsers, core.ReadUsers),
		stat("Applications", counts.Clients, several(counts.Connectors, "connector", "connectors"), Path+"/clients", core.ReadClients),
		stat("Signed in now", counts.Sessions, "in browsers", pathSessions, core.ReadUsers),
		stat("Sign-ins in 24 hours", counts.SignIns, some(counts.Failures, "failed"), pathAudit, core.ReadAudit),
	}}
}

// some says how many, if there are any: "3 failed".
func some(n int, what string) string {
	if n == 0 {
		return ""
	}
	return number(n) + " " + what
}

// nextSteps lead through what a new server needs; nothing once all is done, and for who
// may not do it.
func (c *Console) nextSteps(v *Visit, counts core.Counts) ([]web.Block, error) {
	if !v.May(core.WriteOrganisations, "") {
		return nil, nil
	}
	proofs, err := v.Desk.UserProofs(v, v.User)
	if err != nil {
		return nil, err
	}
	own := v.Holder.Org
	list := web.Checklist{Title: "Next steps", Text: "A few things, and people sign in to your applications here.", Items: []web.Check{
		{Title: "Protect your own account", Text: "With a passkey or an authenticator app. Whoever has your password would have everything.", Done: len(proofs.Authenticators) > 0, Button: &web.Button{Label: "Set it up", URL: "/account/security", ID: "step-protect"}},
		{Title: "Name your organisation", Text: "People see its name and logo when they sign in.", Done: own.Logo != "" || own.Name != core.DefaultOrganisation || own.DisplayName != defaultTitle, Button: &web.Button{Label: "Name it", URL: at(pathOrgs, own.Name, "edit"), ID: "step-name"}},
		{Title: "Add an application", Text: "Confluence, Grafana, GitLab or your own: you are told what to enter there.", Done: counts.Clients > builtInClients, Button: &web.Button{Label: "Add one", URL: Path + "/clients/new", Kind: "primary", ID: "step-client"}},
		{Title: "Invite people", Text: "They choose their own password or passkey.", Done: counts.Users > 1, Button: &web.Button{Label: "Invite somebody", URL: pathUsers + "/invite", ID: "step-invite"}},
	}}
	list.Items = slices.DeleteFunc(list.Items, func(i web.Check) bool {
		path, _, _ := strings.Cut(i.Button.URL, "?")
		return strings.HasPrefix(path, Path+"/clients") && !c.hasPage(path)
	})
	open := false
	for i := range list.Items {
		if list.Items[i].Done {
			list.Items[i].Button = nil
		}
		open = open || !list.Items[i].Done
	}
	if !open {
		return nil, nil
	}
	return []web.Block{list}, nil
}

// hasPage reports whether there is a page of exactly this path.
func (c *Console) hasPage(path string) bool {
	return slices.ContainsFunc(c.Routes(), func(r Route) bool { return r.Path == path })
}

const (
	// defaultTitle is what the organisation of a new directory is called.
	defaultTitle = "Built-in organisation"
	// builtInClients is how many clients a new directory has: that of the command line.
	builtInClients = 1
)

// lately is what happened lately, where the visitor may see it; nil where not.
func (c *Console) lately(v *Visit) (*web.Feed, error) {
	scope, err := v.scope(core.ReadAudit, true)
	if err != nil || !scope.Server && scope.Org == "" {
		return nil, err
	}
	events, err := v.Desk.Events(v, core.EventFilter{Org: scope.Org, Limit: few})
	if err != nil {
		return nil, err
	}
	return &web.Feed{Title: "Lately", Items: happened(events), More: &web.Anchor{Label: "Audit log", URL: pathAudit}}, err
}

func (c *Console) aboutServer(v *Visit, scope *scope) web.Block {
	details := web.Details{Title: "This server", Rows: []web.Detail{
		{Label: "Issuer", Value: web.Cell{Text: c.Issuer, Code: true}},
		{Label: "You see", Value: web.Cell{Text: several(len(scope.Orgs), "organisation", "organisations"), URL: pathOrgs}},
		{Label: "You are", Value: web.Cell{Text: roleLine(v.Holder.AllRoles())}},
	}}
	return details
}

// host is how people know the server.
func host(issuer string) string {
	if u, err := url.Parse(issuer); err == nil && u.Host != "" {
		return u.Host
	}
	return issuer
}
