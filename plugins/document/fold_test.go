package document_test

import (
	"testing"

	"github.com/postern-id/postern/plugins/document"
)

func TestFold(t *testing.T) {
	for text, want := range map[string]string{"": "", "abc": "abc", "Octo-ORG_7": "octo-org_7", "GRÖSSE": "grÖsse", "\u212a\u017f[Z@": "\u212a\u017f[z@"} {
		if got := document.Fold(text); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}

func TestHasFold(t *testing.T) {
	for name, want := range map[string]bool{"staff": true, "STAFF": true, "ſtaff": false, "staff ": false, "Größe": true, "größe": true, "GRÖSSE": false, "": false} {
		if got := document.HasFold([]string{"Staff", "Größe"}, name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
