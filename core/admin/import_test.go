package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

const bcryptHash = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"

// moving is a plan with an object of each kind.
func moving() *admin.ImportPlan {
	return &admin.ImportPlan{
		Source:        "elsewhere",
		Organisations: []admin.ImportOrganisation{{Name: "acme", DisplayName: "Acme", Logo: "javascript:alert(1)"}},
		Groups:        []admin.ImportGroup{{Org: "acme", Name: "writers", DisplayName: "Writers"}, {Org: "acme", Name: "a;b"}},
		Clients: []admin.ImportClient{{
			Org: "acme", ID: "0123456789abcdef0123", Name: "wiki", DisplayName: "Wiki", Secret: "0123456789abcdef0123456789abcdef01234567", Preset: "confluence",
			RedirectURIs: []string{"https://wiki.example.org/plugins/servlet/oauth/callback", "http://wiki.example.org/old", "https://*.example.org/"},
			LogoURI:      "ftp://logo", AllowedGroups: []string{"writers"},
		}},
		Users: []admin.ImportUser{{
			Org: "acme", ID: "5bf2d2a1-9c50-4b4e-8d5f-4c3f0e2a9a01", Name: "ann", Email: "ann@example.org", EmailVerified: true, PasswordHash: bcryptHash,
			Profile: core.Profile{DisplayName: "Ann Archer", Phone: "not a phone", Address: core.Address{Locality: "Bern"}},
			Groups:  []string{"writers", "readers", "a,b"}, Attributes: map[string]string{"department": "press", "bad name": "x"},
			TOTP: []admin.ImportTOTP{{Name: "phone", Seed: []byte("0123456789abcdefghij")}, {Seed: []byte("short")}},
		}, {
			Org: "acme", ID: "2", Name: "ben", Email: "ann@example.org", Password: "ben's password", Disabled: true,
		}, {
			Org: "acme", ID: "3", Name: "cy rus",
		}, {
			Org: "nowhere", ID: "4", Name: "dan",
		}},
		Left: []admin.ImportRow{{Kind: "permission", Org: "acme", Name: "p1", Reason: "there are no permissions here"}},
	}
}

func (w *world) imports(plan *admin.ImportPlan, options admin.ImportOptions) *admin.ImportReport {
	w.t.Helper()
	report, err := w.Import(w.t.Context(), actor, plan, options)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

// results gives "kind name: result" for each row.
func results(report *admin.ImportReport) (lines []string) {
	for _, row := range report.Rows {
		lines = append(lines, row.Kind+" "+row.Name+": "+string(row.Result))
	}
	return lines
}

func rowOf(t *testing.T, report *admin.ImportReport, kind, name string) admin.ImportRow {
	t.Helper()
	at := slices.IndexFunc(report.Rows, func(r admin.ImportRow) bool { return r.Kind == kind && r.Name == name })
	if at < 0 {
		t.Fatalf("no row for %s %s in %v", kind, name, results(report))
	}
	return report.Rows[at]
}

func (w *world) find(org, login string) *core.User {
	w.t.Helper()
	user, err := w.FindUser(w.t.Context(), org, login)
	if err != nil {
		w.t.Fatal(err)
	}
	return user
}

// A dry run says what the run does, and changes nothing.
func TestImport(t *testing.T) {
	w := newWorld(t)
	dry := w.imports(moving(), admin.ImportOptions{DryRun: true})
	if _, err := w.Organisation(t.Context(), "acme"); !errors.Is(err, core.ErrNotFound) {
		t.Fatalf("the dry run made the organisation: %v", err)
	}
	if events, err := w.store.Events(t.Context(), core.EventFilter{}); err != nil || len(events) != 0 {
		t.Fatalf("the dry run recorded %v, %v", events, err)
	}
	done := w.imports(moving(), admin.ImportOptions{})
	want := []string{
		"organisation acme: created", "group writers: created", "group a;b: refused", "client wiki (0123456789abcdef0123): created",
		"user ann: created", "user ben: created", "user cy rus: refused", "user dan: refused", "permission p1: refused",
	}
	if got := results(done); !slices.Equal(got, want) {
		t.Errorf("results\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !dry.DryRun || done.DryRun || !reflect.DeepEqual(dry.Rows, done.Rows) {
		t.Errorf("the dry run said\n%+v\nthe run\n%+v", dry.Rows, done.Rows)
	}
	for _, row := range done.Rows {
		if (row.Result == admin.ImportRefused) != (row.Reason != "") {
			t.Errorf("row %+v", row)
		}
	}
	w.checkImported()
	w.checkNotes(done)
	before, err := w.store.Events(t.Context(), core.EventFilter{})
	if err != nil {
		t.Fatal(err)
	}
	again := w.imports(moving(), admin.ImportOptions{})
	for _, row := range again.Rows {
		if row.Result == admin.ImportCreated || row.Result == admin.ImportUpdated {
			t.Errorf("the second run: %+v", row)
		}
	}
	after, err := w.store.Events(t.Context(), core.EventFilter{})
	if err != nil || len(after) != len(before)+1 {
		t.Errorf("the second run recorded %d more, %v", len(after)-len(before), err)
	}
	said, err := w.store.Events(t.Context(), core.EventFilter{Type: core.EventImported})
	if err != nil || len(said) != 2 || !slices.ContainsFunc(said, func(e core.Event) bool {
		return reflect.DeepEqual(e.Detail, map[string]string{"source": "elsewhere", "created": "0", "updated": "0", "unchanged": "5", "refused": "4"})
	}) {
		t.Errorf("the audit log says %+v, %v", said, err)
	}
}

func (w *world) checkImported() {
	w.t.Helper()
	ann := w.find("acme", "ann")
	if !ann.EmailVerified || ann.PasswordHash != bcryptHash || ann.PasswordAt.IsZero() || ann.Admin || ann.Disabled || !slices.Equal(ann.Groups, []string{"readers", "writers"}) ||
		ann.Profile.DisplayName != "Ann Archer" || ann.Profile.Phone != "" || ann.Profile.Address.Locality != "Bern" ||
		ann.Profile.ExternalID != "5bf2d2a1-9c50-4b4e-8d5f-4c3f0e2a9a01" || ann.ID == "5bf2d2a1-9c50-4b4e-8d5f-4c3f0e2a9a01" {
		w.t.Errorf("ann is %+v", ann)
	}
	if want := map[string]string{"department": "press", "imported_from": "elsewhere", "imported_id": ann.Profile.ExternalID}; !reflect.DeepEqual(ann.Attributes, want) {
		w.t.Errorf("attributes %v", ann.Attributes)
	}
	proofs, err := w.UserProofs(w.t.Context(), ann.ID)
	if err != nil || len(proofs.Authenticators) != 1 || proofs.Authenticators[0].Name != "phone" ||
		string(proofs.Authenticators[0].Data) != string(sealer{}.Seal([]byte("0123456789abcdefghij"), core.TOTPPurpose(proofs.Authenticators[0].ID))) {
		w.t.Errorf("proofs %+v, %v", proofs, err)
	}
	ben := w.find("acme", "ben")
	if ben.Email != "" || !ben.Disabled || !strings.HasPrefix(ben.PasswordHash, "$argon2id$") {
		w.t.Errorf("ben is %+v", ben)
	}
	client, err := w.store.Client(w.t.Context(), "0123456789abcdef0123")
	if err != nil || client.Name != "wiki" || client.Org != "acme" || !client.SecretHash.Matches(core.HashClientSecret("0123456789abcdef0123456789abcdef01234567")) ||
		!slices.Equal(client.RedirectURIs, []string{"https://wiki.example.org/plugins/servlet/oauth/callback"}) || client.LogoURI != "" || !client.SkipConsent {
		w.t.Errorf("client %+v, %v", client, err)
	}
	config, err := w.PluginConfig(w.t.Context())
	if err != nil || len(config.Bindings) != 2 || config.Bindings[0].ClientID != client.ID {
		w.t.Errorf("bindings %+v, %v", config.Bindings, err)
	}
}

func (w *world) checkNotes(report *admin.ImportReport) {
	w.t.Helper()
	notes := strings.Join(rowOf(w.t, report, "user", "ann").Notes, "\n")
	for _, part := range []string{"phone", `"a,b" is no group name`, `"bad name"`, "seed is too short"} {
		if !strings.Contains(notes, part) {
			w.t.Errorf("the notes do not mention %s: %s", part, notes)
		}
	}
	if notes := strings.Join(rowOf(w.t, report, "client", "wiki (0123456789abcdef0123)").Notes, "\n"); !strings.Contains(notes, "http://wiki.example.org/old") ||
		!strings.Contains(notes, "https://*.example.org/") || !strings.Contains(notes, "logo") {
		w.t.Errorf("notes of the client: %s", notes)
	}
}

// A second import takes what changed there, and leaves what was done here.
func TestImportAgain(t *testing.T) {
	w := newWorld(t)
	w.imports(moving(), admin.ImportOptions{})
	ann, ben := w.find("acme", "ann"), w.find("acme", "ben")
	session, _ := w.signedIn(ann, w.client(admin.NewClient{Name: "rp"}))
	if err := w.EnableUser(t.Context(), actor, ben.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.SetPassword(t.Context(), actor, ben.ID, "chosen here"); err != nil {
		t.Fatal(err)
	}
	changed := moving()
	changed.Users[0].Name, changed.Users[0].Email, changed.Users[0].EmailVerified = "anna", "anna@example.org", false
	changed.Users[0].Profile = core.Profile{Title: "Editor"}
	changed.Users[0].PasswordHash = strings.Replace(bcryptHash, "$04$", "$05$", 1)
	changed.Users[0].Groups = []string{"editors"}
	changed.Users[1].Email, changed.Users[1].Disabled, changed.Users[1].PasswordHash, changed.Users[1].Password = "", false, bcryptHash, ""
	changed.Clients[0].RedirectURIs = append(changed.Clients[0].RedirectURIs, "https://wiki.example.org/two")
	report := w.imports(changed, admin.ImportOptions{})
	if got := results(report); !slices.Contains(got, "user anna: updated") || !slices.Contains(got, "user ben: unchanged") || !slices.Contains(got, "client wiki (0123456789abcdef0123): updated") {
		t.Errorf("results %v", got)
	}
	anna := w.find("acme", "anna")
	if anna.ID != ann.ID || anna.Email != "anna@example.org" || anna.EmailVerified || anna.Profile.DisplayName != "Ann Archer" || anna.Profile.Title != "Editor" ||
		anna.PasswordHash != changed.Users[0].PasswordHash || !slices.Equal(anna.Groups, []string{"editors", "readers", "writers"}) {
		t.Errorf("anna is %+v", anna)
	}
	sessions, err := w.UserSessions(t.Context(), ann.ID)
	if err != nil || slices.ContainsFunc(sessions, func(s core.Session) bool { return s.ID == session && s.EndedAt.IsZero() }) {
		t.Errorf("sessions after another password: %+v, %v", sessions, err)
	}
	w.checkRecorded(core.EventUserUpdated, "email", "ann@example.org", "anna@example.org")
	w.checkRecorded(core.EventPasswordSet, "password", "", "")
	w.checkRecorded(core.EventClientCreated, "display_name", "", "Wiki")
	if here := w.find("acme", "ben"); !strings.HasPrefix(here.PasswordHash, "$argon2id$") || here.Disabled {
		t.Errorf("ben is %+v", here)
	}
	changed.Users[0].Disabled = true
	w.imports(changed, admin.ImportOptions{})
	if here := w.find("acme", "anna"); !here.Disabled {
		t.Error("whoever is disabled there is not disabled here")
	}
	changed.Users[0].Disabled = false
	row := rowOf(t, w.imports(changed, admin.ImportOptions{}), "user", "anna")
	if here := w.find("acme", "anna"); !here.Disabled || row.Result != admin.ImportUnchanged || !slices.Contains(row.Notes, "is disabled here, and stays so") {
		t.Errorf("enabled again: %+v, %+v", here, row)
	}
}

// checkRecorded fails unless an event of an import in acme says what a field was and is.
func (w *world) checkRecorded(kind core.EventType, field, before, after string) {
	w.t.Helper()
	events, err := w.store.Events(w.t.Context(), core.EventFilter{Type: kind, Org: "acme"})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range events {
		if e.Detail["import"] == "elsewhere" && slices.Contains(e.Fields, core.FieldChange{Field: field, Before: before, After: after}) {
			return
		}
	}
	w.t.Errorf("no %s says that %s was %q and is %q: %+v", kind, field, before, after, events)
}

// Who is here already is somebody else, unless the operator says that they are not.
func TestImportMeetsUsers(t *testing.T) {
	w := newWorld(t)
	here := w.user(admin.NewUser{Name: "ann", Email: "ann@example.org", Password: "of her own here"})
	w.user(admin.NewUser{Name: "zoe@example.org"})
	plan := &admin.ImportPlan{Source: "elsewhere", Users: []admin.ImportUser{
		{ID: "1", Name: "Ann", PasswordHash: bcryptHash}, {ID: "2", Name: "other", Email: "zoe@example.org"}, {ID: "2", Name: "twice"}, {ID: "3", Name: "OTHER"}, {Name: "nobody"},
	}}
	report := w.imports(plan, admin.ImportOptions{})
	if got, want := results(report), []string{"user Ann: refused", "user other: created", "user twice: refused", "user OTHER: refused", "user nobody: refused"}; !slices.Equal(got, want) {
		t.Errorf("results %v", got)
	}
	if row := report.Rows[0]; !strings.Contains(row.Reason, "--adopt") {
		t.Errorf("reason %q", row.Reason)
	}
	guarded := errors.New("disk on fire")
	guard := admin.ImportOptions{Adopt: true, Guard: func(_ context.Context, user *core.User) error {
		if user.ID != here.ID {
			t.Errorf("guards %+v", user)
		}
		return guarded
	}}
	if _, err := w.Import(t.Context(), actor, plan, guard); !errors.Is(err, guarded) {
		t.Errorf("a guard that fails: %v", err)
	}
	guarded = &admin.InvalidError{Problems: []admin.Problem{{Text: "may more than you"}}}
	if row := w.imports(plan, guard).Rows[0]; row.Result != admin.ImportRefused || row.Reason != "may more than you" {
		t.Errorf("guarded: %+v", row)
	}
	adopted := w.imports(plan, admin.ImportOptions{Adopt: true})
	ann := w.find("", "ann")
	if adopted.Rows[0].Result != admin.ImportUpdated || ann.ID != here.ID || ann.Name != "Ann" || ann.Email != "ann@example.org" || ann.PasswordHash != here.PasswordHash {
		t.Errorf("adopted: %+v, %+v", adopted.Rows[0], ann)
	}
}

func TestImportKeepsIdentifiers(t *testing.T) {
	w := newWorld(t)
	there := w.user(admin.NewUser{Name: "zoe"})
	const id = "5bf2d2a1-9c50-4b4e-8d5f-4c3f0e2a9a01"
	plan := &admin.ImportPlan{Source: "elsewhere", Users: []admin.ImportUser{{ID: id, Name: "ann"}, {ID: "no UUID", Name: "ben"}, {ID: string(there.ID), Name: "cyrus"}}}
	report := w.imports(plan, admin.ImportOptions{KeepIDs: true})
	if w.find("", "ann").ID != id || w.find("", "ben").ID == "" || report.Rows[2].Result != admin.ImportRefused {
		t.Errorf("ann is %s, %v", w.find("", "ann").ID, results(report))
	}
}

func TestImportIntoOneOrganisation(t *testing.T) {
	w := newWorld(t)
	if _, err := w.Import(t.Context(), actor, moving(), admin.ImportOptions{Org: "nowhere"}); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("an organisation that is not there: %v", err)
	}
	report := w.imports(moving(), admin.ImportOptions{Org: core.DefaultOrganisation})
	if got := results(report); slices.Contains(got, "organisation acme: created") || !slices.Contains(got, "user dan: created") {
		t.Errorf("results %v", got)
	}
	for _, row := range report.Rows {
		if row.Org != core.DefaultOrganisation {
			t.Errorf("row %+v", row)
		}
	}
}

func TestImportRefusesPlans(t *testing.T) {
	w := newWorld(t)
	for _, source := range []string{"", "two words", strings.Repeat("x", 65)} {
		if _, err := w.Import(t.Context(), actor, &admin.ImportPlan{Source: source}, admin.ImportOptions{}); problems(t, err)[0] != "source" {
			t.Errorf("source %q: %v", source, err)
		}
	}
	long := strings.Repeat("s", 300)
	plan := &admin.ImportPlan{Source: "elsewhere", Clients: []admin.ImportClient{
		{ID: "https://app.example.org", RedirectURIs: []string{"https://app.example.org/"}},
		{ID: "postern-cli", RedirectURIs: []string{"https://app.example.org/"}},
		{ID: "none"},
		{ID: "preset", Preset: "unknown"},
		{ID: "secret", Secret: long, RedirectURIs: []string{"https://app.example.org/"}},
		{ID: "weak", Secret: "weak", RedirectURIs: []string{"https://app.example.org/"}},
		{ID: "again", Name: "weak", Secret: "weak", RedirectURIs: []string{"https://app.example.org/"}},
		{ID: "public", RedirectURIs: []string{"https://app.example.org/"}},
		{ID: "lost", Org: "nowhere", RedirectURIs: []string{"https://app.example.org/"}},
	}}
	report := w.imports(plan, admin.ImportOptions{})
	for at, want := range []string{
		"a client id has", "Postern's own", "the redirect URI is missing", "no preset", "more than 255", "", `the name "weak" is that of the client weak`, "", "no organisation",
	} {
		if row := report.Rows[at]; (row.Result == admin.ImportRefused) != (want != "") || !strings.Contains(row.Reason, want) || strings.Contains(row.Reason, "sss") {
			t.Errorf("%s: %+v, want %q", row.Name, row, want)
		}
	}
	if notes := report.Rows[5].Notes; len(notes) != 1 || !strings.Contains(notes[0], "rotate it soon") {
		t.Errorf("notes of a weak secret: %v", notes)
	}
	if client, err := w.store.Client(t.Context(), "public"); err != nil || !client.Public() || !client.RequirePKCE {
		t.Errorf("the public client is %+v, %v", client, err)
	}
}

// No file makes a client that administers, nor gets at the answers to one that does.
func TestImportMakesNoAdministration(t *testing.T) {
	w := newWorld(t)
	made, err := w.CreateClient(t.Context(), actor, admin.NewClient{Name: "panel", Edit: func(c *core.Client) {
		c.RedirectURIs, c.Scopes = []string{"https://panel.example/cb"}, append(c.Scopes, core.ScopeAdministration)
	}})
	if err != nil {
		t.Fatal(err)
	}
	plan := &admin.ImportPlan{Source: "elsewhere", Clients: []admin.ImportClient{
		{ID: made.Client.ID, RedirectURIs: []string{"https://evil.example/cb"}},
		{ID: "tool", Secret: "0123456789abcdef0123456789abcdef", RedirectURIs: []string{"https://evil.example/cb"}, Scopes: []string{"reports", core.ScopeAdministration}, SkipConsent: true},
	}}
	report := w.imports(plan, admin.ImportOptions{})
	if row := report.Rows[0]; row.Result != admin.ImportRefused || !strings.Contains(row.Reason, "may administer") {
		t.Errorf("%+v", row)
	}
	if row := report.Rows[1]; row.Result != admin.ImportCreated || !slices.ContainsFunc(row.Notes, func(note string) bool { return strings.Contains(note, core.ScopeAdministration) }) {
		t.Errorf("%+v", row)
	}
	panel, err := w.store.Client(t.Context(), made.Client.ID)
	if err != nil || len(panel.RedirectURIs) != 1 {
		t.Errorf("%+v, %v", panel, err)
	}
	tool, err := w.store.Client(t.Context(), "tool")
	if err != nil || slices.Contains(tool.Scopes, core.ScopeAdministration) || !slices.Contains(tool.Scopes, "reports") {
		t.Errorf("%+v, %v", tool, err)
	}
}

// What cannot be a password is left out, and the person is there all the same.
func TestImportWithoutPassword(t *testing.T) {
	w := newWorld(t)
	plan := &admin.ImportPlan{Source: "elsewhere", Users: []admin.ImportUser{{ID: "1", Name: "ann", PasswordHash: "$unknown$"}, {ID: "2", Name: "ben", Password: "short"}}}
	report := w.imports(plan, admin.ImportOptions{})
	for at, want := range []string{"no such scheme", "the password is too weak"} {
		row := report.Rows[at]
		if row.Result != admin.ImportCreated || len(row.Notes) != 1 || !strings.Contains(row.Notes[0], want) || !strings.Contains(row.Notes[0], "reset-link") {
			t.Errorf("%+v", row)
		}
		if user := w.find("", row.Name); user.PasswordHash != "" || !user.PasswordAt.IsZero() {
			t.Errorf("%+v", user)
		}
	}
}

// A failure ends the import, and says what was done before it. The next one goes on there.
func TestImportFails(t *testing.T) {
	w := newWorld(t)
	for at := range 40 {
		failing := *w.Service
		failing.Store = &failingStore{Store: w.store, left: at}
		report, err := failing.Import(t.Context(), actor, moving(), admin.ImportOptions{})
		if err == nil {
			if at < 3 || len(report.Rows) != 9 {
				t.Errorf("after %d changes: %v", at, results(report))
			}
			w.checkImported()
			return
		}
		if !errors.Is(err, errDisk) || report == nil {
			t.Fatalf("after %d changes: %v", at, err)
		}
	}
	t.Error("the import never ends")
}

var errDisk = errors.New("disk on fire")

// failingStore fails once it applied a number of lists of changes.
type failingStore struct {
	admin.Store
	left int
}

func (f *failingStore) Apply(ctx context.Context, changes ...core.Change) error {
	if f.left--; f.left < 0 {
		return errDisk
	}
	return f.Store.Apply(ctx, changes...)
}

// The plan is what the REST API takes.
func TestImportPlanAsJSON(t *testing.T) {
	document, err := json.Marshal(moving())
	if err != nil {
		t.Fatal(err)
	}
	var read admin.ImportPlan
	if err := json.Unmarshal(document, &read); err != nil || !reflect.DeepEqual(&read, moving()) {
		t.Errorf("read %+v, %v", read, err)
	}
}

// A hash is taken in any form that is known, and is the same in the next run.
func TestImportForeignHash(t *testing.T) {
	w := newWorld(t)
	plan := &admin.ImportPlan{Source: "elsewhere", Users: []admin.ImportUser{{ID: "1", Name: "ann", PasswordHash: "{CRYPT}" + bcryptHash}}}
	w.imports(plan, admin.ImportOptions{})
	if ann := w.find("", "ann"); ann.PasswordHash != bcryptHash {
		t.Errorf("kept %q", ann.PasswordHash)
	}
	if row := w.imports(plan, admin.ImportOptions{}).Rows[0]; row.Result != admin.ImportUnchanged {
		t.Errorf("the next run %+v", row)
	}
}

// countingStore counts how often a group is looked up.
type countingStore struct {
	admin.Store
	groups int
}

func (c *countingStore) Group(ctx context.Context, org, name string) (*core.Group, error) {
	c.groups++
	return c.Store.Group(ctx, org, name)
}

// A group is looked up a few times for a whole import, and not for each of its members.
func TestImportOfManyMembers(t *testing.T) {
	w := newWorld(t)
	plan := &admin.ImportPlan{Source: "elsewhere", Groups: []admin.ImportGroup{{Name: "all"}}}
	for _, name := range strings.Fields("ann ben cy dan eve fay gus hal ida jon kim leo") {
		plan.Users = append(plan.Users, admin.ImportUser{ID: name, Name: name, Groups: []string{"all", "new"}})
	}
	counting := &countingStore{Store: w.store}
	service := *w.Service
	service.Store = counting
	if _, err := service.Import(t.Context(), actor, plan, admin.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if counting.groups > 6 {
		t.Errorf("groups are looked up %d times for %d people", counting.groups, len(plan.Users))
	}
	for _, name := range []string{"all", "new"} {
		if group, err := w.store.Group(t.Context(), core.DefaultOrganisation, name); err != nil || group.Members != len(plan.Users) {
			t.Errorf("group %+v, %v", group, err)
		}
	}
}

// A connector of the name that leads to another provider is not the one that people are
// linked at: at the other one somebody else may be known by the same subject.
func TestImportMeetsConnectors(t *testing.T) {
	w := newWorld(t)
	other := provider()
	other.ID = "other"
	w.install("v1", provider())
	w.install("v2", other)
	w.connector(admin.NewConnector{Name: "same", Plugin: "provider", Settings: settings(`{"client_id":"x","issuer":"https://idp.example.org","more":1}`)})
	w.connector(admin.NewConnector{Name: "issuer", Plugin: "provider", Settings: settings(`{"client_id":"x","issuer":"https://idp.example.org"}`)})
	w.connector(admin.NewConnector{Name: "plugin", Plugin: "other", Settings: settings(`{"client_id":"x"}`)})
	plan := &admin.ImportPlan{Source: "elsewhere"}
	for name, document := range map[string]string{"same": `{"issuer": "https://idp.example.org","client_id":"y"}`, "issuer": `{"client_id":"x","issuer":"https://evil.example.org"}`, "plugin": `{"client_id":"x"}`} {
		plan.Connectors = append(plan.Connectors, admin.ImportConnector{Name: name, Plugin: "provider", Settings: json.RawMessage(document)})
		plan.Users = append(plan.Users, admin.ImportUser{ID: name, Name: name, Links: []admin.ImportLink{{Connector: name, Subject: "7"}}})
	}
	plan.Connectors = append(plan.Connectors, admin.ImportConnector{Name: "same", Plugin: "other"})
	report := w.imports(plan, admin.ImportOptions{})
	if row := report.Rows[3]; row.Result != admin.ImportRefused || !strings.Contains(row.Reason, "another row is about the same connector") {
		t.Errorf("twice: %+v", row)
	}
	for name, taken := range map[string]bool{"same": true, "issuer": false, "plugin": false} {
		row := rowOf(t, report, "connector", name)
		if (row.Result == admin.ImportUnchanged) != taken || strings.Contains(row.Reason, "leads elsewhere") == taken {
			t.Errorf("%s: %+v", name, row)
		}
		links, err := w.store.Links(t.Context(), w.find("", name).ID)
		if err != nil || (len(links) == 1) != taken || (len(rowOf(t, report, "user", name).Notes) == 0) != taken {
			t.Errorf("%s is linked %+v, %v", name, links, err)
		}
	}
}

// What an import changes of somebody who is here it says: they may have been edited here.
func TestImportSaysWhatItTakesOver(t *testing.T) {
	w := newWorld(t)
	plan := moving()
	w.imports(plan, admin.ImportOptions{})
	ann := w.find("acme", "ann")
	if _, err := w.UpdateUser(t.Context(), actor, ann.ID, "", func(u *core.User) { u.Email, u.Profile.DisplayName = "edited@example.org", "Edited" }); err != nil {
		t.Fatal(err)
	}
	plan.Users[0].PasswordHash, plan.Users[0].Disabled, plan.Users[0].Groups = strings.Replace(bcryptHash, "$04$", "$05$", 1), true, []string{"editors"}
	dry := rowOf(t, w.imports(plan, admin.ImportOptions{DryRun: true}), "user", "ann")
	row := rowOf(t, w.imports(plan, admin.ImportOptions{}), "user", "ann")
	for _, note := range []string{"as it is there now: email, profile, password", "is disabled there, and now here too", "is put into editors"} {
		if !slices.Contains(row.Notes, note) {
			t.Errorf("nothing says %q: %q", note, row.Notes)
		}
	}
	if !reflect.DeepEqual(dry, row) {
		t.Errorf("the dry run said %+v, the run %+v", dry, row)
	}
}
