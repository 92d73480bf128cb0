use crate::{message, Object};

message! {
    /// The person that a message is about.
    pub struct User {
        /// The subject.
        pub id: String,
        /// The login name.
        pub name: String,
        pub email: String,
        pub email_verified: bool,
        pub display_name: String,
        pub given_name: String,
        pub family_name: String,
        pub middle_name: String,
        pub nickname: String,
        pub profile: String,
        pub picture: String,
        pub website: String,
        pub gender: String,
        pub birthdate: String,
        pub zoneinfo: String,
        pub locale: String,
        pub phone: String,
        pub phone_verified: bool,
        pub country_code: String,
        pub region: String,
        pub location: String,
        /// Lines.
        pub address: Vec<String>,
        pub affiliation: String,
        pub title: String,
        pub bio: String,
        pub tag: String,
        pub education: String,
        pub external_id: String,
        pub admin: bool,
        pub groups: Vec<String>,
        /// Strings, sorted by name.
        pub attributes: Object,
        pub created_at: String,
        pub updated_at: String,
        pub last_sign_in_at: String,
        pub last_sign_in_ip: String,
    }
}

message! {
    /// The organisation that the user belongs to.
    pub struct Organisation {
        pub name: String,
        pub display_name: String,
        pub website_url: String,
        pub logo: String,
        pub favicon: String,
        pub created_at: String,
    }
}

message! {
    /// The relying party.
    pub struct Client {
        pub id: String,
        pub name: String,
    }
}

message! {
    /// How the user proved who they are; empty where no user took part.
    pub struct Authentication {
        pub time: String,
        pub amr: Vec<String>,
        pub acr: String,
        /// The plugin instance that the user signed in with; empty where it was a password
        /// of Postern's own.
        pub connector: String,
    }
}
