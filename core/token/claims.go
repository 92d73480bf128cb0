package token

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

// subject is whom a document is about, and for whom it is.
type subject struct {
	client *core.Client
	about  *core.Authorized
	// name is that of the person at the client.
	name   string
	scopes []string
	// requested are the claims that were asked for one by one for this document, and
	// allowed.
	requested hook.Object
}

func (i *Issuer) subject(client *core.Client, a *core.Authorized, scopes []string, target hook.Target) (subject, error) {
	s := subject{client: client, about: a, name: i.Subjects.Of(client, a.User.ID), scopes: scopes}
	if len(a.Grant.Claims) == 0 {
		return s, nil
	}
	asked, err := hook.ParseObject(a.Grant.Claims)
	if err != nil {
		return s, fmt.Errorf("read the claims parameter of grant %s: %w", a.Grant.ID, err)
	}
	if value, found := asked.Get(string(target)); found {
		s.requested = value.Object()
	}
	return s, nil
}

// person is the user as the plugins of the client see them: under the name that the
// client knows, so that none gives away another.
func (s subject) person() hook.User {
	person := Person(&s.about.User)
	person.ID = s.name
	return person
}

// standard gives the standard claims: of the scopes, and those that were asked for.
func (s subject) standard() hook.Object { return scopeClaims(&s.about.User, s.scopes, s.requested) }

// extend appends to the host's claims those of the scopes, as the plugins of the
// client made them. The host's claims never pass through a plugin, and a plugin
// that brings one of their names is refused here once more.
func (i *Issuer) extend(ctx context.Context, host, standard hook.Object, target hook.Target, s subject) (hook.Object, []hook.Origin, error) {
	if i.Mapper == nil {
		return append(host, standard...), nil, nil
	}
	provided, err := upstream(&s.about.Grant)
	if err != nil {
		return nil, nil, err
	}
	mapped, origins, err := i.Mapper.MapClaims(ctx, &hook.ClaimsInput{
		Target: target, User: s.person(), Organisation: Organisation(&s.about.Org),
		Client: RelyingParty(s.client), Scopes: s.scopes, Authentication: SignIn(&s.about.Grant), Claims: standard,
		Requested: s.requested, Upstream: provided,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("map the claims: %w", err)
	}
	for _, m := range mapped {
		if slices.Contains(hook.Protected[:], m.Name) {
			return nil, nil, fmt.Errorf("map the claims: %s is not a plugin's to set", m.Name)
		}
	}
	return append(host, mapped...), origins, nil
}

// scopeClaims lists the standard claims of each scope (OpenID Connect Core
// section 5.4), and of the others those that were asked for one by one (section 5.5),
// in the order in which UserInfo answers them.
func scopeClaims(u *core.User, scopes []string, requested hook.Object) hook.Object {
	if len(scopes)+len(requested) == 0 {
		return nil
	}
	claims := make(hook.Object, 0, 20)
	for _, s := range standardScopes {
		switch {
		case slices.Contains(scopes, s.name):
			claims = s.claims(claims, u)
		case len(requested) > 0:
			for _, m := range s.claims(nil, u) {
				if _, asked := requested.Get(m.Name); asked {
					claims = append(claims, m)
				}
			}
		}
	}
	return claims
}

var standardScopes = [...]struct {
	name   string
	claims func(hook.Object, *core.User) hook.Object
}{
	{oauth.ScopeProfile, profileClaims},
	{oauth.ScopeEmail, emailClaims},
	{oauth.ScopeAddress, addressClaims},
	{oauth.ScopePhone, phoneClaims},
}

func profileClaims(o hook.Object, u *core.User) hook.Object {
	p := &u.Profile
	o = appendString(o, "name", u.DisplayName())
	o = appendString(o, "family_name", p.FamilyName)
	o = appendString(o, "given_name", p.GivenName)
	o = appendString(o, "middle_name", p.MiddleName)
	o = appendString(o, "nickname", p.Nickname)
	o = appendString(o, "preferred_username", u.Name)
	o = appendString(o, "profile", p.URL)
	o = appendString(o, "picture", p.Picture)
	o = appendString(o, "website", p.Website)
	o = appendString(o, "gender", p.Gender)
	o = appendString(o, "birthdate", p.Birthdate)
	o = appendString(o, "zoneinfo", p.Zoneinfo)
	o = appendString(o, "locale", p.Locale)
	if !u.UpdatedAt.IsZero() {
		o = append(o, hook.Member{Name: "updated_at", Value: seconds(u.UpdatedAt)})
	}
	return o
}

func emailClaims(o hook.Object, u *core.User) hook.Object {
	if u.Email == "" {
		return o
	}
	o = appendString(o, "email", u.Email)
	return append(o, hook.Member{Name: "email_verified", Value: hook.Bool(u.EmailVerified)})
}

func addressClaims(o hook.Object, u *core.User) hook.Object {
	a := u.Profile.Address
	parts := appendString(nil, "formatted", strings.Join(a.Lines(), "\n"))
	parts = appendString(parts, "street_address", a.Street)
	parts = appendString(parts, "locality", a.Locality)
	parts = appendString(parts, "region", a.Region)
	parts = appendString(parts, "postal_code", a.PostalCode)
	parts = appendString(parts, "country", a.Country)
	if len(parts) == 0 {
		return o
	}
	return append(o, hook.Member{Name: "address", Value: hook.FromObject(parts)})
}

func phoneClaims(o hook.Object, u *core.User) hook.Object {
	if u.Profile.Phone == "" {
		return o
	}
	o = appendString(o, "phone_number", u.Profile.Phone)
	return append(o, hook.Member{Name: "phone_number_verified", Value: hook.Bool(u.Profile.PhoneVerified)})
}

// appendString leaves empty values out: OpenID Connect Core section 5.3.2 says
// that a claim without a value SHOULD be omitted.
func appendString(o hook.Object, name, value string) hook.Object {
	if value == "" {
		return o
	}
	return append(o, hook.Member{Name: name, Value: hook.String(value)})
}
