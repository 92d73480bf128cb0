package token

import (
	"context"
	"fmt"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// UserInfo answers what the client may know of the person (OpenID Connect Core
// section 5.3.2): sub first, then the standard claims of the token's scopes, as
// the client's plugins made them.
func (i *Issuer) UserInfo(ctx context.Context, client *core.Client, access *core.Access) ([]byte, error) {
	s, err := i.subject(client, &access.Authorized, access.Token.Scopes, hook.TargetUserInfo)
	if err != nil {
		return nil, err
	}
	claims, _, err := i.userInfo(ctx, s)
	if err != nil {
		return nil, err
	}
	return claims.AppendJSON(nil), nil
}

func (i *Issuer) userInfo(ctx context.Context, s subject) (hook.Object, []hook.Origin, error) {
	host := make(hook.Object, 0, 24)
	host = append(host, hook.Member{Name: "sub", Value: hook.String(s.name)})
	return i.extend(ctx, host, s.standard(), hook.TargetUserInfo, s)
}

// Account answers the account in the shape that the client's plugin gives it,
// byte for byte; where none is bound, what UserInfo answers.
func (i *Issuer) Account(ctx context.Context, client *core.Client, access *core.Access) ([]byte, error) {
	s, err := i.subject(client, &access.Authorized, access.Token.Scopes, hook.TargetUserInfo)
	if err != nil {
		return nil, err
	}
	doc, bound, err := i.account(ctx, s)
	if err != nil || bound {
		return doc, err
	}
	return i.UserInfo(ctx, client, access)
}

func (i *Issuer) account(ctx context.Context, s subject) (doc []byte, bound bool, err error) {
	if i.Shaper == nil {
		return nil, false, nil
	}
	doc, bound, err = i.Shaper.ShapeAccount(ctx, &hook.AccountInput{
		User: s.person(), Organisation: Organisation(&s.about.Org), Client: RelyingParty(s.client),
		Scopes: s.scopes, Authentication: SignIn(&s.about.Grant), Claims: accountClaims(s),
	})
	if err != nil {
		return nil, false, fmt.Errorf("shape the account: %w", err)
	}
	return doc, bound, nil
}

// accountClaims are those that UserInfo begins with, before claims.map/v1: a
// request for an account is one call into a plugin, not two.
func accountClaims(s subject) hook.Object {
	claims := hook.Object{{Name: "sub", Value: hook.String(s.name)}}
	return append(claims, s.standard()...)
}
