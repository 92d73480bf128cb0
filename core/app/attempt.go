package app

import (
	"github.com/postern-id/postern/core/attempt"
)

// newAttempts lets administrators try sign-ins as a client.
func (a *App) newAttempts(grants attempt.Redeemer, resources attempt.Resources) *attempt.Service {
	tries := &attempt.Service{
		Issuer: a.Config.Issuer, Key: a.vault.Derive("attempt"), Store: a.Store, Grants: grants, Resources: resources, Now: a.now, Rand: a.rand,
	}
	a.Admin.Attempts = tries
	return tries
}
