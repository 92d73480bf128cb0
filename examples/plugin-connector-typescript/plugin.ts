// Signs people in with their account at a Nextcloud.

import {
  CONNECTOR_LOGIN, CapabilityWish, HTTP_FETCH, Identity, JsonObject, LoginInput, LoginOutput, LoginRedirect, Manifest, OAUTH_EXCHANGE,
  OauthExchangeRequest, Plugin, Preset, Sample, SecretWish, exchangeOauth, register,
} from "../../sdk/typescript/postern";
import { Account, account } from "./account";

export * from "../../sdk/typescript/postern/module";

const SECRET = "client_secret";

/** Sends the browser to the Nextcloud. It has no scopes: who has the token has the account,
 * and the host keeps it to itself. */
function begin(input: LoginInput): LoginOutput {
  const redirect = new LoginRedirect();
  redirect.authorizationEndpoint = input.settings.getText("url") + "/apps/oauth2/authorize";
  redirect.clientId = input.settings.getText("client_id");
  const output = new LoginOutput();
  output.redirect = redirect;
  return output;
}

/** Lets the host exchange the code, and asks the Nextcloud whose token it got. */
function finish(input: LoginInput): LoginOutput {
  const url = input.settings.getText("url");
  const request = new OauthExchangeRequest();
  request.tokenEndpoint = url + "/apps/oauth2/api/v1/token";
  request.clientId = input.settings.getText("client_id");
  request.secret = SECRET;
  const exchanged = exchangeOauth(request);
  const error = exchanged.error;
  if (error !== null) throw new Error("the exchange of the code: " + error.toString());
  return decide(input.settings, account(url));
}

/** Refuses who may not, and says who the others are. */
function decide(settings: JsonObject, who: Account): LoginOutput {
  const output = new LoginOutput();
  const required = settings.getText("group");
  if (!who.enabled) output.reason = "Your account at this Nextcloud is disabled.";
  else if (required.length > 0 && !who.groups.includes(required)) output.reason = "Only members of the group " + required + " may sign in.";
  output.deny = output.reason.length > 0;
  if (!output.deny) output.identity = identity(settings, who);
  return output;
}

function identity(settings: JsonObject, who: Account): Identity {
  const identity = new Identity();
  identity.subject = who.id;
  identity.name = who.id;
  identity.displayName = who.displayName;
  identity.email = who.email;
  identity.emailVerified = isTrusted(settings, who);
  identity.locale = who.language.replace("_", "-");
  identity.phone = who.phone;
  identity.groups = who.groups;
  if (who.organisation.length > 0) identity.attributes.setText("organisation", who.organisation);
  return identity;
}

/** Whether an address may be taken for the person's. A Nextcloud sends no mail to try it,
 * and people can change their own, so the operator says whether they may; what comes
 * from a directory they cannot. */
function isTrusted(settings: JsonObject, who: Account): bool {
  const trust = settings.getText("trust_email");
  if (who.email.length == 0) return false;
  return trust == "all" || (trust == "directory" && who.backend == "LDAP");
}

function login(input: LoginInput): LoginOutput {
  if (input.phase == "begin") return begin(input);
  if (input.phase == "finish") return finish(input);
  throw new Error("unknown phase");
}

const manifest = new Manifest("nextcloud", "1.0.0", "Signs people in with their account at a Nextcloud.");
manifest.capabilities = [
  new CapabilityWish(OAUTH_EXCHANGE, "To exchange the code at the Nextcloud in the settings; grant it that host."),
  new CapabilityWish(HTTP_FETCH, "To ask that Nextcloud who signed in; grant it that host."),
];
manifest.secrets = [new SecretWish(SECRET, "Secret of the OAuth 2.0 client in the security settings of the Nextcloud.")];
manifest.settings = `{
  "type": "object",
  "additionalProperties": false,
  "required": ["url", "client_id"],
  "properties": {
    "url": {"description": "Of the Nextcloud, without a slash at the end; with /index.php where it has no pretty URLs.", "type": "string", "minLength": 9},
    "client_id": {"description": "Client identifier that the Nextcloud gave.", "type": "string", "minLength": 1},
    "group": {"description": "Only members of this group may sign in.", "type": "string"},
    "trust_email": {
      "description": "Whose addresses count as verified: nobody's, those that come from its directory, or all, where people cannot change them.",
      "type": "string", "enum": ["none", "directory", "all"], "default": "none"
    }
  }
}`;
const staff = new Preset("staff", "Nextcloud", '{"group":"staff","trust_email":"directory"}');
staff.icon = "directory";
manifest.presets = [staff];
manifest.samples = [
  new Sample(CONNECTOR_LOGIN, '{"phase":"begin","settings":{"url":"https://cloud.example","client_id":"c"},"organisation":{},"client":{}}'),
  new Sample(
    CONNECTOR_LOGIN,
    '{"phase":"finish","settings":{"url":"https://cloud.example","client_id":"c"},"organisation":{},"client":{}}',
    `[{
      "capability": "oauth.exchange",
      "request": {"token_endpoint": "https://cloud.example/apps/oauth2/api/v1/token", "client_id": "c", "secret": "client_secret"},
      "answer": {"token_type": "Bearer", "expires_in": 3600}
    }, {
      "capability": "http.fetch",
      "request": {"requests": [{
        "url": "https://cloud.example/ocs/v2.php/cloud/user?format=json", "headers": {"ocs-apirequest": "true", "accept": "application/json"},
        "timeout_ms": 3000, "exchanged": true
      }]},
      "answer": {"responses": [{"status": 200, "body": "{\\"ocs\\":{\\"meta\\":{\\"status\\":\\"ok\\",\\"statuscode\\":200},\\"data\\":{\\"id\\":\\"alice\\",\\"enabled\\":true,\\"groups\\":[\\"staff\\"]}}}"}]}
    }]`,
  ),
];

const plugin = new Plugin(manifest);
plugin.login = login;
register(plugin);
