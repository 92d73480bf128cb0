// JSON values.

/** What a value is (RFC 8259 section 3). */
export enum Kind {
  Null,
  Bool,
  Number,
  String,
  Array,
  Object,
}

const NO_VALUES = new Array<Value>(0);
const NO_NAMES = new Array<string>(0);

/** A JSON value. Numbers keep the form in which they were written. */
export class Value {
  /** Text of a string; a number as it is written; empty for others. */
  text: string = "";
  /** Elements of an array, or values of an object's members; not to be changed. */
  items: Array<Value> = NO_VALUES;
  /** Names of an object's members; not to be changed. */
  names: Array<string> = NO_NAMES;
  private flag: bool = false;

  constructor(public kind: Kind) {}

  static null(): Value {
    return new Value(Kind.Null);
  }

  static bool(flag: bool): Value {
    const v = new Value(Kind.Bool);
    v.flag = flag;
    return v;
  }

  static int(n: i64): Value {
    return Value.number(n.toString());
  }

  /** A number as it is to be written. */
  static number(text: string): Value {
    const v = new Value(Kind.Number);
    v.text = text;
    return v;
  }

  static string(text: string): Value {
    const v = new Value(Kind.String);
    v.text = text;
    return v;
  }

  static array(items: Array<Value>): Value {
    const v = new Value(Kind.Array);
    v.items = items;
    return v;
  }

  static strings(list: Array<string>): Value {
    const items = new Array<Value>();
    for (let i = 0; i < list.length; i++) items.push(Value.string(list[i]));
    return Value.array(items);
  }

  /** The value of a boolean; false for any other kind. */
  get bool(): bool {
    return this.kind == Kind.Bool && this.flag;
  }

  /** Whether it is a number that is written as an integer of 64 bits; see int. */
  get isInt(): bool {
    return this.kind == Kind.Number && isInteger(this.text);
  }

  /** The value of a number for which isInt holds; 0 for any other value. */
  get int(): i64 {
    return this.isInt ? I64.parseInt(this.text) : 0;
  }

  /** The strings of an array, leaving out whatever else it has. */
  get strings(): Array<string> {
    const list = new Array<string>();
    if (this.kind != Kind.Array) return list;
    for (let i = 0; i < this.items.length; i++) {
      const item = this.items[i];
      if (item.kind == Kind.String) list.push(item.text);
    }
    return list;
  }

  /** The object that it is; an empty one for any other kind. */
  get object(): JsonObject {
    return this instanceof JsonObject ? <JsonObject>this : new JsonObject();
  }
}

/** A JSON object. Its members keep their order: relying parties read that order. */
export class JsonObject extends Value {
  constructor() {
    super(Kind.Object);
    this.items = new Array<Value>();
    this.names = new Array<string>();
  }

  get length(): i32 {
    return this.names.length;
  }

  has(name: string): bool {
    return this.names.indexOf(name) >= 0;
  }

  /** The member of that name; null is not the value null, but that there is none. */
  get(name: string): Value | null {
    const at = this.names.indexOf(name);
    return at < 0 ? null : this.items[at];
  }

  /** The text of a member that is a string or a number, or what is meant without it. */
  getText(name: string, otherwise: string = ""): string {
    const v = this.get(name);
    return v !== null && (v.kind == Kind.String || v.kind == Kind.Number) ? v.text : otherwise;
  }

  /** Replaces the member of that name in its place, or appends it. */
  set(name: string, v: Value): JsonObject {
    const at = this.names.indexOf(name);
    if (at >= 0) this.items[at] = v;
    else this.append(name, v);
    return this;
  }

  /** Appends a member of which the caller knows that it is new. */
  append(name: string, v: Value): void {
    this.names.push(name);
    this.items.push(v);
  }

  setText(name: string, text: string): JsonObject {
    return this.set(name, Value.string(text));
  }

  /** Takes a member out, and says whether there was one. */
  remove(name: string): bool {
    const at = this.names.indexOf(name);
    if (at < 0) return false;
    this.names.splice(at, 1);
    this.items.splice(at, 1);
    return true;
  }
}

/** isInteger says so of a number in the form of JSON, and that it fits into 64 bits. */
function isInteger(text: string): bool {
  const negative = text.length > 0 && text.charCodeAt(0) == 0x2d;
  const most: u64 = <u64>i64.MAX_VALUE + (negative ? 1 : 0);
  let sum: u64 = 0;
  for (let i = negative ? 1 : 0; i < text.length; i++) {
    const digit = <u64>(text.charCodeAt(i) - 0x30);
    if (digit > 9 || sum > (most - digit) / 10) return false;
    sum = 10 * sum + digit;
  }
  return text.length > (negative ? 1 : 0);
}
