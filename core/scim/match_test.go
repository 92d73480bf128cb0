package scim

import (
	"errors"
	"slices"
	"testing"
)

func TestMatch(t *testing.T) {
	resource := object{
		"id": "Ab1", "userName": "Anna", "active": true, "title": "Engineer", "externalId": "X1",
		"name":         object{"givenName": "Anna"},
		"emails":       []any{object{"value": "anna@example.org", "type": "work", "primary": true}},
		"phoneNumbers": []any{object{"value": "1", "type": "work"}, object{"value": "2", "type": "mobile"}},
		urnEnterprise:  object{"department": "Sales", "manager": object{"value": "m1"}},
		"schemas":      []any{urnUser, urnEnterprise},
		"meta":         object{"lastModified": "2026-11-25T12:00:00.000Z", "resourceType": "User"},
	}
	for filter, want := range map[string]bool{
		`userName eq "anna"`: true, `userName eq "ann"`: false, `userName ne "anna"`: false, `userName ne "b"`: true,
		`userName sw "AN"`: true, `userName ew "NA"`: true, `userName co "nn"`: true, `userName co "x"`: false,
		`userName gt "Ann"`: true, `userName lt "anna"`: false, `userName le "anna"`: true, `userName ge "annb"`: false,
		`id eq "Ab1"`: true, `id eq "ab1"`: false, `externalId eq "x1"`: false,
		`active eq true`: true, `active eq "True"`: true, `active eq false`: false, `active ne false`: true, `active pr`: true,
		`nickName pr`: false, `nickName eq null`: true, `title eq null`: false, `title ne null`: true, `nickName ne null`: false, `nickName ne "x"`: true, `nickName eq "x"`: false,
		`name.givenName eq "anna"`: true, `name pr`: true, `name.familyName pr`: false, `name eq null`: false,
		`emails eq "ANNA@example.org"`: true, `emails.value ew "example.org"`: true, `emails.type eq "home"`: false, `emails.primary eq true`: true,
		`emails[type eq "work" and value ew "example.org"]`: true, `emails[type eq "home"]`: false, `emails[not (type eq "home")]`: true,
		`phoneNumbers[type eq "mobile" and value eq "1"]`: false, `phoneNumbers[type eq "mobile"].value eq "2"`: true, `phoneNumbers[type eq "mobile"].value eq "1"`: false,
		`phoneNumbers.value eq "2"`: true, `phoneNumbers.value ne "2"`: false,
		urnEnterprise + `:department eq "sales"`: true, urnEnterprise + `:manager eq "m1"`: true, urnEnterprise + `:manager.value eq "M1"`: false,
		urnEnterprise + `:division pr`: false, urnUser + `:userName eq "anna"`: true, urnUser + `:name.givenName sw "A"`: true,
		`schemas eq "` + urnEnterprise + `"`: true, `meta.resourceType eq "User"`: true, `meta.resourceType eq "user"`: false,
		`meta.lastModified gt "2026-11-25T11:59:59Z"`: true, `meta.lastModified ge "2026-11-25T13:00:00+01:00"`: true, `meta.lastModified lt "2026-11-25T12:00:00Z"`: false,
		`meta.created pr`: false, `roles.value eq "x"`: false, `photos pr`: false, `name.formatted ne "x"`: true, `manager.displayName ne "x"`: true, `ims[type eq "x"]`: false,
		`title pr and userName sw "B"`: false, `title pr or userName sw "B"`: true, `not (title pr)`: false,
	} {
		e, err := parseFilter(filter)
		if err != nil {
			t.Fatal(filter, err)
		}
		match, err := scope{rt: userType()}.compile(e)
		if err != nil || match(resource) != want {
			t.Errorf("%s is not %v, %v", filter, want, err)
		}
	}
}

func TestMatchRefuses(t *testing.T) {
	for _, filter := range []string{
		`nothing eq "x"`, `userName.nothing eq "x"`, `emails.nothing pr`, `emails[nothing pr]`, `emails[type eq "a"].nothing eq "x"`, `userName[value eq "x"]`,
		`name eq "x"`, `active gt true`, `active eq "perhaps"`, `active co "t"`, `userName eq 1`, `userName eq true`, `userName gt null`,
		`meta.lastModified gt "yesterday"`, `meta.lastModified co "2026"`, `password eq "x"`, `password pr`, `password sw "a"`,
		urnEnterprise + ` pr`, urnEnterprise + `:nothing pr`, `urn:nothing:userName pr`, `emails[phoneNumbers[type pr]]`,
		`userName eq "x" or nothing pr`, `not (nothing pr)`,
	} {
		e, err := parseFilter(filter)
		if err != nil {
			t.Fatal(filter, err)
		}
		_, err = scope{rt: userType()}.compile(e)
		if refusal, is := errors.AsType[*Error](err); !is || refusal.Type != typeInvalidFilter || refusal.Status != 400 {
			t.Errorf("%s: %v", filter, err)
		}
	}
	e, _ := parseFilter(`nothing eq "x" or nothing[a pr]`)
	if match, err := (scope{rt: userType(), lenient: true}).compile(e); err != nil || match(object{}) {
		t.Errorf("among several types: %v", err)
	}
}

// Filters by equality are answered by an index, wherever all that pass must have the value.
func TestKeys(t *testing.T) {
	for filter, want := range map[string][]key{
		`userName eq "a"`:                                 {{"userName", "a"}},
		`USERNAME Eq "a"`:                                 {{"userName", "a"}},
		urnUser + `:userName eq "a"`:                      {{"userName", "a"}},
		`id eq "a" or externalId eq "b"`:                  {{"id", "a"}, {"externalId", "b"}},
		`id eq "a" or title eq "b"`:                       nil,
		`title eq "b" and id eq "a"`:                      {{"id", "a"}},
		`emails eq "a"`:                                   {{"emails.value", "a"}},
		`emails.value eq "a"`:                             {{"emails.value", "a"}},
		`emails[type eq "work" and value eq "a"]`:         {{"emails.value", "a"}},
		`emails[type eq "work"].value eq "a"`:             {{"emails.value", "a"}},
		`emails[type eq "work"]`:                          nil,
		`not (userName eq "a")`:                           nil,
		`userName ne "a"`:                                 nil,
		`userName sw "a"`:                                 nil,
		`userName eq null`:                                nil,
		urnEnterprise + `:manager.value eq "a"`:           nil,
		`phoneNumbers[value eq "a"]`:                      nil,
		`(title pr and userName eq "a") or emails eq "b"`: {{"userName", "a"}, {"emails.value", "b"}},
	} {
		e, err := parseFilter(filter)
		if err != nil {
			t.Fatal(filter, err)
		}
		if got := (index{userType(), users{}.index()}).keys(e, ""); !slices.Equal(got, want) {
			t.Errorf("%s by %v", filter, got)
		}
	}
}
