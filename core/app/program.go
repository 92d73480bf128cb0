package app

import (
	"net/http"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/bearer"
	"github.com/postern-id/postern/core/rest"
	"github.com/postern-id/postern/core/scim"
	"github.com/postern-id/postern/core/supply"
	"github.com/postern-id/postern/core/token"
	"github.com/postern-id/postern/sdk/api"
)

// callers knows who sends requests to what answers programs.
func (a *App) callers(tokens *token.Verifier) *bearer.Authenticator {
	return bearer.New(bearer.Options{Store: a.Store, Tokens: tokens, Realm: a.Config.Issuer, Now: a.now, Rand: a.rand})
}

// programs are what answers programs, by the prefixes of their paths.
func (a *App) programs(callers *bearer.Authenticator) map[string]http.Handler {
	return map[string]http.Handler{
		scim.Prefix:       &scim.Server{Issuer: a.Config.Issuer, Callers: callers, Office: a.Office, Logger: a.logger},
		api.Prefix:        a.rest(callers).Handler(),
		rest.PathProblems: rest.Problems(),
	}
}

func (a *App) rest(callers *bearer.Authenticator) *rest.Server {
	return &rest.Server{
		Office: a.Office, Callers: callers, Answers: a.Store, Modules: uploads{a}, Issuer: a.Config.Issuer,
		CursorKey: a.vault.Derive("cursor"), Logger: a.logger, Now: a.now,
	}
}

// uploads implements [rest.Modules] and [console.Modules] by the keys that are trusted here.
type uploads struct{ app *App }

// Uploaded takes a module for one that came from elsewhere, which it did.
func (u uploads) Uploaded(code, signature []byte, source string) (admin.Install, error) {
	m := &Module{Code: code, Digest: supply.Digest(code), Source: source, Remote: true, Signature: signature}
	if err := m.verify(u.app.Config.PluginKeys); err != nil {
		return admin.Install{}, &admin.InvalidError{Problems: []admin.Problem{{
			Field: "signature", Text: "the signature is not one of this module", Hint: "sign the module again, or send the signature that belongs to it",
		}}}
	}
	return m.Install(), nil
}
