package grant

import (
	"context"
	"errors"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// Clients is what client authentication reads.
type Clients interface {
	Client(ctx context.Context, id string) (*core.Client, error)
	Organisation(ctx context.Context, name string) (*core.Organisation, error)
}

// Assertions verifies what clients sign to prove who they are (RFC 7523 section 2.2).
type Assertions interface {
	// Claimant gives the client_id that an assertion claims to be of, empty if none can
	// be read. Nothing is verified.
	Claimant(assertion string) string
	// Assertion verifies one of the client and gives the change that uses it up.
	Assertion(ctx context.Context, client *core.Client, assertion string) (core.UseAssertion, *oauth.Error)
}

// Authenticator says which client sent a request (RFC 6749 section 2.3). Every
// endpoint that clients call directly uses it.
type Authenticator struct {
	Clients    Clients
	Assertions Assertions // nil: no client signs
}

// Authenticated is a client that proved who it is.
type Authenticated struct {
	Client *core.Client
	// Claimed is the client that the request says it is of, if there is such a one. Where it
	// was refused, it alone is there: for the audit log, where whoever sets the client up
	// looks for what is wrong.
	Claimed *core.Client
	// Once goes to the store with whatever the request brings about, a refusal too: it
	// uses an assertion up. If it fails with a conflict, which [Replayed] recognises, the
	// request was not the client's. Nil for the other methods.
	Once []core.Change
}

// Authenticate finds out who sent the request. The first value is never nil.
//
// An unknown client costs the same as a wrong secret: both look the client up and
// hash what was presented.
func (a Authenticator) Authenticate(ctx context.Context, authorization string, p oauth.Params) (*Authenticated, *oauth.Error) {
	who := &Authenticated{}
	presented, refusal := oauth.ParseClientAuth(authorization, p)
	if refusal != nil {
		return who, refusal
	}
	if presented.Assertion != "" && presented.ID == "" && a.Assertions != nil {
		presented.ID = a.Assertions.Claimant(presented.Assertion)
	}
	client, err := a.Clients.Client(ctx, presented.ID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		client = nil
	case err != nil:
		return who, oauth.Failed(err)
	}
	who.Claimed = client
	once, refusal := a.verify(ctx, presented, client)
	if refusal != nil {
		return who, refusal
	}
	// Only who proved to be the client learns that it is disabled.
	if refusal := a.open(ctx, client); refusal != nil {
		return who, refusal
	}
	who.Client, who.Once = client, once
	return who, nil
}

// open refuses a client that is disabled, or whose organisation is.
func (a Authenticator) open(ctx context.Context, client *core.Client) *oauth.Error {
	if client.Disabled {
		return disabledClient("client_disabled")
	}
	org, err := a.Clients.Organisation(ctx, client.Org)
	switch {
	case errors.Is(err, core.ErrNotFound) || err == nil && org.Disabled:
		return disabledClient("client_organisation_disabled")
	case err != nil:
		return oauth.Failed(err)
	}
	return nil
}

func (a Authenticator) verify(ctx context.Context, presented oauth.ClientAuth, client *core.Client) ([]core.Change, *oauth.Error) {
	if presented.Assertion == "" || client == nil {
		return nil, presented.Verify(client)
	}
	if a.Assertions == nil {
		return nil, oauth.Refuse(oauth.CodeInvalidClient, "client_auth_unsupported", "Client assertions are not supported.")
	}
	use, refusal := a.Assertions.Assertion(ctx, client, presented.Assertion)
	if refusal != nil {
		return nil, refusal
	}
	return []core.Change{use}, nil
}

// Replayed reports whether the store refused a list of changes because the assertion
// among them was used before.
func Replayed(err error) bool {
	conflict, ok := errors.AsType[*core.ConflictError](err)
	return ok && conflict.What == core.TakenAssertion
}

// replayed refuses a request whose assertion was used before (RFC 7523 section 3).
func replayed() *oauth.Error {
	return oauth.Refuse(oauth.CodeInvalidClient, "client_assertion_replayed", "The client assertion was used before: sign another, with another jti.")
}

func disabledClient(reason string) *oauth.Error {
	return oauth.Refuse(oauth.CodeInvalidClient, reason, "The client is disabled.")
}
