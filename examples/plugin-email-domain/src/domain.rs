/// The domain of an e-mail address (RFC 5321 section 4.1.2): what follows the last `@`,
/// because a quoted local part may have one too. None if there is no such address.
pub fn of(address: &str) -> Option<&str> {
    let (local, domain) = address.rsplit_once('@')?;
    (!local.is_empty() && !domain.is_empty()).then_some(domain)
}

/// Whether the domain is the one of the pattern, or below it if that begins with `*.`.
/// Case does not matter (RFC 4343).
pub fn matches(pattern: &str, domain: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(suffix) => ends_with(domain, suffix),
        None => domain.eq_ignore_ascii_case(pattern),
    }
}

/// `suffix` begins with a dot, and something stands before it.
fn ends_with(domain: &str, suffix: &str) -> bool {
    let start = domain.len().saturating_sub(suffix.len());
    let (name, rest) = (domain.get(..start), domain.get(start..));
    let below = rest.map_or(false, |rest| rest.eq_ignore_ascii_case(suffix));
    suffix.starts_with('.') && below && name.map_or(false, |name| !name.is_empty())
}
