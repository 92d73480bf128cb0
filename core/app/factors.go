package app

import "github.com/postern-id/postern/core/authn"

// newFactors proves who somebody is by what they have.
func (a *App) newFactors() *authn.Factors {
	return &authn.Factors{
		Store: a.Store, Sealer: a.vault, Mailer: a.mails, Key: a.vault.Derive("mail-code"),
		Issuer: a.Config.Issuer, Now: a.now, Rand: a.rand,
	}
}
