package conformance_test

import (
	"slices"
	"testing"
)

// scopeClaims are what the scopes ask for (OpenID Connect Core section 5.4).
var scopeClaims = map[string][]string{
	"profile": {
		"name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website",
		"gender", "birthdate", "zoneinfo", "locale", "updated_at",
	},
	"email":   {"email", "email_verified"},
	"address": {"address"},
	"phone":   {"phone_number", "phone_number_verified"},
}

// checkStandardClaims checks the types of what is there (section 5.1).
func checkStandardClaims(claims document) complaints {
	var c complaints
	for name, value := range claims {
		switch name {
		case "email_verified", "phone_number_verified":
			_, ok := value.(bool)
			c.unless(ok, "%s is no boolean", name)
		case "updated_at", "exp", "iat", "nbf", "auth_time":
			n, ok := value.(float64)
			c.unless(ok && n > 0, "%s is no number: %v", name, value)
		case "address":
			c = append(c, checkAddress(value)...)
		case "amr":
			list := document{"": value}.list("")
			values, _ := value.([]any)
			c.unless(len(list) > 0 && len(list) == len(values), "amr is no array of strings")
		case "aud": // a string or an array; looked at where it matters
		default:
			if slices.Contains(textClaims, name) {
				s, ok := value.(string)
				c.unless(ok && s != "", "%s is no text: %v", name, value)
			}
		}
	}
	return c
}

var textClaims = []string{
	"sub", "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website",
	"email", "gender", "birthdate", "zoneinfo", "locale", "phone_number", "iss", "nonce", "acr", "azp", "at_hash", "c_hash", "sid", "jti",
}

func checkAddress(value any) complaints {
	var c complaints
	address := asObject(value)
	c.unless(len(address) > 0, "address is no object")
	for name, part := range address {
		s, ok := part.(string)
		c.unless(ok && s != "", "address.%s is no text", name)
		known := []string{"formatted", "street_address", "locality", "region", "postal_code", "country"}
		c.unless(slices.Contains(known, name), "address.%s is not known", name)
	}
	return c
}

// checkScopes wants every claim of the scopes.
func checkScopes(claims document, scopes []string) complaints {
	var c complaints
	for _, scope := range scopes {
		for _, name := range scopeClaims[scope] {
			c.unless(claims.has(name), "%s of the scope %s is missing", name, scope)
		}
	}
	return c
}

func TestClaimRules(t *testing.T) {
	right := document{
		"sub": "x", "email_verified": true, "updated_at": 1.0, "amr": []any{"pwd"}, "address": map[string]any{"country": "DE"}, "aud": "x",
		"another": map[string]any{},
	}
	if c := checkStandardClaims(right); c != nil {
		t.Fatal(c)
	}
	for name, value := range map[string]any{
		"sub": "", "email_verified": "true", "updated_at": "2026", "amr": "pwd", "address": "DE", "name": nil, "zoneinfo": 1.0,
	} {
		if checkStandardClaims(document{name: value}) == nil {
			t.Errorf("no complaint about %s %v", name, value)
		}
	}
	if checkStandardClaims(document{"address": map[string]any{"planet": "x"}}) == nil {
		t.Error("no complaint about a strange part of an address")
	}
	if c := checkScopes(document{"email": "x"}, []string{"openid", "email"}); !c.has("email_verified") || len(c) != 1 {
		t.Error(c)
	}
}
