use postern::json::{parse, parse_bytes};
use postern::testing::{play, run_cases};
use postern::{base64, message, Manifest, Message, Value};

use crate::module;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors");

fn read(file: &str) -> Value {
    let text = std::fs::read_to_string(format!("{FOLDER}/{file}")).unwrap();
    text.parse().unwrap_or_else(|wrong| panic!("{file}: {wrong}"))
}

#[test]
fn cases() {
    run_cases(&module(), format!("{FOLDER}/cases"));
}

#[test]
fn describes_what_all_describe() {
    let manifests = parse(&module().describe()).unwrap();
    let texts = |list: &Value| -> Vec<String> {
        let strict = |m: &Value| Manifest::from_value_strict(m.clone()).unwrap().to_json();
        list.as_array().unwrap().iter().map(strict).collect()
    };
    assert_eq!(texts(&manifests), texts(&read("manifest.json")));
}

#[test]
fn events_are_logged() {
    let playing = play(vec![]);
    let input = br#"{"settings":{},"event":{"id":"e1","type":"signin.succeeded"}}"#;
    module().call(0, 5, input).unwrap();
    assert_eq!(playing.log(), ["signin.succeeded e1"]);
}

/// Natively nothing is put back: the step would notice a host that does not either.
#[test]
fn remembers() {
    let call = || module().call(0, 1, br#"{"settings":{"calls":["remember"]}}"#).unwrap();
    for (number, output) in (1..).zip([call(), call(), call()]) {
        assert!(output.ends_with(&format!(r#""result":[{number},{number}]}}]}}"#)), "{output}");
    }
}

message! {
    /// A text of `sdk/vectors/json`.
    struct Text {
        name: String,
        text: String,
        base64: String,
        compact: String,
    }
}

fn texts(file: &str) -> Vec<Text> {
    let list = read(file);
    let texts: Vec<Text> =
        list.as_array().unwrap().iter().map(|text| Text::from_value_strict(text.clone()).unwrap()).collect();
    assert!(texts.len() > 20, "{} has {} texts", file, texts.len());
    texts
}

#[test]
fn valid_texts() {
    for text in texts("json/valid.json") {
        match parse(&text.text) {
            Ok(value) => assert_eq!(value.to_json(), text.compact, "{}", text.name),
            Err(wrong) => panic!("{}: {wrong}", text.name),
        }
    }
}

#[test]
fn invalid_texts() {
    for text in texts("json/invalid.json") {
        let bytes = match text.base64.as_str() {
            "" => text.text.into_bytes(),
            base64 => base64::decode(base64).unwrap(),
        };
        if let Ok(value) = parse_bytes(&bytes) {
            panic!("{}: read as {}", text.name, value.to_json());
        }
    }
}
