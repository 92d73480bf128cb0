package token

import (
	"slices"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

func firstRefresh(t *testing.T, i *Issuer, a *core.Authorized) core.Credential {
	t.Helper()
	set, changes := issue(t, i, wiki(), a, Order{Now: noon, Scopes: a.Grant.Scopes})
	presented, ok := core.ParseCredential(core.KindRefresh, set.RefreshToken)
	if !ok {
		t.Fatalf("no refresh token in %s", set.JSON())
	}
	row := changes[1].(core.AddRefresh).Token
	if row.ID != presented.ID || !row.Hash.Matches(presented.Hash()) || row.GrantID != a.Grant.ID || !row.ExpiresAt.Equal(a.Grant.ExpiresAt) {
		t.Fatalf("row %+v", row)
	}
	return presented
}

func TestRotation(t *testing.T) {
	t.Parallel()
	i, a := newIssuer(), authorized("openid", "offline_access")
	presented := firstRefresh(t, i, a)
	later := noon.Add(time.Hour)
	set, changes := issue(t, i, wiki(), a, Order{Now: later, Scopes: a.Grant.Scopes, Presented: &presented})
	if got := kinds(changes); !slices.Equal(got, []string{"AddAccess", "RotateRefresh", "AddRefresh"}) {
		t.Fatalf("changes %v", got)
	}
	next, _ := core.ParseCredential(core.KindRefresh, set.RefreshToken)
	rotate, add := changes[1].(core.RotateRefresh), changes[2].(core.AddRefresh).Token
	if rotate.ID != presented.ID || rotate.Successor != next.ID || !rotate.At.Equal(later) {
		t.Errorf("rotation %+v", rotate)
	}
	if add.ID != next.ID || !add.Hash.Matches(next.Hash()) || next.Secret == presented.Secret {
		t.Errorf("successor %+v", add)
	}
	if !add.ExpiresAt.Equal(a.Grant.ExpiresAt) {
		t.Errorf("060: rotation moved the end of the family to %v", add.ExpiresAt)
	}
}

func TestRepeatGivesTheSameSuccessor(t *testing.T) {
	t.Parallel()
	i, a := newIssuer(), authorized("openid", "offline_access")
	presented := firstRefresh(t, i, a)
	rotated, _ := issue(t, i, wiki(), a, Order{Now: noon, Scopes: a.Grant.Scopes, Presented: &presented})
	next, _ := core.ParseCredential(core.KindRefresh, rotated.RefreshToken)

	// Another process with the same key, as after a restart.
	restarted := newIssuer()
	order := Order{Now: noon.Add(5 * time.Second), Scopes: a.Grant.Scopes, Presented: &presented, Successor: next.ID}
	repeated, changes := issue(t, restarted, wiki(), a, order)
	if repeated.RefreshToken != rotated.RefreshToken {
		t.Error("056: two live successors")
	}
	if got := kinds(changes); !slices.Equal(got, []string{"AddAccess"}) {
		t.Errorf("changes %v", got)
	}
	if repeated.AccessToken == rotated.AccessToken {
		t.Error("the access token is the same")
	}
}

func TestSuccessorDependsOnEverything(t *testing.T) {
	t.Parallel()
	i := newIssuer()
	presented := core.NewCredential(core.KindRefresh, core.NewID(noon, random()), random())
	id := core.NewID(noon, random())
	base := i.successor(presented, id)
	otherSecret, otherID := presented, presented
	otherSecret.Secret[0] ^= 1
	otherID.ID = core.NewID(noon.Add(time.Minute), random())
	otherKey := newIssuer()
	otherKey.Successors[31] = 1
	for name, other := range map[string]core.Credential{
		"presented secret": i.successor(otherSecret, id),
		"presented id":     i.successor(otherID, id),
		"successor id":     i.successor(presented, core.NewID(noon.Add(time.Minute), random())),
		"key":              otherKey.successor(presented, id),
	} {
		if other.Secret == base.Secret {
			t.Errorf("the successor's secret does not depend on the %s", name)
		}
	}
}

func refuse060AccessTokenEndsWithTheFamily(t *testing.T) {
	t.Parallel()
	i, a := newIssuer(), authorized("openid", "offline_access")
	presented := firstRefresh(t, i, a)
	late := a.Grant.ExpiresAt.Add(-10 * time.Minute)
	set, changes := issue(t, i, wiki(), a, Order{Now: late, Scopes: a.Grant.Scopes, Presented: &presented})
	if set.ExpiresIn != 10*time.Minute || !changes[0].(core.AddAccess).Token.ExpiresAt.Equal(a.Grant.ExpiresAt) {
		t.Errorf("expires_in %v", set.ExpiresIn)
	}
}
