package connectortest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
)

// instanceName is what a [plugin.Trial] calls its instance; secrets are sealed for it.
const instanceName = "trial"

// RedirectURI is where providers send the browser back to.
const RedirectURI = "https://id.example.com/callback/trial"

// Instance is a connector as an operator sets it up.
type Instance struct {
	Plugin   string
	Settings string            // JSON
	Grants   []string          // "oidc.exchange accounts.google.com"
	Secrets  map[string]string // by name
}

// SignIn is a whole sign-in. Its members are filled as far as it came.
type SignIn struct {
	// Begun is what the plugin gave at begin, Asked the authorization request that the
	// browser made of it.
	Begun *hook.LoginOutput
	Asked url.Values
	// Callback is what came back with the browser, Posted whether as a form.
	Callback url.Values
	Posted   bool
	// Output is what the plugin gave in the end; nil if Err says why it gave nothing.
	Output *hook.LoginOutput
	Err    error
	Log    string
	// Tokens are what the host got; empty if it got none.
	Tokens core.UpstreamTokens
}

// SignIn lets a person sign in: begin, the provider, finish. in is what the request
// asks for; the rest of it is filled in. What the plugin or a capability refuses is in
// Err; what the test itself does wrong fails the test.
func (w *World) SignIn(i Instance, in hook.LoginInput) *SignIn {
	w.t.Helper()
	s := &SignIn{}
	v := visit{world: w, instance: i, in: in, SignIn: s}
	if v.begin() && v.visitProvider() {
		v.finish()
	}
	return s
}

// visit is a sign-in on its way.
type visit struct {
	*SignIn
	world    *World
	instance Instance
	in       hook.LoginInput

	state, nonce, verifier string
}

func (v *visit) begin() (goesOn bool) {
	v.in.Phase, v.in.Settings, v.in.RedirectURI = hook.PhaseBegin, v.world.parse(v.instance.Settings), RedirectURI
	v.Begun = v.call(nil)
	if v.Begun == nil || v.Begun.Redirect == nil {
		v.Output = v.Begun
		return false
	}
	return true
}

// call runs a phase; nil where it failed.
func (v *visit) call(login *core.UpstreamLogin) *hook.LoginOutput {
	ran, err := v.world.run(v.instance, hook.ConnectorLogin, v.in.AppendJSON(nil), login)
	v.Log += ran.Log
	if err != nil {
		v.Err = err
		return nil
	}
	out, err := hook.ParseLoginOutput(ran.Output)
	v.Err = err
	return out
}

// visitProvider sends the browser away, and takes what it brings back.
func (v *visit) visitProvider() (cameBack bool) {
	v.state, v.nonce, v.verifier = rand.Text(), rand.Text(), rand.Text()+rand.Text()
	endpoint, err := v.endpoint()
	if err != nil {
		v.Err = err
		return false
	}
	v.Asked = v.request()
	response, err := v.world.browser().Get(endpoint + "?" + v.Asked.Encode())
	if err != nil {
		v.world.t.Fatal(err)
	}
	defer response.Body.Close()
	if v.Callback, v.Posted, err = broughtBack(response); err != nil {
		v.Err = err
		return false
	}
	if v.Callback.Get("state") != v.state {
		v.world.t.Fatalf("the provider sends back the state %q", v.Callback.Get("state"))
	}
	return true
}

func (v *visit) endpoint() (string, error) {
	r := v.Begun.Redirect
	if r.Issuer == "" {
		return r.AuthorizationEndpoint, nil
	}
	provider, err := v.world.set.Discover(v.world.t.Context(), v.world.caller(v.instance), r.Issuer, r.AnyIssuer)
	if err != nil {
		return "", err
	}
	return provider.AuthorizationEndpoint, nil
}

// request is the authorization request (OpenID Connect Core section 3.1.2.1, RFC 7636
// section 4.3).
func (v *visit) request() url.Values {
	r := v.Begun.Redirect
	q := url.Values{
		"response_type": {"code"}, "client_id": {r.ClientID}, "redirect_uri": {RedirectURI},
		"scope": {strings.Join(r.Scopes, " ")}, "state": {v.state},
	}
	for _, parameter := range r.Parameters {
		if q.Has(parameter.Name) {
			v.world.t.Fatalf("the plugin sets %s, which is the host's", parameter.Name)
		}
		q.Set(parameter.Name, parameter.Value.Text())
	}
	if r.Issuer != "" {
		q.Set("nonce", v.nonce)
	}
	if r.ResponseMode != "" {
		q.Set("response_mode", r.ResponseMode)
	}
	if r.NoPKCE {
		v.verifier = ""
		return q
	}
	challenge := sha256.Sum256([]byte(v.verifier))
	q.Set("code_challenge", base64.RawURLEncoding.EncodeToString(challenge[:]))
	q.Set("code_challenge_method", "S256")
	return q
}

// broughtBack reads a redirect, or a form in the place of the page that a browser would
// post by itself.
func broughtBack(response *http.Response) (q url.Values, posted bool, err error) {
	if response.Header.Get("Content-Type") == typeForm {
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return nil, false, err
		}
		q, err = url.ParseQuery(string(body))
		return q, true, err
	}
	location, err := response.Location()
	if err != nil {
		body, _ := io.ReadAll(response.Body)
		return nil, false, fmt.Errorf("the provider shows a page with the status %d: %.300s", response.StatusCode, body)
	}
	if at, _, _ := strings.Cut(location.String(), "?"); at != RedirectURI {
		return nil, false, errors.New("the provider sends the browser to " + at)
	}
	return location.Query(), false, nil
}

// typeForm marks the answer of a fake provider that a browser posts.
const typeForm = "application/x-www-form-urlencoded"

// finish hands the callback over, as the host does: the code and what proves the sign-in
// stay out of the message.
func (v *visit) finish() {
	v.in.Phase, v.in.Data, v.in.Parameters = hook.PhaseFinish, v.Begun.Data, nil
	for name, values := range v.Callback {
		if !slices.Contains([]string{"code", "state", "iss"}, name) {
			v.in.Parameters.Set(name, hook.String(values[0]))
		}
	}
	v.Output = v.call(&core.UpstreamLogin{
		RedirectURI: RedirectURI, Code: v.Callback.Get("code"), CodeVerifier: v.verifier, Nonce: v.nonce, Issuer: v.Callback.Get("iss"), Got: &v.Tokens,
	})
}

// Password lets a connector check a name and a password.
func (w *World) Password(i Instance, name, password string) (*hook.PasswordOutput, error) {
	w.t.Helper()
	in := hook.PasswordInput{Settings: w.parse(i.Settings), Name: name, Password: password, Address: "203.0.113.7"}
	ran, err := w.run(i, hook.ConnectorPassword, in.AppendJSON(nil), nil)
	if err != nil {
		return nil, err
	}
	return hook.ParsePasswordOutput(ran.Output)
}

// run calls a hook in the sandbox, with this world before it.
func (w *World) run(i Instance, hookName string, input []byte, login *core.UpstreamLogin) (plugin.Ran, error) {
	w.t.Helper()
	caller := w.caller(i)
	return Sandbox(w.t).Run(context.WithValue(w.t.Context(), worldKey{}, w), plugin.Run{
		Plugin: i.Plugin, Hook: hookName, Input: input, Live: true, Grants: caller.Grants, Secrets: caller.Secrets, Login: login,
	})
}

func (w *World) caller(i Instance) *core.PluginCaller {
	caller := &core.PluginCaller{Instance: instanceName, Plugin: i.Plugin, Hook: hook.ConnectorLogin}
	for _, grant := range i.Grants {
		name, target, _ := strings.Cut(grant, " ")
		caller.Grants = append(caller.Grants, core.PluginGrant{Capability: name, Target: target})
	}
	for name, value := range i.Secrets {
		sealed := w.vault.Seal([]byte(value), core.SecretPurpose(instanceName, name), rand.Reader)
		caller.Secrets = append(caller.Secrets, core.PluginSecret{Name: name, Sealed: sealed})
	}
	return caller
}

func (w *World) parse(text string) hook.Value {
	w.t.Helper()
	v, err := hook.Parse([]byte(text))
	if err != nil {
		w.t.Fatalf("%v: %s", err, text)
	}
	return v
}
