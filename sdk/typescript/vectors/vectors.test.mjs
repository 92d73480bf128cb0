// The vectors of sdk/vectors. BUILD is the folder with plugin.wasm, VECTORS that of the
// vectors. The texts for the parser are in the tests of the SDK itself.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { cases, load } from "../postern/testing/index.mjs";
import { parse, same } from "../postern/testing/json.mjs";

const build = process.env.BUILD ?? "build";
const vectors = process.env.VECTORS ?? "../../vectors";
const plugin = load(join(build, "plugin.wasm"));

cases(plugin, join(vectors, "cases"));

test("describes itself", () => {
  assert.ok(same(parse(plugin.describe()), parse(readFileSync(join(vectors, "manifest.json"), "utf8"))), plugin.describe());
});

test("imports everything", () => {
  const names = [
    "answer_read", "clock", "fail", "http_fetch", "input_len", "input_read", "jwt_verify", "kv", "ldap_bind", "ldap_search", "log",
    "oauth_exchange", "oidc_exchange", "output_write", "random", "secret_get",
  ];
  assert.deepEqual(plugin.imports(), names.map((name) => `postern.${name}`));
});

test("answers its samples", () => {
  for (const { hook, input, calls } of JSON.parse(plugin.describe())[0].samples) {
    assert.ok(plugin.call({ hook, input, calls }).ok, hook);
  }
});
