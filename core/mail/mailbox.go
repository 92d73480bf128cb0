package mail

import (
	"context"
	"fmt"
	"strings"

	"github.com/postern-id/postern/core"
)

// mostShown is how many mails a mailbox shows.
const mostShown = 50

// Mailbox shows mails that wait, to who runs a server that sends none.
type Mailbox struct {
	Store interface {
		// Mails gives at most so many, the newest first.
		Mails(ctx context.Context, limit int) ([]core.Mail, error)
	}
	Unseal func(sealed []byte, purpose string) ([]byte, error)
	Writer Writer
}

// Entry is a mail of a mailbox.
type Entry struct {
	Mail   core.Mail
	Letter Letter
	Link   string // that it is about, or empty
}

// Entries gives the mails, the newest first. One that cannot be written says so.
func (b *Mailbox) Entries(ctx context.Context) ([]Entry, error) {
	mails, err := b.Store.Mails(ctx, mostShown)
	if err != nil {
		return nil, fmt.Errorf("read the mailbox: %w", err)
	}
	entries := make([]Entry, len(mails))
	for i, m := range mails {
		entries[i] = b.entry(ctx, m)
	}
	return entries, nil
}

// Entry gives one mail, or [core.ErrNotFound].
func (b *Mailbox) Entry(ctx context.Context, id core.ID) (*Entry, error) {
	mails, err := b.Store.Mails(ctx, mostShown)
	if err != nil {
		return nil, fmt.Errorf("read the mailbox: %w", err)
	}
	for _, m := range mails {
		if m.ID == id {
			entry := b.entry(ctx, m)
			return &entry, nil
		}
	}
	return nil, core.ErrNotFound
}

func (b *Mailbox) entry(ctx context.Context, m core.Mail) Entry {
	words, err := Open(&m, b.Unseal)
	if err == nil {
		var letter Letter
		if letter, err = b.Writer.Write(ctx, &m, words); err == nil {
			entry := Entry{Mail: m, Letter: letter}
			if link := words[core.WordLink]; strings.Contains(letter.Text, link) { // not every mail leads somewhere
				entry.Link = link
			}
			return entry
		}
	}
	return Entry{Mail: m, Letter: Letter{Subject: m.Template, Text: err.Error()}}
}
