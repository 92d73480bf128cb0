//! The messages between Postern and its plugins, as `sdk/abi.md` says.
//!
//! Strings are empty where nothing is known, and times are RFC 3339 in UTC.

#[macro_use]
mod word;

mod capability;
mod connector;
mod event;
mod manifest;
mod person;
mod relying;

pub use capability::{
    CapabilityError, Code, Fetch, FetchAnswer, FetchRequest, FetchResponse, FetchSecret, JwtVerifyAnswer,
    JwtVerifyRequest, KvAnswer, KvRequest, LdapBindAnswer, LdapBindRequest, LdapEntry, LdapSearchAnswer,
    LdapSearchRequest, LdapServer, OauthExchangeAnswer, OauthExchangeRequest, OidcExchangeAnswer, OidcExchangeRequest,
    SecretGetAnswer, SecretGetRequest,
};
pub use connector::{Identity, LoginInput, LoginOutput, LoginRedirect, PasswordInput, PasswordOutput, Phase};
pub use event::{Event, EventInput, EventOutput};
pub use manifest::{CapabilityWish, HostCall, Manifest, Preset, Sample, SecretWish};
pub use person::{Authentication, Client, Organisation, User};
pub use relying::{AccountInput, ClaimsInput, ClaimsOutput, ScopeInput, ScopeOutput, Target};

/// `claims.map/v1`
pub const CLAIMS_MAP: &str = "claims.map/v1";
/// `account.shape/v1`
pub const ACCOUNT_SHAPE: &str = "account.shape/v1";
/// `scope.policy/v1`
pub const SCOPE_POLICY: &str = "scope.policy/v1";
/// `connector.login/v1`
pub const CONNECTOR_LOGIN: &str = "connector.login/v1";
/// `connector.password/v1`
pub const CONNECTOR_PASSWORD: &str = "connector.password/v1";
/// `event.sink/v1`
pub const EVENT_SINK: &str = "event.sink/v1";

/// The time, granted.
pub const CLOCK: &str = "clock";
/// HTTP requests to granted hosts.
pub const HTTP_FETCH: &str = "http.fetch";
/// Verification of a JWT.
pub const JWT_VERIFY: &str = "jwt.verify";
/// A small store of the plugin instance.
pub const KV: &str = "kv";
/// Secrets of the plugin instance.
pub const SECRET_GET: &str = "secret.get";
/// The exchange of a code at an OpenID provider.
pub const OIDC_EXCHANGE: &str = "oidc.exchange";
/// The exchange of a code at an OAuth 2 server.
pub const OAUTH_EXCHANGE: &str = "oauth.exchange";
/// A password checked by a directory.
pub const LDAP_BIND: &str = "ldap.bind";
/// A search in a directory.
pub const LDAP_SEARCH: &str = "ldap.search";

/// The claims that the host alone sets. A plugin that sets or removes one of them
/// fails.
pub const PROTECTED: [&str; 23] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "auth_time",
    "acr",
    "amr",
    "azp",
    "sid",
    "at_hash",
    "c_hash",
    "s_hash",
    "cnf",
    "client_id",
    "scope",
    "events",
    "act",
    "may_act",
    "typ",
];
