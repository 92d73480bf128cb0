// Package mail makes mails and sends them.
//
// It owns what is queued ([Composer]): whoever decides that somebody gets a mail has it in
// the same list of changes as what the mail is about, so that one is never there without
// the other. The words are sealed, because links with tickets are among them.
//
// It owns when a mail is sent ([Deliverer]) and how ([SMTP]): at once, by one connection
// for all that wait; again later if the server does not take it now; not any more if the
// server says never, or if it has expired. What waits is in the store, so nothing is lost
// when the server ends or is killed. A mail may come twice: when the server died after the
// mail was taken. It has the same Message-ID then.
//
// It never decides who gets a mail, and never writes its text: pages do. No password goes
// over a connection that is not encrypted, no word of a mail gets into the log.
//
// app runs it, and hands the composer to who needs it.
package mail
