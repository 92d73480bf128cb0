use crate::{message, Object, Value};

message! {
    /// An entry of the audit log. It holds no secret, no token and no password.
    pub struct Event {
        pub id: String,
        /// RFC 3339 in UTC, with milliseconds.
        pub at: String,
        /// `signin.succeeded`, ...
        pub kind: String => "type",
        /// `user:<id>`, `cli:<name>`, ...
        pub actor: String,
        pub user_id: String,
        pub client_id: String,
        pub session_id: String,
        pub grant_id: String,
        pub ip: String,
        /// The request's id.
        pub correlation: String,
        /// Strings, sorted by name.
        pub detail: Object,
    }
}

message! {
    /// What `event.sink/v1` gets. A failure makes the host send the event again, later.
    pub struct EventInput {
        pub settings: Value,
        pub event: Event,
    }
}

message! {
    /// What `event.sink/v1` gives: nothing.
    pub struct EventOutput {}
}
