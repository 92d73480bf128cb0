package apple_test

import (
	"testing"

	"github.com/postern-id/postern/plugins/apple"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/go/posterntest"
)

func TestCases(t *testing.T) { posterntest.Run(t, postern.NewModule(apple.Plugin()), "cases") }
