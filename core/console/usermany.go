package console

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/web"
)

// many are things that are done to several users at once: by the values of the buttons
// below their list.
func (c *Console) manyActions() map[string]Action {
	actions := map[string]Action{}
	for name, what := range map[string]manyUsers{
		"disable_many": {
			permission: core.HelpUsers,
			verb:       "Disable", text: "They are signed out everywhere and cannot sign in, until they are enabled again.", done: "disabled", danger: true,
			do: func(v *Visit, _ string, u *core.User) error { return v.Desk.DisableUser(v, u.ID) },
		},
		"enable_many": {
			permission: core.HelpUsers,
			verb:       "Enable", text: "They may sign in again.", done: "enabled",
			do: func(v *Visit, _ string, u *core.User) error { return v.Desk.EnableUser(v, u.ID) },
		},
		"sign_out_many": {
			permission: core.HelpUsers,
			verb:       "Sign out", text: "Their sessions end, and what applications got for them works no more. They may sign in again at once.", done: "signed out everywhere", danger: true,
			do: func(v *Visit, _ string, u *core.User) error { return v.Desk.SignOutUser(v, u.ID) },
		},
		"join_many": {
			permission: core.WriteGroups,
			verb:       "Add to a group:", text: "They are members of it besides those that they are in.", done: "in the group", group: true,
			do: func(v *Visit, group string, u *core.User) error { return v.changeMember(group, u, v.Desk.AddMember) },
		},
		"leave_many": {
			permission: core.WriteGroups,
			verb:       "Take out of a group:", text: "They stay in all others that they are in.", done: "out of the group", group: true,
			do: func(v *Visit, group string, u *core.User) error { return v.changeMember(group, u, v.Desk.RemoveMember) },
		},
	} {
		actions[name] = Action{Ask: what.ask, Do: what.all}
	}
	return actions
}

// manyUsers is one of those things.
type manyUsers struct {
	verb, rest    string // "Add", " to a group"
	text, done    string
	danger, group bool // the group is asked for
	permission    core.Permission
	do            func(v *Visit, group string, u *core.User) error
}

// pickUsers shows what can be done with ticked users; nil where that is nothing.
func (v *Visit) pickUsers(org string) *web.Picking {
	picking := &web.Picking{Hidden: []web.Field{{Name: "back", Value: v.Query.Encode()}, {Name: "org", Value: org}}}
	if v.May(core.HelpUsers, org) {
		picking.Buttons = append(picking.Buttons,
			web.Button{Label: "Disable", Action: "disable_many", ID: "disable-many"}, web.Button{Label: "Enable", Action: "enable_many", ID: "enable-many"},
			web.Button{Label: "Sign them out", Action: "sign_out_many", ID: "sign-out-many"})
	}
	if v.May(core.WriteGroups, org) {
		picking.Buttons = append(picking.Buttons,
			web.Button{Label: "Add to a group", Action: "join_many", ID: "join-many"}, web.Button{Label: "Take out of a group", Action: "leave_many", ID: "leave-many"})
	}
	if len(picking.Buttons) == 0 {
		return nil
	}
	return picking
}

// pickedUsers are the ticked ones.
func (v *Visit) pickedUsers() (users []core.User, err error) {
	ids, err := v.picked()
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		user, err := v.Desk.User(v, core.ID(id))
		if errors.Is(err, core.ErrNotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		users = append(users, *user)
	}
	return users, nil
}

// backToList is the list as it was looked at.
func (v *Visit) backToList() string {
	query, err := url.ParseQuery(v.Said("back"))
	if err != nil || len(query) == 0 {
		return v.Here
	}
	return v.Here + "?" + query.Encode()
}

func (m manyUsers) ask(v *Visit) (*Question, error) {
	if err := v.need(m.permission, v.Said("org")); err != nil {
		return nil, err
	}
	users, err := v.pickedUsers()
	if err != nil {
		return nil, err
	}
	return m.question(v, users)
}

func (m manyUsers) question(v *Visit, users []core.User) (*Question, error) {
	q := &Question{Title: m.verb + " " + several(len(users), "user", "users") + m.rest, Text: m.text, Button: m.verb + m.rest, Danger: m.danger, Back: v.backToList()}
	for i := range users {
		u := &users[i]
		q.Concerns = append(q.Concerns, web.Cell{Text: u.DisplayName(), Sub: u.Name, Mark: "person", Picture: v.console.picture(u), Badges: userBadges(u)})
	}
	if !m.group {
		return q, nil
	}
	groups, err := v.Desk.Groups(v, v.Said("org"))
	if err != nil {
		return nil, err
	}
	input := web.Input{Name: "group", Label: "Group", Required: true, Focus: true, Value: v.Said("group")}
	for i := range groups {
		input.Suggest = append(input.Suggest, groups[i].Name)
	}
	q.Inputs = []web.Input{input}
	return q, nil
}

// all does it to one after the other. Whom it cannot be done to is left as they are, and
// named with the reason.
func (m manyUsers) all(v *Visit) (*Answer, error) {
	if err := v.need(m.permission, v.Said("org")); err != nil {
		return nil, err
	}
	users, err := v.pickedUsers()
	if err != nil {
		return nil, err
	}
	if m.group {
		if _, err := v.Desk.FindGroup(v, v.Said("org"), v.Said("group")); errors.Is(err, core.ErrNotFound) {
			q, err := m.question(v, users)
			if err != nil {
				return nil, err
			}
			return v.wrongAnswer(q, &admin.InvalidError{Problems: []admin.Problem{{Field: "group", Text: "there is no such group here: choose one of the list"}}})
		} else if err != nil {
			return nil, err
		}
	}
	made, left := 0, []string{}
	for i := range users {
		err := m.do(v, v.Said("group"), &users[i])
		reason := whyNot(err)
		switch {
		case err == nil:
			made++
		case reason == "":
			return nil, err
		default:
			left = append(left, users[i].DisplayName()+" ("+reason+")")
		}
	}
	note := upper(several(made, "user is ", "users are ")) + m.done
	if m.group {
		note += " " + v.Said("group")
	}
	note += "."
	if len(left) > 0 {
		note += " Left as they are: " + fewOf(left) + "."
	}
	return done(v.backToList(), note)
}

// whyNot says why something was not done to one of several; empty for what is a failure of
// the server.
func whyNot(err error) string {
	if denied, ok := errors.AsType[*desk.DeniedError](err); ok {
		if denied.Above {
			return "may do more than you may"
		}
		return "you may not"
	}
	text, _ := why(err)
	return strings.TrimSuffix(text, ".")
}

// changeMember puts the user into the group of that name, or takes them out.
func (v *Visit) changeMember(name string, u *core.User, change func(context.Context, *core.Group, *core.User) error) error {
	group, err := v.Desk.FindGroup(v, u.Org, name)
	if err != nil {
		return err
	}
	return change(v, group, u)
}
