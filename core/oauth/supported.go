package oauth

import (
	"slices"

	"github.com/postern-id/postern/core"
)

// Support is what the server can do. Discovery lists it, and nobody makes a client for
// anything else: neither an operator nor the client itself. So a word that is added
// here is announced and accepted at once, and one that is not works nowhere.
type Support struct {
	ResponseTypes []string // each with its words sorted
	GrantTypes    []string
	SubjectTypes  []string
	AuthMethods   []string // of the token endpoint

	// Algorithms. An empty list is a thing that cannot be done.
	IDTokenAlgs        []string
	ClientAuthAlgs     []string // of client assertions
	UserInfoAlgs       []string
	RequestObjectAlgs  []string
	EncryptionAlgs     []string // of keys, for ID tokens and UserInfo
	EncryptionEncs     []string // of content, the default first
	RequestEncryptAlgs []string // of keys, for request objects
	RequestEncryptEncs []string

	// Members are those members of client metadata that mean something here and have no
	// list above. A client may send others, which are ignored (RFC 7591 section 2, MUST).
	Members []string
}

// Has reports whether a member of client metadata means something.
func (s *Support) Has(member string) bool { return slices.Contains(s.Members, member) }

// Supported is the table.
func Supported() Support {
	return Support{
		ResponseTypes:     ResponseTypes(),
		GrantTypes:        []string{core.GrantAuthorizationCode, core.GrantImplicit, core.GrantRefreshToken, core.GrantClientCredentials, core.GrantDevice},
		SubjectTypes:      []string{core.SubjectPublic, core.SubjectPairwise},
		AuthMethods:       []string{core.AuthBasic, core.AuthPost, core.AuthNone, core.AuthSecretJWT, core.AuthPrivateKeyJWT},
		IDTokenAlgs:       append(SigningAlgs(), AlgNone),
		ClientAuthAlgs:    ClientAlgs(),
		UserInfoAlgs:      SigningAlgs(),
		RequestObjectAlgs: append(ClientAlgs(), AlgNone),
		EncryptionAlgs:    EncryptionAlgs(),
		EncryptionEncs:    ContentEncryptions(),
		Members: []string{
			MemberJWKS, MemberJWKSURI, MemberSectorURI, MemberInitiateLogin, MemberRequestURIs, MemberDefaultMaxAge, MemberRequireAuthTime,
			MemberDefaultACRValues, MemberFrontchannelLogout, MemberBackchannelLogout,
		},
	}
}

// SigningAlgs are those that the server signs with.
func SigningAlgs() []string { return []string{"RS256", "ES256", "EdDSA", "PS256"} }

// Members of client metadata that a server may be without.
const (
	MemberJWKS               = "jwks"
	MemberJWKSURI            = "jwks_uri"
	MemberSectorURI          = "sector_identifier_uri"
	MemberInitiateLogin      = "initiate_login_uri"
	MemberRequestURIs        = "request_uris"
	MemberDefaultMaxAge      = "default_max_age"
	MemberRequireAuthTime    = "require_auth_time"
	MemberDefaultACRValues   = "default_acr_values"
	MemberFrontchannelLogout = "frontchannel_logout_uri"
	MemberBackchannelLogout  = "backchannel_logout_uri"
)
