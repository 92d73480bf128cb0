package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

// atVersion makes a database as the first migrations left it, and runs a script on
// it.
func atVersion(t *testing.T, path string, files []string, script string) {
	t.Helper()
	execRaw(t, path, `CREATE TABLE schema_migrations (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT`)
	for i, name := range files {
		text, err := os.ReadFile(filepath.Join("migrations", name))
		if err != nil {
			t.Fatal(err)
		}
		execRaw(t, path, string(text))
		execRaw(t, path, fmt.Sprintf(`INSERT INTO schema_migrations VALUES (%d, '%s', 0)`, i+1, name))
	}
	execRaw(t, path, script)
}

// What the shipped plugins were set to serves on after the update, as it did.
func TestUpgradePlugins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postern.db")
	atVersion(t, path, []string{"0001_initial.sql"}, `
		INSERT INTO organisations VALUES ('built-in', '', '', '', '', 0, 0);
		INSERT INTO clients SELECT 'c', 'built-in', 'n', 'n', '', '', x'', '', '[]', '[]', '', '[]', '', '', 0, 0, 0, 0, 0, 0, 0, '', '', '', '', 0, 0, 0, 1, 1;
		INSERT INTO plugin_instances VALUES ('miniorange', 'miniorange', 'builtin', x'7b7d', 1000, 2000);
		INSERT INTO plugin_bindings VALUES ('b1', 'miniorange', 'claims.map/v1', 'c', 100, 1, 1000);
		INSERT INTO plugin_bindings VALUES ('b2', 'miniorange', 'account.shape/v1', NULL, 100, 0, 1000)`)
	s := openAt(t, path)
	got, err := s.Plugins(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := time.UnixMilli(1000).UTC()
	instance := core.PluginInstance{Name: "miniorange", Plugin: "miniorange", Module: core.BuiltinModule, Settings: []byte("{}"), CreatedAt: at, UpdatedAt: at.Add(time.Second)}
	want := &core.PluginConfig{Generation: 1, Instances: []core.PluginInstance{instance}, Bindings: []core.PluginBinding{
		{ID: "b1", Instance: "miniorange", Hook: core.HookClaims, ClientID: "c", Position: 100, FailOpen: true, CreatedAt: at},
		{ID: "b2", Instance: "miniorange", Hook: core.HookAccount, Position: 100, CreatedAt: at},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}

	// What is new can be used, and the new rules hold.
	instance.Grants, instance.Limits = []core.PluginGrant{{Capability: "clock"}}, core.PluginLimits{MemoryMiB: 16}
	secret := core.PluginSecret{Name: "s", Sealed: []byte{1}, UpdatedAt: at}
	err = s.Apply(t.Context(), core.SaveInstance{Instance: instance}, core.SaveSecret{Instance: instance.Name, Secret: secret}, core.ReloadPlugins{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err = s.Plugins(t.Context()); err != nil {
		t.Fatal(err)
	}
	instance.Secrets, instance.UpdatedAt = []core.PluginSecret{secret}, instance.UpdatedAt.Add(time.Millisecond)
	if !reflect.DeepEqual(got.Instances, []core.PluginInstance{instance}) || got.Reload != 1 || len(got.Bindings) != 2 {
		t.Errorf("got %+v", got)
	}
	shadow := core.PluginBinding{ID: "b3", Instance: "miniorange", Hook: core.HookEvents, Shadow: true}
	if err := s.Apply(t.Context(), core.AddBinding{Binding: shadow}); err == nil {
		t.Error("an event sink may be a shadow")
	}
	if err := s.Apply(t.Context(), core.DeleteInstance{Name: "miniorange"}); err != nil {
		t.Error(err)
	}
}

// Codes and tokens from before the update work, whatever else is made of their table.
func TestUpgradeGrants(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postern.db")
	files := []string{"0001_initial.sql", "0002_plugin_modules.sql", "0003_plugin_pins.sql", "0004_plugin_outbox.sql", "0005_upstream.sql"}
	atVersion(t, path, files, `
		INSERT INTO organisations VALUES ('built-in', '', '', '', '', 0, 0);
		INSERT INTO clients SELECT 'c', 'built-in', 'n', 'n', '', '', x'', '', '[]', '[]', '', '[]', '', '', 0, 0, 0, 0, 0, 0, 0, '', '', '', '', 0, 0, 0, 1, 1;
		INSERT INTO users VALUES ('u', 1, 'built-in', 'ann', 'ann', '', 0, '', 0, 0, '{}', '{}', '', 0, 0, 0, 0, '');
		INSERT INTO plugin_instances (name, plugin, module, settings, created_at, updated_at) VALUES ('idp', 'oidc', 'builtin', x'7b7d', 0, 0);
		INSERT INTO grants (id, client_id, user_id, session_id, scopes, nonce, auth_time, amr, acr, upstream, upstream_claims, code_hash, code_expires_at, code_used_at,
				redirect_uri, redirect_uri_given, challenge, created_at, expires_at, revoked_at, revoked_reason)
			VALUES ('g', 'c', 'u', 's', 'openid email', 'n', 1000, 'pwd otp', '1', 'idp', x'7b7d', zeroblob(32), 2000, 3000, 'https://a', 1, 'ch', 4000, 5000, 6000, 'why');
		INSERT INTO access_tokens (id, hash, grant_id, scopes, created_at, expires_at) VALUES ('t', zeroblob(32), 'g', 'openid', 1000, 2000)`)
	s := openAt(t, path)
	at := func(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
	want := core.Grant{
		ID: "g", ClientID: "c", UserID: "u", SessionID: "s", Scopes: []string{"openid", "email"}, Nonce: "n", AuthTime: at(1), AMR: []string{"pwd", "otp"}, ACR: "1",
		Upstream: &core.Upstream{Connector: "idp", Claims: []byte("{}")}, CodeExpiresAt: at(2), CodeUsedAt: at(3), RedirectURI: "https://a", RedirectURIGiven: true,
		Challenge: "ch", CreatedAt: at(4), ExpiresAt: at(5), RevokedAt: at(6), RevokedReason: "why",
	}
	access, err := s.Access(t.Context(), "t")
	if err != nil || !reflect.DeepEqual(access.Grant, want) || access.User.Name != "ann" || access.Client.AllowedGroups != nil {
		t.Errorf("got %+v, %v", access, err)
	}
	if err := s.Apply(t.Context(), core.DeleteUser{ID: "u"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Code(t.Context(), "g"); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("the grant of a user who is gone: %v", err)
	}
}

// Who signed in before the update goes on, without a provider.
func TestUpgradeUpstream(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postern.db")
	files := []string{"0001_initial.sql", "0002_plugin_modules.sql", "0003_plugin_pins.sql", "0004_plugin_outbox.sql"}
	atVersion(t, path, files, `
		INSERT INTO organisations VALUES ('built-in', '', '', '', '', 0, 0);
		INSERT INTO clients SELECT 'c', 'built-in', 'n', 'n', '', '', x'', '', '[]', '[]', '', '[]', '', '', 0, 0, 0, 0, 0, 0, 0, '', '', '', '', 0, 0, 0, 1, 1;
		INSERT INTO users VALUES ('u', 1, 'built-in', 'ann', 'ann', '', 0, '', 0, 0, '{}', '{}', '', 0, 0, 0, 0, '');
		INSERT INTO sessions VALUES ('s', zeroblob(32), 'u', 0, 'pwd', '1', 0, 2000, 0, '192.0.2.1', 'agent');
		INSERT INTO grants VALUES ('g', 'c', 'u', 's', 'openid', 'n', 0, 'pwd', '1', zeroblob(32), 0, 0, '', 0, '', 0, 2000, 0, '');
		INSERT INTO auth_requests VALUES ('a', zeroblob(32), 'c', 'x=y', 0, 's', 0, '', 0, 2000)`)
	s := openAt(t, path)
	in, err := s.SignedIn(t.Context(), "s")
	if err != nil || in.Session.UserAgent != "agent" || in.Session.Upstream != nil || in.User.Name != "ann" {
		t.Errorf("session %+v, %v", in, err)
	}
	code, err := s.Code(t.Context(), "g")
	if err != nil || code.Grant.Nonce != "n" || code.Grant.Upstream != nil {
		t.Errorf("grant %+v, %v", code, err)
	}
	request, err := s.AuthRequest(t.Context(), "a")
	if err != nil || request.SessionID != "s" || request.SentTo != "" || request.ExpiresAt.UnixMilli() != 2000 {
		t.Errorf("request %+v, %v", request, err)
	}
}

// Organisations, clients and sign-ins under way from before the update have no rules, and
// what is new can be used with them.
func TestUpgradePeople(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postern.db")
	files := []string{
		"0001_initial.sql", "0002_plugin_modules.sql", "0003_plugin_pins.sql", "0004_plugin_outbox.sql", "0005_upstream.sql", "0006_access.sql",
		"0007_client_metadata.sql", "0008_assertions.sql", "0009_logout.sql", "0010_registration.sql",
	}
	atVersion(t, path, files, `
		INSERT INTO organisations VALUES ('built-in', 'Ours', '', '', '', 0, 0);
		INSERT INTO clients (id, org, name, name_folded, display_name, preset, secret_hash, auth_methods, redirect_uris, post_logout_redirect_uris, grant_types,
				response_types, scopes, id_token_alg, native, require_pkce, skip_consent, offline_without_prompt, query_token, shared, disabled, logo_uri,
				client_uri, policy_uri, terms_uri, access_ttl, id_token_ttl, refresh_ttl, created_at, updated_at)
			SELECT 'c', 'built-in', 'n', 'n', '', '', x'', '', '[]', '[]', '', '[]', '', '', 0, 0, 0, 0, 0, 0, 0, '', '', '', '', 0, 0, 0, 1, 1;
		INSERT INTO users VALUES ('u', 1, 'built-in', 'ann', 'ann', '', 0, '', 0, 0, '{}', '{}', '', 0, 0, 0, 0, '');
		INSERT INTO auth_requests (id, browser_hash, client_id, params, signed_in_at, session_id, consented, consented_scopes, created_at, expires_at)
			VALUES ('a', zeroblob(32), 'c', 'x=y', 0, '', 0, '', 0, 2000)`)
	s := openAt(t, path)
	orgs, err := s.Organisations(t.Context())
	if err != nil || !reflect.DeepEqual(orgs, []core.Organisation{{Name: "built-in", DisplayName: "Ours"}}) {
		t.Errorf("organisations %+v, %v", orgs, err)
	}
	client, err := s.Client(t.Context(), "c")
	if err != nil || !reflect.DeepEqual(client.SignIn, core.SignInRules{}) {
		t.Errorf("client %+v, %v", client, err)
	}
	request, err := s.AuthRequest(t.Context(), "a")
	if err != nil || request.Partial != nil || request.Params.Get("x") != "y" {
		t.Errorf("request %+v, %v", request, err)
	}
	app := core.Authenticator{ID: "t", UserID: "u", Kind: core.AuthenticatorTOTP}
	if err := s.Apply(t.Context(), core.AddAuthenticator{Authenticator: app}); err != nil {
		t.Error(err)
	}
}

// Directories from before administrators had roles get the client of the command line,
// versions, and what lists are searched by.
func TestUpgradeAdministration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postern.db")
	files := []string{
		"0001_initial.sql", "0002_plugin_modules.sql", "0003_plugin_pins.sql", "0004_plugin_outbox.sql", "0005_upstream.sql", "0006_access.sql",
		"0007_client_metadata.sql", "0008_assertions.sql", "0009_logout.sql", "0010_registration.sql", "0011_people.sql", "0012_browsers.sql",
	}
	atVersion(t, path, files, `
		INSERT INTO organisations VALUES ('built-in', 'Ours', '', '', '', 0, 1000, '{}', '{}');
		INSERT INTO clients (id, org, name, name_folded, display_name, preset, secret_hash, auth_methods, redirect_uris, post_logout_redirect_uris, grant_types,
				response_types, scopes, id_token_alg, native, require_pkce, skip_consent, offline_without_prompt, query_token, shared, disabled, logo_uri,
				client_uri, policy_uri, terms_uri, access_ttl, id_token_ttl, refresh_ttl, created_at, updated_at)
			SELECT 'c', 'built-in', 'Postern-CLI', 'postern-cli', 'Ürsula''s', '', x'', '', '[]', '[]', '', '[]', '', '', 0, 0, 0, 0, 0, 0, 0, '', '', '', '', 0, 0, 0, 1, 1;
		INSERT INTO groups VALUES ('g', 'built-in', 'Staff', 'Ältere', 2000);
		INSERT INTO users VALUES ('u', 1, 'built-in', 'ann', 'ann', '', 0, '', 0, 0, '{"display_name":"Ängström","external_id":"e1"}', '{}', '', 0, 0, 0, 0, '');
		INSERT INTO events VALUES ('e', 0, 'signout', '', 'u', '', '', '', '', '', '{}')`)
	s := openAt(t, path)
	ctx := t.Context()
	org, err := s.Organisation(ctx, "built-in")
	if err != nil || org.UpdatedAt.UnixMilli() != 1000 {
		t.Errorf("organisation %+v, %v", org, err)
	}
	group, err := s.Group(ctx, "built-in", "Staff")
	if err != nil || group.UpdatedAt.UnixMilli() != 2000 || group.ExternalID != "" {
		t.Errorf("group %+v, %v", group, err)
	}
	// It keeps out of the way of a client that was there first.
	command, err := s.Client(ctx, core.ClientCommand)
	if err != nil || command.Name != "postern-cli-2" || !command.Public() {
		t.Errorf("client %+v, %v", command, err)
	}
	events, err := s.Events(ctx, core.EventFilter{})
	if err != nil || len(events) != 1 || events[0].Org != "" || events[0].Fields != nil {
		t.Errorf("events %+v, %v", events, err)
	}
	token := core.APIToken{ID: "t", Holder: "u", Hash: core.Hash{1}, ExpiresAt: time.UnixMilli(1)}
	if err := s.Apply(ctx, core.GrantRole{Grant: core.RoleGrant{Holder: "u", Role: core.RoleOwner}}, core.AddAPIToken{Token: token}, core.KeepAdministrator{}); err != nil {
		t.Error(err)
	}
}
