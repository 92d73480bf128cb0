package main

import (
	"bytes"
	"errors"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

const token = "e30.e30.c2ln"

// step runs one step; an error is not of the capability.
func step(name string) (hook.Value, error) {
	out := hook.Object{{Name: "step", Value: hook.String(name)}}
	result, err := do(name)
	var answered *hook.CapabilityError
	switch {
	case errors.As(err, &answered):
		out.Set("error", hook.String(answered.Code))
	case err != nil:
		return hook.Value{}, err
	default:
		out.Set("result", result)
	}
	return hook.FromObject(out), nil
}

func do(name string) (hook.Value, error) {
	switch name {
	case "clock":
		return hook.Int(postern.Now()), nil
	case "random":
		return drawTwice(), nil
	case "remember":
		return remember(), nil
	case "http.fetch":
		return fetch()
	case "http.fetch.all":
		return fetchAll()
	case "jwt.verify":
		return verify(&hook.JWTVerifyRequest{
			Token: token, Issuer: "https://issuer.example", Audience: "vectors", Algorithms: []string{"RS256", "ES256"}, Leeway: 60,
		})
	case "jwt.verify.jwks":
		return verify(&hook.JWTVerifyRequest{Token: token, JWKS: hook.Object{{Name: "keys", Value: hook.Array()}}})
	case "jwt.verify.secret":
		return verify(&hook.JWTVerifyRequest{Token: token, Algorithms: []string{"HS256"}, Secret: "api"})
	case "kv.get":
		value, found, err := postern.KVGet("count")
		return hook.FromObject(hook.Object{{Name: "found", Value: hook.Bool(found)}, {Name: "value", Value: hook.String(value)}}), err
	case "kv.set":
		return foundOr(postern.KVSet("count", "1 é", 60))
	case "kv.add":
		return foundOr(postern.KVAdd("once", "x", 2592000))
	case "kv.delete":
		return foundOr(postern.KVDelete("count"))
	case "secret.get":
		secret, err := postern.Secret("api")
		return hook.Int(int64(len(secret))), err
	case "oidc.exchange":
		return exchangeOIDC(&hook.OIDCExchangeRequest{
			Issuer: "https://issuer.example", ClientID: "vectors", Secret: "api", AuthMethod: "client_secret_post", UserInfo: true, AnyIssuer: true,
		})
	case "oauth.exchange":
		return exchangeOAuth(&hook.OAuthExchangeRequest{TokenEndpoint: "https://issuer.example/token", ClientID: "vectors"})
	case "oidc.exchange.key":
		return exchangeOIDC(&hook.OIDCExchangeRequest{
			Issuer: "https://issuer.example", ClientID: "vectors", Secret: "api", AuthMethod: "signed_client_secret", KeyID: "k1", KeyIssuer: "team",
		})
	case "oauth.exchange.key":
		return exchangeOAuth(&hook.OAuthExchangeRequest{
			TokenEndpoint: "https://issuer.example/token", ClientID: "vectors", Secret: "api", AuthMethod: "signed_client_secret",
			KeyID: "k1", KeyIssuer: "team",
		})
	case "ldap.bind":
		ok, err := postern.LDAPBind(&hook.LDAPBindRequest{
			Server: hook.LDAPServer{URL: "ldaps://directory.example:636"}, DN: "uid=a,dc=example", Password: "pw",
		})
		return hook.Bool(ok), err
	case "ldap.search":
		return search()
	default:
		return hook.Value{}, errors.New("unknown step " + name)
	}
}

func drawTwice() hook.Value {
	first, second := make([]byte, 16), make([]byte, 16)
	postern.Random(first)
	postern.Random(second)
	return hook.Bool(!bytes.Equal(first, second))
}

func fetch() (hook.Value, error) {
	response, err := postern.Fetch(hook.Fetch{
		URL: "https://api.example/v1/facts", TimeoutMS: 1500,
		Headers: hook.Object{{Name: "accept", Value: hook.String("application/json")}},
		Secrets: []hook.FetchSecret{{Header: "authorization", Name: "api", Prefix: "Bearer "}},
	})
	if err != nil {
		return hook.Value{}, err
	}
	body, err := response.Bytes()
	if err != nil {
		return hook.Value{}, err
	}
	contentType, _ := response.Headers.Get("content-type")
	return hook.FromObject(hook.Object{
		{Name: "status", Value: hook.Int(int64(response.Status))},
		{Name: "type", Value: hook.String(contentType.Text())},
		{Name: "bytes", Value: hook.Int(int64(len(body)))},
	}), nil
}

func fetchAll() (hook.Value, error) {
	text := hook.Fetch{
		Method: "POST", URL: "https://api.example/v1/a",
		Headers: hook.Object{{Name: "content-type", Value: hook.String("text/plain")}},
	}
	text.SetBody([]byte("é\n"))
	data := hook.Fetch{Method: "PUT", URL: "https://api.example/v1/b", Exchanged: true}
	data.SetBody([]byte{0x00, 0xff, 0x10})
	responses, err := postern.FetchAll(text, data)
	var results []hook.Value
	for _, response := range responses {
		result := hook.Int(int64(response.Status))
		if response.Error != nil {
			result = hook.String(response.Error.Code)
		}
		results = append(results, result)
	}
	return hook.Array(results...), err
}

func verify(request *hook.JWTVerifyRequest) (hook.Value, error) {
	answer, err := postern.VerifyJWT(request)
	if err != nil {
		return hook.Value{}, err
	}
	alg, _ := answer.Header.Get("alg")
	return hook.FromObject(hook.Object{
		{Name: "alg", Value: hook.String(alg.Text())}, {Name: "claims", Value: hook.FromObject(answer.Claims)},
	}), nil
}

func foundOr(found bool, err error) (hook.Value, error) {
	return hook.FromObject(hook.Object{{Name: "found", Value: hook.Bool(found)}}), err
}

func exchangeOIDC(request *hook.OIDCExchangeRequest) (hook.Value, error) {
	answer, err := postern.ExchangeOIDC(request)
	if err != nil {
		return hook.Value{}, err
	}
	return hook.FromObject(hook.Object{
		{Name: "claims", Value: hook.FromObject(answer.Claims)},
		{Name: "userinfo", Value: hook.FromObject(answer.UserInfo)},
		{Name: "scope", Value: hook.String(answer.Scope)},
	}), nil
}

func exchangeOAuth(request *hook.OAuthExchangeRequest) (hook.Value, error) {
	answer, err := postern.ExchangeOAuth(request)
	if err != nil {
		return hook.Value{}, err
	}
	return hook.FromObject(hook.Object{
		{Name: "token_type", Value: hook.String(answer.TokenType)},
		{Name: "scope", Value: hook.String(answer.Scope)},
		{Name: "expires_in", Value: hook.Int(int64(answer.ExpiresIn))},
	}), nil
}

func search() (hook.Value, error) {
	answer, err := postern.LDAPSearch(&hook.LDAPSearchRequest{
		Server: hook.LDAPServer{
			URL: "ldap://directory.example:389", StartTLS: true, BindDN: "cn=reader,dc=example", BindSecret: "api",
		},
		BaseDN: "dc=example", Scope: "one", Filter: "(&(objectClass=person)(uid={0}))", Values: []string{"a*b"},
		Attributes: []string{"mail", "memberOf"}, Limit: 5,
	})
	if err != nil {
		return hook.Value{}, err
	}
	var dns, mails []string
	for _, entry := range answer.Entries {
		dns = append(dns, entry.DN)
		mail, _ := entry.Attributes.Get("mail")
		mails = append(mails, mail.Strings()...)
	}
	return hook.FromObject(hook.Object{
		{Name: "dns", Value: hook.Strings(dns)},
		{Name: "mails", Value: hook.Strings(mails)},
		{Name: "truncated", Value: hook.Bool(answer.Truncated)},
	}), nil
}

// What a plugin would keep from one person to the next, if the host let it.
var (
	calls  int64
	onHeap *int64
)

func remember() hook.Value {
	if onHeap == nil {
		onHeap = new(int64)
	}
	calls++
	*onHeap++
	return hook.Array(hook.Int(calls), hook.Int(*onHeap))
}
