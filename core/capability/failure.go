package capability

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/sdk/hook"
)

// fail makes the error that a guest gets. The message is for the plugin's author
// and for the operator; it never holds a secret, a token or a code.
func fail(code, format string, args ...any) error {
	return &hook.CapabilityError{Code: code, Message: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error { return fail(hook.CodeInvalidRequest, format, args...) }
func refused(format string, args ...any) error { return fail(hook.CodeRefused, format, args...) }
func unavailable(format string, args ...any) error {
	return fail(hook.CodeUnavailable, format, args...)
}

// allowing says in words what each capability with targets does to them.
var allowing = map[string]string{
	hook.HTTPFetch:     "fetch from",
	hook.JWTVerify:     "verify tokens with the keys of",
	hook.SecretGet:     "read the secret",
	hook.OIDCExchange:  "exchange codes at",
	hook.OAuthExchange: "exchange codes at",
	hook.LDAPBind:      "check passwords at",
	hook.LDAPSearch:    "search in",
}

// denied says what is not granted, and how the operator grants it.
func denied(caller *core.PluginCaller, capability, target string) error {
	return fail(hook.CodeDenied, "the instance %q may not %s %s; the operator allows it with: postern plugin grant %s %s %s",
		caller.Instance, allowing[capability], target, caller.Instance, capability, target)
}

// oneLine makes one readable line, of 300 bytes at most, of what the other side
// says.
func oneLine(text string) string {
	line := strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) || c == utf8.RuneError {
			return ' '
		}
		return c
	}, text)
	return strings.TrimSpace(strings.ToValidUTF8(line[:min(len(line), 300)], ""))
}

// codes says what a guest learns of why nothing was fetched.
var codes = map[outbound.Reason]string{
	outbound.ReasonAddress:  hook.CodeDenied,
	outbound.ReasonHost:     hook.CodeDenied,
	outbound.ReasonURL:      hook.CodeInvalidRequest,
	outbound.ReasonRequest:  hook.CodeInvalidRequest,
	outbound.ReasonTooLarge: hook.CodeTooLarge,
	outbound.ReasonTimeout:  hook.CodeTimeout,
}

// explain gives the error that a guest gets for any error. internal is true for
// one that is the host's own: the guest learns nothing of it.
func explain(ctx context.Context, err error) (failure *hook.CapabilityError, internal bool) {
	if failure, ok := errors.AsType[*hook.CapabilityError](err); ok {
		return failure, false
	}
	if problem, ok := errors.AsType[*outbound.Error](err); ok {
		code, known := codes[problem.Reason]
		if !known {
			code = hook.CodeUnavailable
		}
		return &hook.CapabilityError{Code: code, Message: problem.Error()}, false
	}
	if ctx.Err() != nil {
		return &hook.CapabilityError{Code: hook.CodeTimeout, Message: "the time for what the plugin asks of the host is over"}, false
	}
	return &hook.CapabilityError{Code: hook.CodeUnavailable, Message: "the host failed; its log says why"}, true
}
