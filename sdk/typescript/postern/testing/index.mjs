// Tests a module in Node.js: it plays the host. Each call gets a fresh instance, as each
// call begins from the same state in the host.
//
//	import { cases, load } from "./postern/testing/index.mjs";
//	const plugin = load("build/plugin.wasm");
//	cases(plugin, "cases");
//	test("what it holds", () => {
//	  const got = plugin.call({ hook: "claims.map/v1", input: { user: { name: "alice" } } });
//	  assert.deepEqual(got.json, { set: { name: "alice" } });
//	});

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { parse, same, toJSON, write } from "./json.mjs";
import { MESSAGES, plain } from "./plain.mjs";

const CAPABILITIES = {
  http_fetch: "http.fetch", jwt_verify: "jwt.verify", kv: "kv", secret_get: "secret.get", oidc_exchange: "oidc.exchange",
  oauth_exchange: "oauth.exchange", ldap_bind: "ldap.bind", ldap_search: "ldap.search",
};

const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/** Reads a module. */
export function load(path) {
  return new Module(new WebAssembly.Module(readFileSync(path)));
}

/** A module of plugins. */
export class Module {
  #module;
  #manifests;

  constructor(module) {
    this.#module = module;
  }

  /** Names of the functions that it imports, sorted. */
  imports() {
    return WebAssembly.Module.imports(this.#module).map((i) => `${i.module}.${i.name}`).sort();
  }

  /** Names of the functions that it exports. */
  exports() {
    return WebAssembly.Module.exports(this.#module).filter((e) => e.kind === "function").map((e) => e.name);
  }

  /** Calls an exported function in a fresh instance, with the bytes as input. Gives status
   * (what the function gave; 1 after a trap), output (bytes), and reason (if it failed). */
  run(name, input = new Uint8Array(0), ...parameters) {
    const host = new Host(this.#module, input, []);
    const status = host.run((exports) => exports[name](...parameters) ?? 0);
    return { status, output: host.output, reason: host.failure };
  }

  /** What it says of its plugins, as JSON. */
  describe() {
    const { output, reason } = this.run("postern_describe");
    assert.equal(reason, undefined, "the manifests");
    return decoder.decode(output);
  }

  #position(plugin, hook) {
    this.#manifests ??= JSON.parse(this.describe());
    const number = plugin === undefined ? 0 : this.#manifests.findIndex((m) => m.id === plugin);
    const hookNumber = this.#manifests[number]?.hooks.indexOf(hook) ?? -1;
    assert.ok(hookNumber >= 0, `no plugin ${plugin ?? ""} with the hook ${hook}`);
    return [number, hookNumber];
  }

  /** Calls a hook. Input is a value or JSON as text; calls are the calls of the host that
   * have to be made, each with capability, request and answer. It throws if others are
   * made or one is left. Gives
   *
   *	ok      whether the call was answered
   *	text    the output, as it was written
   *	json    the output, as JSON.parse gives it
   *	reason  why it failed
   *	log     the lines that it wrote */
  call({ plugin, hook, input = {}, calls = [] }) {
    const [number, hookNumber] = this.#position(plugin, hook);
    const host = new Host(this.#module, encoder.encode(write(toJSON(input))), toJSON(calls));
    const status = host.run((exports) => exports.postern_call(number, hookNumber));
    if (host.complaint !== undefined) assert.fail(host.complaint);
    assert.equal(host.calls.length, 0, `the plugin did not call ${host.calls[0]?.get("capability")}`);
    const ok = status === 0 && host.failure === undefined;
    const text = ok ? decoder.decode(host.output) : "";
    return { ok, text, json: text === "" ? {} : JSON.parse(text), reason: host.failure, log: host.log };
  }
}

// Host is what one instance is given.
class Host {
  output = new Uint8Array(0);
  log = [];
  failure = undefined;
  complaint = undefined;
  #module;
  #memory;
  #input;
  #answer = new Uint8Array(0);
  #drawn = 0;

  constructor(module, input, calls) {
    this.#module = module;
    this.#input = input;
    this.calls = calls;
  }

  // run makes an instance. A trap after a failure was said is that failure.
  run(call) {
    const { exports } = new WebAssembly.Instance(this.#module, { postern: this.#functions() });
    this.#memory = exports.memory;
    try {
      exports._initialize?.();
      assert.equal(exports.postern_abi(), 1, "the version of the interface");
      return call(exports);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      this.failure ??= error.message;
      return 1;
    }
  }

  #read(ptr, len) {
    return new Uint8Array(this.#memory.buffer, ptr >>> 0, len >>> 0).slice();
  }

  #write(ptr, bytes) {
    new Uint8Array(this.#memory.buffer, ptr >>> 0, bytes.length).set(bytes);
  }

  #functions() {
    const functions = {
      input_len: () => this.#input.length,
      input_read: (ptr) => this.#write(ptr, this.#input),
      output_write: (ptr, len) => {
        this.output = Buffer.concat([this.output, this.#read(ptr, len)]);
      },
      fail: (ptr, len) => {
        this.failure = new TextDecoder().decode(this.#read(ptr, len));
      },
      log: (ptr, len) => this.log.push(new TextDecoder().decode(this.#read(ptr, len))),
      random: (ptr, len) => this.#write(ptr, this.#draw(len)),
      clock: () => BigInt(this.#play("clock", new Map())?.get("now")?.text ?? "0"),
      answer_read: (ptr) => this.#write(ptr, this.#answer),
    };
    for (const [name, capability] of Object.entries(CAPABILITIES)) {
      functions[name] = (ptr, len) => {
        const answer = this.#play(capability, parse(decoder.decode(this.#read(ptr, len))));
        this.#answer = encoder.encode(answer === undefined ? '{"error":{"code":"invalid_request","message":"the test expects another call"}}' : write(answer));
        return this.#answer.length;
      };
    }
    return functions;
  }

  // Bytes that differ from each other, and are the same in every test.
  #draw(len) {
    return Uint8Array.from({ length: len }, () => (this.#drawn += 37) & 0xff);
  }

  #play(capability, request) {
    const call = this.calls[0];
    const message = MESSAGES[capability];
    if (call === undefined) {
      this.complaint ??= `a call that nobody expected: ${capability} ${write(request)}`;
    } else if (call.get("capability") !== capability) {
      this.complaint ??= `a call of ${capability}, but expected is ${call.get("capability")}`;
    } else if (!same(plain(message, request), plain(message, call.get("request")))) {
      this.complaint ??= `${capability}: the request is ${write(request)}, but expected is ${write(call.get("request"))}`;
    } else {
      this.calls = this.calls.slice(1);
      return call.get("answer");
    }
    return undefined;
  }
}

const MEMBERS = new Set(["name", "plugin", "hook", "input", "calls", "output", "output_text", "fails"]);

/** Runs a case, JSON as text, as `postern plugin test` does; it throws if it fails. */
export function runCase(module, text) {
  const wanted = parse(text);
  for (const name of wanted.keys()) assert.ok(MEMBERS.has(name), `the case has an unknown member ${name}`);
  const outcomes = ["output", "output_text", "fails"].filter((name) => wanted.has(name));
  assert.equal(outcomes.length, 1, "the case needs one of output, output_text and fails");
  const hook = wanted.get("hook");
  const got = module.call({
    plugin: wanted.get("plugin"), hook, input: write(wanted.get("input") ?? new Map()), calls: write(wanted.get("calls") ?? []),
  });
  if (wanted.has("fails")) {
    assert.ok(!got.ok && got.reason.includes(wanted.get("fails")), `it should fail with ${wanted.get("fails")}, but gave ${got.ok ? got.text : got.reason}`);
    return;
  }
  assert.ok(got.ok, `it failed: ${got.reason}`);
  if (wanted.has("output_text")) {
    assert.equal(got.text, wanted.get("output_text"));
    return;
  }
  const output = parse(got.text === "" ? "{}" : got.text); // an event has none
  const message = MESSAGES[hook];
  assert.ok(
    same(plain(message, output), plain(message, wanted.get("output"))),
    `the output is ${got.text}, but expected is ${write(wanted.get("output"))}`,
  );
}

/** Makes a test of each case in the files *.json of a folder. */
export function cases(module, folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json")).sort();
  assert.ok(files.length > 0, `no cases in ${folder}`);
  for (const file of files) {
    test(file, () => runCase(module, readFileSync(join(folder, file), "utf8")));
  }
}
