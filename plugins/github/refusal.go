package github

import (
	"errors"
	"strconv"
	"strings"

	"github.com/postern-id/postern/plugins/document"
	"github.com/postern-id/postern/sdk/hook"
)

// ssoError says that an organisation wants to see the person at its own sign-in first.
type ssoError struct{}

// Error is in words for the person: it is for them to do.
func (*ssoError) Error() string {
	return "An organisation of yours at GitHub wants you to sign in with its single sign-on. Do so at GitHub, then try again."
}

// check gives an error for an answer that is not what was asked for. What GitHub says
// of it goes into the log.
func check(r *hook.FetchResponse, path string) error {
	switch {
	case r.Error != nil:
		return r.Error
	case r.Status == 200:
		return nil
	case isLimited(r):
		return errors.New("GitHub's rate limit is reached at " + path + ": " + remark(r))
	case r.Status == 401:
		return errors.New("GitHub does not take the token at " + path + ": " + remark(r))
	case r.Status == 403 && strings.HasPrefix(document.Header(r, "x-github-sso"), "required"):
		return &ssoError{}
	case r.Status == 403 || r.Status == 404:
		return errors.New("GitHub refuses " + path + ", because the OAuth app lacks a scope, or an organisation does not admit the app: " + remark(r))
	}
	return errors.New("GitHub answered " + path + " with the status " + strconv.Itoa(r.Status) + ": " + remark(r))
}

// isLimited tells a rate limit, the primary or a secondary one, from other refusals.
func isLimited(r *hook.FetchResponse) bool {
	return r.Status == 429 || r.Status == 403 &&
		(document.Header(r, "x-ratelimit-remaining") == "0" || document.Header(r, "retry-after") != "")
}

// remark is GitHub's own message.
func remark(r *hook.FetchResponse) string {
	v, _ := document.Read(r, "it")
	if message := text(v.Object(), "message"); message != "" {
		return document.Remark(message)
	}
	return "status " + strconv.Itoa(r.Status)
}
