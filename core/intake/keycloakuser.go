package intake

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/authn"
)

type keycloakUser struct {
	ID, Username, Email, FirstName, LastName, FederationLink, ServiceAccountClientID text
	EmailVerified                                                                    flag
	Enabled                                                                          *flag
	Attributes                                                                       map[string]texts
	Credentials                                                                      []keycloakCredential
	FederatedIdentities                                                              []struct{ IdentityProvider, UserID, UserName text }
	RealmRoles, Groups, RequiredActions                                              texts
	ClientRoles                                                                      map[string]texts
}

// keycloakCredential holds the details as JSON in texts; before Keycloak 8 in members of
// its own.
type keycloakCredential struct {
	Type, UserLabel, Value, SecretData, CredentialData text
	HashedSaltedValue, Salt, Algorithm                 text
	HashIterations, Digits, Period                     number
}

type keycloakSecret struct {
	Value, Salt text
}

type keycloakDetails struct {
	HashIterations, Digits, Period     number
	Algorithm, SubType, SecretEncoding text
	AdditionalParameters               map[string]texts
}

func (k *keycloak) user(user *keycloakUser) {
	switch {
	case user.Username == "":
		left(k.plan, "row", k.org, "users", "it has no username")
		return
	case user.ServiceAccountClientID != "":
		left(k.plan, "service account", k.org, string(user.Username), "the client %s acts for itself: make it a client of the preset service", user.ServiceAccountClientID)
		return
	}
	in := admin.ImportUser{
		Org: k.org, ID: string(user.ID), Name: string(user.Username), Email: string(user.Email), EmailVerified: bool(user.EmailVerified),
		Disabled: user.Enabled != nil && !bool(*user.Enabled), Attributes: map[string]string{},
	}
	if in.ID == "" {
		in.ID = string(user.Username)
	}
	in.Profile = core.Profile{GivenName: string(user.FirstName), FamilyName: string(user.LastName)}
	in.Profile.DisplayName = strings.TrimSpace(in.Profile.GivenName + " " + in.Profile.FamilyName)
	keycloakAttributes(user.Attributes, &in)
	k.memberships(user, &in)
	for i := range user.Credentials {
		user.Credentials[i].plan(&in)
	}
	for _, identity := range user.FederatedIdentities {
		alias := string(identity.IdentityProvider)
		if name := k.aliases[alias]; name != "" {
			in.Links = append(in.Links, admin.ImportLink{Connector: name, Subject: string(identity.UserID), Name: string(identity.UserName)})
		} else {
			in.Notes = append(in.Notes, "the account at "+alias+" was left out: no connector leads there")
		}
	}
	for _, action := range user.RequiredActions {
		in.Notes = append(in.Notes, "has to do "+action+" at the next sign-in there, but not here")
	}
	if user.FederationLink != "" {
		in.Notes = append(in.Notes, "comes from a directory: the password is checked there, by the connector")
	}
	k.plan.Users = append(k.plan.Users, in)
}

func (k *keycloak) memberships(user *keycloakUser, in *admin.ImportUser) {
	roles := rolesIn(user.RealmRoles, user.ClientRoles)
	for _, path := range user.Groups {
		in.Groups = append(in.Groups, strings.TrimPrefix(path, "/"))
		roles = append(roles, k.byGroup[path]...)
	}
	for _, client := range slices.Sorted(maps.Keys(user.ClientRoles)) {
		if client == "realm-management" || k.ownClient(client) && strings.HasSuffix(client, "-realm") {
			in.Notes = append(in.Notes, "is an administrator there ("+strings.Join(user.ClientRoles[client], ", ")+"); say here with 'postern role grant' who administers")
		}
	}
	if k.realm.Realm == keycloakMaster && slices.ContainsFunc(k.expanded(roles), func(role string) bool { return slices.Contains(keycloakAdministrator, role) }) {
		in.Notes = append(in.Notes, "is an administrator of all realms there; say here with 'postern role grant' who administers")
	}
	in.Groups = append(in.Groups, k.roleGroups(roles)...)
}

// keycloakAttributes fills in what has a field of its own here; of several values the
// first counts.
func keycloakAttributes(attributes map[string]texts, in *admin.ImportUser) {
	fields := map[string]*string{
		"phoneNumber": &in.Profile.Phone, "phone_number": &in.Profile.Phone, "phone": &in.Profile.Phone, "locale": &in.Profile.Locale, "picture": &in.Profile.Picture,
		"website": &in.Profile.Website, "gender": &in.Profile.Gender, "birthdate": &in.Profile.Birthdate, "zoneinfo": &in.Profile.Zoneinfo,
		"nickname": &in.Profile.Nickname, "middleName": &in.Profile.MiddleName, "title": &in.Profile.Title, "profile": &in.Profile.URL,
		"street": &in.Profile.Address.Street, "locality": &in.Profile.Address.Locality, "region": &in.Profile.Address.Region,
		"postal_code": &in.Profile.Address.PostalCode, "country": &in.Profile.Address.Country,
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		values := attributes[name]
		if len(values) == 0 {
			continue
		}
		if field := fields[name]; field != nil && *field == "" {
			*field = values[0]
			continue
		}
		if in.Attributes[name] = values[0]; len(values) > 1 {
			in.Notes = append(in.Notes, "the attribute "+name+" has several values, and the first one was taken")
		}
	}
}

// plan keeps a credential. Of several passwords, which are older ones, the first counts.
func (c *keycloakCredential) plan(in *admin.ImportUser) {
	secret, details := c.read()
	switch c.Type {
	case "password":
		if in.PasswordHash != "" || in.Password != "" {
			return
		}
		if secret.Value == "" && c.Value != "" {
			in.Password = string(c.Value)
			return
		}
		hash, err := keycloakHash(secret, details)
		if err != nil {
			in.Notes = append(in.Notes, "the password was left out: "+err.Error())
			return
		}
		in.PasswordHash = hash
	case "otp", "totp":
		c.planTOTP(secret, details, in)
	case "webauthn", "webauthn-passwordless":
		in.Notes = append(in.Notes, "passkeys are bound to the address of the server, and were left out: the person makes new ones")
	case "recovery-authn-codes":
		in.Notes = append(in.Notes, "recovery codes were left out: the person makes new ones")
	case "password-history":
	default:
		in.Notes = append(in.Notes, "a credential of the type "+string(c.Type)+" was left out")
	}
}

// read gives the secret and the details, wherever they are.
func (c *keycloakCredential) read() (keycloakSecret, keycloakDetails) {
	secret := keycloakSecret{Value: c.HashedSaltedValue, Salt: c.Salt}
	details := keycloakDetails{HashIterations: c.HashIterations, Algorithm: c.Algorithm, Digits: c.Digits, Period: c.Period, SubType: c.Type}
	// What is malformed stays empty, and is refused for that.
	_ = json.Unmarshal([]byte(c.SecretData), &secret)
	_ = json.Unmarshal([]byte(c.CredentialData), &details)
	return secret, details
}

// keycloakHash gives the stored form of a password hash of Keycloak's providers.
func keycloakHash(secret keycloakSecret, details keycloakDetails) (string, error) {
	tag, errTag := base64.StdEncoding.DecodeString(string(secret.Value))
	salt, errSalt := base64.StdEncoding.DecodeString(string(secret.Salt))
	if errTag != nil || errSalt != nil || len(tag) == 0 {
		return "", fmt.Errorf("the export has no hash of it")
	}
	iterations := int(details.HashIterations)
	switch algorithm := string(details.Algorithm); algorithm {
	case "pbkdf2":
		return authn.PBKDF2("sha1", iterations, tag, salt)
	case "pbkdf2-sha256", "pbkdf2-sha512":
		return authn.PBKDF2(strings.TrimPrefix(algorithm, "pbkdf2-"), iterations, tag, salt)
	case "argon2":
		return keycloakArgon2(details, tag, salt)
	default:
		return "", fmt.Errorf("hashes of the algorithm %q are not known here", algorithm)
	}
}

func keycloakArgon2(details keycloakDetails, tag, salt []byte) (string, error) {
	parameter := func(name string) string {
		if values := details.AdditionalParameters[name]; len(values) > 0 {
			return values[0]
		}
		return ""
	}
	if kind, version := parameter("type"), parameter("version"); kind != "id" || version != "1.3" {
		return "", fmt.Errorf("Argon2%s of version %s is not known here, only Argon2id of version 1.3", kind, version)
	}
	memory, errMemory := strconv.ParseUint(parameter("memory"), 10, 32)
	threads, errThreads := strconv.ParseUint(parameter("parallelism"), 10, 8)
	if errMemory != nil || errThreads != nil || details.HashIterations < 1 || details.HashIterations > 1000 {
		return "", fmt.Errorf("the costs of the hash are malformed")
	}
	return authn.Argon2id(authn.Params{Memory: uint32(memory), Time: uint32(details.HashIterations), Threads: uint8(threads)}, salt, tag)
}

// planTOTP keeps an app whose codes can be checked here. Its seed is the text itself, as
// bytes, unless it says that it is base32.
func (c *keycloakCredential) planTOTP(secret keycloakSecret, details keycloakDetails, in *admin.ImportUser) {
	seed := secret.Value
	if seed == "" {
		seed = c.Value
	}
	usual := details.SubType != "hotp" && details.Digits == 6 && details.Period == 30 && (details.Algorithm == "HmacSHA1" || details.Algorithm == "")
	if !usual || seed == "" {
		in.Notes = append(in.Notes, "an app that shows codes was left out: here they have six digits, one each 30 seconds, by SHA-1")
		return
	}
	raw := []byte(seed)
	if strings.EqualFold(string(details.SecretEncoding), "BASE32") {
		var err error
		if raw, err = base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.TrimRight(string(seed), "="))); err != nil {
			in.Notes = append(in.Notes, "an app that shows codes was left out: its seed is malformed")
			return
		}
	}
	in.TOTP = append(in.TOTP, admin.ImportTOTP{Name: string(c.UserLabel), Seed: raw})
}
