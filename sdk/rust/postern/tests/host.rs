//! Every capability: the request that is written, the answer that is read, and the
//! error.

use std::panic;
use std::time::Duration;

use postern::host::Answer;
use postern::testing::play;
use postern::*;

const DENIED: &str = r#"{"error":{"code":"denied","message":"not granted"}}"#;

fn call(capability: &str, request: &str, answer: &str) -> HostCall {
    HostCall { capability: capability.into(), request: request.parse().unwrap(), answer: answer.parse().unwrap() }
}

/// Checks a function by an answer and by an error.
fn check<T: std::fmt::Debug + PartialEq>(
    capability: &str,
    request: &str,
    answer: &str,
    want: T,
    function: impl Fn() -> Answer<T>,
) {
    let playing = play(vec![call(capability, request, answer), call(capability, request, DENIED)]);
    assert_eq!(function(), Ok(want));
    assert_eq!(function(), Err(CapabilityError::new(Code::Denied, "not granted")));
    drop(playing);
}

#[test]
fn fetches() {
    let request = r#"{"requests":[{"url":"https://a.example/","headers":{"accept":"text/plain"},"secrets":[{"header":"x-key","name":"key"}]}]}"#;
    let answer = r#"{"responses":[{"status":200,"headers":{"content-type":"text/plain"},"body":"{\"a\":1}"}]}"#;
    let want = FetchResponse {
        status: 200,
        headers: object! { "content-type": "text/plain" },
        body: r#"{"a":1}"#.into(),
        ..FetchResponse::default()
    };
    assert_eq!(want.header("content-type"), Some("text/plain"));
    assert_eq!(want.json(), Ok(object! { "a": 1 }.into()));
    assert_eq!(want.bytes(), Some(want.body.clone().into_bytes()));
    check(HTTP_FETCH, request, answer, want, || {
        fetch(Fetch::get("https://a.example/").header("accept", "text/plain").secret("x-key", "", "key"))
    });
}

#[test]
fn fetches_side_by_side() {
    let request = r#"{"requests":[{"method":"POST","url":"https://a.example/","headers":{"content-type":"application/json"},"body":"[1]"},{"method":"PUT","url":"https://b.example/","body_base64":"AP8="}]}"#;
    let answer = r#"{"responses":[{"error":{"code":"timeout","message":"slow"}},{"status":204,"body_base64":"AP8="}]}"#;
    let second = FetchResponse { status: 204, body_base64: "AP8=".into(), ..FetchResponse::default() };
    assert_eq!(second.bytes(), Some(vec![0, 255]));
    let want = vec![Err(CapabilityError::new(Code::Timeout, "slow")), Ok(second)];
    check(HTTP_FETCH, request, answer, want, || {
        let put = Fetch { method: "PUT".into(), ..Fetch::get("https://b.example/").bytes(&[0, 255]) };
        fetch_all(vec![Fetch::post_json("https://a.example/", vec![1]), put])
    });
}

#[test]
fn one_response_has_its_own_error() {
    let request = r#"{"requests":[{"url":"u"}]}"#;
    let playing = play(vec![
        call(HTTP_FETCH, request, r#"{"responses":[{"error":{"code":"too_large","message":"m"}}]}"#),
        call(HTTP_FETCH, request, r#"{"responses":[]}"#),
    ]);
    assert_eq!(fetch(Fetch::get("u")), Err(CapabilityError::new(Code::TooLarge, "m")));
    assert_eq!(fetch(Fetch::get("u")), Err(CapabilityError::new(Code::Unavailable, "no response")));
    drop(playing);
}

#[test]
fn verifies_tokens() {
    let want = JwtVerifyAnswer { header: object! { "alg": "ES256" }, claims: object! { "sub": "s" } };
    let answer = r#"{"header":{"alg":"ES256"},"claims":{"sub":"s"}}"#;
    check(JWT_VERIFY, r#"{"token":"t","issuer":"i","leeway":5}"#, answer, want, || {
        verify_jwt(&JwtVerifyRequest {
            token: "t".into(),
            issuer: "i".into(),
            leeway: 5,
            ..JwtVerifyRequest::default()
        })
    });
}

#[test]
fn keeps_values() {
    let minute = Duration::from_secs(60);
    check(KV, r#"{"op":"get","key":"k"}"#, r#"{"found":true}"#, Some(String::new()), || kv_get("k"));
    check(KV, r#"{"op":"get","key":"k"}"#, "{}", None, || kv_get("k"));
    check(KV, r#"{"op":"set","key":"k","value":"v","ttl":60}"#, "{}", false, || kv_set("k", "v", minute));
    check(KV, r#"{"op":"add","key":"k","value":"v","ttl":60}"#, r#"{"found":true}"#, true, || kv_add("k", "v", minute));
    check(KV, r#"{"op":"delete","key":"k"}"#, r#"{"found":true}"#, true, || kv_delete("k"));
    let forever = r#"{"op":"set","key":"k","value":"v","ttl":4294967295}"#;
    check(KV, forever, "{}", false, || kv_set("k", "v", Duration::from_secs(u64::MAX)));
}

#[test]
fn reads_secrets() {
    check(SECRET_GET, r#"{"name":"key"}"#, r#"{"value":"s3"}"#, "s3".to_string(), || secret("key"));
}

#[test]
fn exchanges_codes() {
    let want = OidcExchangeAnswer {
        claims: object! { "sub": "s" },
        userinfo: object! { "sub": "s", "x": 1 },
        scope: "openid".into(),
    };
    let answer = r#"{"claims":{"sub":"s"},"userinfo":{"sub":"s","x":1},"scope":"openid"}"#;
    check(OIDC_EXCHANGE, r#"{"issuer":"i","client_id":"c","userinfo":true}"#, answer, want, || {
        exchange_oidc(&OidcExchangeRequest {
            issuer: "i".into(),
            client_id: "c".into(),
            userinfo: true,
            ..OidcExchangeRequest::default()
        })
    });
    let want = OauthExchangeAnswer { token_type: "bearer".into(), scope: "repo".into(), expires_in: 3600 };
    let answer = r#"{"token_type":"bearer","scope":"repo","expires_in":3600}"#;
    check(OAUTH_EXCHANGE, r#"{"token_endpoint":"e","client_id":"c","secret":"key"}"#, answer, want, || {
        exchange_oauth(&OauthExchangeRequest {
            token_endpoint: "e".into(),
            client_id: "c".into(),
            secret: "key".into(),
            ..OauthExchangeRequest::default()
        })
    });
}

#[test]
fn asks_directories() {
    let server = LdapServer { url: "ldaps://d.example:636".into(), ..LdapServer::default() };
    let request = r#"{"server":{"url":"ldaps://d.example:636"},"dn":"uid=a","password":"p"}"#;
    let bind = LdapBindRequest { server: server.clone(), dn: "uid=a".into(), password: "p".into() };
    check(LDAP_BIND, request, r#"{"ok":true}"#, true, || ldap_bind(&bind));
    check(LDAP_BIND, request, "{}", false, || ldap_bind(&bind));

    let request =
        r#"{"server":{"url":"ldaps://d.example:636"},"base_dn":"dc=x","filter":"(uid={0})","values":["a*"],"limit":2}"#;
    let answer = r#"{"entries":[{"dn":"uid=a","attributes":{"mail":["a@x"]}}],"truncated":true}"#;
    let entry = LdapEntry { dn: "uid=a".into(), attributes: object! { "mail": vec!["a@x"] } };
    check(LDAP_SEARCH, request, answer, LdapSearchAnswer { entries: vec![entry], truncated: true }, || {
        ldap_search(&LdapSearchRequest {
            server: server.clone(),
            base_dn: "dc=x".into(),
            filter: "(uid={0})".into(),
            values: vec!["a*".into()],
            limit: 2,
            ..LdapSearchRequest::default()
        })
    });
}

#[test]
fn the_time_is_played() {
    let playing = play(vec![call(CLOCK, "{}", r#"{"now":1767225600000}"#)]);
    assert_eq!(now(), 1_767_225_600_000);
    drop(playing);
}

#[test]
fn log_lines_are_kept() {
    log("before");
    let playing = play(vec![]);
    log("one");
    log(String::from("two"));
    assert_eq!(playing.log(), ["one", "two"]);
}

#[test]
fn randomness_is_not() {
    let (mut first, mut second) = ([0; 33], [0; 33]);
    random(&mut first);
    random(&mut second);
    assert_ne!(first, second);
    assert_ne!(first[..16], first[16..32]);
    random(&mut []);
}

#[test]
fn nonsense_of_the_host_is_an_error() {
    for (answer, want) in [
        (r#"{"value":1}"#, "unavailable: the host's answer: value: a string is expected"),
        (r#"[]"#, "unavailable: the host's answer: an object is expected"),
        (r#"{"error":"x"}"#, "unavailable: the host's answer: an object is expected"),
        (r#"{"error":{"code":"odd","message":"m"}}"#, "odd: m"),
        (r#"{"error":{}}"#, ": "),
    ] {
        let playing = play(vec![call(SECRET_GET, r#"{"name":"key"}"#, answer)]);
        assert_eq!(secret("key").unwrap_err().to_string(), want);
        drop(playing);
    }
}

#[test]
fn codes_are_words() {
    for word in ["denied", "invalid_request", "unavailable", "timeout", "too_large", "limit", "refused", "odd"] {
        let code = Code::from(word.to_string());
        assert_eq!(code.as_str(), word);
        assert_eq!(matches!(code, Code::Other(_)), word == "odd");
    }
}

/// The message with which it panics.
fn panic_of(calls: Vec<HostCall>, function: fn()) -> String {
    let panicked = panic::catch_unwind(|| {
        let playing = play(calls);
        function();
        drop(playing);
    });
    *panicked.unwrap_err().downcast::<String>().unwrap()
}

#[test]
fn another_call_than_the_next_panics() {
    let ask = || drop(secret("key"));
    let get = |request| call(SECRET_GET, request, "{}");
    for (calls, want) in [
        (vec![], "call 1: secret.get, after the last"),
        (vec![call(KV, "{}", "{}")], "call 1: secret.get, where kv is played"),
        (vec![get(r#"{"name":"other"}"#)], r#"call 1: secret.get: the request has name "key", not "other""#),
        (vec![get("{}")], r#"call 1: secret.get: the request has name "key", which it should not"#),
        (vec![get(r#"{"name":"key","x":1}"#)], "call 1: secret.get: the request has no x, but should: 1"),
        (vec![get(r#"{"name":"key"}"#), get("{}")], "1 of the calls that are played were not made"),
    ] {
        assert_eq!(panic_of(calls, ask), want);
    }
    let unplayed = panic::catch_unwind(ask).unwrap_err();
    let want = "secret.get is called, and no calls are played (postern::testing::play)";
    assert_eq!(*unplayed.downcast::<String>().unwrap(), want);
    let error = vec![call(CLOCK, "{}", DENIED)];
    let want = "the clock has no error, and denied: not granted is played";
    assert_eq!(
        panic_of(error, || {
            now();
        }),
        want
    );
}

#[test]
fn empty_members_of_a_request_may_be_written() {
    let full = r#"{"value":"","ttl":0,"key":"k","op":"get"}"#;
    let playing = play(vec![call(KV, full, "{}")]);
    assert_eq!(kv_get("k"), Ok(None));
    drop(playing);
}

#[test]
fn calls_of_samples_are_written_from_messages() {
    let request = SecretGetRequest { name: "key".into() };
    let error = CapabilityError::new(Code::Limit, "m");
    let want =
        r#"{"capability":"secret.get","request":{"name":"key"},"answer":{"error":{"code":"limit","message":"m"}}}"#;
    assert_eq!(HostCall::failing(SECRET_GET, &request, error).to_json(), want);
}
