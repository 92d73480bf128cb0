//! The imports of a WebAssembly module, as `sdk/abi.md` says.

mod import {
    #[link(wasm_import_module = "postern")]
    extern "C" {
        pub fn input_len() -> usize;
        pub fn input_read(to: *mut u8);
        pub fn output_write(from: *const u8, length: usize);
        pub fn fail(from: *const u8, length: usize);
        pub fn log(from: *const u8, length: usize);
        pub fn random(to: *mut u8, length: usize);
        pub fn clock() -> i64;
        pub fn answer_read(to: *mut u8);
    }
}

/// The input of the call that runs.
pub fn input() -> Vec<u8> {
    // SAFETY: the host writes as many bytes as it said.
    unsafe { filled(import::input_len(), |to| import::input_read(to)) }
}

/// The output of the call that runs, or a part of it.
pub fn output(text: &str) {
    // SAFETY: the host reads the text before it returns.
    unsafe { import::output_write(text.as_ptr(), text.len()) }
}

/// Says why the call fails.
pub fn fail(reason: &str) {
    // SAFETY: as in output.
    unsafe { import::fail(reason.as_ptr(), reason.len()) }
}

pub fn log(line: &str) {
    // SAFETY: as in output.
    unsafe { import::log(line.as_ptr(), line.len()) }
}

pub fn random(bytes: &mut [u8]) {
    // SAFETY: the host writes as many bytes as there are.
    unsafe { import::random(bytes.as_mut_ptr(), bytes.len()) }
}

pub fn now() -> i64 {
    // SAFETY: it has no parameters.
    unsafe { import::clock() }
}

macro_rules! capabilities {
    ($($name:ident)+) => {
        mod ask {
            #[link(wasm_import_module = "postern")]
            extern "C" {
                $( pub fn $name(request: *const u8, length: usize) -> usize; )+
            }
        }

        $( pub fn $name(request: &str) -> Vec<u8> {
            // SAFETY: the host reads the request before it returns, and writes as many
            // bytes as it said.
            unsafe { filled(ask::$name(request.as_ptr(), request.len()), |to| import::answer_read(to)) }
        } )+
    };
}

capabilities!(http_fetch jwt_verify kv secret_get oidc_exchange oauth_exchange ldap_bind ldap_search);

/// Makes room for a text of the host and has it written there.
///
/// # Safety
///
/// `write` must write that many bytes.
unsafe fn filled(length: usize, write: impl FnOnce(*mut u8)) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length);
    write(bytes.as_mut_ptr());
    bytes.set_len(length);
    bytes
}
