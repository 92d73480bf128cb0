package hook

// Phase says which half of an upstream sign-in a message is about.
type Phase string

// The phases of connector.login/v1.
const (
	PhaseBegin  Phase = "begin"
	PhaseFinish Phase = "finish"
)

// LoginInput is what connector.login/v1 gets. The host keeps state, nonce, PKCE and
// the code to itself.
type LoginInput struct {
	Phase        Phase        `json:"phase"`
	Settings     Value        `json:"settings"`
	Organisation Organisation `json:"organisation"`
	Client       Client       `json:"client"`
	// RedirectURI is where the provider sends the browser back to.
	RedirectURI string   `json:"redirect_uri"`
	LoginHint   string   `json:"login_hint"`
	Prompt      string   `json:"prompt"`
	ACRValues   []string `json:"acr_values"`
	UILocales   []string `json:"ui_locales"`
	// Parameters of the callback but for code, state and iss; at finish.
	Parameters Object `json:"parameters"`
	// Data is what begin gave, at finish.
	Data Object `json:"data"`
}

// LoginOutput is what connector.login/v1 gives: a redirect at begin, an identity or
// a refusal at finish.
type LoginOutput struct {
	Redirect *LoginRedirect `json:"redirect"`
	Identity *Identity      `json:"identity"`
	// Deny ends the sign-in; Reason is shown to the person and logged.
	Deny   bool   `json:"deny"`
	Reason string `json:"reason"`
	// Data is kept until finish, at most 4 KiB; the browser never sees it.
	Data Object `json:"data"`
}

// LoginRedirect says where the browser goes. The host adds response_type,
// redirect_uri, state, the PKCE challenge and, with an issuer, the nonce.
type LoginRedirect struct {
	// Issuer is of an OpenID provider; the host reads its discovery document. Or
	// AuthorizationEndpoint is that of an OAuth 2 server. One of both.
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	ClientID              string   `json:"client_id"`
	Scopes                []string `json:"scopes"`
	// Parameters are added as they are; strings. Those of the host are refused.
	Parameters   Object `json:"parameters"`
	ResponseMode string `json:"response_mode"` // "", query or form_post
	// NoPKCE leaves the challenge out, for a server that refuses it.
	NoPKCE bool `json:"no_pkce"`
	// AnyIssuer is as in [OIDCExchangeRequest].
	AnyIssuer bool `json:"any_issuer"`
}

// Identity is who signed in upstream.
type Identity struct {
	// Subject is the provider's own, never reassigned name of the person. The host
	// puts the connector's name before it.
	Subject       string   `json:"subject"`
	Name          string   `json:"name"` // login name to begin with
	Email         string   `json:"email"`
	EmailVerified bool     `json:"email_verified"`
	DisplayName   string   `json:"display_name"`
	GivenName     string   `json:"given_name"`
	FamilyName    string   `json:"family_name"`
	Picture       string   `json:"picture"`
	Locale        string   `json:"locale"`
	Phone         string   `json:"phone"`
	Groups        []string `json:"groups"`
	Attributes    Object   `json:"attributes"` // strings
	AMR           []string `json:"amr"`
	ACR           string   `json:"acr"`
	// Claims are handed to claims.map/v1 as upstream.
	Claims Object `json:"claims"`
}

// PasswordInput is what connector.password/v1 gets.
type PasswordInput struct {
	Settings     Value        `json:"settings"`
	Organisation Organisation `json:"organisation"`
	Client       Client       `json:"client"`
	Name         string       `json:"name"` // as it was typed
	Password     string       `json:"password"`
	Address      string       `json:"address"` // of the browser, without port
}

// PasswordOutput is what connector.password/v1 gives. Deny says that name or
// password is wrong; an error of the plugin says that nobody could tell.
type PasswordOutput struct {
	Identity *Identity `json:"identity"`
	Deny     bool      `json:"deny"`
	Reason   string    `json:"reason"` // for the log
}

func (in *LoginInput) members(w *walk) {
	w.string("phase", (*string)(&in.Phase))
	w.value("settings", &in.Settings)
	w.nested("organisation", &in.Organisation)
	w.nested("client", &in.Client)
	w.string("redirect_uri", &in.RedirectURI)
	w.string("login_hint", &in.LoginHint)
	w.string("prompt", &in.Prompt)
	w.strings("acr_values", &in.ACRValues)
	w.strings("ui_locales", &in.UILocales)
	w.object("parameters", &in.Parameters)
	w.object("data", &in.Data)
}

// AppendJSON appends the message.
func (in *LoginInput) AppendJSON(dst []byte) []byte { return appendMessage(dst, in) }

// ParseLoginInput reads the message. Unknown members are ignored.
func ParseLoginInput(data []byte) (*LoginInput, error) {
	in := new(LoginInput)
	return in, parseInput(data, in)
}

func (out *LoginOutput) members(w *walk) {
	optional(w, "redirect", &out.Redirect)
	optional(w, "identity", &out.Identity)
	w.bool("deny", &out.Deny)
	w.string("reason", &out.Reason)
	w.object("data", &out.Data)
}

// AppendJSON appends the message.
func (out *LoginOutput) AppendJSON(dst []byte) []byte { return appendMessage(dst, out) }

// ParseLoginOutput reads the message. Unknown members are refused.
func ParseLoginOutput(data []byte) (*LoginOutput, error) {
	out := new(LoginOutput)
	return out, parseOutput(data, out)
}

func (r *LoginRedirect) members(w *walk) {
	w.string("issuer", &r.Issuer)
	w.string("authorization_endpoint", &r.AuthorizationEndpoint)
	w.string("client_id", &r.ClientID)
	w.strings("scopes", &r.Scopes)
	w.object("parameters", &r.Parameters)
	w.string("response_mode", &r.ResponseMode)
	w.bool("no_pkce", &r.NoPKCE)
	w.bool("any_issuer", &r.AnyIssuer)
}

func (i *Identity) members(w *walk) {
	w.string("subject", &i.Subject)
	w.string("name", &i.Name)
	w.string("email", &i.Email)
	w.bool("email_verified", &i.EmailVerified)
	w.string("display_name", &i.DisplayName)
	w.string("given_name", &i.GivenName)
	w.string("family_name", &i.FamilyName)
	w.string("picture", &i.Picture)
	w.string("locale", &i.Locale)
	w.string("phone", &i.Phone)
	w.strings("groups", &i.Groups)
	w.object("attributes", &i.Attributes)
	w.strings("amr", &i.AMR)
	w.string("acr", &i.ACR)
	w.object("claims", &i.Claims)
}

func (in *PasswordInput) members(w *walk) {
	w.value("settings", &in.Settings)
	w.nested("organisation", &in.Organisation)
	w.nested("client", &in.Client)
	w.string("name", &in.Name)
	w.string("password", &in.Password)
	w.string("address", &in.Address)
}

// AppendJSON appends the message.
func (in *PasswordInput) AppendJSON(dst []byte) []byte { return appendMessage(dst, in) }

// ParsePasswordInput reads the message. Unknown members are ignored.
func ParsePasswordInput(data []byte) (*PasswordInput, error) {
	in := new(PasswordInput)
	return in, parseInput(data, in)
}

func (out *PasswordOutput) members(w *walk) {
	optional(w, "identity", &out.Identity)
	w.bool("deny", &out.Deny)
	w.string("reason", &out.Reason)
}

// AppendJSON appends the message.
func (out *PasswordOutput) AppendJSON(dst []byte) []byte { return appendMessage(dst, out) }

// ParsePasswordOutput reads the message. Unknown members are refused.
func ParsePasswordOutput(data []byte) (*PasswordOutput, error) {
	out := new(PasswordOutput)
	return out, parseOutput(data, out)
}
