package github

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-id/postern/plugins/document"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// Begin sends the browser to GitHub. GitHub cannot be asked for a new sign-in; a
// choice of accounts is the nearest that it has.
func Begin(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s, err := readSettings(in.Settings)
	if err != nil {
		return nil, err
	}
	redirect := &hook.LoginRedirect{AuthorizationEndpoint: s.web + "/login/oauth/authorize", ClientID: s.clientID, Scopes: s.scopes()}
	if in.LoginHint != "" {
		redirect.Parameters.Set("login", hook.String(in.LoginHint))
	}
	if in.Prompt != "" && in.Prompt != "none" && in.Prompt != "consent" {
		redirect.Parameters.Set("prompt", hook.String("select_account"))
	}
	if s.noNewAccount {
		redirect.Parameters.Set("allow_signup", hook.String("false"))
	}
	return &hook.LoginOutput{Redirect: redirect}, nil
}

// Finish asks GitHub who came back. Only a person whom the settings let in gets an
// identity.
func Finish(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s, err := readSettings(in.Settings)
	if err != nil {
		return nil, err
	}
	if problem, ok := in.Parameters.Get("error"); ok {
		description, _ := in.Parameters.Get("error_description")
		return nil, errors.New("GitHub sent the browser back with an error: " + document.Remark(problem.Text()+" "+description.Text()))
	}
	if err := exchange(&s); err != nil {
		return nil, err
	}
	found, err := ask(&s)
	if wall, ok := errors.AsType[*ssoError](err); ok {
		return &hook.LoginOutput{Deny: true, Reason: wall.Error()}, nil
	}
	if err != nil {
		return nil, err
	}
	identity, err := identify(&s, found)
	if err != nil {
		return nil, err
	}
	if reason, refused := found.refusal(&s); refused {
		return &hook.LoginOutput{Deny: true, Reason: reason}, nil
	}
	return &hook.LoginOutput{Identity: identity}, nil
}

// advice is what to do about the errors that GitHub documents for its token endpoint.
var advice = []struct{ code, text string }{
	{"bad_verification_code", "the code is not right or older than ten minutes: the person tries again"},
	{"incorrect_client_credentials", "client_id and the secret client_secret are not those of the OAuth app"},
	{"redirect_uri_mismatch", "the OAuth app must have this server's callback as its authorization callback URL"},
	{"unverified_user_email", "the person must verify their primary e-mail address at GitHub"},
}

func exchange(s *settings) error {
	_, err := postern.ExchangeOAuth(&hook.OAuthExchangeRequest{
		TokenEndpoint: s.web + "/login/oauth/access_token", ClientID: s.clientID, Secret: secret, AuthMethod: "client_secret_post",
	})
	if err == nil {
		return nil
	}
	for _, known := range advice {
		if strings.Contains(err.Error(), known.code) {
			return errors.New(err.Error() + " (" + known.text + ")")
		}
	}
	return err
}

// identify makes an identity of the person. The number is the subject: a login name
// can be given up, and taken by somebody else.
func identify(s *settings, found *found) (*hook.Identity, error) {
	id, _ := found.user.Get("id")
	number, isNumber := id.Int()
	login := text(found.user, "login")
	switch {
	case !isNumber || number <= 0:
		return nil, errors.New("GitHub's answer does not have the number of the person in id")
	case login == "":
		return nil, errors.New("GitHub's answer does not have the person's login")
	}
	identity := &hook.Identity{
		Subject: strconv.FormatInt(number, 10), Name: login, Email: found.email, EmailVerified: found.known,
		DisplayName: text(found.user, "name"),
	}
	if picture := text(found.user, "avatar_url"); strings.HasPrefix(picture, "https://") {
		identity.Picture = picture
	}
	switch s.groups {
	case "organisations":
		identity.Groups = found.orgs
	case "teams":
		identity.Groups = slices.Concat(found.orgs, found.teams)
	}
	identity.Claims.Set("login", hook.String(login))
	for _, name := range []string{"html_url", "company", "location"} {
		if value := text(found.user, name); value != "" {
			identity.Claims.Set(name, hook.String(value))
		}
	}
	return identity, nil
}

// text gives a string; empty for null and for whatever else is there.
func text(o hook.Object, name string) string {
	if v, _ := o.Get(name); v.Kind() == hook.KindString {
		return v.Text()
	}
	return ""
}

// refusal says why a person may not come in, in words for them.
func (f *found) refusal(s *settings) (reason string, refused bool) {
	if kind := text(f.user, "type"); kind != "" && kind != "User" {
		return "This GitHub account is not a person's.", true
	}
	if len(s.orgs) == 0 && len(s.teams) == 0 {
		return "", false
	}
	for _, name := range s.orgs {
		if document.HasFold(f.orgs, name) {
			return "", false
		}
	}
	for _, name := range s.teams {
		if document.HasFold(f.teams, strings.Replace(name, "/", ":", 1)) {
			return "", false
		}
	}
	if f.partial {
		return (&ssoError{}).Error(), true
	}
	return "Your GitHub account is in none of the organisations and teams that may sign in here.", true
}
