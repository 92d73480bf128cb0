package intake

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/authn"
)

type casdoorUser struct {
	Owner, Name, ID, ExternalID, Type                                  text
	Password, PasswordSalt, PasswordType                               text
	DisplayName, FirstName, LastName, Avatar, Email, Phone             text
	CountryCode, Region, Location, Affiliation, Title, Homepage, Bio   text
	Tag, Language, Gender, Birthday, Education, LDAP, IDCard, RealName text
	TotpSecret                                                         text
	EmailVerified, IsAdmin, IsForbidden, IsDeleted                     flag
	MfaPhoneEnabled, MfaEmailEnabled, NeedUpdatePassword               flag
	Address, Groups, RecoveryCodes                                     texts
	Properties                                                         dictionary
	WebauthnCredentials, FaceIds, ManagedAccounts, MfaAccounts         listOf[json.RawMessage]
	IPWhitelist                                                        text
	MfaRadiusEnabled, MfaPushEnabled                                   flag
	Addresses                                                          listOf[casdoorAddress]

	subjects map[string]string          // at providers, by the member's name
	members  map[string]json.RawMessage // all of it
}

// casdoorAddress is one of the addresses that newer versions have besides the lines of one.
type casdoorAddress struct{ Line1, Line2, City, State, ZipCode, Region text }

// address gives the first of the person's addresses.
func (u *casdoorUser) address() core.Address {
	if len(u.Addresses) == 0 {
		return core.Address{Street: strings.Join(u.Address, "\n")}
	}
	a := &u.Addresses[0]
	return core.Address{
		Street: strings.TrimSpace(string(a.Line1) + "\n" + string(a.Line2)), Locality: string(a.City), Region: string(a.State),
		PostalCode: string(a.ZipCode), Country: string(a.Region),
	}
}

// casdoorKnown are members of a user that are taken, or that there is no use for here.
var casdoorKnown = strings.Fields(`owner name createdTime updatedTime deletedTime id externalId type password passwordSalt passwordType
	displayName firstName lastName avatar avatarType permanentAvatar email emailVerified phone countryCode region location address addresses
	affiliation title idCardType idCard realName isVerified homepage bio tag language gender birthday education score karma ranking balance
	balanceCredit currency balanceCurrency isDefaultAvatar isOnline isAdmin isGlobalAdmin isForbidden isDeleted signupApplication hash preHash
	registerType registerSource accessToken originalToken originalRefreshToken accessKey accessSecret createdIp lastSigninTime lastSigninIp
	webauthnCredentials preferredMfaType recoveryCodes totpSecret mfaPhoneEnabled mfaEmailEnabled mfaRadiusEnabled mfaRadiusUsername
	mfaRadiusProvider mfaPushEnabled mfaPushReceiver mfaPushProvider multiFactorAuths invitation invitationCode faceIds cart ldap uidNumber
	properties thirdPartyLinks roles permissions groups lastChangePasswordTime lastSigninWrongTime signinWrongTimes managedAccounts
	mfaAccounts mfaItems mfaRememberDeadline needUpdatePassword ipWhitelist applicationScopes`)

// casdoorSubjects are the members that hold whom a provider takes the user for.
var casdoorSubjects = strings.Fields(`github google qq wechat facebook dingtalk weibo gitee linkedin wecom lark gitlab adfs baidu alipay casdoor
	infoflow apple azuread azureadb2c slack steam bilibili okta douyin kwai line amazon auth0 battlenet bitbucket box cloudfoundry dailymotion
	deezer digitalocean discord dropbox eveonline fitbit gitea heroku influxcloud instagram intercom kakao lastfm mailru meetup microsoftonline
	naver nextcloud onedrive oura patreon paypal salesforce shopify soundcloud spotify strava stripe telegram tiktok tumblr twitch twitter
	typetalk uber vk wepay xero yahoo yammer yandex zoom metamask web3onboard custom custom2 custom3 custom4 custom5 custom6 custom7 custom8
	custom9 custom10`)

func (u *casdoorUser) UnmarshalJSON(data []byte) error {
	type plain casdoorUser
	if err := json.Unmarshal(data, (*plain)(u)); err != nil {
		return err
	}
	if err := json.Unmarshal(data, &u.members); err != nil {
		return err
	}
	u.subjects = map[string]string{}
	for _, name := range casdoorSubjects {
		var subject text
		if raw, has := u.members[name]; has && json.Unmarshal(raw, &subject) == nil && subject != "" {
			u.subjects[name] = string(subject)
		}
	}
	return nil
}

func (u *casdoorUser) key() string { return string(u.Owner) + "/" + string(u.Name) }

func (d *casdoorData) planUsers(plan *admin.ImportPlan, made []casdoorConnector) {
	for i := range d.users {
		user := &d.users[i]
		switch {
		case bool(user.IsDeleted):
			left(plan, "user", d.keys[string(user.Owner)], string(user.Name), "the user is deleted there")
		default:
			plan.Users = append(plan.Users, d.planUser(user, made))
		}
	}
}

func (d *casdoorData) planUser(user *casdoorUser, made []casdoorConnector) admin.ImportUser {
	in := admin.ImportUser{
		Org: d.keys[string(user.Owner)], ID: string(user.ID), Name: string(user.Name), Email: string(user.Email), EmailVerified: bool(user.EmailVerified),
		Disabled: bool(user.IsForbidden), Profile: user.profile(), Attributes: map[string]string{},
	}
	for name, value := range user.Properties {
		if !strings.HasPrefix(name, "oauth_") { // copies of what providers said
			in.Attributes[name] = value
		}
	}
	if in.ID == "" {
		in.ID = user.key() // what was written by hand has none
	}
	for _, group := range user.Groups {
		in.Groups = append(in.Groups, group[strings.LastIndex(group, "/")+1:])
	}
	in.Groups = append(in.Groups, d.rolesOf(user.key(), user.Groups)...)
	d.planPassword(user, &in)
	user.planTOTP(&in)
	d.planLinks(user, made, &in)
	in.Notes = append(in.Notes, user.notes()...)
	return in
}

func (u *casdoorUser) profile() core.Profile {
	return core.Profile{
		DisplayName: string(u.DisplayName), GivenName: string(u.FirstName), FamilyName: string(u.LastName), Picture: webAddress(u.Avatar), Website: string(u.Homepage),
		Gender: string(u.Gender), Birthdate: string(u.Birthday), Locale: string(u.Language), Phone: string(u.Phone), CountryCode: string(u.CountryCode),
		Region: string(u.Region), Location: string(u.Location), Address: u.address(),
		Affiliation: string(u.Affiliation), Title: string(u.Title), Bio: string(u.Bio), Tag: string(u.Tag), Education: string(u.Education),
		ExternalID: string(u.ExternalID),
	}
}

// webAddress gives an address that leads somewhere. Pictures that everybody has who chose
// none are Casdoor's own: no use here, and a call to its makers each time one is shown.
func webAddress(t text) string {
	if strings.HasPrefix(string(t), "http") && !strings.HasPrefix(string(t), "https://cdn.casbin.org/") {
		return string(t)
	}
	return ""
}

// notes say what of the user has no place here.
func (u *casdoorUser) notes() []string {
	notes := noted([]note{
		{bool(u.IsAdmin), "is an administrator there; say here with 'postern role grant' who administers"},
		{len(u.WebauthnCredentials) > 0, "passkeys are bound to the address of the server, and were left out: the person makes new ones"},
		{len(u.RecoveryCodes) > 0, "recovery codes were left out: the person makes new ones"},
		{bool(u.MfaPhoneEnabled), "codes by text message were left out: there are none here"},
		{bool(u.MfaEmailEnabled), "codes by e-mail as a second factor were left out: they are no second factor here"},
		{bool(u.NeedUpdatePassword), "has to choose another password there, but not here"},
		{u.LDAP != "", "comes from a directory: the password is checked there, by the connector"},
		{u.IDCard != "", "the number of an identity card was left out"},
		{u.RealName != "" && u.RealName != u.DisplayName, "the real name was left out, which somebody verified there"},
		{len(u.Addresses) > 1, "has several addresses, and the first one was taken"},
		{u.IPWhitelist != "", "from which addresses the person may sign in was left out"},
		{len(u.FaceIds) > 0, "faces were left out: nobody signs in by one here"},
		{len(u.ManagedAccounts)+len(u.MfaAccounts) > 0, "what the person keeps there for other services was left out"},
		{bool(u.MfaRadiusEnabled) || bool(u.MfaPushEnabled), "a second factor by RADIUS or by push was left out: there is none here"},
	})
	return append(notes, strangeNote(u.members, slices.Concat(casdoorKnown, casdoorSubjects)...)...)
}

// planPassword keeps the password as Casdoor checks it: by the type of the user, or else of
// the organisation, and by the salt of either.
func (d *casdoorData) planPassword(user *casdoorUser, in *admin.ImportUser) {
	org := d.orgOf(string(user.Owner))
	password, kind := string(user.Password), string(user.PasswordType)
	if password == "" {
		return
	}
	if strings.Trim(password, "*") == "" {
		in.Notes = append(in.Notes, "the password was left out: the export hides it; export with 'casdoor -export', or give the database")
		return
	}
	if kind == "" {
		kind = string(org.PasswordType)
		if _, err := casdoorHash(kind, password, "", ""); err != nil && !d.stored && !hashLike(password) {
			kind = "plain" // Casdoor hashes it when it reads such a document
		}
	}
	switch {
	case kind == "":
		in.Notes = append(in.Notes, "the password was left out: nothing says how it is hashed")
		return
	case kind == "plain":
		in.Password = password
		return
	}
	hash, err := casdoorHash(kind, password, string(org.PasswordSalt), string(user.PasswordSalt))
	if err != nil {
		in.Notes = append(in.Notes, "the password was left out: "+err.Error())
		return
	}
	in.PasswordHash = hash
}

// hashLike reports whether a text is a hash of one of Casdoor's types. Were it taken for the
// password itself, whoever has the export could sign in with the hash.
func hashLike(password string) bool {
	_, err := authn.ForeignHash(password)
	digest, wrong := hex.DecodeString(password)
	tag, malformed := base64.StdEncoding.DecodeString(password)
	return err == nil || wrong == nil && slices.Contains([]int{16, 32, 64}, len(digest)) || malformed == nil && len(tag) == 64
}

// casdoorHash gives the stored form of a hash of one of Casdoor's types.
func casdoorHash(kind, hash, orgSalt, userSalt string) (string, error) {
	switch kind {
	case "salt":
		return authn.CasdoorDigest("sha256", hash, orgSalt, userSalt)
	case "sha512-salt":
		return authn.CasdoorDigest("sha512", hash, orgSalt, userSalt)
	case "md5-salt":
		return authn.CasdoorDigest("md5", hash, orgSalt, userSalt)
	case "bcrypt", "argon2id", "pbkdf2-django":
		return authn.ForeignHash(hash)
	case "pbkdf2-salt":
		tag, err := base64.StdEncoding.DecodeString(hash)
		if err != nil {
			return "", fmt.Errorf("the PBKDF2 hash is malformed")
		}
		return authn.PBKDF2("sha256", 27500, tag, decoded(orgSalt), decoded(userSalt))
	}
	return "", fmt.Errorf("hashes of the type %q are not known here", kind)
}

// decoded gives as much of a salt as Casdoor decodes: all before a mistake.
func decoded(salt string) []byte {
	bytes, _ := base64.StdEncoding.DecodeString(salt)
	return bytes
}

// planTOTP keeps the app that shows codes: Casdoor's have six digits, one each 30 seconds.
func (u *casdoorUser) planTOTP(in *admin.ImportUser) {
	if u.TotpSecret == "" {
		return
	}
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.TrimRight(string(u.TotpSecret), "=")))
	if err != nil {
		in.Notes = append(in.Notes, "an app that shows codes was left out: its seed is malformed")
		return
	}
	in.TOTP = append(in.TOTP, admin.ImportTOTP{Seed: seed})
}
