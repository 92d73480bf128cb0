package oauth

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
)

const (
	maxClaims     = 64       // in the claims parameter
	maxClaimName  = 128      // bytes
	maxClaimDepth = 8        // of its JSON
	maxClaimsSize = 16 << 10 // bytes
)

// ClaimOther stands for all claims that no standard scope asks for, where a person is
// asked what the client may have: their names are whatever the request says.
const ClaimOther = "*"

// Claims is the claims parameter (OpenID Connect Core section 5.5): the claims that are
// asked for one by one, and where. The value of each is null, or an object that says
// more about it. A nil Claims asks for nothing.
type Claims struct {
	UserInfo map[string]json.RawMessage `json:"userinfo,omitempty"`
	IDToken  map[string]json.RawMessage `json:"id_token,omitempty"`
}

// wish is what a request says about a claim (section 5.5.1).
type wish struct {
	Essential *bool             `json:"essential"`
	Value     json.RawMessage   `json:"value"`
	Values    []json.RawMessage `json:"values"`
}

// ParseClaims reads the claims parameter. Members that are not understood are ignored
// (section 5.5, MUST), what is not as the specification says is refused. It is nil if
// nothing is asked for.
func ParseClaims(text string) (*Claims, *Error) {
	if len(text) > maxClaimsSize {
		return nil, badClaims("claims_too_large", "The claims parameter is too large.")
	}
	if !isStrictJSON(text) {
		return nil, badClaims("claims_malformed", "The claims parameter is not a JSON object, is nested too deeply, or names a member twice.")
	}
	var targets map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &targets) != nil || targets == nil {
		return nil, badClaims("claims_malformed", "The claims parameter is not a JSON object.")
	}
	var claims Claims
	for name, into := range map[string]*map[string]json.RawMessage{"userinfo": &claims.UserInfo, "id_token": &claims.IDToken} {
		target, given := targets[name]
		if !given {
			continue
		}
		var refusal *Error
		if *into, refusal = parseTarget(target); refusal != nil {
			return nil, refusal
		}
	}
	return claims.orNil(), claims.checkValues()
}

func badClaims(reason, description string) *Error {
	return Refuse(CodeInvalidRequest, reason, description)
}

func parseTarget(data json.RawMessage) (map[string]json.RawMessage, *Error) {
	var asked map[string]json.RawMessage
	if json.Unmarshal(data, &asked) != nil || asked == nil {
		return nil, badClaims("claims_malformed", "A member of the claims parameter is not a JSON object.")
	}
	// Nobody has a claim of such a name.
	maps.DeleteFunc(asked, func(name string, _ json.RawMessage) bool { return len(name) > maxClaimName || !isScope(name) })
	if len(asked) > maxClaims {
		return nil, badClaims("claims_too_many", "The claims parameter asks for too many claims.")
	}
	for _, value := range asked {
		if _, ok := parseWish(value); !ok {
			return nil, badClaims("claims_malformed", "The claims parameter says of a claim what it may not say.")
		}
	}
	return asked, nil
}

func parseWish(data json.RawMessage) (w wish, ok bool) {
	if data = bytes.TrimSpace(data); len(data) == 0 || string(data) != "null" && data[0] != '{' {
		return w, false
	}
	return w, json.Unmarshal(data, &w) == nil
}

// checkValues demands words where the standard has words.
func (c *Claims) checkValues() *Error {
	for _, list := range []json.RawMessage{c.IDToken["sub"], c.UserInfo["sub"], c.IDToken["acr"]} {
		if _, _, ok := wordsOf(list); !ok {
			return badClaims("claims_malformed", "The claims parameter has a value of sub or acr that is no string.")
		}
	}
	return nil
}

// wordsOf gives the values that a claim should have one of, nil for any.
func wordsOf(data json.RawMessage) (words []string, essential, ok bool) {
	if len(data) == 0 {
		return nil, false, true
	}
	w, ok := parseWish(data)
	values := w.Values
	if w.Value != nil {
		values = append(values, w.Value)
	}
	for _, value := range values {
		var word string
		if value[0] != '"' || json.Unmarshal(value, &word) != nil {
			return nil, false, false
		}
		words = append(words, word)
	}
	return words, w.Essential != nil && *w.Essential, ok
}

func (c *Claims) orNil() *Claims {
	if len(c.UserInfo)+len(c.IDToken) == 0 {
		return nil
	}
	return c
}

// Subjects gives whom the request is about, by values of sub: for each target that says
// so, whoever is one of them. Nobody else may be answered about (section 5.5.1, MUST
// NOT).
func (c *Claims) Subjects() [][]string {
	if c == nil {
		return nil
	}
	var all [][]string
	for _, data := range []json.RawMessage{c.IDToken["sub"], c.UserInfo["sub"]} {
		if words, _, _ := wordsOf(data); words != nil {
			all = append(all, words)
		}
	}
	return all
}

// ACRs gives the authentication context classes that the ID token should have one of,
// in order of preference, nil for any. If they are essential, it must (section
// 5.5.1.1).
func (c *Claims) ACRs() (classes []string, essential bool) {
	if c == nil {
		return nil, false
	}
	classes, essential, _ = wordsOf(c.IDToken["acr"])
	return classes, essential
}

// Names gives the claims that a person has to allow, in alphabetical order: those of a
// standard scope by their names, all others together as [ClaimOther]. What every answer
// says, or what is about the sign-in alone, is not among them.
func (c *Claims) Names() []string {
	if c == nil {
		return nil
	}
	var names []string
	for _, target := range []map[string]json.RawMessage{c.UserInfo, c.IDToken} {
		for name := range target {
			switch {
			case slices.Contains(protocolClaims, name):
			case ClaimScope(name) == "":
				names = append(names, ClaimOther)
			default:
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// protocolClaims are the protocol's own.
var protocolClaims = []string{
	"iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "auth_time", "acr", "amr", "azp", "sid", "at_hash", "c_hash", "s_hash", "cnf",
	"client_id", "scope", "events", "act", "may_act", "typ",
}

// ClaimScope gives the standard scope that asks for a claim; empty if there is none.
func ClaimScope(name string) string {
	for _, scope := range StandardScopes() {
		if slices.Contains(ScopeClaims(scope), name) {
			return scope
		}
	}
	return ""
}

// Only keeps the claims of those names, in the sense of [Claims.Names], and the
// protocol's. It is nil if nothing is left.
func (c *Claims) Only(names []string) *Claims {
	if c == nil {
		return nil
	}
	kept := func(target map[string]json.RawMessage) map[string]json.RawMessage {
		target = maps.Clone(target)
		maps.DeleteFunc(target, func(name string, _ json.RawMessage) bool {
			switch {
			case slices.Contains(protocolClaims, name):
				return false
			case ClaimScope(name) == "":
				name = ClaimOther
			}
			return !slices.Contains(names, name)
		})
		return target
	}
	return (&Claims{kept(c.UserInfo), kept(c.IDToken)}).orNil()
}

// JSON writes the parameter in one form; nil for nothing.
func (c *Claims) JSON() []byte {
	if c == nil {
		return nil
	}
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // what was parsed can be written
	}
	return text
}

// checkClaims takes the claims parameter, as far as the client may have the scopes that
// its claims are of: to ask for them one by one gives no more than to ask for all.
func checkClaims(r *AuthorizeRequest, p Params, client *core.Client) *Error {
	r.ACRValues = strings.Fields(p.Get("acr_values"))
	if p.Has("claims") {
		claims, refusal := ParseClaims(p.Get("claims"))
		if refusal != nil {
			return refusal
		}
		// Without openid this is no request of OpenID Connect.
		if slices.Contains(r.Scopes, ScopeOpenID) {
			r.Claims = claims.Only(slices.DeleteFunc(claims.Names(), func(name string) bool {
				return name != ClaimOther && !slices.Contains(client.Scopes, ClaimScope(name))
			}))
		}
	}
	classes, essential := r.Claims.ACRs()
	if essential {
		r.EssentialACRs = classes
	}
	for _, otherwise := range [][]string{classes, client.Metadata.DefaultACRValues} {
		if len(r.ACRValues) == 0 {
			r.ACRValues = otherwise
		}
	}
	return nil
}

// isStrictJSON demands one JSON value without repeated members, not nested too deeply,
// whose text is Unicode: half a surrogate pair, which decoders replace, is not.
func isStrictJSON(text string) bool {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	if !isStrictValue(decoder, maxClaimDepth) {
		return false
	}
	_, err := decoder.Token()
	return err == io.EOF
}

func isStrictValue(decoder *json.Decoder, depth int) bool {
	token, err := decoder.Token()
	open, isDelim := token.(json.Delim)
	if err != nil || !isDelim {
		return err == nil && isUnicode(token)
	}
	if depth == 0 {
		return false
	}
	seen := map[string]bool{}
	for decoder.More() {
		if open == '{' {
			name, err := decoder.Token()
			key, _ := name.(string)
			if err != nil || seen[key] || !isUnicode(name) {
				return false
			}
			seen[key] = true
		}
		if !isStrictValue(decoder, depth-1) {
			return false
		}
	}
	_, err = decoder.Token() // the closing delimiter
	return err == nil
}

func isUnicode(token json.Token) bool {
	text, _ := token.(string)
	return !strings.ContainsRune(text, utf8.RuneError)
}
