package admin

import (
	"github.com/postern-id/postern/core"
)

// products gives the presets for one product each. What they register and what their
// guides say is from the products' own documentation, which each recipe names.
func products() []Preset {
	inToken := []binding{{profile, miniorange, `{"name":"full"}`, core.HookClaims}}
	usual := []string{"openid", "profile", "email"}
	withRefresh := []string{"openid", "profile", "email", "offline_access"}
	withPKCE := func(c core.Client) core.Client {
		c.RequirePKCE = true
		return c
	}
	// kubectl's credential plugin listens at one of these, on the person's own machine.
	kubectl := public(true)
	kubectl.SkipConsent, kubectl.OfflineWithoutPrompt, kubectl.Scopes = true, true, withRefresh
	kubectl.RedirectURIs = []string{"http://localhost:8000", "http://localhost:18000"}
	return append(atlassian(),
		Preset{Name: PresetJenkins, Title: "Jenkins", Description: "Jenkins, with its OpenID Connect plugin", Product: true,
			client: withPKCE(inHouse(usual...)), bindings: inToken, recipe: jenkinsRecipe(),
			listens: places{redirect: []string{"/securityRealm/finishLogin"}, logout: []string{"/OicLogout"}}},
		Preset{Name: PresetGitLab, Title: "GitLab", Description: "a GitLab of your own", Product: true,
			client: withPKCE(inHouse(usual...)), bindings: inToken, recipe: gitLabRecipe(),
			listens: places{redirect: []string{"/users/auth/openid_connect/callback"}}},
		Preset{Name: PresetGitea, Title: "Gitea", Description: "Gitea or Forgejo", Product: true,
			client: inHouse(usual...), bindings: inToken, recipe: giteaRecipe(),
			listens: places{redirect: []string{"/user/oauth2/postern/callback"}}},
		Preset{Name: PresetGrafana, Title: "Grafana", Description: "Grafana, with generic OAuth", Product: true,
			client: withPKCE(inHouse(withRefresh...)), bindings: inToken, recipe: grafanaRecipe(),
			listens: places{redirect: []string{"/login/generic_oauth"}, logout: []string{"/login"}}},
		Preset{Name: PresetNextcloud, Title: "Nextcloud", Description: "Nextcloud, with its app user_oidc", Product: true,
			client: inHouse(usual...), bindings: inToken, recipe: nextcloudRecipe(),
			listens: places{redirect: []string{"/apps/user_oidc/code", "/index.php/apps/user_oidc/code"}, logout: []string{"/"},
				backchannel: "/index.php/apps/user_oidc/backchannel-logout/postern"}},
		Preset{Name: PresetKubernetes, Title: "Kubernetes", Description: "kubectl, with kubelogin (kubectl oidc-login)", Product: true,
			client: kubectl, bindings: inToken, recipe: kubernetesRecipe()},
		Preset{Name: PresetOAuth2Proxy, Title: "oauth2-proxy", Description: "a web page behind oauth2-proxy, which has no sign-in of its own", Product: true,
			client: withPKCE(inHouse(withRefresh...)), bindings: inToken, recipe: proxyRecipe(),
			listens: places{redirect: []string{"/oauth2/callback"}}},
	)
}

// atlassian gives Confluence and Jira, each with the two clients that there are for them.
// They take everything from the ID token.
func atlassian() []Preset {
	// miniOrange sends offline_access without prompt=consent. In this order the scopes are
	// pasted into it. It verifies RSA alone.
	app := inHouse("address", "phone", "openid", "profile", "offline_access", "email")
	shaped := []binding{{miniorange, miniorange, `{}`, core.HookClaims}, {miniorange, miniorange, `{}`, core.HookAccount}}
	own := inHouse("openid", "profile", "email")
	own.AuthMethods = []string{core.AuthBasic}
	claims := shaped[:1]
	miniOrange := places{redirect: []string{"/plugins/servlet/oauth/callback", "/plugins/servlet/oauth/autocallback"}}
	dataCenter := places{redirect: []string{"/plugins/servlet/oidc/callback"}}
	neither := limits{rsaOnly: true, noPKCE: true}
	return []Preset{
		{Name: PresetConfluence, Title: "Confluence (miniOrange)", Description: "Confluence, with the miniOrange app for OAuth and OpenID Connect", Product: true,
			client: app, bindings: shaped, listens: miniOrange, limits: neither, recipe: miniOrangeRecipe("Confluence")},
		{Name: PresetConfluenceAtlassian, Title: "Confluence Data Center", Description: "Confluence Data Center, with Atlassian's own client", Product: true,
			client: own, bindings: claims, listens: dataCenter, limits: limits{noPKCE: true}, recipe: atlassianRecipe("Confluence")},
		{Name: PresetJira, Title: "Jira (miniOrange)", Description: "Jira, with the miniOrange app for OAuth and OpenID Connect", Product: true,
			client: app, bindings: shaped, listens: miniOrange, limits: neither, recipe: miniOrangeRecipe("Jira")},
		{Name: PresetJiraAtlassian, Title: "Jira Data Center", Description: "Jira Data Center, with Atlassian's own client", Product: true,
			client: own, bindings: claims, listens: dataCenter, limits: limits{noPKCE: true}, recipe: atlassianRecipe("Jira")},
	}
}
