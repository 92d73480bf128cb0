package wire

import (
	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// Session gives the session as it is answered.
func Session(s *core.Session) api.Session {
	told := api.Session{
		ID: string(s.ID), User: string(s.UserID), SignedInAt: at(s.AuthTime), AMR: list(s.AMR), ACR: s.ACR, Address: s.IP, UserAgent: s.UserAgent,
		CreatedAt: at(s.CreatedAt), ExpiresAt: at(s.ExpiresAt), EndedAt: at(s.EndedAt),
	}
	if s.Upstream != nil {
		told.Connector = s.Upstream.Connector
	}
	return told
}

// CoreSession is the way back.
func CoreSession(s *api.Session) core.Session {
	back := core.Session{
		ID: core.ID(s.ID), UserID: core.ID(s.User), AuthTime: s.SignedInAt, AMR: s.AMR, ACR: s.ACR, IP: s.Address, UserAgent: s.UserAgent,
		CreatedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt, EndedAt: s.EndedAt,
	}
	if s.Connector != "" {
		back.Upstream = &core.Upstream{Connector: s.Connector}
	}
	return back
}

// Device gives the browser as it is answered.
func Device(d *core.Device) api.Device {
	return api.Device{
		ID: string(d.ID), UserAgent: d.UserAgent, Address: d.IP, CreatedAt: at(d.CreatedAt), LastUsedAt: at(d.LastUsedAt), ExpiresAt: at(d.ExpiresAt),
	}
}

// CoreDevice is the way back.
func CoreDevice(d *api.Device) core.Device {
	return core.Device{ID: core.ID(d.ID), UserAgent: d.UserAgent, IP: d.Address, CreatedAt: d.CreatedAt, LastUsedAt: d.LastUsedAt, ExpiresAt: d.ExpiresAt}
}

// Proofs gives what somebody enrolled.
func Proofs(p *admin.Proofs) api.Proofs {
	return api.Proofs{Authenticators: Each(p.Authenticators, authenticator), RecoveryCodes: p.RecoveryCodes}
}

// AdminProofs is the way back.
func AdminProofs(p *api.Proofs) admin.Proofs {
	return admin.Proofs{Authenticators: Each(p.Authenticators, coreAuthenticator), RecoveryCodes: p.RecoveryCodes}
}

func authenticator(a *core.Authenticator) api.Authenticator {
	return api.Authenticator{ID: string(a.ID), Kind: string(a.Kind), Name: a.Name, CreatedAt: at(a.CreatedAt), LastUsedAt: at(a.LastUsedAt)}
}

func coreAuthenticator(a *api.Authenticator) core.Authenticator {
	return core.Authenticator{ID: core.ID(a.ID), Kind: core.AuthenticatorKind(a.Kind), Name: a.Name, CreatedAt: a.CreatedAt, LastUsedAt: a.LastUsedAt}
}

// Link gives the link as it is answered.
func Link(l *core.Link) api.Link {
	return api.Link{
		Connector: l.Connector, Subject: l.Subject, User: string(l.UserID), Name: l.Name, Groups: list(l.Groups), KeepsTokens: len(l.Tokens) > 0,
		CreatedAt: at(l.CreatedAt), LastUsedAt: at(l.LastUsedAt),
	}
}

// CoreLink is the way back. Of tokens it says only whether there are any.
func CoreLink(l *api.Link) core.Link {
	back := core.Link{
		Connector: l.Connector, Subject: l.Subject, UserID: core.ID(l.User), Name: l.Name, Groups: l.Groups, CreatedAt: l.CreatedAt, LastUsedAt: l.LastUsedAt,
	}
	if l.KeepsTokens {
		back.Tokens = []byte("sealed")
	}
	return back
}
