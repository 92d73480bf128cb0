use postern::{object, testing, ClaimsInput, Message, Object, Target, User};

use crate::{claims, module};

/// Runs the files in cases, as `postern plugin test` does in the sandbox.
#[test]
fn cases() {
    testing::run_cases(&module(), "cases");
}

#[test]
fn departments() {
    let added = r#"{"set":{"department":"R&D"}}"#;
    assert_eq!(claims_of(Target::IdToken, "department"), added);
    assert_eq!(claims_of(Target::IdToken, "floor"), "{}");
    assert_eq!(claims_of(Target::AccessToken, "department"), "{}");
}

/// What is said of a person who has that one attribute.
fn claims_of(target: Target, attribute: &str) -> String {
    let user = User {
        attributes: object! { attribute: "R&D" },
        ..User::default()
    };
    let input = ClaimsInput {
        target,
        user,
        settings: Object::new().into(),
        ..ClaimsInput::default()
    };
    claims(&input).unwrap().to_json()
}
