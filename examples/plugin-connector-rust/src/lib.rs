//! A plugin of Postern that lets people sign in with the password of their account at
//! a Matrix homeserver. The homeserver checks it (Matrix client-server API, section
//! "Login"); the session that it makes for that is ended at once.

mod account;
mod homeserver;
#[cfg(test)]
mod tests;

use homeserver::{Homeserver, Login};
use postern::{message, Message, PasswordInput, PasswordOutput, Plugin, Result};

postern::register!(plugin());

const SETTINGS: &str = r#"{
    "type": "object",
    "properties": {
        "url": {
            "type": "string",
            "minLength": 9,
            "description": "where the homeserver's API is, without a slash at the end: https://matrix.example.com"
        },
        "server_name": {
            "type": "string",
            "minLength": 1,
            "description": "what stands after the colon in the names of its people: example.com"
        },
        "email": {
            "type": "boolean",
            "description": "takes the e-mail address over that the homeserver has verified"
        }
    },
    "required": ["url", "server_name"],
    "additionalProperties": false
}"#;

message! {
    pub(crate) struct Settings {
        url: String,
        server_name: String,
        email: bool,
    }
}

fn plugin() -> Plugin {
    let (id, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let plugin = Plugin::new(id, version, env!("CARGO_PKG_DESCRIPTION"))
        .settings(SETTINGS)
        .capability(homeserver::wish())
        .password(password);
    homeserver::samples().into_iter().fold(plugin, Plugin::sample)
}

fn password(input: &PasswordInput) -> Result<PasswordOutput> {
    let settings = Settings::from_value(&input.settings)?;
    let user = match account::identifier(&input.name, &settings.server_name) {
        Some(user) if !input.password.is_empty() => user,
        _ => return Ok(PasswordOutput::deny("no name or no password of this homeserver")),
    };
    let homeserver = Homeserver::new(&settings);
    match homeserver.login(user, &input.password)? {
        Login::Refused(reason) => Ok(PasswordOutput::deny(reason)),
        Login::Done(session) => {
            let identity = homeserver.identity(&session, settings.email);
            homeserver.logout(&session);
            Ok(identity?.into())
        }
    }
}
