package plugin

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

func TestPlaced(t *testing.T) {
	text := []byte(`{"set":{"a":1},"remove":"` + strings.Repeat("é", 30) + `"}`)
	_, err := hook.ParseClaimsOutput(text)
	if got := Placed(text, "output", err).Error(); !strings.HasPrefix(got, "output.remove: byte 24: ") || !strings.Contains(got, `there stands "éé`) || len(got) > 200 {
		t.Error(got)
	}
	if _, err = hook.ParseClaimsOutput(nil); !strings.HasSuffix(Placed(nil, "output", err).Error(), "(there it ends)") {
		t.Error(Placed(nil, "output", err))
	}
	if err := Placed(text, "output", errClosed); err != errClosed {
		t.Error(err)
	}
}
