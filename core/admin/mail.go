package admin

import (
	"context"
	"errors"
	"fmt"

	"github.com/postern-id/postern/core"
)

// mostMails is more mails than wait where anything works.
const mostMails = 10_000

// QueuedMails gives the mails that wait to be sent, the newest first. What they say is sealed.
func (s *Service) QueuedMails(ctx context.Context) ([]core.Mail, error) {
	mails, err := s.Store.Mails(ctx, mostMails)
	if err != nil {
		return nil, fmt.Errorf("read the mails that wait: %w", err)
	}
	return mails, nil
}

// RetryMails makes mails that were put off due now: the one with the id, or all if it is
// empty. It gives how many. One that is being sent at this moment may be sent twice.
func (s *Service) RetryMails(ctx context.Context, by Actor, id core.ID) (int, error) {
	mails, err := s.QueuedMails(ctx)
	if err != nil {
		return 0, err
	}
	now := s.Now()
	var changes []core.Change
	for _, m := range mails {
		if id == "" && m.Failures > 0 || id == m.ID {
			changes = append(changes, core.PutOffMail{ID: m.ID, NextAt: now}, s.record(by, now, core.Event{
				Type: core.EventMailRetried, UserID: m.UserID, Detail: map[string]string{"mail": string(m.ID), "template": m.Template},
			}))
		}
	}
	if id != "" && len(changes) == 0 {
		return 0, &MissingError{What: "mail", Name: string(id)}
	}
	if len(changes) == 0 {
		return 0, nil
	}
	if err := s.apply(ctx, changes...); err != nil {
		return 0, fmt.Errorf("retry mails: %w", err)
	}
	return len(changes) / 2, nil
}

// MailTester sends mails at once.
type MailTester interface {
	// TestMail sends a mail that says that mails get through. What is wrong with the mail
	// server, or what it says, is an [InvalidError].
	TestMail(ctx context.Context, to string) error
}

// TestMail sends a mail to an address, at once, for who wants to see whether it arrives.
func (s *Service) TestMail(ctx context.Context, by Actor, to string) error {
	if !core.IsEmail(to) {
		return invalid("to", "write it like name@example.org", "%q is no e-mail address", shown(to))
	}
	if s.MailTester == nil {
		return errors.New("send a mail: nothing here can")
	}
	if err := s.begins(ctx); err != nil {
		return wrap("note that a mail is sent", err)
	}
	if err := s.MailTester.TestMail(ctx, to); err != nil {
		return err
	}
	now := s.Now()
	record := s.record(by, now, core.Event{Type: core.EventMailSent, Detail: map[string]string{"template": core.MailTest}})
	return wrap("record the mail", s.apply(ctx, record))
}
