// JSON as text.

import { Kind, Value } from "./value";

/** Writes JSON as UTF-8. Members that are empty are left out by the functions that say
 * so. */
export class Writer {
  private buffer: ArrayBuffer = new ArrayBuffer(1024);
  private len: i32 = 0;
  private comma: bool = false;

  get ptr(): usize {
    return changetype<usize>(this.buffer);
  }

  get length(): i32 {
    return this.len;
  }

  toString(): string {
    return String.UTF8.decodeUnsafe(this.ptr, this.len);
  }

  private room(more: i32): usize {
    const needed = this.len + more;
    if (needed > this.buffer.byteLength) {
      const larger = new ArrayBuffer(max(needed, 2 * this.buffer.byteLength));
      memory.copy(changetype<usize>(larger), this.ptr, this.len);
      this.buffer = larger;
    }
    return this.ptr + this.len;
  }

  private byte(c: u8): void {
    store<u8>(this.room(1), c);
    this.len++;
  }

  // ascii writes text that needs no escapes.
  private ascii(text: string): void {
    const to = this.room(text.length);
    for (let i = 0; i < text.length; i++) store<u8>(to + i, <u8>text.charCodeAt(i));
    this.len += text.length;
  }

  private separate(): void {
    if (this.comma) this.byte(0x2c);
    this.comma = true;
  }

  open(bracket: u8): void {
    this.separate();
    this.byte(bracket);
    this.comma = false;
  }

  close(bracket: u8): void {
    this.byte(bracket);
    this.comma = true;
  }

  openObject(): void {
    this.open(0x7b);
  }

  closeObject(): void {
    this.close(0x7d);
  }

  openArray(): void {
    this.open(0x5b);
  }

  closeArray(): void {
    this.close(0x5d);
  }

  /** The name of a member; its value must follow. */
  name(name: string): void {
    this.separate();
    this.quoted(name);
    this.byte(0x3a);
    this.comma = false;
  }

  string(text: string): void {
    this.separate();
    this.quoted(text);
  }

  // quoted escapes what RFC 8259 section 7 says must be escaped. Half a surrogate pair
  // becomes U+FFFD, so that the result is always valid.
  private quoted(text: string): void {
    const length = text.length;
    let to = this.room(6 * length + 2); // of a control character; three bytes are enough for any other unit
    const start = to;
    store<u8>(to++, 0x22);
    for (let i = 0; i < length; i++) {
      let c: u32 = load<u16>(changetype<usize>(text) + (<usize>i << 1));
      if (c >= 0x20 && c < 0x80 && c != 0x22 && c != 0x5c) {
        store<u8>(to++, <u8>c);
        continue;
      }
      if (c < 0x80) {
        to = escape(to, <u8>c);
        continue;
      }
      if (c >= 0xd800 && c <= 0xdfff) {
        const next: u32 = i + 1 < length ? load<u16>(changetype<usize>(text) + (<usize>(i + 1) << 1)) : 0;
        if (c < 0xdc00 && next >= 0xdc00 && next <= 0xdfff) {
          c = 0x10000 + (((c - 0xd800) << 10) | (next - 0xdc00));
          i++;
        } else {
          c = 0xfffd;
        }
      }
      to = character(to, c);
    }
    store<u8>(to++, 0x22);
    this.len += <i32>(to - start);
  }

  value(v: Value): void {
    switch (v.kind) {
      case Kind.Null:
        this.separate();
        this.ascii("null");
        break;
      case Kind.Bool:
        this.separate();
        this.ascii(v.bool ? "true" : "false");
        break;
      case Kind.Number:
        this.separate();
        this.ascii(v.text);
        break;
      case Kind.String:
        this.string(v.text);
        break;
      case Kind.Array:
        this.openArray();
        for (let i = 0; i < v.items.length; i++) this.value(v.items[i]);
        this.closeArray();
        break;
      default:
        this.openObject();
        for (let i = 0; i < v.items.length; i++) {
          this.name(v.names[i]);
          this.value(v.items[i]);
        }
        this.closeObject();
    }
  }

  strings(list: Array<string>): void {
    this.openArray();
    for (let i = 0; i < list.length; i++) this.string(list[i]);
    this.closeArray();
  }

  // Members, left out where they are empty.

  textMember(name: string, text: string): void {
    if (text.length == 0) return;
    this.name(name);
    this.string(text);
  }

  flagMember(name: string, flag: bool): void {
    if (!flag) return;
    this.name(name);
    this.ascii("true");
    this.comma = true;
  }

  intMember(name: string, n: i64): void {
    if (n == 0) return;
    this.name(name);
    this.ascii(n.toString());
    this.comma = true;
  }

  stringsMember(name: string, list: Array<string>): void {
    if (list.length == 0) return;
    this.name(name);
    this.strings(list);
  }

  objectMember(name: string, v: Value): void {
    if (v.items.length == 0) return;
    this.name(name);
    this.value(v);
  }
}

/** A value as compact JSON. */
export function stringify(v: Value): string {
  const w = new Writer();
  w.value(v);
  return w.toString();
}

// escape writes a control character, a quotation mark or a backslash.
function escape(to: usize, c: u8): usize {
  let short: u8 = 0;
  switch (c) {
    case 0x22:
    case 0x5c:
      short = c;
      break;
    case 0x08:
      short = 0x62;
      break;
    case 0x0c:
      short = 0x66;
      break;
    case 0x0a:
      short = 0x6e;
      break;
    case 0x0d:
      short = 0x72;
      break;
    case 0x09:
      short = 0x74;
      break;
  }
  store<u8>(to, 0x5c);
  if (short != 0) {
    store<u8>(to + 1, short);
    return to + 2;
  }
  store<u8>(to + 1, 0x75);
  store<u16>(to + 2, 0x3030);
  store<u8>(to + 4, 0x30 + (c >> 4));
  store<u8>(to + 5, (c & 15) < 10 ? 0x30 + (c & 15) : 0x57 + (c & 15));
  return to + 6;
}

// character writes UTF-8 of two bytes and more.
function character(to: usize, c: u32): usize {
  if (c < 0x800) {
    store<u8>(to, 0xc0 | (c >> 6));
    store<u8>(to + 1, 0x80 | (c & 0x3f));
    return to + 2;
  }
  if (c < 0x10000) {
    store<u8>(to, 0xe0 | (c >> 12));
    store<u8>(to + 1, 0x80 | ((c >> 6) & 0x3f));
    store<u8>(to + 2, 0x80 | (c & 0x3f));
    return to + 3;
  }
  store<u8>(to, 0xf0 | (c >> 18));
  store<u8>(to + 1, 0x80 | ((c >> 12) & 0x3f));
  store<u8>(to + 2, 0x80 | ((c >> 6) & 0x3f));
  store<u8>(to + 3, 0x80 | (c & 0x3f));
  return to + 4;
}
