//! Between messages and JSON: what the macro [`message!`](crate::message) fills in.

use std::fmt;

use crate::json::{self, write_string, Object, ParseError, Value};

/// A struct that goes over the wire, made by [`message!`](crate::message).
pub trait Message: Default {
    /// Takes the value of a member, or gives it back if there is no such member.
    #[doc(hidden)]
    fn take(&mut self, name: &str, value: Value, unknown: Unknown) -> Result<Option<Value>, DecodeError>;

    /// Writes the members that are not empty, in their order.
    #[doc(hidden)]
    fn write_members(&self, members: &mut Members);

    /// Reads a message of JSON. Members that are left out are empty, and those that
    /// the message does not know are ignored: a newer host may send more.
    fn from_json(text: &str) -> Result<Self, DecodeError> {
        Self::from_value(json::parse(text)?)
    }

    /// [`Message::from_json`] of a value: `Settings::from_value(&input.settings)`.
    fn from_value(value: impl Into<Value>) -> Result<Self, DecodeError> {
        decode(value.into(), Unknown::Ignored)
    }

    /// [`Message::from_value`] that refuses members that the message does not know:
    /// the host reads so what a plugin gives.
    fn from_value_strict(value: Value) -> Result<Self, DecodeError> {
        decode(value, Unknown::Refused)
    }

    /// The message as compact JSON. Empty members are left out.
    fn to_json(&self) -> String {
        let mut out = String::with_capacity(256);
        write_message(self, &mut out);
        out
    }

    /// The message as a value, for example as the settings in a test.
    fn to_value(&self) -> Value {
        read_again(&self.to_json())
    }
}

/// What becomes of members that a message does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// They are skipped.
    Ignored,
    /// The message is refused.
    Refused,
}

/// What is wrong with a message. It never quotes values, which may be personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// It is no JSON.
    Parse(ParseError),
    /// It is another message.
    Member {
        /// Where, such as `user.groups`; empty: the message itself.
        path: String,
        /// What is wrong there.
        what: &'static str,
    },
}

impl DecodeError {
    fn here(what: &'static str) -> DecodeError {
        DecodeError::Member { path: String::new(), what }
    }

    #[doc(hidden)]
    pub fn within(self, name: &str) -> DecodeError {
        match self {
            DecodeError::Member { path, what } if path.is_empty() => DecodeError::Member { path: name.into(), what },
            DecodeError::Member { path, what } => DecodeError::Member { path: format!("{name}.{path}"), what },
            parse => parse,
        }
    }
}

impl From<ParseError> for DecodeError {
    fn from(wrong: ParseError) -> DecodeError {
        DecodeError::Parse(wrong)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            DecodeError::Parse(wrong) => wrong.fmt(f),
            DecodeError::Member { path, what } if path.is_empty() => f.write_str(what),
            DecodeError::Member { path, what } => write!(f, "{path}: {what}"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// What was just written is JSON, unless it is nested deeper than may be. This is no
/// generic function, because a panic in one has the path of its source in it, as it
/// is on the machine that builds the module.
fn read_again(written: &str) -> Value {
    json::parse(written).expect("a message")
}

fn decode<M: Message>(value: Value, unknown: Unknown) -> Result<M, DecodeError> {
    let members = match value {
        Value::Object(members) => members,
        _ => return Err(DecodeError::here("an object is expected")),
    };
    let mut message = M::default();
    for (name, value) in members {
        let left = message.take(&name, value, unknown).map_err(|wrong| wrong.within(&name))?;
        if left.is_some() && unknown == Unknown::Refused {
            return Err(DecodeError::here("an unknown member").within(&name));
        }
    }
    Ok(message)
}

fn write_message<M: Message>(message: &M, out: &mut String) {
    out.push('{');
    message.write_members(&mut Members { out, first: true });
    out.push('}');
}

/// Writes the members of one message.
#[doc(hidden)]
pub struct Members<'a> {
    out: &'a mut String,
    first: bool,
}

impl Members<'_> {
    /// The name is one of ours: nothing in it needs an escape.
    pub fn write(&mut self, name: &str, field: &impl Field) {
        if field.is_empty() {
            return;
        }
        self.out.push_str(if self.first { "\"" } else { ",\"" });
        self.first = false;
        self.out.push_str(name);
        self.out.push_str("\":");
        field.write(self.out);
    }
}

/// The type of a member of a message.
pub trait Field: Sized {
    /// Whether the member is left out when it is written.
    #[doc(hidden)]
    fn is_empty(&self) -> bool;

    #[doc(hidden)]
    fn write(&self, out: &mut String);

    #[doc(hidden)]
    fn read(value: Value, unknown: Unknown) -> Result<Self, DecodeError>;
}

impl Field for String {
    fn is_empty(&self) -> bool {
        str::is_empty(self)
    }

    fn write(&self, out: &mut String) {
        write_string(out, self);
    }

    fn read(value: Value, _: Unknown) -> Result<String, DecodeError> {
        match value {
            Value::String(text) => Ok(text),
            _ => Err(DecodeError::here("a string is expected")),
        }
    }
}

impl Field for bool {
    fn is_empty(&self) -> bool {
        !self
    }

    fn write(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }

    fn read(value: Value, _: Unknown) -> Result<bool, DecodeError> {
        value.as_bool().ok_or_else(|| DecodeError::here("true or false is expected"))
    }
}

macro_rules! integer_fields {
    ($($integer:ty)+) => { $(
        impl Field for $integer {
            fn is_empty(&self) -> bool {
                *self == 0
            }

            fn write(&self, out: &mut String) {
                out.push_str(&self.to_string());
            }

            fn read(value: Value, _: Unknown) -> Result<$integer, DecodeError> {
                let number = value.as_i64().ok_or_else(|| DecodeError::here("an integer is expected"))?;
                number.try_into().map_err(|_| DecodeError::here("the integer is out of range"))
            }
        }
    )+ };
}

integer_fields!(i64 u16 u32);

impl Field for Object {
    fn is_empty(&self) -> bool {
        Object::is_empty(self)
    }

    fn write(&self, out: &mut String) {
        Object::write(self, out);
    }

    fn read(value: Value, _: Unknown) -> Result<Object, DecodeError> {
        match value {
            Value::Object(object) => Ok(object),
            _ => Err(DecodeError::here("an object is expected")),
        }
    }
}

/// Any value, written even if it is `null`: settings are always there.
impl Field for Value {
    fn is_empty(&self) -> bool {
        false
    }

    fn write(&self, out: &mut String) {
        Value::write(self, out);
    }

    fn read(value: Value, _: Unknown) -> Result<Value, DecodeError> {
        Ok(value)
    }
}

impl<F: Field> Field for Vec<F> {
    fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    fn write(&self, out: &mut String) {
        out.push('[');
        for (i, element) in self.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            element.write(out);
        }
        out.push(']');
    }

    fn read(value: Value, unknown: Unknown) -> Result<Vec<F>, DecodeError> {
        match value {
            Value::Array(list) => list.into_iter().map(|element| F::read(element, unknown)).collect(),
            _ => Err(DecodeError::here("an array is expected")),
        }
    }
}

/// What is left out and what is empty are two things.
impl<F: Field> Field for Option<F> {
    fn is_empty(&self) -> bool {
        self.is_none()
    }

    fn write(&self, out: &mut String) {
        if let Some(field) = self {
            field.write(out);
        }
    }

    fn read(value: Value, unknown: Unknown) -> Result<Option<F>, DecodeError> {
        F::read(value, unknown).map(Some)
    }
}

/// Makes a struct a message: its members bear the names of the fields, or the name
/// after `=>`. Settings read well through it:
///
/// ```
/// use postern::Message;
///
/// postern::message! {
///     /// What the operator sets.
///     pub struct Settings {
///         /// The claim to set.
///         pub claim: String,
///         pub limit: u32 => "max",
///     }
/// }
///
/// let settings = Settings::from_json(r#"{"claim":"team","max":3}"#).unwrap();
/// assert_eq!(settings, Settings { claim: "team".into(), limit: 3 });
/// ```
///
/// Fields are `String`, `bool`, `i64`, `u32`, `u16`, [`Object`], [`Value`], another
/// message, a `Vec` of them, or an `Option`: a member that is left out is empty,
/// and `None` where that is not the same.
#[macro_export]
macro_rules! message {
    ($(#[$about:meta])* $public:vis struct $name:ident {
        $( $(#[$what:meta])* $access:vis $field:ident : $type:ty $(=> $member:literal)? ),* $(,)?
    }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq)]
        $public struct $name { $( $(#[$what])* $access $field: $type, )* }

        impl $crate::Message for $name {
            #[allow(unused_variables)]
            fn take(
                &mut self,
                name: &str,
                value: $crate::Value,
                unknown: $crate::codec::Unknown,
            ) -> ::std::result::Result<::std::option::Option<$crate::Value>, $crate::codec::DecodeError> {
                match name {
                    $( $crate::message!(@member $field $($member)?) => {
                        self.$field = $crate::codec::Field::read(value, unknown)?;
                    } )*
                    _ => return ::std::result::Result::Ok(::std::option::Option::Some(value)),
                }
                #[allow(unreachable_code)]
                ::std::result::Result::Ok(::std::option::Option::None)
            }

            #[allow(unused_variables)]
            fn write_members(&self, members: &mut $crate::codec::Members) {
                $( members.write($crate::message!(@member $field $($member)?), &self.$field); )*
            }
        }

        impl $crate::codec::Field for $name {
            fn is_empty(&self) -> bool {
                false
            }

            fn write(&self, out: &mut String) {
                $crate::codec::write_nested(self, out);
            }

            fn read(
                value: $crate::Value,
                unknown: $crate::codec::Unknown,
            ) -> ::std::result::Result<$name, $crate::codec::DecodeError> {
                $crate::codec::read_nested(value, unknown)
            }
        }
    };
    (@member $field:ident) => { stringify!($field) };
    (@member $field:ident $member:literal) => { $member };
}

#[doc(hidden)]
pub fn write_nested<M: Message>(message: &M, out: &mut String) {
    write_message(message, out);
}

#[doc(hidden)]
pub fn read_nested<M: Message>(value: Value, unknown: Unknown) -> Result<M, DecodeError> {
    decode(value, unknown)
}
