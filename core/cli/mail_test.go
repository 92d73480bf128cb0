package cli_test

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/core/store"
)

// TestMailScripts runs the conversations of testdata/mail before a mail server. They know
// two words more:
//
//	putoff ADDRESS     queues a mail that was tried in vain
//	arrived N ADDRESS  so many mails to the address are in the mailbox, soon
func TestMailScripts(t *testing.T) {
	exim := needs.Exim(t, "postern", "correct horse")
	params := scripts(t, filepath.Join("testdata", "mail"), map[string]string{
		"SUBMISSION": exim.Submission, "SUBMISSIONS": exim.Submissions, "SSL_CERT_FILE": exim.RootsFile, "NOBODY": "localhost:1",
	})
	params.Cmds["putoff"] = putOff
	params.Cmds["arrived"] = arrived(exim)
	// In a group, because the script runs in parallel, and Exim ends with this test.
	t.Run("scripts", func(t *testing.T) { testscript.Run(t, params) })
}

func arrived(exim *needs.MailServer) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 2 {
			ts.Fatalf("usage: arrived N ADDRESS")
		}
		got := ""
		for range 200 {
			if got = strconv.Itoa(strings.Count(strings.Join(exim.Mails(), "\n"), "To: <"+args[1]+">")); got == args[0] {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		ts.Fatalf("%s mails to %s arrived", got, args[1])
	}
}

func putOff(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: putoff ADDRESS")
	}
	s, err := store.Open(context.Background(), store.Options{Path: ts.MkAbs(filepath.Join("data", "postern.db"))})
	ts.Check(err)
	now := time.Now()
	err = s.Apply(context.Background(), core.SendMail{Mail: core.Mail{
		ID: core.ID("mail-of-" + args[0]), Org: core.DefaultOrganisation, To: args[0], Template: core.MailReset, Sealed: []byte("sealed"),
		Failures: 3, NextAt: now.Add(time.Hour), CreatedAt: now, ExpiresAt: now.Add(2 * time.Hour),
	}})
	ts.Check(err)
	ts.Check(s.Close())
}
