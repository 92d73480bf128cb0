use postern::*;

const SETTINGS: &str = r#"{
    "type": "object",
    "properties": {
        "fail": {"type": "string"},
        "calls": {"type": "array", "items": {"type": "string"}},
        "remove": {"type": "array", "items": {"type": "string"}},
        "keep": {"type": "array", "items": {"type": "string"}},
        "deny": {"type": "string"},
        "acr": {"type": "string"},
        "fresh": {"type": "boolean"},
        "consent": {"type": "boolean"},
        "issuer": {"type": "string"},
        "detail": {"type": "string"}
    },
    "additionalProperties": false
}"#;

pub fn plugin() -> Plugin {
    let about = env!("CARGO_PKG_DESCRIPTION");
    let plugin = Plugin::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), about)
        .settings(SETTINGS)
        .secret(SecretWish::new("api", "Any text."))
        .preset(issuer())
        .preset(Preset::new("plain", "Plain", Object::new()))
        .claims(crate::relying::claims)
        .account(crate::relying::account)
        .scopes(crate::relying::scopes)
        .login(crate::login::login)
        .password(crate::password)
        .event(crate::event);
    samples().into_iter().fold(capabilities(plugin), Plugin::sample)
}

fn capabilities(plugin: Plugin) -> Plugin {
    let wish = |name| CapabilityWish::new(name, "For the test vectors.");
    plugin
        .capability(wish(CLOCK))
        .capability(wish(HTTP_FETCH).target("api.example"))
        .capability(wish(JWT_VERIFY).target("issuer.example"))
        .capability(wish(KV))
        .capability(wish(SECRET_GET).target("api"))
        .capability(wish(OIDC_EXCHANGE).target("issuer.example"))
        .capability(wish(OAUTH_EXCHANGE).target("issuer.example"))
        .capability(wish(LDAP_BIND).target("directory.example:636"))
        .capability(wish(LDAP_SEARCH).target("directory.example:389"))
}

fn issuer() -> Preset {
    let settings = object! { "issuer": "https://issuer.example", "keep": Value::Array(vec![]) };
    Preset::new("issuer-example", "Issuer é", settings).icon("openid").target("issuer.example").target("api.example")
}

fn samples() -> Vec<Sample> {
    let settings = || Value::from(Object::new());
    let claims = |settings| ClaimsInput { target: Target::IdToken, settings, ..ClaimsInput::default() };
    let login = |phase| LoginInput { phase, settings: settings(), ..LoginInput::default() };
    let password = PasswordInput {
        settings: settings(),
        name: "alice".into(),
        password: "correct horse".into(),
        ..PasswordInput::default()
    };
    let event = Event { id: "e1".into(), kind: "signin.succeeded".into(), ..Event::default() };
    let get = KvRequest { op: "get".into(), key: "count".into(), ..KvRequest::default() };
    let got = KvAnswer { found: true, value: "41 é".into() };
    vec![
        Sample::new(CLAIMS_MAP, &claims(settings())),
        Sample::new(CLAIMS_MAP, &claims(object! { "calls": vec!["kv.get"] }.into()))
            .call(HostCall::new(KV, &get, &got)),
        Sample::new(ACCOUNT_SHAPE, &AccountInput { settings: settings(), ..AccountInput::default() }),
        Sample::new(SCOPE_POLICY, &ScopeInput { settings: settings(), ..ScopeInput::default() }),
        Sample::new(CONNECTOR_LOGIN, &login(Phase::Begin)),
        Sample::new(CONNECTOR_LOGIN, &login(Phase::Finish)),
        Sample::new(CONNECTOR_PASSWORD, &password),
        Sample::new(EVENT_SINK, &EventInput { settings: settings(), event }),
    ]
}
