use postern::{object, testing, Message, ScopeInput, ScopeOutput, User, Value};

use crate::{domain, module, scopes};

#[test]
fn cases() {
    testing::run_cases(&module(), "cases");
}

/// What is decided of somebody who asks for openid and profile.
fn decide(settings: impl Into<Value>, email: &str, email_verified: bool) -> String {
    let input = ScopeInput {
        settings: settings.into(),
        user: User { id: "u1".into(), email: email.into(), email_verified, ..User::default() },
        scopes: vec!["openid".into(), "profile".into()],
        ..ScopeInput::default()
    };
    scopes(&input).unwrap().to_json()
}

const AS_ASKED: &str = "{}";

#[test]
fn decides() {
    let strict = || object! { "domains": vec!["example.com"], "reason": "Staff only." };
    let lenient = || object! { "domains": vec!["example.com", "*.example.org"], "others": vec!["email", "openid"] };
    let refused = ScopeOutput::deny("Staff only.").to_json();
    let narrowed = r#"{"scopes":["openid"]}"#;
    for (settings, email, verified, want) in [
        (strict(), "alice@example.com", true, AS_ASKED),
        (strict(), "alice@EXAMPLE.com", true, AS_ASKED),
        (strict(), "alice@example.com", false, &refused),
        (strict(), "alice@sub.example.com", true, &refused),
        (strict(), "alice@notexample.com", true, &refused),
        (strict(), "alice@example.com.", true, &refused),
        (strict(), "alice@example.com@evil.example", true, &refused),
        (strict(), "@example.com", true, &refused),
        (strict(), "example.com", true, &refused),
        (strict(), "", true, &refused),
        (lenient(), "alice@a.b.example.org", true, AS_ASKED),
        (lenient(), "alice@example.org", true, narrowed),
        (lenient(), "alice@a.example.org", false, narrowed),
        (lenient(), "bob@elsewhere.example", true, narrowed),
    ] {
        assert_eq!(decide(settings, email, verified), want, "{email}, verified: {verified}");
    }
}

#[test]
fn nobody_of_the_others_may_have_anything() {
    let settings = object! { "domains": vec!["example.com"], "others": Value::Array(vec![]) };
    assert_eq!(decide(settings, "bob@elsewhere.example", true), r#"{"scopes":[]}"#);
}

#[test]
fn a_client_that_acts_for_itself_is_left_alone() {
    let input = ScopeInput { settings: object! { "domains": vec!["example.com"] }.into(), ..ScopeInput::default() };
    assert_eq!(scopes(&input).unwrap(), ScopeOutput::default());
}

#[test]
fn patterns() {
    for (pattern, domain, want) in [
        ("example.com", "example.com", true),
        ("example.com", "a.example.com", false),
        ("*.example.com", "a.Example.COM", true),
        ("*.example.com", "example.com", false),
        ("*.example.com", ".example.com", false),
        ("*.example.com", "aexample.com", false),
        ("*.example.com", "com", false),
        ("*.example.com", "", false),
        ("*.é.example", "a.é.example", true),
        ("*.e.example", "ééééé", false),
        ("*", "example.com", false),
        ("*com", "example.com", false),
    ] {
        assert_eq!(domain::matches(pattern, domain), want, "{pattern} and {domain}");
    }
}
