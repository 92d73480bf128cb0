// Which members of messages may be left out when they are empty (abi.md section 10):
// those that are listed here. Within other objects everything matters.

import { Num } from "./json.mjs";

const PLAIN = Symbol("left out if empty");
const KEPT = Symbol("kept if empty");

function members(names, more = {}) {
  return { ...Object.fromEntries(names.split(" ").map((name) => [name, PLAIN])), ...more };
}

const identity = members(
  "subject name email email_verified display_name given_name family_name picture locale phone groups attributes amr acr claims",
);
const server = members("url start_tls bind_dn bind_secret");
const redirect = members("issuer authorization_endpoint client_id scopes parameters response_mode no_pkce any_issuer");
const fetch = members("method url headers body body_base64 timeout_ms exchanged", { secrets: [members("header name prefix")] });

/** By the name of a hook its output, by that of a capability its request. */
export const MESSAGES = {
  "claims.map/v1": members("set remove"),
  "scope.policy/v1": members("deny reason acr fresh consent", { scopes: KEPT }),
  "connector.login/v1": members("deny reason data", { redirect, identity }),
  "connector.password/v1": members("deny reason", { identity }),
  "http.fetch": { requests: [fetch] },
  "jwt.verify": members("token issuer audience algorithms jwks_uri jwks secret leeway"),
  kv: members("op key value ttl"),
  "secret.get": members("name"),
  "oidc.exchange": members("issuer client_id secret auth_method key_id key_issuer userinfo any_issuer"),
  "oauth.exchange": members("token_endpoint client_id secret auth_method key_id key_issuer"),
  "ldap.bind": members("dn password", { server }),
  "ldap.search": members("base_dn scope filter values attributes limit", { server }),
};

function isEmpty(value) {
  if (value instanceof Num) return value.text === "0";
  if (value instanceof Map) return value.size === 0;
  return value === "" || value === false || (Array.isArray(value) && value.length === 0);
}

/** Gives a message without what is empty and may be left out. */
export function plain(message, value) {
  if (message === undefined || !(value instanceof Map)) return value;
  const out = new Map();
  for (const [name, v] of value) {
    const member = Object.hasOwn(message, name) ? message[name] : KEPT;
    if (Array.isArray(member) && Array.isArray(v)) {
      const list = v.map((element) => plain(member[0], element));
      if (list.length > 0) out.set(name, list);
    } else if (typeof member === "object") {
      const inner = plain(member, v);
      if (member !== server || !isEmpty(inner)) out.set(name, inner);
    } else if (member === KEPT || !isEmpty(v)) {
      out.set(name, v);
    }
  }
  return out;
}
