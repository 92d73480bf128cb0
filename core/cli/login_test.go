package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestLoginScripts runs the conversations of testdata/login with a server that signs in
// Ada, who confirms at the second question. They know a word more:
//
//	closed  the server is away
func TestLoginScripts(t *testing.T) {
	server := httptest.NewServer(nil)
	defer server.Close()
	server.Config.Handler = signer(server.URL)
	params := scripts(t, filepath.Join("testdata", "login"), map[string]string{"SERVER": server.URL})
	params.Cmds["closed"] = func(*testscript.TestScript, bool, []string) { server.Close() }
	t.Run("scripts", func(t *testing.T) { testscript.Run(t, params) }) // in a group: the script runs in parallel
}

// signer is what a program sees of a server with the device flow.
func signer(issuer string) http.Handler {
	var asked atomic.Int32
	say := func(document any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { json.NewEncoder(w).Encode(document) }
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", say(map[string]string{
		"issuer": issuer, "device_authorization_endpoint": issuer + "/d", "token_endpoint": issuer + "/t", "userinfo_endpoint": issuer + "/u", "revocation_endpoint": issuer + "/r",
	}))
	mux.HandleFunc("POST /d", say(map[string]any{
		"device_code": "dc_secret", "user_code": "WDJB-MJHT", "verification_uri": issuer + "/login/oauth/device",
		"verification_uri_complete": issuer + "/login/oauth/device?user_code=WDJB-MJHT", "expires_in": 60, "interval": 1,
	}))
	mux.HandleFunc("POST /t", func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1)%2 == 1 {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"authorization_pending"}`)
			return
		}
		say(map[string]any{"access_token": "at_secret", "refresh_token": "rt_secret", "token_type": "Bearer", "expires_in": 3600})(w, r)
	})
	mux.HandleFunc("GET /u", say(map[string]string{"sub": "1", "preferred_username": "ada"}))
	mux.HandleFunc("POST /r", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("token") != "rt_secret" {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	return mux
}
