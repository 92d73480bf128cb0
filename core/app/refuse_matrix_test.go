package app_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// offices has two organisations with everybody who may be in them.
type offices struct {
	*world
	// people are, in the order of the columns of a matrix: a user of acme without a role,
	// help desk, auditor, administrator and owner of acme, the administrator of elsewhere,
	// and the owner of the server.
	people []*core.User
	at     map[string]string // what stands for the parameters of paths: all of acme
	made   int
}

func newOffices(w *world) *offices {
	w.t.Helper()
	o := &offices{world: w, at: map[string]string{}}
	for _, org := range []string{"acme", "elsewhere"} {
		if _, err := w.app.Admin.CreateOrganisation(w.t.Context(), cli, core.Organisation{Name: org}); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, who := range []struct {
		org, name string
		role      core.Role
	}{
		{"acme", "plain", ""}, {"acme", "help", core.RoleHelpDesk}, {"acme", "auditor", core.RoleAuditor},
		{"acme", "administrator", core.RoleAdministrator}, {"acme", "owner", core.RoleOwner}, {"elsewhere", "foreign", core.RoleAdministrator},
	} {
		user := w.user(who.name, func(u *admin.NewUser) { u.Org = who.org })
		if who.role != "" {
			w.must(w.app.Admin.GrantRole(w.t.Context(), cli, user.ID, who.org, who.role))
		}
		o.people = append(o.people, user)
	}
	o.people = append(o.people, w.user("root", func(u *admin.NewUser) { u.Admin = true }))
	o.furnish()
	return o
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (o *offices) furnish() {
	o.t.Helper()
	for _, kind := range []string{"user", "group", "client", "connector", "account", "organisation", "token"} {
		o.at[kind] = o.another(kind)
	}
	o.at["organisation"], o.at["holder"], o.at["kind"], o.at["id"] = "acme", o.at["account"], "group", o.at["group"]
	_, err := o.app.Admin.CreateInstance(o.t.Context(), cli, "office", "miniorange", nil)
	o.must(err)
	bindings, err := o.app.Admin.BindPlugin(o.t.Context(), cli, admin.Bind{Plugin: "miniorange", Instance: "bound", Hooks: []string{core.HookClaims}})
	o.must(err)
	o.at["binding"], o.at["instance"], o.at["plugin"], o.at["secret"] = string(bindings[0].ID), "office", "miniorange", "word"
	for _, unknown := range []string{"session", "device", "authenticator", "key"} {
		o.at[unknown] = string(core.NewID(o.clock.Now(), rand.Reader))
	}
}

// another makes one more of what a path can name, for what deletes it.
func (o *offices) another(kind string) (id string) {
	o.t.Helper()
	ctx, s := o.t.Context(), o.app.Admin
	o.made++
	name := fmt.Sprintf("%s-%d", kind, o.made)
	var err error
	switch kind {
	case "user":
		return string(o.user(name, func(u *admin.NewUser) { u.Org = "acme" }).ID)
	case "group":
		var group *core.Group
		if group, err = s.CreateGroup(ctx, cli, "acme", name, ""); err == nil {
			id = string(group.ID)
		}
	case "client":
		var client *admin.CreatedClient
		client, err = s.CreateClient(ctx, cli, admin.NewClient{Org: "acme", Name: name, Edit: func(c *core.Client) { c.RedirectURIs = []string{theCallback} }})
		if err == nil {
			id = client.Client.ID
		}
	case "connector":
		_, err = s.CreateConnector(ctx, cli, admin.NewConnector{Org: "acme", Name: name, Plugin: "oidc", Settings: [][]byte{[]byte(`{"issuer":"https://idp.example","client_id":"x"}`)}})
		id = name
	case "account", "holder":
		var account *core.ServiceAccount
		if account, err = s.CreateServiceAccount(ctx, cli, admin.NewServiceAccount{Org: "acme", Name: name}); err == nil {
			id = string(account.ID)
			err = s.GrantRole(ctx, cli, account.ID, "acme", core.RoleAuditor)
		}
	case "organisation":
		_, err = s.CreateOrganisation(ctx, cli, core.Organisation{Name: name})
		id = name
	case "token":
		var token *core.InitialToken
		if token, _, err = s.CreateInitialToken(ctx, cli, admin.NewInitialToken{Org: "acme", Name: name, TTL: time.Hour}); err == nil {
			id = string(token.ID)
		}
	default:
		id = o.at[kind]
	}
	o.must(err)
	return id
}

// fill puts what there is in the place of "{user}" and such. What the last segment names is
// made anew for what deletes it.
func (o *offices) fill(method, path string) string {
	o.t.Helper()
	for kind, id := range o.at {
		if method == http.MethodDelete && strings.HasSuffix(path, "{"+kind+"}") {
			id = o.another(kind)
		}
		path = strings.ReplaceAll(path, "{"+kind+"}", id)
	}
	return path
}

// matrixRow is what becomes of one request by each caller. The columns of By are: nobody;
// of acme a user without a role, help desk, auditor, administrator, owner; an administrator
// of another organisation; an owner of the server; a token of that owner for mails alone. In
// them "-" is 401, "x" 403, "." 404 and "k" what OK says; a blank is not asked.
type matrixRow struct {
	Operation string // "GET /users/{user}"
	Query     string
	Body      string // %d is a number of its own
	OK        int
	By        string
}

// restMatrix says by hand who may what. It is not made of what the operations declare.
func restMatrix() []matrixRow {
	const acme, is = "organisation=acme", `,"organisation":"acme"}`
	return []matrixRow{
		{"GET /caller", "", "", 200, "-xkkkkkkk"},
		{"GET /presets", "", "", 200, "-xkkkkkkk"},

		{"GET /users", acme, "", 200, "-xkkkk.kx"},
		{"GET /users", "organisation=*", "", 200, "-xxxxxxkx"},
		{"POST /users", "", `{"name":"n%d"` + is, 201, "-xxxkk.kx"},
		{"GET /users/{user}", "", "", 200, "-xkkkk.kx"},
		{"PATCH /users/{user}", "", `{"profile":{"nickname":"n%d"}}`, 200, "-xxxkk.kx"},
		{"PATCH /users/{user}", "", `{"admin":true}`, 200, "-xxxxx. x"},
		{"DELETE /users/{user}", "", "", 204, "-xxxkk.kx"},
		{"GET /users/{user}/contents", "", "", 200, "-xkkkk.kx"},
		{"PUT /users/{user}/password", "", `{"password":"` + thePassword + ` %d"}`, 204, "-xxxkk.kx"},
		{"POST /users/{user}/disable", "", "", 204, "-xkxkk.kx"},
		{"POST /users/{user}/enable", "", "", 204, "-xkxkk.kx"},
		{"POST /users/{user}/sign-out", "", "", 204, "-xkxkk.kx"},
		{"POST /users/{user}/invitation", "", `{"by_hand":true}`, 422, "-xkxkk.kx"}, // has a password
		{"POST /users/{user}/reset-link", "", `{}`, 201, "-xkxkk.kx"},
		{"POST /users/{user}/recovery-codes", "", "", 422, "-xkxkk.kx"}, // has no second factor
		{"GET /users/{user}/sessions", "", "", 200, "-xkkkk.kx"},
		{"DELETE /users/{user}/sessions/{session}", "", "", 404, "-xkxkk.kx"},
		{"GET /users/{user}/devices", "", "", 200, "-xkkkk.kx"},
		{"DELETE /users/{user}/devices", "", "", 204, "-xkxkk.kx"},
		{"DELETE /users/{user}/devices/{device}", "", "", 404, "-xkxkk.kx"},
		{"GET /users/{user}/authenticators", "", "", 200, "-xkkkk.kx"},
		{"DELETE /users/{user}/authenticators", "", "", 200, "-xkxkk.kx"},
		{"DELETE /users/{user}/authenticators/{authenticator}", "", "", 404, "-xkxkk.kx"},
		{"GET /users/{user}/consents", "", "", 200, "-xkkkk.kx"},
		{"DELETE /users/{user}/consents/{client}", "", "", 204, "-xkxkk.kx"},
		{"GET /users/{user}/links", "", "", 200, "-xkkkk.kx"},
		{"POST /users/{user}/links", "", `{"connector":"{connector}","subject":"s%d"}`, 201, "-xxxkk.kx"},
		{"DELETE /users/{user}/links/{connector}", "subject=nobody", "", 404, "-xkxkk.kx"},
		{"POST /invitations", "", `{"by_hand":true,"user":{"name":"i%d"` + is + `}`, 201, "-xxxkk.kx"},
		{"GET /sessions", acme, "", 200, "-xkkkk.kx"},
		{"GET /sessions", "organisation=*", "", 200, "-xxxxxxkx"},

		{"GET /groups", acme, "", 200, "-xkkkk.kx"},
		{"POST /groups", "", `{"name":"n%d"` + is, 201, "-xxxkk.kx"},
		{"GET /groups/{group}", "", "", 200, "-xkkkk.kx"},
		{"PATCH /groups/{group}", "", `{"display_name":"n%d"}`, 200, "-xxxkk.kx"},
		{"DELETE /groups/{group}", "", "", 204, "-xxxkk.kx"},
		{"GET /groups/{group}/contents", "", "", 200, "-xkkkk.kx"},
		{"GET /groups/{group}/members", "", "", 200, "-xkkkk.kx"},
		{"POST /groups/{group}/members", "", `{"add":["{user}"]}`, 200, "-xxxkk.kx"},
		{"PUT /groups/{group}/members/{user}", "", "", 204, "-xxxkk.kx"},
		{"DELETE /groups/{group}/members/{user}", "", "", 422, "-xxxkk.kx"}, // is none

		{"GET /clients", acme, "", 200, "-xkkkk.kx"},
		{"POST /clients", "", `{"name":"n%d","settings":{"redirect_uris":["https://rp.example/cb"]}` + is, 201, "-xxxkk.kx"},
		{"POST /clients", "", `{"name":"n%d","settings":{"redirect_uris":["https://rp.example/cb"],"shared":true}` + is, 201, "-xxxxx.kx"},
		{"GET /clients/{client}", "", "", 200, "-xkkkk.kx"},
		{"PATCH /clients/{client}", "", `{"display_name":"n%d"}`, 200, "-xxxkk.kx"},
		{"PATCH /clients/{client}", "", `{"scopes":["openid","postern:administration"]}`, 200, "-xxxxx. x"},
		{"DELETE /clients/{client}", "", "", 204, "-xxxkk.kx"},
		{"GET /clients/{client}/contents", "", "", 200, "-xkkkk.kx"},
		{"GET /clients/{client}/guide", "", "", 200, "-xkkkk.kx"},
		{"GET /clients/{client}/missing-groups", "", "", 200, "-xkkkk.kx"},
		{"POST /clients/{client}/secret", "", "", 200, "-xxxkk.kx"},
		{"POST /explanations", "", `{"client":"{client}"}`, 200, "-xkkkk.kx"},
		{"GET /initial-tokens", acme, "", 200, "-xkkkk.kx"},
		{"POST /initial-tokens", "", `{"name":"n%d","ttl":60` + is, 201, "-xxxkk.kx"},
		{"DELETE /initial-tokens/{token}", "", "", 204, "-xxxkk.kx"},

		{"GET /connectors", acme, "", 200, "-xkkkk.kx"},
		{"POST /connectors", "", `{"name":"n%d","plugin":"oidc","settings":{"issuer":"https://idp.example","client_id":"x"}` + is, 201, "-xxxkk.kx"},
		{"POST /connectors", "", `{"name":"{instance}","plugin":"miniorange"` + is, 422, "-xxxkk.kx"}, // is the server's
		{"GET /connectors/{connector}", "", "", 200, "-xkkkk.kx"},
		{"PATCH /connectors/{connector}", "", `{"display_name":"n%d"}`, 200, "-xxxkk.kx"},
		{"DELETE /connectors/{connector}", "", "", 204, "-xxxkk.kx"},
		{"GET /connectors/{connector}/contents", "", "", 200, "-xkkkk.kx"},
		{"POST /connectors/{connector}/enable", "", "", 422, "-xxxkk.kx"}, // lacks a secret
		{"POST /connectors/{connector}/disable", "", "", 204, "-xxxkk.kx"},
		{"GET /sign-in-plugins", "", "", 200, "-xkkkkkkx"},

		{"GET /roles", acme, "", 200, "-xxkkk.kx"},
		{"GET /roles", "", "", 200, "-xxxxxxkx"},
		{"GET /holders/{holder}/roles", "", "", 200, "-xxkkk.kx"},
		{"PUT /holders/{holder}/roles", acme, `{"role":"auditor"}`, 204, "-xxxxk.kx"},
		{"PUT /holders/{holder}/roles", "", `{"role":"auditor"}`, 204, "-xxxxxx x"},
		{"DELETE /holders/{holder}/roles", "organisation=elsewhere", "", 404, "-x....xkx"},
		{"GET /holders/{holder}/tokens", "", "", 200, "-xxkkk.kx"},
		{"POST /holders/{holder}/tokens", "", `{"name":"n%d","ttl":60}`, 201, "-xxxkk.kx"},
		{"DELETE /holders/{holder}/tokens/{token}", "", "", 404, "-xxxkk.kx"},
		{"GET /service-accounts", acme, "", 200, "-xxkkk.kx"},
		{"POST /service-accounts", "", `{"name":"n%d"` + is, 201, "-xxxkk.kx"},
		{"GET /service-accounts/{account}", "", "", 200, "-xxkkk.kx"},
		{"PATCH /service-accounts/{account}", "", `{"description":"n%d"}`, 200, "-xxxkk.kx"},
		{"DELETE /service-accounts/{account}", "", "", 204, "-xxxkk.kx"},
		{"GET /service-accounts/{account}/contents", "", "", 200, "-xxkkk.kx"},

		{"GET /organisations", "", "", 200, "-xkkkkkkk"}, // those that one sees
		{"POST /organisations", "", `{"name":"n%d"}`, 201, "-xxxxxxkx"},
		{"GET /organisations/{organisation}", "", "", 200, "-xkkkk.kx"},
		{"PATCH /organisations/{organisation}", "", `{"display_name":"n%d"}`, 200, "-xxxkk.kx"},
		{"DELETE /organisations/{organisation}", "", "", 204, "-x.....kx"}, // one that only the server's see
		{"DELETE /organisations/acme", "", "", 0, "-xxxxx. x"},
		{"GET /organisations/{organisation}/contents", "", "", 200, "-xkkkk.kx"},
		{"GET /counts", acme, "", 200, "-xkkkk.kx"},
		{"GET /counts", "organisation=*", "", 200, "-xxxxxxkx"},
		{"GET /events", acme, "", 200, "-xkkkk.kx"},
		{"GET /events", "", "", 200, "-xxxxxxkx"},

		// What is the server's.
		{"GET /settings", "", "", 200, "-xxxxxxkx"},
		{"POST /imports", "", `{"source":"csv"}`, 200, "-xxxxxxkx"},
		{"POST /apply", "", `{"files":[{"source":"n%d","groups":[{"organisation":"acme","name":"n%d"}]}]}`, 200, "-xxxkk.kx"},
		{"POST /apply", "", `{"files":[{"source":"n%d","plugins":[{"name":"n%d","plugin":"miniorange"}]}]}`, 200, "-xxxxxxkx"},
		{"GET /managed", "", "", 200, "-xkkkkkkk"},
		{"DELETE /managed/{kind}/{id}", "", "", 404, "-xxxxxxkx"}, // no file manages it
		{"GET /keys", "", "", 200, "-xxxxxxkx"},
		{"POST /keys/rotate", "", `{"algs":["ES256"]}`, 200, "-xxxxxxkx"},
		{"DELETE /keys/{key}", "", "", 404, "-xxxxxxkx"},
		{"GET /mails", "", "", 200, "-xxxxxxkx"},
		{"POST /mails/retry", "", `{}`, 200, "-xxxxxxkk"},
		{"POST /mails/test", "", `{"to":"root@example.com"}`, 422, "-xxxxxxkk"}, // none are sent
		{"GET /plugins", "", "", 200, "-xxxxxxkx"},
		{"POST /plugins", "", "no module", 422, "-xxxxxxkx"},
		{"POST /plugins/examine", "", "no module", 422, "-xxxxxxkx"},
		{"POST /plugins/reload", "", "", 204, "-xxxxxxkx"},
		{"GET /plugins/{plugin}", "", "", 200, "-xxxxxxkx"},
		{"DELETE /plugins/{plugin}", "", "", 422, "-xxxxxxkx"},       // is built in
		{"GET /plugins/{plugin}/releases", "", "", 422, "-xxxxxxkx"}, // was not installed
		{"POST /plugins/{plugin}/rollback", "", `{}`, 422, "-xxxxxxkx"},
		{"GET /plugin-config", "", "", 200, "-xxxxxxkx"},
		{"POST /previews", "", `{"plugin":"miniorange","hook":"` + core.HookClaims + `","input":{}}`, 200, "-xxxxxxkx"},
		{"GET /instances", "", "", 200, "-xxxxxxkx"},
		{"POST /instances", "", `{"name":"n%d","plugin":"miniorange"}`, 201, "-xxxxxxkx"},
		{"GET /instances/{instance}", "", "", 200, "-xxxxxxkx"},
		{"PATCH /instances/{instance}", "", `{"settings":{}}`, 200, "-xxxxxxkx"},
		{"POST /instances/{instance}/grants", "", `{"capability":"clock","ahead":true}`, 200, "-xxxxxxkx"},
		{"DELETE /instances/{instance}/grants", "capability=clock", "", 204, "-xxxxxxkx"},
		{"PUT /instances/{instance}/secrets/{secret}", "", `{"value":"hush","ahead":true}`, 204, "-xxxxxxkx"},
		{"DELETE /instances/{instance}/secrets/{secret}", "", "", 204, "-xxxxxxkx"},
		{"GET /instances/{instance}/log", "", "", 200, "-xxxxxxkx"},
		{"GET /instances/{instance}/numbers", "", "", 200, "-xxxxxxkx"},
		{"POST /bindings", "", `{"plugin":"miniorange","instance":"n%d","hooks":["` + core.HookClaims + `"]}`, 201, "-xxxxxxkx"},
		{"POST /bindings/{binding}/move", "", `{"place":1}`, 200, "-xxxxxxkx"},
		{"DELETE /bindings", "instance=bound", "", 200, "-xxxxxxkx"},
		{"DELETE /instances/{instance}", "", "", 204, "-xxxxxxkx"},

		// Once there is an owner of the server in acme, its own do not say how they sign in.
		{"POST /users", "", `{"name":"n%d","admin":true` + is, 201, "-xxxxx.kx"},
		{"PATCH /connectors/{connector}", "", `{"display_name":"m%d"}`, 200, "-xxxxx.kx"},
		{"PATCH /organisations/{organisation}", "", `{"keep_email":true}`, 200, "-xxxxx. x"},
	}
}

// matrixStatus says what a column means.
func matrixStatus(by byte, ok int) int {
	switch by {
	case '-':
		return http.StatusUnauthorized
	case 'x':
		return http.StatusForbidden
	case '.':
		return http.StatusNotFound
	}
	return ok
}

// refuseByRoleAtREST asks for every operation as everybody.
func refuseByRoleAtREST(t *testing.T, w *world) {
	o := newOffices(w)
	tokens := []string{""}
	for _, user := range o.people {
		tokens = append(tokens, w.apiToken(user.ID))
	}
	tokens = append(tokens, w.apiToken(o.people[6].ID, core.WriteMails))
	w.hide(tokens...)
	for i, row := range restMatrix() {
		for column, token := range tokens {
			if row.By[column] == ' ' {
				continue
			}
			w.clock.advance(time.Second) // nobody asks too often
			a := o.restCall(row, token, i*len(tokens)+column)
			if want := matrixStatus(row.By[column], row.OK); a.status != want {
				t.Errorf("%s?%s %s by column %d: %d, want %d: %s", row.Operation, row.Query, row.Body, column, a.status, want, a.body)
			}
		}
	}
}

func (o *offices) restCall(row matrixRow, token string, n int) answer {
	o.t.Helper()
	method, path, _ := strings.Cut(row.Operation, " ")
	target := o.issuer + api.Prefix + o.fill(method, path)
	if row.Query != "" {
		target += "?" + row.Query
	}
	body := strings.ReplaceAll(o.fill("", row.Body), "%d", fmt.Sprint(n))
	r, err := http.NewRequest(method, target, strings.NewReader(body))
	o.must(err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return o.do(r)
}
