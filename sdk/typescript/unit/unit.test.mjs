// The SDK itself. BUILD is the folder with plugin.wasm, VECTORS that of sdk/vectors.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { load, runCase } from "../postern/testing/index.mjs";

const build = process.env.BUILD ?? "build";
const vectors = process.env.VECTORS ?? "../../vectors";
const plugin = load(join(build, "plugin.wasm"));

for (const name of plugin.exports().filter((name) => name.startsWith("test_"))) {
  test(name.slice(5).replaceAll("_", " "), () => {
    const got = plugin.run(name);
    assert.equal(got.reason, undefined);
  });
}

const read = (name) => JSON.parse(readFileSync(join(vectors, "json", name), "utf8"));

test("reads what is valid", () => {
  const list = read("valid.json");
  assert.ok(list.length > 50);
  for (const { name, text, compact } of list) {
    const got = plugin.run("json", Buffer.from(text));
    assert.equal(got.reason, undefined, name);
    assert.equal(got.status, 0, name);
    assert.equal(Buffer.from(got.output).toString(), compact, name);
  }
});

test("refuses what is not", () => {
  const list = read("invalid.json");
  assert.ok(list.length > 50);
  for (const { name, text, base64 } of list) {
    const got = plugin.run("json", base64 === undefined ? Buffer.from(text) : Buffer.from(base64, "base64"));
    assert.equal(got.reason, undefined, name);
    assert.equal(got.status, 1, name);
  }
});

test("says the same of damaged texts as JSON.parse", () => {
  let seed = 1;
  const draw = (n) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % n;
  for (const { name, text } of read("valid.json")) {
    for (let round = 0; round < 20; round++) {
      const bytes = Buffer.from(text);
      bytes[draw(bytes.length)] = '"\\{}[],:0-eu '.charCodeAt(draw(13));
      const damaged = bytes.subarray(0, round % 2 === 0 ? bytes.length : draw(bytes.length + 1));
      const got = plugin.run("json", damaged);
      assert.equal(got.reason, undefined, name);
      if (got.status === 0) {
        const output = Buffer.from(got.output).toString();
        assert.deepEqual(JSON.parse(output), JSON.parse(damaged.toString()), name);
        assert.equal(Buffer.from(plugin.run("json", got.output).output).toString(), output, name);
      }
    }
  }
});

const call = (hook, input, more = {}) => plugin.call({ plugin: "all", hook, input, ...more });

test("calls", () => {
  assert.equal(call("claims.map/v1", '{"later":[{}],"user":{"name":"b\\u006fb"}}').text, '{"set":{"who":"bob"}}');
  assert.equal(plugin.call({ plugin: "second", hook: "scope.policy/v1" }).text, '{"scopes":[]}');
  const failures = [
    ["scope.policy/v1", '{"scopes":["a"]}', /^no scopes \(unit\.ts:\d+\)$/],
    ["claims.map/v1", "[]", /^an object is expected \(.*expect\.ts:\d+\)$/],
    ["claims.map/v1", '{"user":{"name":1}}', /^a string is expected/],
    ["claims.map/v1", '{"user":{"admin":""}}', /^true or false is expected/],
    ["claims.map/v1", '{"claims":[]}', /^an object is expected/],
    ["claims.map/v1", '{"scopes":null}', /^an array is expected/],
    ["claims.map/v1", '{"scopes":["a",null]}', /^a string is expected/],
  ];
  for (const [hook, input, reason] of failures) {
    const got = call(hook, input);
    assert.equal(got.ok, false, input);
    assert.match(got.reason, reason);
  }
});

test("refuses numbers that no hook has, and input that is no JSON", () => {
  for (const [number, hook] of [[0, 3], [0, -1], [3, 0], [-1, 0]]) {
    const got = plugin.run("postern_call", Buffer.from("{}"), number, hook);
    assert.equal(got.status, 1);
    assert.match(got.reason, /^the (module|plugin) has no such (plugin|hook)$/);
  }
  assert.equal(plugin.run("postern_call", Buffer.from('{"a":01}'), 0, 0).reason, "the input: byte 6: a comma or the end is expected");
  assert.equal(plugin.run("postern_call", Buffer.from(""), 0, 0).reason, "the input: byte 0: a value is expected");
  assert.equal(plugin.run("postern_call", Buffer.from([0x22, 0xff, 0x22]), 0, 0).reason, "the input: byte 1: not UTF-8");
});

test("describes and fills in", () => {
  const sample = (hook, more = {}) => ({ hook, input: { ...more, settings: {} } });
  assert.deepEqual(JSON.parse(plugin.describe()), [
    {
      id: "all", version: "1", description: "All.", host_api: 1, hooks: ["claims.map/v1", "scope.policy/v1", "event.sink/v1"],
      capabilities: [{ name: "http.fetch" }],
      settings: { type: "object", additionalProperties: false },
      samples: [
        {
          hook: "event.sink/v1", input: { event: { id: "u" } },
          calls: [{ capability: "http.fetch", request: { requests: [{ url: "u" }] }, answer: { responses: [{ status: 200 }] } }],
        },
        sample("claims.map/v1", { target: "id_token" }), sample("scope.policy/v1"),
      ],
    },
    {
      id: "second", version: "1", description: 'S"é', host_api: 1, hooks: ["scope.policy/v1"], settings: { type: "object" },
      samples: [sample("scope.policy/v1")],
    },
    {
      id: "memory", version: "1", description: "Tries to know of the calls before.", host_api: 1, hooks: ["claims.map/v1"],
      settings: { type: "object", additionalProperties: false }, samples: [sample("claims.map/v1", { target: "id_token" })],
    },
  ]);
});

test("asks", () => {
  const ask = (answer) => call("event.sink/v1", { event: { id: "u" } }, { calls: [{ capability: "http.fetch", request: { requests: [{ url: "u" }] }, answer }] });
  assert.deepEqual(ask({ responses: [{ status: 200, body: "é" }] }).log, ["é"]);
  assert.deepEqual(ask({ responses: [{ status: 200, body_base64: "Zm9v" }] }).log, ["foo"]);
  // What the host would never say is an error as well, not a crash.
  const failures = [
    [{ error: { code: "denied", message: "m" } }, /^denied: m /],
    [{ responses: [{ error: { code: "timeout" } }] }, /^timeout: /],
    [{}, /^unavailable: the host gave another number of responses/],
    [{ responses: [{}, {}] }, /^unavailable: the host gave another number of responses/],
    [{ responses: {} }, /^an array is expected/],
    [{ responses: [{ status: "200" }] }, /^an integer is expected/],
    [[], /^an object is expected/],
    [{ responses: [{ body_base64: "%" }] }, /^a text is no base64/],
  ];
  for (const [answer, reason] of failures) assert.match(ask(answer).reason, reason);
});

test("a call knows nothing of the call before", () => {
  for (const name of ["a", "b"]) {
    const got = plugin.call({ plugin: "memory", hook: "claims.map/v1", input: { user: { name } } });
    assert.deepEqual(got.json, { set: { remembered: 1, names: name } });
  }
});

test("imports what is called", () => {
  const names = ["answer_read", "fail", "http_fetch", "input_len", "input_read", "log", "output_write"];
  assert.deepEqual(plugin.imports(), names.map((name) => `postern.${name}`));
});

// What a case says wrong must not pass.
const kv = '{"capability":"http.fetch","request":{"requests":[{"url":"u","timeout_ms":0}]},"answer":{"responses":[{"status":200}]}}';
const right = `{"name":"","plugin":"all","hook":"event.sink/v1","input":{"event":{"id":"u"}},"calls":[${kv}],"output":{}}`;
const claims = '{"name":"","hook":"claims.map/v1","input":{"user":{"name":"bob"}},"output":{"remove":[],"set":{"who":"bob"}}}';

test("a case that is right", () => {
  runCase(plugin, right);
  runCase(plugin, claims);
});

const wrong = {
  "another output": claims.replace('"who"', '"whom"'),
  "more output": claims.replace('"remove":[]', '"other":""'),
  "a member within": claims.replace('"bob"}}}', '"bob","x":false}}}'),
  "a failure": claims.replace('"output":{"remove":[],"set":{"who":"bob"}}', '"fails":"x"'),
  "other bytes": claims.replace('"output":{"remove":[],"set":{"who":"bob"}}', '"output_text":"{}"'),
  "two outcomes": claims.replace('"name":""', '"name":"","fails":"x"'),
  "an unknown member": claims.replace('"output"', '"outptu"'),
  "an unknown plugin": right.replace('"all"', '"none"'),
  "a member twice": claims.replace('"name":""', '"name":"","name":""'),
  "no call": right.replace(kv, ""),
  "a call that is left": right.replace(kv, `${kv},${kv}`),
  "another capability": right.replace('"http.fetch"', '"kv"'),
  "another request": right.replace('"timeout_ms":0', '"timeout_ms":1'),
  "another number": right.replace('"timeout_ms":0', '"timeout_ms":0.0'),
  "an unknown member of a request": right.replace('"timeout_ms"', '"timeout"'),
};
for (const [name, text] of Object.entries(wrong)) {
  test(`a case with ${name}`, () => {
    assert.notEqual(text, claims);
    assert.notEqual(text, right);
    assert.throws(() => runCase(plugin, text));
  });
}
