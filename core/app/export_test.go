package app

import (
	"context"
	"net/http"
	"os"

	"github.com/postern-id/postern/core/mail"
	"github.com/postern-id/postern/core/outbound"
)

// HTTPServer gives tests the server with the limits that it has in use.
func (a *App) HTTPServer(handler http.Handler) *http.Server { return a.limited(handler) }

// TellClients lets tests tell clients that sessions have ended.
func (a *App) TellClients(ctx context.Context) (end func(), err error) { return a.tellClients(ctx) }

// Mails lets tests queue mails, and SendMails send them.
func (a *App) Mails() *mail.Composer                      { return a.mails }
func (a *App) SendMails(ctx context.Context) (end func()) { return a.sendMails(ctx) }

// ReloadAt lets tests send signals.
func (a *App) ReloadAt(ctx context.Context, hangups <-chan os.Signal) { a.reloadAt(ctx, hangups) }

// RotateKeys is what a server does from time to time.
func RotateKeys(a *App) { a.rotateKeys(context.Background()) }

// Document fetches what a client refers to, by that client.
func Document(ctx context.Context, client *outbound.Client, url string) ([]byte, error) {
	return documents{func() (*outbound.Client, error) { return client, nil }}.Document(ctx, url)
}
