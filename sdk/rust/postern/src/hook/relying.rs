use super::{Authentication, Client, Organisation, User};
use crate::{message, Object, Value};

words! {
    /// What claims are for.
    pub enum Target {
        IdToken => "id_token",
        UserInfo => "userinfo",
        AccessToken => "access_token",
    }
}

message! {
    /// What `claims.map/v1` gets.
    pub struct ClaimsInput {
        pub target: Target,
        /// Of the plugin instance, an object.
        pub settings: Value,
        pub user: User,
        pub organisation: Organisation,
        pub client: Client,
        /// Granted.
        pub scopes: Vec<String>,
        pub authentication: Authentication,
        /// Those so far: the standard's, then earlier plugins'.
        pub claims: Object,
        /// The members of the claims parameter for this target (OpenID Connect Core 1.0
        /// section 5.5), empty where the client asked for none.
        pub requested: Object,
        /// The claims of the provider at which the user signed in, as the connector gave
        /// them; empty where it was this one.
        pub upstream: Object,
    }
}

message! {
    /// What `claims.map/v1` gives. `remove` comes before `set`. Naming one of
    /// [`PROTECTED`](crate::PROTECTED) fails the call.
    pub struct ClaimsOutput {
        pub set: Object,
        pub remove: Vec<String>,
    }
}

message! {
    /// What `account.shape/v1` gets. The output is the JSON document itself.
    pub struct AccountInput {
        pub settings: Value,
        pub user: User,
        pub organisation: Organisation,
        pub client: Client,
        pub scopes: Vec<String>,
        pub authentication: Authentication,
        /// The standard's, as UserInfo has them before any plugin.
        pub claims: Object,
    }
}

message! {
    /// What `scope.policy/v1` gets.
    pub struct ScopeInput {
        pub settings: Value,
        /// `authorization_code`, `refresh_token`, `client_credentials`, `registration`
        pub grant_type: String,
        /// All fields empty where no user took part.
        pub user: User,
        pub organisation: Organisation,
        pub client: Client,
        /// Asked for, after the host's own rules.
        pub scopes: Vec<String>,
        /// Of the browser or of the client, without port.
        pub address: String,
        pub authentication: Authentication,
        /// Now, so that a policy needs no clock.
        pub time: String,
    }
}

message! {
    /// What `scope.policy/v1` gives. What it does not say stays as it was.
    pub struct ScopeOutput {
        /// To grant: `None` leaves them as they were, an empty list grants none. Others
        /// than those asked for fail the call.
        pub scopes: Option<Vec<String>>,
        /// Refuses altogether; `reason` is shown to the person and logged.
        pub deny: bool,
        pub reason: String,
        /// Asks for a sign-in of that class.
        pub acr: String,
        /// Asks for a new sign-in.
        pub fresh: bool,
        /// Asks for the consent page although consent was given.
        pub consent: bool,
    }
}

impl ScopeOutput {
    /// Refuses, with a reason for the person.
    pub fn deny(reason: impl Into<String>) -> ScopeOutput {
        ScopeOutput { deny: true, reason: reason.into(), ..ScopeOutput::default() }
    }

    /// Grants these scopes of those asked for.
    pub fn grant(scopes: Vec<String>) -> ScopeOutput {
        ScopeOutput { scopes: Some(scopes), ..ScopeOutput::default() }
    }
}
