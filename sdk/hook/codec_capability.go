package hook

// The members of each request and answer of a capability, in the order of
// sdk/abi.md.

func (c *CapabilityError) members(w *walk) {
	w.string("code", &c.Code)
	w.string("message", &c.Message)
}

func (f *FetchRequest) members(w *walk) {
	list(w, "requests", &f.Requests)
}

func (f *Fetch) members(w *walk) {
	w.string("method", &f.Method)
	w.string("url", &f.URL)
	w.object("headers", &f.Headers)
	w.string("body", &f.Body)
	w.string("body_base64", &f.BodyBase64)
	w.int("timeout_ms", &f.TimeoutMS)
	list(w, "secrets", &f.Secrets)
	w.bool("exchanged", &f.Exchanged)
}

func (f *FetchSecret) members(w *walk) {
	w.string("header", &f.Header)
	w.string("name", &f.Name)
	w.string("prefix", &f.Prefix)
}

func (f *FetchAnswer) members(w *walk) {
	optional(w, "error", &f.Error)
	list(w, "responses", &f.Responses)
}

func (f *FetchResponse) members(w *walk) {
	optional(w, "error", &f.Error)
	w.int("status", &f.Status)
	w.object("headers", &f.Headers)
	w.string("body", &f.Body)
	w.string("body_base64", &f.BodyBase64)
}

func (j *JWTVerifyRequest) members(w *walk) {
	w.string("token", &j.Token)
	w.string("issuer", &j.Issuer)
	w.string("audience", &j.Audience)
	w.strings("algorithms", &j.Algorithms)
	w.string("jwks_uri", &j.JWKSURI)
	w.object("jwks", &j.JWKS)
	w.string("secret", &j.Secret)
	w.int("leeway", &j.Leeway)
}

func (j *JWTVerifyAnswer) members(w *walk) {
	optional(w, "error", &j.Error)
	w.object("header", &j.Header)
	w.object("claims", &j.Claims)
}

func (k *KVRequest) members(w *walk) {
	w.string("op", &k.Op)
	w.string("key", &k.Key)
	w.string("value", &k.Value)
	w.int("ttl", &k.TTL)
}

func (k *KVAnswer) members(w *walk) {
	optional(w, "error", &k.Error)
	w.bool("found", &k.Found)
	w.string("value", &k.Value)
}

func (s *SecretGetRequest) members(w *walk) {
	w.string("name", &s.Name)
}

func (s *SecretGetAnswer) members(w *walk) {
	optional(w, "error", &s.Error)
	w.string("value", &s.Value)
}

func (o *OIDCExchangeRequest) members(w *walk) {
	w.string("issuer", &o.Issuer)
	w.string("client_id", &o.ClientID)
	w.string("secret", &o.Secret)
	w.string("auth_method", &o.AuthMethod)
	w.string("key_id", &o.KeyID)
	w.string("key_issuer", &o.KeyIssuer)
	w.bool("userinfo", &o.UserInfo)
	w.bool("any_issuer", &o.AnyIssuer)
}

func (o *OIDCExchangeAnswer) members(w *walk) {
	optional(w, "error", &o.Error)
	w.object("claims", &o.Claims)
	w.object("userinfo", &o.UserInfo)
	w.string("scope", &o.Scope)
}

func (o *OAuthExchangeRequest) members(w *walk) {
	w.string("token_endpoint", &o.TokenEndpoint)
	w.string("client_id", &o.ClientID)
	w.string("secret", &o.Secret)
	w.string("auth_method", &o.AuthMethod)
	w.string("key_id", &o.KeyID)
	w.string("key_issuer", &o.KeyIssuer)
}

func (o *OAuthExchangeAnswer) members(w *walk) {
	optional(w, "error", &o.Error)
	w.string("token_type", &o.TokenType)
	w.string("scope", &o.Scope)
	w.int("expires_in", &o.ExpiresIn)
}

func (l *LDAPServer) members(w *walk) {
	w.string("url", &l.URL)
	w.bool("start_tls", &l.StartTLS)
	w.string("bind_dn", &l.BindDN)
	w.string("bind_secret", &l.BindSecret)
}

func (l *LDAPBindRequest) members(w *walk) {
	w.nested("server", &l.Server)
	w.string("dn", &l.DN)
	w.string("password", &l.Password)
}

func (l *LDAPBindAnswer) members(w *walk) {
	optional(w, "error", &l.Error)
	w.bool("ok", &l.OK)
}

func (l *LDAPSearchRequest) members(w *walk) {
	w.nested("server", &l.Server)
	w.string("base_dn", &l.BaseDN)
	w.string("scope", &l.Scope)
	w.string("filter", &l.Filter)
	w.strings("values", &l.Values)
	w.strings("attributes", &l.Attributes)
	w.int("limit", &l.Limit)
}

func (l *LDAPSearchAnswer) members(w *walk) {
	optional(w, "error", &l.Error)
	list(w, "entries", &l.Entries)
	w.bool("truncated", &l.Truncated)
}

func (l *LDAPEntry) members(w *walk) {
	w.string("dn", &l.DN)
	w.object("attributes", &l.Attributes)
}

// AppendJSON appends the request.
func (f *FetchRequest) AppendJSON(dst []byte) []byte { return appendMessage(dst, f) }

// ParseFetchRequest reads the request, which a plugin wrote. Unknown members are
// refused.
func ParseFetchRequest(data []byte) (*FetchRequest, error) {
	f := new(FetchRequest)
	return f, parseOutput(data, f)
}

// AppendJSON appends the answer.
func (f *FetchAnswer) AppendJSON(dst []byte) []byte { return appendMessage(dst, f) }

// ParseFetchAnswer reads the answer, which the host wrote. Unknown members are
// ignored.
func ParseFetchAnswer(data []byte) (*FetchAnswer, error) {
	f := new(FetchAnswer)
	return f, parseInput(data, f)
}

// AppendJSON appends the request.
func (j *JWTVerifyRequest) AppendJSON(dst []byte) []byte { return appendMessage(dst, j) }

// ParseJWTVerifyRequest reads the request, which a plugin wrote. Unknown members are
// refused.
func ParseJWTVerifyRequest(data []byte) (*JWTVerifyRequest, error) {
	j := new(JWTVerifyRequest)
	return j, parseOutput(data, j)
}

// AppendJSON appends the answer.
func (j *JWTVerifyAnswer) AppendJSON(dst []byte) []byte { return appendMessage(dst, j) }

// ParseJWTVerifyAnswer reads the answer, which the host wrote. Unknown members are
// ignored.
func ParseJWTVerifyAnswer(data []byte) (*JWTVerifyAnswer, error) {
	j := new(JWTVerifyAnswer)
	return j, parseInput(data, j)
}

// AppendJSON appends the request.
func (k *KVRequest) AppendJSON(dst []byte) []byte { return appendMessage(dst, k) }

// ParseKVRequest reads the request, which a plugin wrote. Unknown members are
// refused.
func ParseKVRequest(data []byte) (*KVRequest, error) {
	k := new(KVRequest)
	return k, parseOutput(data, k)
}

// AppendJSON appends the answer.
func (k *KVAnswer) AppendJSON(dst []byte) []byte { return appendMessage(dst, k) }

// ParseKVAnswer reads the answer, which the host wrote. Unknown members are
// ignored.
func ParseKVAnswer(data []byte) (*KVAnswer, error) {
	k := new(KVAnswer)
	return k, parseInput(data, k)
}

// AppendJSON appends the request.
func (s *SecretGetRequest) AppendJSON(dst []byte) []byte { return appendMessage(dst, s) }

// ParseSecretGetRequest reads the request, which a plugin wrote. Unknown members are
// refused.
func ParseSecretGetRequest(data []byte) (*SecretGetRequest, error) {
	s := new(SecretGetRequest)
	return s, parseOutput(data, s)
}

// AppendJSON appends the answer.
func (s *SecretGetAnswer) AppendJSON(dst []byte) []byte { return appendMessage(dst, s) }

// ParseSecretGetAnswer reads the answer, which the host wrote. Unknown members are
// ignored.
func ParseSecretGetAnswer(data []byte) (*SecretGetAnswer, error) {
	s := new(SecretGetAnswer)
	return s, parseInput(data, s)
}

// AppendJSON appends the request.
func (o *OIDCExchangeRequest) AppendJSON(dst []byte) []byte { return appendMessage(dst, o) }

// ParseOIDCExchangeRequest reads the request, which a plugin wrote. Unknown members are
// refused.
func ParseOIDCExchangeRequest(data []byte) (*OIDCExchangeRequest, error) {
	o := new(OIDCExchangeRequest)
	return o, parseOutput(data, o)
}

// AppendJSON appends the answer.
func (o *OIDCExchangeAnswer) AppendJSON(dst []byte) []byte { return appendMessage(dst, o) }

// ParseOIDCExchangeAnswer reads the answer, which the host wrote. Unknown members are
// ignored.
func ParseOIDCExchangeAnswer(data []byte) (*OIDCExchangeAnswer, error) {
	o := new(OIDCExchangeAnswer)
	return o, parseInput(data, o)
}

// AppendJSON appends the request.
func (o *OAuthExchangeRequest) AppendJSON(dst []byte) []byte { return appendMessage(dst, o) }

// ParseOAuthExchangeRequest reads the request, which a plugin wrote. Unknown members are
// refused.
func ParseOAuthExchangeRequest(data []byte) (*OAuthExchangeRequest, error) {
	o := new(OAuthExchangeRequest)
	return o, parseOutput(data, o)
}

// AppendJSON appends the answer.
func (o *OAuthExchangeAnswer) AppendJSON(dst []byte) []byte { return appendMessage(dst, o) }

// ParseOAuthExchangeAnswer reads the answer, which the host wrote. Unknown members are
// ignored.
func ParseOAuthExchangeAnswer(data []byte) (*OAuthExchangeAnswer, error) {
	o := new(OAuthExchangeAnswer)
	return o, parseInput(data, o)
}

// AppendJSON appends the request.
func (l *LDAPBindRequest) AppendJSON(dst []byte) []byte { return appendMessage(dst, l) }

// ParseLDAPBindRequest reads the request, which a plugin wrote. Unknown members are
// refused.
func ParseLDAPBindRequest(data []byte) (*LDAPBindRequest, error) {
	l := new(LDAPBindRequest)
	return l, parseOutput(data, l)
}

// AppendJSON appends the answer.
func (l *LDAPBindAnswer) AppendJSON(dst []byte) []byte { return appendMessage(dst, l) }

// ParseLDAPBindAnswer reads the answer, which the host wrote. Unknown members are
// ignored.
func ParseLDAPBindAnswer(data []byte) (*LDAPBindAnswer, error) {
	l := new(LDAPBindAnswer)
	return l, parseInput(data, l)
}

// AppendJSON appends the request.
func (l *LDAPSearchRequest) AppendJSON(dst []byte) []byte { return appendMessage(dst, l) }

// ParseLDAPSearchRequest reads the request, which a plugin wrote. Unknown members are
// refused.
func ParseLDAPSearchRequest(data []byte) (*LDAPSearchRequest, error) {
	l := new(LDAPSearchRequest)
	return l, parseOutput(data, l)
}

// AppendJSON appends the answer.
func (l *LDAPSearchAnswer) AppendJSON(dst []byte) []byte { return appendMessage(dst, l) }

// ParseLDAPSearchAnswer reads the answer, which the host wrote. Unknown members are
// ignored.
func ParseLDAPSearchAnswer(data []byte) (*LDAPSearchAnswer, error) {
	l := new(LDAPSearchAnswer)
	return l, parseInput(data, l)
}
