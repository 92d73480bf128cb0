package app_test

import (
	"context"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/config"
)

// TestFollow holds that a server loads what another process has bound, although
// nobody asks it for anything.
func TestFollow(t *testing.T) {
	var data string
	r := serve(t, func(c *config.Config) { data = c.Data })
	r.said(`^Postern serves (\S+)$`)
	office := newOffice(t, data)
	installed, err := office.Admin.InstallPlugin(context.Background(), cli, admin.Install{Code: team(t, "1.0.0")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := office.Admin.BindPlugin(context.Background(), cli, admin.Bind{Plugin: "team"}); err != nil {
		t.Fatal(err)
	}
	r.eventually("the module is loaded", func() bool {
		return strings.Contains(r.log.String(), `msg="plugin module loaded" module=`+installed.Digest)
	})
	r.stop()
}
