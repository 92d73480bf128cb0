package app

import (
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/console"
)

// console makes the pages of administrators.
func (a *App) console() *console.Console {
	return &console.Console{Office: a.Office, Store: a.Store, Modules: uploads{a}, Issuer: a.Config.Issuer, Now: a.now}
}

// settings are those of the server, as administrators see them.
func settings(cfg config.Config) []admin.ServerSetting {
	var list []admin.ServerSetting
	for _, c := range cfg.Chosen {
		if c.Key == "issuer" && c.Value == "" {
			c.Value = cfg.Issuer // of the last start, or made of the address
		}
		list = append(list, admin.ServerSetting{Key: c.Key, Value: c.Value, Usage: c.Usage, Where: c.Where, Secret: c.Secret})
	}
	return list
}
