package console

import (
	"net/url"

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
	page := &web.Console{Title: "Overview", Lead: "What happens at " + host(c.Issuer) + "."}
	orgs, err := v.Desk.Organisations(v)
	if err != nil {
		return nil, err
	}
	lately, err := c.lately(v)
	if err != nil {
		return nil, err
	}
	split := web.Split{Side: []web.Block{c.aboutServer(len(orgs))}}
	if lately != nil {
		split.Main = append(split.Main, *lately)
	}
	page.Blocks = []web.Block{split}
	return show(page, nil)
}

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
	items, err := v.happened(events)
	return &web.Feed{Title: "Lately", Items: items, More: &web.Anchor{Label: "Audit log", URL: pathAudit}}, err
}

func (c *Console) aboutServer(orgs int) web.Block {
	return web.Details{Title: "This server", Rows: []web.Detail{
		{Label: "Issuer", Value: web.Cell{Text: c.Issuer, Code: true}},
		{Label: "You see", Value: web.Cell{Text: several(orgs, "organisation", "organisations")}},
	}}
}

// host is how people know the server.
func host(issuer string) string {
	if u, err := url.Parse(issuer); err == nil && u.Host != "" {
		return u.Host
	}
	return issuer
}
