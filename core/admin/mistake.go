package admin

import (
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// mistake is what was set up wrongly in an application: what it did, and what to do. Both
// are sentences.
type mistake struct{ text, hint string }

const (
	hintSecret = "Paste the client secret into the application again. If you do not have it any more, make a new one."
	hintPKCE   = "Turn PKCE on in the application, with the method S256, or do not require it of this client."
	hintCode   = "Set the application to the authorization code flow, which is response_type=code."
)

// mistakes are by the reason of the audit event. What is not there says nothing about how
// the application is set up: somebody gave up, may not, or came too late.
var mistakes = map[string]mistake{
	"redirect_uri_missing":         {"The application did not say where it wants to be answered.", "Set its redirect URI, which it may call callback URL."},
	"client_disabled":              {"The application was turned away, as this client is disabled.", "Enable it."},
	"client_organisation_disabled": {"The application asked for tokens, and its organisation is disabled.", "Enable the organisation."},
	"organisation_disabled":        {"The application was turned away, as its organisation is disabled.", "Enable the organisation."},
	"client_secret_wrong":          {"The application sent a client secret that is not right.", hintSecret},
	"client_auth_missing":          {"The application sent no client secret.", hintSecret},
	"client_auth_malformed":        {"The application sent a client ID and a secret that cannot be read.", hintSecret},
	"client_auth_unsupported":      {"The application proves who it is in a way that there is not.", "Let it send client ID and secret by HTTP Basic or in the body."},
	"client_auth_twice":            {"The application sent its secret in two ways at once.", "Choose one: in the Authorization header, or in the body."},
	"client_id_mismatch":           {"The application sent two client IDs.", "Paste the client ID into it again."},
	"challenge_missing":            {"The application did not use PKCE, which this client requires.", hintPKCE},
	"challenge_malformed":          {"The application sent a code_challenge that is none.", hintPKCE},
	"challenge_method":             {"The application asked for another method of PKCE than S256.", hintPKCE},
	"verifier_missing":             {"The application began with PKCE and ended without it.", hintPKCE},
	"verifier_wrong":               {"The application sent a code_verifier that is not that of its code_challenge.", hintPKCE},
	"verifier_malformed":           {"The application sent a code_verifier that is none.", hintPKCE},
	"verifier_without_challenge":   {"The application ended with PKCE without beginning with it.", hintPKCE},
	"scope_missing":                {"The application asked for no scope.", "Set its scopes."},
	"scope_malformed":              {"The application asked for scopes that cannot be read.", "Separate its scopes by blanks."},
	"scope_without_openid":         {"The application asked for an ID token without the scope openid.", "Add openid to its scopes."},
	"response_type_missing":        {"The application did not say what it wants.", hintCode},
	"response_type":                {"The application asked for a response_type that there is not.", hintCode},
	"response_type_unregistered":   {"The application asked for a response_type that this client may not have.", hintCode},
	"response_mode":                {"The application asked to be answered in a way that there is not.", "Set it to response_mode=query, or leave that out."},
	"nonce_missing":                {"The application sent no nonce, which its response_type needs.", hintCode},
	"request_object":               {"The application sent its request as an object, which is not taken here.", "Turn request objects off in it."},
	"grant_type_not_registered":    {"The application asked for tokens by a grant that this client may not use.", "Compare its grant type with those of this client."},
	"unsupported_grant_type":       {"The application asked for tokens by a grant that there is not.", "Set it to the authorization code flow."},
	"no_grant_type":                {"The application asked for tokens without saying by which grant.", "See that the token endpoint gets what is meant for it."},
	"no_code":                      {"The application asked for tokens without a code.", "See that the token endpoint gets what is meant for it."},
	"no_redirect_uri":              {"The application asked for tokens without its redirect URI.", "See that it sends the same redirect URI twice."},
	"other_redirect_uri":           {"The application asked for tokens with another redirect URI than it had begun with.", "See that its own address is set as people open it: behind a proxy it may take itself for http."},
	"code_of_other_client":         {"The application asked for tokens with a code of another client.", "See that client ID and client secret in it are of one client."},
	"parameters_in_query":          {"The application sent parameters to the token endpoint in the address.", "Let it send them in the body."},
	"content_type":                 {"The application sent something else than a form to the token endpoint.", "See that the token endpoint in it is right."},
	"wrong_path":                   {"The application asked for tokens where they are only renewed.", "See that the token endpoint in it is right."},
	"token_in_query":               {"The application sent the access token in the address.", "Take accessToken= off the end of the UserInfo URL in it, or allow it for this client."},
}

// mistakeIn says what the refused request of the application says about how it is set up.
// The second value is false if that is nothing.
func mistakeIn(event *core.Event, client *core.Client) (mistake, bool) {
	reason, sent := event.Detail["reason"], event.Detail
	switch {
	case reason == "redirect_uri_unregistered" && sent["redirect_uri"] != "":
		return mistake{
			"The application asked to be answered at " + sent["redirect_uri"] + ", which is no redirect URI of this client.",
			"Those are, letter by letter: " + strings.Join(client.RedirectURIs, " , ") + " . Set one of them in the application, or add the other one here.",
		}, true
	case reason == "redirect_uri_unregistered":
		return mistake{"The application asked to be answered at an address that is no redirect URI of this client.", "Those are, letter by letter: " + strings.Join(client.RedirectURIs, " , ")}, true
	case reason == "scope_unregistered":
		return mistake{
			strings.TrimSpace("The application asked for scopes of which this client may have none. " + sent["scope"]), "Set its scopes to: " + oauth.FormatScope(client.Scopes),
		}, true
	case reason == "client_auth_method":
		return mistake{"The application sent no client secret, or in a way that this client may not use.", "This client may use " + strings.Join(client.AuthMethods, " or ") + ": choose that in the application, or allow its way here."}, true
	case strings.HasPrefix(reason, "client_assertion_"):
		return mistake{"The application signed something that does not prove who it is (" + words(reason) + ").", "Compare the keys of this client with its own."}, true
	}
	found, known := mistakes[reason]
	return found, known
}

// newestMistake gives the newest event that is one.
func newestMistake(events []core.Event, client *core.Client) *core.Event {
	i := slices.IndexFunc(events, func(e core.Event) bool {
		_, is := mistakeIn(&e, client)
		return is
	})
	if i < 0 {
		return nil
	}
	return &events[i]
}
