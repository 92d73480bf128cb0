// Command plugin-connector-go is a plugin that signs people in with a company's own
// single sign-on, which is older than OpenID Connect: an OAuth 2 server that
// exchanges its access token for a signed ticket, and the ticket says who came.
//
// It never sees the code, the client secret or the access token: the host has the
// half of a sign-in that is dangerous. It decides nothing about accounts here: it
// says who the person is there.
package main

import (
	"errors"
	"strconv"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

var module = postern.Register(postern.Plugin{Manifest: manifest(), LoginBegin: begin, LoginFinish: finish})

// main never runs: the module answers calls of the host.
func main() {}

// begin sends the browser away. The host adds redirect_uri, state and the PKCE
// challenge.
func begin(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s := settings{in.Settings.Object()}
	redirect := &hook.LoginRedirect{
		AuthorizationEndpoint: s.text("url") + "/oauth/authorize",
		ClientID:              s.text("client_id"),
		Scopes:                []string{"ticket"},
	}
	if in.LoginHint != "" {
		redirect.Parameters.Set("user", hook.String(in.LoginHint))
	}
	if in.Prompt == "login" {
		redirect.Parameters.Set("reauthenticate", hook.String("yes"))
	}
	return &hook.LoginOutput{Redirect: redirect}, nil
}

// finish lets the host exchange the code, fetches the ticket with the access token
// that stays there, and has the ticket's signature verified.
func finish(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s := settings{in.Settings.Object()}
	_, err := postern.ExchangeOAuth(&hook.OAuthExchangeRequest{
		TokenEndpoint: s.text("url") + "/oauth/token", ClientID: s.text("client_id"), Secret: clientSecret,
	})
	if err != nil {
		return nil, err
	}
	text, err := fetchTicket(s)
	if err != nil {
		return nil, err
	}
	t, err := verify(s, text)
	if err != nil {
		return nil, err
	}
	if t.text("status") != "active" {
		return &hook.LoginOutput{Deny: true, Reason: "Your account at " + s.company() + " is closed."}, nil
	}
	return &hook.LoginOutput{Identity: t.identity(s)}, nil
}

// fetchTicket gives what the single sign-on says of whom the access token is.
func fetchTicket(s settings) (string, error) {
	response, err := postern.Fetch(hook.Fetch{
		URL:       s.text("url") + "/oauth/ticket",
		Headers:   hook.Object{{Name: "accept", Value: hook.String("application/jwt")}},
		TimeoutMS: 3000,
		Exchanged: true, // the host sends the access token that the exchange got
	})
	if err != nil {
		return "", err
	}
	if response.Status != 200 {
		return "", errors.New("the ticket endpoint answered with status " + strconv.Itoa(response.Status))
	}
	return response.Body, nil
}

// verify gives the claims of a ticket that the single sign-on signed, for us, just
// now, and that nobody has shown before.
func verify(s settings, text string) (ticket, error) {
	answer, err := postern.VerifyJWT(&hook.JWTVerifyRequest{
		Token: text, Issuer: s.text("url"), Audience: s.text("client_id"),
		Algorithms: []string{"RS256", "ES256"}, JWKSURI: s.text("url") + "/oauth/keys", Leeway: 30,
	})
	if err != nil {
		return ticket{}, err
	}
	t := ticket{answer.Claims}
	id := t.text("jti")
	if id == "" || len(id) > 100 || t.text("sub") == "" {
		return ticket{}, errors.New("the ticket has no sub, or no jti of at most 100 bytes")
	}
	// It would be the second use that finds the first, so a ticket is remembered for
	// longer than it can be valid.
	used, err := postern.KVAdd("ticket:"+id, "used", maxLife)
	switch {
	case err != nil:
		return ticket{}, err
	case used:
		return ticket{}, errors.New("the ticket was used before")
	}
	return t, t.checkLife()
}
