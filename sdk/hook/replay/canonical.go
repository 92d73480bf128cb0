package replay

import (
	"errors"
	"fmt"

	"github.com/postern-id/postern/sdk/hook"
)

// message is what hook's parsers give.
type message interface{ AppendJSON([]byte) []byte }

// canonical reads a message of a plugin as strictly as the host does and gives it
// without empty members, so that saying nothing in two ways is the same.
func canonical[M message](data []byte, parse func([]byte) (M, error)) (hook.Value, error) {
	m, err := parse(data)
	if err != nil {
		return hook.Value{}, err
	}
	return hook.Parse(m.AppendJSON(nil))
}

// request gives a request of a capability in its canonical form.
func request(capability string, data []byte) (hook.Value, error) {
	switch capability {
	case hook.Clock:
		return hook.FromObject(nil), nil
	case hook.HTTPFetch:
		return canonical(data, hook.ParseFetchRequest)
	case hook.JWTVerify:
		return canonical(data, hook.ParseJWTVerifyRequest)
	case hook.KV:
		return canonical(data, hook.ParseKVRequest)
	case hook.SecretGet:
		return canonical(data, hook.ParseSecretGetRequest)
	case hook.OIDCExchange:
		return canonical(data, hook.ParseOIDCExchangeRequest)
	case hook.OAuthExchange:
		return canonical(data, hook.ParseOAuthExchangeRequest)
	case hook.LDAPBind:
		return canonical(data, hook.ParseLDAPBindRequest)
	case hook.LDAPSearch:
		return canonical(data, hook.ParseLDAPSearchRequest)
	default:
		return hook.Value{}, fmt.Errorf("there is no capability %q", capability)
	}
}

// output gives the output of a hook in its canonical form.
func output(name string, data []byte) (hook.Value, error) {
	switch name {
	case hook.ClaimsMap:
		return claims(data)
	case hook.AccountShape:
		object, err := hook.ParseObject(data)
		return hook.FromObject(object), err
	case hook.ScopePolicy:
		return canonical(data, hook.ParseScopeOutput)
	case hook.ConnectorLogin:
		return canonical(data, hook.ParseLoginOutput)
	case hook.ConnectorPassword:
		return canonical(data, hook.ParsePasswordOutput)
	case hook.EventSink:
		return canonical(data, hook.ParseEventOutput)
	default:
		return hook.Value{}, errors.New("there is no such hook")
	}
}

// claims refuses the claims of the host, as the host does.
func claims(data []byte) (hook.Value, error) {
	out, err := hook.ParseClaimsOutput(data)
	if err != nil {
		return hook.Value{}, err
	}
	names := out.Remove
	for _, member := range out.Set {
		names = append(names, member.Name)
	}
	for _, name := range names {
		if hook.IsProtected(name) {
			return hook.Value{}, fmt.Errorf("the claim %s is the host's: a plugin neither sets nor removes it", name)
		}
	}
	return hook.Parse(out.AppendJSON(nil))
}
