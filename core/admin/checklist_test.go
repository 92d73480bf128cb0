package admin_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// happening is an event of the audit log.
type happening struct {
	kind   core.EventType
	detail map[string]string
}

func refusedFor(kind core.EventType, reason string, more ...string) happening {
	detail := map[string]string{"reason": reason}
	for i := 0; i < len(more); i += 2 {
		detail[more[i]] = more[i+1]
	}
	return happening{kind, detail}
}

const allScopes = "address phone openid profile offline_access email"

var (
	codeIssued  = happening{core.EventCodeIssued, map[string]string{"scopes": allScopes}}
	tokenIssued = happening{core.EventTokenIssued, map[string]string{"scopes": allScopes}}
)

const wikiCallback = "https://wiki.example.org/plugins/servlet/oauth/callback"

// What happened, and what the page says of it. The point that is looked at has the state and
// all of these words.
func TestChecklistFollowsWhatHappened(t *testing.T) {
	w := newWorld(t)
	w.Issuer = issuer
	alice, err := w.CreateUser(t.Context(), actor, admin.NewUser{Name: "alice", Email: "alice@example.org", Groups: []string{"staff"}})
	if err != nil {
		t.Fatal(err)
	}
	client := w.create(t, admin.NewClient{Name: "wiki", Preset: admin.PresetConfluence, Address: "https://wiki.example.org"})
	later := func(d time.Duration) happening { return happening{"", map[string]string{"after": d.String()}} }
	for _, tt := range []struct {
		name   string
		events []happening
		check  string // name and state
		says   []string
	}{
		{"nothing", nil, "authorization open", []string{"not yet", "Open the application and sign in"}},
		{"nothing, tokens", nil, "tokens open", []string{"not yet"}},
		{"other redirect URI", []happening{refusedFor(core.EventAuthorizeRefused, "redirect_uri_unregistered", "redirect_uri", "http://wiki.example.org/plugins/servlet/oauth/callback")},
			"authorization wrong", []string{"http://wiki.example.org/plugins/servlet/oauth/callback", wikiCallback}},
		{"redirect URI that was not kept", []happening{refusedFor(core.EventAuthorizeRefused, "redirect_uri_unregistered")}, "authorization wrong", []string{wikiCallback}},
		{"no redirect URI", []happening{refusedFor(core.EventAuthorizeRefused, "redirect_uri_missing")}, "authorization wrong", []string{"callback URL"}},
		{"PKCE", []happening{refusedFor(core.EventAuthorizeRefused, "challenge_missing")}, "authorization wrong", []string{"PKCE", "S256"}},
		{"scopes", []happening{refusedFor(core.EventAuthorizeRefused, "scope_unregistered", "scope", "groups roles")}, "authorization wrong", []string{"groups roles", allScopes}},
		{"response type", []happening{refusedFor(core.EventAuthorizeRefused, "response_type_unregistered")}, "authorization wrong", []string{"response_type=code"}},
		{"a mistake that was mended", []happening{refusedFor(core.EventAuthorizeRefused, "redirect_uri_missing"), codeIssued}, "authorization done", []string{"signed in"}},
		{"somebody gave up", []happening{codeIssued, refusedFor(core.EventAuthorizeRefused, "cancelled"), refusedFor(core.EventAuthorizeRefused, "prompt_none")}, "authorization done", nil},
		{"a mistake behind somebody who gave up", []happening{refusedFor(core.EventAuthorizeRefused, "challenge_missing"), refusedFor(core.EventAuthorizeRefused, "prompt_none")}, "authorization wrong", []string{"PKCE"}},
		{"a code just now", []happening{codeIssued}, "tokens open", []string{"not yet"}},
		{"a code that nobody took", []happening{codeIssued, later(2 * time.Minute)}, "tokens open", []string{"got a code", "token endpoint"}},
		{"a code that nobody took later on", []happening{codeIssued, tokenIssued, codeIssued, later(2 * time.Minute)}, "tokens open", []string{"got a code"}},
		{"wrong secret", []happening{codeIssued, refusedFor(core.EventTokenRefused, "client_secret_wrong")}, "tokens wrong", []string{"secret that is not right", "make a new one"}},
		{"no secret", []happening{codeIssued, refusedFor(core.EventTokenRefused, "client_auth_missing")}, "tokens wrong", []string{"no client secret"}},
		{"another way to send it", []happening{codeIssued, refusedFor(core.EventTokenRefused, "client_auth_method")}, "tokens wrong", []string{"client_secret_basic or client_secret_post"}},
		{"other redirect URI at the end", []happening{codeIssued, refusedFor(core.EventTokenRefused, "other_redirect_uri")}, "tokens wrong", []string{"proxy"}},
		{"an assertion", []happening{codeIssued, refusedFor(core.EventTokenRefused, "client_assertion_audience")}, "tokens wrong", []string{"client assertion audience"}},
		{"tokens", []happening{codeIssued, tokenIssued}, "tokens done", []string{"got tokens"}},
		{"an old refresh token", []happening{codeIssued, tokenIssued, refusedFor(core.EventTokenRefused, "refresh_token_expired")}, "tokens done", nil},
		{"a refresh after a mistake", []happening{tokenIssued, refusedFor(core.EventTokenRefused, "client_secret_wrong"), {core.EventTokenRefreshed, nil}}, "tokens done", nil},
		{"told", []happening{codeIssued, tokenIssued}, "claims done", []string{"in which groups"}},
		{"no openid", []happening{{core.EventCodeIssued, map[string]string{"scopes": "profile email"}}}, "claims wrong", []string{"no ID token", allScopes}},
		{"no profile", []happening{{core.EventCodeIssued, map[string]string{"scopes": "openid email"}}}, "claims wrong", []string{"no groups", "scope profile"}},
		{"no e-mail", []happening{{core.EventCodeIssued, map[string]string{"scopes": "openid profile"}}}, "claims wrong", []string{"scope email"}},
		{"refresh tokens", []happening{codeIssued}, "offline_access done", nil},
		{"no refresh tokens", []happening{{core.EventCodeIssued, map[string]string{"scopes": "openid profile email"}}}, "offline_access open", []string{"Add offline_access"}},
		{"token in the address", []happening{codeIssued, tokenIssued, refusedFor(core.EventResourceRefused, "token_in_query")}, "resources wrong", []string{"accessToken="}},
		{"UserInfo mended", []happening{refusedFor(core.EventResourceRefused, "token_in_query"), tokenIssued}, "resources none", nil},
		{"UserInfo too late", []happening{tokenIssued, refusedFor(core.EventResourceRefused, "token_expired")}, "resources none", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fresh := w.twin(t, client)
			for _, h := range tt.events {
				if wait, err := time.ParseDuration(h.detail["after"]); err == nil {
					w.now = w.now.Add(wait)
					continue
				}
				w.happened(fresh.ID, alice.User.ID, h)
			}
			w.says(t, fresh, tt.check, tt.says...)
		})
	}
}

// twin makes another client like this one, of which nothing was seen.
func (w *world) twin(t *testing.T, client *core.Client) *core.Client {
	t.Helper()
	return w.create(t, admin.NewClient{Name: "wiki-" + strings.ReplaceAll(strings.ToLower(t.Name()[strings.LastIndex(t.Name(), "/")+1:]), ",", ""), Preset: client.Preset, Address: "https://wiki.example.org"})
}

// says looks at one point of the checklist. The state "none" is for a point that is not
// there.
func (w *world) says(t *testing.T, client *core.Client, check string, words ...string) {
	t.Helper()
	guide, err := w.ClientGuide(t.Context(), client, "")
	if err != nil {
		t.Fatal(err)
	}
	name, state, _ := strings.Cut(check, " ")
	i := slices.IndexFunc(guide.Checks, func(c admin.Check) bool { return c.Name == name })
	if i < 0 {
		if state != "none" {
			t.Fatalf("there is no %s in %+v", name, guide.Checks)
		}
		return
	}
	got := guide.Checks[i]
	if string(got.State) != state {
		t.Errorf("got %+v, want %s", got, check)
	}
	for _, word := range words {
		if !strings.Contains(got.Text+" "+got.Hint, word) {
			t.Errorf("it does not say %q: %s %s", word, got.Text, got.Hint)
		}
	}
}

// Every reason that means a mistake has its own words, and a sentence of what to do.
func TestMistakesHaveWords(t *testing.T) {
	w := newWorld(t)
	client := w.create(t, admin.NewClient{Name: "wiki", Preset: admin.PresetConfluence, Address: "https://wiki.example.org"})
	seen := map[string]string{}
	for _, reason := range []string{
		"redirect_uri_missing", "client_disabled", "organisation_disabled", "client_secret_wrong", "client_auth_missing", "client_auth_malformed", "client_auth_unsupported",
		"client_auth_twice", "client_auth_method", "client_id_mismatch", "challenge_missing", "challenge_malformed", "challenge_method", "verifier_missing", "verifier_wrong",
		"verifier_malformed", "verifier_without_challenge", "scope_missing", "scope_malformed", "scope_without_openid", "scope_unregistered", "response_type_missing", "response_type",
		"response_type_unregistered", "response_mode", "nonce_missing", "request_object", "grant_type_not_registered", "unsupported_grant_type", "no_grant_type", "no_code",
		"no_redirect_uri", "other_redirect_uri", "code_of_other_client", "parameters_in_query", "content_type", "wrong_path",
	} {
		w.happened(client.ID, "", refusedFor(core.EventTokenRefused, reason))
		guide, err := w.ClientGuide(t.Context(), client, "")
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(guide.Checks, func(c admin.Check) bool { return c.Name == "tokens" })
		check := guide.Checks[i]
		if check.State != admin.CheckWrong || !strings.HasSuffix(check.Text, ".") || check.Hint == "" || strings.Contains(check.Text, reason) && strings.Contains(reason, "_") && reason != "response_type" {
			t.Errorf("%s: %+v", reason, check)
		}
		if other := seen[check.Text]; other != "" {
			t.Errorf("%s and %s are told alike: %s", reason, other, check.Text)
		}
		seen[check.Text] = reason
	}
}

// With a wrong client ID nothing says which client is meant, but where it wants to be
// answered.
func TestChecklistOfUnknownClientID(t *testing.T) {
	w := newWorld(t)
	wiki := w.create(t, admin.NewClient{Name: "wiki", Preset: admin.PresetConfluence, Address: "https://wiki.example.org"})
	other := w.create(t, admin.NewClient{Name: "other", Preset: admin.PresetConfluence, Address: "https://other.example.org"})
	w.happened("", "", refusedFor(core.EventAuthorizeRefused, "client_unknown", "redirect_uri", wikiCallback))
	w.says(t, wiki, "authorization wrong", wikiCallback, wiki.ID)
	w.says(t, other, "authorization open")
	w.happened(wiki.ID, "", codeIssued)
	w.says(t, wiki, "authorization done")
}

// What the people lack, and what somebody took from the client.
func TestChecklistOfWhatIsMissing(t *testing.T) {
	w := newWorld(t)
	w.Issuer = issuer
	alone, err := w.CreateUser(t.Context(), actor, admin.NewUser{Name: "alone", Email: "alone@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	bare, err := w.CreateUser(t.Context(), actor, admin.NewUser{Name: "bare"})
	if err != nil {
		t.Fatal(err)
	}
	wiki := w.create(t, admin.NewClient{Name: "wiki", Preset: admin.PresetConfluence, Address: "https://wiki.example.org"})
	w.happened(wiki.ID, alone.User.ID, codeIssued)
	w.says(t, wiki, "claims done", "no groups")
	w.happened(wiki.ID, bare.User.ID, codeIssued)
	w.says(t, wiki, "claims wrong", "no e-mail address")
	w.happened(wiki.ID, "deleted", codeIssued)
	w.says(t, wiki, "claims none")

	proxy := w.create(t, admin.NewClient{Name: "proxy", Preset: admin.PresetOAuth2Proxy, Address: "https://proxy.example.org"})
	w.happened(proxy.ID, alone.User.ID, happening{core.EventCodeIssued, map[string]string{"scopes": "openid profile email offline_access"}})
	w.says(t, proxy, "claims wrong", "not verified")

	w.says(t, wiki, "plugins none")
	if _, err := w.UnbindPlugin(t.Context(), actor, admin.Unbind{Instance: "miniorange", ClientID: wiki.ID, Hook: core.HookClaims}); err != nil {
		t.Fatal(err)
	}
	w.says(t, wiki, "plugins wrong", "groups", "miniorange")

	edited, err := w.UpdateClient(t.Context(), actor, wiki.ID, "", func(c *core.Client) { c.OfflineWithoutPrompt = false })
	if err != nil {
		t.Fatal(err)
	}
	w.says(t, edited, "offline_access wrong", "no refresh token")
	edited.SecretHash = core.Hash{}
	w.says(t, edited, "secret wrong", "Make a new secret")
}

func TestChecklistOfTheClientItself(t *testing.T) {
	w := newWorld(t)
	w.Issuer = issuer
	client := w.create(t, admin.NewClient{Name: "wiki", Preset: admin.PresetConfluence, Address: "https://wiki.example.org"})
	w.checklist(client, "issuer done", "redirect_uris done", "authorization open", "tokens open")

	// What another client did does not count.
	w.happened(client.ID, "", codeIssued)
	other := w.create(t, admin.NewClient{Name: "other", Preset: admin.PresetGrafana, Address: "https://g.example.org"})
	w.checklist(other, "issuer done", "redirect_uris done", "authorization open", "tokens open")
	edited, err := w.UpdateClient(t.Context(), actor, other.ID, "", func(c *core.Client) {
		c.RedirectURIs, c.AllowedGroups, c.Disabled = []string{"https://g.example.org/else"}, []string{"nobody"}, true
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Issuer = "http://localhost:8000"
	w.checklist(edited, "issuer wrong", "redirect_uris wrong", "enabled wrong", "groups wrong", "authorization open", "tokens open")

	// A program of its own signs nobody in.
	service := w.create(t, admin.NewClient{Name: "reporter", Preset: admin.PresetService, Edit: func(c *core.Client) { c.Scopes = []string{"reports.read"} }})
	w.checklist(service, "tokens open")
}

// checklist compares names and states.
func (w *world) checklist(client *core.Client, want ...string) []admin.Check {
	w.t.Helper()
	guide, err := w.ClientGuide(w.t.Context(), client, "")
	if err != nil {
		w.t.Fatal(err)
	}
	var got []string
	for _, c := range guide.Checks {
		got = append(got, c.Name+" "+string(c.State))
		if (c.Hint == "") != (c.State == admin.CheckDone) || c.Text == "" {
			w.t.Errorf("%+v", c)
		}
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("got %v, want %v", got, want)
	}
	return guide.Checks
}

// happened records an event of the client, a second after the one before.
func (w *world) happened(client string, user core.ID, h happening) {
	w.t.Helper()
	w.now = w.now.Add(time.Second)
	event := core.Event{ID: core.NewID(w.now, w.Rand), At: w.now, Type: h.kind, ClientID: client, UserID: user, Detail: h.detail}
	if err := w.store.Apply(w.t.Context(), core.Record{Event: event}); err != nil {
		w.t.Fatal(err)
	}
}
