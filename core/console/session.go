package console

import (
	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/web"
)

const pathSessions = Path + "/sessions"

func (c *Console) sessionRoutes() []Route {
	return []Route{{Path: pathSessions, Menu: pathSessions, Show: c.sessions, Actions: map[string]Action{"end": {Do: c.endAnySession}}}}
}

// sessions shows who is signed in.
func (c *Console) sessions(v *Visit) (*Answer, error) {
	if err := v.needAnywhere(core.ReadUsers); err != nil {
		return nil, err
	}
	scope, err := v.scope(core.ReadUsers, true)
	if err != nil {
		return nil, err
	}
	filter := core.SessionFilter{Org: scope.Org, Before: core.ID(v.Ask("before")), Limit: pageSize + 1}
	list, err := v.Desk.LiveSessions(v, filter)
	if err != nil {
		return nil, err
	}
	table := web.Table{ID: "sessions", Columns: []string{"Who", "Browser", "Signed in", "How", "Ends"}, Empty: "Nobody is signed in."}
	if inputs := scope.input(true); inputs != nil {
		table.Search = &web.Search{Action: pathSessions, Inputs: inputs}
	}
	if filter.Before != "" {
		table.First = with(pathSessions, "org", scope.Org)
	}
	if len(list) > pageSize {
		list = list[:pageSize]
		table.Next = with(pathSessions, "org", scope.Org, "before", string(list[pageSize-1].Session.ID))
	}
	helps := v.MayAnywhere(core.HelpUsers)
	table.Columns = actions(table.Columns, helps)
	for i := range list {
		live := &list[i]
		who := web.Cell{Text: live.User, URL: at(pathUsers, string(live.Session.UserID)), Sub: live.Org, Mark: "person"}
		table.Rows = append(table.Rows, sessionRow(&live.Session, &who, helps && v.May(core.HelpUsers, live.Org)))
	}
	return show(&web.Console{Title: "Sessions", Lead: "Browsers in which somebody is signed in, the newest first.", Blocks: []web.Block{table}}, nil)
}

func (c *Console) endAnySession(v *Visit) (*Answer, error) {
	user, err := v.Desk.User(v, core.ID(v.Said("user")))
	if err == nil {
		err = v.Desk.EndUserSession(v, user.ID, core.ID(v.Said("id")))
	}
	if err != nil {
		return nil, err
	}
	return done(pathSessions, user.DisplayName()+" is signed out there.")
}
