package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"unicode"
)

// Reason says in a word why nothing was fetched.
type Reason string

// The reasons.
const (
	ReasonAddress    Reason = "forbidden_address" // not reachable from anywhere, and not listed
	ReasonHost       Reason = "forbidden_host"    // not among the hosts that are granted
	ReasonURL        Reason = "bad_url"           // see [Request]
	ReasonRequest    Reason = "bad_request"       // a method or header that a caller may not send
	ReasonRedirect   Reason = "redirect"          // to another host, to http, or too many
	ReasonTooLarge   Reason = "too_large"         // the body or the header of the answer
	ReasonTimeout    Reason = "timeout"           // or the caller gave up
	ReasonDNS        Reason = "dns"               // the name was not found
	ReasonTLS        Reason = "tls"               // no TLS, or a certificate that is not trusted
	ReasonConnection Reason = "connect"           // nothing listens there
	ReasonProtocol   Reason = "protocol"          // the answer is not HTTP, or ended too early
)

// Error says why nothing was fetched, in a sentence that says what to do. It
// never holds the URL, whose query may have secrets. What the other side sent
// may be a part of it, so it is for logs and for the author of a plugin.
type Error struct {
	Reason Reason
	Host   string // without the port; empty if the URL has none
	Err    error
}

// longest is the length of a message. The other side's words in it have no limit
// of their own.
const longest = 400

func (e *Error) Error() string {
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, e.Err.Error())
	if len(text) > longest {
		return strings.ToValidUTF8(text[:longest], "") + "..."
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// refuse makes an error of a whole sentence.
func refuse(reason Reason, host, format string, args ...any) *Error {
	return &Error{Reason: reason, Host: host, Err: fmt.Errorf(format, args...)}
}

// failed gives what went wrong on the way to the host and back. What the guard
// refused comes through the libraries as it is.
func failed(ctx context.Context, host string, err error) *Error {
	if refusal, ok := errors.AsType[*Error](err); ok && (ctx.Err() == nil || !refusal.late()) {
		return refusal
	}
	cause := ctx.Err()
	if timeout, ok := errors.AsType[net.Error](err); cause == nil && ok && timeout.Timeout() {
		cause = context.DeadlineExceeded
	}
	switch {
	case errors.Is(cause, context.DeadlineExceeded):
		return refuse(ReasonTimeout, host, "%s did not answer in time: %w", host, cause)
	case cause != nil:
		return refuse(ReasonTimeout, host, "the request to %s was given up: %w", host, cause)
	case strings.Contains(err.Error(), "server response headers exceeded"):
		// net/http has no value for it.
		return refuse(ReasonTooLarge, host, "the header of the answer of %s is larger than %d bytes", host, maxHeader)
	}
	return refuse(ReasonProtocol, host, "the answer of %s cannot be read: %w", host, err)
}

// late reports whether the failure may only be what the end of the time looks like.
func (e *Error) late() bool {
	switch e.Reason {
	case ReasonDNS, ReasonConnection, ReasonTLS, ReasonProtocol:
		return true
	}
	return false
}

func dnsFailed(ctx context.Context, host string, err error) *Error {
	problem, ok := errors.AsType[*net.DNSError](err)
	switch {
	case ctx.Err() != nil || ok && problem.IsTimeout:
		return refuse(ReasonTimeout, host, "the name %s could not be looked up in time: %w", host, err)
	case ok && problem.IsNotFound:
		return refuse(ReasonDNS, host, "the name %s does not exist: %w", host, err)
	}
	return refuse(ReasonDNS, host, "the name %s could not be looked up: %w", host, err)
}

func connectFailed(ctx context.Context, host string, err error) *Error {
	if ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return refuse(ReasonTimeout, host, "no connection to %s in time: %w", host, err)
	}
	return refuse(ReasonConnection, host, "no connection to %s: %w", host, err)
}

func tlsFailed(ctx context.Context, host string, err error) *Error {
	if ctx.Err() != nil {
		return refuse(ReasonTimeout, host, "%s did not finish the TLS handshake in time: %w", host, err)
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return refuse(ReasonTLS, host, "the certificate of %s is signed by nobody whom this machine trusts: add that authority to its certificates, or let the server send the whole chain: %w", host, err)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return refuse(ReasonTLS, host, "the certificate of %s is not valid for it: %w", host, err)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return refuse(ReasonTLS, host, "%s does not speak TLS at this port: %w", host, err)
	}
	return refuse(ReasonTLS, host, "no TLS with %s: %w", host, err)
}
