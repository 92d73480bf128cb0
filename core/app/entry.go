package app

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/authn"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/core/ticket"
	"github.com/postern-id/postern/core/token"
)

// entry is the way of people to an account.
func (a *App) entry(host *plugin.Host, factors *authn.Factors) *account.Entry {
	e := &account.Entry{
		Store: a.Store, Hasher: a.passwords, Synced: authn.Synced, Mail: a.mails,
		Tickets: &ticket.Maker{Issuer: a.Config.Issuer, Rand: a.rand}, Policy: registrations{host},
		Now: a.now, Rand: a.rand,
	}
	if factors.Passkeys() {
		e.Passkeys = factors
	}
	return e
}

// grantRegistration is what scope policies are told where somebody registers: they are
// asked for no scopes.
const grantRegistration = "registration"

// registrations asks the scope policies who may register.
type registrations struct{ host *plugin.Host }

func (r registrations) Decide(ctx context.Context, d account.Draft) (deny bool, words string, err error) {
	client := d.Client
	if client == nil {
		client = &core.Client{}
	}
	said, err := r.host.DecideScopes(ctx, token.Question(grantRegistration, client, &core.Authorized{User: d.User, Org: d.Org}, []string{}, d.Address, d.Now))
	return said.Deny, said.Reason, err
}
