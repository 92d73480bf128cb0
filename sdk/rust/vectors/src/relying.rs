use postern::{object, AccountInput, ClaimsInput, ClaimsOutput, Object, Result, ScopeInput, ScopeOutput};

use crate::begin;

pub fn claims(input: &ClaimsInput) -> Result<ClaimsOutput> {
    let (settings, results) = begin(&input.settings)?;
    let mut set = object! {
        "v_target": input.target.as_str(),
        "v_name": &input.user.name,
        "v_group": input.user.groups.first(),
        "v_attributes": input.user.attributes.len(),
        "v_admin": input.user.admin,
        "v_amr": &input.authentication.amr,
        "v_connector": &input.authentication.connector,
        "v_claims": &input.claims,
        "v_requested": &input.requested,
        "v_upstream": &input.upstream,
    };
    results.put_into(&mut set);
    Ok(ClaimsOutput { set, remove: settings.remove })
}

pub fn account(input: &AccountInput) -> Result<Object> {
    let (_, results) = begin(&input.settings)?;
    let mut account = object! {
        "z": &input.user.display_name,
        "status": "ok",
        "data": &input.claims,
        "organisation": &input.organisation.name,
        "a": &input.scopes,
    };
    results.put_into(&mut account);
    Ok(account)
}

pub fn scopes(input: &ScopeInput) -> Result<ScopeOutput> {
    let (settings, results) = begin(&input.settings)?;
    results.no_error()?;
    if !settings.deny.is_empty() {
        let ScopeInput { grant_type, address, organisation, time, .. } = input;
        let asked = format!("{grant_type} from {address} in {} at {time}", organisation.name);
        return Ok(ScopeOutput::deny(format!("{} ({asked})", settings.deny)));
    }
    let kept = |keep: Vec<String>| input.scopes.iter().filter(|scope| keep.contains(scope)).cloned().collect();
    Ok(ScopeOutput {
        scopes: settings.keep.map(kept),
        acr: settings.acr,
        fresh: settings.fresh,
        consent: settings.consent,
        ..ScopeOutput::default()
    })
}
