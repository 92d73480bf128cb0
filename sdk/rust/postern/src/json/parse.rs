use std::fmt;

use super::plain::plain_length;
use super::{Number, Object, Value};

/// How deep arrays and objects may be nested.
pub const MAX_DEPTH: usize = 64;

/// How many characters a number may have (RFC 8259 section 9 allows limits on the
/// range and precision of numbers).
pub const MAX_NUMBER: usize = 64;

/// Where a text is not what it should be. It never quotes the text, which may be
/// personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// In bytes from the beginning.
    pub offset: usize,
    /// What is wrong there.
    pub what: &'static str,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.what)
    }
}

impl std::error::Error for ParseError {}

/// Reads one JSON value.
pub fn parse(text: &str) -> Result<Value, ParseError> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let value = parser.value()?;
    parser.space();
    if parser.at < text.len() {
        return parser.wrong("text after the value");
    }
    Ok(value)
}

/// [`parse`] for bytes that may not be UTF-8.
pub fn parse_bytes(bytes: &[u8]) -> Result<Value, ParseError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(text),
        Err(wrong) => Err(ParseError { offset: wrong.valid_up_to(), what: "not UTF-8" }),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize, // always between two characters
    depth: usize,
}

impl<'a> Parser<'a> {
    fn wrong<T>(&self, what: &'static str) -> Result<T, ParseError> {
        Err(ParseError { offset: self.at, what })
    }

    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.next() {
            self.at += 1;
        }
    }

    /// Steps over the byte, after space.
    fn take(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.next() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self) -> Result<Value, ParseError> {
        self.space();
        match self.next() {
            Some(b'{') => self.object().map(Value::Object),
            Some(b'[') => self.array().map(Value::Array),
            Some(b'"') => self.string().map(Value::String),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => self.number().map(Value::Number),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, ParseError> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return self.wrong("a value is expected");
        }
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<Number, ParseError> {
        let rest = &self.text[self.at..];
        match number_length(rest.as_bytes()) {
            Ok(length) if length > MAX_NUMBER => self.wrong("the number is too long"),
            Ok(length) => {
                self.at += length;
                Ok(Number::trusted(&rest[..length]))
            }
            Err((length, what)) => {
                self.at += length;
                self.wrong(what)
            }
        }
    }

    /// Opens an array or an object; says whether it has elements.
    fn open(&mut self, end: u8) -> Result<bool, ParseError> {
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.wrong("nested too deep");
        }
        let empty = self.take(end);
        self.depth -= usize::from(empty);
        Ok(!empty)
    }

    /// Stands after an element; says whether another follows.
    fn more(&mut self, end: u8) -> Result<bool, ParseError> {
        if self.take(b',') {
            return Ok(true);
        }
        if !self.take(end) {
            return self.wrong("a comma or the end is expected");
        }
        self.depth -= 1;
        Ok(false)
    }

    fn array(&mut self) -> Result<Vec<Value>, ParseError> {
        let mut list = Vec::new();
        let mut more = self.open(b']')?;
        while more {
            list.push(self.value()?);
            more = self.more(b']')?;
        }
        Ok(list)
    }

    fn object(&mut self) -> Result<Object, ParseError> {
        let mut members = Vec::new();
        let mut more = self.open(b'}')?;
        while more {
            self.space();
            if self.next() != Some(b'"') {
                return self.wrong("a member name is expected");
            }
            let name = self.string()?;
            if !self.take(b':') {
                return self.wrong("a colon is expected");
            }
            members.push((name, self.value()?));
            more = self.more(b'}')?;
        }
        if has_twice(&members) {
            return self.wrong("a member appears twice");
        }
        Ok(Object(members))
    }

    /// Stands at the opening quotation mark.
    fn string(&mut self) -> Result<String, ParseError> {
        self.at += 1;
        let start = self.at;
        self.plain()?;
        let plain = &self.text[start..self.at];
        if self.take_here(b'"') {
            return Ok(plain.into());
        }
        let mut out = String::with_capacity(plain.len() + 32);
        out.push_str(plain);
        loop {
            self.at += 1; // the backslash
            out.push(self.escape()?);
            let from = self.at;
            self.plain()?;
            out.push_str(&self.text[from..self.at]);
            if self.take_here(b'"') {
                return Ok(out);
            }
        }
    }

    fn take_here(&mut self, byte: u8) -> bool {
        let found = self.next() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Steps to the next quotation mark or backslash.
    fn plain(&mut self) -> Result<(), ParseError> {
        self.at += plain_length(&self.text.as_bytes()[self.at..]);
        match self.next() {
            Some(b'"' | b'\\') => Ok(()),
            Some(_) => self.wrong("a control character in a string"),
            None => self.wrong("a string without end"),
        }
    }

    /// Reads what follows a backslash.
    fn escape(&mut self) -> Result<char, ParseError> {
        let c = match self.next() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            Some(_) => return self.wrong("an unknown escape"),
            None => return self.wrong("a string without end"),
        };
        self.at += 1;
        Ok(c)
    }

    /// Reads the digits of `\u`, and the second half of a surrogate pair. Half a pair
    /// has no UTF-8 form, so it is refused (RFC 8259 section 8.2).
    fn unicode(&mut self) -> Result<char, ParseError> {
        let mut code = self.hex4()?;
        if (0xd800..0xdc00).contains(&code) && self.take_here(b'\\') && self.take_here(b'u') {
            let second = self.hex4()?;
            if (0xdc00..0xe000).contains(&second) {
                code = 0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00);
            }
        }
        match char::from_u32(code) {
            Some(c) => Ok(c),
            None => self.wrong("half a surrogate pair"),
        }
    }

    fn hex4(&mut self) -> Result<u32, ParseError> {
        let mut code = 0;
        for _ in 0..4 {
            match self.next().and_then(|digit| (digit as char).to_digit(16)) {
                Some(digit) => code = code << 4 | digit,
                None => return self.wrong("four hexadecimal digits are expected"),
            }
            self.at += 1;
        }
        Ok(code)
    }
}

/// The length of the number that the text begins with (RFC 8259 section 6: no NaN,
/// no infinity, no leading zero), or where there is none and why.
pub(super) fn number_length(text: &[u8]) -> Result<usize, (usize, &'static str)> {
    let digits = |from: usize| text[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let is = |at: usize, any: &[u8]| text.get(at).map_or(false, |b| any.contains(b));
    let mut at = usize::from(is(0, b"-"));
    at += match digits(at) {
        0 => return Err((at, "a value is expected")),
        _ if text[at] == b'0' => 1,
        n => n,
    };
    if is(at, b".") {
        at += 1;
        at += match digits(at) {
            0 => return Err((at, "a digit is expected")),
            n => n,
        };
    }
    if is(at, b"eE") {
        at += 1;
        at += usize::from(is(at, b"+-"));
        at += match digits(at) {
            0 => return Err((at, "a digit is expected")),
            n => n,
        };
    }
    Ok(at)
}

/// Whether two members have the same name. Many names are sorted first, so that no
/// text makes this slow.
fn has_twice(members: &[(String, Value)]) -> bool {
    const FEW: usize = 16;
    if members.len() <= FEW {
        return members
            .iter()
            .enumerate()
            .any(|(i, (name, _))| members[..i].iter().any(|(earlier, _)| earlier == name));
    }
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}
