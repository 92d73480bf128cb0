package admin_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// Mails that were put off can be sent now, one or all; those that were not are left alone.
func TestRetryMails(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	later := w.now.Add(time.Hour)
	for id, failures := range map[core.ID]int{"a": 3, "b": 1, "c": 0} {
		queued := core.Mail{
			ID: id, Org: "built-in", UserID: "u-" + id, To: "ada@example.org", Template: core.MailReset, Sealed: []byte("s"),
			Failures: failures, NextAt: later, CreatedAt: w.now, ExpiresAt: later,
		}
		if err := w.store.Apply(ctx, core.SendMail{Mail: queued}); err != nil {
			t.Fatal(err)
		}
	}
	due := func() (ids []core.ID) {
		mails, err := w.QueuedMails(ctx)
		if err != nil || len(mails) != 3 {
			t.Fatalf("got %v, %v", mails, err)
		}
		for _, m := range mails {
			if m.NextAt.Equal(w.now) && m.Failures == 0 {
				ids = append(ids, m.ID)
			}
		}
		return ids
	}
	if n, err := w.RetryMails(ctx, actor, "b"); n != 1 || err != nil || len(due()) != 1 || due()[0] != "b" {
		t.Errorf("one: %d, %v, due are %v", n, err, due())
	}
	if n, err := w.RetryMails(ctx, actor, ""); n != 1 || err != nil || len(due()) != 2 {
		t.Errorf("all: %d, %v, due are %v", n, err, due())
	}
	if n, err := w.RetryMails(ctx, actor, ""); n != 0 || err != nil {
		t.Errorf("all again: %d, %v", n, err)
	}
	_, err := w.RetryMails(ctx, actor, "x")
	if missing, ok := errors.AsType[*admin.MissingError](err); !ok || missing.What != "mail" {
		t.Errorf("none: %v", err)
	}
	events, err := w.store.Events(ctx, core.EventFilter{Type: core.EventMailRetried})
	// Both are of one moment, so they come in any order.
	slices.SortFunc(events, func(a, b core.Event) int { return strings.Compare(string(b.UserID), string(a.UserID)) })
	if err != nil || len(events) != 2 || events[1].Actor != actor.Name || events[0].UserID != "u-b" || events[0].Detail["mail"] != "b" {
		t.Errorf("audited %+v, %v", events, err)
	}
}
