package rest

import (
	"context"
	"net/http"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

const tagUsers = "users"

// UserPath names a user.
type UserPath struct {
	User string `path:"user" maxLength:"36" doc:"Identifier of the user."`
}

type oneUser struct{ UserPath }

func (p UserPath) id() core.ID { return core.ID(p.User) }

type changeUser struct {
	UserPath
	IfMatch
}

// OrganisationFilter says of which organisation a list is.
type OrganisationFilter struct {
	Organisation string `query:"organisation" maxLength:"64" default:"built-in" doc:"Name of the organisation."`
}

type findUsers struct {
	OrganisationFilter
	Login string `query:"login" maxLength:"320" doc:"Exactly the user of that login name, e-mail address or identifier: a list of one or none."`
	Group string `query:"group" maxLength:"400" doc:"Only members of the group of that name."`
	Paging
}

func (r *routes) users() {
	get(r, operation{
		id: "list-users", path: "/users", tag: tagUsers, summary: "List the users of an organisation",
		needs: core.ReadUsers, desk: []string{"Users", "FindUser"},
	}, r.listUsers)
	send(r, http.MethodPost, operation{
		id: "create-user", path: "/users", tag: tagUsers, summary: "Make a user",
		more: "Only an owner of the server makes another.", needs: core.WriteUsers, desk: []string{"CreateUser"}, status: http.StatusCreated,
	}, func(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.NewUser) (*Object[api.CreatedUser], error) {
		made, err := d.CreateUser(ctx, wire.NewUser(sent))
		if err != nil {
			return nil, ofProfile(err)
		}
		told := wire.CreatedUser(made)
		return object(told.User.Version, told), nil
	})
	get(r, operation{
		id: "get-user", path: "/users/{user}", tag: tagUsers, summary: "Read a user", needs: core.ReadUsers, desk: []string{"User"},
	}, func(ctx context.Context, d *desk.Desk, in *oneUser) (*Object[api.User], error) {
		return aUser(d.User(ctx, in.id()))
	})
	patch[changeUser, api.User](r, operation{
		id: "update-user", path: "/users/{user}", tag: tagUsers, summary: "Change a user",
		more:  "Another address ends the links that were sent to the old one. A change of admin ends the user's sessions.",
		needs: core.WriteUsers, desk: []string{"UpdateUser"},
	}, updateUser)
	act(r, http.MethodDelete, operation{
		id: "delete-user", path: "/users/{user}", tag: tagUsers, summary: "Delete a user with sessions, consents, grants and tokens",
		more: "The last owner of the server cannot be deleted.", needs: core.WriteUsers, desk: []string{"DeleteUser"},
	}, deleteUser)
}

func (r *routes) listUsers(ctx context.Context, d *desk.Desk, in *findUsers) (*Answer[api.Page[api.User]], error) {
	if in.Login != "" {
		user, err := d.FindUser(ctx, in.Organisation, in.Login)
		return oneOf(user, err, "user", wire.User)
	}
	all, err := d.Users(ctx, core.UserFilter{Org: in.Organisation, Group: in.Group})
	if err != nil {
		return nil, err
	}
	list := listOf("users", in.Organisation, in.Group)
	return pageOf(r, list, all, in.Paging, func(u *core.User) string { return core.FoldName(u.Name) }, wire.User)
}

func updateUser(ctx context.Context, d *desk.Desk, in *changeUser, sent api.Patch) (*Object[api.User], error) {
	was, err := version(in.IfMatch.IfMatch)
	if err != nil {
		return nil, err
	}
	edit := editing(sent, wire.User, wire.SetUser)
	user, err := d.UpdateUser(ctx, in.id(), was, edit.apply)
	return aUser(user, ofProfile(edit.wrong(err)))
}

func deleteUser(ctx context.Context, d *desk.Desk, in *changeUser) (*Nothing, error) {
	was, err := version(in.IfMatch.IfMatch)
	if err != nil {
		return nil, err
	}
	user, err := d.User(ctx, in.id())
	if err != nil {
		return nil, err
	}
	if err := unchanged(was, wire.User(user).Version, "user", in.User); err != nil {
		return nil, err
	}
	return &Nothing{}, d.DeleteUser(ctx, in.id())
}

func aUser(user *core.User, err error) (*Object[api.User], error) {
	if err != nil {
		return nil, err
	}
	told := wire.User(user)
	return object(told.Version, told), nil
}

// ofProfile says that members are those of the profile.
func ofProfile(err error) error {
	return within(err, "profile", sortedNames(fieldsOf(typeProfile))...)
}

func invited(made *admin.Invited, err error) (*Answer[api.Invitation], error) {
	if err != nil {
		return nil, within(ofProfile(err), "user", sortedNames(fieldsOf(typeNewUser))...)
	}
	return told(wire.Invitation(made), nil)
}
