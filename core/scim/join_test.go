package scim

import (
	"slices"
	"testing"

	"github.com/postern-id/postern/core"
)

func TestJoining(t *testing.T) {
	for operations, want := range map[string]joining{
		`{"op":"add","path":"members","value":[{"value":"a"},{"value":"b"}]}`:                              {add: []core.ID{"a", "b"}},
		`{"op":"Add","path":"MEMBERS","value":{"value":"a"}}`:                                              {add: []core.ID{"a"}},
		`{"op":"add","path":"` + urnGroup + `:members","value":"a"}`:                                       {add: []core.ID{"a"}},
		`{"op":"add","path":"members","value":[{"$ref":"https://id.example/scim/v2/Users/a"}]}`:            {add: []core.ID{"a"}},
		`{"op":"remove","path":"members[value eq \"a\"]"}`:                                                 {remove: []core.ID{"a"}},
		`{"op":"remove","path":"members[value eq \"a\" or (Value Eq \"b\")]"}`:                             {remove: []core.ID{"a", "b"}},
		`{"op":"remove","path":"members","value":[{"value":"a"}]}`:                                         {remove: []core.ID{"a"}},
		`{"op":"add","path":"members","value":"a"},{"op":"remove","path":"members","value":["a","b"]}`:     {remove: []core.ID{"a", "b"}},
		`{"op":"remove","path":"members[value eq \"a\"]"},{"op":"add","path":"members","value":["c","a"]}`: {add: []core.ID{"c", "a"}},
		`{"op":"add","path":"members","value":"a"},{"op":"remove","path":"members[value eq \"b\"]"}`:       {add: []core.ID{"a"}, remove: []core.ID{"b"}},
	} {
		if got, only := joiningOf(groupType(), operationsOf(t, operations)); !only || !slices.Equal(got.add, want.add) || !slices.Equal(got.remove, want.remove) {
			t.Errorf("%s: %v, %v", operations, got, only)
		}
	}
	const add = `{"op":"add","path":"members","value":"a"},`
	for _, operations := range []string{
		`{"op":"replace","path":"members","value":[]}`, `{"op":"remove","path":"members"}`, `{"op":"add","value":{"members":[{"value":"a"}]}}`,
		`{"op":"add","path":"displayName","value":"x"}`, `{"op":"add","path":"members[value eq \"a\"]","value":{}}`, `{"op":"remove","path":"members[value sw \"a\"]"}`,
		`{"op":"remove","path":"members[type eq \"User\"]"}`, `{"op":"remove","path":"members[value eq \"a\" and type eq \"User\"]"}`, `{"op":"remove","path":"members[value eq null]"}`,
		`{"op":"remove","path":"members[not (value eq \"a\")]"}`, `{"op":"remove","path":"members[value eq \"a\"].value"}`, `{"op":"remove","path":"members.value"}`,
		`{"op":"add","path":"members","value":[1]}`, `{"op":"add","path":"members","value":null}`, `{"op":"add","path":"members[","value":"a"}`, `{"op":"add","path":"nothing","value":"a"}`,
	} {
		if got, only := joiningOf(groupType(), operationsOf(t, add+operations)); only {
			t.Errorf("%s: %v", operations, got)
		}
	}
}

func operationsOf(t *testing.T, operations string) []operation {
	t.Helper()
	read, err := readPatch(fromJSON(t, `{"schemas":["`+urnPatch+`"],"Operations":[`+operations+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	return read
}
