//! A plugin that does what a plugin must not: it keeps what it saw wherever Rust lets
//! it, and it ends a call in every bad way. Tests of the host run it and look
//! whether anything of it is left afterwards.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use postern::{log, message, object, ClaimsInput, ClaimsOutput, Message, Plugin, Result};

postern::register!(plugin());

const SETTINGS: &str = r#"{
    "type": "object",
    "properties": {
        "remember": {"type": "boolean"},
        "then": {"type": "string", "enum": ["", "fail", "panic", "loop", "recurse", "grow"]}
    },
    "additionalProperties": false
}"#;

fn plugin() -> Plugin {
    let about = env!("CARGO_PKG_DESCRIPTION");
    Plugin::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), about).settings(SETTINGS).claims(claims)
}

message! {
    struct Settings {
        remember: bool,
        then: String,
    }
}

/// With `remember` it gives how many such calls it knows of, with this one
/// (`remembered`), and of whom (`subjects`); then it does what `then` says.
fn claims(input: &ClaimsInput) -> Result<ClaimsOutput> {
    let settings = Settings::from_value(&input.settings)?;
    let mut out = ClaimsOutput::default();
    if settings.remember {
        out.set = object! { "remembered": count(), "subjects": subjects(&input.user.id) };
    }
    match settings.then.as_str() {
        "" => Ok(out),
        "fail" => Err("told to fail".into()),
        "panic" => panic!("told to panic"),
        "loop" => forever(),
        "recurse" => Err(format!("{} deep", recurse(0)).into()),
        "grow" => grow(),
        other => Err(format!("cannot {other}").into()),
    }
}

static IN_DATA: AtomicU32 = AtomicU32::new(0);
static ON_HEAP: Mutex<Vec<String>> = Mutex::new(Vec::new());

thread_local! {
    static IN_THREAD: Cell<u32> = const { Cell::new(0) };
}

/// The larger of two counters: one of the module, one of the thread.
fn count() -> u32 {
    IN_THREAD.with(|calls| calls.set(calls.get() + 1));
    let in_data = IN_DATA.fetch_add(1, Relaxed) + 1;
    in_data.max(IN_THREAD.with(Cell::get))
}

fn subjects(subject: &str) -> Vec<String> {
    let mut seen = ON_HEAP.lock().unwrap_or_else(PoisonError::into_inner);
    seen.push(subject.into());
    seen.clone()
}

fn forever() -> ! {
    loop {
        IN_DATA.fetch_add(1, Relaxed);
    }
}

/// Calls itself until the stack ends. What it does after each return keeps the
/// compiler from making a loop of it.
fn recurse(depth: u32) -> u32 {
    let deeper = if depth == u32::MAX { 0 } else { recurse(depth + 1) };
    IN_DATA.fetch_add(deeper, Relaxed)
}

/// Takes memory until there is none.
fn grow() -> ! {
    loop {
        log("more");
        Vec::leak(vec![1u8; 1 << 20]);
    }
}

#[cfg(test)]
mod tests {
    use super::module;

    /// Natively nothing is put back, so it does remember: a host on which the count
    /// stays 1 has done something.
    #[test]
    fn remembers() {
        let call = |id: &str| {
            let input = format!(r#"{{"settings":{{"remember":true}},"user":{{"id":"{id}"}}}}"#);
            module().call(0, 0, input.as_bytes()).unwrap()
        };
        assert_eq!(call("u1"), r#"{"set":{"remembered":1,"subjects":["u1"]}}"#);
        assert_eq!(call("u2"), r#"{"set":{"remembered":2,"subjects":["u1","u2"]}}"#);
    }
}
