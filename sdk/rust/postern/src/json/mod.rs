//! JSON (RFC 8259) as the interface of plugins wants it.
//!
//! Members of objects keep their order and numbers the digits they are written
//! with, because relying parties see both. [`parse`] refuses what parsers
//! disagree about: members of the same name, text that is not UTF-8, halves of
//! surrogate pairs, and anything after the value.

mod number;
mod object;
mod parse;
mod plain;
mod value;
mod write;

pub use number::Number;
pub use object::{IntoMembers, Object};
pub use parse::{parse, parse_bytes, ParseError, MAX_DEPTH, MAX_NUMBER};
pub use value::Value;

pub(crate) use write::write_string;
