package conformance_test

import (
	"slices"
	"strings"
	"testing"
)

// variant is one combination that a plan runs its modules in.
type variant struct {
	responseType string
	auth         string // token endpoint authentication
	mode         string // "default" or "form_post"
	dynamic      bool   // the client registers itself
}

// String names it in tests; what needs no client is all configuration.
func (v variant) String() string {
	if v == (variant{}) {
		return "configuration"
	}
	registration := "static"
	if v.dynamic {
		registration = "dynamic"
	}
	return strings.Join([]string{strings.ReplaceAll(v.responseType, " ", "+"), v.auth, v.mode, registration}, ",")
}

// yields reports whether the response type brings this: code, id_token or token.
func (v variant) yields(word string) bool {
	return slices.Contains(strings.Fields(v.responseType), word)
}

// registers is for modules that are about registration.
func registers(v variant) bool { return v.dynamic }

// token reports whether the client gets an access token in the end.
func (v variant) token() bool { return v.yields("code") || v.yields("token") }

// lacks gives what the server does not announce of what the variant needs.
func (v variant) lacks(m document) []string {
	var missing []string
	if !supportsResponseType(m, v.responseType) {
		missing = append(missing, "response type "+v.responseType)
	}
	if !m.lists("token_endpoint_auth_methods_supported", v.auth) {
		missing = append(missing, v.auth)
	}
	if v.mode == "form_post" && !m.lists("response_modes_supported", v.mode) {
		missing = append(missing, v.mode)
	}
	if v.dynamic && !m.has("registration_endpoint") {
		missing = append(missing, "dynamic registration")
	}
	return missing
}

// planTypes are the response types of the plans.
var planTypes = map[string][]string{
	"B": {"code"},
	"I": {"id_token", "id_token token"},
	"H": {"code id_token", "code token", "code id_token token"},
	"D": {"code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"},
	// The logout plans and the third party's run with code and with one of the others.
	"3": {"code"}, "RPL": {"code", "code id_token"}, "BC": {"code", "code id_token"}, "FC": {"code", "code id_token"}, "SM": {"code", "code id_token"},
}

const basic = "client_secret_basic"

// otherAuth are run beside client_secret_basic, with the first response type that
// has a code.
var otherAuth = []string{"client_secret_post", "client_secret_jwt", "private_key_jwt"}

// variantsOf gives the variants in which the plans run a module. Each response type
// meets each response mode and each registration, and each authentication meets each
// registration; what else could be combined, the module oidcc-server has. The suite runs
// the dynamic plan with clients that register themselves; what is not about that holds
// for others too.
func variantsOf(plans string) []variant {
	var all []variant
	add := func(v variant) {
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	for plan := range strings.FieldsSeq(plans) {
		for _, responseType := range planTypes[plan] {
			add(variant{responseType, basic, "default", false})
			add(variant{responseType, basic, "default", true})
			if strings.Contains("BIH", plan) {
				add(variant{responseType, basic, "form_post", false})
			}
		}
		withCode := slices.IndexFunc(planTypes[plan], func(s string) bool { return strings.Contains(s, "code") })
		if withCode < 0 || plan == "3" {
			continue
		}
		for _, auth := range otherAuth {
			add(variant{planTypes[plan][withCode], auth, "default", false})
			add(variant{planTypes[plan][withCode], auth, "default", true})
		}
	}
	return all
}

// everyVariant combines everything.
func everyVariant() []variant {
	var all []variant
	for _, responseType := range planTypes["D"] {
		for _, auth := range append([]string{basic}, otherAuth...) {
			for _, mode := range []string{"default", "form_post"} {
				all = append(all, variant{responseType, auth, mode, false}, variant{responseType, auth, mode, true})
			}
		}
	}
	return all
}

func TestVariants(t *testing.T) {
	if n := len(everyVariant()); n != 6*4*2*2 {
		t.Errorf("%d combinations", n)
	}
	for plans, want := range map[string]int{"B": 3 + 6, "I": 6, "H": 9 + 6, "B H": 24, "B I H": 30, "D": 12 + 6, "C": 0, "3": 2} {
		if got := variantsOf(plans); len(got) != want {
			t.Errorf("%s: %d variants, want %d: %v", plans, len(got), want, got)
		}
	}
	v := variant{"code id_token", basic, "form_post", true}
	if v.String() != "code+id_token,client_secret_basic,form_post,dynamic" || !v.yields("code") || v.yields("token") || !v.token() {
		t.Errorf("%v", v)
	}
	nothing, all := document{}, document{
		"response_types_supported": []any{"id_token code"}, "response_modes_supported": []any{"form_post"},
		"token_endpoint_auth_methods_supported": []any{basic}, "registration_endpoint": "x",
	}
	if len(v.lacks(nothing)) != 4 || v.lacks(all) != nil {
		t.Errorf("lacks %v, and with everything there for %v", v.lacks(nothing), v.lacks(all))
	}
}
