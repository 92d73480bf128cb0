// What a plugin asks of the host: requests, answers, and functions. An answer has an
// error, or what was asked for. The manifest must ask for the capability.

import * as host from "./host";
import { decodeBase64 } from "./base64";
import { expectArray, expectFlag, expectInt, expectObject, expectText } from "./expect";
import { Mistake, parseBytes } from "./parse";
import { JsonObject, Value } from "./value";
import { Writer } from "./write";

// Capabilities. To log and to draw randomness needs no grant.
export const CLOCK = "clock";
export const HTTP_FETCH = "http.fetch";
export const JWT_VERIFY = "jwt.verify";
export const KV = "kv";
export const SECRET_GET = "secret.get";
export const OIDC_EXCHANGE = "oidc.exchange";
export const OAUTH_EXCHANGE = "oauth.exchange";
export const LDAP_BIND = "ldap.bind";
export const LDAP_SEARCH = "ldap.search";

/** Why the host did not do it. Codes: denied, invalid_request, unavailable, timeout,
 * too_large, limit, refused. */
export class CapabilityError {
  constructor(public code: string = "", public message: string = "") {}

  static read(v: Value): CapabilityError {
    const o = expectObject(v);
    return new CapabilityError(o.getText("code"), o.getText("message"));
  }

  toString(): string {
    return this.code + ": " + this.message;
  }
}

/** A header whose value is prefix and a secret of the plugin instance; the host fills it in. */
export class FetchSecret {
  header: string = "";
  name: string = "";
  prefix: string = "";

  write(w: Writer): void {
    w.openObject();
    w.textMember("header", this.header);
    w.textMember("name", this.name);
    w.textMember("prefix", this.prefix);
    w.closeObject();
  }
}

/** A request of HTTP. */
export class Fetch {
  /** Empty: GET. */
  method: string = "";
  url: string = "";
  /** Of strings. */
  headers: JsonObject = new JsonObject();
  /** UTF-8, or */
  body: string = "";
  /** any bytes; see encodeBase64. */
  bodyBase64: string = "";
  timeoutMS: i64 = 0;
  secrets: Array<FetchSecret> = [];
  /** Sends the access token that the exchange of this call got. */
  exchanged: bool = false;

  constructor(url: string) {
    this.url = url;
  }

  write(w: Writer): void {
    w.openObject();
    w.textMember("method", this.method);
    w.textMember("url", this.url);
    w.objectMember("headers", this.headers);
    w.textMember("body", this.body);
    w.textMember("body_base64", this.bodyBase64);
    w.intMember("timeout_ms", this.timeoutMS);
    if (this.secrets.length > 0) {
      w.name("secrets");
      w.openArray();
      for (let i = 0; i < this.secrets.length; i++) this.secrets[i].write(w);
      w.closeArray();
    }
    w.flagMember("exchanged", this.exchanged);
    w.closeObject();
  }
}

/** What came back. */
export class FetchResponse {
  error: CapabilityError | null = null;
  status: i64 = 0;
  /** Of strings, with names in lower case. */
  headers: JsonObject = new JsonObject();
  /** If it is UTF-8. */
  body: string = "";
  /** If it is not. */
  bodyBase64: string = "";

  /** The body's bytes, whatever form it came in. */
  bytes(): Uint8Array {
    if (this.bodyBase64.length > 0) return decodeBase64(this.bodyBase64);
    return Uint8Array.wrap(String.UTF8.encode(this.body, false));
  }

  static read(v: Value): FetchResponse {
    const m = new FetchResponse();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "error") m.error = CapabilityError.read(v);
      else if (name == "status") m.status = expectInt(v);
      else if (name == "headers") m.headers = expectObject(v);
      else if (name == "body") m.body = expectText(v);
      else if (name == "body_base64") m.bodyBase64 = expectText(v);
    }
    return m;
  }

  static readList(v: Value): Array<FetchResponse> {
    const list = new Array<FetchResponse>();
    const items = expectArray(v);
    for (let i = 0; i < items.length; i++) list.push(FetchResponse.read(items[i]));
    return list;
  }
}

/** A response for each request, in their order. */
export class FetchAnswer {
  error: CapabilityError | null = null;
  responses: Array<FetchResponse> = [];

  static read(v: Value): FetchAnswer {
    const m = new FetchAnswer();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "error") m.error = CapabilityError.read(v);
      else if (name == "responses") m.responses = FetchResponse.readList(v);
    }
    return m;
  }
}

/** Keys come from one of jwks, jwksURI, secret, and else from the discovery document of the issuer. */
export class JwtVerifyRequest {
  token: string = "";
  /** Must be iss, if given. */
  issuer: string = "";
  /** Must be in aud, if given. */
  audience: string = "";
  algorithms: Array<string> = [];
  jwksURI: string = "";
  jwks: JsonObject | null = null;
  /** Name of a secret, for HS256. */
  secret: string = "";
  /** In seconds. */
  leeway: i64 = 0;

  write(w: Writer): void {
    w.openObject();
    w.textMember("token", this.token);
    w.textMember("issuer", this.issuer);
    w.textMember("audience", this.audience);
    w.stringsMember("algorithms", this.algorithms);
    w.textMember("jwks_uri", this.jwksURI);
    const jwks = this.jwks;
    if (jwks !== null) w.objectMember("jwks", jwks);
    w.textMember("secret", this.secret);
    w.intMember("leeway", this.leeway);
    w.closeObject();
  }
}

/** What a valid token says. */
export class JwtVerifyAnswer {
  error: CapabilityError | null = null;
  header: JsonObject = new JsonObject();
  claims: JsonObject = new JsonObject();

  static read(v: Value): JwtVerifyAnswer {
    const m = new JwtVerifyAnswer();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "error") m.error = CapabilityError.read(v);
      else if (name == "header") m.header = expectObject(v);
      else if (name == "claims") m.claims = expectObject(v);
    }
    return m;
  }
}

/** See kvGet, kvSet, kvAdd and kvDelete. */
export class KvRequest {
  op: string = "";
  key: string = "";
  value: string = "";
  ttl: i64 = 0;

  write(w: Writer): void {
    w.openObject();
    w.textMember("op", this.op);
    w.textMember("key", this.key);
    w.textMember("value", this.value);
    w.intMember("ttl", this.ttl);
    w.closeObject();
  }
}

/** Whether the key was there, and with kvGet what it holds. */
export class KvAnswer {
  error: CapabilityError | null = null;
  found: bool = false;
  value: string = "";

  static read(v: Value): KvAnswer {
    const m = new KvAnswer();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "error") m.error = CapabilityError.read(v);
      else if (name == "found") m.found = expectFlag(v);
      else if (name == "value") m.value = expectText(v);
    }
    return m;
  }
}

/** A secret. */
export class SecretAnswer {
  error: CapabilityError | null = null;
  value: string = "";

  static read(v: Value): SecretAnswer {
    const m = new SecretAnswer();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "error") m.error = CapabilityError.read(v);
      else if (name == "value") m.value = expectText(v);
    }
    return m;
  }
}

/** Redeems the code of a sign-in at an OpenID provider, at finish of connector.login/v1. */
export class OidcExchangeRequest {
  issuer: string = "";
  clientId: string = "";
  /** Name of the client secret; empty: a public client. */
  secret: string = "";
  /** Empty: client_secret_basic with a secret, none without; client_secret_post, none, or one for which the secret is a private
   * key in PEM: private_key_jwt, signed_client_secret (a JWT in the place of the client secret, as Apple wants it). */
  authMethod: string = "";
  /** The kid of what the private key signs. */
  keyId: string = "";
  /** The iss of a signed_client_secret. */
  keyIssuer: string = "";
  /** Ask the UserInfo endpoint too. */
  userInfo: bool = false;
  /** Accept an issuer with {tenantid} filled in. */
  anyIssuer: bool = false;

  write(w: Writer): void {
    w.openObject();
    w.textMember("issuer", this.issuer);
    w.textMember("client_id", this.clientId);
    w.textMember("secret", this.secret);
    w.textMember("auth_method", this.authMethod);
    w.textMember("key_id", this.keyId);
    w.textMember("key_issuer", this.keyIssuer);
    w.flagMember("userinfo", this.userInfo);
    w.flagMember("any_issuer", this.anyIssuer);
    w.closeObject();
  }
}

/** The claims of the ID token and of UserInfo. Tokens stay with the host. */
export class OidcExchangeAnswer {
  error: CapabilityError | null = null;
  claims: JsonObject = new JsonObject();
  userInfo: JsonObject = new JsonObject();
  scope: string = "";

  static read(v: Value): OidcExchangeAnswer {
    const m = new OidcExchangeAnswer();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "error") m.error = CapabilityError.read(v);
      else if (name == "claims") m.claims = expectObject(v);
      else if (name == "userinfo") m.userInfo = expectObject(v);
      else if (name == "scope") m.scope = expectText(v);
    }
    return m;
  }
}

/** Redeems the code of a sign-in at an OAuth 2 server, at finish of connector.login/v1. */
export class OauthExchangeRequest {
  tokenEndpoint: string = "";
  clientId: string = "";
  secret: string = "";
  /** As in OidcExchangeRequest. */
  authMethod: string = "";
  keyId: string = "";
  keyIssuer: string = "";

  write(w: Writer): void {
    w.openObject();
    w.textMember("token_endpoint", this.tokenEndpoint);
    w.textMember("client_id", this.clientId);
    w.textMember("secret", this.secret);
    w.textMember("auth_method", this.authMethod);
    w.textMember("key_id", this.keyId);
    w.textMember("key_issuer", this.keyIssuer);
    w.closeObject();
  }
}

/** What was granted. The access token stays with the host; see Fetch.exchanged. */
export class OauthExchangeAnswer {
  error: CapabilityError | null = null;
  tokenType: string = "";
  scope: string = "";
  /** In seconds; 0: it was not said. */
  expiresIn: i64 = 0;

  static read(v: Value): OauthExchangeAnswer {
    const m = new OauthExchangeAnswer();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "error") m.error = CapabilityError.read(v);
      else if (name == "token_type") m.tokenType = expectText(v);
      else if (name == "scope") m.scope = expectText(v);
      else if (name == "expires_in") m.expiresIn = expectInt(v);
    }
    return m;
  }
}

/** Where a directory is and who asks it. */
export class LdapServer {
  /** ldap://host:389, ldaps://host:636. */
  url: string = "";
  startTLS: bool = false;
  /** Empty: nobody. */
  bindDN: string = "";
  /** Name of a secret with the password. */
  bindSecret: string = "";

  write(w: Writer): void {
    w.openObject();
    w.textMember("url", this.url);
    w.flagMember("start_tls", this.startTLS);
    w.textMember("bind_dn", this.bindDN);
    w.textMember("bind_secret", this.bindSecret);
    w.closeObject();
  }
}

/** Does the password open the entry? The server has no bindDN and no bindSecret. */
export class LdapBindRequest {
  server: LdapServer = new LdapServer();
  dn: string = "";
  password: string = "";

  write(w: Writer): void {
    w.openObject();
    w.name("server");
    this.server.write(w);
    w.textMember("dn", this.dn);
    w.textMember("password", this.password);
    w.closeObject();
  }
}

/** Whether it does. */
export class LdapBindAnswer {
  error: CapabilityError | null = null;
  ok: bool = false;

  static read(v: Value): LdapBindAnswer {
    const m = new LdapBindAnswer();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "error") m.error = CapabilityError.read(v);
      else if (name == "ok") m.ok = expectFlag(v);
    }
    return m;
  }
}

/** A search. */
export class LdapSearchRequest {
  server: LdapServer = new LdapServer();
  baseDN: string = "";
  /** Empty: sub; base, one. */
  scope: string = "";
  /** {0}, {1}, ... are replaced by values, escaped. */
  filter: string = "";
  values: Array<string> = [];
  /** Empty: all. */
  attributes: Array<string> = [];
  /** 0: 100; at most 1,000. */
  limit: i64 = 0;

  write(w: Writer): void {
    w.openObject();
    w.name("server");
    this.server.write(w);
    w.textMember("base_dn", this.baseDN);
    w.textMember("scope", this.scope);
    w.textMember("filter", this.filter);
    w.stringsMember("values", this.values);
    w.stringsMember("attributes", this.attributes);
    w.intMember("limit", this.limit);
    w.closeObject();
  }
}

/** An entry. */
export class LdapEntry {
  dn: string = "";
  /** Of arrays of strings. */
  attributes: JsonObject = new JsonObject();

  static read(v: Value): LdapEntry {
    const m = new LdapEntry();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "dn") m.dn = expectText(v);
      else if (name == "attributes") m.attributes = expectObject(v);
    }
    return m;
  }

  static readList(v: Value): Array<LdapEntry> {
    const list = new Array<LdapEntry>();
    const items = expectArray(v);
    for (let i = 0; i < items.length; i++) list.push(LdapEntry.read(items[i]));
    return list;
  }
}

/** The entries. */
export class LdapSearchAnswer {
  error: CapabilityError | null = null;
  entries: Array<LdapEntry> = [];
  /** There were more. */
  truncated: bool = false;

  static read(v: Value): LdapSearchAnswer {
    const m = new LdapSearchAnswer();
    const o = expectObject(v);
    for (let i = 0; i < o.length; i++) {
      const name = o.names[i];
      const v = o.items[i];
      if (name == "error") m.error = CapabilityError.read(v);
      else if (name == "entries") m.entries = LdapEntry.readList(v);
      else if (name == "truncated") m.truncated = expectFlag(v);
    }
    return m;
  }
}

// read gives the answer of the call that was just made.
function readAnswer(len: i32): Value {
  const text = new ArrayBuffer(len);
  host.answerRead(changetype<usize>(text));
  const mistake = new Mistake();
  const answer = parseBytes(changetype<usize>(text), len, mistake);
  if (answer === null) throw new Error("an answer of the host: " + mistake.what);
  return answer;
}

/** Sends one request. */
export function fetch(request: Fetch): FetchResponse {
  const answer = fetchAll([request]);
  if (answer.error === null) return answer.responses[0];
  const failed = new FetchResponse();
  failed.error = answer.error;
  return failed;
}

/** Sends requests side by side, at most 8. */
export function fetchAll(requests: Array<Fetch>): FetchAnswer {
  const w = new Writer();
  w.openObject();
  w.name("requests");
  w.openArray();
  for (let i = 0; i < requests.length; i++) requests[i].write(w);
  w.closeArray();
  w.closeObject();
  const answer = FetchAnswer.read(readAnswer(host.httpFetch(w.ptr, w.length)));
  if (answer.error === null && answer.responses.length != requests.length) {
    answer.error = new CapabilityError("unavailable", "the host gave another number of responses");
  }
  return answer;
}

/** Verifies a token of others. */
export function verifyJwt(request: JwtVerifyRequest): JwtVerifyAnswer {
  const w = new Writer();
  request.write(w);
  return JwtVerifyAnswer.read(readAnswer(host.jwtVerify(w.ptr, w.length)));
}

function askKv(op: string, key: string, value: string, ttl: i64): KvAnswer {
  const request = new KvRequest();
  request.op = op;
  request.key = key;
  request.value = value;
  request.ttl = ttl;
  const w = new Writer();
  request.write(w);
  return KvAnswer.read(readAnswer(host.kv(w.ptr, w.length)));
}

export function kvGet(key: string): KvAnswer {
  return askKv("get", key, "", 0);
}

export function kvSet(key: string, value: string, ttlSeconds: i64): KvAnswer {
  return askKv("set", key, value, ttlSeconds);
}

/** Sets the key unless it is there; found says so. */
export function kvAdd(key: string, value: string, ttlSeconds: i64): KvAnswer {
  return askKv("add", key, value, ttlSeconds);
}

export function kvDelete(key: string): KvAnswer {
  return askKv("delete", key, "", 0);
}

/** Gives a secret. Better is to name it in a request, where the host fills it in. */
export function secret(name: string): SecretAnswer {
  const w = new Writer();
  w.openObject();
  w.textMember("name", name);
  w.closeObject();
  return SecretAnswer.read(readAnswer(host.secretGet(w.ptr, w.length)));
}

export function exchangeOidc(request: OidcExchangeRequest): OidcExchangeAnswer {
  const w = new Writer();
  request.write(w);
  return OidcExchangeAnswer.read(readAnswer(host.oidcExchange(w.ptr, w.length)));
}

export function exchangeOauth(request: OauthExchangeRequest): OauthExchangeAnswer {
  const w = new Writer();
  request.write(w);
  return OauthExchangeAnswer.read(readAnswer(host.oauthExchange(w.ptr, w.length)));
}

export function ldapBind(request: LdapBindRequest): LdapBindAnswer {
  const w = new Writer();
  request.write(w);
  return LdapBindAnswer.read(readAnswer(host.hostLdapBind(w.ptr, w.length)));
}

export function ldapSearch(request: LdapSearchRequest): LdapSearchAnswer {
  const w = new Writer();
  request.write(w);
  return LdapSearchAnswer.read(readAnswer(host.hostLdapSearch(w.ptr, w.length)));
}

/** Milliseconds since 1970 in UTC. It has no error: a call that may not read the clock
 * fails. */
export function now(): i64 {
  return host.hostClock();
}

/** Good randomness, at most 64 KiB at once. */
export function random(size: i32): Uint8Array {
  const bytes = new Uint8Array(size);
  host.hostRandom(bytes.dataStart, size);
  return bytes;
}

/** Writes a line to the operator's log, up to 8 KiB in a call. */
export function log(line: string): void {
  const text = String.UTF8.encode(line, false);
  host.hostLog(changetype<usize>(text), text.byteLength);
}
