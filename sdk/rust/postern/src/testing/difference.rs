use crate::codec::Message;
use crate::{
    ClaimsOutput, EventOutput, FetchRequest, JwtVerifyRequest, KvRequest, LdapBindRequest, LdapSearchRequest,
    LoginOutput, OauthExchangeRequest, Object, OidcExchangeRequest, PasswordOutput, ScopeOutput, SecretGetRequest,
    Value,
};
use crate::{
    CLAIMS_MAP, CONNECTOR_LOGIN, CONNECTOR_PASSWORD, EVENT_SINK, HTTP_FETCH, JWT_VERIFY, KV, LDAP_BIND, LDAP_SEARCH,
    OAUTH_EXCHANGE, OIDC_EXCHANGE, SCOPE_POLICY, SECRET_GET,
};

/// Says where two values differ first, as "a.b is 1, not 2". The order of members
/// does not matter; numbers are compared as they are written.
pub(super) fn difference(want: &Value, got: &Value) -> Option<String> {
    at("", want, got)
}

fn at(path: &str, want: &Value, got: &Value) -> Option<String> {
    match (want, got) {
        (Value::Object(want), Value::Object(got)) => in_members(path, want, got),
        (Value::Array(want), Value::Array(got)) if want.len() == got.len() => {
            want.iter().zip(got).enumerate().find_map(|(i, (want, got))| at(&format!("{path}[{i}]"), want, got))
        }
        _ if want == got => None,
        _ if path.is_empty() => Some(format!("is {}, not {}", got.to_json(), want.to_json())),
        _ => Some(format!("has {path} {}, not {}", got.to_json(), want.to_json())),
    }
}

fn in_members(path: &str, want: &Object, got: &Object) -> Option<String> {
    let inside = |name: &str| {
        if path.is_empty() {
            name.into()
        } else {
            format!("{path}.{name}")
        }
    };
    for (name, wanted) in want.iter() {
        match got.get(name) {
            Some(value) => match at(&inside(name), wanted, value) {
                None => continue,
                different => return different,
            },
            None => return Some(format!("has no {}, but should: {}", inside(name), wanted.to_json())),
        }
    }
    let more = got.iter().find(|(name, _)| want.get(name).is_none());
    more.map(|(name, value)| format!("has {} {}, which it should not", inside(name), value.to_json()))
}

/// A request without its empty members, which may be written or left out.
pub(super) fn normal_request(capability: &str, request: Value) -> Value {
    let normal = match capability {
        HTTP_FETCH => normal::<FetchRequest>,
        JWT_VERIFY => normal::<JwtVerifyRequest>,
        KV => normal::<KvRequest>,
        SECRET_GET => normal::<SecretGetRequest>,
        OIDC_EXCHANGE => normal::<OidcExchangeRequest>,
        OAUTH_EXCHANGE => normal::<OauthExchangeRequest>,
        LDAP_BIND => normal::<LdapBindRequest>,
        LDAP_SEARCH => normal::<LdapSearchRequest>,
        _ => return request,
    };
    // What is no such request is compared as it is.
    normal(request.clone()).unwrap_or(request)
}

/// An output without its empty members; why, if it is not the hook's.
pub(super) fn normal_output(hook: &str, output: Value) -> Result<Value, String> {
    let normal = match hook {
        CLAIMS_MAP => normal::<ClaimsOutput>,
        SCOPE_POLICY => normal::<ScopeOutput>,
        CONNECTOR_LOGIN => normal::<LoginOutput>,
        CONNECTOR_PASSWORD => normal::<PasswordOutput>,
        EVENT_SINK => normal::<EventOutput>,
        _ => return Ok(output),
    };
    normal(output)
}

fn normal<M: Message>(value: Value) -> Result<Value, String> {
    M::from_value_strict(value).map(|message| message.to_value()).map_err(|wrong| wrong.to_string())
}
