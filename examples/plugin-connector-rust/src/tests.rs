use postern::{object, testing, CapabilityError, Code, HostCall, PasswordInput, PasswordOutput, Result, HTTP_FETCH};
use postern::{FetchAnswer, FetchRequest, FetchResponse, Message};

use crate::{account, module, password};

#[test]
fn cases() {
    testing::run_cases(&module(), "cases");
}

fn typed(name: &str, secret: &str) -> PasswordInput {
    let settings = object! { "url": "https://matrix.example", "server_name": "example" };
    PasswordInput { settings: settings.into(), name: name.into(), password: secret.into(), ..PasswordInput::default() }
}

/// What comes of a login that the homeserver answers so.
fn answered(status: u16, body: &str) -> Result<PasswordOutput> {
    let mut sample = module().manifests().remove(0).samples.remove(1);
    let request = FetchRequest::from_value(&sample.calls.remove(0).request).unwrap();
    let response = FetchResponse { status, body: body.into(), ..FetchResponse::default() };
    let answer = FetchAnswer { responses: vec![response] };
    let _playing = testing::play(vec![HostCall::new(HTTP_FETCH, &request, &answer)]);
    password(&typed("a", "p"))
}

#[test]
fn knows_a_refusal_from_a_failure() {
    for (status, body, want) in [
        (403, r#"{"errcode":"M_FORBIDDEN","error":"Invalid username or password"}"#, "no such name"),
        (403, r#"{"errcode":"M_USER_DEACTIVATED"}"#, "deactivated"),
    ] {
        let output = answered(status, body).unwrap();
        assert!(output.deny && output.identity.is_none() && output.reason.contains(want), "{output:?}");
    }
    for (status, body, want) in [
        (403, "{}", "status 403 "),
        (403, "<html>alice</html>", "status 403 "),
        (403, r#"{"errcode":"alice@example.com"}"#, "status 403 "),
        (429, r#"{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":2000}"#, "status 429 M_LIMIT_EXCEEDED"),
        (500, r#"{"errcode":"M_FORBIDDEN"}"#, "status 500 M_FORBIDDEN"),
        (302, "", "status 302 "),
        (200, "", "without an access token"),
        (200, r#"{"user_id":"@a:example"}"#, "without an access token"),
        (200, r#"{"user_id":"@a:example","access_token":7}"#, "without an access token"),
    ] {
        let error = answered(status, body).unwrap_err().to_string();
        assert!(error.contains(want) && !error.contains("alice"), "{status} {body}: {error}");
    }
}

#[test]
fn fails_as_the_host_does() {
    let mut sample = module().manifests().remove(0).samples.remove(1);
    let request = FetchRequest::from_value(&sample.calls.remove(0).request).unwrap();
    let denied = CapabilityError::new(Code::Denied, "grant it");
    let _playing = testing::play(vec![HostCall::failing(HTTP_FETCH, &request, denied)]);
    assert_eq!(password(&typed("a", "p")).unwrap_err().to_string(), "denied: grant it");
}

#[test]
fn asks_for_nobody_elsewhere() {
    let _playing = testing::play(Vec::new());
    for (name, secret) in [
        ("", "p"),
        ("a", ""),
        ("@a:elsewhere", "p"),
        ("@a:example:8448", "p"),
        ("@:example", "p"),
        ("@a", "p"),
        ("a:example", "p"),
        ("a@", "p"),
    ] {
        let output = password(&typed(name, secret)).unwrap();
        assert!(output.deny, "{name:?}");
    }
}

#[test]
fn names() {
    for (typed, want) in [
        ("alice", Some(r#"{"type":"m.id.user","user":"alice"}"#)),
        ("@alice:example", Some(r#"{"type":"m.id.user","user":"@alice:example"}"#)),
        ("a@b.example", Some(r#"{"type":"m.id.thirdparty","medium":"email","address":"a@b.example"}"#)),
        ("@alice:elsewhere", None),
    ] {
        let got = account::identifier(typed, "example").map(|user| user.to_json());
        assert_eq!(got.as_deref(), want, "{typed}");
    }
    for (name, want) in [
        ("@a:example", Some("a")),
        ("@a:example:8448", None),
        ("@a:evil", None),
        ("@:example", None),
        ("a:example", None),
        ("", None),
    ] {
        assert_eq!(account::local_part(name, "example"), want, "{name}");
    }
    assert_eq!(account::local_part("@a:b:1", "b:1"), Some("a"));
    assert_eq!(account::escape("@ä/../x:e.y"), "%40%C3%A4%2F%2E%2E%2Fx%3Ae%2Ey");
}
