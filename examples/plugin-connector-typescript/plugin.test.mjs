import assert from "node:assert/strict";
import { test } from "node:test";

import { cases, load } from "../../sdk/typescript/postern/testing/index.mjs";

const plugin = load("build/plugin.wasm");

cases(plugin, "cases");

const url = "https://cloud.example";
const exchange = {
  capability: "oauth.exchange",
  request: { token_endpoint: `${url}/apps/oauth2/api/v1/token`, client_id: "c", secret: "client_secret" },
  answer: { token_type: "Bearer" },
};
const asking = (answer) => ({
  capability: "http.fetch",
  request: {
    requests: [
      {
        url: `${url}/ocs/v2.php/cloud/user?format=json`,
        headers: { "ocs-apirequest": "true", accept: "application/json" },
        timeout_ms: 3000,
        exchanged: true,
      },
    ],
  },
  answer: { responses: [answer] },
});
const finish = (answer, settings = {}) =>
  plugin.call({
    hook: "connector.login/v1",
    input: { phase: "finish", settings: { url, client_id: "c", ...settings }, organisation: {}, client: {} },
    calls: [exchange, asking(answer)],
  });
const told = (data, meta = { status: "ok", statuscode: 200 }) => ({ status: 200, body: JSON.stringify({ ocs: { meta, data } }) });

test("whatever is no account signs nobody in", () => {
  for (const [answer, reason] of [
    [{ status: 401, body: "alice" }, /^the Nextcloud answered with status 401/],
    [{ status: 302 }, /status 302/],
    [{ status: 200, body: "" }, /did not answer in JSON/],
    [{ status: 200, body: '<html>alice</html>' }, /did not answer in JSON/],
    [{ status: 200, body: '{"ocs":{"a":1,"a":2}}' }, /did not answer in JSON/],
    [{ status: 200, body: "[]" }, /did not tell the account/],
    [{ status: 200, body: '{"ocs":[]}' }, /did not tell the account/],
    [told({ id: "alice" }, { status: "failure", statuscode: 997 }), /did not tell the account/],
    [told({ id: "" }), /did not tell the account/],
    [told({ displayname: "Alice" }), /did not tell the account/],
    [told({ id: ["alice"] }), /did not tell the account/],
    [told(null), /did not tell the account/],
    [{ error: { code: "timeout", message: "no answer in time" } }, /^the account: timeout/],
  ]) {
    const got = finish(answer);
    assert.equal(got.ok, false, JSON.stringify(answer));
    assert.match(got.reason, reason);
    assert.doesNotMatch(got.reason, /alice/i);
  }
});

test("an address counts only as far as the operator says", () => {
  for (const [trust, backend, want] of [
    [undefined, "LDAP", undefined],
    ["none", "LDAP", undefined],
    ["directory", "LDAP", true],
    ["directory", "Database", undefined],
    ["directory", undefined, undefined],
    ["all", "Database", true],
  ]) {
    const got = finish(told({ id: "alice", email: "alice@example.com", backend }), { trust_email: trust });
    assert.equal(got.json.identity.email_verified, want, `${trust} ${backend}`);
  }
  assert.equal(finish(told({ id: "alice", backend: "LDAP" }), { trust_email: "all" }).json.identity.email_verified, undefined);
});

test("the group is compared as it is", () => {
  for (const groups of [undefined, [], ["staffs"], ["Staff"], "staff", [["staff"]]]) {
    const got = finish(told({ id: "alice", groups }), { group: "staff" });
    assert.equal(got.json.deny, true, JSON.stringify(groups));
    assert.equal(got.json.identity, undefined);
  }
});

test("an account that is disabled is refused, and one of which nothing is said is not", () => {
  assert.equal(finish(told({ id: "alice", enabled: false })).json.deny, true);
  assert.equal(finish(told({ id: "alice", enabled: "yes" })).json.deny, true);
  assert.equal(finish(told({ id: "alice" })).json.identity.subject, "alice");
});

test("asks for the capabilities that it imports, and no other", () => {
  const names = ["answer_read", "fail", "http_fetch", "input_len", "input_read", "oauth_exchange", "output_write"];
  assert.deepEqual(plugin.imports(), names.map((name) => `postern.${name}`));
  assert.deepEqual(JSON.parse(plugin.describe())[0].capabilities.map((wish) => wish.name), ["oauth.exchange", "http.fetch"]);
});

test("the samples are answered as the host plays them", () => {
  for (const { hook, input, calls } of JSON.parse(plugin.describe())[0].samples) {
    assert.ok(plugin.call({ hook, input, calls }).ok);
  }
});
