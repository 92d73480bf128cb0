package main

import (
	"errors"

	"github.com/postern-id/postern/sdk/hook"
)

// syncing makes there what is here. What is there bears, as its external identifier, the
// identifier that it has here.
type syncing struct {
	here, there server
	// deactivate keeps people there who are gone here, but does not let them in.
	deactivate bool
	// name is what the event calls who it is about; empty: it does not say.
	name string
}

const (
	externalID = "externalId"

	pathUsers  = "/Users"
	pathGroups = "/Groups"

	urnUser  = "urn:ietf:params:scim:schemas:core:2.0:User"
	urnGroup = "urn:ietf:params:scim:schemas:core:2.0:Group"
)

// user makes a user there as they are here, and gives their identifier there; empty if they
// are gone.
func (y *syncing) user(id string) (string, error) {
	user, err := y.here.named(pathUsers+"/"+id, "userName")
	if err != nil {
		return "", err
	}
	return y.put(pathUsers, id, "userName", outgoingUser(user, id))
}

// outgoingUser gives what is sent of a user. Managers and groups are left out: their
// identifiers mean nothing there. Nil stays nil.
func outgoingUser(user hook.Object, id string) hook.Object {
	var out hook.Object
	for _, member := range user {
		switch member.Name {
		case "id", "meta", "groups", "schemas", "externalId":
		case urnEnterprise:
			extension := member.Value.Object()
			extension.Remove("manager")
			if len(extension) > 0 {
				out.Set(urnEnterprise, hook.FromObject(extension))
			}
		default:
			out.Set(member.Name, member.Value)
		}
	}
	return identified(out, id, urnUser)
}

const urnEnterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// identified gives what is sent its external identifier, and says what it is. Nil stays nil.
func identified(out hook.Object, id, urn string) hook.Object {
	if out == nil {
		return nil
	}
	urns := []string{urn}
	if _, extended := out.Get(urnEnterprise); extended {
		urns = append(urns, urnEnterprise)
	}
	out.Set("schemas", hook.Strings(urns))
	out.Set(externalID, hook.String(id))
	return out
}

// group makes a group there as it is here, but for its members, and gives its identifier
// there; empty if it is gone.
func (y *syncing) group(id string) (string, error) {
	group, err := y.here.named(pathGroups+"/"+id+"?attributes=displayName", "displayName")
	if err != nil {
		return "", err
	}
	var out hook.Object
	if name, named := group.Get("displayName"); named {
		out.Set("displayName", name)
	}
	return y.put(pathGroups, id, "displayName", identified(out, id, urnGroup))
}

// put makes a resource there what it is here: nil is gone. One that nobody provisioned before
// is taken over if it has the same name.
func (y *syncing) put(path, id, name string, out hook.Object) (string, error) {
	found, err := y.there.find(path, externalID, id)
	unsearchable := isRefused(err, statusBadRequest, statusForbidden, statusNotImplemented)
	if err != nil && !unsearchable {
		return "", err
	}
	if out == nil {
		if unsearchable {
			found, err = y.formerly(path, id, name)
		}
		if err != nil {
			return "", err
		}
		return "", y.remove(path, found)
	}
	if found == nil {
		if found, err = y.unclaimed(path, id, name, out); err != nil {
			return "", err
		}
	}
	if found == nil {
		return y.make(path, id, name, out)
	}
	return text(found, "id"), y.replace(path, text(found, "id"), out)
}

// formerly gives what had the name that the event tells of something that is gone, where the
// other side finds nothing by external identifiers; nil if it is not ours, or not known.
func (y *syncing) formerly(path, id, name string) (hook.Object, error) {
	if y.name == "" {
		return nil, errors.New("the other side finds nothing by externalId, and the event does not say who is gone")
	}
	found, err := y.there.find(path, name, y.name)
	if err != nil || text(found, externalID) != id {
		return nil, err
	}
	return found, nil
}

// make makes a resource there. Where that is refused because there is one, which was not
// found before, it is looked for once more.
func (y *syncing) make(path, id, name string, out hook.Object) (string, error) {
	made, err := y.there.send("POST", path, out, "")
	switch {
	case err == nil && text(made, "id") != "":
		return text(made, "id"), nil
	case err != nil && !isRefused(err, statusConflict):
		return "", err
	}
	found, wrong := y.unclaimed(path, id, name, out)
	switch {
	case wrong != nil:
		return "", wrong
	case err != nil && found == nil:
		return "", err
	case err != nil:
		err = y.replace(path, text(found, "id"), out)
	}
	return text(found, "id"), err
}

// replace makes of a resource there what is sent. A group is patched, as to replace it would
// be to say who is in it.
func (y *syncing) replace(path, at string, out hook.Object) error {
	at = path + "/" + at
	if path == pathGroups {
		return y.change(at, patch("replace", "", hook.FromObject(out)), func(group hook.Object) hook.Object {
			for _, member := range out {
				group.Set(member.Name, member.Value)
			}
			return group
		})
	}
	_, err := y.there.send("PUT", at, out, "")
	if isRefused(err, statusNoSuchMethod, statusNotImplemented) {
		_, err = y.there.send("PATCH", at, patch("replace", "", hook.FromObject(out)), "")
	}
	return err
}

// change patches a resource there. Where there are no patches, it is read, edited and
// replaced, if it is still the one that was read.
func (y *syncing) change(at string, patch hook.Object, edit func(hook.Object) hook.Object) error {
	_, err := y.there.send("PATCH", at, patch, "")
	if !isRefused(err, statusNoSuchMethod, statusNotImplemented) {
		return err
	}
	resource, err := y.there.get(at)
	if err != nil || resource == nil {
		return err
	}
	meta, _ := resource.Get("meta")
	version := text(meta.Object(), "version")
	resource = edit(resource)
	resource.Remove("meta")
	_, err = y.there.send("PUT", at, resource, version)
	return err
}

// unclaimed gives the resource of the name there, which is ours or nobody's; nil if there is
// none.
func (y *syncing) unclaimed(path, id, name string, out hook.Object) (hook.Object, error) {
	found, err := y.there.find(path, name, text(out, name))
	if err != nil || found == nil {
		return nil, err
	}
	if of := text(found, externalID); of != "" && of != id {
		return nil, errors.New("somebody else provisioned what has the same name there")
	}
	return found, nil
}

// remove takes away what is gone here, if it is there. Where nothing at all is found here the
// address is wrong, and nobody is gone.
func (y *syncing) remove(path string, found hook.Object) error {
	if found == nil {
		return nil
	}
	switch config, err := y.here.get("/ServiceProviderConfig"); {
	case err != nil:
		return err
	case config == nil:
		return errors.New("there is no SCIM server at the source")
	}
	at := path + "/" + text(found, "id")
	if y.deactivate && path == pathUsers {
		return y.change(at, patch("replace", "active", hook.Bool(false)), func(user hook.Object) hook.Object {
			user.Set("active", hook.Bool(false))
			return user
		})
	}
	_, err := y.there.send("DELETE", at, nil, "")
	return err
}

// newcomer makes a user there, and a member of their groups: no other events tell of those.
func (y *syncing) newcomer(id string) error {
	at, err := y.user(id)
	if err != nil || at == "" {
		return err
	}
	groups, err := y.groupsOf(id)
	if err != nil {
		return err
	}
	for _, group := range groups {
		if err := y.join(group, at, true); err != nil {
			return err
		}
	}
	return nil
}

// groupsOf gives the identifiers of a user's groups here.
func (y *syncing) groupsOf(id string) ([]string, error) {
	user, err := y.here.get(pathUsers + "/" + id + "?attributes=groups")
	if err != nil {
		return nil, err
	}
	value, _ := user.Get("groups")
	var groups []string
	for _, group := range value.List() {
		groups = append(groups, text(group.Object(), "value"))
	}
	return groups, nil
}

// member makes a user a member of a group there, or no member, as it is here.
func (y *syncing) member(group, user string) error {
	at, err := y.user(user)
	if err != nil || at == "" {
		return err
	}
	groups, err := y.groupsOf(user)
	if err != nil {
		return err
	}
	for _, of := range groups {
		if of == group {
			return y.join(group, at, true)
		}
	}
	return y.join(group, at, false)
}

// join adds somebody there to a group, or takes them out.
func (y *syncing) join(group, user string, in bool) error {
	at, err := y.group(group)
	if err != nil || at == "" {
		return err
	}
	change := patch("remove", `members[value eq "`+user+`"]`, hook.Value{})
	if in {
		change = patch("add", "members", hook.Array(hook.FromObject(hook.Object{{Name: "value", Value: hook.String(user)}})))
	}
	return y.change(pathGroups+"/"+at, change, func(group hook.Object) hook.Object { return withMember(group, user, in) })
}

// withMember gives the group with the user in it, or without.
func withMember(group hook.Object, user string, in bool) hook.Object {
	var members []hook.Value
	have, _ := group.Get("members")
	for _, member := range have.List() {
		if text(member.Object(), "value") != user {
			members = append(members, member)
		}
	}
	if in {
		members = append(members, hook.FromObject(hook.Object{{Name: "value", Value: hook.String(user)}}))
	}
	group.Set("members", hook.Array(members...))
	return group
}
