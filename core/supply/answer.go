package supply

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"
)

// explain turns whatever went wrong into an [*Error]. What a registry wrote, URLs
// (which may carry tokens) and the library's texts (which quote both) stay out.
func (s *session) explain(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*errcode.ErrorResponse](err); ok {
		return s.refused(e.StatusCode)
	}
	switch {
	case errors.Is(err, auth.ErrBasicCredentialNotFound):
		return s.refused(http.StatusUnauthorized)
	case errors.Is(err, context.Canceled):
		return &Error{Kind: Cancelled, What: "the transfer with " + s.ref.Host + " was broken off", Err: context.Canceled}
	case isTimeout(err):
		return &Error{Kind: TimedOut, What: s.ref.Host + " took too long", Advice: "try again; if the line is slow, allow more time"}
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return &Error{Kind: Unreachable, What: "cannot talk to " + s.ref.Host, Err: s.harmless(e.Err),
			Advice: "check host and port of the reference, and that this machine may reach them and knows who signed their certificate"}
	}
	return badAnswer(s.ref.Host)
}

// harmless gives the cause why there was no answer, unless what the other side
// sent is a part of it and repeats what it was told.
func (s *session) harmless(cause error) error {
	for _, secret := range s.guard.told {
		if strings.Contains(cause.Error(), secret) {
			return nil
		}
	}
	return cause
}

// refused says what a status of a registry or its token server means.
func (s *session) refused(status int) error {
	e := &Error{Kind: BadAnswer, What: s.ref.Host + " answers with status " + strconv.Itoa(status),
		Advice: "check that it is an OCI registry and that it allows this; its log says why"}
	switch {
	case status == http.StatusUnauthorized && s.loggedIn:
		e.Kind, e.What = Unauthorized, s.ref.Host+" does not accept the login"
		e.Advice = "check user and password, and that they are for " + s.ref.Host
	case status == http.StatusUnauthorized:
		e.Kind, e.What = Unauthorized, s.ref.Host+" wants a login"
		e.Advice = "give user and password; some registries answer like this also if the repository does not exist"
	case status == http.StatusForbidden:
		e.Kind, e.What = Forbidden, s.ref.Host+" does not allow this in "+s.ref.Repository
		e.Advice = "ask whoever runs the registry for the right to pull or push there"
	case status == http.StatusNotFound:
		e.Kind, e.What = NotFound, s.ref.Host+" has nothing under "+s.ref.String()
		e.Advice = "check repository and tag; some registries answer like this also without a login"
	case status == http.StatusRequestEntityTooLarge:
		e.Kind, e.What = TooLarge, s.ref.Host+" does not take packages as large as this one"
		e.Advice = "ask whoever runs the registry, or a proxy before it, to raise the limit"
	case status == http.StatusTooManyRequests:
		e.Kind, e.What = Forbidden, s.ref.Host+" has had too many requests"
		e.Advice = "wait, or log in: many registries allow more then"
	case status/100 == 3:
		e.Kind, e.What = OtherHost, s.ref.Host+" redirects, and redirects are not followed"
		e.Advice = "use the host that it redirects to in the reference"
	case status >= 500:
		e.Advice = "try again later; its log says why"
	}
	return e
}

func badAnswer(host string) error {
	return &Error{Kind: BadAnswer, What: "the answer of " + host + " is not that of an OCI registry",
		Advice: "check the host of the reference, and whether a proxy is in between"}
}

// isTimeout knows the deadline of the context, also where a client has wrapped it,
// and those of the HTTP client and of the connection.
func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || ok && e.Timeout()
}

// brokenOff says why a body could not be read to its end.
func brokenOff(what string, err error) error {
	if errors.Is(err, context.Canceled) || isTimeout(err) {
		return err
	}
	return &Error{Kind: Truncated, What: what + " ends too early",
		Advice: "try again; the connection broke or the registry's storage is damaged"}
}

// wrong is what is said of bytes that are not those of the manifest.
const wrong = "do not use it; try again, and if it stays so, ask whoever runs the registry: its storage is damaged, or somebody changed it"

func wrongSize(what string) error {
	return &Error{Kind: WrongSize, What: what + " has another size than the manifest says", Advice: wrong}
}

func wrongDigest(what string) error {
	return &Error{Kind: WrongDigest, What: what + " has another digest than it should have", Advice: wrong}
}
