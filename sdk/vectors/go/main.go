// Command vectors is the plugin of the test vectors in Go; see ../README.md for
// what it does. It is a WebAssembly module that tests build and run.
package main

import (
	"errors"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

var module = postern.Register(postern.Plugin{
	Manifest: manifest(), Claims: claims, Account: account, Scopes: scopes,
	LoginBegin: begin, LoginFinish: finish, Password: password, Event: event,
})

func main() {}

// settings gives the members of the settings.
type settings hook.Object

func (s settings) get(name string) hook.Value { v, _ := hook.Object(s).Get(name); return v }
func (s settings) text(name string) string    { return s.get(name).Text() }

// run does the two steps with which every hook begins.
func run(in hook.Value) (s settings, results []hook.Value, err error) {
	s = settings(in.Object())
	if text := s.text("fail"); text != "" {
		return nil, nil, errors.New(text)
	}
	for _, name := range s.get("calls").Strings() {
		result, err := step(name)
		if err != nil {
			return nil, nil, err
		}
		results = append(results, result)
	}
	return s, results, nil
}

// firstError is that of the results, for hooks that cannot say more.
func firstError(results []hook.Value) error {
	for _, result := range results {
		if code, ok := result.Object().Get("error"); ok {
			name, _ := result.Object().Get("step")
			return errors.New(name.Text() + ": " + code.Text())
		}
	}
	return nil
}

func addResults(o *hook.Object, results []hook.Value) {
	if len(results) > 0 {
		o.Set("v_calls", hook.Array(results...))
	}
}

func claims(in *hook.ClaimsInput) (*hook.ClaimsOutput, error) {
	s, results, err := run(in.Settings)
	if err != nil {
		return nil, err
	}
	var group hook.Value
	if len(in.User.Groups) > 0 {
		group = hook.String(in.User.Groups[0])
	}
	out := &hook.ClaimsOutput{Remove: s.get("remove").Strings(), Set: hook.Object{
		{Name: "v_target", Value: hook.String(string(in.Target))},
		{Name: "v_name", Value: hook.String(in.User.Name)},
		{Name: "v_group", Value: group},
		{Name: "v_attributes", Value: hook.Int(int64(len(in.User.Attributes)))},
		{Name: "v_admin", Value: hook.Bool(in.User.Admin)},
		{Name: "v_amr", Value: hook.Strings(in.Authentication.AMR)},
		{Name: "v_connector", Value: hook.String(in.Authentication.Connector)},
		{Name: "v_claims", Value: hook.FromObject(in.Claims)},
		{Name: "v_requested", Value: hook.FromObject(in.Requested)},
		{Name: "v_upstream", Value: hook.FromObject(in.Upstream)},
	}}
	addResults(&out.Set, results)
	return out, nil
}

func account(in *hook.AccountInput) (hook.Object, error) {
	_, results, err := run(in.Settings)
	if err != nil {
		return nil, err
	}
	out := hook.Object{
		{Name: "z", Value: hook.String(in.User.DisplayName)},
		{Name: "status", Value: hook.String("ok")},
		{Name: "data", Value: hook.FromObject(in.Claims)},
		{Name: "organisation", Value: hook.String(in.Organisation.Name)},
		{Name: "a", Value: hook.Strings(in.Scopes)},
	}
	addResults(&out, results)
	return out, nil
}

func scopes(in *hook.ScopeInput) (*hook.ScopeOutput, error) {
	s, results, err := run(in.Settings)
	if err == nil {
		err = firstError(results)
	}
	if err != nil {
		return nil, err
	}
	if deny := s.text("deny"); deny != "" {
		reason := deny + " (" + in.GrantType + " from " + in.Address + " in " + in.Organisation.Name + " at " + in.Time + ")"
		return &hook.ScopeOutput{Deny: true, Reason: reason}, nil
	}
	out := &hook.ScopeOutput{ACR: s.text("acr"), Fresh: s.get("fresh").Bool(), Consent: s.get("consent").Bool()}
	if keep := s.get("keep"); keep.Kind() == hook.KindArray {
		out.Scopes = []string{}
		for _, scope := range in.Scopes {
			if contains(keep.Strings(), scope) {
				out.Scopes = append(out.Scopes, scope)
			}
		}
	}
	return out, nil
}

func contains(list []string, s string) bool {
	for _, element := range list {
		if element == s {
			return true
		}
	}
	return false
}

func begin(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s, results, err := run(in.Settings)
	if err != nil {
		return nil, err
	}
	redirect := &hook.LoginRedirect{
		Issuer: s.text("issuer"), ClientID: "vectors", Scopes: []string{"openid"}, ResponseMode: "form_post",
	}
	redirect.AnyIssuer = redirect.Issuer != ""
	if !redirect.AnyIssuer {
		redirect.AuthorizationEndpoint, redirect.NoPKCE = "https://login.example/authorize", true
	}
	for _, acr := range in.ACRValues {
		redirect.Scopes = append(redirect.Scopes, "acr:"+acr)
	}
	for _, parameter := range []hook.Member{
		{Name: "login_hint", Value: hook.String(in.LoginHint)}, {Name: "prompt", Value: hook.String(in.Prompt)},
	} {
		if parameter.Value.Text() != "" {
			redirect.Parameters = append(redirect.Parameters, parameter)
		}
	}
	data := hook.Object{
		{Name: "hint", Value: hook.String(in.LoginHint)},
		{Name: "locales", Value: hook.Strings(in.UILocales)},
		{Name: "client", Value: hook.String(in.Client.ID)},
	}
	addResults(&data, results)
	return &hook.LoginOutput{Redirect: redirect, Data: data}, nil
}

func finish(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s, results, err := run(in.Settings)
	if err != nil {
		return nil, err
	}
	if deny := s.text("deny"); deny != "" {
		return &hook.LoginOutput{Deny: true, Reason: deny}, nil
	}
	subject := settings(in.Parameters).text("subject")
	if subject == "" {
		subject = "nobody"
	}
	out := hook.Object{
		{Name: "parameters", Value: hook.FromObject(in.Parameters)},
		{Name: "data", Value: hook.FromObject(in.Data)},
	}
	addResults(&out, results)
	return &hook.LoginOutput{Identity: &hook.Identity{
		Subject: subject, Name: settings(in.Data).text("hint"), Email: subject + "@example.com", EmailVerified: true,
		Groups: []string{"upstream"}, AMR: []string{"ext"}, Claims: out,
		Attributes: hook.Object{{Name: "redirect_uri", Value: hook.String(in.RedirectURI)}},
	}}, nil
}

func password(in *hook.PasswordInput) (*hook.PasswordOutput, error) {
	_, results, err := run(in.Settings)
	if err != nil {
		return nil, err
	}
	if in.Password != "correct horse" {
		return &hook.PasswordOutput{Deny: true, Reason: "wrong password from " + in.Address}, nil
	}
	out := &hook.PasswordOutput{Identity: &hook.Identity{Subject: "u-" + in.Name, Name: in.Name}}
	addResults(&out.Identity.Claims, results)
	return out, nil
}

func event(in *hook.EventInput) error {
	s, results, err := run(in.Settings)
	if err == nil {
		postern.Log(in.Event.Type + " " + in.Event.ID)
		err = firstError(results)
	}
	if err != nil {
		return err
	}
	if detail := s.text("detail"); detail != "" {
		if _, ok := in.Event.Detail.Get(detail); !ok {
			return errors.New("no detail " + detail)
		}
	}
	return nil
}
