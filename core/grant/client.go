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

// Authenticate says which client sent the request (RFC 6749 section 2.3). Every
// endpoint that clients call directly uses it.
//
// An unknown client costs the same as a wrong secret: both look the client up and
// hash what was presented.
func Authenticate(ctx context.Context, clients Clients, authorization string, p oauth.Params) (*core.Client, *oauth.Error) {
	presented, refusal := oauth.ParseClientAuth(authorization, p)
	if refusal != nil {
		return nil, refusal
	}
	client, err := clients.Client(ctx, presented.ID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		client = nil
	case err != nil:
		return nil, oauth.Failed(err)
	}
	if refusal := presented.Verify(client); refusal != nil {
		return nil, refusal
	}
	// Only who proved to be the client learns that it is disabled.
	if client.Disabled {
		return nil, disabledClient("client_disabled")
	}
	org, err := clients.Organisation(ctx, client.Org)
	switch {
	case errors.Is(err, core.ErrNotFound) || err == nil && org.Disabled:
		return nil, disabledClient("client_organisation_disabled")
	case err != nil:
		return nil, oauth.Failed(err)
	}
	return client, nil
}

func disabledClient(reason string) *oauth.Error {
	return oauth.Refuse(oauth.CodeInvalidClient, reason, "The client is disabled.")
}
