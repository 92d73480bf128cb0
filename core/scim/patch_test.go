package scim

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func fromJSON(t *testing.T, text string) object {
	t.Helper()
	var o object
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return o
}

// whole is the resource that the patches below begin with.
const whole = `{"schemas":["` + urnUser + `"],"id":"1","userName":"anna","title":"Engineer","active":true,"name":{"givenName":"Anna","familyName":"Berg"},
	"emails":[{"value":"a@x","type":"work","primary":true},{"value":"b@x","type":"home"}],
	"` + urnEnterprise + `":{"department":"Sales","manager":{"value":"m1"}}}`

// TestPatch gives, for each patch, what differs in the resource afterwards: null is gone.
func TestPatch(t *testing.T) {
	work, home := `{"value":"a@x","type":"work","primary":true}`, `{"value":"b@x","type":"home"}`
	for name, test := range map[string]struct{ operations, want string }{
		"add what is there not":    {`{"op":"add","path":"nickName","value":"A"}`, `{"nickName":"A"}`},
		"add what is there":        {`{"op":"add","path":"title","value":"Boss"}`, `{"title":"Boss"}`},
		"capitals of all names":    {`{"Op":"Replace","Path":"TITLE","Value":"Boss"}`, `{"title":"Boss"}`},
		"a URN before the name":    {`{"op":"replace","path":"` + urnUser + `:title","value":"Boss"}`, `{"title":"Boss"}`},
		"remove":                   {`{"op":"remove","path":"title"}`, `{"title":null}`},
		"remove what is not there": {`{"op":"remove","path":"nickName"}`, `{}`},
		"replace by nothing":       {`{"op":"replace","path":"title","value":null}`, `{"title":null}`},
		"a part":                   {`{"op":"replace","path":"name.givenName","value":"Ann"}`, `{"name":{"givenName":"Ann","familyName":"Berg"}}`},
		"remove a part":            {`{"op":"remove","path":"name.givenName"}`, `{"name":{"familyName":"Berg"}}`},
		"remove all parts":         {`{"op":"remove","path":"name.givenName"},{"op":"remove","path":"name.familyName"}`, `{"name":null}`},
		"parts are joined":         {`{"op":"replace","path":"name","value":{"middleName":"M","nothing":"x"}}`, `{"name":{"givenName":"Anna","familyName":"Berg","middleName":"M"}}`},
		"a part of nothing":        {`{"op":"remove","path":"name"},{"op":"add","path":"name.givenName","value":"A"}`, `{"name":{"givenName":"A"}}`},
		"add a value":              {`{"op":"add","path":"emails","value":[{"value":"c@x","type":"other"}]}`, `{"emails":[` + work + `,` + home + `,{"value":"c@x","type":"other"}]}`},
		"add a value without list": {`{"op":"add","path":"emails","value":{"value":"c@x"}}`, `{"emails":[` + work + `,` + home + `,{"value":"c@x"}]}`},
		"add a value twice":        {`{"op":"add","path":"emails","value":[{"value":"b@x","type":"home"}]}`, `{}`},
		"add the primary value": {
			`{"op":"add","path":"emails","value":[{"value":"c@x","primary":true}]}`,
			`{"emails":[{"value":"a@x","type":"work","primary":false},` + home + `,{"value":"c@x","primary":true}]}`,
		},
		"replace all values":         {`{"op":"replace","path":"emails","value":[{"value":"c@x"}]}`, `{"emails":[{"value":"c@x"}]}`},
		"remove all values":          {`{"op":"remove","path":"emails"}`, `{"emails":null}`},
		"remove values by value":     {`{"op":"Remove","path":"emails","value":[{"value":"b@x"}]}`, `{"emails":[` + work + `]}`},
		"remove values by a filter":  {`{"op":"remove","path":"emails[type eq \"home\"]"}`, `{"emails":[` + work + `]}`},
		"remove no value":            {`{"op":"remove","path":"emails[type eq \"other\"]"}`, `{}`},
		"a part of a chosen value":   {`{"op":"replace","path":"emails[type eq \"home\"].value","value":"c@x"}`, `{"emails":[` + work + `,{"value":"c@x","type":"home"}]}`},
		"no part of a chosen value":  {`{"op":"remove","path":"emails[type eq \"home\"].type"}`, `{"emails":[` + work + `,{"value":"b@x"}]}`},
		"parts of a chosen value":    {`{"op":"replace","path":"emails[value eq \"b@x\"]","value":{"value":"c@x"}}`, `{"emails":[` + work + `,{"value":"c@x","type":"home"}]}`},
		"a part of all values":       {`{"op":"replace","path":"emails.type","value":"other"}`, `{"emails":[{"value":"a@x","type":"other","primary":true},{"value":"b@x","type":"other"}]}`},
		"a chosen value that is new": {`{"op":"add","path":"phoneNumbers[type eq \"work\"].value","value":"1"}`, `{"phoneNumbers":[{"type":"work","value":"1"}]}`},
		"a value of text":            {`{"op":"add","path":"phoneNumbers","value":"1"}`, `{"phoneNumbers":[{"value":"1"}]}`},
		"a value that was forgotten": {`{"op":"Replace","path":"emails[type eq \"other\"].value","value":"SMTP:c@x"}`, `{"emails":[` + work + `,` + home + `,{"type":"other","value":"SMTP:c@x"}]}`},
		"a part that is unknown":     {`{"op":"replace","path":"name","value":{"nothing":"x"}},{"op":"add","path":"` + urnEnterprise + `:manager","value":{"displayName":"Boss"}}`, `{}`},
		"the primary one is another": {`{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`, `{"emails":[{"value":"a@x","type":"work","primary":false},{"value":"b@x","type":"home","primary":true}]}`},
		"another primary one":        {`{"op":"add","path":"emails[type eq \"home\"]","value":{"primary":true}}`, `{"emails":[{"value":"a@x","type":"work","primary":false},{"value":"b@x","type":"home","primary":true}]}`},
		"a list of one":              {`{"op":"Add","path":"title","value":["Boss"]}`, `{"title":"Boss"}`},
		"a list of one value":        {`{"op":"Add","path":"title","value":[{"value":"Boss"}]}`, `{"title":"Boss"}`},
		"a list of one manager":      {`{"op":"Add","path":"` + urnEnterprise + `:manager","value":[{"$ref":"https://id.example/Users/m2","value":"m2"}]}`, `{"` + urnEnterprise + `":{"department":"Sales","manager":{"value":"m2","$ref":"https://id.example/Users/m2"}}}`},
		"true as a word":             {`{"op":"replace","path":"active","value":"False"}`, `{"active":false}`},
		"without a path":             {`{"op":"replace","value":{"title":"Boss","active":"False"}}`, `{"title":"Boss","active":false}`},
		"paths as names": {
			`{"op":"Add","value":{"name.givenName":"Ann","emails[type eq \"home\"].value":"c@x","` + urnEnterprise + `:department":"IT"}}`,
			`{"name":{"givenName":"Ann","familyName":"Berg"},"emails":[` + work + `,{"value":"c@x","type":"home"}],"` + urnEnterprise + `":{"department":"IT","manager":{"value":"m1"}}}`,
		},
		"what is read-only is passed over":  {`{"op":"replace","value":{"id":"2","meta":{"version":"x"},"groups":[{"value":"g"}],"title":"Boss"}}`, `{"title":"Boss"}`},
		"what nobody knows, without a path": {`{"op":"add","value":{"nothing":"x","title":"Boss"}}`, `{"title":"Boss"}`},
		"what nothing stands for":           {`{"op":"add","path":"photos","value":[{"value":"x"}]},{"op":"replace","path":"emails[type eq \"other\"].display","value":"x"}`, `{}`},
		"of an extension":                   {`{"op":"replace","path":"` + urnEnterprise + `:department","value":"IT"}`, `{"` + urnEnterprise + `":{"department":"IT","manager":{"value":"m1"}}}`},
		"an extension":                      {`{"op":"add","path":"` + urnEnterprise + `","value":{"division":"D"}}`, `{"` + urnEnterprise + `":{"department":"Sales","division":"D","manager":{"value":"m1"}}}`},
		"an extension as a member":          {`{"op":"add","value":{"` + urnEnterprise + `":{"division":"D"}}}`, `{"` + urnEnterprise + `":{"department":"Sales","division":"D","manager":{"value":"m1"}}}`},
		"no extension":                      {`{"op":"remove","path":"` + urnEnterprise + `"}`, `{"` + urnEnterprise + `":null}`},
		"a manager of text":                 {`{"op":"Add","path":"` + urnEnterprise + `:manager","value":"m2"}`, `{"` + urnEnterprise + `":{"department":"Sales","manager":{"value":"m2"}}}`},
		"one after the other":               {`{"op":"remove","path":"emails"},{"op":"add","path":"emails","value":{"value":"c@x"}},{"op":"add","path":"emails.type","value":"work"}`, `{"emails":[{"value":"c@x","type":"work"}]}`},
	} {
		got, err := patched(t, test.operations)
		want := fromJSON(t, whole)
		for member, value := range fromJSON(t, test.want) {
			if want[member] = value; value == nil {
				delete(want, member)
			}
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v\ngot  %v\nwant %v", name, err, got, want)
		}
	}
}

func patched(t *testing.T, operations string) (object, error) {
	t.Helper()
	read, err := readPatch(fromJSON(t, `{"schemas":["`+urnPatch+`"],"Operations":[`+operations+`]}`))
	if err != nil {
		return nil, err
	}
	resource := fromJSON(t, whole)
	return resource, userType().patch(resource, read)
}

func TestPatchRefuses(t *testing.T) {
	for operations, want := range map[string]string{
		``: typeInvalidSyntax,
		`{"op":"move","path":"title","value":"x"}`:       typeInvalidSyntax,
		`{"path":"title","value":"x"}`:                   typeInvalidSyntax,
		`"add"`:                                          typeInvalidSyntax,
		`{"op":"remove"}`:                                typeNoTarget,
		`{"op":"add"}`:                                   typeInvalidValue,
		`{"op":"add","value":"x"}`:                       typeInvalidValue,
		`{"op":"add","value":{"a b":"x"}}`:               typeInvalidPath,
		`{"op":"add","path":"nothing","value":"x"}`:      typeInvalidPath,
		`{"op":"add","path":"name.nothing","value":"x"}`: typeInvalidPath,
		`{"op":"add","path":"emails[type eq \"work\"].nothing","value":"x"}`:                       typeInvalidPath,
		`{"op":"add","path":"emails[type eq","value":"x"}`:                                         typeInvalidPath,
		`{"op":"add","path":"emails[nothing eq \"x\"]","value":"x"}`:                               typeInvalidFilter,
		`{"op":"add","path":"name[givenName pr]","value":"x"}`:                                     typeInvalidPath,
		`{"op":"add","path":"urn:nothing:title","value":"x"}`:                                      typeInvalidPath,
		`{"op":"replace","path":"emails[type eq \"nothing\"].value","value":"x"}`:                  typeNoTarget,
		`{"op":"replace","path":"phoneNumbers[type eq \"work\"].value","value":"x"}`:               typeNoTarget,
		`{"op":"replace","path":"emails[type eq \"other\" and value eq \"x\"].value","value":"x"}`: typeNoTarget,
		`{"op":"add","path":"title"}`:                                                              typeInvalidValue,
		`{"op":"replace","path":"name.givenName"}`:                                                 typeInvalidValue,
		`{"op":"remove","path":"password"}`:                                                        typeMutability,
		`{"op":"replace","path":"password","value":""}`:                                            typeMutability,
		`{"op":"replace","path":"title","value":["a","b"]}`:                                        typeInvalidValue,
		`{"op":"replace","path":"title","value":[{"value":"a","type":"b"}]}`:                       typeInvalidValue,
		`{"op":"add","path":"emails[type ne \"work\" and type ne \"home\"].value","value":"x"}`:    typeNoTarget,
		`{"op":"replace","path":"id","value":"x"}`:                                                 typeMutability,
		`{"op":"replace","path":"groups","value":[]}`:                                              typeMutability,
		`{"op":"add","path":"groups[value eq \"x\"]","value":{}}`:                                  typeMutability,
		`{"op":"remove","path":"userName"}`:                                                        typeMutability,
		`{"op":"remove","path":"active"}`:                                                          typeMutability,
		`{"op":"replace","path":"userName","value":null}`:                                          typeMutability,
		`{"op":"replace","path":"title","value":1}`:                                                typeInvalidValue,
		`{"op":"replace","path":"active","value":"perhaps"}`:                                       typeInvalidValue,
		`{"op":"replace","path":"name","value":"Anna"}`:                                            typeInvalidValue,
		`{"op":"add","path":"emails","value":[1]}`:                                                 typeInvalidValue,
		`{"op":"add","path":"` + urnEnterprise + `","value":"x"}`:                                  typeInvalidValue,
		`{"op":"add","path":"` + strings.Repeat("a[", 5000) + `","value":"x"}`:                     typeInvalidPath,
		strings.Repeat(`{"op":"remove","path":"title"},`, 1000) + `{"op":"remove","path":"title"}`: typeTooMany,
	} {
		_, err := patched(t, operations)
		if refusal, is := errors.AsType[*Error](err); !is || refusal.Type != want {
			t.Errorf("%.80s: %v", operations, err)
		}
	}
	if _, err := readPatch(object{"Operations": []any{object{"op": "remove", "path": "title"}}}); err == nil {
		t.Error("a patch that does not say that it is one is read")
	}
}

// FuzzPatch holds that whatever is sent is refused, or leaves a resource that is one.
func FuzzPatch(f *testing.F) {
	for _, operations := range []string{
		`{"op":"add","path":"emails[type eq \"work\"].value","value":"x"}`, `{"op":"replace","value":{"name.givenName":"x","active":"True"}}`,
		`{"op":"remove","path":"emails","value":[{"value":"b@x"}]}`, `{"op":"add","path":"` + urnEnterprise + `:manager","value":null}`, `{"op":"replace","path":"name","value":{"a":[]}}`,
	} {
		f.Add(operations)
	}
	f.Fuzz(func(t *testing.T, operations string) {
		body, err := readJSON(fmt.Appendf(nil, `{"schemas":["%s"],"Operations":[%s]}`, urnPatch, operations))
		if err != nil {
			return
		}
		read, err := readPatch(body)
		if err != nil {
			return
		}
		resource := fromJSON(t, whole)
		if userType().patch(resource, read) != nil {
			return
		}
		if text(resource, "id") != "1" || resource["groups"] != nil || resource["userName"] == nil {
			t.Errorf("%s makes %v", operations, resource)
		}
		again, err := userType().readResource(resource)
		if err != nil {
			t.Errorf("%s makes %v: %v", operations, resource, err)
		}
		delete(resource, "id")
		delete(resource, "schemas")
		if !reflect.DeepEqual(again, resource) {
			t.Errorf("%s makes %v, which is read as %v", operations, resource, again)
		}
	})
}
