package desk_test

import (
	"errors"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
)

// overwrites says how a method deals with what others did meanwhile.
type overwrites string

const (
	// seen is done to the state that was seen: with a version on that, else on what is there,
	// which is held in the store while it is changed.
	seen overwrites = "to the state that was seen"
	// makes something, under a name that may be taken.
	makes overwrites = "it makes something"
	// ends something of its own, or adds it: once more does nothing, and what others did to
	// the rest stays.
	ends overwrites = "it adds or ends one thing that nobody edits"
)

// versions has a row for each method that changes something; any other text says why it has
// no version.
func versions() map[string]overwrites {
	return map[string]overwrites{
		"CreateOrganisation": makes, "UpdateOrganisation": seen, "DeleteOrganisation": seen,
		"CreateGroup": makes, "ProvisionGroup": makes, "UpdateGroup": seen, "DeleteGroup": seen,
		"AddMember": ends, "RemoveMember": ends, "ChangeMembers": ends,
		"CreateClient": makes, "UpdateClient": seen, "RotateSecret": seen, "DeleteClient": seen,
		"CreateInitialToken": makes, "RevokeInitialToken": ends,
		"BeginAttempt":    "it changes nothing that is stored",
		"CreateConnector": makes, "UpdateConnector": seen, "EnableConnector": seen, "DisableConnector": seen, "DeleteConnector": seen,

		"CreateInstance": makes, "UpdateInstance": seen, "SetSettings": seen, "SetLimits": seen, "Grant": seen, "Revoke": seen,
		"SetSecret": seen, "DeleteSecret": seen, "BindPlugin": seen, "UnbindPlugin": seen, "MoveBinding": seen,
		"InstallPlugin":  "it says by its digest which module is to run; instances are held to how they were read",
		"RollbackPlugin": "it says which release is to run; instances are held to how they were read",
		"RemovePlugin":   ends,
		"ReloadPlugins":  "it changes nothing",
		"ExaminePlugin":  "it changes nothing",
		"PreviewPlugin":  "it changes nothing",

		"ReviseUser": seen, "ReviseGroup": seen,
		"CreateUser": makes, "InviteUser": makes, "UpdateUser": seen, "DeleteUser": seen, "DisableUser": seen, "EnableUser": seen, "SetPassword": seen,
		"SignOutUser": ends, "EndUserSession": ends, "ForgetDevice": ends, "ForgetDevices": ends, "WithdrawConsent": ends,
		"RemoveAuthenticator": ends, "ResetProofs": ends, "LinkUser": ends, "UnlinkUser": ends,
		"InviteAgain":      "the link ends those before it, and whoever has one is told so when they use it",
		"ResetLink":        "the link ends those before it, and whoever has one is told so when they use it",
		"NewRecoveryCodes": "nobody sees those that were there, so nobody decides by them",

		"GrantRole": seen, "RevokeRole": seen, "CreateServiceAccount": makes, "UpdateServiceAccount": seen, "DeleteServiceAccount": seen,
		"CreateAPIToken": makes, "RevokeAPIToken": ends,
		"RotateKeys": "of two that replace a key at once one wins: RetireKey", "DeleteKey": ends,
		"TestMail": "it changes nothing", "RetryMails": ends,
		"Import":  "it adds what there is not; what it changes is held to how it was read",
		"Release": ends,
	}
}

// Every method says what it does about changes that its caller has not seen, and what is
// done to the state that was seen is not done to another: nothing is.
func TestVersions(t *testing.T) {
	w := newWorld(t)
	w.managed()
	for id, kind := range map[string]core.ManagedKind{
		"acme": core.ManagedOrganisation, string(w.group.ID): core.ManagedGroup, w.client.ID: core.ManagedClient,
		"idp": core.ManagedConnector, "off": core.ManagedConnector,
	} {
		must(w, w.store.Apply(t.Context(), core.ReleaseManaged{Kind: kind, ID: id}))
	}
	w.admin.Sealer = sealer{}
	w.store.frozen = true
	rows, locks, versions := matrix(), locks(), versions()
	d := w.office.For(desk.Everything(tester))
	for name, row := range rows {
		deals, has := versions[name]
		if has == row.permission.Reads() {
			t.Errorf("%s: reads %v, in the table of versions %v", name, row.permission.Reads(), has)
			continue
		}
		if deals != seen {
			continue
		}
		call := row.call
		if lock := locks[name]; lock.call != nil {
			call = lock.call
		}
		w.store.applied = 0
		err := call(w, d.If("anotherstate"), t.Context())
		if stale, ok := errors.AsType[*admin.StaleError](err); !ok || stale.Current == "" || w.store.applied > 0 {
			t.Errorf("%s in a state that was not seen: %v (%T), %d lists of changes", name, err, err, w.store.applied)
		}
		if err := call(w, d, t.Context()); errors.Is(err, core.ErrStale) {
			t.Errorf("%s in any state: %v", name, err)
		}
	}
	for name := range versions {
		if _, is := rows[name]; !is {
			t.Errorf("there is no method %s in the matrix", name)
		}
	}
}
