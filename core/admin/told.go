package admin

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// toldChecks say what the product of a preset gets to know, and whether it needs more.
func (s *Service) toldChecks(ctx context.Context, client *core.Client, seen *sightings) ([]Check, error) {
	preset, err := presetOf(client.Preset)
	if err != nil || !preset.Product {
		return nil, nil
	}
	config, err := s.Store.Plugins(ctx)
	if err != nil {
		return nil, wrap("read the plugins", err)
	}
	checks := []Check{unboundCheck(config, client, preset)}
	last := seen.signedIn()
	if last != nil && last.UserID != "" {
		user, err := s.Store.User(ctx, last.UserID)
		switch {
		case errors.Is(err, core.ErrNotFound): // deleted since
		case err != nil:
			return nil, wrap("read the user", err)
		default:
			checks = append(checks, claimsCheck(client, preset, last, user))
		}
	}
	return append(checks, offlineCheck(client, preset, last)), nil
}

// unboundCheck is for a client whose preset bound plugins to it, that somebody unbound.
func unboundCheck(config *core.PluginConfig, client *core.Client, preset *Preset) Check {
	for _, needed := range preset.bindings {
		there := slices.ContainsFunc(config.Bindings, func(b core.PluginBinding) bool {
			instance := instanceOf(config, b.Instance)
			return b.Hook == needed.hook && !b.Shadow && (b.ClientID == "" || b.ClientID == client.ID) && instance != nil && instance.Plugin == needed.plugin
		})
		if there {
			continue
		}
		text := "Nothing puts the user name, the e-mail address and the groups into the ID token, where " + preset.product() + " looks for them."
		if needed.hook == core.HookAccount {
			text = "Nothing gives the account the shape that " + preset.product() + " reads."
		}
		return Check{Name: "plugins", State: CheckWrong, Text: text, Hint: "Bind the plugin " + needed.plugin + " to this client, for " + needed.hook + "."}
	}
	return Check{}
}

// claimsCheck says what the application was told of whoever signed in last. It does not say
// who that was: whoever may see clients may not see people.
func claimsCheck(client *core.Client, preset *Preset, last *core.Event, user *core.User) Check {
	check := Check{Name: "claims", State: CheckWrong, At: last.At}
	granted, product := strings.Fields(last.Detail["scopes"]), preset.product()
	lacks := func(scope string) bool {
		return slices.Contains(preset.client.Scopes, scope) && !slices.Contains(granted, scope)
	}
	scopes := "Set the scopes in the application to: " + oauth.FormatScope(client.Scopes)
	switch {
	case lacks(oauth.ScopeOpenID):
		check.Text, check.Hint = product+" got no ID token: it did not ask for the scope openid.", scopes
	case lacks("profile"):
		check.Text, check.Hint = product+" was told no user name, no full name and no groups: it did not ask for the scope profile.", scopes
	case lacks("email"):
		check.Text, check.Hint = product+" was told no e-mail address: it did not ask for the scope email.", scopes
	case user.Email == "" && client.Preset != PresetKubernetes:
		check.Text, check.Hint = "Whoever signed in last has no e-mail address, and "+product+" makes no account without one.", "Give that person an e-mail address."
	case !user.EmailVerified && client.Preset == PresetOAuth2Proxy:
		check.Text, check.Hint = "The e-mail address of whoever signed in last is not verified, and "+product+" lets nobody in without that.", "Have the person verify it, or say that it is."
	case len(user.Groups) == 0:
		check.State, check.Text = CheckDone, product+" was told who signed in last, and no groups: the person is in none."
	default:
		check.State, check.Text = CheckDone, product+" was told who signed in last, and in which groups the person is."
	}
	return check
}

// offlineCheck is for products that renew their tokens.
func offlineCheck(client *core.Client, preset *Preset, last *core.Event) Check {
	const name = "offline_access"
	wants := func(c *core.Client) bool { return slices.Contains(c.Scopes, oauth.ScopeOfflineAccess) }
	switch {
	case !wants(client) || !wants(&preset.client) || !asksPeople(client):
		return Check{}
	case preset.client.OfflineWithoutPrompt && !client.OfflineWithoutPrompt:
		return Check{Name: name, State: CheckWrong, Text: preset.product() + " asks for offline_access without asking people each time, which this client does not allow: it gets no refresh token.",
			Hint: "Let the client have refresh tokens without prompt=consent."}
	case last == nil:
		return Check{}
	case slices.Contains(strings.Fields(last.Detail["scopes"]), oauth.ScopeOfflineAccess):
		return Check{Name: name, State: CheckDone, Text: "The application gets refresh tokens.", At: last.At}
	}
	return Check{Name: name, State: CheckOpen, Text: "The application gets no refresh tokens: it did not ask for offline_access.", Hint: "Add offline_access to its scopes.", At: last.At}
}
