// JSON for tests: numbers keep the form in which they are written, which JSON.parse
// loses.

/** A number as it is written. */
export class Num {
  constructor(text) {
    this.text = text;
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;

/** Reads JSON. Objects are Maps, numbers Nums, the rest is as JSON.parse gives it. */
export function parse(text) {
  const at = { text, pos: 0 };
  const value = read(at);
  space(at);
  if (at.pos < text.length) wrong(at, "text after the value");
  return value;
}

function wrong(at, what) {
  throw new SyntaxError(`character ${at.pos}: ${what}`);
}

function space(at) {
  while (" \t\n\r".includes(at.text[at.pos] ?? "x")) at.pos++;
}

function match(at, pattern, what) {
  pattern.lastIndex = at.pos;
  const found = pattern.exec(at.text);
  if (found === null) wrong(at, what);
  at.pos += found[0].length;
  return found[0];
}

function read(at) {
  space(at);
  switch (at.text[at.pos]) {
    case "{":
      return readObject(at);
    case "[":
      return readElements(at, "]", [], (list) => list.push(read(at)));
    case '"':
      return JSON.parse(match(at, STRING, "a string is expected"));
  }
  for (const [word, value] of [["null", null], ["true", true], ["false", false]]) {
    if (at.text.startsWith(word, at.pos)) {
      at.pos += word.length;
      return value;
    }
  }
  return new Num(match(at, NUMBER, "a value is expected"));
}

function readObject(at) {
  return readElements(at, "}", new Map(), (object) => {
    space(at);
    const name = JSON.parse(match(at, STRING, "a member name is expected"));
    if (object.has(name)) wrong(at, "a member appears twice");
    space(at);
    if (at.text[at.pos++] !== ":") wrong(at, "a colon is expected");
    object.set(name, read(at));
  });
}

function readElements(at, end, container, element) {
  at.pos++;
  space(at);
  if (at.text[at.pos] === end) {
    at.pos++;
    return container;
  }
  for (;;) {
    element(container);
    space(at);
    const c = at.text[at.pos++];
    if (c === end) return container;
    if (c !== ",") wrong(at, "a comma or the end is expected");
  }
}

/** Writes what parse gives, compact. */
export function write(value) {
  if (value instanceof Num) return value.text;
  if (value instanceof Map) return `{${[...value].map(([name, v]) => `${JSON.stringify(name)}:${write(v)}`).join(",")}}`;
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  return JSON.stringify(value);
}

/** Compares what parse gives: members in any order, numbers as they are written. */
export function same(a, b) {
  if (a instanceof Num && b instanceof Num) return a.text === b.text;
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([name, v]) => b.has(name) && same(v, b.get(name)));
  }
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((v, i) => same(v, b[i]));
  return typeof a !== "object" && a === b || a === null && b === null;
}

/** What parse would give for a JavaScript value; for a string, what it gives for it. */
export function toJSON(value) {
  return parse(typeof value === "string" ? value : JSON.stringify(value));
}
