// What a message must have. A plugin trusts the host, so another form is its failure.

import { JsonObject, Kind, Value } from "./value";

export function expectText(v: Value): string {
  if (v.kind != Kind.String) throw new Error("a string is expected");
  return v.text;
}

export function expectFlag(v: Value): bool {
  if (v.kind != Kind.Bool) throw new Error("true or false is expected");
  return v.bool;
}

export function expectInt(v: Value): i64 {
  if (!v.isInt) throw new Error("an integer is expected");
  return v.int;
}

export function expectArray(v: Value): Array<Value> {
  if (v.kind != Kind.Array) throw new Error("an array is expected");
  return v.items;
}

export function expectStrings(v: Value): Array<string> {
  const items = expectArray(v);
  const list = new Array<string>();
  for (let i = 0; i < items.length; i++) list.push(expectText(items[i]));
  return list;
}

export function expectObject(v: Value): JsonObject {
  if (v.kind != Kind.Object) throw new Error("an object is expected");
  return v.object;
}
