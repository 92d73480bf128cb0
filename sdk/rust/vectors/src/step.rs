use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use postern::host::Answer;
use postern::*;

/// What the steps gave, in their order.
pub struct Results(Vec<(String, Answer<Value>)>);

/// Runs the steps. An error of a capability is a result; an unknown name ends it.
pub fn run(names: &[String]) -> Result<Results> {
    let mut results = Vec::new();
    for name in names {
        results.push((name.clone(), step(name)?));
    }
    Ok(Results(results))
}

impl Results {
    /// Sets the member `v_calls`, if there is anything to say.
    pub fn put_into(self, object: &mut Object) {
        if self.0.is_empty() {
            return;
        }
        let shown = self.0.into_iter().map(|(step, result)| match result {
            Ok(value) => object! { "step": step, "result": value },
            Err(error) => object! { "step": step, "error": error.code.as_str() },
        });
        object.set("v_calls", shown.collect::<Value>());
    }

    /// Fails as the first step did that failed.
    pub fn no_error(&self) -> Result<()> {
        for (step, result) in &self.0 {
            if let Err(error) = result {
                return Err(format!("{step}: {}", error.code.as_str()).into());
            }
        }
        Ok(())
    }
}

fn step(name: &str) -> Result<Answer<Value>> {
    Ok(match name {
        "clock" => Ok(now().into()),
        "random" => Ok(draws_differ().into()),
        "remember" => Ok(remember().into()),
        "http.fetch" => facts(),
        "http.fetch.all" => both(),
        "jwt.verify" => verified(JwtVerifyRequest {
            issuer: "https://issuer.example".into(),
            audience: "vectors".into(),
            algorithms: vec!["RS256".into(), "ES256".into()],
            leeway: 60,
            ..JwtVerifyRequest::default()
        }),
        "jwt.verify.jwks" => {
            verified(JwtVerifyRequest { jwks: object! { "keys": Value::Array(vec![]) }, ..JwtVerifyRequest::default() })
        }
        "jwt.verify.secret" => verified(JwtVerifyRequest {
            algorithms: vec!["HS256".into()],
            secret: "api".into(),
            ..JwtVerifyRequest::default()
        }),
        "kv.get" => kv_get("count").map(|value| {
            let found = value.is_some();
            object! { "found": found, "value": value.unwrap_or_default() }.into()
        }),
        "kv.set" => found(kv_set("count", "1 é", Duration::from_secs(60))),
        "kv.add" => found(kv_add("once", "x", Duration::from_secs(30 * 24 * 3600))),
        "kv.delete" => found(kv_delete("count")),
        "secret.get" => secret("api").map(|secret| secret.len().into()),
        "oidc.exchange" => oidc(OidcExchangeRequest {
            auth_method: "client_secret_post".into(),
            userinfo: true,
            any_issuer: true,
            ..OidcExchangeRequest::default()
        }),
        "oidc.exchange.key" => oidc(OidcExchangeRequest {
            auth_method: "signed_client_secret".into(),
            key_id: "k1".into(),
            key_issuer: "team".into(),
            ..OidcExchangeRequest::default()
        }),
        "oauth.exchange" => oauth(OauthExchangeRequest::default()),
        "oauth.exchange.key" => oauth(OauthExchangeRequest {
            secret: "api".into(),
            auth_method: "signed_client_secret".into(),
            key_id: "k1".into(),
            key_issuer: "team".into(),
            ..OauthExchangeRequest::default()
        }),
        "ldap.bind" => bind(),
        "ldap.search" => search(),
        _ => return Err(format!("unknown step {name}").into()),
    })
}

fn draws_differ() -> bool {
    let (mut first, mut second) = ([0; 16], [0; 16]);
    random(&mut first);
    random(&mut second);
    first != second
}

/// What a plugin would keep from one person to the next, if the host let it.
static IN_MODULE: AtomicU32 = AtomicU32::new(0);
static ON_HEAP: Mutex<Option<Box<u32>>> = Mutex::new(None);

fn remember() -> Vec<u32> {
    let mut kept = ON_HEAP.lock().unwrap_or_else(PoisonError::into_inner);
    let on_heap = kept.get_or_insert_with(Box::default);
    **on_heap += 1;
    vec![IN_MODULE.fetch_add(1, Relaxed) + 1, **on_heap]
}

fn facts() -> Answer<Value> {
    let request = Fetch::get("https://api.example/v1/facts").header("accept", "application/json").secret(
        "authorization",
        "Bearer ",
        "api",
    );
    let response = fetch(Fetch { timeout_ms: 1500, ..request })?;
    let body = response.bytes().map_or(-1, |bytes| bytes.len() as i64);
    let kind = response.header("content-type").unwrap_or_default();
    Ok(object! { "status": response.status, "type": kind, "bytes": body }.into())
}

fn both() -> Answer<Value> {
    let text = Fetch {
        method: "POST".into(),
        body: "é\n".into(),
        ..Fetch::get("https://api.example/v1/a").header("content-type", "text/plain")
    };
    let bytes = Fetch {
        method: "PUT".into(),
        exchanged: true,
        ..Fetch::get("https://api.example/v1/b").bytes(&[0x00, 0xff, 0x10])
    };
    let responses = fetch_all(vec![text, bytes])?;
    let shown = responses.into_iter().map(|response| match response {
        Ok(response) => Value::from(response.status),
        Err(error) => error.code.as_str().into(),
    });
    Ok(shown.collect())
}

fn verified(request: JwtVerifyRequest) -> Answer<Value> {
    let request = JwtVerifyRequest { token: "e30.e30.c2ln".into(), ..request };
    let valid = verify_jwt(&request)?;
    let algorithm = valid.header.get_str("alg").unwrap_or_default();
    Ok(object! { "alg": algorithm, "claims": valid.claims.clone() }.into())
}

fn found(answer: Answer<bool>) -> Answer<Value> {
    answer.map(|found| object! { "found": found }.into())
}

fn oidc(request: OidcExchangeRequest) -> Answer<Value> {
    let answer = exchange_oidc(&OidcExchangeRequest {
        issuer: "https://issuer.example".into(),
        client_id: "vectors".into(),
        secret: "api".into(),
        ..request
    })?;
    Ok(object! { "claims": answer.claims, "userinfo": answer.userinfo, "scope": answer.scope }.into())
}

fn oauth(request: OauthExchangeRequest) -> Answer<Value> {
    let answer = exchange_oauth(&OauthExchangeRequest {
        token_endpoint: "https://issuer.example/token".into(),
        client_id: "vectors".into(),
        ..request
    })?;
    Ok(object! {
        "token_type": answer.token_type,
        "scope": answer.scope,
        "expires_in": answer.expires_in,
    }
    .into())
}

fn bind() -> Answer<Value> {
    let server = LdapServer { url: "ldaps://directory.example:636".into(), ..LdapServer::default() };
    let request = LdapBindRequest { server, dn: "uid=a,dc=example".into(), password: "pw".into() };
    ldap_bind(&request).map(Value::from)
}

fn search() -> Answer<Value> {
    let server = LdapServer {
        url: "ldap://directory.example:389".into(),
        start_tls: true,
        bind_dn: "cn=reader,dc=example".into(),
        bind_secret: "api".into(),
    };
    let answer = ldap_search(&LdapSearchRequest {
        server,
        base_dn: "dc=example".into(),
        scope: "one".into(),
        filter: "(&(objectClass=person)(uid={0}))".into(),
        values: vec!["a*b".into()],
        attributes: vec!["mail".into(), "memberOf".into()],
        limit: 5,
    })?;
    let dns: Value = answer.entries.iter().map(|entry| entry.dn.as_str()).collect();
    let mails = answer.entries.iter().filter_map(|entry| entry.attributes.get("mail"));
    let mails: Value = mails.flat_map(Value::strings).collect();
    Ok(object! { "dns": dns, "mails": mails, "truncated": answer.truncated }.into())
}
