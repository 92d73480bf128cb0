import assert from "node:assert/strict";
import { test } from "node:test";

import { cases, load } from "./postern/testing/index.mjs";

const plugin = load("build/plugin.wasm");

cases(plugin, "cases");

test("adds the attribute", () => {
  const got = plugin.call({ hook: "claims.map/v1", input: { user: { attributes: { department: "R&D" } } } });
  assert.deepEqual(got.json, { set: { department: "R&D" } });
});

test("refuses a claim of the host", () => {
  const got = plugin.call({ hook: "claims.map/v1", input: { settings: { claim: "sub" } } });
  assert.equal(got.ok, false);
  assert.match(got.reason, /^settings\.claim: the host alone sets sub/);
});

test("imports nothing that it does not use", () => {
  assert.deepEqual(plugin.imports(), ["postern.fail", "postern.input_len", "postern.input_read", "postern.output_write"]);
});
