use postern::{
    fetch, fetch_all, log, object, CapabilityWish, Fetch, FetchAnswer, FetchRequest, FetchResponse, HostCall, Identity,
    Object, PasswordInput, Result, Sample, Value, CONNECTOR_PASSWORD, HTTP_FETCH,
};

use crate::{account, Settings};

/// The milliseconds that each request may take: three of them fit into what the host
/// gives a call.
const TIMEOUT: u32 = 1500;

/// What the homeserver says of a name and a password.
pub(crate) enum Login {
    /// They open an account.
    Done(Session),
    /// They open none; the reason is for the log.
    Refused(String),
}

/// A session at the homeserver, for as long as it takes to ask who it is.
pub(crate) struct Session {
    user_id: String,
    access_token: String,
}

pub(crate) struct Homeserver<'a> {
    settings: &'a Settings,
}

impl<'a> Homeserver<'a> {
    pub fn new(settings: &'a Settings) -> Homeserver<'a> {
        Homeserver { settings }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/_matrix/client/v3/{path}", self.settings.url)
    }

    /// Signs in. An error says that nobody could tell: the homeserver is away, asks to
    /// wait, or answers what makes no sense.
    pub fn login(&self, user: Object, password: &str) -> Result<Login> {
        let body = object! {
            "type": "m.login.password",
            "identifier": user,
            "password": password,
            "initial_device_display_name": "Postern",
        };
        let response = fetch(quick(Fetch::post_json(self.url("login"), body)))?;
        let answer = response.json().unwrap_or(Value::Null);
        match (response.status, text(&answer, "errcode")) {
            (200, _) => self.session(&answer).map(Login::Done),
            (403, "M_FORBIDDEN") => Ok(Login::Refused("the homeserver knows no such name and password".into())),
            (403, "M_USER_DEACTIVATED") => Ok(Login::Refused("the account is deactivated".into())),
            (status, code) => Err(format!("the homeserver answered with status {status} {}", plain(code)).into()),
        }
    }

    fn session(&self, answer: &Value) -> Result<Session> {
        let session =
            Session { user_id: text(answer, "user_id").into(), access_token: text(answer, "access_token").into() };
        if session.access_token.is_empty() {
            return Err("the homeserver answered without an access token".into());
        }
        Ok(session)
    }

    /// Who the session is. What the homeserver does not tell is left out, but for the
    /// name.
    pub fn identity(&self, session: &Session, with_email: bool) -> Result<Identity> {
        let local = account::local_part(&session.user_id, &self.settings.server_name)
            .ok_or("the homeserver named somebody who is not of it")?;
        let mut requests = vec![self.of(session, &format!("profile/{}", account::escape(&session.user_id)))];
        if with_email {
            requests.push(self.of(session, "account/3pid"));
        }
        let mut answers = fetch_all(requests)?.into_iter().map(|answer| answer.map(told).unwrap_or(Value::Null));
        let profile = answers.next().unwrap_or(Value::Null);
        let email = answers.next().and_then(|answer| verified_email(&answer)).unwrap_or_default();
        Ok(Identity {
            subject: session.user_id.clone(),
            name: local.into(),
            email_verified: !email.is_empty(),
            email,
            display_name: text(&profile, "displayname").into(),
            amr: vec!["pwd".into()],
            ..Identity::default()
        })
    }

    /// Ends the session. One that stays behind is seen by its owner, and worth a line.
    pub fn logout(&self, session: &Session) {
        let request = Fetch { method: "POST".into(), body: "{}".into(), ..self.of(session, "logout") };
        match fetch(request) {
            Ok(response) if response.status == 200 => {}
            Ok(response) => log(format!("a session stays at the homeserver: status {}", response.status)),
            Err(error) => log(format!("a session stays at the homeserver: {}", error.code.as_str())),
        }
    }

    fn of(&self, session: &Session, path: &str) -> Fetch {
        quick(Fetch::get(self.url(path)).header("authorization", &format!("Bearer {}", session.access_token)))
    }
}

fn quick(request: Fetch) -> Fetch {
    Fetch { timeout_ms: TIMEOUT, ..request }
}

/// What an answer says, if it is one.
fn told(response: FetchResponse) -> Value {
    if response.status == 200 {
        response.json().unwrap_or(Value::Null)
    } else {
        Value::Null
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The word of an error, if it is one: nothing else of an answer gets into a log.
fn plain(code: &str) -> &str {
    let word = code.len() <= 40 && code.bytes().all(|c| c.is_ascii_uppercase() || c == b'_');
    if word {
        code
    } else {
        ""
    }
}

/// The first address that the homeserver has verified.
fn verified_email(answer: &Value) -> Option<String> {
    let known = answer.get("threepids")?.as_array()?;
    let email = known.iter().find(|one| {
        text(one, "medium") == "email" && one.get("validated_at").and_then(Value::as_i64).map_or(false, |at| at > 0)
    })?;
    Some(text(email, "address").into())
}

pub fn wish() -> CapabilityWish {
    CapabilityWish::new(HTTP_FETCH, "It asks the homeserver in the settings; grant it that host.")
}

/// For the self-test at load: a password that opens an account, and one that does not.
pub fn samples() -> Vec<Sample> {
    let settings = object! { "url": "https://matrix.example", "server_name": "example" };
    let input =
        PasswordInput { settings: settings.into(), name: "a".into(), password: "p".into(), ..PasswordInput::default() };
    let url = |path: &str| format!("https://matrix.example/_matrix/client/v3/{path}");
    let login = Fetch::post_json(
        url("login"),
        object! {
            "type": "m.login.password",
            "identifier": object! { "type": "m.id.user", "user": "a" },
            "password": "p",
            "initial_device_display_name": "Postern",
        },
    );
    let bearer = |request: Fetch| request.header("authorization", "Bearer t");
    let logout = Fetch { method: "POST".into(), body: "{}".into(), ..bearer(Fetch::get(url("logout"))) };
    let sample = || Sample::new(CONNECTOR_PASSWORD, &input);
    vec![
        sample()
            .call(played(login.clone(), 200, r#"{"user_id":"@a:example","access_token":"t"}"#))
            .call(played(bearer(Fetch::get(url("profile/%40a%3Aexample"))), 200, r#"{"displayname":"A"}"#))
            .call(played(logout, 200, "{}")),
        sample().call(played(login, 403, r#"{"errcode":"M_FORBIDDEN"}"#)),
    ]
}

fn played(request: Fetch, status: u16, body: &str) -> HostCall {
    let response = FetchResponse { status, body: body.into(), ..FetchResponse::default() };
    HostCall::new(
        HTTP_FETCH,
        &FetchRequest { requests: vec![quick(request)] },
        &FetchAnswer { responses: vec![response] },
    )
}
