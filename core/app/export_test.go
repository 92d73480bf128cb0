package app

import "net/http"

// HTTPServer gives tests the server with the limits that it has in use.
func (a *App) HTTPServer(handler http.Handler) *http.Server { return a.limited(handler) }
