package token

import (
	"errors"
	"slices"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

func accessTo(scopes ...string) *core.Access {
	return &core.Access{Token: core.AccessToken{Scopes: scopes}, Authorized: *authorized(scopes...)}
}

func userInfo(t *testing.T, i *Issuer, access *core.Access) []byte {
	t.Helper()
	doc, err := i.UserInfo(t.Context(), wiki(), access)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

var profileNames = []string{"name", "family_name", "given_name", "preferred_username", "locale", "updated_at"}

func refuse116ClaimsOfScopes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		scopes []string
		want   []string
	}{
		{[]string{"openid"}, []string{"sub"}},
		{[]string{"openid", "offline_access"}, []string{"sub"}},
		{[]string{"openid", "email"}, []string{"sub", "email", "email_verified"}},
		{[]string{"openid", "phone"}, []string{"sub", "phone_number", "phone_number_verified"}},
		{[]string{"openid", "address"}, []string{"sub", "address"}},
		{[]string{"openid", "profile"}, append([]string{"sub"}, profileNames...)},
		{
			// The order of the document does not follow that of the scopes.
			[]string{"phone", "address", "email", "profile", "openid"},
			slices.Concat([]string{"sub"}, profileNames, []string{"email", "email_verified", "address", "phone_number", "phone_number_verified"}),
		},
	}
	for _, tt := range tests {
		wantNames(t, "116: UserInfo", userInfo(t, newIssuer(), accessTo(tt.scopes...)), tt.want...)
	}
}

func TestUserInfoValues(t *testing.T) {
	t.Parallel()
	got := string(userInfo(t, newIssuer(), accessTo("openid", "profile", "email", "address", "phone")))
	want := `{"sub":"01890000-0000-7000-8000-00000000a11c","name":"Alice Liddell","family_name":"Liddell","given_name":"Alice",` +
		`"preferred_username":"alice","locale":"en","updated_at":1772539200,"email":"alice@example.com","email_verified":true,` +
		`"address":{"formatted":"Street 1\n10115 Berlin\nDE","street_address":"Street 1","locality":"Berlin","postal_code":"10115","country":"DE"},` +
		`"phone_number":"+12025550123","phone_number_verified":false}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestUserInfoOfAnEmptyProfile(t *testing.T) {
	t.Parallel()
	access := accessTo("openid", "profile", "email", "address", "phone")
	access.User = core.User{ID: alice().ID, Org: core.DefaultOrganisation, Name: "alice"}
	// The name is the login name where there is no other: a relying party that
	// asked for the profile shows something.
	wantNames(t, "UserInfo", userInfo(t, newIssuer(), access), "sub", "name", "preferred_username")
}

func TestUserInfoThroughAPlugin(t *testing.T) {
	t.Parallel()
	i := newIssuer()
	i.Mapper = mapperFunc(func(in *hook.ClaimsInput) (hook.Object, []hook.Origin, error) {
		if in.Target != hook.TargetUserInfo {
			t.Errorf("target %s", in.Target)
		}
		if _, present := in.Claims.Get("sub"); present {
			t.Error("the plugin may touch sub")
		}
		return hook.Object{{Name: "email", Value: hook.String("x@example.com")}, {Name: "groups", Value: hook.Strings(nil)}}, nil, nil
	})
	got := string(userInfo(t, i, accessTo("openid", "email")))
	want := `{"sub":"01890000-0000-7000-8000-00000000a11c","email":"x@example.com","groups":[]}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestUserInfoWithNothingBound(t *testing.T) {
	t.Parallel()
	i := newIssuer()
	i.Mapper = mapperFunc(func(in *hook.ClaimsInput) (hook.Object, []hook.Origin, error) { return in.Claims, nil, nil })
	wantNames(t, "UserInfo", userInfo(t, i, accessTo("openid", "email")), "sub", "email", "email_verified")
}

func TestUserInfoWithEverythingRemoved(t *testing.T) {
	t.Parallel()
	i := newIssuer()
	for _, nothing := range []hook.Object{nil, {}} {
		i.Mapper = mapperFunc(func(*hook.ClaimsInput) (hook.Object, []hook.Origin, error) { return nothing, nil, nil })
		wantNames(t, "UserInfo", userInfo(t, i, accessTo("openid", "email")), "sub")
	}
}

func TestAccount(t *testing.T) {
	t.Parallel()
	const shaped = `{"status":"ok", "data" : {}}`
	shaper := func(bound bool, err error) AccountShaper {
		return shaperFunc(func(in *hook.AccountInput) ([]byte, bool, error) {
			if in.User.Name != "alice" || in.Claims[0].Name != "sub" || len(in.Scopes) != 2 {
				t.Errorf("message %+v", in)
			}
			if !bound || err != nil {
				return nil, bound, err
			}
			return []byte(shaped), true, nil
		})
	}
	plain := string(userInfo(t, newIssuer(), accessTo("openid", "email")))
	tests := []struct {
		name   string
		shaper AccountShaper
		want   string
		err    error
	}{
		{"no plugin host", nil, plain, nil},
		{"nothing bound", shaper(false, nil), plain, nil},
		{"shaped, byte for byte", shaper(true, nil), shaped, nil},
		{"a failure is closed", shaper(true, errTest), "", errTest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i := newIssuer()
			i.Shaper = tt.shaper
			doc, err := i.Account(t.Context(), wiki(), accessTo("openid", "email"))
			if string(doc) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %s, %v", doc, err)
			}
		})
	}
}
