package mail

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbox"
)

// Mails are sent at once, each once, those of a rush by one connection.
func TestDelivers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.post("before")
		w.run()
		same(t, w.server.took(), []string{"before"})
		var rush []core.Change
		var names []string
		for i := range 3 * batchSize {
			names = append(names, fmt.Sprintf("n%02d", i))
			rush = append(rush, w.mail(names[i]))
		}
		w.apply(rush...)
		synctest.Wait()
		got := w.server.take()
		sessions := map[int]bool{}
		var to []string
		for _, m := range got {
			sessions[m.session] = true
			to = append(to, strings.TrimSuffix(m.to, "@example.com"))
			if m.at != 0 {
				t.Errorf("%s came after %s", m.to, m.at)
			}
		}
		slices.Sort(to) // those of one millisecond have no order
		same(t, to, names)
		same(t, len(sessions), 1)
		same(t, w.waiting(), nil)
		w.count.want(t, 1+len(names), 0, 0)
		w.recorded(`mail.sent server u {"template":"reset"}`)
		w.pass(time.Hour)
		same(t, w.server.took(), nil)
	})
}

// What another process queues is noticed within the poll.
func TestDeliversForOthers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.run()
		command := w.open()
		defer command.Close()
		w.pass(outbox.PollEvery / 2)
		if err := command.Apply(context.Background(), w.mail("late")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		same(t, w.server.took(), nil)
		w.pass(outbox.PollEvery)
		same(t, w.server.took(), []string{"late"})
	})
}

// A mail that is not taken now is sent again at growing intervals, and others pass it. It
// is given up when it would come too late.
func TestDelays(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var tries []time.Duration
		w.server.set(func(s *mailServer) {
			s.refuse = func(stage Stage, about string) error {
				if stage == StageRecipient && about == "grey" {
					tries = append(tries, time.Since(w.begin))
					return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "try again later"}
				}
				return nil
			}
		})
		w.run()
		w.post("grey", "plain")
		synctest.Wait()
		same(t, w.server.took(), []string{"plain"})
		w.pass(2 * time.Hour)
		want, delay := []time.Duration{0}, firstDelay
		for at := delay; at < time.Hour; {
			want = append(want, at)
			delay = min(2*delay, longestDelay)
			at += delay
		}
		for i := range want { // it is looked for every two seconds
			if i >= len(tries) || tries[i]-want[i] > time.Duration(i)*outbox.PollEvery {
				t.Fatalf("tried after %s, want %s", tries, want)
			}
		}
		same(t, len(tries), len(want))
		w.count.want(t, 1, len(want)-1, 1)
		same(t, w.waiting(), nil)
		w.recorded(`mail.failed server u {"reason":"recipient_451","status":"4.7.1","template":"reset"}`)
	})
}

// A greylisting server gets its mail later.
func TestTakenLater(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.server.set(func(s *mailServer) {
			s.refuse = func(stage Stage, _ string) error {
				if stage == StageContent && time.Since(w.begin) < 5*time.Minute {
					return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: "greylisted"}
				}
				return nil
			}
		})
		w.run()
		w.post("grey")
		w.pass(20 * time.Minute)
		same(t, w.server.took(), []string{"grey"})
		same(t, w.waiting(), nil)
		same(t, w.events(), []string{`mail.sent server u {"template":"reset"}`})
	})
}

// What is refused for ever is given up at once, and audited; others are sent by the same
// connection.
func TestGivesUp(t *testing.T) {
	for _, stage := range []Stage{StageRecipient, StageContent} {
		t.Run(string(stage), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.server.set(func(s *mailServer) {
					s.refuse = func(at Stage, about string) error {
						if at == stage && strings.Contains(about, "nobody") {
							return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no: https://id.example.org/reset?ticket=nobody-secret"}
						}
						return nil
					}
				})
				w.post("nobody", "one", "two")
				w.run()
				got := w.server.take()
				same(t, len(got), 2)
				same(t, got[0].session, got[1].session)
				same(t, w.waiting(), nil)
				w.count.want(t, 2, 0, 1)
				w.recorded(fmt.Sprintf(`mail.failed server u {"reason":"%s_550","status":"5.1.1","template":"reset"}`, stage))
				log := w.log.String()
				if !strings.Contains(log, `level=WARN msg="a mail was given up"`) || !strings.Contains(log, "550") {
					t.Error(log)
				}
				if strings.Contains(log, "nobody-secret") {
					t.Errorf("the log has what the server repeated of the mail: %s", log)
				}
			})
		})
	}
}

// A mail server that is down, or does not let us in, costs no mail its life. It is asked
// seldom, and the mails are sent when it is back.
func TestServerDown(t *testing.T) {
	refused := func(stage Stage, code int) func(*mailServer) {
		return func(s *mailServer) {
			s.refuse = func(at Stage, _ string) error {
				if at == stage {
					return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 7, 1}, Message: "no"}
				}
				return nil
			}
		}
	}
	for name, c := range map[string]struct {
		change func(*mailServer)
		stage  Stage
	}{
		"down":           {func(s *mailServer) { s.down = true }, StageConnect},
		"silent":         {func(s *mailServer) { s.silent = true }, StageConnect},
		"sender refused": {refused(StageSender, 550), StageSender},
		"sender later":   {refused(StageSender, 451), StageSender},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.server.set(c.change)
				w.run()
				w.post("one", "two")
				w.pass(50 * time.Minute)
				same(t, len(w.waiting()), 2)
				same(t, w.events(), nil)
				log := w.log.String()
				if n := strings.Count(log, "level=WARN"); n != 1 || !strings.Contains(log, "stage="+string(c.stage)) || !strings.Contains(log, "hint=") {
					t.Errorf("%d warnings: %s", n, log)
				}
				if n := strings.Count(log, "mails cannot be sent"); n < 30 || n > 90 {
					t.Errorf("asked %d times in 50 minutes", n)
				}
				w.server.set(func(s *mailServer) { s.down, s.silent, s.refuse = false, false, nil })
				w.pass(outbox.LongestRest + connectTime)
				same(t, len(w.server.took()), 2)
				same(t, w.waiting(), nil)
				w.count.want(t, 2, 0, 0)
				if !strings.Contains(w.log.String(), "takes mails again") {
					t.Error(w.log)
				}
			})
		})
	}
}

// A wrong password is said so, and does not reach the log.
func TestWrongPassword(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.smtp.Password = "battery staple"
		w.run()
		w.post("one")
		w.pass(time.Minute)
		same(t, w.waiting(), []string{"one"})
		if log := w.log.String(); !strings.Contains(log, "stage=auth") || !strings.Contains(log, "mail_password_file") || strings.Contains(log, "battery") {
			t.Error(log)
		}
	})
}

// A server that dies in the midst of a mail gets it again, later: that mail waits longer
// than the others, in case it is what kills the server.
func TestConnectionLost(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		tries := 0
		w.server.set(func(s *mailServer) {
			s.refuse = func(stage Stage, about string) error {
				if stage == StageContent && strings.Contains(about, "heavy") {
					tries++
					return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "shutting down"}
				}
				return nil
			}
		})
		w.run()
		w.post("heavy", "light")
		w.pass(5 * time.Second)
		same(t, w.server.took(), []string{"light"})
		same(t, tries, 1)
		w.server.set(func(s *mailServer) { s.refuse = nil })
		w.pass(firstDelay)
		same(t, w.server.took(), []string{"heavy"})
		w.count.want(t, 2, 1, 0)
	})
}

// A mail that has expired is not sent.
func TestExpired(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.server.set(func(s *mailServer) { s.down = true })
		w.run()
		w.post("one")
		w.pass(time.Hour + outbox.LongestRest)
		w.server.set(func(s *mailServer) { s.down = false })
		w.post("two")
		w.pass(outbox.LongestRest)
		same(t, w.server.took(), []string{"two"})
		w.count.want(t, 1, 0, 1)
		w.recorded(`mail.failed server u {"reason":"expired","template":"reset"}`)
	})
}

// What cannot be written is not sent, keeps nobody waiting, and is given up in the end.
func TestUnwritable(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		write := w.writer
		w.writer = func(ctx context.Context, m *core.Mail, words map[string]string) (Letter, error) {
			if strings.HasPrefix(m.To, "odd") {
				return Letter{}, errors.New("there is no template")
			}
			return write(ctx, m, words)
		}
		sealedElsewhere := w.mail("sealed")
		sealedElsewhere.Mail.Sealed = reversed([]byte("{}"), "another")
		noWords := w.mail("words")
		noWords.Mail.Sealed = reversed([]byte("[\"x-secret\"]"), core.MailPurpose(noWords.Mail.ID))
		w.apply(w.mail("odd"), sealedElsewhere, noWords, w.mail("good"))
		w.run()
		same(t, w.server.took(), []string{"good"})
		w.pass(2 * time.Hour)
		same(t, w.server.took(), nil)
		same(t, w.waiting(), nil)
		w.count.want(t, 1, w.count.of[resultRetried], 3)
		w.recorded(`mail.failed server u {"reason":"write","template":"reset"}`)
		if strings.Contains(w.log.String(), "x-secret") {
			t.Error(w.log)
		}
	})
}

// An address that is none is given up before a server sees it.
func TestBadAddress(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for _, to := range []string{"a@example.com, b@example.com", "a@example.com\r\nRCPT TO:<b@example.com>", "Ada <a@example.com>", "nothing"} {
			m := w.mail("x")
			m.Mail.To = to
			w.apply(m)
		}
		w.run()
		same(t, w.server.take(), nil)
		same(t, w.waiting(), nil)
		w.count.want(t, 0, 0, 4)
		w.recorded(`mail.failed server u {"reason":"recipient_553","template":"reset"}`)
	})
}

// When the server ends, the mail in flight may arrive, and does not come again; the others
// wait for the next start.
func TestEndsGently(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.server.set(func(s *mailServer) { s.hold = graceTime - time.Second })
		w.post("one", "two")
		w.run()
		told := time.Now()
		w.end()
		if took := time.Since(told); took > graceTime {
			t.Errorf("it ended after %s", took)
		}
		first := w.server.took()
		same(t, len(first), 1)
		same(t, len(w.waiting()), 1)
		w.server.set(func(s *mailServer) { s.hold = 0 })
		w.run()
		same(t, len(w.server.took()), 1) // at once: nobody has claimed it any more
		w.count.want(t, 2, 0, 0)
	})
}

// A server that does not answer does not keep the server from ending. That is no failure
// of the mail.
func TestEndsInTime(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.server.set(func(s *mailServer) { s.hold = time.Hour })
		w.post("one")
		w.run()
		told := time.Now()
		w.end()
		if took := time.Since(told); took > graceTime+quitTime {
			t.Errorf("it ended after %s", took)
		}
		w.count.want(t, 0, 0, 0)
		claimed, err := w.store.ClaimMails(context.Background(), time.Now(), time.Now(), 10)
		if err != nil || len(claimed) != 1 || claimed[0].Failures != 0 {
			t.Errorf("got %+v, %v", claimed, err)
		}
		w.pass(time.Hour)
	})
}

// What a server had claimed when it was killed comes later, and what came after does not
// wait for it.
func TestKilled(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.post("claimed")
		now := time.Now()
		if claimed, err := w.store.ClaimMails(context.Background(), now, now.Add(claimTime), 1); err != nil || len(claimed) != 1 {
			t.Fatal(claimed, err)
		}
		w.post("next")
		w.run()
		same(t, w.server.took(), []string{"next"})
		w.pass(claimTime - time.Second)
		same(t, w.server.took(), nil)
		w.pass(time.Second + outbox.PollEvery)
		same(t, w.server.took(), []string{"claimed"})
	})
}

// Two servers on one database send each mail once.
func TestTwoServers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.server.set(func(s *mailServer) { s.hold = 10 * time.Millisecond })
		w.run()
		first, second := w.end, w.open()
		defer second.Close()
		w.queue = second
		w.run()
		var names []string
		for i := range 60 {
			names = append(names, fmt.Sprintf("n%02d", i))
			w.post(names[i])
			w.pass(100 * time.Millisecond)
		}
		w.pass(time.Minute)
		got := w.server.took()
		slices.Sort(got)
		same(t, got, names)
		w.end()
		first()
	})
}

// faulty is a queue that fails while broken says so.
type faulty struct {
	Queue
	broken atomic.Pointer[string]
}

var errDisk = errors.New("the disk is full")

func (f *faulty) fails(what string) bool { return f.broken.Load() != nil && *f.broken.Load() == what }

func (f *faulty) ClaimMails(ctx context.Context, now, until time.Time, most int) ([]core.Mail, error) {
	if f.fails("claim") {
		return nil, errDisk
	}
	return f.Queue.ClaimMails(ctx, now, until, most)
}

func (f *faulty) Apply(ctx context.Context, changes ...core.Change) error {
	if f.fails("apply") {
		return errDisk
	}
	return f.Queue.Apply(ctx, changes...)
}

// While the store fails nothing is lost, and mails are not sent over and over.
func TestStoreFails(t *testing.T) {
	for _, what := range []string{"claim", "apply"} {
		t.Run(what, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				f := &faulty{Queue: w.store}
				f.broken.Store(&what)
				w.queue = f
				w.run()
				w.post("one")
				w.pass(15 * time.Second)
				sent := w.server.took()
				if want := what == "apply"; (len(sent) > 0) != want || len(sent) > 1 {
					t.Errorf("sent %q", sent)
				}
				if log := w.log.String(); !strings.Contains(log, errDisk.Error()) || strings.Count(log, "level=ERROR") > 20 {
					t.Error(log)
				}
				f.broken.Store(nil)
				w.pass(claimTime + outbox.LongestRest)
				if got := append(sent, w.server.took()...); len(got) == 0 || len(w.waiting()) != 0 {
					t.Errorf("sent %q, %q wait", got, w.waiting())
				}
			})
		})
	}
}
