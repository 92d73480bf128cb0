package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/core/oauth"
)

// checkClientKeys checks what keys the client has, and that it has what it proves
// itself by.
func checkClientKeys(p *problems, c *core.Client) {
	m := &c.Metadata
	if len(m.JWKS) > 0 {
		if err := jose.CheckKeySet(m.JWKS); err != nil {
			p.add("jwks", "give the public halves of its keys, each with a kid of its own", "%s", err)
		}
		// RFC 7591 section 2: MUST NOT both be present.
		if m.JWKSURI != "" {
			p.add("jwks_uri", "give one of the two", "there are keys and an address of keys")
		}
	}
	checkFetched(p, "jwks_uri", m.JWKSURI)
	if slices.Contains(c.AuthMethods, core.AuthPrivateKeyJWT) && len(m.JWKS) == 0 && m.JWKSURI == "" {
		p.add("jwks", "give its public keys, or the address at which it publishes them", "%s needs keys of the client", core.AuthPrivateKeyJWT)
	}
	checkTokenAuthAlg(p, c)
	checkRequestObjects(p, c)
	checkEncryption(p, c)
}

// checkEncryption checks how the client wants to be answered.
func checkEncryption(p *problems, c *core.Client) {
	m, supported := &c.Metadata, oauth.Supported()
	if m.UserInfoAlg != "" {
		checkKnown(p, "userinfo_signed_response_alg", []string{m.UserInfoAlg}, supported.UserInfoAlgs...)
	}
	// OpenID Connect Dynamic Client Registration section 2: MUST NOT be used where an ID
	// token comes from the authorization endpoint.
	if c.IDTokenAlg == oauth.AlgNone && slices.ContainsFunc(c.ResponseTypes, func(kind string) bool { return strings.Contains(kind, "id_token") }) {
		p.add("id_token_alg", "use another, or response types without id_token", "an ID token that nobody signed cannot come through the browser")
	}
	for _, e := range []struct{ field, alg, enc string }{
		{"id_token_encrypted_response", m.IDTokenEncryptionAlg, m.IDTokenEncryptionEnc},
		{"userinfo_encrypted_response", m.UserInfoEncryptionAlg, m.UserInfoEncryptionEnc},
	} {
		if e.alg != "" {
			checkKnown(p, e.field+"_alg", []string{e.alg}, supported.EncryptionAlgs...)
		}
		if e.enc != "" {
			checkKnown(p, e.field+"_enc", []string{e.enc}, supported.EncryptionEncs...)
		}
		switch {
		case e.alg == "" && e.enc != "":
			p.add(e.field+"_enc", "give the algorithm of the key too", "%s alone encrypts nothing", shown(e.enc))
		case e.alg != "" && len(m.JWKS) == 0 && m.JWKSURI == "":
			p.add("jwks", "give its public keys, or the address at which it publishes them", "%s needs keys of the client", shown(e.alg))
		}
	}
}

// checkRequestObjects checks how the client signs its authorization requests, and where
// it may leave them.
func checkRequestObjects(p *problems, c *core.Client) {
	m := &c.Metadata
	const field = "request_object_signing_alg"
	switch alg := m.RequestObjectAlg; {
	case alg == "" || alg == oauth.AlgNone:
	case alg == oauth.AlgHMAC && c.Public():
		p.add(field, "use an algorithm of keys", "a public client has no secret to sign with")
	case !slices.Contains(oauth.ClientAlgs(), alg):
		checkKnown(p, field, []string{alg}, oauth.Supported().RequestObjectAlgs...)
	case alg != oauth.AlgHMAC && len(m.JWKS) == 0 && m.JWKSURI == "":
		p.add("jwks", "give its public keys, or the address at which it publishes them", "%s needs keys of the client", alg)
	}
	if len(m.RequestURIs) > maxURIs {
		p.add("request_uris", "", "there are more than %d request uris", maxURIs)
		return
	}
	for i, uri := range m.RequestURIs {
		// A fragment is the hash of what is there (OpenID Connect Core section 6.2).
		address, _, _ := strings.Cut(uri, "#")
		if address == "" {
			p.add("request_uris", "give addresses that begin with https://", "%q is no address that the server asks", shown(uri))
			continue
		}
		if checkFetched(p, "request_uris", address); slices.Contains(m.RequestURIs[:i], uri) {
			p.add("request_uris", "", "%q is given twice", shown(uri))
		}
	}
}

// checkFetched holds an address that the server asks to https. Whether it may be asked
// is decided when it is: by its address then.
func checkFetched(p *problems, field, address string) {
	if address == "" {
		return
	}
	u, err := url.Parse(address)
	if err != nil || len(address) > maxLongText || !printable(address, false) || u.User != nil || u.Host == "" || strings.Contains(address, "#") ||
		u.Scheme != "https" && !(u.Scheme == "http" && oauth.IsLoopback(u.Hostname())) {
		p.add(field, "give one that begins with https://, without user name and fragment", "%q is no address that the server asks", shown(address))
	}
}

func checkTokenAuthAlg(p *problems, c *core.Client) {
	alg := c.Metadata.TokenAuthAlg
	if alg == "" {
		return
	}
	checkKnown(p, "token_endpoint_auth_signing_alg", []string{alg}, oauth.Supported().ClientAuthAlgs...)
	method := core.AuthPrivateKeyJWT
	if alg == oauth.AlgHMAC {
		method = core.AuthSecretJWT
	}
	if !slices.Contains(c.AuthMethods, method) {
		p.add("token_endpoint_auth_signing_alg", "add it, or leave the algorithm out", "%q is of %s, by which the client may not authenticate", shown(alg), method)
	}
}

// compact writes keys as they are stored. What is no JSON stays, to be refused.
func compact(keys json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, keys) != nil {
		return keys
	}
	return b.Bytes()
}

// giveSecret makes a secret for a client that uses one, and keeps of it what the client
// needs.
func (s *Service) giveSecret(client *core.Client) (secret string, err error) {
	client.SecretHash, client.SealedSecret = core.Hash{}, nil
	if !client.UsesSecret() {
		return "", nil
	}
	secret = core.NewClientSecret(s.Rand)
	if err := s.keepSecret(client, secret); err != nil {
		return "", err
	}
	return secret, nil
}

// keepSecret lets the client have a secret that somebody else made.
func (s *Service) keepSecret(client *core.Client, secret string) error {
	switch {
	case !client.UsesSecret():
		return invalid(core.MemberSecret, "leave it out", "the client %q has no secret: it is public, or proves itself by its keys", client.Name)
	case len(secret) > 255 || !ascii(secret):
		return invalid(core.MemberSecret, "take letters and digits", "the secret has blanks, or characters that are no ASCII, or more than 255")
	}
	client.SecretHash, client.SealedSecret = core.HashClientSecret(secret), nil
	if !client.SignsWithSecret() {
		return nil
	}
	if s.Sealer == nil {
		return errors.New("keep the secret: nothing here can seal it")
	}
	client.SealedSecret = s.Sealer.Seal([]byte(secret), client.SecretPurpose())
	return nil
}

// LacksSecret reports whether the client was changed so that it needs another secret
// than it has. Until it gets one, it cannot prove itself.
func LacksSecret(client *core.Client) bool {
	return client.UsesSecret() && client.SecretHash.IsZero() || client.SignsWithSecret() && len(client.SealedSecret) == 0
}
