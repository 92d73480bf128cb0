package app

import (
	"context"
	"net/http"
	"os"
)

// HTTPServer gives tests the server with the limits that it has in use.
func (a *App) HTTPServer(handler http.Handler) *http.Server { return a.limited(handler) }

// ReloadAt lets tests send signals.
func (a *App) ReloadAt(ctx context.Context, hangups <-chan os.Signal) { a.reloadAt(ctx, hangups) }
