package postern

import "unsafe"

// Each capability is an import of its own, and the linker leaves out those that
// nothing calls: a module may only import what its manifest asks for.

//go:wasmimport postern http_fetch
func importHTTPFetch(ptr unsafe.Pointer, length uint32) uint32

//go:wasmimport postern jwt_verify
func importJWTVerify(ptr unsafe.Pointer, length uint32) uint32

//go:wasmimport postern kv
func importKV(ptr unsafe.Pointer, length uint32) uint32

//go:wasmimport postern secret_get
func importSecretGet(ptr unsafe.Pointer, length uint32) uint32

//go:wasmimport postern oidc_exchange
func importOIDCExchange(ptr unsafe.Pointer, length uint32) uint32

//go:wasmimport postern oauth_exchange
func importOAuthExchange(ptr unsafe.Pointer, length uint32) uint32

//go:wasmimport postern ldap_bind
func importLDAPBind(ptr unsafe.Pointer, length uint32) uint32

//go:wasmimport postern ldap_search
func importLDAPSearch(ptr unsafe.Pointer, length uint32) uint32

//go:wasmimport postern answer_read
func importAnswerRead(ptr unsafe.Pointer)

//go:wasmimport postern clock
func importClock() int64

//go:wasmimport postern random
func importRandom(ptr unsafe.Pointer, length uint32)

//go:wasmimport postern log
func importLog(ptr unsafe.Pointer, length uint32)

func httpFetch(r []byte) []byte     { return answer(importHTTPFetch(start(r), uint32(len(r)))) }
func jwtVerify(r []byte) []byte     { return answer(importJWTVerify(start(r), uint32(len(r)))) }
func kv(r []byte) []byte            { return answer(importKV(start(r), uint32(len(r)))) }
func secretGet(r []byte) []byte     { return answer(importSecretGet(start(r), uint32(len(r)))) }
func oidcExchange(r []byte) []byte  { return answer(importOIDCExchange(start(r), uint32(len(r)))) }
func oauthExchange(r []byte) []byte { return answer(importOAuthExchange(start(r), uint32(len(r)))) }
func ldapBind(r []byte) []byte      { return answer(importLDAPBind(start(r), uint32(len(r)))) }
func ldapSearch(r []byte) []byte    { return answer(importLDAPSearch(start(r), uint32(len(r)))) }

func start(p []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(p)) }

// answer reads what the host answered to the call that returned this length.
func answer(length uint32) []byte {
	text := make([]byte, length)
	importAnswerRead(start(text))
	return text
}

func now() int64 { return importClock() }

func random(p []byte) { importRandom(start(p), uint32(len(p))) }

func log(line string) { importLog(unsafe.Pointer(unsafe.StringData(line)), uint32(len(line))) }
