package intake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/postern-id/postern/core/admin"
)

// casdoorData is what Casdoor's -export writes, and what the tables of its database hold:
// each object with its members, by Casdoor's names.
type casdoorData struct {
	orgs         []casdoorOrg
	users        []casdoorUser
	groups       []casdoorGroup
	roles        []casdoorRole
	applications []casdoorApplication
	providers    []casdoorProvider
	ldaps        []casdoorLDAP
	permissions  []casdoorNamed
	links        []casdoorLink
	// stored says that the objects are those of the database, where a password of no type
	// has the organisation's; a document that was written by hand has the password itself.
	stored bool
	others map[string]int // what there is besides, by name of the list
	keys   keys           // of organisations
	// nameless are objects without a name, such as "users[3]".
	nameless []string
	holders  casdoorHolders
	linksOf  map[string][]casdoorLink // by "owner/name" of the user
}

type casdoorOrg struct {
	Owner, Name, DisplayName, WebsiteURL, Logo, Favicon text
	PasswordType, PasswordSalt, MasterPassword          text
	DefaultPassword, IPWhitelist                        text
	DisableSignin                                       flag
	MfaItems                                            listOf[struct{ Name, Rule text }]
}

// notes say what of the organisation has no place here.
func (o *casdoorOrg) notes() []string {
	return noted([]note{
		{o.MasterPassword != "", "the master password was left out: nobody signs in as somebody else here"},
		{o.DefaultPassword != "", "the default password was left out: who has none sets one by a link here"},
		{o.IPWhitelist != "", "from which addresses people may sign in was left out: let a proxy in front of this server say so"},
		{slices.ContainsFunc(o.MfaItems, func(item struct{ Name, Rule text }) bool { return item.Rule == "Required" }),
			"a second factor is required there; 'postern org rules' does so here"},
	})
}

type casdoorGroup struct {
	Owner, Name, DisplayName, ParentID text
	IsEnabled                          *flag
}

type casdoorRole struct {
	Owner, Name, DisplayName text
	Users, Groups, Roles     texts
	IsEnabled                *flag
}

type casdoorNamed struct {
	Owner, Name, DisplayName text
	Resources                texts
}

type casdoorLink struct {
	Owner, UserName, ProviderName, ProviderID text
}

// casdoorLists are the lists of the document, each with the table of the database.
var casdoorLists = map[string]string{
	"organizations": "organization", "users": "user", "groups": "group", "roles": "role", "applications": "application", "providers": "provider",
	"ldaps": "ldap", "permissions": "permission", "third_party_links": "third_party_link",
}

// casdoorOthers say why the other lists have no place here.
var casdoorOthers = map[string]string{
	"certs":             "tokens are signed by keys of this server, which applications fetch by themselves",
	"tokens":            "people sign in once more",
	"sessions":          "people sign in once more",
	"records":           "the log of what happened there stays there",
	"invitations":       "invite people with 'postern user invite'",
	"webhooks":          "install a plugin for event.sink, such as examples/plugin-webhook",
	"syncers":           "let the other database provision people by SCIM, or connect it by a plugin",
	"models":            "there are no permissions here; who may sign in to a client is said by its groups, or by a plugin",
	"adapters":          "there are no permissions here; who may sign in to a client is said by its groups, or by a plugin",
	"enforcers":         "there are no permissions here; who may sign in to a client is said by its groups, or by a plugin",
	"enforcerPolicies":  "there are no permissions here; who may sign in to a client is said by its groups, or by a plugin",
	"resources":         "files are not kept here",
	"permission_rules":  "there are no permissions here; who may sign in to a client is said by its groups, or by a plugin",
	"casbin_api_rules":  "what the API of Casdoor lets whom do stays there",
	"casbin_user_rules": "there are no permissions here; who may sign in to a client is said by its groups, or by a plugin",
}

func readCasdoor(files []File) (*admin.ImportPlan, error) {
	if len(files) > 1 {
		return nil, files[1].wrong("import one after the other", "Casdoor has one file, and this is a second one")
	}
	var data *casdoorData
	var err error
	if isDatabase(files[0].Data) {
		data, err = readCasdoorDatabase(&files[0])
	} else {
		data, err = readCasdoorDocument(&files[0])
	}
	if err != nil {
		return nil, err
	}
	return data.plan(), nil
}

// readCasdoorDocument reads the JSON document.
func readCasdoorDocument(file *File) (*casdoorData, error) {
	const hint = "export with: casdoor -export -exportPath casdoor.json"
	var members map[string]json.RawMessage
	if err := json.Unmarshal(file.Data, &members); err != nil {
		return nil, file.wrong(hint, "it is neither JSON nor a database of SQLite (%s)", jsonProblem(file.Data, err))
	}
	if err := file.checkSource("casdoor", members); err != nil {
		return nil, err
	}
	if _, has := members["users"]; !has && members["organizations"] == nil && members["applications"] == nil {
		return nil, file.wrong(hint, "it has neither organizations nor users nor applications, so it is no export of Casdoor")
	}
	lists := map[string][]json.RawMessage{}
	data := &casdoorData{others: map[string]int{}}
	for name, value := range members {
		if casdoorLists[name] == "" {
			data.others[name] = size(value)
			continue
		}
		var list []json.RawMessage
		if err := json.Unmarshal(value, &list); err != nil {
			return nil, file.wrong(hint, "%s is no list", name)
		}
		lists[name] = list
	}
	return data, data.fill(file, lists)
}

// size is how many elements or members a value has; 1 for any other value.
func size(value json.RawMessage) int {
	var list []json.RawMessage
	var members map[string]json.RawMessage
	switch {
	case !holds(value):
		return 0
	case json.Unmarshal(value, &list) == nil:
		return len(list)
	case json.Unmarshal(value, &members) == nil:
		return len(members)
	}
	return 1
}

// jsonProblem says where JSON is broken.
func jsonProblem(data []byte, err error) string {
	if syntax, is := err.(*json.SyntaxError); is {
		line := 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n"))
		return fmt.Sprintf("line %d: %s", line, syntax)
	}
	return typeProblem(err)
}

// fill reads the objects of the lists.
func (d *casdoorData) fill(file *File, lists map[string][]json.RawMessage) error {
	for _, read := range []func() error{
		func() error { return objects(d, file, lists, "organizations", &d.orgs) },
		func() error { return objects(d, file, lists, "groups", &d.groups) },
		func() error { return objects(d, file, lists, "roles", &d.roles) },
		func() error { return objects(d, file, lists, "applications", &d.applications) },
		func() error { return objects(d, file, lists, "providers", &d.providers) },
		func() error { return objects(d, file, lists, "ldaps", &d.ldaps) },
		func() error { return objects(d, file, lists, "permissions", &d.permissions) },
		func() error { return objects(d, file, lists, "third_party_links", &d.links) },
		func() error { return objects(d, file, lists, "users", &d.users) },
	} {
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

// casdoorNames are the members without which an object means nothing.
var casdoorNames = map[string]string{"ldaps": "host", "third_party_links": "userName"}

// objects reads one list, without what has no name. What says nothing at all is passed over:
// templates have such rows.
func objects[T any](d *casdoorData, file *File, lists map[string][]json.RawMessage, name string, into *[]T) error {
	for i, raw := range lists[name] {
		var members map[string]json.RawMessage
		var object T
		if json.Unmarshal(raw, &members) != nil || json.Unmarshal(raw, &object) != nil {
			return file.wrong("", "%s[%d] is no object", name, i)
		}
		if !holds(members[orElse(casdoorNames[name], "name")]) {
			if len(strangers(members)) > 0 {
				d.nameless = append(d.nameless, fmt.Sprintf("%s[%d]", name, i))
			}
			continue
		}
		*into = append(*into, object)
	}
	return nil
}

// casdoorOwn is the organisation of Casdoor's own console and administrators.
const casdoorOwn = "built-in"

// plan says it in the terms of this program.
func (d *casdoorData) plan() *admin.ImportPlan {
	plan := &admin.ImportPlan{}
	d.keys, d.holders = newKeys(d.owners()), heldBy(d.roles)
	d.linksOf = map[string][]casdoorLink{}
	for _, link := range d.links {
		user := string(link.Owner) + "/" + string(link.UserName)
		d.linksOf[user] = append(d.linksOf[user], link)
	}
	for _, org := range d.orgs {
		name := d.keys[string(org.Name)]
		in := admin.ImportOrganisation{
			Name: name, DisplayName: string(org.DisplayName), WebsiteURL: string(org.WebsiteURL), Logo: webAddress(org.Logo), Favicon: webAddress(org.Favicon),
			Disabled: bool(org.DisableSignin), Notes: append(renamed(nil, string(org.Name), name), org.notes()...),
		}
		plan.Organisations = append(plan.Organisations, in)
	}
	d.planGroups(plan)
	d.planRoles(plan)
	made := d.planProviders(plan)
	d.planApplications(plan)
	d.planUsers(plan, made)
	for _, permission := range d.permissions {
		left(plan, "permission", d.keys[string(permission.Owner)], string(permission.Name),
			"there are no permissions here; say who may sign in to the client with 'postern client update --allow-group', or by a plugin for scope.policy/v1")
	}
	d.planOthers(plan)
	return plan
}

// owners are the organisations that anything names.
func (d *casdoorData) owners() (names []string) {
	add := func(name text) { names = append(names, string(name)) }
	for i := range d.orgs {
		add(d.orgs[i].Name)
	}
	for i := range d.users {
		add(d.users[i].Owner)
	}
	for i := range d.groups {
		add(d.groups[i].Owner)
	}
	for i := range d.roles {
		add(d.roles[i].Owner)
	}
	for i := range d.applications {
		add(d.applications[i].Organization)
	}
	for i := range d.providers {
		add(d.providers[i].Owner)
	}
	for i := range d.ldaps {
		add(d.ldaps[i].Owner)
	}
	for i := range d.permissions {
		add(d.permissions[i].Owner)
	}
	return names
}

func (d *casdoorData) planGroups(plan *admin.ImportPlan) {
	for _, group := range d.groups {
		in := admin.ImportGroup{Org: d.keys[string(group.Owner)], Name: string(group.Name), DisplayName: string(group.DisplayName)}
		if parent := string(group.ParentID); parent != "" && parent != string(group.Owner) {
			in.Notes = append(in.Notes, "groups have no place in other groups here: its parent was "+parent)
		}
		if group.IsEnabled != nil && !bool(*group.IsEnabled) {
			in.Notes = append(in.Notes, "is disabled there; a group cannot be here")
		}
		addGroup(plan, in)
	}
}

// planRoles makes groups of roles, which have a name of their own, so that a role and a
// group of one name stay two.
func (d *casdoorData) planRoles(plan *admin.ImportPlan) {
	for i := range d.roles {
		role := &d.roles[i]
		switch {
		case !role.enabled():
			left(plan, "role", d.keys[string(role.Owner)], string(role.Name), "it is disabled there")
		default:
			name := roleGroup(string(role.Name))
			addGroup(plan, admin.ImportGroup{
				Org: d.keys[string(role.Owner)], Name: name, DisplayName: string(role.DisplayName), Notes: []string{"is the role " + string(role.Name)},
			})
		}
	}
}

// roleGroup names the group that a role becomes.
func roleGroup(role string) string { return "role:" + role }

func (d *casdoorData) planOthers(plan *admin.ImportPlan) {
	for _, where := range d.nameless {
		left(plan, "row", "", where, "it has no name")
	}
	members := map[string]json.RawMessage{}
	for name, count := range d.others {
		if count > 0 {
			members[name] = json.RawMessage("true")
		}
	}
	for _, name := range strangers(members) {
		reason := casdoorOthers[name]
		if reason == "" {
			reason = "there is nothing like it here"
		}
		left(plan, name, "", fmt.Sprintf("%d of them", d.others[name]), "%s", reason)
	}
}

// orgOf gives the organisation of that name, an empty one if there is none.
func (d *casdoorData) orgOf(name string) *casdoorOrg {
	for i := range d.orgs {
		if string(d.orgs[i].Name) == name {
			return &d.orgs[i]
		}
	}
	return &casdoorOrg{}
}
