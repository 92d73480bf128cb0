package grant

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/token"
	"github.com/postern-id/postern/sdk/hook"
)

// ScopePolicy is the hook scope.policy/v1.
type ScopePolicy interface {
	// DecideScopes gives the scopes to grant, or denies, or asks for what only
	// the person can do. An error denies.
	DecideScopes(ctx context.Context, in *hook.ScopeInput) (hook.ScopeOutput, error)
}

// decide asks the policies which of the scopes may be granted now. They only ever
// narrow; without a policy all of them may be.
func (e *Endpoint) decide(ctx context.Context, grantType string, c *call, a *core.Authorized, scopes []string) (hook.ScopeOutput, error) {
	if e.Policy == nil {
		return hook.ScopeOutput{Scopes: scopes}, nil
	}
	out, err := e.Policy.DecideScopes(ctx, token.Question(grantType, c.client, a, scopes, c.ip, c.now))
	if err != nil {
		return hook.ScopeOutput{Deny: true}, err
	}
	out.Scopes = oauth.CutScopes(scopes, out.Scopes)
	return out, nil
}

// nothingLeft refuses a request of whose scopes none may be granted.
func nothingLeft() *oauth.Error {
	return oauth.Refuse(oauth.CodeInvalidScope, "no_scope_left", "None of the scopes may be granted now.")
}
