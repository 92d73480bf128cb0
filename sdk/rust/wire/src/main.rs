//! Reads messages and writes them again, so that a test in another language can
//! compare: each line of standard input is the name of a message and a text in base64;
//! the line of standard output is what was written, in base64, or `-` if the text is
//! refused. The message `json` is any value.

use std::io::{self, BufRead, Write};

use postern::json::parse_bytes;
use postern::*;

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (name, text) = line.split_once(' ').ok_or(io::ErrorKind::InvalidInput)?;
        let text = base64::decode(text).ok_or(io::ErrorKind::InvalidInput)?;
        match again(name, &text) {
            Some(written) => writeln!(out, "{}", base64::encode(written.as_bytes()))?,
            None => writeln!(out, "-")?,
        }
    }
    out.flush()
}

macro_rules! messages {
    ($name:ident, $value:ident: $($message:ident)+) => {
        match $name {
            $( stringify!($message) => Some($message::from_value_strict($value).ok()?.to_json()), )+
            _ => panic!("no message is called {}", $name),
        }
    };
}

fn again(name: &str, text: &[u8]) -> Option<String> {
    let value = parse_bytes(text).ok()?;
    if name == "json" {
        return Some(value.to_json());
    }
    messages!(name, value:
        ClaimsInput ClaimsOutput AccountInput ScopeInput ScopeOutput LoginInput LoginOutput PasswordInput PasswordOutput
        EventInput EventOutput Manifest HostCall
        FetchRequest FetchAnswer JwtVerifyRequest JwtVerifyAnswer KvRequest KvAnswer SecretGetRequest SecretGetAnswer
        OidcExchangeRequest OidcExchangeAnswer OauthExchangeRequest OauthExchangeAnswer
        LdapBindRequest LdapBindAnswer LdapSearchRequest LdapSearchAnswer
    )
}
