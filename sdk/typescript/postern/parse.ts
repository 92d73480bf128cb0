// The parser of JSON. It refuses what parsers disagree about (abi.md section 6).

import { JsonObject, Kind, Value } from "./value";

/** How deep arrays and objects may be nested. */
export const MAX_DEPTH: i32 = 64;
/** How long a number may be written. */
export const MAX_NUMBER: i32 = 64;

/** Where a text is no JSON, and why; what is empty where nothing is wrong. It never
 * quotes the text, which may be personal. */
export class Mistake {
  what: string = "";
  /** In bytes of UTF-8. */
  offset: i32 = 0;
}

/** Reads one JSON value (RFC 8259). It refuses members of the same name, halves of
 * surrogate pairs, and anything after the value. Null: the text is wrong, and mistake
 * says why. */
export function parse(text: string, mistake: Mistake | null = null): Value | null {
  const bytes = String.UTF8.encode(text, false);
  return parseBytes(changetype<usize>(bytes), bytes.byteLength, mistake);
}

/** Is parse for UTF-8 in memory, and refuses what is not UTF-8. */
export function parseBytes(ptr: usize, len: i32, mistake: Mistake | null = null): Value | null {
  const r = new Reader(ptr, len);
  const v = r.value();
  r.space();
  if (r.pos < r.end) r.fail("text after the value");
  if (mistake !== null) {
    mistake.what = r.what;
    mistake.offset = r.offset;
  }
  return r.what.length == 0 ? v : null;
}

const MANY: i32 = 32;

// Reader reads values off a text. The first mistake sticks and moves to the end, so
// that it is looked at once.
class Reader {
  pos: usize;
  end: usize;
  what: string = "";
  offset: i32 = 0;
  private depth: i32 = 0;

  constructor(private start: usize, len: i32) {
    this.pos = start;
    this.end = start + len;
  }

  fail(what: string): void {
    if (this.what.length == 0) {
      this.what = what;
      this.offset = <i32>(this.pos - this.start);
    }
    this.pos = this.end;
  }

  space(): void {
    let pos = this.pos;
    while (pos < this.end) {
      const c = load<u8>(pos);
      if (c != 0x20 && c != 0x09 && c != 0x0a && c != 0x0d) break;
      pos++;
    }
    this.pos = pos;
  }

  private at(c: u8): bool {
    return this.pos < this.end && load<u8>(this.pos) == c;
  }

  // take steps over c, after space.
  private take(c: u8): bool {
    this.space();
    if (!this.at(c)) return false;
    this.pos++;
    return true;
  }

  value(): Value {
    this.space();
    switch (this.pos < this.end ? load<u8>(this.pos) : 0) {
      case 0x7b: // {
        return this.object();
      case 0x5b: // [
        return this.array();
      case 0x22: // "
        return Value.string(this.string());
      case 0x74: // t
        return this.word("true", Value.bool(true));
      case 0x66: // f
        return this.word("false", Value.bool(false));
      case 0x6e: // n
        return this.word("null", Value.null());
      default:
        return Value.number(this.number());
    }
  }

  private word(word: string, v: Value): Value {
    for (let i = 0; i < word.length; i++, this.pos++) {
      if (!this.at(<u8>word.charCodeAt(i))) {
        this.fail("a value is expected");
        break;
      }
    }
    return v;
  }

  // enter opens an array or an object, and says whether it has elements.
  private enter(open: u8, close: u8): bool {
    if (!this.take(open)) {
      this.fail("a value is expected");
      return false;
    }
    if (++this.depth > MAX_DEPTH) {
      this.fail("nested too deep");
      return false;
    }
    if (this.take(close)) {
      this.depth--;
      return false;
    }
    return true;
  }

  // next stands after an element and says whether another follows.
  private next(close: u8): bool {
    if (this.take(0x2c)) return true;
    if (!this.take(close)) this.fail("a comma or the end is expected");
    this.depth--;
    return false;
  }

  private array(): Value {
    const items = new Array<Value>();
    for (let more = this.enter(0x5b, 0x5d); more; more = this.next(0x5d)) items.push(this.value());
    return Value.array(items);
  }

  private object(): JsonObject {
    const o = new JsonObject();
    let seen: Set<string> | null = null; // where there are many names
    for (let more = this.enter(0x7b, 0x7d); more; more = this.next(0x7d)) {
      this.space();
      const name = this.string();
      if (seen === null && o.length >= MANY) {
        seen = new Set<string>();
        for (let i = 0; i < o.length; i++) seen.add(o.names[i]);
      }
      if (seen !== null ? seen.has(name) : o.has(name)) this.fail("a member appears twice");
      if (seen !== null) seen.add(name);
      if (!this.take(0x3a)) this.fail("a colon is expected");
      o.append(name, this.value());
    }
    return o;
  }

  private string(): string {
    if (!this.take(0x22)) {
      this.fail("a string is expected");
      return "";
    }
    const start = this.pos;
    let pos = start;
    let ascii = true;
    let escapes = false;
    for (; pos < this.end; pos++) {
      const c = load<u8>(pos);
      if (c == 0x22) break;
      if (c < 0x20) {
        this.pos = pos;
        this.fail("a control character in a string");
        return "";
      }
      if (c == 0x5c) {
        escapes = true;
        pos++; // what follows is no end
      } else if (c >= 0x80) {
        ascii = false;
      }
    }
    if (pos >= this.end) {
      this.fail("a string without end");
      return "";
    }
    const length = <i32>(pos - start);
    if (!ascii && !this.utf8(start, pos)) return "";
    if (escapes) return this.escaped(pos);
    this.pos = pos + 1;
    return ascii ? fromASCII(start, length) : String.UTF8.decodeUnsafe(start, length);
  }

  // utf8 checks a range (RFC 3629 section 4): no overlong form, no surrogate, nothing
  // above U+10FFFF.
  private utf8(from: usize, to: usize): bool {
    while (from < to) {
      const c = load<u8>(from);
      const size: usize = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
      let ok = size > 0 && size <= to - from;
      for (let i: usize = 1; ok && i < size; i++) ok = (load<u8>(from + i) & 0xc0) == 0x80;
      if (ok && size > 2) {
        const second = load<u8>(from + 1);
        ok = !((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) || (c == 0xf0 && second < 0x90) || (c == 0xf4 && second > 0x8f));
      }
      if (!ok) {
        this.pos = from;
        this.fail("not UTF-8");
        return false;
      }
      from += size;
    }
    return true;
  }

  // escaped reads a string with escapes, which is valid UTF-8 and ends at end. It is made
  // in one piece, of at most as many units as it has bytes.
  private escaped(end: usize): string {
    // @ts-ignore: of the runtime
    const out = __new((end - this.pos) << 1, idof<string>());
    let to = out;
    while (this.pos < end) {
      const code = load<u8>(this.pos) == 0x5c ? this.escape() : this.character();
      if (this.what.length > 0) return "";
      if (code < 0x10000) {
        store<u16>(to, <u16>code);
        to += 2;
      } else {
        store<u16>(to, <u16>(0xd7c0 + (code >> 10)));
        store<u16>(to + 2, <u16>(0xdc00 | (code & 0x3ff)));
        to += 4;
      }
    }
    if (this.pos != end) {
      this.fail("a string without end");
      return "";
    }
    this.pos = end + 1;
    // @ts-ignore: of the runtime
    return changetype<string>(__renew(out, to - out));
  }

  // character reads one of UTF-8, which was checked.
  private character(): u32 {
    const p = this.pos;
    const c: u32 = load<u8>(p);
    if (c < 0x80) {
      this.pos += 1;
      return c;
    }
    const second: u32 = load<u8>(p + 1) & 0x3f;
    if (c < 0xe0) {
      this.pos += 2;
      return ((c & 0x1f) << 6) | second;
    }
    const third: u32 = load<u8>(p + 2) & 0x3f;
    if (c < 0xf0) {
      this.pos += 3;
      return ((c & 0x0f) << 12) | (second << 6) | third;
    }
    this.pos += 4;
    return ((c & 0x07) << 18) | (second << 12) | (third << 6) | (load<u8>(p + 3) & 0x3f);
  }

  // escape reads a backslash and what follows it.
  private escape(): u32 {
    const c: u32 = load<u8>(this.pos + 1);
    this.pos += 2;
    switch (c) {
      case 0x22:
      case 0x5c:
      case 0x2f:
        return c;
      case 0x62:
        return 0x08;
      case 0x66:
        return 0x0c;
      case 0x6e:
        return 0x0a;
      case 0x72:
        return 0x0d;
      case 0x74:
        return 0x09;
      case 0x75:
        return this.unicode();
      default:
        this.fail("an unknown escape");
        return 0;
    }
  }

  // unicode reads the digits of \u, and the second half of a surrogate pair. Half a
  // pair has no UTF-8 form (RFC 8259 section 8.2).
  private unicode(): u32 {
    const first = this.hex4();
    if (first < 0xd800 || first > 0xdfff) return first;
    if (first < 0xdc00 && this.end - this.pos >= 2 && load<u16>(this.pos) == 0x755c) {
      this.pos += 2;
      const second = this.hex4();
      if (second >= 0xdc00 && second <= 0xdfff) return 0x10000 + (((first - 0xd800) << 10) | (second - 0xdc00));
    }
    this.fail("half a surrogate pair");
    return 0;
  }

  private hex4(): u32 {
    let code: u32 = 0;
    for (let i = 0; i < 4; i++, this.pos++) {
      const c: u32 = this.pos < this.end ? load<u8>(this.pos) : 0;
      const low = c | 0x20;
      if (c >= 0x30 && c <= 0x39) code = (code << 4) | (c - 0x30);
      else if (low >= 0x61 && low <= 0x66) code = (code << 4) | (low - 0x61 + 10);
      else {
        this.fail("four hexadecimal digits are expected");
        return 0;
      }
    }
    return code;
  }

  private digits(): void {
    const start = this.pos;
    while (this.pos < this.end && <u8>(load<u8>(this.pos) - 0x30) <= 9) this.pos++;
    if (this.pos == start) this.fail("a digit is expected");
  }

  // number checks the grammar of RFC 8259 section 6: no NaN, no infinity, no leading
  // zero.
  private number(): string {
    const start = this.pos;
    if (this.at(0x2d)) this.pos++;
    if (this.at(0x30)) this.pos++;
    else if (this.pos >= this.end || <u8>(load<u8>(this.pos) - 0x30) > 9) this.fail("a value is expected");
    else this.digits();
    if (this.at(0x2e)) {
      this.pos++;
      this.digits();
    }
    if (this.at(0x65) || this.at(0x45)) {
      this.pos++;
      if (this.at(0x2b) || this.at(0x2d)) this.pos++;
      this.digits();
    }
    if (this.what.length > 0) return "0";
    const length = <i32>(this.pos - start);
    if (length > MAX_NUMBER) {
      this.fail("the number is too long");
      return "0";
    }
    return fromASCII(start, length);
  }
}

/** fromASCII makes a string of bytes below 0x80. */
function fromASCII(ptr: usize, length: i32): string {
  if (length == 0) return "";
  // @ts-ignore: of the runtime
  const out = __new(<usize>length << 1, idof<string>());
  for (let i = 0; i < length; i++) store<u16>(out + (<usize>i << 1), load<u8>(ptr + i));
  return changetype<string>(out);
}
