package postern

import "github.com/postern-id/postern/sdk/hook"

// What a plugin can ask the host to do during a call. The manifest must ask for
// the capability and the operator must grant it. An error is a
// [*hook.CapabilityError]; its code is one of package hook.

// Fetch sends a request of HTTP (capability http.fetch) and waits for the
// response, whatever its status. An error says that there is no response.
func Fetch(request hook.Fetch) (*hook.FetchResponse, error) {
	responses, err := FetchAll(request)
	if err != nil {
		return nil, err
	}
	if responses[0].Error != nil {
		return nil, responses[0].Error
	}
	return &responses[0], nil
}

// FetchAll sends up to 8 requests side by side and gives a response, or the error
// in it, for each in their order.
func FetchAll(requests ...hook.Fetch) ([]hook.FetchResponse, error) {
	text := (&hook.FetchRequest{Requests: requests}).AppendJSON(nil)
	answer, err := hook.ParseFetchAnswer(httpFetch(text))
	if err := failure(err, answer.Error); err != nil {
		return nil, err
	}
	if len(answer.Responses) != len(requests) {
		return nil, &hook.CapabilityError{Code: hook.CodeUnavailable, Message: "the host gave another number of responses"}
	}
	return answer.Responses, nil
}

// VerifyJWT verifies a signed token (capability jwt.verify) and gives what it says.
func VerifyJWT(request *hook.JWTVerifyRequest) (*hook.JWTVerifyAnswer, error) {
	answer, err := hook.ParseJWTVerifyAnswer(jwtVerify(request.AppendJSON(nil)))
	if err := failure(err, answer.Error); err != nil {
		return nil, err
	}
	return answer, nil
}

// KVGet gives what a key of the plugin instance holds (capability kv).
func KVGet(key string) (value string, found bool, err error) {
	answer, err := askKV(&hook.KVRequest{Op: hook.KVGet, Key: key})
	if err != nil {
		return "", false, err
	}
	return answer.Value, answer.Found, nil
}

// KVSet lets a key hold a value for ttl seconds. Found says whether it was there.
func KVSet(key, value string, ttl int) (found bool, err error) {
	answer, err := askKV(&hook.KVRequest{Op: hook.KVSet, Key: key, Value: value, TTL: ttl})
	return err == nil && answer.Found, err
}

// KVAdd is [KVSet] unless the key is there: then found is true and nothing
// changes. Of several calls that add a key at a time one finds it absent.
func KVAdd(key, value string, ttl int) (found bool, err error) {
	answer, err := askKV(&hook.KVRequest{Op: hook.KVAdd, Key: key, Value: value, TTL: ttl})
	return err == nil && answer.Found, err
}

// KVDelete forgets a key. Found says whether it was there.
func KVDelete(key string) (found bool, err error) {
	answer, err := askKV(&hook.KVRequest{Op: hook.KVDelete, Key: key})
	return err == nil && answer.Found, err
}

func askKV(request *hook.KVRequest) (*hook.KVAnswer, error) {
	answer, err := hook.ParseKVAnswer(kv(request.AppendJSON(nil)))
	return answer, failure(err, answer.Error)
}

// Secret reads a secret of the plugin instance (capability secret.get). A request
// that only sends a secret names it in [hook.Fetch] and need not read it.
func Secret(name string) (string, error) {
	answer, err := hook.ParseSecretGetAnswer(secretGet((&hook.SecretGetRequest{Name: name}).AppendJSON(nil)))
	if err := failure(err, answer.Error); err != nil {
		return "", err
	}
	return answer.Value, nil
}

// ExchangeOIDC exchanges the code of the callback at an OpenID provider and
// verifies the ID token (capability oidc.exchange). Only LoginFinish may call it.
func ExchangeOIDC(request *hook.OIDCExchangeRequest) (*hook.OIDCExchangeAnswer, error) {
	answer, err := hook.ParseOIDCExchangeAnswer(oidcExchange(request.AppendJSON(nil)))
	if err := failure(err, answer.Error); err != nil {
		return nil, err
	}
	return answer, nil
}

// ExchangeOAuth exchanges the code of the callback at an OAuth 2 server (capability
// oauth.exchange). Only LoginFinish may call it; Fetch then sends the access token
// where Exchanged says so.
func ExchangeOAuth(request *hook.OAuthExchangeRequest) (*hook.OAuthExchangeAnswer, error) {
	answer, err := hook.ParseOAuthExchangeAnswer(oauthExchange(request.AppendJSON(nil)))
	if err := failure(err, answer.Error); err != nil {
		return nil, err
	}
	return answer, nil
}

// LDAPBind reports whether the password opens the entry of a directory (capability
// ldap.bind). An error says that nobody could tell.
func LDAPBind(request *hook.LDAPBindRequest) (bool, error) {
	answer, err := hook.ParseLDAPBindAnswer(ldapBind(request.AppendJSON(nil)))
	if err := failure(err, answer.Error); err != nil {
		return false, err
	}
	return answer.OK, nil
}

// LDAPSearch searches a directory (capability ldap.search).
func LDAPSearch(request *hook.LDAPSearchRequest) (*hook.LDAPSearchAnswer, error) {
	answer, err := hook.ParseLDAPSearchAnswer(ldapSearch(request.AppendJSON(nil)))
	if err := failure(err, answer.Error); err != nil {
		return nil, err
	}
	return answer, nil
}

func failure(err error, answered *hook.CapabilityError) error {
	if err != nil {
		return err
	}
	if answered != nil {
		return answered
	}
	return nil
}

// Now gives the milliseconds since 1970 in UTC (capability clock), as time.UnixMilli
// takes them. A call that reads the clock without a grant fails.
func Now() int64 { return now() }

// Random fills p with good randomness of the host, up to 64 KiB in a call. It needs
// no grant. What package math/rand draws is the same in every call.
func Random(p []byte) { random(p) }

// Log writes a line to the operator's log, as far as the host lets it: 8 KiB in a
// call, then silence.
func Log(line string) { log(line) }
