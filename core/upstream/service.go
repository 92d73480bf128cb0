package upstream

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

// Store is what is read here. A row that does not exist is [core.ErrNotFound].
type Store interface {
	Plugins(ctx context.Context) (*core.PluginConfig, error)
	Organisation(ctx context.Context, name string) (*core.Organisation, error)
	Attempt(ctx context.Context, id core.ID) (*core.UpstreamAttempt, error)
	Link(ctx context.Context, connector, subject string) (*core.Linked, error)
	Links(ctx context.Context, userID core.ID) ([]core.Link, error)
	Roles(ctx context.Context, holder core.ID) ([]core.RoleGrant, error)
	// UserByEmail and UserByLogin compare in the folded form. For the latter org ""
	// stands for any organisation; a login of two is not found then,
	// [core.ErrAmbiguous] if one of those people has a password.
	UserByEmail(ctx context.Context, org, email string) (*core.User, error)
	UserByLogin(ctx context.Context, org, login string) (*core.User, error)
}

// Connector runs the hooks of a plugin instance. Any error says that the connector
// failed; its text may be the plugin's.
type Connector interface {
	Login(ctx context.Context, instance string, in *hook.LoginInput, login *core.UpstreamLogin) (*hook.LoginOutput, error)
	Password(ctx context.Context, instance string, in *hook.PasswordInput) (*hook.PasswordOutput, error)
}

// Provider is what is needed here of a discovery document.
type Provider struct {
	Issuer                string // with {tenantid} in it: of each tenant another
	AuthorizationEndpoint string
	// NamesItself says that the provider puts iss into its callback (RFC 9207 section 3).
	NamesItself bool
}

// Discoverer reads discovery documents on behalf of a plugin instance, as far as it
// was granted to.
type Discoverer interface {
	Discover(ctx context.Context, caller *core.PluginCaller, issuer string, anyIssuer bool) (*Provider, error)
}

// Sealer encrypts what is kept, for a purpose that has to be named again.
type Sealer interface {
	Seal(plaintext []byte, purpose string, random io.Reader) []byte
	Unseal(sealed []byte, purpose string) ([]byte, error)
}

// Service signs people in elsewhere. All fields are needed. Its methods may be called
// from many goroutines.
type Service struct {
	Store      Store
	Connectors Connector
	Providers  Discoverer
	Sealer     Sealer
	// Organisation and Client make what connectors see of them.
	Organisation func(*core.Organisation) hook.Organisation
	Client       func(*core.Client) hook.Client
	Issuer       string   // ours; redirect URIs begin with it
	Key          [32]byte // for what is derived from the state of an attempt
	Now          func() time.Time
	Rand         io.Reader
}

// CallbackPath begins the path of a redirect URI; the connector follows. Each has
// its own, so that an answer of one provider is never taken for another's (RFC 9700
// section 4.4).
const CallbackPath = oauth.PathCallback

func (s *Service) redirectURI(instance string) string { return s.Issuer + CallbackPath + instance }

func (s *Service) clientOf(c *core.Client) hook.Client {
	if c == nil {
		return hook.Client{}
	}
	return s.Client(c)
}

// absent tells a row that is not there from an error.
func absent(err error) (missing bool, failure error) {
	if errors.Is(err, core.ErrNotFound) {
		return true, nil
	}
	return false, err
}
