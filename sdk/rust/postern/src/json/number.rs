use super::parse::number_length;
use super::MAX_NUMBER;

/// A number, kept as it is written: `1.10` stays `1.10`, and a number that no
/// machine type holds stays what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(String);

impl Number {
    /// The number that is written so; none if JSON has no such number, or if it has
    /// more than [`MAX_NUMBER`] characters.
    pub fn from_text(text: &str) -> Option<Number> {
        match number_length(text.as_bytes()) {
            Ok(length) if length == text.len() && length <= MAX_NUMBER => Some(Number(text.into())),
            _ => None,
        }
    }

    /// For the parser, which has checked the text.
    pub(super) fn trusted(text: &str) -> Number {
        Number(text.into())
    }

    /// The digits as they are written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value, if it is written as an integer and fits: `1.0` and `1e3` do not.
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// The nearest value of that type, unless it is out of its range.
    pub fn as_f64(&self) -> Option<f64> {
        self.0.parse().ok().filter(|n: &f64| n.is_finite())
    }
}

macro_rules! from_integers {
    ($($integer:ty)+) => { $(
        impl From<$integer> for Number {
            fn from(n: $integer) -> Number {
                Number(n.to_string())
            }
        }
    )+ };
}

from_integers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);
