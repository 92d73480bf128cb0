package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/config"
)

const (
	callback = "https://rp.example/cb"
	password = "correct horse battery staple"
	allScope = "openid profile email offline_access"
)

// bench is a Postern and a bare handler, both on loopback, with the same work to do.
type bench struct {
	options
	app     *app.App
	bare    *bare
	ours    string // addresses
	theirs  string
	user    *core.User
	clients map[string]*party // by algorithm, and "confluence"
}

// party is a client that authenticates.
type party struct {
	core.Client
	basic string // header line
}

func measureRequests(ctx context.Context, o options, print func(figure)) error {
	dir, err := os.MkdirTemp("", "postern-figures-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{options: o, clients: map[string]*party{}}
	if err := b.open(ctx, dir); err != nil {
		return err
	}
	defer b.app.Close()
	for _, group := range []struct {
		name    string
		measure func(context.Context, func(figure)) error
	}{
		{"discovery", b.discovery}, {"codes", b.codes}, {"refreshes", b.refreshes}, {"resources", b.resources}, {"sign-ins", b.signIns},
	} {
		if !strings.Contains(group.name, o.only) {
			continue
		}
		if err := group.measure(ctx, print); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) open(ctx context.Context, dir string) error {
	if err := b.openServer(ctx, dir, nil); err != nil {
		return err
	}
	var err error
	if b.bare, err = newBare(dir); err != nil {
		return err
	}
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b.theirs = other.Addr().String()
	go http.Serve(other, b.bare.handler()) //nolint:errcheck // ends with the process
	return b.waitReady(ctx)
}

// openServer opens a Postern with a user and clients.
func (b *bench) openServer(ctx context.Context, dir string, logger *slog.Logger) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b.ours = listener.Addr().String()
	cfg := config.Config{Data: dir, Issuer: "http://" + b.ours}
	if b.app, err = app.Open(ctx, cfg, app.Options{Passwords: app.CheapPasswords(), Logger: logger}); err != nil {
		return err
	}
	handler, err := b.app.Handler(ctx)
	if err != nil {
		return err
	}
	go http.Serve(listener, handler) //nolint:errcheck // ends with the process
	return b.populate(ctx)
}

func (b *bench) populate(ctx context.Context) error {
	actor := admin.Actor{Name: "figures"}
	created, err := b.app.Admin.CreateUser(ctx, actor, admin.NewUser{
		Name: "alice", Email: "alice@example.com", EmailVerified: true, Password: password,
		Profile: core.Profile{DisplayName: "Alice Liddell", GivenName: "Alice", FamilyName: "Liddell"},
		Groups:  []string{"confluence-users"},
	})
	if err != nil {
		return err
	}
	b.user = &created.User
	for name, alg := range map[string]string{"RS256": "RS256", "ES256": "ES256", "confluence": "RS256"} {
		preset := "web"
		if name == "confluence" {
			preset = name
		}
		created, err := b.app.Admin.CreateClient(ctx, actor, admin.NewClient{Name: name, Preset: preset, Edit: func(c *core.Client) {
			c.RedirectURIs, c.IDTokenAlg, c.SkipConsent, c.OfflineWithoutPrompt = []string{callback}, alg, true, true
			c.RequirePKCE = false
			if preset == "web" {
				c.Scopes = strings.Fields(allScope)
				c.GrantTypes = []string{core.GrantAuthorizationCode, core.GrantRefreshToken}
			}
		}})
		if err != nil {
			return err
		}
		credentials := base64.StdEncoding.EncodeToString([]byte(created.Client.ID + ":" + created.Secret))
		b.clients[name] = &party{created.Client, "Authorization: Basic " + credentials + "\r\n"}
	}
	return nil
}

func (b *bench) waitReady(ctx context.Context) error {
	for range 600 {
		if b.app.Ready(ctx) == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("the plugins did not become ready")
}

// issue puts grants with unused codes into the store and gives the codes.
func (b *bench) issue(ctx context.Context, client *party, n int) ([]string, error) {
	now := time.Now()
	codes := make([]string, n)
	changes := make([]core.Change, n)
	for i := range n {
		credential := core.NewCredential(core.KindCode, core.NewID(now, rand.Reader), rand.Reader)
		codes[i] = credential.String()
		changes[i] = core.IssueCode{Grant: core.Grant{
			ID: credential.ID, ClientID: client.ID, UserID: b.user.ID, SessionID: core.NewID(now, rand.Reader),
			Scopes: strings.Fields(allScope), AuthTime: now, AMR: []string{"pwd"}, ACR: "1", Nonce: "n-0S6_WzA2Mj",
			CodeHash: credential.Hash(), CodeExpiresAt: now.Add(time.Hour), RedirectURI: callback, RedirectURIGiven: true,
			CreatedAt: now, ExpiresAt: now.Add(30 * 24 * time.Hour),
		}}
	}
	// In parts, as sign-ins would: one transaction of everything is a load of its own.
	for part := range slices.Chunk(changes, 200) {
		if err := b.app.Store.Apply(ctx, part...); err != nil {
			return nil, err
		}
	}
	return codes, nil
}

func redeem(address string, client *party, code string) []byte {
	return post(address, "/api/login/oauth/access_token", client.basic, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback},
	}.Encode())
}

func (b *bench) discovery(ctx context.Context, print func(figure)) error {
	ours, err := b.repeat(ctx, b.ours, get(b.ours, "/.well-known/openid-configuration", ""))
	if err != nil {
		return err
	}
	print(perSecond("discovery", ours, 0, ""))
	return nil
}

// repeat sends the same request again and again.
func (b *bench) repeat(ctx context.Context, address string, request []byte) (float64, error) {
	return rate(ctx, b.options, address, func(int) worker {
		return func(c *connection) error { return c.expect(request, http.StatusOK) }
	})
}

func (b *bench) bareToken(ctx context.Context, alg string) (float64, error) {
	body := url.Values{"grant_type": {"authorization_code"}, "code": {strings.Repeat("c", 69)}, "redirect_uri": {callback}}.Encode()
	return b.repeat(ctx, b.theirs, post(b.theirs, "/sign/"+alg, "", body))
}

// codesPerSecond is more than can be redeemed.
var codesPerSecond = map[string]int{"RS256": 3_000, "ES256": 10_000}

func (b *bench) codes(ctx context.Context, print func(figure)) error {
	for _, alg := range []string{"RS256", "ES256"} {
		client := b.clients[alg]
		codes, err := b.issue(ctx, client, codesPerSecond[alg]*int(b.span.Seconds()+1))
		if err != nil {
			return err
		}
		var next atomic.Int64
		ours, err := rate(ctx, b.options, b.ours, func(int) worker {
			return func(c *connection) error {
				i := int(next.Add(1)) - 1
				if i >= len(codes) {
					return errSpent
				}
				return c.expect(redeem(b.ours, client, codes[i]), http.StatusOK)
			}
		})
		if err != nil {
			return err
		}
		if next.Load() > int64(len(codes)) {
			return fmt.Errorf("all %d codes were redeemed before the time was over", len(codes))
		}
		limit, err := b.bareToken(ctx, alg)
		if err != nil {
			return err
		}
		print(perSecond("token, code, "+alg, ours, limit, "70 %"))
	}
	return nil
}

func (b *bench) refreshes(ctx context.Context, print func(figure)) error {
	for _, alg := range []string{"RS256", "ES256"} {
		client := b.clients[alg]
		codes, err := b.issue(ctx, client, b.connections)
		if err != nil {
			return err
		}
		ours, err := rate(ctx, b.options, b.ours, func(i int) worker {
			var token string
			return func(c *connection) error {
				request := redeem(b.ours, client, codes[i])
				if token != "" {
					request = post(b.ours, "/api/login/oauth/access_token", client.basic,
						url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}.Encode())
				}
				err := c.expect(request, http.StatusOK)
				token = c.member("refresh_token")
				return err
			}
		})
		if err != nil {
			return err
		}
		limit, err := b.bareToken(ctx, alg)
		if err != nil {
			return err
		}
		print(perSecond("token, refresh, "+alg, ours, limit, "70 %"))
	}
	return nil
}

func (b *bench) resources(ctx context.Context, print func(figure)) error {
	limit, err := b.repeat(ctx, b.theirs, get(b.theirs, "/row", "Authorization: Bearer "+b.bare.row+"\r\n"))
	if err != nil {
		return err
	}
	for _, f := range []struct{ name, client, path, aim string }{
		{"UserInfo", "RS256", "/api/userinfo", "70 %"},
		{"get-account through the plugin", "confluence", "/api/get-account", "10000/s"},
	} {
		codes, err := b.issue(ctx, b.clients[f.client], 1)
		if err != nil {
			return err
		}
		c, err := dial(b.ours)
		if err != nil {
			return err
		}
		if err := c.expect(redeem(b.ours, b.clients[f.client], codes[0]), http.StatusOK); err != nil {
			return err
		}
		token := c.member("access_token")
		c.conn.Close()
		ours, err := b.repeat(ctx, b.ours, get(b.ours, f.path, "Authorization: Bearer "+token+"\r\n"))
		if err != nil {
			return err
		}
		print(perSecond(f.name, ours, limit, f.aim))
	}
	return nil
}

var stepField = regexp.MustCompile(`name="step" value="([^"]+)"`)

// signIns walks whole sign-ins, from the authorization request of a browser that
// nobody is signed in to, to the tokens. The bare one commits twice, then signs
// and commits.
func (b *bench) signIns(ctx context.Context, print func(figure)) error {
	client := b.clients["RS256"]
	authorize := get(b.ours, "/login/oauth/authorize?"+url.Values{
		"client_id": {client.ID}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid profile email"}, "state": {"s"},
	}.Encode(), "")
	// More at once than are let in to the password check would be told to wait.
	o := b.options
	o.connections = min(o.connections, 32)
	ours, err := rate(ctx, o, b.ours, func(int) worker {
		return func(c *connection) error { return b.signIn(c, client, authorize) }
	})
	if err != nil {
		return err
	}
	commit := post(b.theirs, "/commit", "", "a=b")
	sign := post(b.theirs, "/sign/RS256", "", "a=b")
	limit, err := rate(ctx, o, b.theirs, func(int) worker {
		return func(c *connection) error {
			for _, request := range [][]byte{commit, commit, sign} {
				if err := c.expect(request, http.StatusOK); err != nil {
					return err
				}
			}
			return nil
		}
	})
	if err != nil {
		return err
	}
	print(perSecond("sign-in without password hash, RS256", ours, limit, "70 %"))
	return nil
}

func (b *bench) signIn(c *connection, client *party, authorize []byte) error {
	if err := c.expect(authorize, http.StatusSeeOther); err != nil {
		return err
	}
	cookie, _, _ := strings.Cut(c.field("Set-Cookie"), ";")
	header := "Cookie: " + cookie + "\r\n"
	if err := c.expect(get(b.ours, c.field("Location"), header), http.StatusOK); err != nil {
		return err
	}
	step := stepField.FindSubmatch(c.body)
	if step == nil {
		return errors.New("the sign-in page has no step")
	}
	form := url.Values{"step": {html.UnescapeString(string(step[1]))}, "username": {"alice"}, "password": {password}, "action": {"login"}}
	if err := c.expect(post(b.ours, "/login", header, form.Encode()), http.StatusSeeOther); err != nil {
		return err
	}
	answer, err := url.Parse(c.field("Location"))
	if err != nil || answer.Query().Get("code") == "" {
		return fmt.Errorf("no code in %s", c.field("Location"))
	}
	return c.expect(redeem(b.ours, client, answer.Query().Get("code")), http.StatusOK)
}
