package token

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// Person is a user as plugins see them.
func Person(u *core.User) hook.User {
	p := &u.Profile
	return hook.User{
		ID: string(u.ID), Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified, DisplayName: u.DisplayName(),
		GivenName: p.GivenName, FamilyName: p.FamilyName, MiddleName: p.MiddleName, Nickname: p.Nickname,
		Profile: p.URL, Picture: p.Picture, Website: p.Website, Gender: p.Gender, Birthdate: p.Birthdate,
		Zoneinfo: p.Zoneinfo, Locale: p.Locale, Phone: p.Phone, PhoneVerified: p.PhoneVerified,
		CountryCode: p.CountryCode, Region: p.Region, Location: p.Location, Address: p.Address.Lines(),
		Affiliation: p.Affiliation, Title: p.Title, Bio: p.Bio, Tag: p.Tag, Education: p.Education, ExternalID: p.ExternalID,
		Admin: u.Admin, Groups: u.Groups, Attributes: attributes(u.Attributes),
		CreatedAt: rfc3339(u.CreatedAt), UpdatedAt: rfc3339(u.UpdatedAt),
		LastSignInAt: rfc3339(u.LastSignInAt), LastSignInIP: u.LastSignInIP,
	}
}

func attributes(m map[string]string) hook.Object {
	if len(m) == 0 {
		return nil
	}
	o := make(hook.Object, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		o = append(o, hook.Member{Name: name, Value: hook.String(m[name])})
	}
	return o
}

// RelyingParty is a client as plugins see it.
func RelyingParty(c *core.Client) hook.Client { return hook.Client{ID: c.ID, Name: c.Name} }

// SignIn is how the person of a grant signed in, as plugins see it.
func SignIn(g *core.Grant) hook.Authentication {
	a := hook.Authentication{Time: rfc3339(g.AuthTime), AMR: g.AMR, ACR: g.ACR}
	if g.Upstream != nil {
		a.Connector = g.Upstream.Connector
	}
	return a
}

// Question is what scope policies are asked about an authorization: may the client
// have the scopes now? Where it is nobody's, nothing is said of a person.
func Question(grantType string, client *core.Client, a *core.Authorized, scopes []string, address string, now time.Time) *hook.ScopeInput {
	in := &hook.ScopeInput{
		GrantType: grantType, Client: RelyingParty(client), Scopes: scopes, Address: address, Time: rfc3339(now),
	}
	if a.User.ID != "" {
		in.User, in.Organisation, in.Authentication = Person(&a.User), Organisation(&a.Org), SignIn(&a.Grant)
	}
	return in
}

// upstream gives what the provider said of the person, nil where there was none.
func upstream(g *core.Grant) (hook.Object, error) {
	if g.Upstream == nil || len(g.Upstream.Claims) == 0 {
		return nil, nil
	}
	claims, err := hook.ParseObject(g.Upstream.Claims)
	if err != nil {
		return nil, fmt.Errorf("read the upstream claims of grant %s: %w", g.ID, err)
	}
	return claims, nil
}

// Organisation is an organisation as plugins see it.
func Organisation(o *core.Organisation) hook.Organisation {
	return hook.Organisation{
		Name: o.Name, DisplayName: o.DisplayName, WebsiteURL: o.WebsiteURL,
		Logo: o.Logo, Favicon: o.Favicon, CreatedAt: rfc3339(o.CreatedAt),
	}
}

// rfc3339 writes whole seconds in UTC; empty where there is no time.
func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
