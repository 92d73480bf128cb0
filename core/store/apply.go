package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// Apply makes the changes in their order, all or nothing, and returns when they
// are on disk. Its errors are core.ErrNotFound, core.ErrConflict with
// [core.ConflictError], core.ErrLimit, ctx's, [ErrClosed], or a fault of the database. If ctx
// ends before the writer took the list, nothing happened; after that Apply waits
// for the outcome, whatever ctx does.
func (s *Store) Apply(ctx context.Context, changes ...core.Change) error {
	if len(changes) == 0 {
		return nil
	}
	j := &job{configures: slices.ContainsFunc(changes, configures)}
	j.work = func(c *sqlite.Conn) error {
		if j.configures {
			s.outbox.configured()
		}
		if err := applyAll(c, changes); err != nil {
			return err
		}
		return s.outbox.layOut(c, changes)
	}
	err := explain(s.path, s.writer.do(ctx, j))
	if err == nil {
		s.tellQueued(changes)
	}
	return err
}

// tellQueued wakes whoever delivers what the changes laid out.
func (s *Store) tellQueued(changes []core.Change) {
	if slices.ContainsFunc(changes, endsSession) {
		tell(s.notices)
	}
	if slices.ContainsFunc(changes, func(change core.Change) bool { _, sends := change.(core.SendMail); return sends }) {
		tell(s.mails)
	}
}

func applyAll(c *sqlite.Conn, changes []core.Change) error {
	for _, change := range changes {
		if err := apply(c, change); err != nil {
			return fmt.Errorf("%T: %w", change, err)
		}
	}
	return nil
}

// configures reports whether a change raises the config generation. What plugins
// keep does not: it is read each time.
func configures(change core.Change) bool {
	switch change.(type) {
	case core.CreateOrganisation, core.UpdateOrganisation, core.DeleteOrganisation, core.UpdateGroup,
		core.CreateClient, core.UpdateClient, core.DeleteClient,
		core.AddModule, core.DeleteModule, core.AddRelease, core.DeleteReleases, core.ReloadPlugins,
		core.SaveInstance, core.DeleteInstance, core.SaveSecret, core.DeleteSecret, core.AddBinding, core.RemoveBinding,
		core.SaveConnector, core.DeleteConnector,
		core.AddKey, core.RetireKey, core.DeleteKey:
		return true
	default:
		return false
	}
}

func apply(c *sqlite.Conn, change core.Change) error {
	switch change := change.(type) {
	case core.SaveRequest:
		return saveRequest(c, change.Request)
	case core.FinishRequest:
		return finishRequest(c, change.ID)
	case core.StartSession:
		return startSession(c, change)
	case core.EndSession:
		return endSession(c, change)
	case core.EndSessions:
		return endSessions(c, change.UserID, change.Except, change.At)
	case core.SaveConsent:
		return saveConsent(c, change.Consent)
	case core.WithdrawConsent:
		return withdrawConsent(c, change.UserID, change.ClientID, change.At)
	case core.IssueCode:
		return issueCode(c, change.Grant)
	case core.AddGrant:
		return addGrant(c, change.Grant)
	case core.RedeemCode:
		return redeemCode(c, change.GrantID, change.At)
	case core.RevokeGrant:
		return revokeGrant(c, change.ID, change.At, change.Reason)
	case core.AddAccess:
		return addAccess(c, change.Token)
	case core.DeleteAccess:
		return deleteAccess(c, change.ID)
	case core.AddRefresh:
		return addRefresh(c, change.Token)
	case core.RotateRefresh:
		return rotateRefresh(c, change.ID, change.Successor, change.At)
	case core.CountFailure:
		return countFailure(c, change.Keys, change.At, change.Window)
	case core.ClearFailures:
		return clearFailures(c, change.Key)
	case core.SaveAttempt:
		return saveAttempt(c, change.Attempt)
	case core.HoldCallback:
		return holdCallback(c, change.ID, change.Held)
	case core.FinishAttempt:
		return finishAttempt(c, change.ID)
	case core.SaveLink:
		return saveLink(c, change.Link)
	case core.DeleteLink:
		return deleteLink(c, change)
	case core.UseAssertion:
		return useAssertion(c, change.Hash, change.ExpiresAt)
	case core.Record:
		return record(c, change.Event)
	case core.EndDelivery:
		return endDelivery(c, change.ID)
	case core.PutOffDelivery:
		return putOffDelivery(c, change)
	case core.EndNotice:
		return endNotice(c, change.ID)
	case core.PutOffNotice:
		return putOffNotice(c, change)
	case core.SendMail:
		return sendMail(c, change.Mail)
	case core.EndMail:
		return endMail(c, change.ID)
	case core.PutOffMail:
		return putOffMail(c, change)
	case core.OpenSetup:
		return openSetup(c, change.Hash, change.At)
	case core.CloseSetup:
		return closeSetup(c, change.At)
	default:
		return applyFactors(c, change)
	}
}

// applyFactors applies what people prove who they are with, and what they are sent.
func applyFactors(c *sqlite.Conn, change core.Change) error {
	switch change := change.(type) {
	case core.AddAuthenticator:
		return addAuthenticator(c, change.Authenticator)
	case core.UseAuthenticator:
		return useAuthenticator(c, change)
	case core.RenameAuthenticator:
		return renameAuthenticator(c, change)
	case core.DeleteAuthenticator:
		return deleteAuthenticator(c, change)
	case core.DeleteAuthenticators:
		return deleteAuthenticators(c, change.UserID)
	case core.SetRecoveryCodes:
		return setRecoveryCodes(c, change)
	case core.UseRecoveryCode:
		return useRecoveryCode(c, change.UserID, change.Hash, change.At)
	case core.AddDevice:
		return addDevice(c, change.Device)
	case core.UseDevice:
		return useDevice(c, change)
	case core.DeleteDevice:
		return deleteDevice(c, change)
	case core.DeleteDevices:
		return deleteDevices(c, change.UserID)
	case core.SaveTicket:
		return saveTicket(c, change.Ticket)
	case core.UseTicket:
		return useTicket(c, change.ID)
	case core.MissTicket:
		return missTicket(c, change)
	case core.DeleteTickets:
		return deleteTickets(c, change.UserID, change.Purpose)
	case core.SetAvatar:
		return setAvatar(c, change.Avatar)
	case core.DeleteAvatar:
		return deleteAvatar(c, change.UserID)
	default:
		return applyAdministration(c, change)
	}
}

func applyAdministration(c *sqlite.Conn, change core.Change) error {
	switch change := change.(type) {
	case core.CreateOrganisation:
		return createOrganisation(c, change.Organisation)
	case core.UpdateOrganisation:
		return updateOrganisation(c, change)
	case core.DeleteOrganisation:
		return deleteOrganisation(c, change)
	case core.CreateUser:
		return createUser(c, change.User)
	case core.UpdateUser:
		return updateUser(c, change)
	case core.SetProfile:
		return setProfile(c, change.UserID, change.Profile, change.At)
	case core.SetEmail:
		return setEmail(c, change)
	case core.SetPassword:
		return setPassword(c, change.UserID, change.Hash, change.At)
	case core.KeepPassword:
		return keepPassword(c, change.UserID, change.At)
	case core.DeleteUser:
		return deleteUser(c, change.ID)
	case core.KeepAdministrator:
		return keepAdministrator(c)
	case core.CreateGroup:
		return createGroup(c, change.Group)
	case core.UpdateGroup:
		return updateGroup(c, change)
	case core.DeleteGroup:
		return deleteGroup(c, change.ID)
	case core.AddMember:
		return addMember(c, change.GroupID, change.UserID)
	case core.RemoveMember:
		return removeMember(c, change.GroupID, change.UserID)
	case core.TouchGroup:
		return touchGroup(c, change)
	case core.CreateClient:
		return createClient(c, change.Client)
	case core.UpdateClient:
		return updateClient(c, change)
	case core.DeleteClient:
		return deleteClient(c, change.ID)
	case core.AddInitial:
		return addInitial(c, change.Token)
	case core.UseInitial:
		return useInitial(c, change.ID, change.At)
	case core.DeleteInitial:
		return deleteInitial(c, change.ID)
	case core.AddKey:
		return addKey(c, change.Key)
	case core.RetireKey:
		return retireKey(c, change.ID, change.At)
	case core.DeleteKey:
		return mustChange(c.Exec(`DELETE FROM signing_keys WHERE id = $1`, change.ID))
	default:
		return applyRoles(c, change)
	}
}

// applyRoles applies who administers, by which credentials, and what must happen once.
func applyRoles(c *sqlite.Conn, change core.Change) error {
	switch change := change.(type) {
	case core.KeepVersion:
		return keepVersion(c, change)
	case core.KeepRole:
		return keepRole(c, change)
	case core.GrantRole:
		return grantRole(c, change.Grant)
	case core.RevokeRole:
		return revokeRole(c, change)
	case core.CreateServiceAccount:
		return createAccount(c, change.Account)
	case core.UpdateServiceAccount:
		return updateAccount(c, change)
	case core.DeleteServiceAccount:
		return deleteAccount(c, change.ID)
	case core.AddAPIToken:
		return addAPIToken(c, change.Token)
	case core.UseAPIToken:
		return useAPIToken(c, change)
	case core.DeleteAPIToken:
		return deleteAPIToken(c, change)
	case core.BeginAnswer:
		return beginAnswer(c, change.Answered)
	case core.TakeAnswer:
		return takeAnswer(c, change)
	case core.CarryOut:
		return carryOut(c, change)
	case core.EndAnswer:
		return endAnswer(c, change.Answered)
	case core.DropAnswer:
		return dropAnswer(c, change)
	case core.AddDeviceGrant:
		return addDeviceGrant(c, change.Grant)
	case core.DecideDeviceGrant:
		return decideDeviceGrant(c, change)
	case core.PollDeviceGrant:
		return pollDeviceGrant(c, change)
	case core.FinishDeviceGrant:
		return finishDeviceGrant(c, change.ID)
	case core.Manage:
		return manage(c, change.Managed)
	case core.ReleaseManaged:
		return releaseManaged(c, change)
	case core.KeepUnmanaged:
		return keepUnmanaged(c, change)
	default:
		return applyPlugins(c, change)
	}
}

func applyPlugins(c *sqlite.Conn, change core.Change) error {
	switch change := change.(type) {
	case core.AddModule:
		return addModule(c, change.Module, change.Code)
	case core.DeleteModule:
		return deleteModule(c, change.Digest)
	case core.AddRelease:
		return addRelease(c, change.Release)
	case core.DeleteReleases:
		return deleteReleases(c, change.Plugin)
	case core.ReloadPlugins:
		return reloadPlugins(c)
	case core.SaveInstance:
		return saveInstance(c, change)
	case core.SaveSecret:
		return saveSecret(c, change.Instance, change.Secret)
	case core.DeleteSecret:
		return deleteSecret(c, change.Instance, change.Name)
	case core.PutValue:
		return putValue(c, change)
	case core.DeleteValue:
		return deleteValue(c, change.Instance, change.Key)
	case core.DeleteInstance:
		return deleteInstance(c, change.Name)
	case core.AddBinding:
		return addBinding(c, change.Binding)
	case core.RemoveBinding:
		return removeBinding(c, change.ID)
	case core.SaveConnector:
		return saveConnector(c, change.Connector)
	case core.DeleteConnector:
		return deleteConnector(c, change.Instance)
	default:
		return errors.New("unknown change")
	}
}

// mustChange says core.ErrNotFound if a statement found no row.
func mustChange(changed int64, err error) error {
	if err == nil && changed == 0 {
		return core.ErrNotFound
	}
	return classify(err)
}

// mustWin says core.ErrConflict if a statement's condition no longer held.
func mustWin(changed int64, err error) error {
	if err == nil && changed == 0 {
		return core.ErrConflict
	}
	return classify(err)
}

// taken names what a unique key refused.
func taken(err error, what string) error {
	if err = classify(err); errors.Is(err, core.ErrConflict) {
		return &core.ConflictError{What: what}
	}
	return err
}

// classify gives the domain's error for a constraint of the schema. What a row
// refers to but does not exist is not found.
func classify(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch e.Code {
	case sqlite.ConstraintPrimaryKey, sqlite.ConstraintUnique:
		return fmt.Errorf("%w: %w", core.ErrConflict, err)
	case sqlite.ConstraintForeignKey:
		return fmt.Errorf("%w: %w", core.ErrNotFound, err)
	default:
		return err
	}
}
