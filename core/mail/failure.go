package mail

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// Stage is how far a mail came.
type Stage string

// The stages. Until a recipient is named, a failure is one of the settings or of the server,
// and no other mail would fare better.
const (
	StageWrite     Stage = "write" // before there is anything to send
	StageConnect   Stage = "connect"
	StageTLS       Stage = "tls"
	StageAuth      Stage = "auth"
	StageSender    Stage = "sender"    // MAIL FROM
	StageRecipient Stage = "recipient" // RCPT TO
	StageContent   Stage = "content"   // DATA and what follows
)

// Failure says why a mail was not taken.
type Failure struct {
	Stage  Stage
	Code   int    // of the server's answer (RFC 5321 section 4.2); 0 if it gave none
	Status string // enhanced status code (RFC 3463), "5.1.1"; may be empty
	Err    error  // may hold what the server said
}

func (f *Failure) Error() string {
	what := map[Stage]string{
		StageWrite:   "the mail cannot be written",
		StageConnect: "the mail server cannot be reached", StageTLS: "the connection to the mail server cannot be encrypted",
		StageAuth: "the mail server does not let us sign in", StageSender: "the mail server refuses the sender",
		StageRecipient: "the mail server refuses the recipient", StageContent: "the mail server did not take the mail",
	}[f.Stage]
	return fmt.Sprintf("%s: %s", what, oneLine(f.Err))
}

func (f *Failure) Unwrap() error { return f.Err }

// Permanent reports whether the server said that this mail will never be taken (RFC 5321
// section 4.2.1).
func (f *Failure) Permanent() bool {
	return f.Code >= 500 && f.Code <= 599 && (f.Stage == StageRecipient || f.Stage == StageContent)
}

// OfServer reports whether other mails would fail now as well.
func (f *Failure) OfServer() bool {
	switch f.Stage {
	case StageWrite:
		return false
	case StageRecipient, StageContent:
		return f.Code == 0 || f.Code == 421 // it closes the channel
	}
	return true
}

// Reason says it in a word, for the audit log.
func (f *Failure) Reason() string {
	if f.Code > 0 {
		return fmt.Sprintf("%s_%d", f.Stage, f.Code)
	}
	return string(f.Stage)
}

// Hint says what an operator can do.
func (f *Failure) Hint() string {
	switch f.Stage {
	case StageConnect:
		return "check mail_smtp: its host and port, and that this machine may reach it"
	case StageTLS:
		if _, plain := errors.AsType[tls.RecordHeaderError](f.Err); plain {
			return "the server does not begin with TLS there: use mail_tls = \"starttls\", or the port for TLS (usually 465)"
		}
		if certificate(f.Err) {
			return "mail_smtp must name the host as its certificate does, and this machine must trust who issued that"
		}
		return "if the server begins with TLS there (usually at port 465) use mail_tls = \"tls\""
	case StageAuth:
		return "check mail_user and the file that mail_password_file names"
	case StageSender:
		return "check mail_from: the server must let this user send as that address"
	case StageRecipient:
		return "check the address; some servers want a user and a password before they send to others"
	}
	return ""
}

func certificate(err error) bool {
	_, unverified := errors.AsType[*tls.CertificateVerificationError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	return unverified || unknown
}

// oneLine is what an error says, without what would break a line of the log.
func oneLine(err error) string {
	if err == nil {
		return "no reason given"
	}
	text := strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return unicode.IsControl(r) || r == ' ' }), " ")
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return text
}

// connecting makes a failure of what went wrong before there was a connection to send by.
// Dialed says that somebody answered.
func connecting(err error, dialed bool) *Failure {
	f := &Failure{Stage: StageConnect, Err: err}
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		f.Code = answer.Code
	}
	_, alert := errors.AsType[tls.AlertError](err)
	_, plain := errors.AsType[tls.RecordHeaderError](err)
	_, network := errors.AsType[net.Error](err)
	switch text := err.Error(); {
	case certificate(err) || alert || plain || strings.Contains(text, "STARTTLS"):
		f.Stage = StageTLS
	case !dialed || network:
	case strings.Contains(text, "AUTH"):
		f.Stage = StageAuth
	}
	return f
}

// sending makes a failure of what the library says about a mail.
func sending(err error) *Failure {
	f := &Failure{Stage: StageContent, Err: err}
	refusal, ok := errors.AsType[*gomail.SendError](err)
	if !ok {
		return f
	}
	f.Code, f.Status = refusal.ErrorCode(), refusal.EnhancedStatusCode()
	switch refusal.Reason {
	case gomail.ErrConnCheck:
		f.Stage = StageConnect
	case gomail.ErrGetSender, gomail.ErrSMTPMailFrom:
		f.Stage = StageSender
	case gomail.ErrGetRcpts, gomail.ErrSMTPRcptTo:
		f.Stage = StageRecipient
	}
	return f
}
