package hook

// The members of each message, in the order of sdk/abi.md.

func (u *User) members(w *walk) {
	w.string("id", &u.ID)
	w.string("name", &u.Name)
	w.string("email", &u.Email)
	w.bool("email_verified", &u.EmailVerified)
	w.string("display_name", &u.DisplayName)
	w.string("given_name", &u.GivenName)
	w.string("family_name", &u.FamilyName)
	w.string("middle_name", &u.MiddleName)
	w.string("nickname", &u.Nickname)
	w.string("profile", &u.Profile)
	w.string("picture", &u.Picture)
	w.string("website", &u.Website)
	w.string("gender", &u.Gender)
	w.string("birthdate", &u.Birthdate)
	w.string("zoneinfo", &u.Zoneinfo)
	w.string("locale", &u.Locale)
	w.string("phone", &u.Phone)
	w.bool("phone_verified", &u.PhoneVerified)
	w.string("country_code", &u.CountryCode)
	w.string("region", &u.Region)
	w.string("location", &u.Location)
	w.strings("address", &u.Address)
	w.string("affiliation", &u.Affiliation)
	w.string("title", &u.Title)
	w.string("bio", &u.Bio)
	w.string("tag", &u.Tag)
	w.string("education", &u.Education)
	w.string("external_id", &u.ExternalID)
	w.bool("admin", &u.Admin)
	w.strings("groups", &u.Groups)
	w.object("attributes", &u.Attributes)
	w.string("created_at", &u.CreatedAt)
	w.string("updated_at", &u.UpdatedAt)
	w.string("last_sign_in_at", &u.LastSignInAt)
	w.string("last_sign_in_ip", &u.LastSignInIP)
}

func (o *Organisation) members(w *walk) {
	w.string("name", &o.Name)
	w.string("display_name", &o.DisplayName)
	w.string("website_url", &o.WebsiteURL)
	w.string("logo", &o.Logo)
	w.string("favicon", &o.Favicon)
	w.string("created_at", &o.CreatedAt)
}

func (c *Client) members(w *walk) {
	w.string("id", &c.ID)
	w.string("name", &c.Name)
}

func (a *Authentication) members(w *walk) {
	w.string("time", &a.Time)
	w.strings("amr", &a.AMR)
	w.string("acr", &a.ACR)
	w.string("connector", &a.Connector)
}

func (in *ClaimsInput) members(w *walk) {
	w.string("target", (*string)(&in.Target))
	w.value("settings", &in.Settings)
	w.nested("user", &in.User)
	w.nested("organisation", &in.Organisation)
	w.nested("client", &in.Client)
	w.strings("scopes", &in.Scopes)
	w.nested("authentication", &in.Authentication)
	w.object("claims", &in.Claims)
	w.object("requested", &in.Requested)
	w.object("upstream", &in.Upstream)
}

// AppendJSON appends the message.
func (in *ClaimsInput) AppendJSON(dst []byte) []byte { return appendMessage(dst, in) }

// ParseClaimsInput reads the message, which the host wrote: what only the host
// could get wrong is not checked again, and the message shares the memory of data,
// which must stay as it is. Unknown members are ignored: a newer host may send more.
// Members that are left out are empty.
func ParseClaimsInput(data []byte) (*ClaimsInput, error) {
	in := new(ClaimsInput)
	return in, parseInput(data, in)
}

func (out *ClaimsOutput) members(w *walk) {
	w.object("set", &out.Set)
	w.strings("remove", &out.Remove)
}

// AppendJSON appends the message.
func (out *ClaimsOutput) AppendJSON(dst []byte) []byte { return appendMessage(dst, out) }

// ParseClaimsOutput reads the message. Unknown members are refused, as in every
// message that a plugin gives: a misspelt member must not pass for an absent one.
func ParseClaimsOutput(data []byte) (*ClaimsOutput, error) {
	out := new(ClaimsOutput)
	return out, parseOutput(data, out)
}

func (in *AccountInput) members(w *walk) {
	w.value("settings", &in.Settings)
	w.nested("user", &in.User)
	w.nested("organisation", &in.Organisation)
	w.nested("client", &in.Client)
	w.strings("scopes", &in.Scopes)
	w.nested("authentication", &in.Authentication)
	w.object("claims", &in.Claims)
}

// AppendJSON appends the message.
func (in *AccountInput) AppendJSON(dst []byte) []byte { return appendMessage(dst, in) }

// ParseAccountInput reads the message. Unknown members are ignored.
func ParseAccountInput(data []byte) (*AccountInput, error) {
	in := new(AccountInput)
	return in, parseInput(data, in)
}

func (in *ScopeInput) members(w *walk) {
	w.value("settings", &in.Settings)
	w.string("grant_type", &in.GrantType)
	w.nested("user", &in.User)
	w.nested("organisation", &in.Organisation)
	w.nested("client", &in.Client)
	w.strings("scopes", &in.Scopes)
	w.string("address", &in.Address)
	w.nested("authentication", &in.Authentication)
	w.string("time", &in.Time)
}

// AppendJSON appends the message.
func (in *ScopeInput) AppendJSON(dst []byte) []byte { return appendMessage(dst, in) }

// ParseScopeInput reads the message. Unknown members are ignored.
func ParseScopeInput(data []byte) (*ScopeInput, error) {
	in := new(ScopeInput)
	return in, parseInput(data, in)
}

func (out *ScopeOutput) members(w *walk) {
	// Absent scopes stay as they were; an empty array is none at all.
	w.stringsOrNil("scopes", &out.Scopes)
	w.bool("deny", &out.Deny)
	w.string("reason", &out.Reason)
	w.string("acr", &out.ACR)
	w.bool("fresh", &out.Fresh)
	w.bool("consent", &out.Consent)
}

// AppendJSON appends the message.
func (out *ScopeOutput) AppendJSON(dst []byte) []byte { return appendMessage(dst, out) }

// ParseScopeOutput reads the message. Unknown members are refused.
func ParseScopeOutput(data []byte) (*ScopeOutput, error) {
	out := new(ScopeOutput)
	return out, parseOutput(data, out)
}
