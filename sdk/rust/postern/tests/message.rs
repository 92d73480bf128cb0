use postern::{
    message, object, ClaimsInput, ClaimsOutput, FetchResponse, Identity, LoginOutput, Message, OauthExchangeAnswer,
    Object, Phase, ScopeInput, ScopeOutput, Target, User, Value,
};

#[test]
fn empty_members_are_left_out() {
    assert_eq!(ClaimsOutput::default().to_json(), "{}");
    assert_eq!(ScopeOutput::default().to_json(), "{}");
    assert_eq!(ScopeOutput::grant(vec![]).to_json(), r#"{"scopes":[]}"#);
    assert_eq!(ScopeOutput::deny("no").to_json(), r#"{"deny":true,"reason":"no"}"#);
    let input = ClaimsInput { target: Target::UserInfo, ..ClaimsInput::default() };
    let json = r#"{"target":"userinfo","settings":null,"user":{},"organisation":{},"client":{},"authentication":{}}"#;
    assert_eq!(input.to_json(), json);
}

#[test]
fn members_come_in_any_order_and_some_are_unknown() {
    let json = r#"{"new":{"a":[]},"user":{"groups":["a"],"shoe_size":44,"id":"u"},"target":"access_token","claims":{"b":1.0,"a":2}}"#;
    let input = ClaimsInput::from_json(json).unwrap();
    let user = User { id: "u".into(), groups: vec!["a".into()], ..User::default() };
    assert_eq!((input.target, &input.user), (Target::AccessToken, &user));
    assert_eq!(input.claims.to_json(), r#"{"b":1.0,"a":2}"#);
    assert_eq!(input.settings, Value::Null);
}

#[test]
fn mistakes_say_where_and_not_what() {
    for (json, want) in [
        ("[]", "an object is expected"),
        ("{", "byte 1: a member name is expected"),
        (r#"{"user":{"groups":["a",1]}}"#, "user.groups: a string is expected"),
        (r#"{"user":{"groups":"secret"}}"#, "user.groups: an array is expected"),
        (r#"{"user":{"admin":"secret"}}"#, "user.admin: true or false is expected"),
        (r#"{"user":null}"#, "user: an object is expected"),
        (r#"{"claims":[]}"#, "claims: an object is expected"),
        (r#"{"target":1}"#, "target: a string is expected"),
    ] {
        assert_eq!(ClaimsInput::from_json(json).unwrap_err().to_string(), want);
    }
    assert_eq!(ScopeOutput::from_json(r#"{"scopes":null}"#).unwrap_err().to_string(), "scopes: an array is expected");
}

#[test]
fn strict_reading_refuses_unknown_members() {
    let read = |json: &str| LoginOutput::from_value_strict(json.parse().unwrap());
    let known = LoginOutput::from(Identity { subject: "s".into(), ..Identity::default() });
    assert_eq!(read(r#"{"identity":{"subject":"s"}}"#), Ok(known));
    let nested = read(r#"{"identity":{"subjekt":"s"}}"#).unwrap_err();
    assert_eq!(nested.to_string(), "identity.subjekt: an unknown member");
    assert_eq!(read(r#"{"denied":true}"#).unwrap_err().to_string(), "denied: an unknown member");
}

#[test]
fn integers_must_fit() {
    let status = |json: &str| FetchResponse::from_json(json).map(|response| response.status).map_err(|e| e.to_string());
    assert_eq!(status(r#"{"status":404}"#), Ok(404));
    assert_eq!(status(r#"{"status":65536}"#), Err("status: the integer is out of range".into()));
    assert_eq!(status(r#"{"status":-1}"#), Err("status: the integer is out of range".into()));
    assert_eq!(status(r#"{"status":4e2}"#), Err("status: an integer is expected".into()));
    let long = OauthExchangeAnswer::from_json(r#"{"expires_in":99999999999}"#).unwrap();
    assert_eq!(long.expires_in, 99_999_999_999);
}

#[test]
fn words_of_a_newer_host_are_unknown() {
    let phase = |json: &str| postern::LoginInput::from_json(json).unwrap().phase;
    assert_eq!(
        (phase(r#"{"phase":"finish"}"#), phase(r#"{"phase":"pause"}"#), phase("{}")),
        (Phase::Finish, Phase::Unknown, Phase::Unknown)
    );
    assert_eq!((Phase::Begin.as_str(), Target::IdToken.as_str(), Target::Unknown.as_str()), ("begin", "id_token", ""));
}

message! {
    struct Rule {
        domain: String,
        kind: String => "type",
        scopes: Option<Vec<String>>,
        more: Object,
    }
}

message! {
    struct Settings {
        rules: Vec<Rule>,
        first: Option<Rule>,
        limit: u32,
    }
}

#[test]
fn settings_are_messages_too() {
    let settings = object! {
        "rules": vec![object! { "domain": "a", "type": "x", "scopes": Vec::<Value>::new() }, object! { "domain": "b" }],
        "limit": 3,
    };
    let input = ScopeInput { settings: settings.into(), ..ScopeInput::default() };
    let settings = Settings::from_value(&input.settings).unwrap();
    let first = Rule { domain: "a".into(), kind: "x".into(), scopes: Some(vec![]), more: Object::new() };
    let second = Rule { domain: "b".into(), ..Rule::default() };
    assert_eq!(settings, Settings { rules: vec![first, second], first: None, limit: 3 });
    assert_eq!(settings.to_value(), input.settings);
    let wrong = Settings::from_json(r#"{"rules":[{"type":false}]}"#).unwrap_err();
    assert_eq!(wrong.to_string(), "rules.type: a string is expected");
}
