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
}

const (
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
	out.Set("externalId", hook.String(id))
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
	found, err := y.there.find(path, "externalId", id)
	if err != nil {
		return "", err
	}
	if out == nil {
		return "", y.remove(path, found)
	}
	if found == nil {
		if found, err = y.unclaimed(path, name, out); err != nil {
			return "", err
		}
	}
	if found == nil {
		made, err := y.there.send("POST", path, out)
		return text(made, "id"), err
	}
	at := text(found, "id")
	if path == pathGroups {
		// To replace a group would be to say who is in it.
		_, err = y.there.send("PATCH", path+"/"+at, patch("replace", "", hook.FromObject(out)))
	} else {
		_, err = y.there.send("PUT", path+"/"+at, out)
	}
	return at, err
}

// unclaimed gives the resource of the name there; nil if there is none.
func (y *syncing) unclaimed(path, name string, out hook.Object) (hook.Object, error) {
	found, err := y.there.find(path, name, text(out, name))
	if err != nil || found == nil {
		return nil, err
	}
	if text(found, "externalId") != "" {
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
		_, err := y.there.send("PATCH", at, patch("replace", "active", hook.Bool(false)))
		return err
	}
	_, err := y.there.send("DELETE", at, nil)
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
	_, err = y.there.send("PATCH", pathGroups+"/"+at, change)
	return err
}
