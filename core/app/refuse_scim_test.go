package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/scim"
)

// scimRefusals are about what other systems do with users and groups.
func scimRefusals() []refusal {
	return []refusal{
		{"101_scim_cannot_verify", refusePrivilegesBySCIM},
		{"119_scim_by_role", refuseSCIMByRole},
		{"120_scim_has_no_privileges", refusePrivilegesBySCIM},
		{"121_scim_sorts_and_filters_by_attributes_alone", refuseSQLBySCIM},
		{"122_scim_of_depth_10000", refuseDepthBySCIM},
		{"127_scim_is_for_no_page", refusePagesAtSCIM},
	}
}

// scimWorld has two organisations with a user and a group each.
type scimWorld struct {
	*world
	anna, group, stranger string // of acme, acme and elsewhere
}

func newSCIMWorld(w *world) *scimWorld {
	w.t.Helper()
	ctx := context.Background()
	s := &scimWorld{world: w}
	for _, org := range []string{"acme", "elsewhere"} {
		if _, err := w.app.Admin.CreateOrganisation(ctx, cli, core.Organisation{Name: org}); err != nil {
			w.t.Fatal(err)
		}
	}
	s.anna = string(w.user("anna", func(u *admin.NewUser) { u.Org = "acme" }).ID)
	s.stranger = string(w.user("stranger", func(u *admin.NewUser) { u.Org = "elsewhere" }).ID)
	group, err := w.app.Admin.CreateGroup(ctx, cli, "acme", "Staff", "")
	if err != nil {
		w.t.Fatal(err)
	}
	s.group = string(group.ID)
	return s
}

const scimPatch = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[%s]}`

// scimRow is what becomes of one request by each caller: nobody; of acme an administrator, an
// auditor, the help desk and a token for groups alone; an owner of elsewhere; an auditor of
// the whole server.
type scimRow struct {
	method, path, body string
	want               []int // of the callers, in their order
}

// scimMatrix says by hand who may what.
func scimMatrix(s *scimWorld) []scimRow {
	title := fmt.Sprintf(scimPatch, `{"op":"replace","path":"title","value":"x"}`)
	member := fmt.Sprintf(scimPatch, `{"op":"add","path":"members","value":[{"value":"`+s.anna+`"}]}`)
	search := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}`
	return []scimRow{
		{"GET", "/ServiceProviderConfig", "", []int{401, 200, 200, 200, 200, 404, 200}},
		{"GET", "/ResourceTypes", "", []int{401, 200, 200, 200, 200, 404, 200}},
		{"GET", "/Schemas", "", []int{401, 200, 200, 200, 200, 404, 200}},
		{"GET", "/ResourceTypes/User", "", []int{401, 200, 200, 200, 200, 404, 200}},
		{"GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "", []int{401, 200, 200, 200, 200, 404, 200}},
		{"GET", "/Me", "", []int{401, 404, 404, 404, 404, 404, 404}}, // none of them is a user
		{"POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[]}`, []int{401, 400, 400, 400, 400, 404, 400}},
		{"GET", "/Users", "", []int{401, 200, 200, 200, 403, 404, 200}},
		{"GET", "/Users/" + s.anna, "", []int{401, 200, 200, 200, 403, 404, 200}},
		{"GET", "/Users/" + s.stranger, "", []int{401, 404, 404, 404, 404, 404, 404}},
		{"GET", "/Users?filter=userName+eq+%22anna%22", "", []int{401, 200, 200, 200, 403, 404, 200}},
		{"POST", "/Users/.search", search, []int{401, 200, 200, 200, 403, 404, 200}},
		{"POST", "/.search", search, []int{401, 200, 200, 200, 403, 404, 200}},
		{"POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"n%d"}`, []int{401, 201, 403, 403, 403, 404, 403}},
		{"PUT", "/Users/" + s.anna, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"anna"}`, []int{401, 200, 403, 403, 403, 404, 403}},
		{"PATCH", "/Users/" + s.anna, title, []int{401, 200, 403, 403, 403, 404, 403}},
		{"PATCH", "/Users/" + s.stranger, title, []int{401, 404, 404, 404, 404, 404, 404}},
		{"DELETE", "/Users/" + s.stranger, "", []int{401, 404, 404, 404, 404, 404, 404}},
		{"POST", "/Groups/.search", search, []int{401, 200, 200, 200, 200, 404, 200}},
		{"GET", "/Groups", "", []int{401, 200, 200, 200, 200, 404, 200}},
		{"GET", "/Groups/" + s.group, "", []int{401, 200, 200, 200, 200, 404, 200}},
		{"POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"n%d"}`, []int{401, 201, 403, 403, 403, 404, 403}},
		{"PUT", "/Groups/" + s.group, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Staff"}`, []int{401, 200, 403, 403, 403, 404, 403}},
		{"PATCH", "/Groups/" + s.group, member, []int{401, 204, 403, 403, 403, 404, 403}},
		{"DELETE", "/Groups/" + s.group, "", []int{401, 204, 404, 404, 404, 404, 404}},
		{"DELETE", "/Users/" + s.anna, "", []int{401, 204, 404, 404, 404, 404, 404}},
	}
}

// refuseSCIMByRole asks for everything as everybody. What the organisation is that of the
// path is for, nobody reaches from elsewhere; who may read may not write.
func refuseSCIMByRole(t *testing.T, w *world) {
	s := newSCIMWorld(w)
	callers := []struct {
		name  string
		token string
	}{
		{"nobody", ""},
		{"administrator", s.serviceToken("acme", "acme", core.RoleAdministrator)},
		{"auditor", s.serviceToken("acme", "acme", core.RoleAuditor)},
		{"help desk", s.serviceToken("acme", "acme", core.RoleHelpDesk)},
		{"may read groups", s.serviceToken("acme", "acme", core.RoleAdministrator, core.ReadGroups)},
		{"elsewhere", s.serviceToken("elsewhere", "elsewhere", core.RoleOwner)},
		{"auditor of all", s.serviceToken("elsewhere", "", core.RoleAuditor)},
	}
	for _, row := range scimMatrix(s) {
		for i, caller := range callers {
			body := row.body
			if strings.Contains(body, "%d") {
				body = fmt.Sprintf(body, i)
			}
			if status, members := s.scim(row.method, "/acme"+row.path, caller.token, body); status != row.want[i] {
				t.Errorf("%s %s by %s: %d, not %d: %v", row.method, row.path, caller.name, status, row.want[i], members)
			}
		}
	}
	// A bulk request does for nobody what single ones do not.
	status, answer := s.scim("POST", "/acme/Bulk", callers[2].token, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[
		{"method":"POST","path":"/Users","bulkId":"a","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"x"}},{"method":"DELETE","path":"/Users/`+s.stranger+`"}]}`)
	operations, _ := answer["Operations"].([]any)
	var statuses []string
	for _, o := range operations {
		statuses = append(statuses, o.(map[string]any)["status"].(string))
	}
	if status != http.StatusOK || !slices.Equal(statuses, []string{"403", "404"}) {
		t.Errorf("a bulk request of an auditor: %d, %v", status, answer)
	}
}

// refusePrivilegesBySCIM sends what would make somebody more than a user, in every way.
func refusePrivilegesBySCIM(t *testing.T, w *world) {
	s := newSCIMWorld(w)
	token := s.serviceToken("acme", "acme", core.RoleOwner)
	const more = `"admin":true,"is_admin":true,"role":"owner","roles":[{"value":"owner"}],"org":"elsewhere","tenant_id":"elsewhere","password_hash":"x","PasswordHash":"x",
		"email_verified":true,"emailVerified":true,"phone_verified":true,"groups":[{"value":"g"}],"emails":[{"value":"b@example.com","verified":true,"email_verified":true}]`
	id := func(status int, members map[string]any) string {
		t.Helper()
		if status >= 300 {
			t.Fatalf("%d %v", status, members)
		}
		return members["id"].(string)
	}
	made := id(s.scim("POST", "/Users", token, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"berta",`+more+`}`))
	id(s.scim("PUT", "/Users/"+made, token, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"berta",`+more+`}`))
	id(s.scim("PATCH", "/Users/"+made, token, fmt.Sprintf(scimPatch, `{"op":"replace","value":{`+more+`}}`)))
	for _, path := range []string{"admin", "email_verified", "emails.verified", "org", "password_hash", "meta", "id", "groups"} {
		if status, members := s.scim("PATCH", "/Users/"+made, token, fmt.Sprintf(scimPatch, `{"op":"replace","path":"`+path+`","value":"true"}`)); status != 400 {
			t.Errorf("%s: %d %v", path, status, members)
		}
	}
	user, err := s.app.Store.User(context.Background(), core.ID(made))
	if err != nil || user.Admin || user.EmailVerified || user.Profile.PhoneVerified || user.Org != "acme" || user.PasswordHash != "" || len(user.Groups)+len(user.Attributes) > 0 {
		t.Errorf("it made %+v, %v", user, err)
	}
	if roles, err := s.app.Store.Roles(context.Background(), core.ID(made)); err != nil || len(roles) > 0 {
		t.Errorf("with the roles %v, %v", roles, err)
	}
	// An address that was proved is not, once another system says that it is another one.
	id(s.scim("PATCH", "/Users/"+s.anna, token, fmt.Sprintf(scimPatch, `{"op":"replace","path":"emails[type eq \"work\"].value","value":"thief@example.com"}`)))
	if user, err = s.app.Store.User(context.Background(), core.ID(s.anna)); err != nil || user.EmailVerified {
		t.Errorf("she is %+v, %v", user, err)
	}
	// A group of another organisation takes nobody, and nobody of another one comes into it.
	if status, members := s.scim("PATCH", "/Groups/"+s.group, token, fmt.Sprintf(scimPatch, `{"op":"add","path":"members","value":[{"value":"`+s.stranger+`"}]}`)); status != 400 {
		t.Errorf("a member from elsewhere: %d %v", status, members)
	}
}

func refuseSQLBySCIM(t *testing.T, w *world) {
	s := newSCIMWorld(w)
	token := s.serviceToken("acme", "acme", core.RoleAdministrator)
	for _, name := range []string{"password_hash", "name; DROP TABLE users", "(SELECT 1)", "revision", "1", "userName--", "userName' OR '1'='1"} {
		for _, parameter := range []string{"sortBy", "filter"} {
			value := name
			if parameter == "filter" {
				value += ` eq "x"`
			}
			if status, members := s.scim("GET", "/Users?"+parameter+"="+url.QueryEscape(value), token, ""); status != 400 {
				t.Errorf("%s=%s: %d %v", parameter, value, status, members)
			}
		}
	}
	for _, value := range []string{`' OR 1=1 --`, `%`, `_nna`, `ann_`, `\\`, `\"`, `\u0000`} {
		for _, attribute := range []string{"userName", "externalId", "emails.value", "id"} {
			status, members := s.scim("GET", "/Users?filter="+url.QueryEscape(attribute+` eq "`+value+`"`), token, "")
			if status != 200 || members["totalResults"] != 0.0 {
				t.Errorf("%s eq %s: %d %v", attribute, value, status, members)
			}
		}
		for _, attribute := range []string{"displayName", "externalId", "members"} {
			status, members := s.scim("GET", "/Groups?filter="+url.QueryEscape(attribute+` eq "`+value+`"`), token, "")
			if status != 200 || members["totalResults"] != 0.0 {
				t.Errorf("%s eq %s: %d %v", attribute, value, status, members)
			}
		}
	}
}

func refuseDepthBySCIM(t *testing.T, w *world) {
	s := newSCIMWorld(w)
	token := s.serviceToken("acme", "acme", core.RoleAdministrator)
	const depth = 10_000
	deep := map[string]string{
		"parentheses": strings.Repeat("(", depth) + `userName pr` + strings.Repeat(")", depth), "open": strings.Repeat("(", depth),
		"not": strings.Repeat("not (", depth) + `userName pr` + strings.Repeat(")", depth), "brackets": strings.Repeat("emails[", depth) + "value pr" + strings.Repeat("]", depth),
		"and": strings.Repeat("userName pr and ", depth) + "userName pr", "within the size": strings.Repeat("(", 4000) + `userName pr` + strings.Repeat(")", 4000),
	}
	for name, filter := range deep {
		for _, path := range []string{"/.search", "/Users/.search", "/Groups/.search"} {
			if status, members := s.scim("POST", path, token, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"`+filter+`"}`); status != 400 || members["scimType"] != "invalidFilter" {
				t.Errorf("%s at %s: %d %v", name, path, status, members)
			}
		}
		if status, members := s.scim("PATCH", "/Users/"+s.anna, token, fmt.Sprintf(scimPatch, `{"op":"remove","path":"emails[`+filter+`]"}`)); status != 400 || members["scimType"] != "invalidPath" {
			t.Errorf("%s in a path: %d %v", name, status, members)
		}
	}
	for _, body := range []string{
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"x","name":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + "}", strings.Repeat(`{"name":`, depth) + "1" + strings.Repeat("}", depth),
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"x","emails":` + strings.Repeat(`[{"value":`, depth) + `"x"` + strings.Repeat("}]", depth) + "}",
	} {
		if status, members := s.scim("POST", "/Users", token, body); status != 400 || members["scimType"] != "invalidSyntax" {
			t.Errorf("a deep body: %d %v", status, members)
		}
	}
	if status, _ := s.scim("GET", "/Users/"+s.anna, token, ""); status != 200 {
		t.Errorf("afterwards: %d", status)
	}
}

// refusePagesAtSCIM: no page of any origin reads or sends anything, whoever looks at it.
func refusePagesAtSCIM(t *testing.T, w *world) {
	s := newSCIMWorld(w)
	for _, origin := range []string{"https://rp.example", "null", w.issuer} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions} {
			a := w.from(origin, method, scim.Prefix+"/Users")
			if a.status != http.StatusUnauthorized || a.header.Get(allowOrigin) != "" || a.header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s from %s: %d %v", method, origin, a.status, a.header)
			}
		}
	}
	root := w.user("root", func(u *admin.NewUser) { u.Admin = true })
	b := w.person(root.Name)
	if p := b.get(scim.Prefix + "/acme/Users/" + s.anna); p.status != http.StatusUnauthorized {
		t.Errorf("a session is a token: %d", p.status)
	}
}
