// The members of each message of a hook, in the order of sdk/abi.md.
#include "internal.h"

static const postern_field user_fields[] = {
	POSTERN_FIELD(postern_user, id, TEXT),
	POSTERN_FIELD(postern_user, name, TEXT),
	POSTERN_FIELD(postern_user, email, TEXT),
	POSTERN_FIELD(postern_user, email_verified, BOOL),
	POSTERN_FIELD(postern_user, display_name, TEXT),
	POSTERN_FIELD(postern_user, given_name, TEXT),
	POSTERN_FIELD(postern_user, family_name, TEXT),
	POSTERN_FIELD(postern_user, middle_name, TEXT),
	POSTERN_FIELD(postern_user, nickname, TEXT),
	POSTERN_FIELD(postern_user, profile, TEXT),
	POSTERN_FIELD(postern_user, picture, TEXT),
	POSTERN_FIELD(postern_user, website, TEXT),
	POSTERN_FIELD(postern_user, gender, TEXT),
	POSTERN_FIELD(postern_user, birthdate, TEXT),
	POSTERN_FIELD(postern_user, zoneinfo, TEXT),
	POSTERN_FIELD(postern_user, locale, TEXT),
	POSTERN_FIELD(postern_user, phone, TEXT),
	POSTERN_FIELD(postern_user, phone_verified, BOOL),
	POSTERN_FIELD(postern_user, country_code, TEXT),
	POSTERN_FIELD(postern_user, region, TEXT),
	POSTERN_FIELD(postern_user, location, TEXT),
	POSTERN_FIELD(postern_user, address, TEXTS),
	POSTERN_FIELD(postern_user, affiliation, TEXT),
	POSTERN_FIELD(postern_user, title, TEXT),
	POSTERN_FIELD(postern_user, bio, TEXT),
	POSTERN_FIELD(postern_user, tag, TEXT),
	POSTERN_FIELD(postern_user, education, TEXT),
	POSTERN_FIELD(postern_user, external_id, TEXT),
	POSTERN_FIELD(postern_user, admin, BOOL),
	POSTERN_FIELD(postern_user, groups, TEXTS),
	POSTERN_FIELD(postern_user, attributes, OBJECT),
	POSTERN_FIELD(postern_user, created_at, TEXT),
	POSTERN_FIELD(postern_user, updated_at, TEXT),
	POSTERN_FIELD(postern_user, last_sign_in_at, TEXT),
	POSTERN_FIELD(postern_user, last_sign_in_ip, TEXT),
};
static const postern_shape user_shape = POSTERN_SHAPE(postern_user, user_fields);

static const postern_field organisation_fields[] = {
	POSTERN_FIELD(postern_organisation, name, TEXT),
	POSTERN_FIELD(postern_organisation, display_name, TEXT),
	POSTERN_FIELD(postern_organisation, website_url, TEXT),
	POSTERN_FIELD(postern_organisation, logo, TEXT),
	POSTERN_FIELD(postern_organisation, favicon, TEXT),
	POSTERN_FIELD(postern_organisation, created_at, TEXT),
};
static const postern_shape organisation_shape = POSTERN_SHAPE(postern_organisation, organisation_fields);

static const postern_field client_fields[] = {
	POSTERN_FIELD(postern_client, id, TEXT),
	POSTERN_FIELD(postern_client, name, TEXT),
};
static const postern_shape client_shape = POSTERN_SHAPE(postern_client, client_fields);

static const postern_field authentication_fields[] = {
	POSTERN_FIELD(postern_authentication, time, TEXT),
	POSTERN_FIELD(postern_authentication, amr, TEXTS),
	POSTERN_FIELD(postern_authentication, acr, TEXT),
	POSTERN_FIELD(postern_authentication, connector, TEXT),
};
static const postern_shape authentication_shape = POSTERN_SHAPE(postern_authentication, authentication_fields);

static const postern_field claims_input_fields[] = {
	POSTERN_FIELD(postern_claims_input, target, TEXT),
	POSTERN_FIELD(postern_claims_input, settings, VALUE),
	POSTERN_PART(postern_claims_input, user, NESTED, user_shape),
	POSTERN_PART(postern_claims_input, organisation, NESTED, organisation_shape),
	POSTERN_PART(postern_claims_input, client, NESTED, client_shape),
	POSTERN_FIELD(postern_claims_input, scopes, TEXTS),
	POSTERN_PART(postern_claims_input, authentication, NESTED, authentication_shape),
	POSTERN_FIELD(postern_claims_input, claims, OBJECT),
	POSTERN_FIELD(postern_claims_input, requested, OBJECT),
	POSTERN_FIELD(postern_claims_input, upstream, OBJECT),
};
const postern_shape postern_claims_input_shape = POSTERN_SHAPE(postern_claims_input, claims_input_fields);

static const postern_field claims_output_fields[] = {
	POSTERN_FIELD(postern_claims_output, set, OBJECT),
	POSTERN_FIELD(postern_claims_output, remove, TEXTS),
};
const postern_shape postern_claims_output_shape = POSTERN_SHAPE(postern_claims_output, claims_output_fields);

static const postern_field account_input_fields[] = {
	POSTERN_FIELD(postern_account_input, settings, VALUE),
	POSTERN_PART(postern_account_input, user, NESTED, user_shape),
	POSTERN_PART(postern_account_input, organisation, NESTED, organisation_shape),
	POSTERN_PART(postern_account_input, client, NESTED, client_shape),
	POSTERN_FIELD(postern_account_input, scopes, TEXTS),
	POSTERN_PART(postern_account_input, authentication, NESTED, authentication_shape),
	POSTERN_FIELD(postern_account_input, claims, OBJECT),
};
const postern_shape postern_account_input_shape = POSTERN_SHAPE(postern_account_input, account_input_fields);

static const postern_field scope_input_fields[] = {
	POSTERN_FIELD(postern_scope_input, settings, VALUE),
	POSTERN_FIELD(postern_scope_input, grant_type, TEXT),
	POSTERN_PART(postern_scope_input, user, NESTED, user_shape),
	POSTERN_PART(postern_scope_input, organisation, NESTED, organisation_shape),
	POSTERN_PART(postern_scope_input, client, NESTED, client_shape),
	POSTERN_FIELD(postern_scope_input, scopes, TEXTS),
	POSTERN_FIELD(postern_scope_input, address, TEXT),
	POSTERN_PART(postern_scope_input, authentication, NESTED, authentication_shape),
	POSTERN_FIELD(postern_scope_input, time, TEXT),
};
const postern_shape postern_scope_input_shape = POSTERN_SHAPE(postern_scope_input, scope_input_fields);

static const postern_field scope_output_fields[] = {
	POSTERN_FIELD(postern_scope_output, scopes, CHOICE),
	POSTERN_FIELD(postern_scope_output, deny, BOOL),
	POSTERN_FIELD(postern_scope_output, reason, TEXT),
	POSTERN_FIELD(postern_scope_output, acr, TEXT),
	POSTERN_FIELD(postern_scope_output, fresh, BOOL),
	POSTERN_FIELD(postern_scope_output, consent, BOOL),
};
const postern_shape postern_scope_output_shape = POSTERN_SHAPE(postern_scope_output, scope_output_fields);

static const postern_field login_input_fields[] = {
	POSTERN_FIELD(postern_login_input, phase, TEXT),
	POSTERN_FIELD(postern_login_input, settings, VALUE),
	POSTERN_PART(postern_login_input, organisation, NESTED, organisation_shape),
	POSTERN_PART(postern_login_input, client, NESTED, client_shape),
	POSTERN_FIELD(postern_login_input, redirect_uri, TEXT),
	POSTERN_FIELD(postern_login_input, login_hint, TEXT),
	POSTERN_FIELD(postern_login_input, prompt, TEXT),
	POSTERN_FIELD(postern_login_input, acr_values, TEXTS),
	POSTERN_FIELD(postern_login_input, ui_locales, TEXTS),
	POSTERN_FIELD(postern_login_input, parameters, OBJECT),
	POSTERN_FIELD(postern_login_input, data, OBJECT),
};
const postern_shape postern_login_input_shape = POSTERN_SHAPE(postern_login_input, login_input_fields);

static const postern_field login_redirect_fields[] = {
	POSTERN_FIELD(postern_login_redirect, issuer, TEXT),
	POSTERN_FIELD(postern_login_redirect, authorization_endpoint, TEXT),
	POSTERN_FIELD(postern_login_redirect, client_id, TEXT),
	POSTERN_FIELD(postern_login_redirect, scopes, TEXTS),
	POSTERN_FIELD(postern_login_redirect, parameters, OBJECT),
	POSTERN_FIELD(postern_login_redirect, response_mode, TEXT),
	POSTERN_FIELD(postern_login_redirect, no_pkce, BOOL),
	POSTERN_FIELD(postern_login_redirect, any_issuer, BOOL),
};
static const postern_shape login_redirect_shape = POSTERN_SHAPE(postern_login_redirect, login_redirect_fields);

static const postern_field identity_fields[] = {
	POSTERN_FIELD(postern_identity, subject, TEXT),
	POSTERN_FIELD(postern_identity, name, TEXT),
	POSTERN_FIELD(postern_identity, email, TEXT),
	POSTERN_FIELD(postern_identity, email_verified, BOOL),
	POSTERN_FIELD(postern_identity, display_name, TEXT),
	POSTERN_FIELD(postern_identity, given_name, TEXT),
	POSTERN_FIELD(postern_identity, family_name, TEXT),
	POSTERN_FIELD(postern_identity, picture, TEXT),
	POSTERN_FIELD(postern_identity, locale, TEXT),
	POSTERN_FIELD(postern_identity, phone, TEXT),
	POSTERN_FIELD(postern_identity, groups, TEXTS),
	POSTERN_FIELD(postern_identity, attributes, OBJECT),
	POSTERN_FIELD(postern_identity, amr, TEXTS),
	POSTERN_FIELD(postern_identity, acr, TEXT),
	POSTERN_FIELD(postern_identity, claims, OBJECT),
};
static const postern_shape identity_shape = POSTERN_SHAPE(postern_identity, identity_fields);

static const postern_field login_output_fields[] = {
	POSTERN_PART(postern_login_output, redirect, OPTIONAL, login_redirect_shape),
	POSTERN_PART(postern_login_output, identity, OPTIONAL, identity_shape),
	POSTERN_FIELD(postern_login_output, deny, BOOL),
	POSTERN_FIELD(postern_login_output, reason, TEXT),
	POSTERN_FIELD(postern_login_output, data, OBJECT),
};
const postern_shape postern_login_output_shape = POSTERN_SHAPE(postern_login_output, login_output_fields);

static const postern_field password_input_fields[] = {
	POSTERN_FIELD(postern_password_input, settings, VALUE),
	POSTERN_PART(postern_password_input, organisation, NESTED, organisation_shape),
	POSTERN_PART(postern_password_input, client, NESTED, client_shape),
	POSTERN_FIELD(postern_password_input, name, TEXT),
	POSTERN_FIELD(postern_password_input, password, TEXT),
	POSTERN_FIELD(postern_password_input, address, TEXT),
};
const postern_shape postern_password_input_shape = POSTERN_SHAPE(postern_password_input, password_input_fields);

static const postern_field password_output_fields[] = {
	POSTERN_PART(postern_password_output, identity, OPTIONAL, identity_shape),
	POSTERN_FIELD(postern_password_output, deny, BOOL),
	POSTERN_FIELD(postern_password_output, reason, TEXT),
};
const postern_shape postern_password_output_shape = POSTERN_SHAPE(postern_password_output, password_output_fields);

static const postern_field event_fields[] = {
	POSTERN_FIELD(postern_event, id, TEXT),
	POSTERN_FIELD(postern_event, at, TEXT),
	POSTERN_FIELD(postern_event, type, TEXT),
	POSTERN_FIELD(postern_event, actor, TEXT),
	POSTERN_FIELD(postern_event, user_id, TEXT),
	POSTERN_FIELD(postern_event, client_id, TEXT),
	POSTERN_FIELD(postern_event, session_id, TEXT),
	POSTERN_FIELD(postern_event, grant_id, TEXT),
	POSTERN_FIELD(postern_event, ip, TEXT),
	POSTERN_FIELD(postern_event, correlation, TEXT),
	POSTERN_FIELD(postern_event, detail, OBJECT),
};
static const postern_shape event_shape = POSTERN_SHAPE(postern_event, event_fields);

static const postern_field event_input_fields[] = {
	POSTERN_FIELD(postern_event_input, settings, VALUE),
	POSTERN_PART(postern_event_input, event, NESTED, event_shape),
};
const postern_shape postern_event_input_shape = POSTERN_SHAPE(postern_event_input, event_input_fields);

bool postern_is_protected(postern_text claim) {
	static const char *const names[] = {
		"iss",     "sub",    "aud",    "exp", "iat",       "nbf",   "jti",    "nonce", "auth_time", "acr", "amr", "azp", "sid",
		"at_hash", "c_hash", "s_hash", "cnf", "client_id", "scope", "events", "act",   "may_act",   "typ",
	};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (postern_text_is(claim, names[i])) {
			return true;
		}
	}
	return false;
}
