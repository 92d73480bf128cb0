use postern::{object, Identity, LoginInput, LoginOutput, LoginRedirect, Object, Phase, Result};

use crate::step::Results;
use crate::{begin, Settings};

pub fn login(input: &LoginInput) -> Result<LoginOutput> {
    let (settings, results) = begin(&input.settings)?;
    match input.phase {
        Phase::Begin => Ok(redirect(input, settings, results)),
        Phase::Finish if !settings.deny.is_empty() => Ok(LoginOutput::deny(settings.deny)),
        Phase::Finish => Ok(identity(input, results).into()),
        _ => Err("unknown phase".into()),
    }
}

fn redirect(input: &LoginInput, settings: Settings, results: Results) -> LoginOutput {
    let no_issuer = settings.issuer.is_empty();
    let endpoint = if no_issuer { "https://login.example/authorize" } else { "" };
    let mut scopes = vec!["openid".to_string()];
    scopes.extend(input.acr_values.iter().map(|acr| format!("acr:{acr}")));
    let given = [("login_hint", &input.login_hint), ("prompt", &input.prompt)];
    let redirect = LoginRedirect {
        issuer: settings.issuer,
        authorization_endpoint: endpoint.into(),
        client_id: "vectors".into(),
        scopes,
        parameters: given.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        response_mode: "form_post".into(),
        no_pkce: no_issuer,
        any_issuer: !no_issuer,
    };
    let mut data = object! {
        "hint": &input.login_hint,
        "locales": &input.ui_locales,
        "client": &input.client.id,
    };
    results.put_into(&mut data);
    LoginOutput { data, ..redirect.into() }
}

fn identity(input: &LoginInput, results: Results) -> Identity {
    let text = |from: &Object, name| from.get_str(name).map(str::to_string);
    let subject = text(&input.parameters, "subject").unwrap_or_else(|| "nobody".into());
    let mut claims = object! {
        "parameters": &input.parameters,
        "data": &input.data,
    };
    results.put_into(&mut claims);
    Identity {
        email: format!("{subject}@example.com"),
        subject,
        name: text(&input.data, "hint").unwrap_or_default(),
        email_verified: true,
        groups: vec!["upstream".into()],
        attributes: object! { "redirect_uri": &input.redirect_uri },
        amr: vec!["ext".into()],
        claims,
        ..Identity::default()
    }
}
