// Command builtin is the WebAssembly module that is compiled into Postern: all
// shipped plugins in one, because each module of its own would cost time at start
// and memory. It is built by go generate in package plugins.
package main

import (
	"github.com/postern-id/postern/plugins/access"
	"github.com/postern-id/postern/plugins/apple"
	"github.com/postern-id/postern/plugins/github"
	"github.com/postern-id/postern/plugins/gitlab"
	"github.com/postern-id/postern/plugins/google"
	"github.com/postern-id/postern/plugins/httppassword"
	"github.com/postern-id/postern/plugins/ldap"
	"github.com/postern-id/postern/plugins/microsoft"
	"github.com/postern-id/postern/plugins/miniorange"
	"github.com/postern-id/postern/plugins/oauth2"
	"github.com/postern-id/postern/plugins/oidc"
	"github.com/postern-id/postern/plugins/scopes"
	postern "github.com/postern-id/postern/sdk/go"
)

var _ = postern.Register(
	miniorange.Plugin(),
	scopes.Plugin(),
	access.Plugin(),
	apple.Plugin(),
	github.Plugin(),
	gitlab.Plugin(),
	google.Plugin(),
	httppassword.Plugin(),
	ldap.Plugin(),
	microsoft.Plugin(),
	oauth2.Plugin(),
	oidc.Plugin(),
)

// main is never run: the module is a reactor.
func main() {}
