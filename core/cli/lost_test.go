package cli

import (
	"testing"

	"github.com/postern-id/postern/core"
)

func TestContentsText(t *testing.T) {
	for want, contents := range map[string][]core.Content{
		"":                        {{What: "sessions"}},
		", and with it users (1)": {{What: "users", Count: 1}, {What: "groups"}},
		", and with it users (12,345) and groups (2)":        {{What: "users", Count: 12345}, {What: "groups", Count: 2}},
		", and with it users (1), groups (2) and tokens (3)": {{What: "users", Count: 1}, {What: "groups", Count: 2}, {What: "tokens", Count: 3}},
	} {
		if got := contentsText(contents); got != want {
			t.Errorf("%v: got %q, want %q", contents, got, want)
		}
	}
}
