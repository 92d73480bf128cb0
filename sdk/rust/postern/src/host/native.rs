//! The host of a native test.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use crate::host::read;
use crate::{message, testing, Object, CLOCK};

pub fn log(line: &str) {
    testing::log(line);
}

pub fn random(bytes: &mut [u8]) {
    // The standard library has no randomness but that which seeds its hash maps,
    // anew for each.
    for chunk in bytes.chunks_mut(8) {
        let word = RandomState::new().build_hasher().finish().to_ne_bytes();
        chunk.copy_from_slice(&word[..chunk.len()]);
    }
}

message! {
    struct Reading {
        now: i64,
    }
}

pub fn now() -> i64 {
    let answer = testing::answer(CLOCK, Object::new().into());
    match read::<Reading>(answer) {
        Ok(reading) => reading.now,
        Err(error) => panic!("the clock has no error, and {error} is played"),
    }
}

macro_rules! capabilities {
    ($($name:ident => $capability:ident)+) => {
        $( pub fn $name(request: &str) -> Vec<u8> {
            testing::answer(crate::$capability, request.parse().expect("a request that an SDK wrote"))
        } )+
    };
}

capabilities!(
    http_fetch => HTTP_FETCH
    jwt_verify => JWT_VERIFY
    kv => KV
    secret_get => SECRET_GET
    oidc_exchange => OIDC_EXCHANGE
    oauth_exchange => OAUTH_EXCHANGE
    ldap_bind => LDAP_BIND
    ldap_search => LDAP_SEARCH
);
