//! What the exports of a WebAssembly module do; [`register!`](crate::register) calls it.

use std::panic;

use crate::host::side;
use crate::Module;

/// `postern_describe`
pub fn describe(module: &Module) {
    say_why_it_panics();
    side::output(&module.describe());
}

/// `postern_call`
pub fn call(module: &Module, plugin: usize, hook: usize) -> i32 {
    match module.call(plugin, hook, &side::input()) {
        Ok(output) => {
            side::output(&output);
            0
        }
        Err(reason) => {
            side::fail(&reason.to_string());
            1
        }
    }
}

/// A panic ends the call at once, so its message must be handed over before. The
/// host describes a module before it calls it.
fn say_why_it_panics() {
    panic::set_hook(Box::new(|info| side::fail(&info.to_string())));
}
