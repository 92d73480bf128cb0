package admin

import (
	"context"
	"errors"
	"time"

	"github.com/postern-id/postern/core"
)

// maxAccounts is how many service accounts an organisation may have.
const maxAccounts = 1000

// NewServiceAccount describes a service account to be made.
type NewServiceAccount struct {
	Org         string // "" is the default organisation
	Name        string
	Description string
}

// CreateServiceAccount makes a program's account. It may nothing until it gets a role.
func (s *Service) CreateServiceAccount(ctx context.Context, actor Actor, input NewServiceAccount) (*core.ServiceAccount, error) {
	now := s.Now()
	account := &core.ServiceAccount{
		ID: s.newID(now), Org: orDefault(input.Org), Name: input.Name, Description: input.Description, CreatedAt: now, UpdatedAt: now,
	}
	if err := checkAccount(account).err(); err != nil {
		return nil, err
	}
	if _, err := s.Organisation(ctx, account.Org); err != nil {
		return nil, err
	}
	others, err := s.Store.ServiceAccounts(ctx, account.Org)
	switch {
	case err != nil:
		return nil, wrap("read the service accounts", err)
	case len(others) >= maxAccounts:
		return nil, wrap("make the service account", core.ErrLimit)
	}
	record := s.accountRecord(actor, now, core.EventAccountCreated, account)
	record.Event.Fields = changesOf(accountFields(&core.ServiceAccount{}, account))
	return account, accountFailed("make the service account", account, s.apply(ctx, core.CreateServiceAccount{Account: *account}, record))
}

// ServiceAccount gives the account of that identifier.
func (s *Service) ServiceAccount(ctx context.Context, id core.ID) (*core.ServiceAccount, error) {
	account, err := s.Store.ServiceAccount(ctx, id)
	return found(account, err, "service account", string(id))
}

// FindServiceAccount gives the account of that name or identifier.
func (s *Service) FindServiceAccount(ctx context.Context, org, name string) (*core.ServiceAccount, error) {
	accounts, err := s.ServiceAccounts(ctx, org)
	if err != nil {
		return nil, err
	}
	for i := range accounts {
		if core.FoldName(accounts[i].Name) == core.FoldName(name) || string(accounts[i].ID) == name {
			return &accounts[i], nil
		}
	}
	return nil, &MissingError{What: "service account", Name: name}
}

// ServiceAccounts gives those of an organisation, by name.
func (s *Service) ServiceAccounts(ctx context.Context, org string) ([]core.ServiceAccount, error) {
	return s.Store.ServiceAccounts(ctx, orDefault(org))
}

// UpdateServiceAccount lets edit change name, description and whether the account is
// disabled. A disabled one may nothing, and its tokens wait.
func (s *Service) UpdateServiceAccount(ctx context.Context, actor Actor, id core.ID, was Version, edit func(*core.ServiceAccount)) (*core.ServiceAccount, error) {
	return changing(ctx, s, "service account", string(id), was, s.accountAt(id), func(before *core.ServiceAccount, now time.Time) (*core.ServiceAccount, error) {
		draft, after := *before, *before
		edit(&draft)
		after.Name, after.Description, after.Disabled = draft.Name, draft.Description, draft.Disabled
		if err := checkAccount(&after).err(); err != nil {
			return nil, err
		}
		fields := changesOf(accountFields(before, &after))
		if len(fields) == 0 {
			return before, nil
		}
		after.UpdatedAt = now
		record := s.accountRecord(actor, now, core.EventAccountUpdated, &after)
		record.Event.Fields = fields
		err := s.apply(ctx, core.UpdateServiceAccount{Account: after, Was: before.UpdatedAt}, record)
		return &after, accountFailed("update the service account", &after, err)
	})
}

// DeleteServiceAccount deletes the account with its roles and tokens.
func (s *Service) DeleteServiceAccount(ctx context.Context, actor Actor, id core.ID) error {
	return doing(ctx, s, "service account", string(id), s.accountAt(id), func(account *core.ServiceAccount, _ time.Time) error {
		err := s.apply(ctx, asRead(core.KindOfServiceAccount, string(id), account.UpdatedAt), core.DeleteServiceAccount{ID: id},
			s.accountRecord(actor, s.Now(), core.EventAccountDeleted, account))
		return accountFailed("delete the service account", account, err)
	})
}

// accountAt gives the service account with when it was last changed.
func (s *Service) accountAt(id core.ID) func(context.Context) (*core.ServiceAccount, time.Time, error) {
	return func(ctx context.Context) (*core.ServiceAccount, time.Time, error) {
		account, err := s.ServiceAccount(ctx, id)
		if err != nil {
			return nil, time.Time{}, err
		}
		return account, account.UpdatedAt, nil
	}
}

func checkAccount(account *core.ServiceAccount) problems {
	var p problems
	if !clientName.MatchString(account.Name) {
		p.add("name", "use 1 to 64 letters, digits and . _ -", "%q is no name of a service account", shown(account.Name))
	}
	checkLine(&p, "description", account.Description)
	return p
}

func accountFailed(what string, account *core.ServiceAccount, err error) error {
	if conflict, ok := errors.AsType[*core.ConflictError](err); ok {
		return taken("name", conflict.What, account.Name)
	}
	if errors.Is(err, core.ErrNotFound) {
		return &MissingError{What: "service account", Name: account.Name}
	}
	return wrap(what, err)
}

func (s *Service) accountRecord(actor Actor, now time.Time, kind core.EventType, account *core.ServiceAccount) core.Record {
	return s.record(actor, now, core.Event{Type: kind, Org: account.Org, Detail: map[string]string{
		"service_account": string(account.ID), "name": account.Name, "organisation": account.Org,
	}})
}
