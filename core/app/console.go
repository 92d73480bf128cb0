package app

import "github.com/postern-id/postern/core/console"

// console makes the pages of administrators.
func (a *App) console() *console.Console {
	return &console.Console{Office: a.Office, Store: a.Store, Issuer: a.Config.Issuer, Now: a.now}
}
