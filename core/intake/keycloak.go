package intake

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/postern-id/postern/core/admin"
)

// keycloakRealm is the representation of a realm that kc.sh export writes. Without
// --users realm_file the users are in files of their own, which have the name of the
// realm and the users alone.
type keycloakRealm struct {
	Realm, DisplayName  text
	Enabled             *flag
	Users               []keycloakUser
	FederatedUsers      []json.RawMessage
	Groups              []keycloakGroup
	Roles               keycloakRoles
	DefaultRole         struct{ Name text }
	Clients             []keycloakClient
	IdentityProviders   []keycloakProvider
	Components          map[string][]keycloakComponent
	AuthenticationFlows []struct {
		Alias   text
		BuiltIn flag
	}
	Organizations []json.RawMessage
	SMTPServer    dictionary
}

type keycloakGroup struct {
	Name, Path  text
	SubGroups   []keycloakGroup
	RealmRoles  texts
	ClientRoles map[string]texts
}

type keycloakRoles struct {
	Realm  []keycloakRole
	Client map[string][]keycloakRole
}

type keycloakRole struct {
	Name, Description text
	Composites        struct {
		Realm  texts
		Client map[string]texts
	}
}

type keycloakComponent struct {
	Name       text
	ProviderID text
	Config     map[string]texts
}

// keycloak is a realm on its way to a plan.
type keycloak struct {
	realm     keycloakRealm
	org       string
	plan      *admin.ImportPlan
	composite map[string][]string // roles that a role brings, by key
	byGroup   map[string][]string // roles that a group brings, by path
	aliases   map[string]string   // connectors by the alias of the provider
	keys      keys                // names of connectors
}

func readKeycloak(files []File) (*admin.ImportPlan, error) {
	realms, err := keycloakFiles(files)
	if err != nil {
		return nil, err
	}
	plan := &admin.ImportPlan{}
	var names []string
	for _, realm := range realms {
		names = append(names, string(realm.Realm))
	}
	given, connectors := newKeys(names), newKeys(keycloakConnectors(realms))
	for _, realm := range realms {
		k := &keycloak{realm: *realm, org: given[string(realm.Realm)], plan: plan, composite: map[string][]string{}, byGroup: map[string][]string{}, aliases: map[string]string{}, keys: connectors}
		k.read()
	}
	return plan, nil
}

// keycloakConnectors are the names of all that becomes a connector, in all realms.
func keycloakConnectors(realms []*keycloakRealm) (names []string) {
	for _, realm := range realms {
		for i := range realm.IdentityProviders {
			names = append(names, string(realm.IdentityProviders[i].Alias))
		}
		for _, component := range realm.Components[keycloakFederation] {
			names = append(names, string(component.Name))
		}
	}
	return names
}

// keycloakFederation is the kind of components that are directories of people.
const keycloakFederation = "org.keycloak.storage.UserStorageProvider"

// keycloakFiles puts the files of each realm together.
func keycloakFiles(files []File) ([]*keycloakRealm, error) {
	const hint = "export with: kc.sh export --dir DIRECTORY --users realm_file"
	var realms []*keycloakRealm
	for i := range files {
		if isDatabase(files[i].Data) {
			return nil, files[i].wrong(hint, "it is a database of SQLite, and no export of Keycloak")
		}
		if err := files[i].checkSource("keycloak", membersOf(files[i].Data)); err != nil {
			return nil, err
		}
		found, err := keycloakDocuments(files[i].Data)
		if err != nil {
			return nil, files[i].wrong(hint, "it is no realm of Keycloak (%s)", jsonProblem(files[i].Data, err))
		}
		for at := range found {
			one := &found[at]
			if one.Realm == "" {
				return nil, files[i].wrong(hint, "it does not name its realm, so it is no export of Keycloak")
			}
			same := slices.IndexFunc(realms, func(r *keycloakRealm) bool { return r.Realm == one.Realm })
			switch {
			case same < 0:
				realms = append(realms, one)
			case len(one.Clients) == 0:
				realms[same].Users = append(realms[same].Users, one.Users...)
				realms[same].FederatedUsers = append(realms[same].FederatedUsers, one.FederatedUsers...)
			default:
				one.Users = append(one.Users, realms[same].Users...)
				realms[same] = one
			}
		}
	}
	return realms, nil
}

// keycloakDocuments gives the realms of a file, which has one or a list of them.
func keycloakDocuments(data []byte) (realms []keycloakRealm, err error) {
	if strings.HasPrefix(strings.TrimSpace(string(data)), "[") {
		return realms, json.Unmarshal(data, &realms)
	}
	realms = make([]keycloakRealm, 1)
	return realms, json.Unmarshal(data, &realms[0])
}

func (k *keycloak) read() {
	name := string(k.realm.Realm)
	in := admin.ImportOrganisation{Name: k.org, DisplayName: string(k.realm.DisplayName), Notes: renamed(nil, name, k.org)}
	if k.realm.Enabled != nil {
		in.Disabled = !bool(*k.realm.Enabled)
	}
	people := slices.ContainsFunc(k.realm.Users, func(u keycloakUser) bool { return u.ServiceAccountClientID == "" })
	switch {
	case len(k.realm.Clients) == 0 && people:
		in.Notes = append(in.Notes, "the file of the realm itself is missing, which says what the roles, groups and clients are: give it too")
	case !people:
		in.Notes = append(in.Notes, "the export has no users: give the files of the users too, or export with --users realm_file")
	}
	k.plan.Organisations = append(k.plan.Organisations, in)
	k.roles()
	k.groups(k.realm.Groups, "", nil)
	for i := range k.realm.IdentityProviders {
		k.provider(&k.realm.IdentityProviders[i])
	}
	for i := range k.realm.Clients {
		k.client(&k.realm.Clients[i])
	}
	for i := range k.realm.Users {
		k.user(&k.realm.Users[i])
	}
	k.others()
}

// keycloakOwnRoles are roles that every realm has, for what Keycloak itself does.
var keycloakOwnRoles = []string{"offline_access", "uma_authorization"}

// keycloakOwnClients are clients that every realm has.
var keycloakOwnClients = []string{"account", "account-console", "admin-cli", "broker", "realm-management", "security-admin-console"}

// keycloakMaster is the realm of Keycloak's own administrators.
const keycloakMaster = "master"

// keycloakAdministrator are the roles of that realm which rule all others.
var keycloakAdministrator = []string{"admin", "create-realm"}

// ownRole reports whether Keycloak made the role of the realm.
func (k *keycloak) ownRole(name string) bool {
	return slices.Contains(keycloakOwnRoles, name) || name == string(k.realm.DefaultRole.Name) || strings.HasPrefix(name, "default-roles-") ||
		k.realm.Realm == keycloakMaster && slices.Contains(keycloakAdministrator, name)
}

// ownClient reports whether Keycloak made the client: in the realm master there is one for
// each realm.
func (k *keycloak) ownClient(id string) bool {
	return slices.Contains(keycloakOwnClients, id) || k.realm.Realm == keycloakMaster && strings.HasSuffix(id, "-realm")
}

// roles makes groups of roles; see [roleGroup]. Roles of a client have its name in front.
func (k *keycloak) roles() {
	for i := range k.realm.Roles.Realm {
		k.role(&k.realm.Roles.Realm[i], "")
	}
	for _, client := range slices.Sorted(maps.Keys(k.realm.Roles.Client)) {
		for i := range k.realm.Roles.Client[client] {
			k.role(&k.realm.Roles.Client[client][i], client)
		}
	}
}

// clientRole is the key of a role: its name, behind the client that it is of.
func clientRole(client, name string) string {
	if client == "" {
		return name
	}
	return client + ":" + name
}

func (k *keycloak) role(role *keycloakRole, client string) {
	key := clientRole(client, string(role.Name))
	k.composite[key] = rolesIn(role.Composites.Realm, role.Composites.Client)
	if client == "" && k.ownRole(key) || k.ownClient(client) || client != "" && role.Name == "uma_protection" {
		return
	}
	in := admin.ImportGroup{Org: k.org, Name: roleGroup(key), Notes: []string{"is the role " + key}}
	if description := string(role.Description); !strings.HasPrefix(description, "${") {
		in.DisplayName = description
	}
	addGroup(k.plan, in)
}

// rolesIn gives the keys of roles.
func rolesIn(realm texts, clients map[string]texts) (keys []string) {
	keys = append(keys, realm...)
	for _, client := range slices.Sorted(maps.Keys(clients)) {
		for _, name := range clients[client] {
			keys = append(keys, clientRole(client, name))
		}
	}
	return keys
}

// expanded gives the roles with those that they bring, each once.
func (k *keycloak) expanded(keys []string) []string {
	var all []string
	for queue := slices.Clone(keys); len(queue) > 0; queue = queue[1:] {
		if key := queue[0]; !slices.Contains(all, key) {
			all = append(all, key)
			queue = append(queue, k.composite[key]...)
		}
	}
	return all
}

// roleGroups gives the groups that roles became.
func (k *keycloak) roleGroups(keys []string) (groups []string) {
	for _, key := range k.expanded(keys) {
		client, name, of := strings.Cut(key, ":")
		if of && (k.ownClient(client) || name == "uma_protection") || k.ownRole(key) {
			continue
		}
		groups = append(groups, roleGroup(key))
	}
	return groups
}

// groups makes groups of groups: one in another has its path for a name. Members have the
// roles of the groups above too.
func (k *keycloak) groups(groups []keycloakGroup, above string, inherited []string) {
	for i := range groups {
		group := &groups[i]
		path := orElse(string(group.Path), above+"/"+string(group.Name))
		roles := slices.Concat(inherited, rolesIn(group.RealmRoles, group.ClientRoles))
		k.byGroup[path] = roles
		addGroup(k.plan, admin.ImportGroup{Org: k.org, Name: strings.TrimPrefix(path, "/"), DisplayName: string(group.Name)})
		k.groups(group.SubGroups, path, roles)
	}
}

// others says what has no place here.
func (k *keycloak) others() {
	// Other components are keys, policies and the like, which this server has of its own.
	for i := range k.realm.Components[keycloakFederation] {
		k.federation(&k.realm.Components[keycloakFederation][i])
	}
	for _, flow := range k.realm.AuthenticationFlows {
		if !bool(flow.BuiltIn) {
			left(k.plan, "authentication flow", k.org, string(flow.Alias), "how people sign in is said by the rules of the organisation ('postern org rules')")
		}
	}
	for _, one := range []struct {
		kind   string
		count  int
		reason string
	}{
		{"federated user", len(k.realm.FederatedUsers), "they are in a directory, and come by its connector"},
		{"organization", len(k.realm.Organizations), "an organisation in a realm has no place here: make an organisation of its own"},
		{"smtp server", min(1, len(k.realm.SMTPServer)), "mail is set in the configuration of the server (smtp)"},
	} {
		if one.count > 0 {
			left(k.plan, one.kind, k.org, fmt.Sprintf("%d of them", one.count), "%s", one.reason)
		}
	}
}
