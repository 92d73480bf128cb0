//go:build !wasip1

package postern

import (
	"github.com/postern-id/postern/sdk/go/internal/native"
	"github.com/postern-id/postern/sdk/hook"
)

// Outside of a WebAssembly module the host is what package posterntest set.

func httpFetch(request []byte) []byte     { return native.Answer(hook.HTTPFetch, request) }
func jwtVerify(request []byte) []byte     { return native.Answer(hook.JWTVerify, request) }
func kv(request []byte) []byte            { return native.Answer(hook.KV, request) }
func secretGet(request []byte) []byte     { return native.Answer(hook.SecretGet, request) }
func oidcExchange(request []byte) []byte  { return native.Answer(hook.OIDCExchange, request) }
func oauthExchange(request []byte) []byte { return native.Answer(hook.OAuthExchange, request) }
func ldapBind(request []byte) []byte      { return native.Answer(hook.LDAPBind, request) }
func ldapSearch(request []byte) []byte    { return native.Answer(hook.LDAPSearch, request) }

func now() int64      { return native.Now() }
func random(p []byte) { native.Random(p) }
func log(line string) { native.Log(line) }
