package rest

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

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
	Organisation string `query:"organisation" maxLength:"64" default:"built-in" doc:"Name of the organisation; * is all of them, for who may see all."`
}

type findUsers struct {
	OrganisationFilter
	Login          string `query:"login" maxLength:"320" doc:"Exactly the user of that login name, e-mail address or identifier: a list of one or none."`
	Group          string `query:"group" maxLength:"400" doc:"Only members of the group of that name."`
	Search         string `query:"search" maxLength:"200" doc:"Part of a name, address or display name, regardless of case."`
	ExternalID     string `query:"external_id" maxLength:"255" doc:"Exactly the user of that external identifier."`
	State          string `query:"state" enum:"enabled,disabled" doc:"Only those who may sign in, or may not."`
	Administrators bool   `query:"administrators" doc:"Only who owns the server or has a role."`
	Paging
}

func (r *routes) users() {
	get(r, operation{
		id: "list-users", path: "/users", tag: tagUsers, summary: "List the users of an organisation",
		needs: core.ReadUsers, desk: []string{"Users", "AllUsers", "FindUser"},
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
		id: "get-user", path: pathUser, tag: tagUsers, summary: "Read a user", needs: core.ReadUsers, desk: []string{"User"},
	}, func(ctx context.Context, d *desk.Desk, in *oneUser) (*Object[api.User], error) {
		return aUser(d.User(ctx, in.id()))
	})
	patch[changeUser, api.User](r, operation{
		id: "update-user", path: pathUser, tag: tagUsers, summary: "Change a user",
		more:  "Another address ends the links that were sent to the old one. A change of admin ends the user's sessions.",
		needs: core.WriteUsers, desk: []string{"UpdateUser"},
	}, updateUser)
	do(r, http.MethodDelete, operation{
		id: "delete-user", path: pathUser, tag: tagUsers, summary: "Delete a user with sessions, consents, grants and tokens",
		more: "The last owner of the server cannot be deleted.", needs: core.WriteUsers, desk: []string{"DeleteUser"},
	}, func(ctx context.Context, d *desk.Desk, in *changeUser) error {
		return d.DeleteUser(ctx, in.id())
	})
	get(r, contents("get-user-contents", pathUser, tagUsers, core.ReadUsers, "UserContents"),
		func(ctx context.Context, d *desk.Desk, in *oneUser) (*Answer[api.Page[api.Content]], error) {
			all, err := d.UserContents(ctx, in.id())
			return listed(all, wire.Content, err)
		})
}

func (r *routes) listUsers(ctx context.Context, d *desk.Desk, in *findUsers) (*Answer[api.Page[api.User]], error) {
	if in.Login != "" && in.Organisation != everywhere {
		user, err := d.FindUser(ctx, in.Organisation, in.Login)
		return oneOf(user, err, "user", wire.User)
	}
	filter, list := in.filter()
	if in.After != "" {
		place, err := r.cursors().open(list, in.After, 2)
		if err != nil {
			return nil, err
		}
		filter.After, filter.AfterID = place[0], core.ID(place[1])
	}
	find := d.Users
	if filter.Org == "" {
		find = d.AllUsers
	}
	rows, err := find(ctx, filter)
	return pageEnd(r, list, rows, in.Limit, func(u *core.User) []string { return []string{core.FoldName(u.Name), string(u.ID)} }, wire.User, err)
}

// filter gives whom the list has, and its name.
func (in *findUsers) filter() (filter core.UserFilter, list string) {
	filter = core.UserFilter{
		Org: orAll(in.Organisation), Group: in.Group, Search: cmp.Or(in.Search, in.Login), ExternalID: in.ExternalID, Admins: in.Administrators, Limit: in.Limit + 1,
	}
	if in.State != "" {
		filter.Disabled = new(in.State == "disabled")
	}
	return filter, listOf("users", in.Organisation, in.Login, in.Group, in.Search, in.ExternalID, in.State, strconv.FormatBool(in.Administrators))
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

func aUser(user *core.User, err error) (*Object[api.User], error) {
	if err != nil {
		return nil, err
	}
	told := wire.User(user)
	return object(told.Version, told), nil
}

// ofProfile says that members are those of the profile.
func ofProfile(err error) error {
	for from, to := range map[string]string{
		"profile_url": "profile", "street": "address.street_address", "locality": "address.locality", "address_region": "address.region",
		"postal_code": "address.postal_code", "country": "address.country",
	} {
		err = renamed(err, from, to)
	}
	return within(err, "profile", sortedNames(fieldsOf(typeProfile))...)
}

func invited(made *admin.Invited, err error) (*Answer[api.Invitation], error) {
	if err != nil {
		return nil, within(ofProfile(err), "user", sortedNames(fieldsOf(typeNewUser))...)
	}
	return told(wire.Invitation(made), nil)
}
