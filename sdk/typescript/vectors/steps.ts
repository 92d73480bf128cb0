// The steps of settings.calls (sdk/vectors/README.md).

import {
  CapabilityError, Fetch, FetchSecret, JsonObject, JwtVerifyRequest, KvAnswer, LdapBindRequest, LdapSearchRequest, LdapServer,
  OauthExchangeRequest, OidcExchangeRequest, Value, encodeBase64, exchangeOauth, exchangeOidc, fetch, fetchAll, kvAdd, kvDelete, kvGet,
  kvSet, ldapBind, ldapSearch, now, random, secret, verifyJwt,
} from "../postern";

/** What a step came to: a result, or the error's code. */
class Outcome {
  constructor(public result: Value | null, public error: string = "") {}
}

function failed(error: CapabilityError | null): Outcome {
  return new Outcome(null, error!.code);
}

function stepRandom(): Outcome {
  const a = random(16);
  const b = random(16);
  for (let i = 0; i < 16; i++) {
    if (a[i] != b[i]) return new Outcome(Value.bool(true));
  }
  return new Outcome(Value.bool(false));
}

function stepFetch(): Outcome {
  const request = new Fetch("https://api.example/v1/facts");
  request.headers.setText("accept", "application/json");
  request.timeoutMS = 1500;
  const authorization = new FetchSecret();
  authorization.header = "authorization";
  authorization.name = "api";
  authorization.prefix = "Bearer ";
  request.secrets.push(authorization);
  const response = fetch(request);
  if (response.error !== null) return failed(response.error);
  const facts = new JsonObject();
  facts.set("status", Value.int(response.status));
  facts.setText("type", response.headers.getText("content-type"));
  facts.set("bytes", Value.int(response.bytes().length));
  return new Outcome(facts);
}

function stepFetchAll(): Outcome {
  const a = new Fetch("https://api.example/v1/a");
  a.method = "POST";
  a.headers.setText("content-type", "text/plain");
  a.body = "é\n";
  const b = new Fetch("https://api.example/v1/b");
  b.method = "PUT";
  const bytes = new Uint8Array(3);
  bytes[1] = 0xff;
  bytes[2] = 0x10;
  b.bodyBase64 = encodeBase64(bytes);
  b.exchanged = true;
  const answer = fetchAll([a, b]);
  if (answer.error !== null) return failed(answer.error);
  const list = new Array<Value>();
  for (let i = 0; i < answer.responses.length; i++) {
    const error = answer.responses[i].error;
    list.push(error !== null ? Value.string(error.code) : Value.int(answer.responses[i].status));
  }
  return new Outcome(Value.array(list));
}

function verify(request: JwtVerifyRequest): Outcome {
  request.token = "e30.e30.c2ln";
  const answer = verifyJwt(request);
  if (answer.error !== null) return failed(answer.error);
  const verified = new JsonObject();
  verified.setText("alg", answer.header.getText("alg"));
  verified.set("claims", answer.claims);
  return new Outcome(verified);
}

function stepVerify(): Outcome {
  const request = new JwtVerifyRequest();
  request.issuer = "https://issuer.example";
  request.audience = "vectors";
  request.algorithms = ["RS256", "ES256"];
  request.leeway = 60;
  return verify(request);
}

function stepVerifyJwks(): Outcome {
  const request = new JwtVerifyRequest();
  request.jwks = new JsonObject().set("keys", Value.array([]));
  return verify(request);
}

function stepVerifySecret(): Outcome {
  const request = new JwtVerifyRequest();
  request.algorithms = ["HS256"];
  request.secret = "api";
  return verify(request);
}

function found(answer: KvAnswer, withValue: bool): Outcome {
  if (answer.error !== null) return failed(answer.error);
  const said = new JsonObject();
  said.set("found", Value.bool(answer.found));
  if (withValue) said.setText("value", answer.value);
  return new Outcome(said);
}

function stepSecret(): Outcome {
  const answer = secret("api");
  return answer.error !== null ? failed(answer.error) : new Outcome(Value.int(String.UTF8.byteLength(answer.value)));
}

function stepOidc(withKey: bool): Outcome {
  const request = new OidcExchangeRequest();
  request.issuer = "https://issuer.example";
  request.clientId = "vectors";
  request.secret = "api";
  request.authMethod = withKey ? "signed_client_secret" : "client_secret_post";
  request.keyId = withKey ? "k1" : "";
  request.keyIssuer = withKey ? "team" : "";
  request.userInfo = !withKey;
  request.anyIssuer = !withKey;
  const answer = exchangeOidc(request);
  if (answer.error !== null) return failed(answer.error);
  const said = new JsonObject();
  said.set("claims", answer.claims);
  said.set("userinfo", answer.userInfo);
  said.setText("scope", answer.scope);
  return new Outcome(said);
}

function stepOauth(withKey: bool): Outcome {
  const request = new OauthExchangeRequest();
  request.tokenEndpoint = "https://issuer.example/token";
  request.clientId = "vectors";
  if (withKey) {
    request.secret = "api";
    request.authMethod = "signed_client_secret";
    request.keyId = "k1";
    request.keyIssuer = "team";
  }
  const answer = exchangeOauth(request);
  if (answer.error !== null) return failed(answer.error);
  const said = new JsonObject();
  said.setText("token_type", answer.tokenType);
  said.setText("scope", answer.scope);
  said.set("expires_in", Value.int(answer.expiresIn));
  return new Outcome(said);
}

function stepBind(): Outcome {
  const request = new LdapBindRequest();
  request.server.url = "ldaps://directory.example:636";
  request.dn = "uid=a,dc=example";
  request.password = "pw";
  const answer = ldapBind(request);
  return answer.error !== null ? failed(answer.error) : new Outcome(Value.bool(answer.ok));
}

function stepSearch(): Outcome {
  const request = new LdapSearchRequest();
  const server = new LdapServer();
  server.url = "ldap://directory.example:389";
  server.startTLS = true;
  server.bindDN = "cn=reader,dc=example";
  server.bindSecret = "api";
  request.server = server;
  request.baseDN = "dc=example";
  request.scope = "one";
  request.filter = "(&(objectClass=person)(uid={0}))";
  request.values = ["a*b"];
  request.attributes = ["mail", "memberOf"];
  request.limit = 5;
  const answer = ldapSearch(request);
  if (answer.error !== null) return failed(answer.error);
  const dns = new Array<Value>();
  const mails = new Array<Value>();
  for (let i = 0; i < answer.entries.length; i++) {
    dns.push(Value.string(answer.entries[i].dn));
    const mail = answer.entries[i].attributes.get("mail");
    for (let n = 0; mail !== null && n < mail.items.length; n++) mails.push(mail.items[n]);
  }
  const said = new JsonObject();
  said.set("dns", Value.array(dns));
  said.set("mails", Value.array(mails));
  said.set("truncated", Value.bool(answer.truncated));
  return new Outcome(said);
}

function runStep(name: string): Outcome {
  if (name == "clock") return new Outcome(Value.int(now()));
  if (name == "random") return stepRandom();
  if (name == "http.fetch") return stepFetch();
  if (name == "http.fetch.all") return stepFetchAll();
  if (name == "jwt.verify") return stepVerify();
  if (name == "jwt.verify.jwks") return stepVerifyJwks();
  if (name == "jwt.verify.secret") return stepVerifySecret();
  if (name == "kv.get") return found(kvGet("count"), true);
  if (name == "kv.set") return found(kvSet("count", "1 é", 60), false);
  if (name == "kv.add") return found(kvAdd("once", "x", 2592000), false);
  if (name == "kv.delete") return found(kvDelete("count"), false);
  if (name == "secret.get") return stepSecret();
  if (name == "oidc.exchange") return stepOidc(false);
  if (name == "oidc.exchange.key") return stepOidc(true);
  if (name == "oauth.exchange") return stepOauth(false);
  if (name == "oauth.exchange.key") return stepOauth(true);
  if (name == "ldap.bind") return stepBind();
  if (name == "ldap.search") return stepSearch();
  throw new Error("unknown step " + name);
}

/** Gives the results. */
export function runSteps(settings: JsonObject): Array<Value> {
  const results = new Array<Value>();
  const calls = settings.get("calls");
  if (calls === null) return results;
  const names = calls.strings;
  for (let i = 0; i < names.length; i++) {
    const outcome = runStep(names[i]);
    const step = new JsonObject().setText("step", names[i]);
    const result = outcome.result;
    if (result !== null) step.set("result", result);
    else step.setText("error", outcome.error);
    results.push(step);
  }
  return results;
}

/** Fails the call if a step gave an error. */
export function failWithStep(results: Array<Value>): void {
  for (let i = 0; i < results.length; i++) {
    const step = results[i].object;
    if (step.has("error")) throw new Error(step.getText("step") + ": " + step.getText("error"));
  }
}
