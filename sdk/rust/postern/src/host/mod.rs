//! What a plugin can ask the host to do during a call.
//!
//! A module imports the host's function for a capability only if the plugin calls
//! it here, and the host refuses a module that imports what its manifest does not
//! ask for: see [`Plugin::capability`](crate::Plugin::capability). In native tests
//! the calls are [played](crate::testing::play).

#[cfg_attr(target_arch = "wasm32", path = "guest.rs")]
#[cfg_attr(not(target_arch = "wasm32"), path = "native.rs")]
pub(crate) mod side;

use std::time::Duration;

use crate::json::parse_bytes;
use crate::{
    CapabilityError, Code, DecodeError, Fetch, FetchAnswer, FetchRequest, FetchResponse, JwtVerifyAnswer,
    JwtVerifyRequest, KvAnswer, KvRequest, LdapBindAnswer, LdapBindRequest, LdapSearchAnswer, LdapSearchRequest,
    Message, OauthExchangeAnswer, OauthExchangeRequest, OidcExchangeAnswer, OidcExchangeRequest, SecretGetAnswer,
    SecretGetRequest, Value,
};

/// What a capability gives.
pub type Answer<T> = Result<T, CapabilityError>;

/// Writes a line to the operator's log: 8 KiB in a call, then silence. In a native test
/// it goes to [`Playing::log`](crate::testing::Playing::log) or to standard error. Do
/// not log what is personal.
pub fn log(line: impl AsRef<str>) {
    side::log(line.as_ref());
}

/// Fills the bytes with good randomness, fresh in every call: up to 64 KiB in all.
/// Whatever else a module draws, such as the seeds of a hash map, is the same in
/// every call.
pub fn random(bytes: &mut [u8]) {
    side::random(bytes);
}

/// The milliseconds since 1970, UTC. Needs `clock`; without the grant the call of the
/// hook fails here.
pub fn now() -> i64 {
    side::now()
}

/// Sends a request of HTTP. Needs `http.fetch`. Any status is an answer.
pub fn fetch(request: Fetch) -> Answer<FetchResponse> {
    let mut responses = fetch_all(vec![request])?;
    responses.pop().unwrap_or_else(|| Err(CapabilityError::new(Code::Unavailable, "no response")))
}

/// Sends up to 8 requests of HTTP side by side. Needs `http.fetch`. The responses
/// come in the order of the requests.
pub fn fetch_all(requests: Vec<Fetch>) -> Answer<Vec<Answer<FetchResponse>>> {
    let answer: FetchAnswer = read(side::http_fetch(&FetchRequest { requests }.to_json()))?;
    let one = |mut response: FetchResponse| response.error.take().map_or(Ok(response), Err);
    Ok(answer.responses.into_iter().map(one).collect())
}

/// Verifies a JWT. Needs `jwt.verify`. A token that is not valid is an error,
/// [`Code::Refused`].
pub fn verify_jwt(request: &JwtVerifyRequest) -> Answer<JwtVerifyAnswer> {
    read(side::jwt_verify(&request.to_json()))
}

/// What the plugin instance keeps under the key. Needs `kv`, like all of these.
pub fn kv_get(key: &str) -> Answer<Option<String>> {
    let answer = kv(KvRequest { op: "get".into(), key: key.into(), ..KvRequest::default() })?;
    Ok(answer.found.then_some(answer.value))
}

/// Keeps the value under the key, for 1 second to 30 days; says whether there was
/// another.
pub fn kv_set(key: &str, value: &str, keep: Duration) -> Answer<bool> {
    Ok(kv(keep_request("set", key, value, keep))?.found)
}

/// Keeps the value under the key, unless there is another; says whether there is
/// another. Of several calls at one time one finds none.
pub fn kv_add(key: &str, value: &str, keep: Duration) -> Answer<bool> {
    Ok(kv(keep_request("add", key, value, keep))?.found)
}

/// Forgets the key; says whether it was there.
pub fn kv_delete(key: &str) -> Answer<bool> {
    Ok(kv(KvRequest { op: "delete".into(), key: key.into(), ..KvRequest::default() })?.found)
}

fn keep_request(op: &str, key: &str, value: &str, keep: Duration) -> KvRequest {
    // What is too long for the number is too long for the host, which says so.
    let ttl = keep.as_secs().try_into().unwrap_or(u32::MAX);
    KvRequest { op: op.into(), key: key.into(), value: value.into(), ttl }
}

fn kv(request: KvRequest) -> Answer<KvAnswer> {
    read(side::kv(&request.to_json()))
}

/// A secret of the plugin instance. Needs `secret.get`. Better let the host put it
/// where it belongs, as with [`Fetch::secret`].
pub fn secret(name: &str) -> Answer<String> {
    let answer: SecretGetAnswer = read(side::secret_get(&SecretGetRequest { name: name.into() }.to_json()))?;
    Ok(answer.value)
}

/// Exchanges the code that the browser brought from an OpenID provider. Needs
/// `oidc.exchange`; only at finish of a sign-in.
pub fn exchange_oidc(request: &OidcExchangeRequest) -> Answer<OidcExchangeAnswer> {
    read(side::oidc_exchange(&request.to_json()))
}

/// Exchanges the code that the browser brought from an OAuth 2 server. Needs
/// `oauth.exchange`; only at finish of a sign-in.
pub fn exchange_oauth(request: &OauthExchangeRequest) -> Answer<OauthExchangeAnswer> {
    read(side::oauth_exchange(&request.to_json()))
}

/// Whether the password opens the entry of a directory. Needs `ldap.bind`.
pub fn ldap_bind(request: &LdapBindRequest) -> Answer<bool> {
    let answer: LdapBindAnswer = read(side::ldap_bind(&request.to_json()))?;
    Ok(answer.ok)
}

/// Searches a directory. Needs `ldap.search`.
pub fn ldap_search(request: &LdapSearchRequest) -> Answer<LdapSearchAnswer> {
    read(side::ldap_search(&request.to_json()))
}

/// Every answer is an object with a member `error`, or with the members of the
/// answer.
fn read<A: Message>(answer: Vec<u8>) -> Answer<A> {
    A::from_value(without_error(&answer)?).map_err(nonsense)
}

fn without_error(answer: &[u8]) -> Answer<Value> {
    let mut value = parse_bytes(answer).map_err(|wrong| nonsense(wrong.into()))?;
    if let Value::Object(members) = &mut value {
        if let Some(error) = members.remove("error") {
            return Err(CapabilityError::from_value(error).unwrap_or_else(nonsense));
        }
    }
    Ok(value)
}

fn nonsense(wrong: DecodeError) -> CapabilityError {
    CapabilityError::new(Code::Unavailable, format!("the host's answer: {wrong}"))
}
