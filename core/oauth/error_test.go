package oauth_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/oauth"
)

func TestStatus(t *testing.T) {
	for code, want := range map[string]int{
		oauth.CodeInvalidRequest: 400, oauth.CodeInvalidGrant: 400, oauth.CodeInvalidClient: 401,
		oauth.CodeInvalidToken: 401, oauth.CodeInsufficientScope: 403, oauth.CodeServerError: 500,
		oauth.CodeTemporarilyUnavailable: 503,
	} {
		if got := oauth.Refuse(code, "reason", "Text.").Status; got != want {
			t.Errorf("%s: %d, want %d", code, got, want)
		}
	}
}

// TestDescriptionsAreFitForTheWire reads every sentence in this package: each has
// only the characters of RFC 6749 section 5.2.
func TestDescriptionsAreFitForTheWire(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	sentences := 0
	for _, entry := range files {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			literal, ok := node.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil || !strings.HasSuffix(text, ".") || !strings.Contains(text, " ") {
				return true
			}
			sentences++
			for _, r := range text {
				if r < ' ' || r > '~' || r == '"' || r == '\\' {
					t.Errorf("%s: %q has %q", entry.Name(), text, r)
				}
			}
			return true
		})
	}
	if sentences < 30 {
		t.Errorf("found only %d descriptions", sentences)
	}
}
