//! A plugin of Postern that decides by the domain of the e-mail address: people of the
//! organisation's own domains get what the client asks for, others get less, or
//! nothing. An address counts only if it was verified: anybody can type one.

mod domain;
#[cfg(test)]
mod tests;

use postern::{message, object, Message, Plugin, Result, Sample, ScopeInput, ScopeOutput, User, SCOPE_POLICY};

postern::register!(plugin());

const SETTINGS: &str = r#"{
    "type": "object",
    "properties": {
        "domains": {
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "minItems": 1,
            "description": "whose people get what is asked for: example.com, or *.example.com for all names below it"
        },
        "others": {
            "type": "array",
            "items": {"type": "string"},
            "description": "the scopes that other people may have; if it is left out, they are refused"
        },
        "reason": {
            "type": "string",
            "maxLength": 300,
            "description": "what a person who is refused reads"
        }
    },
    "required": ["domains"],
    "additionalProperties": false
}"#;

message! {
    struct Settings {
        domains: Vec<String>,
        others: Option<Vec<String>>,
        reason: String,
    }
}

fn plugin() -> Plugin {
    let (id, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    Plugin::new(id, version, env!("CARGO_PKG_DESCRIPTION"))
        .settings(SETTINGS)
        .scopes(scopes)
        .sample(sample("alice@example.com"))
        .sample(sample("bob@elsewhere.example"))
}

fn sample(email: &str) -> Sample {
    let settings = object! { "domains": vec!["example.com"], "others": vec!["openid"] };
    let input = ScopeInput {
        settings: settings.into(),
        grant_type: "authorization_code".into(),
        user: User { id: "u1".into(), email: email.into(), email_verified: true, ..User::default() },
        scopes: vec!["openid".into(), "profile".into()],
        ..ScopeInput::default()
    };
    Sample::new(SCOPE_POLICY, &input)
}

fn scopes(input: &ScopeInput) -> Result<ScopeOutput> {
    let settings = Settings::from_value(&input.settings)?;
    if input.user.id.is_empty() || belongs(&input.user, &settings.domains) {
        // A client that acts for itself has no address; other policies decide on it.
        return Ok(ScopeOutput::default());
    }
    match settings.others {
        Some(others) => Ok(ScopeOutput::grant(both(&input.scopes, &others))),
        None if settings.reason.is_empty() => {
            Ok(ScopeOutput::deny("Your e-mail address is not one of this organisation."))
        }
        None => Ok(ScopeOutput::deny(settings.reason)),
    }
}

/// Whether the person has a verified address in one of the domains.
fn belongs(user: &User, domains: &[String]) -> bool {
    match domain::of(&user.email) {
        Some(domain) => user.email_verified && domains.iter().any(|pattern| domain::matches(pattern, domain)),
        None => false,
    }
}

/// The scopes that are in both lists, in the order of the first.
fn both(asked: &[String], allowed: &[String]) -> Vec<String> {
    asked.iter().filter(|scope| allowed.contains(scope)).cloned().collect()
}
