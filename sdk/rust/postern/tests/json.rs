use postern::json::{parse, parse_bytes, MAX_DEPTH, MAX_NUMBER};
use postern::{object, Number, Object, Value};

fn deep(n: usize) -> String {
    "[".repeat(n) + &"]".repeat(n)
}

fn many_members(n: usize, last: &str) -> String {
    let members: Vec<String> = (0..n).map(|i| format!(r#""m{i}":{i}"#)).collect();
    format!(r#"{{{},"{last}":0}}"#, members.join(","))
}

#[test]
fn reads_and_writes() {
    let deepest = deep(MAX_DEPTH);
    for (text, compact) in [
        ("null", "null"),
        (" true ", "true"),
        ("\tfalse\r\n", "false"),
        ("\"a\"", "\"a\""),
        ("0", "0"),
        ("-0.50e+10", "-0.50e+10"),
        ("12345678901234567890", "12345678901234567890"),
        ("[ ]", "[]"),
        ("{ }", "{}"),
        ("[1 , \"x\",[null]]", "[1,\"x\",[null]]"),
        ("{ \"b\" : 1 ,\"a\":{\"c\":[]}}", "{\"b\":1,\"a\":{\"c\":[]}}"),
        (r#""\u0041\n\/\"\\\u00e9\b\f\r\t""#, r#""A\n/\"\\é\b\f\r\t""#),
        (r#""\ud83d\ude00 \uD83D\uDE00""#, "\"😀 😀\""),
        (r#""\u0000\u001f\u007f""#, "\"\\u0000\\u001f\u{7f}\""),
        (r#"{"":"","\u0061":"R&D<>"}"#, r#"{"":"","a":"R&D<>"}"#),
        (&deepest, &deepest),
    ] {
        match parse(text) {
            Ok(value) => assert_eq!(value.to_json(), compact, "{text}"),
            Err(wrong) => panic!("{text}: {wrong}"),
        }
    }
}

#[test]
fn refuses() {
    let long = "1".repeat(MAX_NUMBER + 1);
    let (deeper, deepest) = (deep(MAX_DEPTH + 1), "[".repeat(1_000_000));
    let (few, many) = (many_members(10, "m7"), many_members(100, "m7"));
    for (offset, text, what) in [
        (0, "", "a value is expected"),
        (1, " ", "a value is expected"),
        (3, "{} {}", "text after the value"),
        (5, "{\"a\":NaN}", "a value is expected"),
        (1, "-Infinity", "a value is expected"),
        (1, "01", "text after the value"),
        (0, "+1", "a value is expected"),
        (2, "1.", "a digit is expected"),
        (2, "1e", "a digit is expected"),
        (0, &long, "the number is too long"),
        (13, "{\"a\":1,\"a\":2}", "a member appears twice"),
        (18, "{\"a\":1,\"\\u0061\":2}", "a member appears twice"),
        (few.len(), &few, "a member appears twice"),
        (many.len(), &many, "a member appears twice"),
        (7, "\"\\ud83d\"", "half a surrogate pair"),
        (13, "\"\\ud83d\\ud83d\"", "half a surrogate pair"),
        (7, "\"\\ude00\"", "half a surrogate pair"),
        (8, "\"\\ud83d\\n\"", "half a surrogate pair"),
        (2, "\"a\nb\"", "a control character in a string"),
        (2, "\"\\x41\"", "an unknown escape"),
        (5, "\"\\u00", "four hexadecimal digits are expected"),
        (3, "\"\\u+041\"", "four hexadecimal digits are expected"),
        (2, "\"\\", "a string without end"),
        (4, "\"abc", "a string without end"),
        (4, "\"\\na", "a string without end"),
        (6, "{\"a\":1", "a comma or the end is expected"),
        (3, "[1,]", "a value is expected"),
        (7, "{\"a\":1,}", "a member name is expected"),
        (5, "{\"a\" 1}", "a colon is expected"),
        (5, "{\"a\":}", "a value is expected"),
        (1, "{a:1}", "a member name is expected"),
        (0, "\u{feff}{}", "a value is expected"),
        (0, "nul", "a value is expected"),
        (MAX_DEPTH + 1, &deeper, "nested too deep"),
        (MAX_DEPTH + 1, &deepest, "nested too deep"),
    ] {
        let shown = &text[..text.len().min(40)];
        match parse(text) {
            Ok(value) => panic!("{shown} is read as {}", value.to_json()),
            Err(wrong) => assert_eq!((wrong.offset, wrong.what), (offset, what), "{shown}"),
        }
    }
}

#[test]
fn refuses_what_is_not_utf8() {
    for (offset, bytes) in [(1, &b"\"\xff\""[..]), (1, b"\"\xed\xa0\x80\""), (2, b"\"a\xc0\xaf\""), (0, b"\xef\xbb")] {
        let wrong = parse_bytes(bytes).unwrap_err();
        assert_eq!((wrong.offset, wrong.what), (offset, "not UTF-8"));
    }
    assert_eq!(parse_bytes("\"é\"".as_bytes()), Ok("é".into()));
}

#[test]
fn errors_do_not_quote_the_text() {
    let wrong = parse(r#"{"secret":"hunter2","secret":"hunter2"}"#).unwrap_err().to_string();
    assert_eq!(wrong, "byte 39: a member appears twice");
}

#[test]
fn objects_keep_their_order() {
    let mut object = object! { "z": 1, "a": true, "m": "x" };
    object.set("a", -7);
    assert_eq!(object.remove("z"), Some(1.into()));
    assert_eq!(object.remove("absent"), None);
    object.set("z", Value::Null);
    assert_eq!(object.to_json(), r#"{"a":-7,"m":"x","z":null}"#);
    assert_eq!((object.len(), object.is_empty()), (3, false));
    assert_eq!((object.get_str("m"), object.get_str("a"), object.get_str("b")), (Some("x"), None, None));
    let collected: Object = [("b", 1), ("a", 2), ("b", 3)].into_iter().collect();
    assert_eq!(collected.to_json(), r#"{"b":3,"a":2}"#);
}

#[test]
fn values_of_what_rust_has() {
    let list = vec!["a".to_string(), "b".into()];
    let object = object! {
        "vec": &list, "slice": list.as_slice(), "none": None::<&str>, "some": Some("x"), "u64": u64::MAX, "i8": -1i8,
        "object": &object! { "x": 1 }, "value": &Value::Bool(false), "number": Number::from_text("1.50"),
    };
    let json = r#"{"vec":["a","b"],"slice":["a","b"],"none":null,"some":"x","u64":18446744073709551615,"i8":-1,"object":{"x":1},"value":false,"number":1.50}"#;
    assert_eq!(object.to_json(), json);
}

#[test]
fn accessors_know_the_kind() {
    let value = parse(r#"{"n":12,"f":1.5,"e":1e2,"s":"x","l":["a",1,"b"],"t":true,"o":{"p":null}}"#).unwrap();
    let get = |name| value.get(name).unwrap();
    assert_eq!(
        (get("n").as_i64(), get("f").as_i64(), get("e").as_i64(), get("s").as_i64()),
        (Some(12), None, None, None)
    );
    assert_eq!((get("s").as_str(), get("n").as_str()), (Some("x"), None));
    assert_eq!((get("t").as_bool(), get("s").as_bool()), (Some(true), None));
    assert_eq!(get("l").strings().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(get("s").strings().count(), 0);
    assert_eq!((get("o").get("p"), get("o").get("q"), get("l").get("p")), (Some(&Value::Null), None, None));
    assert_eq!(get("l").as_array().map(<[Value]>::len), Some(3));
}

#[test]
fn numbers_are_texts() {
    for text in ["", "01", "1.", ".5", "+1", "1e", "NaN", "1 ", "0x1", "--1"] {
        assert_eq!(Number::from_text(text), None, "{text}");
    }
    let number = |text| Number::from_text(text).unwrap();
    assert_eq!(number("-1.50").as_str(), "-1.50");
    assert_eq!((number("-1.50").as_f64(), number("1e400").as_f64()), (Some(-1.5), None));
    assert_eq!(
        (number("9223372036854775807").as_i64(), number("9223372036854775808").as_i64()),
        (Some(i64::MAX), None)
    );
    assert_eq!(Number::from_text(&"1".repeat(MAX_NUMBER + 1)), None);
}

/// Whatever is read is written in a form that is read as the same; and nothing makes
/// the parser panic.
#[test]
fn mutated_texts() {
    let seeds = [
        r#"{"a":[1,"x",null,true,{"b":-1.5e3}],"é\u00e9":"\ud83d\ude00\"\\"}"#,
        r#"{"user":{"name":"alice","groups":["R&D","\n"]},"claims":{"exp":1099511627776,"deep":[[[[]]]]}}"#,
        "[[],{},\"\",0,-0,1E+2,false]",
    ];
    let alphabet = b"{}[]\",:\\u0dD8+-.eEtrfalsn \n\x00\xff\xc3\xa9";
    let mut state = 1u32; // xorshift, so that every run tries the same texts
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as usize % below
    };
    let mut read = 0;
    for round in 0..50_000 {
        let mut text = seeds[round % seeds.len()].as_bytes().to_vec();
        for _ in 0..1 + random(3) {
            let at = random(text.len().max(1));
            match random(4) {
                0 if !text.is_empty() => text[at] = alphabet[random(alphabet.len())],
                1 if !text.is_empty() => drop(text.remove(at)),
                2 => text.truncate(at + 1),
                _ => text.insert(at.min(text.len()), alphabet[random(alphabet.len())]),
            }
        }
        if let Ok(value) = parse_bytes(&text) {
            read += 1;
            let written = value.to_json();
            let again = parse(&written).unwrap_or_else(|wrong| panic!("{wrong} in {written}"));
            assert_eq!(again, value);
            assert_eq!(again.to_json(), written);
        }
    }
    assert!((1000..40_000).contains(&read), "{read} texts were read");
}
