package grant

import (
	"testing"

	"github.com/postern-id/postern/core"
)

// The cost of the endpoint itself: without a signature and without a disk.
func BenchmarkCodeThenRefresh(b *testing.B) {
	w := newWorld(b)
	b.ReportAllocs()
	for b.Loop() {
		first := w.signIn()
		w.get(byWiki(renew(first.RefreshToken)...))
		w.memory.rows = rows{
			clients: w.memory.clients, orgs: w.memory.orgs, users: w.memory.users,
			grants: map[core.ID]core.Grant{}, access: map[core.ID]core.AccessToken{}, refresh: map[core.ID]core.RefreshToken{},
		}
	}
}
