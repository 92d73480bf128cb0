package app

import (
	"encoding/json"

	"github.com/postern-id/postern/core"
)

// Words opens what a mail is filled in with.
func (a *App) Words(m core.Mail) (map[string]string, error) {
	plaintext, err := a.vault.Unseal(m.Sealed, core.MailPurpose(m.ID))
	if err != nil {
		return nil, err
	}
	var words map[string]string
	return words, json.Unmarshal(plaintext, &words)
}
