package admin_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func settings(texts ...string) (layers [][]byte) {
	for _, text := range texts {
		layers = append(layers, []byte(text))
	}
	return layers
}

// connector makes one.
func (w *world) connector(input admin.NewConnector) *admin.Connector {
	w.t.Helper()
	made, err := w.CreateConnector(w.t.Context(), actor, input)
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

// provider is a plugin that signs people in at a provider, with presets.
func provider() admin.Plugin {
	return admin.Plugin{
		ID: "provider", Version: "1.0.0", HostAPI: 1, Hooks: []string{core.HookLogin}, Settings: []byte("client_id"),
		Capabilities: []core.PluginWish{{Name: "oidc.exchange", Reason: "Signs in."}, {Name: "http.fetch", Reason: "Reads groups."}, {Name: "clock", Optional: true}},
		Secrets:      []core.PluginSecretWish{{Name: "client_secret", Description: "Of the application."}, {Name: "spare", Optional: true}},
		Presets: []admin.PluginPreset{
			{Name: "big", Title: "Big Corp (issuer: https://HOST)", Icon: "google", Settings: []byte(`{"claims":{"name":"n","mail":"m"},"issuer":"https://big.example"}`),
				Targets: []string{"big.example", "api.big.example:8443"}},
			{Name: "odd", Title: "Odd", Icon: "nobody-has-it", Settings: []byte(`{}`)},
		},
	}
}

func TestCreateConnector(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.install("v1", provider())
	client, other := w.client(admin.NewClient{Name: "web"}), w.client(admin.NewClient{Name: "wiki"})
	w.now = w.now.Add(1e9)
	made := w.connector(admin.NewConnector{
		Name: "corp", Plugin: "provider", Preset: "big",
		Settings: settings(`{"client_id":"me","claims":{"mail":"address"}}`, `{"claims":{"mail":"email"},"issuer":null}`),
		Secrets:  map[string][]byte{"client_secret": []byte("sesame"), "spare": []byte("open")},
		Grants:   []string{"big.example", "*.big.example:8443", "http.fetch=*.cdn.example", "clock", "big.example"},
		Clients:  []string{other.ID, client.ID, client.ID}, Position: 7,
		Edit: func(c *core.Connector) {
			c.Domains, c.CreateUsers, c.LinkByEmail, c.SyncGroups, c.GroupPrefix = []string{"b.example", "a.example"}, true, true, true, "big:"
			c.Instance, c.Org, c.Disabled, c.CreatedAt = "other", "elsewhere", true, c.CreatedAt.Add(1) // none of them counts
		},
	})
	want := core.Connector{
		Instance: "corp", Org: core.DefaultOrganisation, DisplayName: "Big Corp", Icon: "google", Domains: []string{"a.example", "b.example"},
		CreateUsers: true, LinkByEmail: true, SyncGroups: true, GroupPrefix: "big:", CreatedAt: w.now, UpdatedAt: w.now,
	}
	if !reflect.DeepEqual(made.Connector, want) || len(made.Missing) != 0 {
		t.Errorf("got  %+v\nwant %+v\nmissing %v", made.Connector, want, made.Missing)
	}
	if config := w.config(); !reflect.DeepEqual(config.Connectors, []core.Connector{want}) {
		t.Errorf("stored %+v", config.Connectors)
	}
	stored := w.stored("corp")
	if got := string(stored.Settings); got != `{"claims":{"mail":"email","name":"n"},"client_id":"me"}` {
		t.Errorf("settings %s", got)
	}
	var grants []string
	for _, g := range stored.Grants {
		grants = append(grants, strings.TrimSpace(g.Capability+" "+g.Target))
	}
	if !slices.Equal(grants, []string{
		"clock", "http.fetch *.big.example:8443", "http.fetch *.cdn.example", "http.fetch big.example", "oidc.exchange *.big.example:8443", "oidc.exchange big.example",
	}) {
		t.Errorf("granted %q", grants)
	}
	if len(stored.Secrets) != 2 || strings.Contains(string(stored.Secrets[0].Sealed), "sesame") || !strings.HasPrefix(string(stored.Secrets[0].Sealed), "plugin-secret:corp:client_secret|") {
		t.Errorf("secrets %q", stored.Secrets)
	}
	var bound []string
	for _, b := range w.config().Bindings {
		if b.Hook != core.HookLogin || b.Instance != "corp" || b.Position != 7 || b.ID == "" {
			t.Errorf("bound %+v", b)
		}
		bound = append(bound, b.ClientID)
	}
	if slices.Sort(bound); !slices.Equal(bound, slices.Sorted(slices.Values([]string{client.ID, other.ID}))) {
		t.Errorf("bound to %v", bound)
	}
	found, err := w.FindConnector(ctx, "corp")
	if err != nil || found.Plugin.Version != "1.0.0" || len(found.Plugin.Bindings) != 2 {
		t.Errorf("%+v, %v", found, err)
	}
	kinds := w.events(20)
	for kind, many := range map[core.EventType]int{
		core.EventPluginConfigured: 1, core.EventPluginGranted: 6, core.EventPluginSecretSet: 2, core.EventPluginBound: 2, core.EventConnectorSaved: 1,
	} {
		if got := len(slices.DeleteFunc(slices.Clone(kinds), func(k core.EventType) bool { return k != kind })); got != many {
			t.Errorf("%d of %s, want %d", got, kind, many)
		}
	}
	detail := w.event(core.EventConnectorSaved)
	for name, want := range map[string]string{
		"connector": "corp", "plugin": "provider", "organisation": "built-in", "change": "created", "domains": "a.example b.example",
		"create_users": "true", "link_by_email": "true", "sync_groups": "true", "fields": "title icon domains group_prefix create_users link_by_email sync_groups",
	} {
		if detail[name] != want {
			t.Errorf("recorded %s %q, want %q", name, detail[name], want)
		}
	}
}

// All mistakes are told at once, and nothing is made.
func TestCreateConnectorMistakes(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	if _, err := w.CreateOrganisation(ctx, actor, core.Organisation{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	w.install("v1", provider())
	w.install("v2", plugin("claims", "1.0.0"))
	directory := directory("1.0.0")
	w.install("v3", directory)
	foreign := w.client(admin.NewClient{Name: "foreign", Org: "acme"})
	shared := w.client(admin.NewClient{Name: "shared", Org: "acme", Edit: func(c *core.Client) { c.Shared, c.RedirectURIs = true, []string{"https://a.example"} }})
	w.connector(admin.NewConnector{Name: "first", Plugin: "provider", Settings: settings(`{"client_id":"x"}`), Clients: []string{shared.ID},
		Edit: func(c *core.Connector) { c.Domains = []string{"first.example"} }})
	w.instance("claims")
	before := w.config()
	edit := func(change func(*core.Connector)) func(*core.Connector) { return change }
	for name, tt := range map[string]struct {
		input admin.NewConnector
		want  []string // text or hint has it
	}{
		"everything": {admin.NewConnector{
			Name: "A b", Preset: "none", Settings: settings(`{"wrong":1}`), Secrets: map[string][]byte{"other": nil, "client_secret": {0xff}},
			Grants: []string{"https://Big.example/", "ldap.bind=x", "kv"}, Clients: []string{foreign.ID},
			Edit: edit(func(c *core.Connector) {
				c.DisplayName, c.Icon, c.Domains, c.GroupPrefix = strings.Repeat("x", 61), "facebook", []string{"A.example", "first.example", "x.example", "x.example"}, "p"
			}),
		}, []string{
			`"A b" is no name of a plugin instance`, "it has big, odd", "the title is longer than 60 characters", "use google, microsoft",
			"write a.example", "the connector first has it", `domain "x.example" is given twice`, "add --sync-groups", `client "foreign" signs in the people of "acme" alone`,
			`there is no setting "wrong"`, "the secret is no text", `has no secret "other"`, "the secret is empty", "write big.example", `does not ask for "ldap.bind"`, `does not ask for "kv"`,
		}},
		"a short title and a broken image": {admin.NewConnector{Name: "x", Settings: settings(`{"client_id":1}`), Edit: edit(func(c *core.Connector) {
			c.DisplayName, c.Icon = "a\x1bb", "data:image/png;base64,not base64"
		})}, []string{"title holds characters that cannot be shown", "the icon is no image that a page shows"}},
		"settings of the preset alone":  {admin.NewConnector{Name: "x", Preset: "big"}, []string{`settings must have "client_id"`}},
		"settings that are none":        {admin.NewConnector{Name: "x", Preset: "big", Settings: settings("[1]")}, []string{"the settings are no JSON object"}},
		"a plugin that signs nobody in": {admin.NewConnector{Name: "x", Plugin: "claims"}, []string{`plugin "claims" signs nobody in`}},
		"a plugin without a page": {admin.NewConnector{Name: "x", Plugin: "directory", Preset: "p", Edit: edit(func(c *core.Connector) {
			c.Domains, c.Hidden, c.Logout, c.KeepTokens = []string{"d.example"}, true, true, true
		})}, []string{"it has none", "no use for domains", "no use for hidden", "no use for keep tokens", "no use for logout"}},
		"another plugin's instance": {admin.NewConnector{Name: "claims"}, []string{`the instance "claims" is of plugin "claims"`}},
		"a name that is taken":      {admin.NewConnector{Name: "first"}, []string{`the connector "first" is taken`}},
	} {
		if tt.input.Plugin == "" {
			tt.input.Plugin = "provider"
		}
		_, err := w.CreateConnector(ctx, actor, tt.input)
		got := says(t, err)
		if len(got) != len(tt.want) {
			t.Errorf("%s: got %s", name, strings.Join(got, "\n"))
		}
		for _, want := range tt.want {
			if !slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, want) }) {
				t.Errorf("%s: nothing says %q in\n%s", name, want, strings.Join(got, "\n"))
			}
		}
	}
	for name, input := range map[string]admin.NewConnector{
		"plugin": {Name: "x", Plugin: "nothing"}, "organisation": {Name: "x", Plugin: "provider", Org: "nowhere"},
		"client": {Name: "x", Plugin: "provider", Clients: []string{"nobody"}},
	} {
		_, err := w.CreateConnector(ctx, actor, input)
		if missing, ok := errors.AsType[*admin.MissingError](err); !ok || missing.What != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !reflect.DeepEqual(w.config(), before) {
		t.Error("something was made")
	}
}

// What it lacks is told with the command that gives it, and it stays disabled until
// then.
func TestConnectorNeeds(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.install("v1", provider())
	made := w.connector(admin.NewConnector{Name: "corp", Plugin: "provider", Preset: "big", Settings: settings(`{"client_id":"x"}`), Grants: []string{"http.fetch=big.example"}})
	commands := func(needs []admin.Need) (all []string) {
		for _, need := range needs {
			all = append(all, need.Command())
		}
		return all
	}
	want := []string{
		"postern plugin grant corp oidc.exchange big.example", "postern plugin grant corp oidc.exchange api.big.example:8443",
		"postern plugin grant corp http.fetch api.big.example:8443", "postern plugin secret set corp client_secret",
	}
	if got := commands(made.Missing); !slices.Equal(got, want) || !made.Disabled {
		t.Errorf("missing %s", strings.Join(got, "\n"))
	}
	if detail := w.event(core.EventConnectorSaved); detail["disabled"] != "true" {
		t.Errorf("recorded %v", detail)
	}
	// From now on it is the settings that say which hosts are meant.
	err := w.EnableConnector(ctx, actor, "corp")
	if got := says(t, err); !slices.Equal(got, []string{
		`plugin "provider" needs oidc.exchange for big.example (Signs in) | postern plugin grant corp oidc.exchange big.example`,
		`plugin "provider" needs the secret client_secret (Of the application) | postern plugin secret set corp client_secret`,
	}) {
		t.Errorf("got %s", strings.Join(got, "\n"))
	}
	if err := errors.Join(w.Grant(ctx, actor, "corp", "oidc.exchange", "*.example", false), w.SetSecret(ctx, actor, "corp", "client_secret", []byte("x"), false)); err != nil {
		t.Fatal(err)
	}
	if err := w.EnableConnector(ctx, actor, "corp"); err != nil {
		t.Fatal(err)
	}
	if detail := w.event(core.EventConnectorSaved); detail["disabled"] != "false" || detail["change"] != "enabled" || detail["fields"] != "disabled" {
		t.Errorf("recorded %v", detail)
	}
	for range 2 {
		if err := w.DisableConnector(ctx, actor, "corp"); err != nil || !w.config().Connectors[0].Disabled {
			t.Errorf("%+v, %v", w.config().Connectors, err)
		}
	}
	if detail := w.event(core.EventConnectorSaved); detail["disabled"] != "true" || detail["change"] != "disabled" {
		t.Errorf("recorded %v", detail)
	}
	for range 2 {
		if err := w.EnableConnector(ctx, actor, "corp"); err != nil || w.config().Connectors[0].Disabled {
			t.Errorf("%+v, %v", w.config().Connectors, err)
		}
	}
	for _, err := range []error{w.EnableConnector(ctx, actor, "nothing"), w.DisableConnector(ctx, actor, "nothing"), w.DeleteConnector(ctx, actor, "nothing", true)} {
		if !errors.Is(err, core.ErrNotFound) {
			t.Error(err)
		}
	}
}

// Settings that name another host leave the grants behind, which does not keep the
// connector from being offered: a plugin need not ask every host that they name.
func TestConnectorBeyondGrants(t *testing.T) {
	w := newWorld(t)
	w.install("v1", provider())
	w.connector(admin.NewConnector{
		Name: "corp", Plugin: "provider", Settings: settings(`{"client_id":"x","issuer":"https://a.example"}`),
		Secrets: map[string][]byte{"client_secret": []byte("x")}, Grants: []string{"a.example", "http.fetch=*.b.example"},
	})
	for _, step := range []struct{ settings, beyond string }{
		{`{"issuer":"https://a.example/realm"}`, ""},
		{`{"issuer":"https://login.b.example:8443"}`, "oidc.exchange login.b.example:8443, http.fetch login.b.example:8443"},
		{`{"issuer":"https://login.b.example"}`, "oidc.exchange login.b.example"},
		{`{"logo":"https://a.example/logo.png"}`, ""},
		{`{"issuer":"issuer","logo":null}`, ""},
	} {
		after, err := w.UpdateConnector(t.Context(), actor, "corp", admin.ConnectorEdit{Settings: settings(step.settings)})
		if err != nil {
			t.Fatal(err)
		}
		var beyond []string
		for _, need := range after.Beyond {
			beyond = append(beyond, need.Capability+" "+need.Target)
		}
		if got := strings.Join(beyond, ", "); got != step.beyond || len(after.Missing) != 0 || after.Disabled {
			t.Errorf("%s: beyond %q, missing %v", step.settings, got, after.Missing)
		}
	}
}

func TestUpdateConnector(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.install("v1", provider())
	one, two := w.client(admin.NewClient{Name: "one"}), w.client(admin.NewClient{Name: "two"})
	w.connector(admin.NewConnector{Name: "other", Plugin: "provider", Settings: settings(`{"client_id":"x"}`), Edit: func(c *core.Connector) { c.Domains = []string{"other.example"} }})
	w.connector(admin.NewConnector{Name: "corp", Plugin: "provider", Settings: settings(`{"client_id":"x","a":{"b":1}}`)})
	w.event(core.EventConnectorSaved)
	bindings := func() (all []string) {
		for _, b := range w.config().Bindings {
			if b.Instance == "corp" {
				all = append(all, strings.Join([]string{b.Hook, map[string]string{one.ID: "one", two.ID: "two", "": "all"}[b.ClientID], string(rune('0' + b.Position/10))}, " "))
			}
		}
		slices.Sort(all)
		return all
	}
	for _, tt := range []struct {
		edit admin.ConnectorEdit
		want []string
	}{
		{admin.ConnectorEdit{Clients: []string{two.ID, one.ID}}, []string{"connector.login/v1 one :", "connector.login/v1 two :"}},
		{admin.ConnectorEdit{Position: 20}, []string{"connector.login/v1 one 2", "connector.login/v1 two 2"}},
		{admin.ConnectorEdit{Clients: []string{two.ID}}, []string{"connector.login/v1 two 2"}},
		{admin.ConnectorEdit{}, []string{"connector.login/v1 two 2"}},
		{admin.ConnectorEdit{AllClients: true}, []string{"connector.login/v1 all 2"}},
		{admin.ConnectorEdit{AllClients: true, Position: 30}, []string{"connector.login/v1 all 3"}},
	} {
		if _, err := w.UpdateConnector(ctx, actor, "corp", tt.edit); err != nil {
			t.Fatal(err)
		}
		if got := bindings(); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: bound %v", tt.edit, got)
		}
	}
	w.now = w.now.Add(1e9)
	if _, err := w.UpdateConnector(ctx, actor, "corp", admin.ConnectorEdit{Position: 30, Settings: settings("{}"), Edit: func(c *core.Connector) {}}); err != nil {
		t.Fatal(err)
	}
	w.silent()

	changed, err := w.UpdateConnector(ctx, actor, "corp", admin.ConnectorEdit{Settings: settings(`{"a":{"b":null,"c":2}}`), Edit: func(c *core.Connector) {
		c.DisplayName, c.Domains, c.SyncProfile, c.Logout = "Corp", []string{"b.example", "a.example"}, true, true
		c.Instance, c.Org, c.Disabled = "x", "y", false
	}})
	if err != nil || changed.Instance != "corp" || changed.Org != core.DefaultOrganisation || !changed.Disabled || !slices.Equal(changed.Domains, []string{"a.example", "b.example"}) || !changed.Logout {
		t.Errorf("%+v, %v", changed, err)
	}
	if got := string(w.stored("corp").Settings); got != `{"a":{"c":2},"client_id":"x"}` {
		t.Errorf("settings %s", got)
	}
	if detail := w.event(core.EventConnectorSaved); detail["change"] != "updated" || detail["fields"] != "title domains sync_profile logout" || detail["sync_profile"] != "true" || detail["domains"] != "a.example b.example" {
		t.Errorf("recorded %v", detail)
	}
	before := w.config()
	_, err = w.UpdateConnector(ctx, actor, "corp", admin.ConnectorEdit{Settings: settings(`{"client_id":null}`), Clients: []string{one.ID}, AllClients: true, Edit: func(c *core.Connector) {
		c.Domains, c.Icon = append(c.Domains, "other.example"), "x"
	}})
	if got := problems(t, err); !slices.Equal(got, []string{"icon", "domains", "clients", "settings"}) {
		t.Errorf("problems with %v", got)
	}
	if !reflect.DeepEqual(w.config(), before) {
		t.Error("something was changed")
	}
	if _, err := w.UpdateConnector(ctx, actor, "nothing", admin.ConnectorEdit{}); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
}

// The instance stays unless it is to go, and can be made a connector again.
func TestDeleteConnector(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	both := provider()
	both.Hooks = []string{core.HookLogin, core.HookClaims, core.HookPassword}
	both.Capabilities = nil
	both.Presets = append(both.Presets, admin.PluginPreset{Name: "early", Settings: []byte(`{"old":0,"preset":3}`)})
	w.install("v1", both)
	input := admin.NewConnector{Name: "corp", Plugin: "provider", Settings: settings(`{"client_id":"x","old":1}`), Secrets: map[string][]byte{"client_secret": []byte("x")}}
	w.connector(input)
	if _, err := w.BindPlugin(ctx, actor, admin.Bind{Plugin: "provider", Instance: "corp", Hooks: []string{core.HookClaims}}); err != nil {
		t.Fatal(err)
	}
	user := w.user(admin.NewUser{Name: "ann"})
	if _, err := w.LinkUser(ctx, actor, user.ID, "corp", "1"); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(1e9)
	if err := w.DeleteConnector(ctx, actor, "corp", false); err != nil {
		t.Fatal(err)
	}
	if kinds := slices.Sorted(slices.Values(w.events(3))); !slices.Equal(kinds, []core.EventType{core.EventConnectorDeleted, core.EventPluginUnbound, core.EventPluginUnbound}) {
		t.Errorf("recorded %v", kinds)
	}
	if config := w.config(); len(config.Connectors) != 0 || len(config.Bindings) != 1 || config.Bindings[0].Hook != core.HookClaims || len(w.stored("corp").Secrets) != 1 {
		t.Errorf("%+v", config)
	}
	if links, err := w.UserLinks(ctx, user.ID); err != nil || len(links) != 0 {
		t.Errorf("%v, %v", links, err)
	}

	again := w.connector(admin.NewConnector{Name: "corp", Preset: "early", Settings: settings(`{"new":2}`)})
	if got := string(w.stored("corp").Settings); got != `{"client_id":"x","new":2,"old":1,"preset":3}` || again.Disabled || len(w.config().Bindings) != 3 {
		t.Errorf("%+v, settings %s", again, got)
	}
	// Links are not lost by the way.
	_, err := w.UnbindPlugin(ctx, actor, admin.Unbind{Instance: "corp", Forget: true})
	if got := says(t, err); !slices.Equal(got, []string{`the instance "corp" is a connector: the links of its people would go too | run 'postern connector delete corp --forget'`}) {
		t.Errorf("got %v", got)
	}
	if _, err = w.RemovePlugin(ctx, actor, "provider", false); !strings.Contains(says(t, err)[0], "| postern connector delete corp --forget") {
		t.Error(err)
	}
	w.now = w.now.Add(1e9)
	if err := w.DeleteConnector(ctx, actor, "corp", true); err != nil {
		t.Fatal(err)
	}
	if config := w.config(); len(config.Connectors)+len(config.Bindings)+len(config.Instances) != 0 {
		t.Errorf("%+v", config)
	}
	w.event(core.EventConnectorDeleted)

	w.connector(input)
	if _, err := w.RemovePlugin(ctx, actor, "provider", true); err != nil {
		t.Fatal(err)
	}
	if detail := w.event(core.EventConnectorDeleted); detail["connector"] != "corp" || detail["plugin"] != "provider" || len(w.config().Connectors) != 0 {
		t.Errorf("recorded %v", detail)
	}
}

func TestConnectors(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	if _, err := w.CreateOrganisation(ctx, actor, core.Organisation{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	w.install("v1", provider())
	for name, org := range map[string]string{"b": "", "a": "acme"} {
		made := w.connector(admin.NewConnector{Name: name, Plugin: "provider", Preset: "odd", Org: org, Settings: settings(`{"client_id":"x","issuer":"https://id.example/realm","more":["ldaps://Dir.example"]}`)})
		if made.Icon != "" || made.DisplayName != "Odd" {
			t.Errorf("got %+v", made)
		}
		targets := []string{}
		for _, need := range made.Missing {
			targets = append(targets, need.Target)
		}
		if !slices.Equal(targets, []string{"dir.example:636", "id.example", "dir.example:636", "id.example", ""}) {
			t.Errorf("wanted for %q", targets)
		}
	}
	for org, want := range map[string]string{"": "a b", "acme": "a", core.DefaultOrganisation: "b", "nowhere": ""} {
		list, err := w.Connectors(ctx, org)
		var got []string
		for _, c := range list {
			got = append(got, c.Instance)
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %v, %v", org, got, err)
		}
	}
	if icons := admin.ConnectorIcons(); !slices.Contains(icons, "openid") || len(icons) != 14 {
		t.Errorf("icons %v", icons)
	}
}
