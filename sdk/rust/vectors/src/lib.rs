//! The plugin of `sdk/vectors/README.md`, in Rust. Nothing here has a meaning but to
//! be the same in every language.

mod login;
mod manifest;
mod relying;
mod step;
#[cfg(test)]
mod tests;

use postern::{log, message, EventInput, Identity, Message, PasswordInput, PasswordOutput, Result, Value};

postern::register!(manifest::plugin());

message! {
    /// What every hook does is in its settings.
    pub(crate) struct Settings {
        fail: String,
        calls: Vec<String>,
        remove: Vec<String>,
        keep: Option<Vec<String>>,
        deny: String,
        acr: String,
        fresh: bool,
        consent: bool,
        issuer: String,
        detail: String,
    }
}

/// How every hook begins.
fn begin(settings: &Value) -> Result<(Settings, step::Results)> {
    let settings = Settings::from_value(settings)?;
    if !settings.fail.is_empty() {
        return Err(settings.fail.into());
    }
    let results = step::run(&settings.calls)?;
    Ok((settings, results))
}

fn password(input: &PasswordInput) -> Result<PasswordOutput> {
    let (_, results) = begin(&input.settings)?;
    if input.password != "correct horse" {
        return Ok(PasswordOutput::deny(format!("wrong password from {}", input.address)));
    }
    let mut identity =
        Identity { subject: format!("u-{}", input.name), name: input.name.clone(), ..Identity::default() };
    results.put_into(&mut identity.claims);
    Ok(identity.into())
}

fn event(input: &EventInput) -> Result<()> {
    let (settings, results) = begin(&input.settings)?;
    let event = &input.event;
    log(format!("{} {}", event.kind, event.id));
    results.no_error()?;
    if !settings.detail.is_empty() && event.detail.get(&settings.detail).is_none() {
        return Err(format!("no detail {}", settings.detail).into());
    }
    Ok(())
}
