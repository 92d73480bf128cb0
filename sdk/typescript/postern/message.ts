// The messages of the hooks, in the order of abi.md. In inputs, strings are empty, flags
// false and objects without members where nothing is known. Times are RFC 3339 in UTC.

import { expectFlag, expectObject, expectStrings, expectText } from "./expect";
import { JsonObject, Value } from "./value";
import { Writer } from "./write";

// Hooks, with the version of their messages.
export const CLAIMS_MAP = "claims.map/v1";
export const ACCOUNT_SHAPE = "account.shape/v1";
export const SCOPE_POLICY = "scope.policy/v1";
export const CONNECTOR_LOGIN = "connector.login/v1";
export const CONNECTOR_PASSWORD = "connector.password/v1";
export const EVENT_SINK = "event.sink/v1";

/** The person that a message is about. */
export class User {
  /** The subject. */
  id: string = "";
  /** Login name. */
  name: string = "";
  email: string = "";
  emailVerified: bool = false;
  displayName: string = "";
  givenName: string = "";
  familyName: string = "";
  middleName: string = "";
  nickname: string = "";
  profile: string = "";
  picture: string = "";
  website: string = "";
  gender: string = "";
  birthdate: string = "";
  zoneinfo: string = "";
  locale: string = "";
  phone: string = "";
  phoneVerified: bool = false;
  countryCode: string = "";
  region: string = "";
  location: string = "";
  /** Lines. */
  address: Array<string> = [];
  affiliation: string = "";
  title: string = "";
  bio: string = "";
  tag: string = "";
  education: string = "";
  externalId: string = "";
  admin: bool = false;
  groups: Array<string> = [];
  /** Of strings, sorted by name. */
  attributes: JsonObject = new JsonObject();
  createdAt: string = "";
  updatedAt: string = "";
  lastSignInAt: string = "";
  lastSignInIP: string = "";

  static read(v: Value): User {
    const m = new User();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "id") m.id = expectText(v);
      else if (name == "name") m.name = expectText(v);
      else if (name == "email") m.email = expectText(v);
      else if (name == "email_verified") m.emailVerified = expectFlag(v);
      else if (name == "display_name") m.displayName = expectText(v);
      else if (name == "given_name") m.givenName = expectText(v);
      else if (name == "family_name") m.familyName = expectText(v);
      else if (name == "middle_name") m.middleName = expectText(v);
      else if (name == "nickname") m.nickname = expectText(v);
      else if (name == "profile") m.profile = expectText(v);
      else if (name == "picture") m.picture = expectText(v);
      else if (name == "website") m.website = expectText(v);
      else if (name == "gender") m.gender = expectText(v);
      else if (name == "birthdate") m.birthdate = expectText(v);
      else if (name == "zoneinfo") m.zoneinfo = expectText(v);
      else if (name == "locale") m.locale = expectText(v);
      else if (name == "phone") m.phone = expectText(v);
      else if (name == "phone_verified") m.phoneVerified = expectFlag(v);
      else if (name == "country_code") m.countryCode = expectText(v);
      else if (name == "region") m.region = expectText(v);
      else if (name == "location") m.location = expectText(v);
      else if (name == "address") m.address = expectStrings(v);
      else if (name == "affiliation") m.affiliation = expectText(v);
      else if (name == "title") m.title = expectText(v);
      else if (name == "bio") m.bio = expectText(v);
      else if (name == "tag") m.tag = expectText(v);
      else if (name == "education") m.education = expectText(v);
      else if (name == "external_id") m.externalId = expectText(v);
      else if (name == "admin") m.admin = expectFlag(v);
      else if (name == "groups") m.groups = expectStrings(v);
      else if (name == "attributes") m.attributes = expectObject(v);
      else if (name == "created_at") m.createdAt = expectText(v);
      else if (name == "updated_at") m.updatedAt = expectText(v);
      else if (name == "last_sign_in_at") m.lastSignInAt = expectText(v);
      else if (name == "last_sign_in_ip") m.lastSignInIP = expectText(v);
    }
    return m;
  }
}

/** The one that the user belongs to. */
export class Organisation {
  name: string = "";
  displayName: string = "";
  websiteURL: string = "";
  logo: string = "";
  favicon: string = "";
  createdAt: string = "";

  static read(v: Value): Organisation {
    const m = new Organisation();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "name") m.name = expectText(v);
      else if (name == "display_name") m.displayName = expectText(v);
      else if (name == "website_url") m.websiteURL = expectText(v);
      else if (name == "logo") m.logo = expectText(v);
      else if (name == "favicon") m.favicon = expectText(v);
      else if (name == "created_at") m.createdAt = expectText(v);
    }
    return m;
  }
}

/** The relying party. */
export class Client {
  id: string = "";
  name: string = "";

  static read(v: Value): Client {
    const m = new Client();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "id") m.id = expectText(v);
      else if (name == "name") m.name = expectText(v);
    }
    return m;
  }
}

/** How the user proved who they are. */
export class Authentication {
  time: string = "";
  amr: Array<string> = [];
  acr: string = "";
  /** The plugin instance that the user signed in with; empty where it was a password of Postern's own. */
  connector: string = "";

  static read(v: Value): Authentication {
    const m = new Authentication();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "time") m.time = expectText(v);
      else if (name == "amr") m.amr = expectStrings(v);
      else if (name == "acr") m.acr = expectText(v);
      else if (name == "connector") m.connector = expectText(v);
    }
    return m;
  }
}

/** What claims.map/v1 gets. */
export class ClaimsInput {
  /** id_token, userinfo or access_token. */
  target: string = "";
  /** Of the plugin instance. */
  settings: JsonObject = new JsonObject();
  user: User = new User();
  organisation: Organisation = new Organisation();
  client: Client = new Client();
  /** Granted. */
  scopes: Array<string> = [];
  authentication: Authentication = new Authentication();
  /** Those so far: the standard's, then earlier plugins'. */
  claims: JsonObject = new JsonObject();
  /** By the claims parameter, for this target. */
  requested: JsonObject = new JsonObject();
  /** Of the provider at which the user signed in. */
  upstream: JsonObject = new JsonObject();

  static read(v: Value): ClaimsInput {
    const m = new ClaimsInput();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "target") m.target = expectText(v);
      else if (name == "settings") m.settings = expectObject(v);
      else if (name == "user") m.user = User.read(v);
      else if (name == "organisation") m.organisation = Organisation.read(v);
      else if (name == "client") m.client = Client.read(v);
      else if (name == "scopes") m.scopes = expectStrings(v);
      else if (name == "authentication") m.authentication = Authentication.read(v);
      else if (name == "claims") m.claims = expectObject(v);
      else if (name == "requested") m.requested = expectObject(v);
      else if (name == "upstream") m.upstream = expectObject(v);
    }
    return m;
  }
}

/** What claims.map/v1 gives. Remove comes before set. To name a claim of the host fails the call; see isProtected. */
export class ClaimsOutput {
  set: JsonObject = new JsonObject();
  remove: Array<string> = [];

  write(w: Writer): void {
    w.openObject();
    w.objectMember("set", this.set);
    w.stringsMember("remove", this.remove);
    w.closeObject();
  }
}

/** What account.shape/v1 gets. It gives an object, which is sent as it is. */
export class AccountInput {
  settings: JsonObject = new JsonObject();
  user: User = new User();
  organisation: Organisation = new Organisation();
  client: Client = new Client();
  scopes: Array<string> = [];
  authentication: Authentication = new Authentication();
  /** As UserInfo has them before any plugin. */
  claims: JsonObject = new JsonObject();

  static read(v: Value): AccountInput {
    const m = new AccountInput();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "settings") m.settings = expectObject(v);
      else if (name == "user") m.user = User.read(v);
      else if (name == "organisation") m.organisation = Organisation.read(v);
      else if (name == "client") m.client = Client.read(v);
      else if (name == "scopes") m.scopes = expectStrings(v);
      else if (name == "authentication") m.authentication = Authentication.read(v);
      else if (name == "claims") m.claims = expectObject(v);
    }
    return m;
  }
}

/** What scope.policy/v1 gets. */
export class ScopeInput {
  settings: JsonObject = new JsonObject();
  /** authorization_code, refresh_token, client_credentials, registration. */
  grantType: string = "";
  /** Empty where no person takes part. */
  user: User = new User();
  organisation: Organisation = new Organisation();
  client: Client = new Client();
  /** Asked for. */
  scopes: Array<string> = [];
  /** Of the browser or the client, without port. */
  address: string = "";
  authentication: Authentication = new Authentication();
  /** Now, so that a policy needs no clock. */
  time: string = "";

  static read(v: Value): ScopeInput {
    const m = new ScopeInput();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "settings") m.settings = expectObject(v);
      else if (name == "grant_type") m.grantType = expectText(v);
      else if (name == "user") m.user = User.read(v);
      else if (name == "organisation") m.organisation = Organisation.read(v);
      else if (name == "client") m.client = Client.read(v);
      else if (name == "scopes") m.scopes = expectStrings(v);
      else if (name == "address") m.address = expectText(v);
      else if (name == "authentication") m.authentication = Authentication.read(v);
      else if (name == "time") m.time = expectText(v);
    }
    return m;
  }
}

/** What scope.policy/v1 gives. What it does not say stays as it was. */
export class ScopeOutput {
  /** To grant: null leaves them as they were, an empty list grants none. */
  scopes: Array<string> | null = null;
  deny: bool = false;
  /** For the person who is refused, and for the log. */
  reason: string = "";
  /** Asks for a sign-in of that class. */
  acr: string = "";
  /** Asks for a new sign-in. */
  fresh: bool = false;
  /** Asks for the consent page. */
  consent: bool = false;

  write(w: Writer): void {
    w.openObject();
    const scopes = this.scopes;
    if (scopes !== null) {
      w.name("scopes"); // an empty list is none at all, and something else than null
      w.strings(scopes);
    }
    w.flagMember("deny", this.deny);
    w.textMember("reason", this.reason);
    w.textMember("acr", this.acr);
    w.flagMember("fresh", this.fresh);
    w.flagMember("consent", this.consent);
    w.closeObject();
  }
}

/** What connector.login/v1 gets. */
export class LoginInput {
  /** begin or finish. */
  phase: string = "";
  settings: JsonObject = new JsonObject();
  organisation: Organisation = new Organisation();
  client: Client = new Client();
  redirectURI: string = "";
  loginHint: string = "";
  prompt: string = "";
  acrValues: Array<string> = [];
  uiLocales: Array<string> = [];
  /** Of the callback but for code, state and iss; at finish. */
  parameters: JsonObject = new JsonObject();
  /** What begin gave; at finish. */
  data: JsonObject = new JsonObject();

  static read(v: Value): LoginInput {
    const m = new LoginInput();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "phase") m.phase = expectText(v);
      else if (name == "settings") m.settings = expectObject(v);
      else if (name == "organisation") m.organisation = Organisation.read(v);
      else if (name == "client") m.client = Client.read(v);
      else if (name == "redirect_uri") m.redirectURI = expectText(v);
      else if (name == "login_hint") m.loginHint = expectText(v);
      else if (name == "prompt") m.prompt = expectText(v);
      else if (name == "acr_values") m.acrValues = expectStrings(v);
      else if (name == "ui_locales") m.uiLocales = expectStrings(v);
      else if (name == "parameters") m.parameters = expectObject(v);
      else if (name == "data") m.data = expectObject(v);
    }
    return m;
  }
}

/** Where the browser goes: to an OpenID provider by its issuer, or to an OAuth 2 server by its authorization endpoint. */
export class LoginRedirect {
  issuer: string = "";
  authorizationEndpoint: string = "";
  clientId: string = "";
  scopes: Array<string> = [];
  /** Of strings, added as they are. */
  parameters: JsonObject = new JsonObject();
  responseMode: string = "";
  noPKCE: bool = false;
  /** As in OidcExchangeRequest. */
  anyIssuer: bool = false;

  write(w: Writer): void {
    w.openObject();
    w.textMember("issuer", this.issuer);
    w.textMember("authorization_endpoint", this.authorizationEndpoint);
    w.textMember("client_id", this.clientId);
    w.stringsMember("scopes", this.scopes);
    w.objectMember("parameters", this.parameters);
    w.textMember("response_mode", this.responseMode);
    w.flagMember("no_pkce", this.noPKCE);
    w.flagMember("any_issuer", this.anyIssuer);
    w.closeObject();
  }
}

/** Who signed in upstream. */
export class Identity {
  /** The provider's own, never reassigned name of the person. */
  subject: string = "";
  name: string = "";
  email: string = "";
  emailVerified: bool = false;
  displayName: string = "";
  givenName: string = "";
  familyName: string = "";
  picture: string = "";
  locale: string = "";
  phone: string = "";
  groups: Array<string> = [];
  /** Of strings. */
  attributes: JsonObject = new JsonObject();
  amr: Array<string> = [];
  acr: string = "";
  /** Handed to claims.map/v1 as upstream. */
  claims: JsonObject = new JsonObject();

  write(w: Writer): void {
    w.openObject();
    w.textMember("subject", this.subject);
    w.textMember("name", this.name);
    w.textMember("email", this.email);
    w.flagMember("email_verified", this.emailVerified);
    w.textMember("display_name", this.displayName);
    w.textMember("given_name", this.givenName);
    w.textMember("family_name", this.familyName);
    w.textMember("picture", this.picture);
    w.textMember("locale", this.locale);
    w.textMember("phone", this.phone);
    w.stringsMember("groups", this.groups);
    w.objectMember("attributes", this.attributes);
    w.stringsMember("amr", this.amr);
    w.textMember("acr", this.acr);
    w.objectMember("claims", this.claims);
    w.closeObject();
  }
}

/** What connector.login/v1 gives: a redirect at begin, an identity or a refusal at finish. */
export class LoginOutput {
  redirect: LoginRedirect | null = null;
  identity: Identity | null = null;
  deny: bool = false;
  /** Shown to the person and logged. */
  reason: string = "";
  /** Kept until finish. */
  data: JsonObject = new JsonObject();

  write(w: Writer): void {
    w.openObject();
    const redirect = this.redirect;
    if (redirect !== null) {
      w.name("redirect");
      redirect.write(w);
    }
    const identity = this.identity;
    if (identity !== null) {
      w.name("identity");
      identity.write(w);
    }
    w.flagMember("deny", this.deny);
    w.textMember("reason", this.reason);
    w.objectMember("data", this.data);
    w.closeObject();
  }
}

/** What connector.password/v1 gets. */
export class PasswordInput {
  settings: JsonObject = new JsonObject();
  organisation: Organisation = new Organisation();
  client: Client = new Client();
  name: string = "";
  password: string = "";
  address: string = "";

  static read(v: Value): PasswordInput {
    const m = new PasswordInput();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "settings") m.settings = expectObject(v);
      else if (name == "organisation") m.organisation = Organisation.read(v);
      else if (name == "client") m.client = Client.read(v);
      else if (name == "name") m.name = expectText(v);
      else if (name == "password") m.password = expectText(v);
      else if (name == "address") m.address = expectText(v);
    }
    return m;
  }
}

/** What connector.password/v1 gives. It denies if name or password is wrong; a failure says that nobody could tell. */
export class PasswordOutput {
  identity: Identity | null = null;
  deny: bool = false;
  /** For the log. */
  reason: string = "";

  write(w: Writer): void {
    w.openObject();
    const identity = this.identity;
    if (identity !== null) {
      w.name("identity");
      identity.write(w);
    }
    w.flagMember("deny", this.deny);
    w.textMember("reason", this.reason);
    w.closeObject();
  }
}

/** An entry of the audit log. */
export class Event {
  id: string = "";
  at: string = "";
  type: string = "";
  actor: string = "";
  userId: string = "";
  clientId: string = "";
  sessionId: string = "";
  grantId: string = "";
  ip: string = "";
  correlation: string = "";
  /** Of strings. */
  detail: JsonObject = new JsonObject();

  static read(v: Value): Event {
    const m = new Event();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "id") m.id = expectText(v);
      else if (name == "at") m.at = expectText(v);
      else if (name == "type") m.type = expectText(v);
      else if (name == "actor") m.actor = expectText(v);
      else if (name == "user_id") m.userId = expectText(v);
      else if (name == "client_id") m.clientId = expectText(v);
      else if (name == "session_id") m.sessionId = expectText(v);
      else if (name == "grant_id") m.grantId = expectText(v);
      else if (name == "ip") m.ip = expectText(v);
      else if (name == "correlation") m.correlation = expectText(v);
      else if (name == "detail") m.detail = expectObject(v);
    }
    return m;
  }
}

/** What event.sink/v1 gets. It gives nothing. */
export class EventInput {
  settings: JsonObject = new JsonObject();
  event: Event = new Event();

  static read(v: Value): EventInput {
    const m = new EventInput();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "settings") m.settings = expectObject(v);
      else if (name == "event") m.event = Event.read(v);
    }
    return m;
  }
}

const PROTECTED: StaticArray<string> = [
  "iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "auth_time", "acr", "amr", "azp", "sid",
  "at_hash", "c_hash", "s_hash", "cnf", "client_id", "scope", "events", "act", "may_act", "typ",
];

/** Whether the host alone sets the claim. */
export function isProtected(claim: string): bool {
  for (let i = 0; i < PROTECTED.length; i++) {
    if (PROTECTED[i] == claim) return true;
  }
  return false;
}
