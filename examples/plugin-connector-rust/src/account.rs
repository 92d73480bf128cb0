use postern::{object, Object};

/// What a person typed, as the homeserver wants it: a Matrix name (`@alice:example.com`),
/// the part of it before the colon, or an e-mail address that the homeserver knows. None
/// if that can be nobody of it.
pub fn identifier(typed: &str, server_name: &str) -> Option<Object> {
    let user = |name: &str| object! { "type": "m.id.user", "user": name };
    if let Some(name) = typed.strip_prefix('@') {
        let (local, server) = name.split_once(':')?;
        return (!local.is_empty() && server == server_name).then(|| user(typed));
    }
    match typed.split_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() => {
            Some(object! { "type": "m.id.thirdparty", "medium": "email", "address": typed })
        }
        Some(_) => None,
        None => (!typed.is_empty() && !typed.contains(':')).then(|| user(typed)),
    }
}

/// The part of a Matrix name before the colon, if it is one of that homeserver: no
/// other name of the answer is a person that this homeserver may vouch for.
pub fn local_part<'a>(name: &'a str, server_name: &str) -> Option<&'a str> {
    let (local, server) = name.strip_prefix('@')?.split_once(':')?;
    (!local.is_empty() && server == server_name).then_some(local)
}

/// Escapes a name for a path (RFC 3986 section 2.3).
pub fn escape(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
