package app

import (
	"net/http"

	"github.com/postern-id/postern/core/bearer"
	"github.com/postern-id/postern/core/scim"
	"github.com/postern-id/postern/core/token"
)

// callers knows who sends requests to what answers programs.
func (a *App) callers(tokens *token.Verifier) *bearer.Authenticator {
	return bearer.New(bearer.Options{Store: a.Store, Tokens: tokens, Realm: a.Config.Issuer, Now: a.now, Rand: a.rand})
}

// programs are what answers programs, by the prefixes of their paths.
func (a *App) programs(callers *bearer.Authenticator) map[string]http.Handler {
	return map[string]http.Handler{
		scim.Prefix: &scim.Server{Issuer: a.Config.Issuer, Callers: callers, Office: a.Office, Logger: a.logger},
	}
}
