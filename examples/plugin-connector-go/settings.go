package main

import "github.com/postern-id/postern/sdk/hook"

// clientSecret is the name of ours at the single sign-on.
const clientSecret = "client_secret"

// settings are what the operator set. The host checked them against the schema.
type settings struct{ members hook.Object }

func (s settings) text(name string) string {
	v, _ := s.members.Get(name)
	return v.Text()
}

func (s settings) list(name string) []string {
	v, _ := s.members.Get(name)
	return v.Strings()
}

// company is what people call the single sign-on's owner.
func (s settings) company() string {
	if name := s.text("company"); name != "" {
		return name
	}
	return "your company"
}

func manifest() hook.Manifest {
	const why = "It asks the single sign-on in the settings; grant it that host."
	return hook.Manifest{
		ID:          "tickets",
		Version:     "1.0.0",
		Description: "Signs people in with a company's own single sign-on, which gives signed tickets.",
		Capabilities: []hook.CapabilityWish{
			{Name: hook.OAuthExchange, Reason: why}, {Name: hook.HTTPFetch, Reason: why}, {Name: hook.JWTVerify, Reason: why},
			{Name: hook.KV, Reason: "It remembers tickets for ten minutes, so that each serves once."},
		},
		Secrets:  []hook.SecretWish{{Name: clientSecret, Description: "Client secret that the single sign-on gave."}},
		Settings: parse(schema),
		Presets: []hook.Preset{
			{Name: "acme", Title: "Acme", Icon: "key", Settings: parse(`{"url":"https://sso.acme.example","company":"Acme","domains":["acme.example"]}`), Targets: []string{"sso.acme.example"}},
		},
		Samples: []hook.Sample{
			{Hook: hook.ConnectorLogin, Input: parse(sampleBegin)},
			{Hook: hook.ConnectorLogin, Input: parse(sampleFinish), Calls: []hook.HostCall{
				{Capability: hook.OAuthExchange, Request: parse(exchangeRequest), Answer: parse(`{"token_type":"Bearer","expires_in":300}`)},
				{Capability: hook.HTTPFetch, Request: parse(ticketRequest), Answer: parse(`{"responses":[{"status":200,"body":"e30.e30.c2ln"}]}`)},
				{Capability: hook.JWTVerify, Request: parse(verifyRequest), Answer: parse(verifyAnswer)},
				{Capability: hook.KV, Request: parse(`{"op":"add","key":"ticket:t1","value":"used","ttl":600}`), Answer: parse(`{}`)},
			}},
		},
	}
}

const (
	schema = `{
		"type": "object",
		"properties": {
			"url": {"type": "string", "minLength": 9, "description": "of the single sign-on, without a slash at the end; it is the issuer of tickets too"},
			"client_id": {"type": "string", "minLength": 1, "description": "ours at the single sign-on"},
			"company": {"type": "string", "description": "its name, for what people are told"},
			"domains": {
				"type": "array", "items": {"type": "string", "minLength": 1},
				"description": "of the addresses that the company gives out: those count as verified"
			}
		},
		"required": ["url", "client_id"],
		"additionalProperties": false
	}`
	sampleBegin = `{
		"phase": "begin", "settings": {"url": "https://sso.example", "client_id": "postern"}, "organisation": {"name": "built-in"},
		"client": {"id": "c1", "name": "wiki"}, "redirect_uri": "https://id.example/callback/tickets", "login_hint": "alice", "prompt": "login"
	}`
	sampleFinish = `{
		"phase": "finish", "settings": {"url": "https://sso.example", "client_id": "postern", "domains": ["example.com"]},
		"organisation": {"name": "built-in"}, "client": {"id": "c1", "name": "wiki"}, "redirect_uri": "https://id.example/callback/tickets"
	}`
	exchangeRequest = `{"token_endpoint": "https://sso.example/oauth/token", "client_id": "postern", "secret": "client_secret"}`
	ticketRequest   = `{"requests": [{
		"url": "https://sso.example/oauth/ticket", "headers": {"accept": "application/jwt"}, "timeout_ms": 3000, "exchanged": true
	}]}`
	verifyRequest = `{
		"token": "e30.e30.c2ln", "issuer": "https://sso.example", "audience": "postern", "algorithms": ["RS256", "ES256"],
		"jwks_uri": "https://sso.example/oauth/keys", "leeway": 30
	}`
	verifyAnswer = `{"header": {"alg": "RS256"}, "claims": {
		"iss": "https://sso.example", "aud": "postern", "sub": "E1024", "jti": "t1", "iat": 1790184000, "exp": 1790184120,
		"status": "active", "login": "alice", "mail": "alice@example.com", "name": "Alice Liddell", "units": ["R&D"]
	}}`
)

func parse(text string) hook.Value {
	v, err := hook.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return v
}
