use postern::base64::{decode, encode};

#[test]
fn both_ways() {
    // RFC 4648 section 10.
    for (bytes, text) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ] {
        assert_eq!(encode(bytes.as_bytes()), text);
        assert_eq!(decode(text), Some(bytes.as_bytes().to_vec()));
    }
    let all: Vec<u8> = (0..=255).collect();
    for end in 0..=all.len() {
        assert_eq!(decode(&encode(&all[..end])).as_deref(), Some(&all[..end]));
    }
    assert_eq!(encode(&[0xfb, 0xff]), "+/8=");
}

#[test]
fn refuses_what_is_not() {
    for text in
        ["A", "AA", "AAA", "Zg=", "Zg", "Z===", "====", "Zg==Zg==", "Zm8 ", "-_8=", "Zh==", "Zm9=", "=Zm9", "é="]
    {
        assert_eq!(decode(text), None, "{text}");
    }
}
