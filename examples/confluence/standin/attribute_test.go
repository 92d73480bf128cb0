package standin

import (
	"slices"
	"strings"
	"testing"
)

func mustParse(t *testing.T, text string) value {
	t.Helper()
	parsed, err := parseObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestFlatten(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"scalars", `{"a":"x","b":2,"c":true,"d":""}`, `a=x|b=2|c=true|d=`},
		{"nested with a dot", `{"data":{"email":"a@b","in":{"x":1}}}`, `data.email=a@b|data.in.x=1`},
		{"array of strings", `{"groups":["a","b c"]}`, `groups=a;b c`},
		{"array of objects", `{"roles":[{"name":"r","n":1},{"name":"s"}]}`, `roles[0].name=r|roles[0].n=1|roles[1].name=s`},
		{"empty array and null", `{"a":[],"b":null,"c":{},"d":{"e":[]}}`, ``},
		{"strings and objects mixed", `{"a":["x",{"b":"y"}]}`, `a[0]=x|a[1].b=y`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, attribute := range flatten(mustParse(t, test.text)) {
				got = append(got, attribute.Name+"="+attribute.Text())
			}
			if joined := strings.Join(got, "|"); joined != test.want {
				t.Errorf("got %s, want %s", joined, test.want)
			}
		})
	}
}

// account has the shape that the guide's provider answers with.
const account = `{"status":"ok","msg":"","sub":"u1","name":"alice","data":{"owner":"built-in","name":"alice","displayName":"Alice Liddell",` +
	`"email":"alice@example.com","emailVerified":true,"address":["Street 1","Berlin"],"tag":"staff","properties":{"department":"R&D"},` +
	`"roles":[],"groups":["confluence-users"]},"data2":{"owner":"admin","name":"built-in","websiteUrl":"https://example.com"},"data3":null}`

func TestLookup(t *testing.T) {
	for _, test := range []struct {
		name, text, attribute string
		want                  []string
	}{
		{"at the top", account, "name", []string{"alice"}},
		{"at the top, behind an object", `{"a":{"x":"inner"},"x":"top"}`, "x", []string{"top"}},
		{"in the first object", account, "email", []string{"alice@example.com"}},
		{"by its flat name", account, "data.email", []string{"alice@example.com"}},
		{"by its flat name behind an array", account, "data.groups", []string{"confluence-users"}},
		{"an array that is the first", account, "address", []string{"Street 1", "Berlin"}},
		{"in the second object", account, "websiteUrl", nil},
		{"behind an array", account, "tag", nil},
		{"in an array", `{"list":[{"email":"x"}]}`, "email", nil},
		{"the first object is a wrong one", `{"meta":{"v":1},"data":{"email":"x"}}`, "email", nil},
		{"the right object is first", `{"data":{"email":"x"},"meta":{"v":1}}`, "email", []string{"x"}},
		{"two objects down", `{"a":{"b":{"email":"x"}}}`, "email", []string{"x"}},
		{"behind an object within", `{"a":{"b":{"c":1},"email":"x"}}`, "email", nil},
		{"an object", account, "data", nil},
		{"groups as objects", `{"groups":[{"name":"g"}]}`, "groups", nil},
		{"one string", `{"groups":"a;b"}`, "groups", []string{"a;b"}},
		{"null", `{"email":null}`, "email", nil},
		{"nowhere", account, "shoeSize", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, found := lookup(mustParse(t, test.text), test.attribute)
			if !slices.Equal(got, test.want) || found != (test.want != nil) {
				t.Errorf("got %q, %v, want %q", got, found, test.want)
			}
		})
	}
}
