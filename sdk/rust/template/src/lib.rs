//! A plugin of Postern. It tells relying parties in which department a person works.

#[cfg(test)]
mod tests;

use postern::{message, ClaimsInput, ClaimsOutput, Message, Plugin, Result, Target};

postern::register!(plugin());

/// Id, version and description are those of Cargo.toml.
fn plugin() -> Plugin {
    let (id, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    Plugin::new(id, version, env!("CARGO_PKG_DESCRIPTION"))
        .settings(SETTINGS)
        .claims(claims)
}

/// The JSON Schema of what the operator can set.
const SETTINGS: &str = r#"{
    "type": "object",
    "properties": {
        "claim": {"type": "string", "minLength": 1, "description": "name of the claim; department if it is left out"},
        "attribute": {"type": "string", "minLength": 1, "description": "attribute of the user; department if it is left out"}
    },
    "additionalProperties": false
}"#;

message! {
    struct Settings {
        claim: Option<String>,
        attribute: Option<String>,
    }
}

/// Adds the claim to ID tokens and to UserInfo, for people who have the attribute.
fn claims(input: &ClaimsInput) -> Result<ClaimsOutput> {
    let settings = Settings::from_value(&input.settings)?;
    let attribute = settings.attribute.as_deref().unwrap_or("department");
    let claim = settings.claim.as_deref().unwrap_or("department");
    let mut out = ClaimsOutput::default();
    if input.target == Target::AccessToken {
        return Ok(out);
    }
    if let Some(department) = input.user.attributes.get(attribute) {
        out.set.set(claim, department);
    }
    Ok(out)
}
