package mail

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/postern-id/postern/core"
)

// Queue keeps the mails that wait.
type Queue interface {
	// ClaimMails takes at most so many mails that are due at now. Nobody else gets them
	// before until.
	ClaimMails(ctx context.Context, now, until time.Time, most int) ([]core.Mail, error)
	// MailsQueued gets a value after this process queued a mail.
	MailsQueued() <-chan struct{}
	// Apply gets EndMail, PutOffMail and Record.
	Apply(context.Context, ...core.Change) error
}

// Writer writes what a mail says.
type Writer interface {
	Write(ctx context.Context, m *core.Mail, words map[string]string) (Letter, error)
}

// Observer counts what becomes of mails: "ok", "retried" or "dropped".
type Observer interface{ Mail(result string) }

// Results of a mail.
const (
	resultOK      = "ok"
	resultRetried = "retried"
	resultDropped = "dropped"
)

// Deliverer sends mails. All fields are needed.
type Deliverer struct {
	Queue    Queue
	Unseal   func(sealed []byte, purpose string) ([]byte, error)
	Writer   Writer
	Server   *SMTP
	Observer Observer
	Logger   *slog.Logger
	Now      func() time.Time
	NewID    func(time.Time) core.ID // of audit events
	Rand     func() float64          // from 0 to below 1
}

// pollEvery is how soon mails of another process are noticed.
const pollEvery = 2 * time.Second

// Run sends mails until ctx ends. Then it lets the mail in flight arrive, but not for
// long, gives back what was not sent, and returns.
func (d *Deliverer) Run(ctx context.Context) {
	look := time.NewTimer(0)
	defer look.Stop()
	rests := 0 // in a row
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			continue
		case <-d.Queue.MailsQueued():
			if rests > 0 {
				continue // the timer says when to look again
			}
		case <-look.C:
		}
		r := d.deliver(ctx)
		switch {
		case r.tired:
			rests++
			d.complain(r.failure, rests)
			look.Reset(d.delay(firstRest, longestRest, rests))
			continue
		case r.works && rests > 0:
			d.Logger.Info("the mail server takes mails again")
		}
		if r.works {
			rests = 0
		}
		look.Reset(pollEvery)
	}
}

// complain says that the server does not work: loudly once, and then for who wants to
// know.
func (d *Deliverer) complain(f *Failure, rests int) {
	level := slog.LevelWarn
	if rests > 1 {
		level = slog.LevelInfo
	}
	if f == nil {
		return // the queue failed, and that was said
	}
	d.Logger.Log(context.Background(), level, "mails cannot be sent: they wait", "server", d.Server.Address, "stage", string(f.Stage), "error", f, "hint", f.Hint())
}

// round is what came of sending what was due.
type round struct {
	works   bool     // the server said of a mail whether it takes it
	tired   bool     // the server, or the queue, does not work
	failure *Failure // of the server
}

// Limits of a batch.
const (
	// batchSize is how many mails are claimed at once. What a server that is killed sends
	// again is one of them: each is settled when it was sent.
	batchSize = 10
	// batchTime is how long mails of a batch are begun.
	batchTime = time.Minute
	// claimTime is how long others leave a batch alone. If the server is killed, it is how
	// long the mails of the batch wait.
	claimTime = batchTime + sendTime + connectTime
	// graceTime is how long a mail in flight may take when the server ends.
	graceTime = 5 * time.Second
)

// deliver sends what is due, by one connection, until nothing is left or the server shows
// that it does not work.
func (d *Deliverer) deliver(ctx context.Context) (r round) {
	var conn *Conn
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	for ctx.Err() == nil && !r.tired {
		begin := d.Now()
		batch, err := d.Queue.ClaimMails(ctx, begin, begin.Add(claimTime), batchSize)
		if err != nil && ctx.Err() == nil {
			d.Logger.Error("mails that wait cannot be read", "error", err)
			r.tired = true
		}
		if err != nil || len(batch) == 0 {
			return r
		}
		for i := range batch {
			m := &batch[i]
			var changes []core.Change
			if r.tired || ctx.Err() != nil || d.Now().Sub(begin) > batchTime {
				changes = giveBack(m, begin)
			} else {
				conn, changes = d.settle(ctx, conn, m, &r)
			}
			if err := d.Queue.Apply(context.WithoutCancel(ctx), changes...); err != nil {
				d.Logger.Error("what became of a mail cannot be stored: it may be sent again", "mail", m.ID, "error", err)
				r.tired = true
			}
		}
	}
	return r
}

// settle sends one mail and gives what is to be stored of it. It opens a connection if
// there is none, and gives it for the next mail.
func (d *Deliverer) settle(ctx context.Context, conn *Conn, m *core.Mail, r *round) (*Conn, []core.Change) {
	if !m.ExpiresAt.After(d.Now()) {
		return conn, d.giveUp(m, "expired", nil, nil)
	}
	message, words, err := d.write(ctx, m)
	if err != nil {
		return conn, d.failed(m, &Failure{Stage: StageWrite, Err: err})
	}
	if conn == nil {
		if conn, err = d.Server.Open(ctx); err != nil {
			r.tired, r.failure = true, failureOf(err)
			return nil, giveBack(m, d.Now())
		}
	}
	err = conn.Send(ctx, message)
	if err == nil {
		r.works = true
		d.Observer.Mail(resultOK)
		return conn, []core.Change{core.EndMail{ID: m.ID}, d.record(core.EventMailSent, m, nil)}
	}
	failure := failureOf(err)
	failure.Err = hush(failure.Err, words)
	if r.works = r.works || !failure.OfServer(); failure.OfServer() {
		conn.Cut()
		conn, r.tired, r.failure = nil, true, failure
	}
	if ctx.Err() != nil && failure.Code == 0 { // the server ends: that says nothing about the mail
		return conn, giveBack(m, d.Now())
	}
	return conn, d.failed(m, failure)
}

func failureOf(err error) *Failure {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	return &Failure{Stage: StageConnect, Err: err}
}

// failed puts a mail off, or gives it up. One that the server refuses before it heard whom
// it is for does not count as tried.
func (d *Deliverer) failed(m *core.Mail, f *Failure) []core.Change {
	if f.OfServer() && f.Stage != StageContent && f.Stage != StageRecipient {
		return giveBack(m, d.Now())
	}
	if f.Permanent() {
		return d.giveUp(m, f.Reason(), f, f)
	}
	failures := m.Failures + 1
	next := d.Now().Add(d.delay(firstDelay, longestDelay, failures))
	if !next.Before(m.ExpiresAt) {
		return d.giveUp(m, f.Reason(), f, f)
	}
	d.Observer.Mail(resultRetried)
	d.Logger.Info("a mail was not taken: it will be sent again", "mail", m.ID, "template", m.Template, "failures", failures, "error", f)
	return []core.Change{core.PutOffMail{ID: m.ID, Failures: failures, NextAt: next}}
}

func (d *Deliverer) giveUp(m *core.Mail, reason string, err error, f *Failure) []core.Change {
	d.Observer.Mail(resultDropped)
	log := d.Logger.With("mail", m.ID, "template", m.Template, "reason", reason, "failures", m.Failures)
	if err != nil {
		log = log.With("error", err)
	}
	log.Warn("a mail was given up")
	detail := map[string]string{"reason": reason}
	if f != nil && f.Status != "" {
		detail["status"] = f.Status
	}
	return []core.Change{core.EndMail{ID: m.ID}, d.record(core.EventMailFailed, m, detail)}
}

func (d *Deliverer) record(kind core.EventType, m *core.Mail, detail map[string]string) core.Change {
	now := d.Now()
	told := map[string]string{"template": m.Template, "mail": string(m.ID)}
	for key, value := range detail {
		told[key] = value
	}
	return core.Record{Event: core.Event{ID: d.NewID(now), At: now, Type: kind, Actor: "server", UserID: m.UserID, Detail: told}}
}

// giveBack lets go of a mail that was claimed and not tried.
func giveBack(m *core.Mail, now time.Time) []core.Change {
	back := core.PutOffMail{ID: m.ID, Failures: m.Failures}
	if m.Failures > 0 {
		back.NextAt = now
	}
	return []core.Change{back}
}
