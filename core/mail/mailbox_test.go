package mail

import (
	"context"
	"errors"
	"testing"

	"github.com/postern-id/postern/core"
)

// A mailbox shows what waits, the newest first, and leaves it where it is.
func TestMailbox(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		box := &Mailbox{Store: w.store, Unseal: unreversed, Writer: w.writer}
		if entries, err := box.Entries(context.Background()); err != nil || len(entries) != 0 {
			t.Errorf("an empty one has %v, %v", entries, err)
		}
		w.post("one")
		w.pass(1e6)
		broken := w.mail("two")
		broken.Mail.Sealed = nil
		w.apply(broken)
		entries, err := box.Entries(context.Background())
		if err != nil || len(entries) != 2 {
			t.Fatalf("got %v, %v", entries, err)
		}
		link := "https://id.example.org/reset?ticket=one-secret"
		same(t, entries[1].Letter, Letter{Sender: "Northwind", Subject: "About reset", Text: link, HTML: "<p>" + link + "</p>"})
		same(t, entries[1].Link, link)
		same(t, entries[0].Mail.ID, broken.Mail.ID)
		same(t, entries[0].Letter, Letter{Subject: "reset", Text: "open the words of a mail: sealed for something else"})
		same(t, len(w.waiting()), 2)

		one, err := box.Entry(context.Background(), entries[1].Mail.ID)
		if err != nil || one.Link != link {
			t.Errorf("got %v, %v", one, err)
		}
		box.Writer = writerFunc(func(context.Context, *core.Mail, map[string]string) (Letter, error) {
			return Letter{Text: "Your account was deleted."}, nil
		})
		if one, err = box.Entry(context.Background(), entries[1].Mail.ID); err != nil || one.Link != "" {
			t.Errorf("a mail that leads nowhere: got %v, %v", one, err)
		}
		if _, err := box.Entry(context.Background(), "another"); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("another: %v", err)
		}
	})
}
