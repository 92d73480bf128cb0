package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/postern-id/postern/core"
)

// Open gives the words of a mail.
func Open(m *core.Mail, unseal func(sealed []byte, purpose string) ([]byte, error)) (map[string]string, error) {
	plaintext, err := unseal(m.Sealed, core.MailPurpose(m.ID))
	if err != nil {
		return nil, fmt.Errorf("open the words of a mail: %w", err)
	}
	var words map[string]string
	if err := json.Unmarshal(plaintext, &words); err != nil {
		return nil, errors.New("read the words of a mail: they are no JSON object of strings") // the cause could show them
	}
	return words, nil
}

// write makes the message of a mail, and gives its words.
func (d *Deliverer) write(ctx context.Context, m *core.Mail) (Message, map[string]string, error) {
	words, err := Open(m, d.Unseal)
	if err != nil {
		return Message{}, nil, err
	}
	letter, err := d.Writer.Write(ctx, m, words)
	if err != nil {
		return Message{}, nil, err
	}
	return Message{ID: m.ID, To: m.To, Date: m.CreatedAt, Locale: m.Locale, Letter: letter}, words, nil
}

// hush takes the secrets of a mail out of what a server said about it: some repeat what
// they did not like.
func hush(err error, words map[string]string) error {
	text := err.Error()
	code := words[core.WordCode]
	secrets := []string{words[core.WordLink], code}
	if len(code) == 8 {
		secrets = append(secrets, code[:4]+" "+code[4:]) // as mails show it
	}
	if link, parseErr := url.Parse(words[core.WordLink]); parseErr == nil {
		for _, values := range link.Query() {
			secrets = append(secrets, values...)
		}
		secrets = append(secrets, link.RawQuery)
	}
	for _, secret := range secrets {
		if len(secret) >= 6 {
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	return errors.New(text)
}
