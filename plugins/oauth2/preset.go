package oauth2

import (
	"github.com/postern-id/postern/plugins/oidc"
	"github.com/postern-id/postern/sdk/hook"
)

// presets are providers without OpenID Connect whose answers are documented. Where the
// documentation does not say that an address is verified, it is not.
func presets() []hook.Preset {
	preset := func(name, title, icon string, targets []string, settings string) hook.Preset {
		return hook.Preset{Name: name, Title: title, Icon: icon, Targets: targets, Settings: oidc.Constant(settings)}
	}
	return []hook.Preset{
		preset("oauth2", "OAuth 2", "generic", nil, `{}`),
		// https://developer.atlassian.com/cloud/confluence/oauth-2-3lo-apps, .../user-management/apis
		preset("atlassian", "Atlassian", "generic", []string{"auth.atlassian.com", "api.atlassian.com"}, `{
			"authorization_endpoint": "https://auth.atlassian.com/authorize", "token_endpoint": "https://auth.atlassian.com/oauth/token",
			"userinfo_endpoint": "https://api.atlassian.com/me", "scopes": ["read:me"], "auth_method": "client_secret_post",
			"parameters": {"audience": "api.atlassian.com", "prompt": "consent"},
			"paths": {"subject": "account_id", "name": "nickname", "email": "email", "display_name": "name", "picture": "picture", "locale": "locale"}
		}`),
		// https://developer.atlassian.com/cloud/bitbucket/oauth-2, .../rest/api-group-users
		preset("bitbucket", "Bitbucket Cloud", "generic", []string{"bitbucket.org", "api.bitbucket.org"}, `{
			"authorization_endpoint": "https://bitbucket.org/site/oauth2/authorize", "token_endpoint": "https://bitbucket.org/site/oauth2/access_token",
			"userinfo_endpoint": "https://api.bitbucket.org/2.0/user", "scopes": ["account", "email"],
			"paths": {"subject": "uuid", "name": "username", "display_name": "display_name", "picture": "links.avatar.href"},
			"emails": {"endpoint": "https://api.bitbucket.org/2.0/user/emails?pagelen=100", "list": "values", "address": "email", "primary": "is_primary", "verified": "is_confirmed"}
		}`),
		// https://discord.com/developers/docs/topics/oauth2, .../resources/user
		preset("discord", "Discord", "generic", []string{"discord.com"}, `{
			"authorization_endpoint": "https://discord.com/oauth2/authorize", "token_endpoint": "https://discord.com/api/oauth2/token",
			"userinfo_endpoint": "https://discord.com/api/v10/users/@me", "scopes": ["identify", "email"],
			"paths": {"subject": "id", "name": "username", "email": "email", "email_verified": "verified", "display_name": "global_name", "locale": "locale"}
		}`),
		// https://www.dropbox.com/developers/documentation/http/documentation#users-get_current_account
		preset("dropbox", "Dropbox", "generic", []string{"api.dropboxapi.com"}, `{
			"authorization_endpoint": "https://www.dropbox.com/oauth2/authorize", "token_endpoint": "https://api.dropboxapi.com/oauth2/token",
			"userinfo_endpoint": "https://api.dropboxapi.com/2/users/get_current_account", "userinfo_method": "POST", "scopes": ["account_info.read"],
			"paths": {"subject": "account_id", "email": "email", "email_verified": "email_verified", "display_name": "name.display_name",
				"given_name": "name.given_name", "family_name": "name.surname", "picture": "profile_photo_url", "locale": "locale"}
		}`),
	}
}
