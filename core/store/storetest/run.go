package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

// Open opens the database that dir stands for, and makes it if there is none.
// Opened twice, it gives two handles as two processes would have them.
type Open func(t *testing.T, dir string) Store

// Run runs the whole suite.
func Run(t *testing.T, open Open) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *world)
	}{
		{"Organisations", testOrganisations},
		{"Users", testUsers},
		{"UserConflicts", testUserConflicts},
		{"UserByLogin", testUserByLogin},
		{"DeleteUser", testDeleteUser},
		{"KeepPassword", testKeepPassword},
		{"KeepAdministrator", testKeepAdministrator},
		{"Groups", testGroups},
		{"Stale", testStale},
		{"KeepVersion", testKeepVersion},
		{"KeepRole", testKeepRole},
		{"VersionsMove", testVersionsMove},
		{"TwoEditors", testTwoEditors},
		{"UpdateGroup", testUpdateGroup},
		{"RenameGroup", testRenameGroup},
		{"DeleteOrganisation", testDeleteOrganisation},
		{"OrganisationSignsOut", testOrganisationSignsOut},
		{"Roles", testRoles},
		{"ServiceAccounts", testServiceAccounts},
		{"APITokens", testAPITokens},
		{"APIHolder", testAPIHolder},
		{"HoldersGo", testHoldersGo},
		{"Answers", testAnswers},
		{"AnswerTaken", testAnswerTaken},
		{"DeviceGrants", testDeviceGrants},
		{"DeviceGrantOnce", testDeviceGrantOnce},
		{"SweepAdministration", testSweepAdministration},
		{"EventOrganisation", testEventOrganisation},
		{"FindUsers", testFindUsers},
		{"Pages", testPages},
		{"FindGroupsAndClients", testFindGroupsAndClients},
		{"LiveSessions", testLiveSessions},
		{"Counts", testCounts},
		{"Contents", testContents},
		{"FindEvents", testFindEvents},
		{"Called", testCalled},
		{"UsersByFilter", testUsersByFilter},
		{"Clients", testClients},
		{"CommandClient", testCommandClient},
		{"ClientConflicts", testClientConflicts},
		{"DeleteClient", testDeleteClient},
		{"HeldClient", testHeldClient},
		{"Origins", testOrigins},
		{"InitialTokens", testInitialTokens},
		{"Plugins", testPlugins},
		{"Modules", testModules},
		{"Reload", testReload},
		{"Managed", testManaged},
		{"KeepUnmanaged", testKeepUnmanaged},
		{"Instances", testInstances},
		{"Shadow", testShadow},
		{"Values", testValues},
		{"ValueLimit", testValueLimit},
		{"Connectors", testConnectors},
		{"ConnectorDomains", testConnectorDomains},
		{"DeleteConnector", testDeleteConnector},
		{"Links", testLinks},
		{"LinkGroups", testLinkGroups},
		{"Attempts", testAttempts},
		{"UpstreamParts", testUpstreamParts},
		{"UserByEmail", testUserByEmail},
		{"SigningKeys", testSigningKeys},
		{"Setup", testSetup},
		{"Events", testEvents},
		{"Failures", testFailures},
		{"AuthRequests", testAuthRequests},
		{"Sessions", testSessions},
		{"EndSessions", testEndSessions},
		{"Consents", testConsents},
		{"Codes", testCodes},
		{"Access", testAccess},
		{"OwnAccess", testOwnAccess},
		{"Refresh", testRefresh},
		{"Assertions", testAssertions},
		{"RevokeGrant", testRevokeGrant},
		{"Authenticators", testAuthenticators},
		{"AuthenticatorCounter", testAuthenticatorCounter},
		{"AuthenticatorLimit", testAuthenticatorLimit},
		{"KeepWayIn", testKeepWayIn},
		{"RecoveryCodes", testRecoveryCodes},
		{"Devices", testDevices},
		{"Tickets", testTickets},
		{"TicketsEnd", testTicketsEnd},
		{"TicketMisses", testTicketMisses},
		{"Mails", testMails},
		{"Avatars", testAvatars},
		{"FactorsGoWith", testFactorsGoWith},
		{"SweepFactors", testSweepFactors},
		{"OneOfTheSessions", testOneOfTheSessions},
		{"ConnectedClients", testConnectedClients},
		{"SignedInWith", testSignedInWith},
		{"Activity", testActivity},
		{"ReadsAreFresh", testReadsAreFresh},
		{"MissingRows", testMissingRows},
		{"AllOrNothing", testAllOrNothing},
		{"Contexts", testContexts},
		{"Closed", testClosed},
		{"ManyAtOnce", testManyAtOnce},
		{"Races", testRaces},
		{"SecondHandle", testSecondHandle},
		{"TwoWriters", testTwoWriters},
		{"Reopen", testReopen},
		{"Sweep", testSweep},
		{"SweepValues", testSweepValues},
		{"Outbox", testOutbox},
		{"OutboxOfList", testOutboxOfList},
		{"OutboxOrder", testOutboxOrder},
		{"OutboxPutOff", testOutboxPutOff},
		{"OutboxGoesWith", testOutboxGoesWith},
		{"OutboxSecondHandle", testOutboxSecondHandle},
		{"OutboxClaimedOnce", testOutboxClaimedOnce},
		{"OutboxUnderLoad", testOutboxUnderLoad},
		{"OutboxTrim", testOutboxTrim},
		{"LogoutNotices", testLogoutNotices},
		{"LogoutReplaced", testLogoutReplaced},
		{"LogoutClaims", testLogoutClaims},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := &world{T: t, open: open, dir: t.TempDir(), now: start}
			w.store = w.handle()
			test.run(t, w)
		})
	}
}

var start = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)

// world is a database with shorthands.
type world struct {
	*testing.T
	open  Open
	dir   string
	store Store
	now   time.Time
}

// handle opens one more handle on the same database.
func (w *world) handle() Store {
	w.Helper()
	s := w.open(w.T, w.dir)
	w.Cleanup(func() {
		if err := s.Close(); err != nil {
			w.Error(err)
		}
	})
	return s
}

func (w *world) id() core.ID {
	w.now = w.now.Add(time.Millisecond)
	return core.NewID(w.now, rand.Reader)
}

func (w *world) apply(changes ...core.Change) {
	w.Helper()
	if err := w.store.Apply(w.Context(), changes...); err != nil {
		w.Fatal(err)
	}
}

// refused applies changes that must fail with an error.
func (w *world) refused(want error, changes ...core.Change) {
	w.Helper()
	if err := w.store.Apply(w.Context(), changes...); !errors.Is(err, want) {
		w.Errorf("%T: got %v, want %v", changes[len(changes)-1], err, want)
	}
}

// taken applies changes that must fail because something is taken.
func (w *world) taken(what string, changes ...core.Change) {
	w.Helper()
	err := w.store.Apply(w.Context(), changes...)
	conflict, ok := errors.AsType[*core.ConflictError](err)
	if !ok || conflict.What != what || !errors.Is(err, core.ErrConflict) {
		w.Errorf("%T: got %v, want that the %s is taken", changes[len(changes)-1], err, what)
	}
}

// same compares what was read with what is expected.
func same[T any](w *world, got T, err error, want T) {
	w.Helper()
	if err != nil {
		w.Error(err)
	} else if !reflect.DeepEqual(got, want) {
		w.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// missing says that a read must find nothing.
func missing[T any](w *world, got T, err error) {
	w.Helper()
	if !errors.Is(err, core.ErrNotFound) {
		w.Errorf("got %+v, %v, want %v", got, err, core.ErrNotFound)
	}
}

// must unwraps a read.
func must[T any](v T, err error) func(w *world) T {
	return func(w *world) T {
		w.Helper()
		if err != nil {
			w.Fatal(err)
		}
		return v
	}
}

func (w *world) user(name string) core.User {
	u := core.User{ID: w.id(), Org: core.DefaultOrganisation, Name: name, CreatedAt: start, UpdatedAt: start}
	w.apply(core.CreateUser{User: u})
	return u
}

func (w *world) client(id string) core.Client {
	c := core.Client{ID: id, Org: core.DefaultOrganisation, Name: "client " + id, CreatedAt: start, UpdatedAt: start}
	w.apply(core.CreateClient{Client: c})
	return c
}

func (w *world) group(name string) core.Group {
	g := core.Group{ID: w.id(), Org: core.DefaultOrganisation, Name: name, DisplayName: "The " + name, CreatedAt: start}
	w.apply(core.CreateGroup{Group: g})
	return g
}

// grant issues a code with every field set.
func (w *world) grant(u core.User, c core.Client) core.Grant {
	g := core.Grant{
		ID: w.id(), ClientID: c.ID, UserID: u.ID, SessionID: w.id(), Scopes: []string{"openid", "profile"}, Nonce: "n\nonce",
		AuthTime: start, AMR: []string{"pwd", "otp"}, ACR: "1", CodeHash: core.Hash{1}, CodeExpiresAt: start.Add(time.Minute),
		RedirectURI: "https://rp.example/cb", RedirectURIGiven: true, Challenge: "challenge", CreatedAt: start, ExpiresAt: start.Add(24 * time.Hour),
	}
	w.apply(core.IssueCode{Grant: g})
	return g
}

func (w *world) access(g core.Grant) core.AccessToken {
	t := core.AccessToken{ID: w.id(), Hash: core.Hash{2}, GrantID: g.ID, Scopes: []string{"openid"}, CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
	w.apply(core.AddAccess{Token: t})
	return t
}

func (w *world) refresh(g core.Grant) core.RefreshToken {
	t := core.RefreshToken{ID: w.id(), Hash: core.Hash{3}, GrantID: g.ID, CreatedAt: start, ExpiresAt: start.Add(12 * time.Hour)}
	w.apply(core.AddRefresh{Token: t})
	return t
}

func (w *world) session(u core.User) core.Session {
	s := core.Session{ID: w.id(), Hash: core.Hash{4}, UserID: u.ID, AuthTime: start, CreatedAt: start, ExpiresAt: start.Add(8 * time.Hour)}
	w.apply(core.StartSession{Session: s})
	return s
}

// names lists what identifies rows, in their order.
func names[T, N any](rows []T, name func(T) N) []N {
	var all []N
	for _, row := range rows {
		all = append(all, name(row))
	}
	return all
}

var background = context.Background()
