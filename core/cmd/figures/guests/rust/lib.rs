//! The plugin of the figures in Rust: it does what job.Map does in Go.

mod job;

use job::{SAMPLE, SCHEMA};
use postern::{message, ClaimsInput, ClaimsOutput, Message, Plugin, Result, Sample, CLAIMS_MAP};

postern::register!(plugin());

fn plugin() -> Plugin {
    let sample = Sample { hook: CLAIMS_MAP.into(), input: SAMPLE.parse().unwrap(), calls: Vec::new() };
    Plugin::new("figures", "1.0.0", "Prefixes groups, copies attributes, renames a claim.")
        .settings(SCHEMA)
        .sample(sample)
        .claims(claims)
}

message! {
    struct Settings {
        prefix: String,
        attributes: Vec<String>,
        rename: Rename,
    }
}

message! {
    struct Rename {
        from: String,
        to: String,
    }
}

fn claims(input: &ClaimsInput) -> Result<ClaimsOutput> {
    let settings = Settings::from_value(&input.settings)?;
    let mut out = ClaimsOutput::default();
    let groups: Vec<String> = input.user.groups.iter().map(|group| settings.prefix.clone() + group).collect();
    out.set.set("groups", groups);
    for name in &settings.attributes {
        if let Some(value) = input.user.attributes.get(name) {
            out.set.set(name, value);
        }
    }
    if let Some(value) = input.claims.get(&settings.rename.from) {
        out.set.set(settings.rename.to, value);
        out.remove.push(settings.rename.from);
    }
    Ok(out)
}
