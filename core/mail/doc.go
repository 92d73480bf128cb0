// Package mail makes mails and sends them.
//
// It owns what is queued ([Composer]): whoever decides that somebody gets a mail has it in
// the same list of changes as what the mail is about, so that one is never there without
// the other. The words are sealed, because links with tickets are among them. It never
// decides who gets a mail, and never writes its text: pages do.
//
// app runs it, and hands the composer to who needs it.
package mail
