package core_test

import (
	"slices"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

func TestSortKeys(t *testing.T) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	keys := []core.SigningKey{
		{ID: "gone", RetiredAt: now.Add(-core.KeyKept)},
		{ID: "old", RetiredAt: now.Add(-core.KeyKept + 1)},
		{ID: "just retired", RetiredAt: now},
		{ID: "successor"},
		{ID: "second", RetiredAt: now.Add(time.Hour)},
		{ID: "signs", RetiredAt: now.Add(1)},
		{ID: "other algorithm", Alg: "ES256"},
	}
	ids := func(list []core.SigningKey) (all []string) {
		for _, key := range list {
			all = append(all, key.ID)
		}
		return all
	}
	signing, retired := core.SortKeys(keys, now)
	if want := []string{"signs", "second", "successor", "other algorithm"}; !slices.Equal(ids(signing), want) {
		t.Errorf("signing %q, want %q", ids(signing), want)
	}
	if want := []string{"old", "just retired"}; !slices.Equal(ids(retired), want) {
		t.Errorf("retired %q, want %q", ids(retired), want)
	}
}
