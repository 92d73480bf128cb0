package app

import "github.com/postern-id/postern/core/account"

// account does what people want of their own accounts.
func (a *App) account() *account.Service {
	return &account.Service{
		Store: a.Store, Passwords: a.passwords, Mailer: a.mails, Issuer: a.Config.Issuer, Now: a.now, Rand: a.rand,
		Factors: a.factors(),
	}
}
