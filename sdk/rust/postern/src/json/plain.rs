/// How many bytes of a text stand in a JSON string as they are: up to the first
/// control character, quotation mark or backslash. It looks at eight bytes at a
/// time: a guest pays for each turn of a loop.
pub(super) fn plain_length(text: &[u8]) -> usize {
    let mut words = text.chunks_exact(8);
    let mut length = 0;
    for word in &mut words {
        let found = special(u64::from_le_bytes(word.try_into().unwrap_or_default()));
        if found != 0 {
            return length + found.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    length + words.remainder().iter().take_while(|&&b| b >= b' ' && b != b'"' && b != b'\\').count()
}

/// The high bit of each byte that is one of those, except that those after the first
/// may be wrong.
fn special(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let quote = word ^ (ONES * u64::from(b'"'));
    let slash = word ^ (ONES * u64::from(b'\\'));
    (below(word, b' ') | below(quote, 1) | below(slash, 1)) & HIGH
}

#[cfg(test)]
mod tests {
    use super::plain_length;

    #[test]
    fn each_byte_at_each_place() {
        for byte in 0..=255 {
            for at in 0..20 {
                for other in [b'a', 0xff, 0x80, b'!', b'#'] {
                    let mut text = [other; 20];
                    text[at] = byte;
                    let plain = byte >= b' ' && byte != b'"' && byte != b'\\';
                    let want = if plain { text.len() } else { at };
                    assert_eq!(plain_length(&text), want, "{byte:#x} at {at} among {other:#x}");
                }
            }
        }
    }

    #[test]
    fn the_first_of_several() {
        assert_eq!(plain_length(b"ab\"\\\n\0cdefgh"), 2);
        assert_eq!(plain_length(b"abcdefg\x00\x01"), 7);
        assert_eq!(plain_length(b""), 0);
    }
}
