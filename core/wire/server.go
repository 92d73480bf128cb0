package wire

import (
	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// InitialToken gives the token as it is answered, without what proves it.
func InitialToken(t *core.InitialToken) api.InitialToken {
	return api.InitialToken{
		ID: string(t.ID), Organisation: t.Org, Name: t.Name, MaxUses: t.MaxUses, Uses: t.Uses, CreatedAt: at(t.CreatedAt), ExpiresAt: at(t.ExpiresAt),
	}
}

// CoreInitialToken is the way back.
func CoreInitialToken(t *api.InitialToken) core.InitialToken {
	return core.InitialToken{
		ID: core.ID(t.ID), Org: t.Organisation, Name: t.Name, MaxUses: t.MaxUses, Uses: t.Uses, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt,
	}
}

// NewInitialToken gives what is to be made.
func NewInitialToken(t *api.NewInitialToken) admin.NewInitialToken {
	return admin.NewInitialToken{Org: t.Organisation, Name: t.Name, MaxUses: t.MaxUses, TTL: fromSeconds(t.TTL)}
}

// InitialTokenToMake is the way back.
func InitialTokenToMake(t *admin.NewInitialToken) api.NewInitialToken {
	return api.NewInitialToken{Organisation: t.Org, Name: t.Name, MaxUses: t.MaxUses, TTL: seconds(t.TTL)}
}

// Key gives the public side of a signing key.
func Key(k *admin.Key) api.Key {
	return api.Key{ID: k.ID, Alg: k.Alg, State: string(k.State), CreatedAt: at(k.CreatedAt), RetiredAt: at(k.RetiredAt), GoneAt: at(k.GoneAt)}
}

// AdminKey is the way back.
func AdminKey(k *api.Key) admin.Key {
	return admin.Key{ID: k.ID, Alg: k.Alg, State: admin.KeyState(k.State), CreatedAt: k.CreatedAt, RetiredAt: k.RetiredAt, GoneAt: k.GoneAt}
}

// Mail gives a mail that waits, without what it says.
func Mail(m *core.Mail) api.Mail {
	return api.Mail{
		ID: string(m.ID), Organisation: m.Org, User: string(m.UserID), To: m.To, Template: m.Template, Locale: m.Locale, Failures: m.Failures,
		NextAt: at(m.NextAt), CreatedAt: at(m.CreatedAt), ExpiresAt: at(m.ExpiresAt),
	}
}

// CoreMail is the way back.
func CoreMail(m *api.Mail) core.Mail {
	return core.Mail{
		ID: core.ID(m.ID), Org: m.Organisation, UserID: core.ID(m.User), To: m.To, Template: m.Template, Locale: m.Locale, Failures: m.Failures,
		NextAt: m.NextAt, CreatedAt: m.CreatedAt, ExpiresAt: m.ExpiresAt,
	}
}

// Event gives an entry of the audit log.
func Event(e *core.Event) api.Event {
	return api.Event{
		ID: string(e.ID), At: at(e.At), Type: string(e.Type), Actor: e.Actor, ActorName: e.By.Name, Organisation: e.Org, User: string(e.UserID), UserName: e.Whom.Name, Client: e.ClientID,
		Session: string(e.SessionID), Grant: string(e.GrantID), Address: e.IP, Reference: e.Correlation, Detail: filled(e.Detail),
		Fields: Each(e.Fields, func(f *core.FieldChange) api.FieldChange { return api.FieldChange(*f) }),
	}
}

// CoreEvent is the way back.
func CoreEvent(e *api.Event) core.Event {
	return core.Event{
		ID: core.ID(e.ID), At: e.At, Type: core.EventType(e.Type), Actor: e.Actor, Org: e.Organisation, UserID: core.ID(e.User), ClientID: e.Client,
		SessionID: core.ID(e.Session), GrantID: core.ID(e.Grant), IP: e.Address, Correlation: e.Reference, Detail: e.Detail,
		By: core.Called{Name: e.ActorName}, Whom: core.Called{Name: e.UserName},
		Fields: Each(e.Fields, func(f *api.FieldChange) core.FieldChange { return core.FieldChange(*f) }),
	}
}

// ServerSetting gives what the operator chose.
func ServerSetting(s *admin.ServerSetting) api.ServerSetting {
	return api.ServerSetting{Key: s.Key, Value: s.Value, Usage: s.Usage, Where: s.Where, Secret: s.Secret}
}

// AdminServerSetting is the way back.
func AdminServerSetting(s *api.ServerSetting) admin.ServerSetting {
	return admin.ServerSetting{Key: s.Key, Value: s.Value, Usage: s.Usage, Where: s.Where, Secret: s.Secret}
}
