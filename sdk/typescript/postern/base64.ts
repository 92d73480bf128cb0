// Base64 (RFC 4648 section 4).

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function encodeBase64(bytes: Uint8Array): string {
  const out = new Array<string>();
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    let three = <u32>bytes[i] << 16;
    if (left > 1) three |= <u32>bytes[i + 1] << 8;
    if (left > 2) three |= <u32>bytes[i + 2];
    out.push(DIGITS.charAt(three >> 18));
    out.push(DIGITS.charAt((three >> 12) & 63));
    out.push(left > 1 ? DIGITS.charAt((three >> 6) & 63) : "=");
    out.push(left > 2 ? DIGITS.charAt(three & 63) : "=");
  }
  return out.join("");
}

/** Whether the text is base64; decodeBase64 fails the call for another one. */
export function isBase64(text: string): bool {
  const padding = paddingOf(text);
  if (text.length % 4 != 0) return false;
  let last = 0;
  for (let i = 0; i < text.length - padding; i++) {
    last = digit(text.charCodeAt(i));
    if (last < 0) return false;
  }
  return (last & ((1 << (2 * padding)) - 1)) == 0; // bits that stand for nothing
}

export function decodeBase64(text: string): Uint8Array {
  if (!isBase64(text)) throw new Error("a text is no base64");
  const padding = paddingOf(text);
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let bits: u32 = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    bits = (bits << 6) | (i < text.length - padding ? digit(text.charCodeAt(i)) : 0);
    if (i % 4 != 3) continue;
    for (let shift = 16; shift >= 0 && at < bytes.length; shift -= 8) bytes[at++] = <u8>(bits >> shift);
    bits = 0;
  }
  return bytes;
}

function paddingOf(text: string): i32 {
  return text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
}

function digit(c: i32): i32 {
  if (c >= 0x41 && c <= 0x5a) return c - 0x41;
  if (c >= 0x61 && c <= 0x7a) return c - 0x61 + 26;
  if (c >= 0x30 && c <= 0x39) return c - 0x30 + 52;
  return c == 0x2b ? 62 : c == 0x2f ? 63 : -1;
}
