use super::{Client, Organisation};
use crate::{message, Object, Value};

words! {
    /// Which half of an upstream sign-in a message is about.
    pub enum Phase {
        Begin => "begin",
        Finish => "finish",
    }
}

message! {
    /// What `connector.login/v1` gets. The host keeps state, nonce, PKCE and the code
    /// to itself.
    pub struct LoginInput {
        pub phase: Phase,
        pub settings: Value,
        pub organisation: Organisation,
        pub client: Client,
        /// Where the provider sends the browser back to.
        pub redirect_uri: String,
        pub login_hint: String,
        pub prompt: String,
        pub acr_values: Vec<String>,
        pub ui_locales: Vec<String>,
        /// Of the callback, but for code, state and iss; at finish.
        pub parameters: Object,
        /// What begin gave, at finish.
        pub data: Object,
    }
}

message! {
    /// What `connector.login/v1` gives: a redirect at begin, an identity or a refusal
    /// at finish.
    pub struct LoginOutput {
        pub redirect: Option<LoginRedirect>,
        pub identity: Option<Identity>,
        /// Ends the sign-in; `reason` is shown to the person and logged.
        pub deny: bool,
        pub reason: String,
        /// Kept until finish, at most 4 KiB; the browser never sees it.
        pub data: Object,
    }
}

impl LoginOutput {
    /// Ends the sign-in, with a reason for the person.
    pub fn deny(reason: impl Into<String>) -> LoginOutput {
        LoginOutput { deny: true, reason: reason.into(), ..LoginOutput::default() }
    }
}

impl From<LoginRedirect> for LoginOutput {
    fn from(redirect: LoginRedirect) -> LoginOutput {
        LoginOutput { redirect: Some(redirect), ..LoginOutput::default() }
    }
}

impl From<Identity> for LoginOutput {
    fn from(identity: Identity) -> LoginOutput {
        LoginOutput { identity: Some(identity), ..LoginOutput::default() }
    }
}

message! {
    /// Where the browser goes. The host adds response_type, redirect_uri, state, the
    /// PKCE challenge and, with an issuer, the nonce.
    pub struct LoginRedirect {
        /// Of an OpenID provider; the host reads its discovery document. Or
        /// `authorization_endpoint`, of an OAuth 2 server. One of both.
        pub issuer: String,
        pub authorization_endpoint: String,
        pub client_id: String,
        pub scopes: Vec<String>,
        /// Added as they are; strings. Those of the host are refused.
        pub parameters: Object,
        /// Empty, `query` or `form_post`.
        pub response_mode: String,
        /// Leaves the challenge out, for a server that refuses it.
        pub no_pkce: bool,
        /// As in [`OidcExchangeRequest`](crate::OidcExchangeRequest).
        pub any_issuer: bool,
    }
}

message! {
    /// Who signed in upstream.
    pub struct Identity {
        /// The provider's own, never reassigned name of the person. The host puts the
        /// connector's name before it.
        pub subject: String,
        /// The login name to begin with.
        pub name: String,
        pub email: String,
        pub email_verified: bool,
        pub display_name: String,
        pub given_name: String,
        pub family_name: String,
        pub picture: String,
        pub locale: String,
        pub phone: String,
        pub groups: Vec<String>,
        /// Strings.
        pub attributes: Object,
        pub amr: Vec<String>,
        pub acr: String,
        /// Handed to `claims.map/v1` as `upstream`.
        pub claims: Object,
    }
}

message! {
    /// What `connector.password/v1` gets.
    pub struct PasswordInput {
        pub settings: Value,
        pub organisation: Organisation,
        pub client: Client,
        /// As it was typed.
        pub name: String,
        pub password: String,
        /// Of the browser, without port.
        pub address: String,
    }
}

message! {
    /// What `connector.password/v1` gives. `deny` says that name or password is wrong;
    /// an error of the plugin says that nobody could tell.
    pub struct PasswordOutput {
        pub identity: Option<Identity>,
        pub deny: bool,
        /// For the log.
        pub reason: String,
    }
}

impl PasswordOutput {
    /// Says that name or password is wrong, with a reason for the log.
    pub fn deny(reason: impl Into<String>) -> PasswordOutput {
        PasswordOutput { deny: true, reason: reason.into(), ..PasswordOutput::default() }
    }
}

impl From<Identity> for PasswordOutput {
    fn from(identity: Identity) -> PasswordOutput {
        PasswordOutput { identity: Some(identity), ..PasswordOutput::default() }
    }
}
