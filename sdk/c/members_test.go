package c_test

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

// messages are the structures of the SDK by the names of their tables.
var messages = map[string]any{
	"user": hook.User{}, "organisation": hook.Organisation{}, "client": hook.Client{}, "authentication": hook.Authentication{},
	"claims_input": hook.ClaimsInput{}, "claims_output": hook.ClaimsOutput{}, "account_input": hook.AccountInput{},
	"scope_input": hook.ScopeInput{}, "scope_output": hook.ScopeOutput{},
	"login_input": hook.LoginInput{}, "login_output": hook.LoginOutput{}, "login_redirect": hook.LoginRedirect{}, "identity": hook.Identity{},
	"password_input": hook.PasswordInput{}, "password_output": hook.PasswordOutput{}, "event": hook.Event{}, "event_input": hook.EventInput{},
	"error": hook.CapabilityError{}, "fetch_request": hook.FetchRequest{}, "fetch": hook.Fetch{}, "fetch_secret": hook.FetchSecret{},
	"fetch_answer": hook.FetchAnswer{}, "fetch_response": hook.FetchResponse{},
	"jwt_verify_request": hook.JWTVerifyRequest{}, "jwt_verify_answer": hook.JWTVerifyAnswer{},
	"kv_request": hook.KVRequest{}, "kv_answer": hook.KVAnswer{},
	"secret_get_request": hook.SecretGetRequest{}, "secret_get_answer": hook.SecretGetAnswer{},
	"oidc_exchange_request": hook.OIDCExchangeRequest{}, "oidc_exchange_answer": hook.OIDCExchangeAnswer{},
	"oauth_exchange_request": hook.OAuthExchangeRequest{}, "oauth_exchange_answer": hook.OAuthExchangeAnswer{},
	"ldap_server": hook.LDAPServer{}, "ldap_bind_request": hook.LDAPBindRequest{}, "ldap_bind_answer": hook.LDAPBindAnswer{},
	"ldap_search_request": hook.LDAPSearchRequest{}, "ldap_search_answer": hook.LDAPSearchAnswer{}, "ldap_entry": hook.LDAPEntry{},
}

var kinds = map[string]string{
	"TEXT": "string", "BOOL": "bool", "INT": "int", "TEXTS": "[]string", "CHOICE": "[]string", "VALUE": "hook.Value", "OBJECT": "hook.Object",
}

// TestMembers holds that the tables of the SDK have every member of every message,
// with its type.
func TestMembers(t *testing.T) {
	var text []byte
	for _, name := range []string{"postern/message.c", "postern/capability.c"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, source...)
	}
	tables := map[string][]string{}
	for _, table := range regexp.MustCompile(`(?s)postern_field (\w+)_fields\[\] = \{(.*?)\};`).FindAllSubmatch(text, -1) {
		for _, field := range regexp.MustCompile(`POSTERN_(?:FIELD|PART)\(\w+, (\w+), (\w+)(?:, (\w+)_shape)?\)`).FindAllSubmatch(table[2], -1) {
			kind, ok := kinds[string(field[2])]
			if !ok {
				kind = string(field[2]) + " " + string(field[3])
			}
			tables[string(table[1])] = append(tables[string(table[1])], string(field[1])+" "+kind)
		}
	}
	if len(tables) != len(messages) {
		t.Errorf("%d tables, %d messages", len(tables), len(messages))
	}
	for name, message := range messages {
		if want := membersOf(reflect.TypeOf(message)); !slices.Equal(tables[name], want) {
			t.Errorf("%s has %q, want %q", name, tables[name], want)
		}
	}
}

func membersOf(message reflect.Type) (list []string) {
	for field := range message.Fields() {
		kind := field.Type.String()
		switch {
		case field.Type.Kind() == reflect.Pointer:
			kind = "OPTIONAL " + tableOf(field.Type.Elem())
		case field.Type.Kind() == reflect.Slice && field.Type.Elem().Kind() == reflect.Struct && kind != "hook.Object":
			kind = "LIST " + tableOf(field.Type.Elem())
		case field.Type.Kind() == reflect.String:
			kind = "string"
		case field.Type.Kind() == reflect.Struct && kind != "hook.Value":
			kind = "NESTED " + tableOf(field.Type)
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		list = append(list, name+" "+kind)
	}
	return list
}

// tableOf gives the name of a structure's table.
func tableOf(message reflect.Type) string {
	for name, known := range messages {
		if reflect.TypeOf(known) == message {
			return name
		}
	}
	return "no table"
}
