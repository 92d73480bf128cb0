use postern::{
    object, CapabilityWish, ClaimsInput, ClaimsOutput, HostCall, KvAnswer, KvRequest, LoginOutput, Manifest, Message,
    Module, Object, PasswordOutput, Plugin, Preset, Sample, ScopeInput, ScopeOutput, SecretWish, Value, CLAIMS_MAP,
    HTTP_FETCH, KV, SCOPE_POLICY,
};

fn all() -> Plugin {
    Plugin::new("all", "1.0.0", "Has every hook.")
        .claims(|input| Ok(ClaimsOutput { set: object! { "who": &input.user.name }, ..ClaimsOutput::default() }))
        .account(|input| Ok(object! { "z": &input.user.name, "a": true }))
        .scopes(|input| Ok(ScopeOutput::grant(input.scopes[..1].to_vec())))
        .login(|input| Ok(LoginOutput::deny(input.phase.as_str())))
        .password(|input| Ok(PasswordOutput::deny(&input.name)))
        .event(|input| if input.event.id.is_empty() { Err("no id".into()) } else { Ok(()) })
}

fn described(plugin: Plugin) -> Manifest {
    let text = Module::new(vec![plugin]).describe();
    let list = text.parse::<Value>().unwrap().as_array().unwrap().to_vec();
    assert_eq!(list.len(), 1);
    Manifest::from_value_strict(list[0].clone()).unwrap()
}

#[test]
fn describes_what_it_was_built_of() {
    let request = KvRequest { op: "get".into(), key: "k".into(), ..KvRequest::default() };
    let call = HostCall::new(KV, &request, &KvAnswer { found: true, value: "v".into() });
    let manifest = described(
        all()
            .settings(r#"{"type":"object","properties":{"a":{"type":"string"}}}"#)
            .capability(CapabilityWish::new(HTTP_FETCH, "To ask.").target("api.example").optional())
            .secret(SecretWish::new("token", "Of the service.").optional())
            .preset(Preset::new("okta", "Okta", object! { "a": "b" }).icon("okta").target("okta.example"))
            .preset(Preset::new("plain", "Plain", Object::new()))
            .sample(
                Sample::new(SCOPE_POLICY, &ScopeInput { scopes: vec!["a".into()], ..ScopeInput::default() }).call(call),
            ),
    );
    assert_eq!((manifest.id.as_str(), manifest.version.as_str(), manifest.host_api), ("all", "1.0.0", 1));
    assert_eq!(
        manifest.to_value().get("capabilities").unwrap().to_json(),
        r#"[{"name":"http.fetch","targets":["api.example"],"reason":"To ask.","optional":true}]"#
    );
    assert_eq!(
        manifest.to_value().get("secrets").unwrap().to_json(),
        r#"[{"name":"token","description":"Of the service.","optional":true}]"#
    );
    assert_eq!(
        manifest.to_value().get("presets").unwrap().to_json(),
        r#"[{"name":"okta","title":"Okta","icon":"okta","settings":{"a":"b"},"targets":["okta.example"]},{"name":"plain","title":"Plain","settings":{}}]"#
    );
    assert_eq!(
        manifest.samples[0].to_json(),
        r#"{"hook":"scope.policy/v1","input":{"settings":null,"user":{},"organisation":{},"client":{},"scopes":["a"],"authentication":{}},"calls":[{"capability":"kv","request":{"op":"get","key":"k"},"answer":{"found":true,"value":"v"}}]}"#
    );
    assert_eq!(manifest.samples.len(), 6);
}

#[test]
fn fills_in_what_the_host_asks_for() {
    let plugin = all();
    let manifest = plugin.manifest();
    let hooks = [
        "claims.map/v1",
        "account.shape/v1",
        "scope.policy/v1",
        "connector.login/v1",
        "connector.password/v1",
        "event.sink/v1",
    ];
    assert_eq!(manifest.hooks, hooks);
    assert_eq!(manifest.settings.to_json(), r#"{"type":"object","additionalProperties":false}"#);
    let inputs: Vec<(&str, String)> = manifest.samples.iter().map(|s| (s.hook.as_str(), s.input.to_json())).collect();
    let empty = [
        r#"{"target":"id_token","settings":{},"user":{},"organisation":{},"client":{},"authentication":{}}"#,
        r#"{"settings":{},"user":{},"organisation":{},"client":{},"authentication":{}}"#,
        r#"{"settings":{},"user":{},"organisation":{},"client":{},"authentication":{}}"#,
        r#"{"phase":"begin","settings":{},"organisation":{},"client":{}}"#,
        r#"{"settings":{},"organisation":{},"client":{}}"#,
        r#"{"settings":{},"event":{}}"#,
    ];
    let want: Vec<(&str, String)> = hooks.into_iter().zip(empty.map(String::from)).collect();
    assert_eq!(inputs, want);
}

#[test]
fn calls_by_position() {
    let silent = Plugin::new("silent", "1", "s").claims(|_| Ok(ClaimsOutput::default()));
    let module = Module::new(vec![all(), silent]);
    for (plugin, hook, input, want) in [
        (0, 0, r#"{"user":{"name":"bob"}}"#, r#"{"set":{"who":"bob"}}"#),
        (0, 1, r#"{"user":{"name":"bob"}}"#, r#"{"z":"bob","a":true}"#),
        (0, 2, r#"{"scopes":["a","b"]}"#, r#"{"scopes":["a"]}"#),
        (0, 3, r#"{"phase":"finish"}"#, r#"{"deny":true,"reason":"finish"}"#),
        (0, 4, r#"{"name":"bob"}"#, r#"{"deny":true,"reason":"bob"}"#),
        (0, 5, r#"{"event":{"id":"e"}}"#, "{}"),
        (1, 0, "{}", "{}"),
    ] {
        assert_eq!(module.call(plugin, hook, input.as_bytes()).unwrap(), want, "{plugin} {hook}");
    }
    for (plugin, hook, input, want) in [
        (0, 5, "{}", "no id"),
        (0, 0, "{", "byte 1: a member name is expected"),
        (0, 1, "[]", "an object is expected"),
        (0, 2, r#"{"scopes":null}"#, "scopes: an array is expected"),
        (0, 6, "{}", "the plugin has no such hook"),
        (2, 0, "{}", "the module has no such plugin"),
    ] {
        assert_eq!(module.call(plugin, hook, input.as_bytes()).unwrap_err().to_string(), want);
    }
    assert_eq!(module.call(0, 0, b"\"\xff\"").unwrap_err().to_string(), "byte 1: not UTF-8");
}

#[test]
fn functions_may_hold_what_they_need() {
    let names = vec!["a".to_string()];
    let plugin = Plugin::new("p", "1", "d")
        .claims(move |_| Ok(ClaimsOutput { set: Object::new(), remove: names.clone() }))
        .sample(Sample::new(CLAIMS_MAP, &ClaimsInput::default()));
    assert_eq!(Module::new(vec![plugin]).call(0, 0, b"{}").unwrap(), r#"{"remove":["a"]}"#);
}

#[test]
#[should_panic(expected = "event.sink/v1 is implemented twice")]
fn a_hook_has_one_function() {
    let _ = all().event(|_| Ok(()));
}

#[test]
#[should_panic(expected = "the schema of the settings")]
fn settings_must_be_json() {
    let _ = all().settings("{");
}
