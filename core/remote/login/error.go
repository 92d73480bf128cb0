package login

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"syscall"
)

// Error says what went wrong, and what can be done.
type Error struct {
	What   string
	Advice string
	Err    error // the cause, or nil
}

func (e *Error) Error() string { return e.What }

func (e *Error) Unwrap() error { return e.Err }

// Hint is what can be done.
func (e *Error) Hint() string { return e.Advice }

// Reach words an error of a request that got no answer for who runs a command.
func Reach(server string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	what, advice := unreached(err)
	return &Error{What: fmt.Sprintf("cannot reach %s: %s", server, what), Advice: advice, Err: err}
}

// unreached says in a few words why there was no answer.
func unreached(err error) (what, advice string) {
	if what, advice, ok := untrusted(err); ok {
		return what, advice
	}
	var name *net.DNSError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &name):
		return fmt.Sprintf("there is no host %q", name.Name), "check the address, and that this machine can look up names"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "it does not speak TLS there", "check scheme and port of the address"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there", "check that the server runs, and the port of the address"
	case timedOut(err):
		return "it did not answer in time", "check that the server runs, and whether a firewall is between"
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok { // its own text has the whole address
		err = wrapped.Err
	}
	return err.Error(), ""
}

func timedOut(err error) bool {
	wait, ok := errors.AsType[net.Error](err)
	return ok && wait.Timeout() || errors.Is(err, context.DeadlineExceeded)
}

// untrusted says what is wrong with the certificate of the server, if that is it.
func untrusted(err error) (what, advice string, is bool) {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &authority):
		return "nobody whom this machine trusts vouches for its certificate", "if an authority of your own made it, have this machine trust it, or name its file in SSL_CERT_FILE", true
	case errors.As(err, &host):
		return "its certificate is for another name", "check the address; if it is right, the server needs a certificate for it", true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired, or is not valid yet", "check the clock of this machine; if it is right, the server needs a new certificate", true
	case errors.As(err, &invalid):
		return "its certificate is not valid", "the server needs another certificate", true
	}
	return "", "", false
}

// Over says that somebody is not signed in at the server any more.
func Over(server string, cause error) error {
	return &Error{What: "you are not signed in at " + server + " any more", Advice: "run 'postern login " + server + "'", Err: cause}
}
