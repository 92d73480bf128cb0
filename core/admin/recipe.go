package admin

// The recipes say what each product's own documentation says, under the names of its own
// forms and files. Where a product reads the ID token alone, the preset binds a plugin that
// puts there what it needs.

func miniOrangeRecipe(product string) recipe {
	return recipe{
		source: "https://www.miniorange.com/atlassian/how-to-configure-oauth-oidc-sso",
		steps: []string{
			"Open " + product + " as an administrator, then Manage apps, and there miniOrange OAuth/OpenID.",
			"Add a provider and choose “Custom OpenID”, which newer versions call “Custom OIDC App”. The callback URL that it shows is the redirect URI of this client: {address}/plugins/servlet/oauth/callback",
			"Paste the values of the table and save. Where it asks for the address of the keys too, that is {jwks}",
			"Press “Test Configuration”: it shows what it was told about you.",
			"Map the attributes: user name from preferred_username, e-mail from email, full name from displayName, groups from groups.",
			"Sign out of " + product + ", open it anew, and sign in.",
		},
		forms: []Form{{"For the miniOrange app in " + product + ", application \"Custom OpenID\"", []Row{
			{"Client ID", "{client_id}"},
			{"Client Secret", "{secret}"},
			{"Authorization server URL", "{authorize}"},
			{"Token server URL", "{token}"},
			{"UserInfo server URL", "{account}"},
			{"Scopes", "{scopes}"},
		}}},
	}
}

func atlassianRecipe(product string) recipe {
	return recipe{
		source: "https://confluence.atlassian.com/enterprise/openid-connect-for-atlassian-data-center-applications-987142159.html",
		steps: []string{
			"Open " + product + " as an administrator, then Authentication methods, and add a configuration of the kind OpenID Connect single sign-on.",
			"Its redirect URL, which it shows at the end of the form, is the redirect URI of this client: {address}/plugins/servlet/oidc/callback",
			"Paste the values of the table. Leave the additional settings to be filled in automatically.",
			"For people whom " + product + " does not know yet, turn on just-in-time provisioning, with the last three values of the table.",
			"Save, and turn the configuration on. Keep the login form until somebody could sign in.",
		},
		forms: []Form{{"For Atlassian's own OpenID Connect client (Data Center)", []Row{
			{"Issuer URL", "{issuer}"},
			{"Client ID", "{client_id}"},
			{"Client secret", "{secret}"},
			{"Username mapping", "${preferred_username}"},
			{"Additional scopes", "{more_scopes}"},
			{"Display name", "${displayName}"},
			{"Email", "${email}"},
			{"Groups", "groups"},
		}}},
	}
}

func jenkinsRecipe() recipe {
	return recipe{
		source: "https://plugins.jenkins.io/oic-auth/",
		steps: []string{
			"In Jenkins open Manage Jenkins, then Plugins, and install “OpenId Connect Authentication” (oic-auth).",
			"Open Manage Jenkins, then System, and see that the Jenkins URL is {address}/: Jenkins makes its redirect URI of it.",
			"Open Manage Jenkins, then Security, and choose the security realm “Login with OpenID Connect”. Or give Jenkins the file below, which says the same.",
			"Paste the values of the table. Without the override of the scopes it would ask for all that there are.",
			"Add the property “Escape hatch”, a user and a password of Jenkins' own, before you save: nobody else gets in if something is wrong.",
			"Give rights to groups: they come under the names that they have here.",
		},
		forms: []Form{{"For the security realm \"Login with OpenID Connect\"", []Row{
			{"Client id", "{client_id}"},
			{"Client secret", "{secret}"},
			{"Configuration mode", "Discovery via well-known endpoint"},
			{"Well-known configuration endpoint", "{discovery}"},
			{"Override scopes", "{scopes}"},
			{"User name field name", "preferred_username"},
			{"Full name field name", "name"},
			{"Email field name", "email"},
			{"Groups field name", "groups"},
			{"Logout from OpenID Provider", "yes"},
			{"Post logout redirect URL", "{leave}"},
			{"Enable Proof Key for Code Exchange (PKCE)", "yes"},
		}}},
		snippets: []draft{{title: "jenkins.yaml (Configuration as Code)", language: "yaml", text: `
jenkins:
  securityRealm:
    oic:
      clientId: "{client_id}"
      clientSecret: "{secret}"
      serverConfiguration:
        wellKnown:
          wellKnownOpenIDConfigurationUrl: "{discovery}"
          scopesOverride: "{scopes}"
      userNameField: "preferred_username"
      fullNameFieldName: "name"
      emailFieldName: "email"
      groupsFieldName: "groups"
      logoutFromOpenidProvider: true
      postLogoutRedirectUrl: "{leave}"
      properties:
        - "pkce"
        # - escapeHatch:
        #     username: "A NAME"
        #     secret: "A PASSWORD"
`, variables: true}},
	}
}

func gitLabRecipe() recipe {
	return recipe{
		source: "https://docs.gitlab.com/administration/auth/oidc/",
		steps: []string{
			"Add the lines below to /etc/gitlab/gitlab.rb on the GitLab server.",
			"Run: sudo gitlab-ctl reconfigure",
			"Open GitLab's sign-in page: it has the button “Postern” now.",
			"Whoever has an account in GitLab already connects it once, signed in there, under Edit profile, then Account.",
			"Beside groups_attribute a GitLab of the tiers Premium and Ultimate takes required_groups, external_groups, auditor_groups and admin_groups, lists of groups that you have here.",
		},
		snippets: []draft{{title: "/etc/gitlab/gitlab.rb", language: "ruby", text: `
gitlab_rails['omniauth_allow_single_sign_on'] = ['openid_connect']
gitlab_rails['omniauth_block_auto_created_users'] = false
gitlab_rails['omniauth_providers'] = [
  {
    name: "openid_connect", # GitLab wants this name
    label: "Postern",
    args: {
      name: "openid_connect",
      scope: [{scope_list}],
      response_type: "code",
      issuer: "{issuer}",
      discovery: true,
      client_auth_method: "query",
      uid_field: "sub",
      pkce: true,
      client_options: {
        identifier: "{client_id}",
        secret: "{secret}",
        redirect_uri: "{address}/users/auth/openid_connect/callback",
        gitlab: {
          groups_attribute: "groups"
        }
      }
    }
  }
]
`}},
	}
}

func giteaRecipe() recipe {
	return recipe{
		source: "https://docs.gitea.com/administration/command-line",
		steps: []string{
			"Run the command below on the Gitea server, as the user that Gitea runs as. Forgejo has the same one, by the name forgejo.",
			"Or add it in the browser: Site administration, then Identity & access, then Authentication sources, of the type OAuth2 and the provider OpenID Connect. Its name must be postern, as it is a part of the redirect URI.",
			"To have accounts made at the first sign-in, set in the section [oauth2_client] of app.ini: ENABLE_AUTO_REGISTRATION = true and USERNAME = preferred_username. Otherwise each person types a user name then.",
			"Open Gitea's sign-in page: it has a button for Postern now.",
		},
		forms: []Form{{"For the authentication source", []Row{
			{"Authentication name", "postern"},
			{"OAuth2 provider", "OpenID Connect"},
			{"Client ID (Key)", "{client_id}"},
			{"Client Secret", "{secret}"},
			{"OpenID Connect Auto Discovery URL", "{discovery}"},
			{"Additional scopes", "{more_scopes_comma}"},
			{"Claim name providing group names for this source", "groups"},
		}}},
		snippets: []draft{{title: "Terminal", language: "shell", text: `
gitea admin auth add-oauth \
  --name postern \
  --provider openidConnect \
  --key {client_id} \
  --secret {secret} \
  --auto-discover-url {discovery} \
  --scopes {scope} \
  --group-claim-name groups
`}},
	}
}

func grafanaRecipe() recipe {
	return recipe{
		source: "https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/generic-oauth/",
		steps: []string{
			"See that root_url in the section [server] is {address}: Grafana makes its redirect URI of it.",
			"Add the section below to grafana.ini, and name the groups whose members administer and edit.",
			"Start Grafana anew: its sign-in page has the button “Sign in with Postern”.",
		},
		snippets: []draft{{title: "/etc/grafana/grafana.ini", language: "ini", text: `
[auth.generic_oauth]
enabled = true
name = Postern
allow_sign_up = true
client_id = {client_id}
client_secret = {secret}
scopes = {scopes}
auth_url = {authorize}
token_url = {token}
api_url = {userinfo}
use_pkce = true
use_refresh_token = true
login_attribute_path = preferred_username
name_attribute_path = name
email_attribute_path = email
groups_attribute_path = groups
role_attribute_path = contains(groups[*], 'grafana-admins') && 'Admin' || contains(groups[*], 'grafana-editors') && 'Editor' || 'Viewer'
signout_redirect_url = {logout}?post_logout_redirect_uri={leave_in_query}
`}},
	}
}

func nextcloudRecipe() recipe {
	return recipe{
		source: "https://github.com/nextcloud/user_oidc",
		steps: []string{
			"Install the app “OpenID Connect user backend” (user_oidc) in Nextcloud.",
			"Run the command below in Nextcloud's folder, as the user of the web server. The name postern is a part of the address at which Nextcloud is told of a sign-out.",
			"If Postern's name stands for an address of your own network, Nextcloud asks it only after: php occ config:system:set allow_local_remote_servers --type=boolean --value=true",
			"Open Nextcloud's sign-in page: it has the button “Login with postern”.",
			"To have no other way in, run: php occ config:app:set --type=string --value=0 user_oidc allow_multiple_user_backends. The address /login?direct=1 still leads to the local form.",
		},
		snippets: []draft{{title: "Terminal", language: "shell", text: `
sudo -u www-data php occ user_oidc:provider postern \
  --clientid={client_id} \
  --clientsecret={secret} \
  --discoveryuri={discovery} \
  --scope={scopes} \
  --mapping-uid=preferred_username \
  --mapping-display-name=name \
  --mapping-email=email \
  --mapping-groups=groups \
  --group-provisioning=1 \
  --unique-uid=0 \
  --send-id-token-hint=1
`}},
	}
}

func kubernetesRecipe() recipe {
	return recipe{
		source: "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#openid-connect-tokens",
		steps: []string{
			"The API server must reach {issuer} over https: it takes no other issuer.",
			"Give the API server the flags below, or the file of structured authentication in place of them (Kubernetes 1.34; before that its apiVersion is v1beta1), and start it anew.",
			"Install kubelogin on each machine: kubectl krew install oidc-login",
			"Add the user to the kubeconfig with the command below.",
			"Bind roles to groups, with the prefix: oidc:cluster-admins, for instance.",
			"Run: kubectl --user=oidc get nodes. The browser opens, and you sign in.",
		},
		snippets: []draft{
			{title: "Flags of kube-apiserver", language: "shell", text: `
--oidc-issuer-url={issuer}
--oidc-client-id={client_id}
--oidc-username-claim=preferred_username
--oidc-username-prefix=oidc:
--oidc-groups-claim=groups
--oidc-groups-prefix=oidc:
`},
			{title: "Structured authentication, in place of the flags", language: "yaml", text: `
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
  - issuer:
      url: "{issuer}"
      audiences:
        - "{client_id}"
    claimMappings:
      username:
        claim: preferred_username
        prefix: "oidc:"
      groups:
        claim: groups
        prefix: "oidc:"
`},
			{title: "Terminal of whoever uses kubectl", language: "shell", text: `
kubectl config set-credentials oidc \
  --exec-api-version=client.authentication.k8s.io/v1 \
  --exec-interactive-mode=Never \
  --exec-command=kubectl \
  --exec-arg=oidc-login \
  --exec-arg=get-token \
  --exec-arg=--oidc-issuer-url={issuer} \
  --exec-arg=--oidc-extra-scope={scope} \
  --exec-arg=--oidc-client-id={client_id}
`},
		},
	}
}

func proxyRecipe() recipe {
	return recipe{
		source: "https://oauth2-proxy.github.io/oauth2-proxy/configuration/providers/openid_connect",
		steps: []string{
			"Save the file below as oauth2-proxy.cfg, and name the page behind it as the upstream.",
			"Make the secret of its cookie with: openssl rand -base64 32 | tr -- '+/' '-_'",
			"Start it: oauth2-proxy --config oauth2-proxy.cfg",
			"Open {address} and sign in. An account whose e-mail address is not verified is refused by oauth2-proxy.",
		},
		snippets: []draft{{title: "oauth2-proxy.cfg", language: "toml", text: `
provider = "oidc"
provider_display_name = "Postern"
oidc_issuer_url = "{issuer}"
client_id = "{client_id}"
client_secret = "{secret}"
redirect_url = "{address}/oauth2/callback"
scope = "{scopes}"
code_challenge_method = "S256"
oidc_groups_claim = "groups"
email_domains = ["*"]
skip_provider_button = true
cookie_secret = "COOKIE_SECRET"
cookie_refresh = "5m"
cookie_secure = {secure}
upstreams = ["http://127.0.0.1:8080"]
`}},
	}
}

// endpoints are what every relying party can be told.
func endpoints(withSecret bool) Form {
	rows := []Row{{"Client ID", "{client_id}"}, {"Client secret", "{secret}"}, {"Issuer", "{issuer}"},
		{"Discovery", "{discovery}"}, {"Authorization endpoint", "{authorize}"}, {"Token endpoint", "{token}"},
		{"UserInfo endpoint", "{userinfo}"}, {"Keys", "{jwks}"}, {"End of session", "{logout}"}, {"Scopes", "{scopes}"}}
	if !withSecret {
		rows = append(rows[:1:1], rows[2:]...)
	}
	return Form{"For the application", rows}
}

func webRecipe() recipe {
	return recipe{
		steps: []string{
			"Most libraries need the issuer, the client ID and the secret: they read the rest from the discovery document.",
			"The application sends people to the authorization endpoint with response_type=code, a state, and code_challenge_method=S256.",
			"It gets the code at {redirect} and exchanges it at the token endpoint.",
		},
		forms: []Form{endpoints(true)},
	}
}

func publicRecipe() recipe {
	return recipe{
		steps: []string{
			"The application has no secret: it proves with PKCE (code_challenge_method=S256) that the code is its own. Without that it is refused.",
			"It gets the code at {redirect} and exchanges it at the token endpoint, with its client_id in the body.",
		},
		forms: []Form{endpoints(false)},
	}
}

func deviceRecipe() recipe {
	return recipe{
		steps: []string{
			"The program asks the device authorization endpoint for a code, shows it with the address {verification}, and asks the token endpoint every few seconds.",
			"Its person opens the address anywhere, signs in, types the code and allows the access.",
		},
		forms: []Form{{"For the program", []Row{
			{"Client ID", "{client_id}"}, {"Issuer", "{issuer}"}, {"Device authorization endpoint", "{device}"},
			{"Token endpoint", "{token}"}, {"Scopes", "{scopes}"},
		}}},
		snippets: []draft{{title: "Terminal", language: "shell", text: `
curl --data-urlencode client_id={client_id} --data-urlencode scope={scopes} {device}

curl --data-urlencode client_id={client_id} --data device_code=DEVICE_CODE \
  --data grant_type=urn:ietf:params:oauth:grant-type:device_code \
  {token}
`}},
	}
}

func serviceRecipe() recipe {
	return recipe{
		steps: []string{"The program asks the token endpoint for a token of its own, by grant_type=client_credentials."},
		forms: []Form{{"For the program", []Row{
			{"Client ID", "{client_id}"}, {"Client secret", "{secret}"}, {"Issuer", "{issuer}"}, {"Token endpoint", "{token}"}, {"Scopes", "{scopes}"},
		}}},
		snippets: []draft{{title: "Terminal", language: "shell", text: `
curl --user {client_id}:{secret} \
  --data grant_type=client_credentials \
  --data-urlencode scope={scopes} \
  {token}
`}},
	}
}
