// The SDK itself: values, base64, the writer, calls. Each test is a function that the
// module exports; a test that fails throws.

import {
  CapabilityWish, ClaimsInput, ClaimsOutput, EVENT_SINK, EventInput, Fetch, HTTP_FETCH, JsonObject, Kind, Manifest, Mistake, Plugin, Sample,
  ScopeInput, ScopeOutput, Value, decodeBase64, encodeBase64, fetch, isProtected, log, parse, parseBytes, register, stringify,
} from "../postern";
import { isBase64 } from "../postern/base64";
import { inputLen, inputRead, outputWrite } from "../postern/host";

export * from "../postern/module";

function expect(holds: bool, what: string): void {
  if (!holds) throw new Error(what);
}

function equal(got: string, want: string): void {
  if (got != want) throw new Error("got " + got + ", want " + want);
}

/** Reads the input as JSON, and gives it again as it is written; 1: it was refused. */
export function json(): i32 {
  const text = new ArrayBuffer(inputLen());
  inputRead(changetype<usize>(text));
  const mistake = new Mistake();
  const v = parseBytes(changetype<usize>(text), text.byteLength, mistake);
  expect((v === null) == mistake.what.length > 0, "a mistake without a reason, or a reason without one");
  expect(mistake.offset >= 0 && mistake.offset <= text.byteLength, "a mistake outside of the text");
  if (v === null) return 1;
  const compact = String.UTF8.encode(stringify(v), false);
  outputWrite(changetype<usize>(compact), compact.byteLength);
  return 0;
}

export function test_integers(): void {
  const right = ["0", "-0", "12", "-12", "9223372036854775807", "-9223372036854775808"];
  const values: Array<i64> = [0, 0, 12, -12, i64.MAX_VALUE, i64.MIN_VALUE];
  for (let i = 0; i < right.length; i++) {
    const v = parse(right[i])!;
    expect(v.isInt && v.int == values[i], right[i]);
  }
  const wrong = ["9223372036854775808", "-9223372036854775809", "99999999999999999999999", "1.5", "1e2", '"1"', "null"];
  for (let i = 0; i < wrong.length; i++) expect(!parse(wrong[i])!.isInt && parse(wrong[i])!.int == 0, wrong[i]);
  equal(stringify(Value.int(i64.MIN_VALUE)), "-9223372036854775808");
}

export function test_objects_keep_their_order(): void {
  const o = new JsonObject();
  o.set("z", Value.int(1)).setText("a", "x").set("m", Value.null());
  o.set("a", Value.bool(false));
  equal(stringify(o), '{"z":1,"a":false,"m":null}');
  expect(!o.remove("absent") && o.remove("z"), "remove");
  equal(stringify(o), '{"a":false,"m":null}');
  expect(o.get("m") !== null && o.get("z") === null && o.has("m") && o.length == 2, "get");
  equal(o.getText("m", "otherwise"), "otherwise");
}

export function test_what_is_not_there_is_empty(): void {
  const v = parse('{"n":1.50,"l":["a",1,"b"],"s":"x","t":true}')!.object;
  equal(v.get("l")!.strings.join(), "a,b");
  expect(v.get("s")!.strings.length == 0 && v.get("s")!.object.length == 0, "another kind");
  expect(v.get("t")!.bool && !v.get("s")!.bool && v.get("n")!.kind == Kind.Number, "flags");
  equal(v.getText("n"), "1.50");
}

export function test_wrong_text_is_written_as_right(): void {
  equal(stringify(Value.string("a\uD800b\uDC00\uD83D")), '"a\uFFFDb\uFFFD\uFFFD"');
  equal(stringify(Value.string("\u0001\u001f\"\\\b\f\n\r\t/\u007f\uD83D\uDE00é漢")), '"\\u0001\\u001f\\"\\\\\\b\\f\\n\\r\\t/\u007f\uD83D\uDE00é漢"');
  expect(parse('"\uD800"') === null && parse("\uDC00") === null, "half a pair is refused");
}

export function test_long_output(): void {
  const list = new Array<Value>();
  const digits = new Array<string>();
  for (let i = 0; i < 3000; i++) {
    list.push(Value.int(i));
    digits.push(i.toString());
  }
  const want = "[" + digits.join(",") + "]";
  equal(stringify(Value.array(list)), want);
  equal(stringify(parse(want)!), want);
}

/** Escapes cost memory once, not as often as there are some. */
export function test_many_escapes(): void {
  const text = '"' + "\\n😀é".repeat(20000) + '"';
  const v = parse(text)!;
  equal(v.text, "\n😀é".repeat(20000));
  equal(stringify(v), text);
  expect(memory.size() < 64, "4 MiB are enough");
}

export function test_base64(): void {
  const texts = ["", "f", "fo", "foo", "foob", "ÿ>"];
  const coded = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "w78+"];
  for (let i = 0; i < texts.length; i++) {
    equal(encodeBase64(Uint8Array.wrap(String.UTF8.encode(texts[i], false))), coded[i]);
    equal(String.UTF8.decode(decodeBase64(coded[i]).buffer), texts[i]);
  }
  const wrong = ["Zg", "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zm9v\n", "Zm-v", "Z=9v", "=m9v"];
  for (let i = 0; i < wrong.length; i++) expect(!isBase64(wrong[i]), wrong[i]);
}

export function test_names_of_the_host(): void {
  expect(isProtected("sub") && isProtected("may_act") && !isProtected("su") && !isProtected("email"), "protected");
}

const all = new Plugin(new Manifest("all", "1", "All."));
all.claims = (input: ClaimsInput): ClaimsOutput => {
  const output = new ClaimsOutput();
  output.set.setText("who", input.user.name);
  return output;
};
all.scopes = (input: ScopeInput): ScopeOutput => {
  if (input.scopes.length > 0) throw new Error("no scopes");
  return new ScopeOutput();
};
all.event = (input: EventInput): void => {
  const response = fetch(new Fetch(input.event.id));
  const error = response.error;
  if (error !== null) throw new Error(error.toString());
  log(String.UTF8.decode(response.bytes().buffer));
};
all.manifest.capabilities = [new CapabilityWish(HTTP_FETCH, "")];
all.manifest.samples = [
  new Sample(
    EVENT_SINK,
    '{"event":{"id":"u"}}',
    '[{"capability":"http.fetch","request":{"requests":[{"url":"u"}]},"answer":{"responses":[{"status":200}]}}]',
  ),
];
register(all);

const second = new Plugin(new Manifest("second", "1", "S\"é"));
second.manifest.settings = ' {"type" : "object"} ';
second.scopes = (_input: ScopeInput): ScopeOutput => {
  const output = new ScopeOutput();
  output.scopes = [];
  return output;
};
register(second);

// It tries what no plugin can do: to know of the calls before.
let calls: i32 = 0;
const names = new Array<string>();
const forgetful = new Plugin(new Manifest("memory", "1", "Tries to know of the calls before."));
forgetful.claims = (input: ClaimsInput): ClaimsOutput => {
  calls++;
  names.push(input.user.name);
  const output = new ClaimsOutput();
  output.set.set("remembered", Value.int(calls));
  output.set.setText("names", names.join(""));
  return output;
};
register(forgetful);
