/// Makes an enum of the words that a member may be. A word that this SDK does not
/// know reads as `Unknown`, which is also what is left out.
macro_rules! words {
    ($(#[$about:meta])* pub enum $name:ident { $( $(#[$what:meta])* $variant:ident => $word:literal ),* $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name {
            /// Left out, or a word of a newer host.
            Unknown,
            $( $(#[$what])* $variant, )*
        }

        impl $name {
            /// The word of the message.
            pub fn as_str(&self) -> &'static str {
                match self {
                    $name::Unknown => "",
                    $( $name::$variant => $word, )*
                }
            }
        }

        impl Default for $name {
            fn default() -> $name {
                $name::Unknown
            }
        }

        impl $crate::codec::Field for $name {
            fn is_empty(&self) -> bool {
                *self == $name::Unknown
            }

            fn write(&self, out: &mut String) {
                $crate::json::write_string(out, self.as_str());
            }

            fn read(value: $crate::Value, unknown: $crate::codec::Unknown) -> Result<$name, $crate::codec::DecodeError> {
                let word = <String as $crate::codec::Field>::read(value, unknown)?;
                Ok(match word.as_str() {
                    $( $word => $name::$variant, )*
                    _ => $name::Unknown,
                })
            }
        }
    };
}
