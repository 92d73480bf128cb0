package audit

import (
	"maps"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// message writes an event as plugins get it (sdk/abi.md section 7).
func message(e *core.Event) *hook.Event {
	m := &hook.Event{
		ID: string(e.ID), At: e.At.UTC().Format("2006-01-02T15:04:05.000Z"), Type: string(e.Type), Actor: e.Actor,
		UserID: string(e.UserID), ClientID: e.ClientID, SessionID: string(e.SessionID), GrantID: string(e.GrantID),
		IP: e.IP, Correlation: e.Correlation,
	}
	for _, name := range slices.Sorted(maps.Keys(e.Detail)) {
		m.Detail = append(m.Detail, hook.Member{Name: name, Value: hook.String(e.Detail[name])})
	}
	return m
}
