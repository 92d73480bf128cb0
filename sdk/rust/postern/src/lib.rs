//! SDK for plugins of [Postern](https://github.com/postern-id/postern), an OpenID
//! Connect identity provider.
//!
//! A plugin is a WebAssembly module that the server calls in a sandbox: it changes
//! claims, shapes accounts, decides on scopes, signs people in elsewhere or takes
//! note of events. It is a [`Plugin`] value with a function for each hook. The
//! functions take and give plain structs, so they are tested with `cargo test`:
//!
//! ```
//! use postern::{object, ClaimsInput, ClaimsOutput, Plugin, Result};
//!
//! postern::register!(Plugin::new("department", "1.0.0", "Adds the department.").claims(claims));
//!
//! fn claims(input: &ClaimsInput) -> Result<ClaimsOutput> {
//!     let mut out = ClaimsOutput::default();
//!     if let Some(department) = input.user.attributes.get("department") {
//!         out.set.set("department", department.clone());
//!     }
//!     Ok(out)
//! }
//! # fn main() {}
//! ```
//!
//! Every call begins anew: no static, no thread-local and nothing on the heap keeps
//! what a call left there.

pub mod base64;
#[doc(hidden)]
pub mod codec;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod guest;
pub mod hook;
pub mod host;
pub mod json;
mod plugin;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

pub use codec::{DecodeError, Message};
pub use hook::*;
pub use host::{
    exchange_oauth, exchange_oidc, fetch, fetch_all, kv_add, kv_delete, kv_get, kv_set, ldap_bind, ldap_search, log,
    now, random, secret, verify_jwt,
};
pub use json::{Number, Object, ParseError, Value};
pub use plugin::{Error, Module, Plugin, Result, HOST_API};
