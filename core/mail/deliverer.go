package mail

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbox"
)

// Queue keeps the mails that wait.
type Queue interface {
	// NextMail says whether a mail waits, claimed or not, and when the first is due.
	NextMail(ctx context.Context) (at time.Time, waits bool, err error)
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

// Run sends mails until ctx ends. Then it lets the mail in flight arrive, but not for
// long, gives back what was not sent, and returns.
func (d *Deliverer) Run(ctx context.Context) {
	loop := outbox.Loop[*SMTP]{Queues: d.queues, Round: d.round, Queued: d.Queue.MailsQueued(), Now: d.Now, Rand: d.Rand}
	loop.Run(ctx)
}

// queues gives the one queue that there is, if it holds something.
func (d *Deliverer) queues(ctx context.Context) ([]outbox.Waiting[*SMTP], error) {
	at, waits, err := d.Queue.NextMail(ctx)
	if err != nil && ctx.Err() == nil {
		d.Logger.Error("mails that wait cannot be read", "error", err)
	}
	if err != nil || !waits {
		return nil, err
	}
	return []outbox.Waiting[*SMTP]{{Key: d.Server, NextAt: at}}, nil
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

// round sends what is due by one connection.
func (d *Deliverer) round(ctx context.Context, _ *SMTP, known outbox.Patience) outbox.Patience {
	s := &sender{Deliverer: d}
	batches := outbox.Batches[core.Mail]{
		Claim: func(ctx context.Context, now, until time.Time) ([]core.Mail, error) {
			return d.Queue.ClaimMails(ctx, now, until, batchSize)
		},
		Deliver:  s.deliver,
		GiveBack: func(m *core.Mail, now time.Time) []core.Change { return giveBack(m, now) },
		Apply:    d.Queue.Apply,
		Complain: func(err error) {
			d.Logger.Error("mails that wait cannot be read or settled: one may be sent again", "error", err)
		},
		BatchTime: batchTime, ClaimTime: claimTime, Each: true, Now: d.Now,
	}
	batches.Round(ctx, &known)
	if s.conn != nil {
		s.conn.Close()
	}
	if known.Tired {
		d.complain(s.failure, known.Rests)
	}
	return known
}

// complain says that the server does not work: loudly once, and then for who wants to
// know.
func (d *Deliverer) complain(f *Failure, rests int) {
	level := slog.LevelWarn
	if rests > 1 {
		level = slog.LevelInfo
	}
	d.Logger.Log(context.Background(), level, "mails cannot be sent: they wait", "server", d.Server.Address, "stage", string(f.Stage), "error", f, "hint", f.Hint())
}

// sender sends the mails of a round.
type sender struct {
	*Deliverer
	conn    *Conn    // nil until there is something to send
	failure *Failure // of the server
}

// deliver sends one mail and gives what is to be stored of it.
func (s *sender) deliver(ctx context.Context, m *core.Mail, p *outbox.Patience) []core.Change {
	if !m.ExpiresAt.After(s.Now()) {
		return s.giveUp(m, "expired", nil)
	}
	message, words, err := s.write(ctx, m)
	if err != nil {
		return s.failed(m, &Failure{Stage: StageWrite, Err: err})
	}
	if s.conn == nil {
		if s.conn, err = s.Server.Open(ctx); err != nil {
			s.tire(failureOf(err), p)
			return giveBack(m, s.Now())
		}
	}
	if err = s.conn.Send(ctx, message); err == nil {
		s.works(p)
		s.Observer.Mail(resultOK)
		return []core.Change{core.EndMail{ID: m.ID}, s.record(core.EventMailSent, m, nil)}
	}
	failure := failureOf(err)
	failure.Err = hush(failure.Err, words)
	if failure.OfServer() {
		s.tire(failure, p)
	} else {
		s.works(p)
	}
	if ctx.Err() != nil && failure.Code == 0 { // the server ends: that says nothing about the mail
		return giveBack(m, s.Now())
	}
	return s.failed(m, failure)
}

// works notes that the server said of a mail whether it takes it.
func (s *sender) works(p *outbox.Patience) {
	if p.Refresh() {
		s.Logger.Info("the mail server takes mails again")
	}
}

// tire ends the round: another mail would fare no better.
func (s *sender) tire(f *Failure, p *outbox.Patience) {
	if s.conn != nil {
		s.conn.Cut()
		s.conn = nil
	}
	s.failure = f
	p.Tire()
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
		return d.giveUp(m, f.Reason(), f)
	}
	failures := m.Failures + 1
	next := d.Now().Add(outbox.Delay(firstDelay, longestDelay, failures, d.Rand()))
	if !next.Before(m.ExpiresAt) {
		return d.giveUp(m, f.Reason(), f)
	}
	d.Observer.Mail(resultRetried)
	d.Logger.Info("a mail was not taken: it will be sent again", "mail", m.ID, "template", m.Template, "failures", failures, "error", f)
	return []core.Change{core.PutOffMail{ID: m.ID, Failures: failures, NextAt: next}}
}

// giveUp ends a mail; f may be nil.
func (d *Deliverer) giveUp(m *core.Mail, reason string, f *Failure) []core.Change {
	d.Observer.Mail(resultDropped)
	log := d.Logger.With("mail", m.ID, "template", m.Template, "reason", reason, "failures", m.Failures)
	detail := map[string]string{"reason": reason}
	if f != nil {
		log = log.With("error", f)
		if f.Status != "" {
			detail["status"] = f.Status
		}
	}
	log.Warn("a mail was given up")
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
