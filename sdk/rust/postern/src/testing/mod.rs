//! Native tests: hooks called as functions, host calls played.
//!
//! ```
//! use postern::testing;
//! use postern::{HostCall, KvAnswer, KvRequest, KV};
//!
//! let request = KvRequest { op: "get".into(), key: "count".into(), ..KvRequest::default() };
//! let answer = KvAnswer { found: true, value: "41".into() };
//! let playing = testing::play(vec![HostCall::new(KV, &request, &answer)]);
//! assert_eq!(postern::kv_get("count"), Ok(Some("41".into())));
//! drop(playing); // panics if a call was not made
//! ```

mod case;
mod difference;
mod play;

pub use case::{check_case, run_cases};
pub use play::{play, Playing};

pub(crate) use play::{answer, log};
