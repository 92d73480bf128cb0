package remote_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/remote"
	"github.com/postern-id/postern/sdk/api"
)

// writes gives a desk at a server that answers GET with before, and what is sent to it
// otherwise.
func writes(t *testing.T, before any) (*remote.Desk, *string) {
	t.Helper()
	sent := new(string)
	return at(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			*sent = r.Method + " " + r.URL.RequestURI() + " " + string(body)
		}
		json.NewEncoder(w).Encode(before)
	}), sent
}

// Of a connector only what was said is sent, whatever the preset makes of the rest; settings
// that are laid over each other arrive as one.
func TestCreateConnector(t *testing.T) {
	desk, sent := writes(t, api.Connector{Name: "github"})
	made, err := desk.CreateConnector(t.Context(), admin.NewConnector{
		Name: "github", Plugin: "github", Org: "acme", Settings: [][]byte{[]byte(`{"a":{"x":1,"y":2},"b":1}`), nil, []byte(`{"a":{"y":null},"c":[1]}`)},
		Secrets: map[string][]byte{"client_secret": []byte("s")}, Grants: []string{"github.com"}, Position: 7,
		Edit: func(c *core.Connector) { c.DisplayName, c.CreateUsers, c.LinkByEmail, c.Domains = "", true, false, nil },
	})
	want := `POST /api/v1/connectors {"name":"github","plugin":"github","organisation":"acme","settings":{"a":{"x":1,"y":null},"b":1,"c":[1]},` +
		`"secrets":{"client_secret":"s"},"grants":["github.com"],"position":7,"connector":{"create_users":true,"display_name":"","domains":[],"link_by_email":false}}`
	if err != nil || made.Instance != "github" || *sent != want {
		t.Errorf("sent\n%s, want\n%s\n%v", *sent, want, err)
	}
}

func TestCreateConnectorRefused(t *testing.T) {
	desk, sent := writes(t, nil)
	_, err := desk.CreateConnector(t.Context(), admin.NewConnector{Settings: [][]byte{[]byte("[]")}})
	if wrong, ok := errors.AsType[*admin.InvalidError](err); !ok || wrong.Problems[0].Field != "settings" {
		t.Errorf("got %v", err)
	}
	if _, err := desk.CreateConnector(t.Context(), admin.NewConnector{Secrets: map[string][]byte{"key": {0xff}}}); err == nil || hint(err) == "" {
		t.Errorf("got %v", err)
	}
	if *sent != "" {
		t.Errorf("sent %s", *sent)
	}
}

func TestUpdateConnector(t *testing.T) {
	before := api.Connector{Name: "github", Settings: json.RawMessage(`{"a":1}`), Clients: []string{"x"}, ConnectorSettings: api.ConnectorSettings{DisplayName: "GitHub", CreateUsers: true}}
	for name, test := range map[string]struct {
		edit admin.ConnectorEdit
		want string
	}{
		"nothing":     {admin.ConnectorEdit{}, `{}`},
		"title":       {admin.ConnectorEdit{Edit: func(c *core.Connector) { c.DisplayName = "G" }}, `{"display_name":"G"}`},
		"the same":    {admin.ConnectorEdit{Edit: func(c *core.Connector) { c.CreateUsers = true }}, `{}`},
		"settings":    {admin.ConnectorEdit{Settings: [][]byte{[]byte(`{"a":null}`)}}, `{"settings":{"a":null}}`},
		"clients":     {admin.ConnectorEdit{Clients: []string{"y"}}, `{"clients":["y"]}`},
		"all clients": {admin.ConnectorEdit{AllClients: true}, `{"clients":[]}`},
		"place":       {admin.ConnectorEdit{Position: 3}, `{"position":3}`},
	} {
		t.Run(name, func(t *testing.T) {
			desk, sent := writes(t, before)
			if _, err := desk.UpdateConnector(t.Context(), "github", test.edit); err != nil || *sent != "PATCH /api/v1/connectors/github "+test.want {
				t.Errorf("sent %s, %v", *sent, err)
			}
		})
	}
}

// Settings are replaced as a whole: what is not there any more is taken away.
func TestSetSettings(t *testing.T) {
	desk, sent := writes(t, api.Instance{Name: "dir", Version: "v", Settings: json.RawMessage(`{"a":1,"b":{"c":1,"d":2}}`)})
	if err := desk.SetSettings(t.Context(), "dir", []byte(`{"b":{"d":3}}`)); err != nil || *sent != `PATCH /api/v1/instances/dir {"settings":{"a":null,"b":{"c":null,"d":3}}}` {
		t.Errorf("sent %s, %v", *sent, err)
	}
	if err := desk.SetLimits(t.Context(), "dir", core.PluginLimits{MemoryMiB: 64}); err != nil || *sent != `PATCH /api/v1/instances/dir {"limits":{"memory":64}}` {
		t.Errorf("sent %s, %v", *sent, err)
	}
	if err := desk.SetSettings(t.Context(), "dir", []byte(`{`)); err == nil {
		t.Error("settings that are no JSON were sent")
	}
}

// A secret that is no text arrives byte for byte.
func TestSetSecret(t *testing.T) {
	desk, sent := writes(t, nil)
	if err := desk.SetSecret(t.Context(), "dir", "key", []byte("s3cret"), false); err != nil || *sent != `PUT /api/v1/instances/dir/secrets/key {"value":"s3cret"}` {
		t.Errorf("sent %s, %v", *sent, err)
	}
	if err := desk.SetSecret(t.Context(), "dir", "key", []byte{0xff, 0}, true); err != nil || *sent != `PUT /api/v1/instances/dir/secrets/key {"base64":"/wA=","ahead":true}` {
		t.Errorf("sent %s, %v", *sent, err)
	}
}

// An instance that is deleted had bindings.
func TestForget(t *testing.T) {
	desk, sent := writes(t, api.Instance{Name: "dir", Bindings: []api.Binding{{ID: "1", Hook: "claims.map/v1"}}})
	gone, err := desk.UnbindPlugin(t.Context(), admin.Unbind{Instance: "dir", Forget: true})
	if err != nil || len(gone) != 1 || gone[0].Hook != "claims.map/v1" || *sent != "DELETE /api/v1/instances/dir " {
		t.Errorf("sent %s, %+v, %v", *sent, gone, err)
	}
	*sent = ""
	if _, err := desk.UnbindPlugin(t.Context(), admin.Unbind{Instance: "dir", Hook: "claims.map/v1", Forget: true}); err == nil || *sent != "" {
		t.Errorf("sent %s, %v", *sent, err)
	}
}

// A module goes with its signature; what this machine makes of that does not.
func TestInstallPlugin(t *testing.T) {
	desk, sent := writes(t, api.Installed{Digest: "d"})
	made, err := desk.InstallPlugin(t.Context(), admin.Install{Code: []byte("\x00asm"), Source: "oci://r/x:1", Signed: true, Signer: "me", Signature: []byte("sig?>"), Plugins: []string{"a", "b"}})
	if err != nil || made.Digest != "d" || *sent != "POST /api/v1/plugins?plugins=a%2Cb&signature=c2lnPz4&source=oci%3A%2F%2Fr%2Fx%3A1 \x00asm" {
		t.Errorf("sent %q, %v", *sent, err)
	}
	settings := admin.Install{Settings: map[string][]byte{"a": []byte(`{"b": 1}`)}}
	if _, err := desk.InstallPlugin(t.Context(), settings); err != nil || *sent != "POST /api/v1/plugins?settings=%7B%22a%22%3A%7B%22b%22%3A1%7D%7D " {
		t.Errorf("sent %q, %v", *sent, err)
	}
	*sent = ""
	settings.Settings["a"] = []byte("{")
	_, err = desk.InstallPlugin(t.Context(), settings)
	if wrong, ok := errors.AsType[*admin.InvalidError](err); !ok || wrong.Problems[0].Field != "settings" || *sent != "" {
		t.Errorf("sent %q, %v", *sent, err)
	}
}
