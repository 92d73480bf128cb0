use std::fmt;

use crate::codec::{DecodeError, Field, Unknown};
use crate::json::write_string;
use crate::{base64, message, Object, ParseError, Value};

/// Why a capability gave no answer, in a word.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Code {
    /// Not granted; the message says how the operator grants it.
    Denied,
    /// The plugin's mistake.
    InvalidRequest,
    /// The other side cannot be reached or makes no sense.
    Unavailable,
    /// It took too long.
    Timeout,
    /// The request or the answer is too large.
    TooLarge,
    /// Too many calls, keys, ...
    Limit,
    /// The other side, or the check, said no.
    Refused,
    /// A word of a newer host.
    Other(String),
}

impl Code {
    /// The word of the message.
    pub fn as_str(&self) -> &str {
        match self {
            Code::Denied => "denied",
            Code::InvalidRequest => "invalid_request",
            Code::Unavailable => "unavailable",
            Code::Timeout => "timeout",
            Code::TooLarge => "too_large",
            Code::Limit => "limit",
            Code::Refused => "refused",
            Code::Other(word) => word,
        }
    }
}

impl From<String> for Code {
    fn from(word: String) -> Code {
        match word.as_str() {
            "denied" => Code::Denied,
            "invalid_request" => Code::InvalidRequest,
            "unavailable" => Code::Unavailable,
            "timeout" => Code::Timeout,
            "too_large" => Code::TooLarge,
            "limit" => Code::Limit,
            "refused" => Code::Refused,
            _ => Code::Other(word),
        }
    }
}

impl Default for Code {
    fn default() -> Code {
        Code::Other(String::new())
    }
}

impl Field for Code {
    fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }

    fn write(&self, out: &mut String) {
        write_string(out, self.as_str());
    }

    fn read(value: Value, unknown: Unknown) -> Result<Code, DecodeError> {
        String::read(value, unknown).map(Code::from)
    }
}

message! {
    /// Why a capability gave no answer.
    pub struct CapabilityError {
        pub code: Code,
        /// For the plugin's author.
        pub message: String,
    }
}

impl CapabilityError {
    /// An error, as tests play them.
    pub fn new(code: Code, message: impl Into<String>) -> CapabilityError {
        CapabilityError { code, message: message.into() }
    }
}

impl fmt::Display for CapabilityError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for CapabilityError {}

message! {
    /// What `http.fetch` gets: requests that the host sends side by side, at most 8.
    pub struct FetchRequest {
        pub requests: Vec<Fetch>,
    }
}

message! {
    /// A request of HTTP.
    pub struct Fetch {
        /// Empty: GET.
        pub method: String,
        pub url: String,
        /// Strings.
        pub headers: Object,
        /// UTF-8, or `body_base64`.
        pub body: String,
        /// Any bytes (RFC 4648 section 4).
        pub body_base64: String,
        /// 0: as long as the host lets it.
        pub timeout_ms: u32,
        /// Put into headers by the host: the plugin need not read them.
        pub secrets: Vec<FetchSecret>,
        /// Sends the access token that `oidc.exchange` or `oauth.exchange` got in this
        /// call as a bearer token.
        pub exchanged: bool,
    }
}

impl Fetch {
    /// A request without body.
    pub fn get(url: impl Into<String>) -> Fetch {
        Fetch { url: url.into(), ..Fetch::default() }
    }

    /// A request with a JSON body.
    pub fn post_json(url: impl Into<String>, body: impl Into<Value>) -> Fetch {
        let post = Fetch { method: "POST".into(), body: body.into().to_json(), ..Fetch::get(url) };
        post.header("content-type", "application/json")
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Fetch {
        self.headers.set(name, value);
        self
    }

    /// Adds a header that is the prefix, such as `Bearer `, and a secret.
    pub fn secret(mut self, header: &str, prefix: &str, name: &str) -> Fetch {
        self.secrets.push(FetchSecret { header: header.into(), name: name.into(), prefix: prefix.into() });
        self
    }

    /// Sends any bytes.
    pub fn bytes(mut self, body: &[u8]) -> Fetch {
        self.body_base64 = base64::encode(body);
        self
    }
}

message! {
    /// A header whose value is `prefix` and a secret of the plugin instance.
    pub struct FetchSecret {
        pub header: String,
        pub name: String,
        /// `Bearer `
        pub prefix: String,
    }
}

message! {
    /// A response for each request, in their order.
    pub struct FetchAnswer {
        pub responses: Vec<FetchResponse>,
    }
}

message! {
    /// What came back.
    pub struct FetchResponse {
        pub error: Option<CapabilityError>,
        pub status: u16,
        /// Lower-case names; several of one name are joined by `, `.
        pub headers: Object,
        /// The body, if it is UTF-8.
        pub body: String,
        /// The body, if it is not.
        pub body_base64: String,
    }
}

impl FetchResponse {
    /// A header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get_str(name)
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value, ParseError> {
        self.body.parse()
    }

    /// The body, whatever it is; none if the host wrote it wrongly.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        if self.body_base64.is_empty() {
            return Some(self.body.clone().into_bytes());
        }
        base64::decode(&self.body_base64)
    }
}

message! {
    /// What `jwt.verify` gets. The keys come from one of `jwks`, `jwks_uri`, `secret`,
    /// and else from the discovery document of the issuer.
    pub struct JwtVerifyRequest {
        pub token: String,
        /// Must be `iss`, if given.
        pub issuer: String,
        /// Must be in `aud`, if given.
        pub audience: String,
        /// Empty: RS256, PS256, ES256, EdDSA.
        pub algorithms: Vec<String>,
        pub jwks_uri: String,
        pub jwks: Object,
        /// The name of a secret, for HS256.
        pub secret: String,
        /// In seconds, at most 300.
        pub leeway: u32,
    }
}

message! {
    /// What a valid token says.
    pub struct JwtVerifyAnswer {
        pub header: Object,
        pub claims: Object,
    }
}

message! {
    /// What `kv` gets. Keys are of the plugin instance alone.
    pub struct KvRequest {
        /// `get`, `set`, `add`, `delete`
        pub op: String,
        /// At most 128 bytes.
        pub key: String,
        /// At most 4 KiB.
        pub value: String,
        /// Seconds, 1 to 30 days; `set` and `add` need it.
        pub ttl: u32,
    }
}

message! {
    /// Whether the key was there, and with `get` what it holds.
    pub struct KvAnswer {
        pub found: bool,
        pub value: String,
    }
}

message! {
    /// What `secret.get` gets.
    pub struct SecretGetRequest {
        pub name: String,
    }
}

message! {
    /// The secret.
    pub struct SecretGetAnswer {
        pub value: String,
    }
}

message! {
    /// What `oidc.exchange` gets, at finish of `connector.login/v1`. The host has code,
    /// redirect URI, PKCE verifier and nonce, and verifies the ID token (OpenID Connect
    /// Core 1.0 section 3.1.3.7).
    pub struct OidcExchangeRequest {
        pub issuer: String,
        pub client_id: String,
        /// The name of the client secret; empty: a public client.
        pub secret: String,
        /// How the client proves who it is. Empty: client_secret_basic with a secret, none
        /// without; client_secret_post, none, or one for which the secret is a private key in
        /// PEM: private_key_jwt (RFC 7523 section 2.2), signed_client_secret (a JWT in the
        /// place of the client secret, as Apple wants it).
        pub auth_method: String,
        /// The kid of what the private key signs.
        pub key_id: String,
        /// The iss of a signed_client_secret.
        pub key_issuer: String,
        /// Ask the UserInfo endpoint too.
        pub userinfo: bool,
        /// Accepts an issuer that the discovery document writes with `{tenantid}`, filled
        /// in from the claim tid, as Microsoft Entra ID does.
        pub any_issuer: bool,
    }
}

message! {
    /// The claims. Tokens stay with the host.
    pub struct OidcExchangeAnswer {
        /// Of the ID token.
        pub claims: Object,
        /// Its `sub` was compared.
        pub userinfo: Object,
        pub scope: String,
    }
}

message! {
    /// What `oauth.exchange` gets, at finish of `connector.login/v1`.
    pub struct OauthExchangeRequest {
        pub token_endpoint: String,
        pub client_id: String,
        /// The name of the client secret.
        pub secret: String,
        /// As in [`OidcExchangeRequest`].
        pub auth_method: String,
        pub key_id: String,
        pub key_issuer: String,
    }
}

message! {
    /// What was granted. The access token stays with the host; see [`Fetch`].
    pub struct OauthExchangeAnswer {
        pub token_type: String,
        pub scope: String,
        /// Seconds; 0: it was not said.
        pub expires_in: i64,
    }
}

message! {
    /// Where a directory is and who asks it.
    pub struct LdapServer {
        /// `ldap://host:389`, `ldaps://host:636`
        pub url: String,
        pub start_tls: bool,
        /// Empty: nobody.
        pub bind_dn: String,
        /// The name of a secret with the password of `bind_dn`.
        pub bind_secret: String,
    }
}

message! {
    /// What `ldap.bind` gets: does the password open the entry? An empty password is
    /// refused.
    pub struct LdapBindRequest {
        /// Without `bind_dn` and `bind_secret`.
        pub server: LdapServer,
        pub dn: String,
        pub password: String,
    }
}

message! {
    /// Whether it does.
    pub struct LdapBindAnswer {
        pub ok: bool,
    }
}

message! {
    /// What `ldap.search` gets.
    pub struct LdapSearchRequest {
        pub server: LdapServer,
        pub base_dn: String,
        /// Empty: `sub`; `base`, `one`.
        pub scope: String,
        /// May have `{0}`, `{1}`, ..., which the host replaces by `values`, escaped (RFC
        /// 4515 section 3).
        pub filter: String,
        pub values: Vec<String>,
        /// Empty: all.
        pub attributes: Vec<String>,
        /// 0: 100; at most 1,000.
        pub limit: u32,
    }
}

message! {
    /// The entries.
    pub struct LdapSearchAnswer {
        pub entries: Vec<LdapEntry>,
        /// There were more.
        pub truncated: bool,
    }
}

message! {
    /// An entry. Attributes are arrays of strings by the name that the server gave;
    /// values that are no UTF-8 are written in base64 after `base64:`.
    pub struct LdapEntry {
        pub dn: String,
        pub attributes: Object,
    }
}
