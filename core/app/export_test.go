package app

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/postern-id/postern/core"
)

// HTTPServer gives tests the server with the limits that it has in use.
func (a *App) HTTPServer(handler http.Handler) *http.Server { return a.limited(handler) }

// TellClients lets tests tell clients that sessions have ended.
func (a *App) TellClients(ctx context.Context) (end func(), err error) { return a.tellClients(ctx) }

// ReloadAt lets tests send signals.
func (a *App) ReloadAt(ctx context.Context, hangups <-chan os.Signal) { a.reloadAt(ctx, hangups) }

// RotateKey makes a key for the algorithm that signs from the next start on. The first
// of several signs, so it is older than those that are there.
func (a *App) RotateKey(ctx context.Context, alg string) error {
	keys, err := a.Store.SigningKeys(ctx)
	if err != nil {
		return err
	}
	key, err := keyMaker{a.vault, a.now, a.rand}.NewKey(ctx, alg)
	if err != nil {
		return err
	}
	key.CreatedAt = keys[0].CreatedAt.Add(-time.Minute)
	return a.Store.Apply(ctx, core.AddKey{Key: *key})
}

// RotateKeys is what a server does from time to time.
func RotateKeys(a *App) { a.rotateKeys(context.Background()) }
