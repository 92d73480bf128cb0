package scim_test

import (
	"fmt"
	"strings"
	"testing"
)

func (w *world) bulk(members string) *answer {
	w.t.Helper()
	return w.ask("POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],`+members+`}`)
}

// statuses gives those of the operations.
func (a *answer) statuses() string {
	var all []string
	operations, _ := a.is(200).at("Operations").([]any)
	for _, operation := range operations {
		all = append(all, operation.(map[string]any)["status"].(string))
	}
	return strings.Join(all, " ")
}

func post(bulkID, data string) string {
	return `{"method":"POST","path":"/Users","bulkId":"` + bulkID + `","data":` + whatItIs("POST", "/Users", data) + `}`
}

// The operations are answered in their order, whichever is carried out first; each fails by
// itself.
func TestBulk(t *testing.T) {
	w := newWorld(t)
	gone := w.user("gone", "").id()
	carl := w.user("carl", "")
	got := w.bulk(`"Operations":[` + strings.Join([]string{
		post("b", `{"userName":"berta","`+urnEnterprise+`":{"manager":{"value":"bulkId:a"}}}`),
		post("a", `{"userName":"anna"}`),
		post("c", `{"userName":"anna"}`),
		`{"method":"DELETE","path":"/Users/` + gone + `"}`,
		`{"method":"patch","path":"/Users/bulkId:b","data":{"schemas":["` + urnPatch + `"],"Operations":[{"op":"add","path":"title","value":"Boss"}]}}`,
		`{"method":"PUT","path":"/Users/` + carl.id() + `","version":"W/\"old\"","data":{"schemas":["` + urnUser + `"],"userName":"carl2"}}`,
		`{"method":"PUT","path":"/Users/` + carl.id() + `","version":` + fmt.Sprintf("%q", carl.at("meta.version")) + `,"data":{"schemas":["` + urnUser + `"],"userName":"carl3"}}`,
		`{"method":"DELETE","path":"/Users/bulkId:nothing"}`,
		`{"method":"DELETE","path":"/Schemas/x"}`,
		`{"method":"DELETE","path":"/acme/Users/x"}`,
	}, ",") + "]")
	if got.statuses() != "201 201 409 204 200 412 200 409 400 400" {
		t.Fatalf("%s: %v", got.statuses(), got.body)
	}
	annaID := w.find("/Users", "filter", `userName eq "anna"`).at("Resources.0.id").(string)
	berta := w.find("/Users", "filter", `userName eq "berta"`).has(annaID, "Resources.0", urnEnterprise, "manager.value").has("Boss", "Resources.0.title")
	got.has("b", "Operations.0.bulkId").has("POST", "Operations.0.method").has(base+"/Users/"+berta.at("Resources.0.id").(string), "Operations.0.location").
		has(nil, "Operations.0.response").has("uniqueness", "Operations.2.response.scimType").has("412", "Operations.5.response.status").
		has(base+"/Users/"+gone, "Operations.3.location").has(berta.at("Resources.0.meta.version"), "Operations.4.version")
	if names := w.find("/Users").names(); names != "anna berta carl3" {
		t.Errorf("there are %s", names)
	}
}

func TestBulkEndsAfterErrors(t *testing.T) {
	w := newWorld(t)
	bad := post("x%d", `{"userName":""}`)
	got := w.bulk(`"failOnErrors":2,"Operations":[` + strings.Join([]string{
		post("a", `{"userName":"anna"}`), fmt.Sprintf(bad, 1), post("b", `{"userName":"berta"}`), fmt.Sprintf(bad, 2), post("c", `{"userName":"carl"}`),
	}, ",") + "]")
	if got.statuses() != "201 400 201 400" || w.find("/Users").names() != "anna berta" {
		t.Errorf("%s, and there are %s", got.statuses(), w.find("/Users").names())
	}
}

// What refers to one another can not be made.
func TestBulkInCircles(t *testing.T) {
	w := newWorld(t)
	got := w.bulk(`"Operations":[` +
		post("a", `{"userName":"anna","`+urnEnterprise+`":{"manager":{"value":"bulkId:b"}}}`) + "," +
		post("b", `{"userName":"berta","`+urnEnterprise+`":{"manager":{"value":"bulkId:a"}}}`) + "," + post("c", `{"userName":"carl"}`) + "]")
	if got.statuses() != "409 409 201" || w.find("/Users").names() != "carl" {
		t.Errorf("%s: %v", got.statuses(), got.body)
	}
}

// The operations of a patch may stand by themselves, as they do in the example of RFC 7644
// section 3.7.3.
func TestBulkPatchesByAList(t *testing.T) {
	w := newWorld(t)
	anna := w.user("anna", `"nickName":"A"`)
	got := w.bulk(`"Operations":[{"method":"PATCH","path":"/Users/` + anna.id() + `","version":` + fmt.Sprintf("%q", anna.at("meta.version")) +
		`,"data":[{"op":"remove","path":"nickName"},{"op":"add","path":"userName","value":"Dave"}]}]`)
	if got.statuses() != "200" {
		t.Fatalf("%v", got.body)
	}
	w.ask("GET", "/Users/"+anna.id(), "").has("Dave", "userName").has(nil, "nickName")
	w.bulk(`"Operations":[{"method":"PUT","path":"/Users/`+anna.id()+`","data":[{"op":"remove","path":"nickName"}]}]`).refused(400, "invalidSyntax")
}

func TestBulkRefuses(t *testing.T) {
	w := newWorld(t)
	many := strings.Repeat(`{"method":"DELETE","path":"/Users/x"},`, 101)
	for members, want := range map[string]struct {
		status int
		kind   string
	}{
		`"Operations":[]`:    {400, "invalidSyntax"},
		`"Operations":["x"]`: {400, "invalidSyntax"},
		`"Operations":[{"method":"GET","path":"/Users"}]`:                {400, "invalidSyntax"},
		`"Operations":[{"method":"POST","path":"/Users","data":{}}]`:     {400, "invalidSyntax"},
		`"Operations":[{"method":"POST","path":"/Users","bulkId":"a"}]`:  {400, "invalidSyntax"},
		`"Operations":[` + post("a", "{}") + "," + post("a", "{}") + `]`: {400, "invalidValue"},
		`"Operations":[` + strings.TrimSuffix(many, ",") + `]`:           {413, "tooMany"},
	} {
		w.bulk(members).refused(want.status, want.kind)
	}
	w.ask("POST", "/Bulk", `{"Operations":[`+post("a", `{"userName":"anna"}`)+`]}`).refused(400, "invalidSyntax")
	if names := w.find("/Users").names(); names != "" {
		t.Errorf("there are %s", names)
	}
}
