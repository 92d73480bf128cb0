// The plugin of sdk/vectors: what every SDK does alike.

import {
  ACCOUNT_SHAPE, AccountInput, CLAIMS_MAP, CLOCK, CONNECTOR_LOGIN, CONNECTOR_PASSWORD, CapabilityWish, ClaimsInput, ClaimsOutput,
  EVENT_SINK, EventInput, HTTP_FETCH, Identity, JWT_VERIFY, JsonObject, KV, LDAP_BIND, LDAP_SEARCH, LoginInput, LoginOutput,
  LoginRedirect, Manifest, OAUTH_EXCHANGE, OIDC_EXCHANGE, PasswordInput, PasswordOutput, Plugin, Preset, SCOPE_POLICY, SECRET_GET, Sample,
  ScopeInput, ScopeOutput, SecretWish, Value, log, register,
} from "../postern";
import { failWithStep, runSteps } from "./steps";

export * from "../postern/module";

/** Does what every hook does first, and gives the results of the steps. */
function begin(settings: JsonObject): Array<Value> {
  const reason = settings.getText("fail");
  if (reason.length > 0) throw new Error(reason);
  return runSteps(settings);
}

function setCalls(o: JsonObject, results: Array<Value>): void {
  if (results.length > 0) o.set("v_calls", Value.array(results));
}

function stringsOf(settings: JsonObject, name: string): Array<string> {
  const list = settings.get(name);
  return list === null ? [] : list.strings;
}

function flagOf(settings: JsonObject, name: string): bool {
  const flag = settings.get(name);
  return flag !== null && flag.bool;
}

function claims(input: ClaimsInput): ClaimsOutput {
  const results = begin(input.settings);
  const output = new ClaimsOutput();
  output.remove = stringsOf(input.settings, "remove");
  output.set.setText("v_target", input.target);
  output.set.setText("v_name", input.user.name);
  output.set.set("v_group", input.user.groups.length > 0 ? Value.string(input.user.groups[0]) : Value.null());
  output.set.set("v_attributes", Value.int(input.user.attributes.length));
  output.set.set("v_admin", Value.bool(input.user.admin));
  output.set.set("v_amr", Value.strings(input.authentication.amr));
  output.set.setText("v_connector", input.authentication.connector);
  output.set.set("v_claims", input.claims);
  output.set.set("v_requested", input.requested);
  output.set.set("v_upstream", input.upstream);
  setCalls(output.set, results);
  return output;
}

function account(input: AccountInput): JsonObject {
  const results = begin(input.settings);
  const output = new JsonObject();
  output.setText("z", input.user.displayName);
  output.setText("status", "ok");
  output.set("data", input.claims);
  output.setText("organisation", input.organisation.name);
  output.set("a", Value.strings(input.scopes));
  setCalls(output, results);
  return output;
}

function scopes(input: ScopeInput): ScopeOutput {
  const output = new ScopeOutput();
  failWithStep(begin(input.settings));
  const deny = input.settings.getText("deny");
  if (deny.length > 0) {
    output.deny = true;
    output.reason =
      deny + " (" + input.grantType + " from " + input.address + " in " + input.organisation.name + " at " + input.time + ")";
    return output;
  }
  if (input.settings.has("keep")) {
    const keep = stringsOf(input.settings, "keep");
    const kept = new Array<string>();
    for (let i = 0; i < input.scopes.length; i++) {
      if (keep.includes(input.scopes[i])) kept.push(input.scopes[i]);
    }
    output.scopes = kept;
  }
  output.acr = input.settings.getText("acr");
  output.fresh = flagOf(input.settings, "fresh");
  output.consent = flagOf(input.settings, "consent");
  return output;
}

function loginBegin(input: LoginInput, results: Array<Value>): LoginOutput {
  const redirect = new LoginRedirect();
  redirect.issuer = input.settings.getText("issuer");
  redirect.noPKCE = redirect.issuer.length == 0;
  redirect.anyIssuer = !redirect.noPKCE;
  if (redirect.noPKCE) redirect.authorizationEndpoint = "https://login.example/authorize";
  redirect.clientId = "vectors";
  redirect.scopes.push("openid");
  for (let i = 0; i < input.acrValues.length; i++) redirect.scopes.push("acr:" + input.acrValues[i]);
  if (input.loginHint.length > 0) redirect.parameters.setText("login_hint", input.loginHint);
  if (input.prompt.length > 0) redirect.parameters.setText("prompt", input.prompt);
  redirect.responseMode = "form_post";
  const output = new LoginOutput();
  output.redirect = redirect;
  output.data.setText("hint", input.loginHint);
  output.data.set("locales", Value.strings(input.uiLocales));
  output.data.setText("client", input.client.id);
  setCalls(output.data, results);
  return output;
}

function loginFinish(input: LoginInput, results: Array<Value>): LoginOutput {
  const output = new LoginOutput();
  output.reason = input.settings.getText("deny");
  output.deny = output.reason.length > 0;
  if (output.deny) return output;
  const identity = new Identity();
  identity.subject = input.parameters.getText("subject", "nobody");
  identity.name = input.data.getText("hint");
  identity.email = identity.subject + "@example.com";
  identity.emailVerified = true;
  identity.groups.push("upstream");
  identity.attributes.setText("redirect_uri", input.redirectURI);
  identity.amr.push("ext");
  identity.claims.set("parameters", input.parameters);
  identity.claims.set("data", input.data);
  setCalls(identity.claims, results);
  output.identity = identity;
  return output;
}

function login(input: LoginInput): LoginOutput {
  const results = begin(input.settings);
  if (input.phase == "begin") return loginBegin(input, results);
  if (input.phase == "finish") return loginFinish(input, results);
  throw new Error("unknown phase");
}

function password(input: PasswordInput): PasswordOutput {
  const results = begin(input.settings);
  const output = new PasswordOutput();
  if (input.password != "correct horse") {
    output.deny = true;
    output.reason = "wrong password from " + input.address;
    return output;
  }
  const identity = new Identity();
  identity.subject = "u-" + input.name;
  identity.name = input.name;
  setCalls(identity.claims, results);
  output.identity = identity;
  return output;
}

function event(input: EventInput): void {
  const results = begin(input.settings);
  log(input.event.type + " " + input.event.id);
  failWithStep(results);
  const detail = input.settings.getText("detail");
  if (detail.length > 0 && !input.event.detail.has(detail)) throw new Error("no detail " + detail);
}

function wish(name: string, target: string = ""): CapabilityWish {
  const w = new CapabilityWish(name, "For the test vectors.");
  if (target.length > 0) w.targets.push(target);
  return w;
}

const manifest = new Manifest("vectors", "1.0.0", "The plugin of the test vectors.");
manifest.capabilities = [
  wish(CLOCK), wish(HTTP_FETCH, "api.example"), wish(JWT_VERIFY, "issuer.example"), wish(KV), wish(SECRET_GET, "api"),
  wish(OIDC_EXCHANGE, "issuer.example"), wish(OAUTH_EXCHANGE, "issuer.example"), wish(LDAP_BIND, "directory.example:636"),
  wish(LDAP_SEARCH, "directory.example:389"),
];
manifest.secrets = [new SecretWish("api", "Any text.")];
manifest.settings = `{
  "type": "object",
  "properties": {
    "fail": {"type": "string"},
    "calls": {"type": "array", "items": {"type": "string"}},
    "remove": {"type": "array", "items": {"type": "string"}},
    "keep": {"type": "array", "items": {"type": "string"}},
    "deny": {"type": "string"},
    "acr": {"type": "string"},
    "fresh": {"type": "boolean"},
    "consent": {"type": "boolean"},
    "issuer": {"type": "string"},
    "detail": {"type": "string"}
  },
  "additionalProperties": false
}`;
const issuer = new Preset("issuer-example", "Issuer é", '{"issuer":"https://issuer.example","keep":[]}');
issuer.icon = "openid";
issuer.targets = ["issuer.example", "api.example"];
manifest.presets = [issuer, new Preset("plain", "Plain", "{}")];
manifest.samples = [
  new Sample(CLAIMS_MAP, '{"target":"id_token","settings":{},"user":{},"organisation":{},"client":{},"authentication":{}}'),
  new Sample(
    CLAIMS_MAP,
    '{"target":"id_token","settings":{"calls":["kv.get"]},"user":{},"organisation":{},"client":{},"authentication":{}}',
    '[{"capability":"kv","request":{"op":"get","key":"count"},"answer":{"found":true,"value":"41 é"}}]',
  ),
  new Sample(ACCOUNT_SHAPE, '{"settings":{},"user":{},"organisation":{},"client":{},"authentication":{}}'),
  new Sample(SCOPE_POLICY, '{"settings":{},"user":{},"organisation":{},"client":{},"authentication":{}}'),
  new Sample(CONNECTOR_LOGIN, '{"phase":"begin","settings":{},"organisation":{},"client":{}}'),
  new Sample(CONNECTOR_LOGIN, '{"phase":"finish","settings":{},"organisation":{},"client":{}}'),
  new Sample(CONNECTOR_PASSWORD, '{"settings":{},"organisation":{},"client":{},"name":"alice","password":"correct horse"}'),
  new Sample(EVENT_SINK, '{"settings":{},"event":{"id":"e1","type":"signin.succeeded"}}'),
];

const plugin = new Plugin(manifest);
plugin.claims = claims;
plugin.account = account;
plugin.scopes = scopes;
plugin.login = login;
plugin.password = password;
plugin.event = event;
register(plugin);
