use super::plain::plain_length;
use super::{Object, Value};

impl Value {
    pub(crate) fn write(&self, out: &mut String) {
        match self {
            Value::Null => out.push_str("null"),
            Value::Bool(true) => out.push_str("true"),
            Value::Bool(false) => out.push_str("false"),
            Value::Number(number) => out.push_str(number.as_str()),
            Value::String(text) => write_string(out, text),
            Value::Array(list) => write_array(out, list),
            Value::Object(object) => object.write(out),
        }
    }
}

impl Object {
    pub(crate) fn write(&self, out: &mut String) {
        out.push('{');
        for (i, (name, value)) in self.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            write_string(out, name);
            out.push(':');
            value.write(out);
        }
        out.push('}');
    }
}

fn write_array(out: &mut String, list: &[Value]) {
    out.push('[');
    for (i, value) in list.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        value.write(out);
    }
    out.push(']');
}

/// Escapes what RFC 8259 section 7 says must be escaped, and nothing else: an
/// account goes to the relying party byte for byte, and every SDK writes the same.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('"');
    let mut rest = text;
    loop {
        let plain = plain_length(rest.as_bytes());
        out.push_str(&rest[..plain]);
        match rest.as_bytes().get(plain) {
            Some(&byte) => write_escape(out, byte),
            None => break,
        }
        rest = &rest[plain + 1..];
    }
    out.push('"');
}

fn write_escape(out: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push('\\');
    match byte {
        b'"' | b'\\' => out.push(byte as char),
        0x08 => out.push('b'),
        0x0c => out.push('f'),
        b'\n' => out.push('n'),
        b'\r' => out.push('r'),
        b'\t' => out.push('t'),
        _ => {
            out.push_str("u00");
            out.push(DIGITS[usize::from(byte >> 4)] as char);
            out.push(DIGITS[usize::from(byte & 15)] as char);
        }
    }
}
