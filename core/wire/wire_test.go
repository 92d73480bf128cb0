package wire_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/wire"
)

// filler gives every field of a value something that no other has.
type filler struct{ n int }

func (f *filler) fill(v reflect.Value) {
	f.n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.UnixMilli(1_700_000_000_000 + int64(f.n)*60_000).UTC()))
		return
	case time.Duration:
		v.SetInt(int64(time.Duration(f.n) * time.Second))
		return
	case json.RawMessage:
		v.SetBytes(fmt.Appendf(nil, `{"n":%d}`, f.n))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("s%d", f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Uint64:
		v.SetUint(uint64(f.n))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fill(v.Field(i))
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes(fmt.Appendf(nil, `{"n":%d}`, f.n))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		f.fill(value)
		v.SetMapIndex(reflect.ValueOf(fmt.Sprintf("k%d", f.n)), value)
	case reflect.Array:
	default:
		panic("no value for a " + v.Type().String())
	}
}

// there gives what comes back of a filled value over the wire, JSON and all, and what it was.
func there[C, T any](t *testing.T, to func(*C) T, back func(*T) C) (was, is C) {
	t.Helper()
	(&filler{}).fill(reflect.ValueOf(&was).Elem())
	text, err := json.Marshal(to(&was))
	if err != nil {
		t.Fatal(err)
	}
	var told T
	if err := json.Unmarshal(text, &told); err != nil {
		t.Fatal(err)
	}
	return was, back(&told)
}

// same fails where a field is not what it was. Fields that are no part of the wire are named
// with dots.
func same[C any](t *testing.T, was, is C, except ...string) {
	t.Helper()
	differ(t, reflect.ValueOf(was), reflect.ValueOf(is), reflect.TypeFor[C]().Name(), except)
}

func differ(t *testing.T, was, is reflect.Value, path string, except []string) {
	t.Helper()
	for _, name := range except {
		if strings.HasSuffix(path, "."+name) {
			return
		}
	}
	if was.Kind() == reflect.Struct && was.Type() != reflect.TypeFor[time.Time]() {
		for i := range was.NumField() {
			if field := was.Type().Field(i); field.IsExported() {
				differ(t, was.Field(i), is.Field(i), path+"."+field.Name, except)
			}
		}
		return
	}
	if was.Kind() == reflect.Slice && was.Len() == is.Len() && was.Type().Elem().Kind() != reflect.Uint8 {
		for i := range was.Len() {
			differ(t, was.Index(i), is.Index(i), path, except)
		}
		return
	}
	if was.Kind() == reflect.Pointer && !was.IsNil() && !is.IsNil() {
		differ(t, was.Elem(), is.Elem(), path, except)
		return
	}
	if !reflect.DeepEqual(was.Interface(), is.Interface()) {
		t.Errorf("%s was %v and came back as %v", path, was, is)
	}
}

func check[C, T any](t *testing.T, to func(*C) T, back func(*T) C, except ...string) {
	t.Helper()
	was, is := there(t, to, back)
	same(t, was, is, except...)
}

func TestThereAndBack(t *testing.T) {
	check(t, wire.User, wire.CoreUser, "PasswordHash")
	check(t, wire.UserToMake, wire.NewUser)
	check(t, wire.CreatedUser, wire.AdminCreatedUser, "PasswordHash")
	check(t, wire.Invitation, wire.AdminInvited, "PasswordHash")
	check(t, wire.Group, wire.CoreGroup)
	check(t, wire.GroupToMake, wire.NewGroup)
	check(t, wire.Organisation, wire.CoreOrganisation)
	check(t, wire.Client, wire.CoreClient, "SecretHash", "SealedSecret", "RegistrationHash")
	check(t, wire.Session, wire.CoreSession, "Hash", "Upstream")
	check(t, wire.Device, wire.CoreDevice, "Hash", "UserID")
	check(t, wire.Proofs, wire.AdminProofs, "Handle", "Data", "Counter", "UserID")
	check(t, wire.Link, wire.CoreLink, "Tokens")
	check(t, wire.InitialToken, wire.CoreInitialToken, "Hash")
	check(t, wire.InitialTokenToMake, wire.NewInitialToken)
	check(t, wire.Key, wire.AdminKey)
	check(t, wire.Mail, wire.CoreMail, "Sealed")
	check(t, wire.Event, wire.CoreEvent, "Login", "By.Org", "Whom.Org", "Gone", "Hidden")
	check(t, wire.Plugin, wire.AdminPlugin)
	check(t, wire.Need, wire.AdminNeed)
	check(t, wire.Instance, wire.AdminInstance, "Sealed", "CPU", "Wait")
	check(t, wire.Binding, wire.CoreBinding)
	check(t, wire.BindingToMake, wire.Bind)
	check(t, wire.Installed, wire.AdminInstalled)
	check(t, wire.Release, wire.AdminRelease)
	check(t, wire.PluginConfig, wire.CorePluginConfig, "Instances", "Connectors", "Manifests")
	check(t, wire.ServiceAccount, wire.CoreServiceAccount, "Tokens", "TokensEnd")
	check(t, wire.APIToken, wire.CoreAPIToken, "Hash")
	check(t, wire.RoleGrant, wire.CoreRoleGrant)
	check(t, wire.RoleHolder, wire.AdminRoleHolder)
	check(t, wire.LiveSession, wire.CoreLiveSession, "Hash", "Upstream")
	check(t, wire.Content, wire.CoreContent)
	check(t, wire.ServerSetting, wire.AdminServerSetting)
	check(t, wire.Explanation, wire.AdminExplanation, "At", "SignedInAt")
	check(t, wire.Preview, wire.AdminPreview)
	check(t, wire.Numbers, wire.AdminNumbers)
	check(t, wire.LogLine, wire.AdminLogLine)
	check(t, wire.Guide, wire.AdminGuide)
}

// TestSecretsStay holds that no secret has a member: whatever is in a secret's field is
// nowhere in the text.
func TestSecretsStay(t *testing.T) {
	secret := []byte("SECRET-SECRET-SECRET")
	for name, told := range map[string]any{
		"user":     wire.User(&core.User{PasswordHash: string(secret)}),
		"client":   wire.Client(&core.Client{AuthMethods: []string{core.AuthSecretJWT}, SealedSecret: secret, SecretHash: core.HashSecret("x")}),
		"proofs":   wire.Proofs(&admin.Proofs{Authenticators: []core.Authenticator{{Data: secret, Handle: secret}}}),
		"link":     wire.Link(&core.Link{Tokens: secret}),
		"mail":     wire.Mail(&core.Mail{Sealed: secret}),
		"instance": wire.Instance(&admin.Instance{PluginInstance: core.PluginInstance{Secrets: []core.PluginSecret{{Name: "a", Sealed: secret}}}}),
		"session":  wire.Session(&core.Session{Upstream: &core.Upstream{Connector: "c", Claims: secret, Logout: secret}}),
	} {
		text, err := json.Marshal(told)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []string{string(secret), "U0VDUkVULVNFQ1JFVC1TRUNSRVQ"} {
			if strings.Contains(string(text), form) {
				t.Errorf("%s: there is a secret in %s", name, text)
			}
		}
	}
}

// What is only known to be there comes back as there, and nothing more.
func TestClientSecretState(t *testing.T) {
	for _, test := range []struct {
		client core.Client
		lacks  bool
	}{
		{core.Client{AuthMethods: []string{core.AuthBasic}, SecretHash: core.HashSecret("x")}, false},
		{core.Client{AuthMethods: []string{core.AuthBasic}}, true},
		{core.Client{AuthMethods: []string{core.AuthSecretJWT}, SecretHash: core.HashSecret("x"), SealedSecret: []byte("x")}, false},
		{core.Client{AuthMethods: []string{core.AuthSecretJWT}, SecretHash: core.HashSecret("x")}, true},
		{core.Client{AuthMethods: []string{core.AuthNone}}, false},
	} {
		told := wire.Client(&test.client)
		back := wire.CoreClient(&told)
		if told.LacksSecret != test.lacks || admin.LacksSecret(&back) != test.lacks || back.Public() != test.client.Public() {
			t.Errorf("%+v: %+v", test.client.AuthMethods, back)
		}
	}
}
