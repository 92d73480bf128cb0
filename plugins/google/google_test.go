package google_test

import (
	"testing"

	"github.com/postern-id/postern/plugins/google"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/go/posterntest"
)

func TestCases(t *testing.T) { posterntest.Run(t, postern.NewModule(google.Plugin()), "cases") }
