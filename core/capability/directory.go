package capability

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/sdk/hook"
)

// ldapTime bounds a call where the context has no earlier deadline.
const ldapTime = 10 * time.Second

// Ports of LDAP (RFC 4511 section 5.2.1) and of LDAP within TLS.
const (
	portLDAP  = 389
	portLDAPS = 636
)

// directory is a connection to an LDAP server, for one call.
type directory struct {
	*ldap.Conn
	wire  *guardedConn
	place outbound.Place
	ctx   context.Context
	end   func()
}

// server is where a directory is.
type server struct {
	place    outbound.Place
	within   bool // TLS comes first
	startTLS bool
}

// mayDial reads where a server is, and checks it against what was granted.
func mayDial(caller *core.PluginCaller, capability string, asked *hook.LDAPServer) (server, error) {
	to, err := parseServer(asked)
	if err != nil {
		return server{}, err
	}
	if !to.place.In(targets(caller, capability)) {
		return server{}, denied(caller, capability, to.place.Address())
	}
	return to, nil
}

func parseServer(asked *hook.LDAPServer) (server, error) {
	u, err := url.Parse(asked.URL)
	if err != nil || u.Scheme != "ldap" && u.Scheme != "ldaps" || u.User != nil || u.Opaque != "" ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return server{}, invalid("the server is ldap://HOST:PORT or ldaps://HOST:PORT, and nothing behind it")
	}
	to := server{within: u.Scheme == "ldaps", startTLS: asked.StartTLS}
	if to.within && to.startTLS {
		return server{}, invalid("ldaps:// has TLS already: leave start_tls out")
	}
	own := uint16(portLDAP)
	if to.within {
		own = portLDAPS
	}
	to.place, err = outbound.ParsePlace(u.Host, own)
	return to, err
}

// open connects. What it gives must be closed.
func (s *Set) open(ctx context.Context, to server) (*directory, error) {
	ctx, cancel := context.WithTimeout(ctx, ldapTime)
	conn, err := s.dial(ctx, to)
	if err != nil {
		cancel()
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	d := &directory{wire: guard(conn), place: to.place, ctx: ctx, end: func() { stop(); cancel() }}
	d.Conn = ldap.NewConn(d.wire, to.within || to.startTLS)
	d.Start()
	return d, nil
}

// close says good-bye, so that the server keeps nothing, and closes.
func (d *directory) close() {
	if d.Unbind() != nil {
		d.Close()
	}
	d.end()
}

// dial connects, and speaks TLS unless the operator listed the address.
func (s *Set) dial(ctx context.Context, to server) (net.Conn, error) {
	encrypted := to.within || to.startTLS
	dial := s.options.Client.DialContext
	if !encrypted {
		dial = s.options.Client.DialPlainContext
	}
	conn, err := dial(ctx, "tcp", to.place.Address())
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	if err = conn.SetDeadline(deadline); err == nil && to.startTLS {
		err = askForTLS(conn, to.place)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	if !encrypted {
		return conn, nil
	}
	return s.options.Client.Secure(ctx, conn, to.place.Host()) // which closes it if it fails
}

// startTLSRequest is an ExtendedRequest with the name of StartTLS (RFC 4511 section
// 4.14.1) and the message id 1.
const startTLSRequest = "\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"

// askForTLS has the server begin TLS. It reads no byte more than the server's
// answer, so nothing that somebody put behind it is taken for what comes later. A
// server that does not want to ends the call: nothing is sent without TLS.
func askForTLS(conn net.Conn, place outbound.Place) error {
	if _, err := conn.Write([]byte(startTLSRequest)); err != nil {
		return unavailable("the directory %s hung up", place)
	}
	message, err := readMessage(conn)
	if err != nil {
		return wireFailed(place, err)
	}
	code, ok := startTLSCode(message)
	switch {
	case !ok:
		return wireFailed(place, errBER)
	case code != ldap.LDAPResultSuccess:
		return refused("the directory %s does not begin TLS (LDAP result %d)", place, code)
	}
	return nil
}

// startTLSCode reads the result of the ExtendedResponse with the message id 1.
func startTLSCode(message []byte) (code byte, ok bool) {
	const idOne = "\x02\x01\x01"
	e, _ := parseElement(message) // readMessage has checked all elements
	rest, ok := strings.CutPrefix(string(message[e.head:]), idOne)
	if !ok || len(rest) < 2 || rest[0] != 0x78 {
		return 0, false
	}
	e, _ = parseElement([]byte(rest))
	result := rest[e.head : e.head+e.size]
	if len(result) < 3 || result[0] != 0x0a || result[1] != 1 {
		return 0, false
	}
	return result[2], true
}

// failed explains an error of the library. What the server says of it is shown.
func (d *directory) failed(err error) error {
	if d.ctx.Err() != nil {
		return fail(hook.CodeTimeout, "the directory %s did not answer in time", d.place)
	}
	if wrong := d.wire.wrong.Load(); wrong != nil {
		return wireFailed(d.place, *wrong)
	}
	problem, ok := errors.AsType[*ldap.Error](err)
	switch {
	case !ok || problem.ResultCode >= ldap.ErrorNetwork:
		return unavailable("the directory %s gave no answer that can be read", d.place)
	case problem.ResultCode == ldap.LDAPResultReferral:
		return refused("the directory %s refers to another server, which is not followed: name that one", d.place)
	case problem.ResultCode == ldap.LDAPResultTimeLimitExceeded:
		return fail(hook.CodeTimeout, "the directory %s ran out of time", d.place)
	case problem.ResultCode == ldap.LDAPResultBusy || problem.ResultCode == ldap.LDAPResultUnavailable:
		return unavailable("the directory %s is busy (LDAP result %d)", d.place, problem.ResultCode)
	}
	return refused("the directory %s says no: %s (LDAP result %d)%s", d.place,
		ldap.LDAPResultCodeMap[problem.ResultCode], problem.ResultCode, remark(problem.Err))
}

// remark is what the server says besides, on one line.
func remark(err error) string {
	if err == nil || err.Error() == "" {
		return ""
	}
	return ": " + oneLine(err.Error())
}

func wireFailed(place outbound.Place, err error) error {
	netErr, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, errTooLarge):
		return fail(hook.CodeTooLarge, "the directory %s sends more than %d bytes: ask for fewer attributes or entries", place, maxLDAPTotal)
	case errors.Is(err, errBER):
		return unavailable("the directory %s does not speak LDAP", place)
	case isNet && netErr.Timeout():
		return fail(hook.CodeTimeout, "the directory %s did not answer in time", place)
	}
	return unavailable("the directory %s hung up", place)
}
