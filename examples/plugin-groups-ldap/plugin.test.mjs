import assert from "node:assert/strict";
import { test } from "node:test";

import { cases, load } from "../../sdk/typescript/postern/testing/index.mjs";

const plugin = load("build/plugin.wasm");

cases(plugin, "cases");

const settings = { url: "ldaps://directory.example:636", base_dn: "dc=example", filter: "(member={0})", user_filter: "(uid={0})", nested: true };

// search is a call that finds entries with these names.
const search = (more, names, answer = {}) => ({
  capability: "ldap.search",
  request: { server: { url: settings.url }, base_dn: settings.base_dn, filter: settings.filter, attributes: ["cn"], limit: 1000, ...more },
  answer: { entries: names.map((name) => ({ dn: `cn=${name}`, attributes: { cn: [name] } })), ...answer },
});
const person = (names, answer) => search({ filter: "(uid={0})", values: ["alice"], attributes: ["1.1"], limit: 2 }, names, answer);
const call = (calls, more = {}) =>
  plugin.call({ hook: "claims.map/v1", input: { settings: { ...settings, ...more }, user: { name: "alice" } }, calls });

test("several entries of one user are refused", () => {
  assert.match(call([person(["a", "b"])]).reason, /^settings\.user_filter: several entries are of one user/);
});

test("part of the groups does not pass for all", () => {
  const got = call([person(["a"]), search({ values: ["cn=a"] }, ["g"], { truncated: true })]);
  assert.match(got.reason, /^the directory has more entries than may be read/);
});

test("a group is followed once, and only so many", () => {
  const many = Array.from({ length: 80 }, (_, i) => `g${i}`);
  const followed = many.slice(0, 60).map((name) => search({ values: [`cn=${name}`] }, []));
  const got = call([person(["a"]), search({ values: ["cn=a"] }, many), ...followed]);
  assert.match(got.reason, /^the user is in more than 60 groups, too many to follow/);

  const flat = call([person(["a"]), search({ values: ["cn=a"] }, many)], { nested: false });
  assert.deepEqual(flat.json.set.groups, many);
});

test("a claim of the host is refused", () => {
  assert.match(call([], { claim: "sub" }).reason, /^settings\.claim: the host alone sets sub/);
});

test("nobody signed in: nobody is asked", () => {
  const got = plugin.call({ hook: "claims.map/v1", input: { settings, user: {} } });
  assert.deepEqual(got.json, { set: { groups: [] } });
});

test("asks for the capability that it imports, and no other", () => {
  const names = ["answer_read", "fail", "input_len", "input_read", "ldap_search", "output_write"];
  assert.deepEqual(plugin.imports(), names.map((name) => `postern.${name}`));
  assert.deepEqual(JSON.parse(plugin.describe())[0].capabilities.map((wish) => wish.name), ["ldap.search"]);
});

test("the sample is answered as the host plays it", () => {
  for (const { hook, input, calls } of JSON.parse(plugin.describe())[0].samples) {
    assert.ok(plugin.call({ hook, input, calls }).ok);
  }
});
