// The plugin of sdk/vectors: what every SDK does alike.
#include "../postern/postern.h"
#include "steps.h"

#define T(literal) POSTERN_TEXT(literal)

static const postern_value *or_empty(const postern_value *object) { return object != NULL ? object : postern_object(); }

static postern_text setting(const postern_value *settings, const char *name) { return postern_as_text(postern_member(settings, name)); }

// begin does what every hook does first.
static bool begin(const postern_value *settings, postern_value *results) {
	postern_text reason = setting(settings, "fail");
	return reason.len > 0 ? postern_fail_text(reason) : run_steps(settings, results);
}

static void set_calls(postern_value *object, const postern_value *results) {
	if (results->count > 0) {
		postern_set(object, T("v_calls"), results);
	}
}

static bool claims(const postern_claims_input *in, postern_claims_output *out) {
	postern_value *results = postern_array();
	if (!begin(in->settings, results)) {
		return false;
	}
	const postern_value *attributes = in->user.attributes;
	out->remove = postern_as_texts(postern_member(in->settings, "remove"));
	postern_set_text(out->set, "v_target", in->target);
	postern_set_text(out->set, "v_name", in->user.name);
	postern_set(out->set, T("v_group"), in->user.groups.count > 0 ? postern_string(in->user.groups.items[0]) : postern_null());
	postern_set(out->set, T("v_attributes"), postern_int(attributes == NULL ? 0 : (int64_t)attributes->count));
	postern_set(out->set, T("v_admin"), postern_bool(in->user.admin));
	postern_set(out->set, T("v_amr"), postern_strings(in->authentication.amr));
	postern_set_text(out->set, "v_connector", in->authentication.connector);
	postern_set(out->set, T("v_claims"), or_empty(in->claims));
	postern_set(out->set, T("v_requested"), or_empty(in->requested));
	postern_set(out->set, T("v_upstream"), or_empty(in->upstream));
	set_calls(out->set, results);
	return true;
}

static bool account(const postern_account_input *in, postern_value *out) {
	postern_value *results = postern_array();
	if (!begin(in->settings, results)) {
		return false;
	}
	postern_set_text(out, "z", in->user.display_name);
	postern_set_text(out, "status", T("ok"));
	postern_set(out, T("data"), or_empty(in->claims));
	postern_set_text(out, "organisation", in->organisation.name);
	postern_set(out, T("a"), postern_strings(in->scopes));
	set_calls(out, results);
	return true;
}

static bool scopes(const postern_scope_input *in, postern_scope_output *out) {
	postern_value *results = postern_array();
	if (!begin(in->settings, results) || !fail_with_step(results)) {
		return false;
	}
	postern_text deny = setting(in->settings, "deny");
	if (deny.len > 0) {
		out->deny = true;
		postern_text asked = POSTERN_JOIN(in->grant_type, T(" from "), in->address, T(" in "), in->organisation.name, T(" at "), in->time);
		out->reason = POSTERN_JOIN(deny, T(" ("), asked, T(")"));
		return true;
	}
	const postern_value *keep = postern_member(in->settings, "keep");
	if (keep != NULL) {
		postern_texts kept = postern_as_texts(keep);
		out->scopes = postern_no_texts();
		for (size_t i = 0; i < in->scopes.count; i++) {
			if (postern_contains(kept, in->scopes.items[i])) {
				postern_add(&out->scopes, in->scopes.items[i]);
			}
		}
	}
	out->acr = setting(in->settings, "acr");
	out->fresh = postern_as_bool(postern_member(in->settings, "fresh"));
	out->consent = postern_as_bool(postern_member(in->settings, "consent"));
	return true;
}

static void login_begin(const postern_login_input *in, postern_login_output *out, const postern_value *results) {
	postern_login_redirect *redirect = out->redirect = POSTERN_NEW(postern_login_redirect);
	redirect->issuer = setting(in->settings, "issuer");
	redirect->no_pkce = redirect->issuer.len == 0;
	redirect->any_issuer = !redirect->no_pkce;
	if (redirect->no_pkce) {
		redirect->authorization_endpoint = T("https://login.example/authorize");
	}
	redirect->client_id = T("vectors");
	postern_add(&redirect->scopes, T("openid"));
	for (size_t i = 0; i < in->acr_values.count; i++) {
		postern_add(&redirect->scopes, POSTERN_JOIN(T("acr:"), in->acr_values.items[i]));
	}
	redirect->parameters = postern_object();
	if (in->login_hint.len > 0) {
		postern_set_text(redirect->parameters, "login_hint", in->login_hint);
	}
	if (in->prompt.len > 0) {
		postern_set_text(redirect->parameters, "prompt", in->prompt);
	}
	redirect->response_mode = T("form_post");
	out->data = postern_object();
	postern_set_text(out->data, "hint", in->login_hint);
	postern_set(out->data, T("locales"), postern_strings(in->ui_locales));
	postern_set_text(out->data, "client", in->client.id);
	set_calls(out->data, results);
}

static void login_finish(const postern_login_input *in, postern_login_output *out, const postern_value *results) {
	out->reason = setting(in->settings, "deny");
	out->deny = out->reason.len > 0;
	if (out->deny) {
		return;
	}
	const postern_value *subject = postern_member(in->parameters, "subject");
	postern_identity *identity = out->identity = POSTERN_NEW(postern_identity);
	identity->subject = subject != NULL ? postern_as_text(subject) : T("nobody");
	identity->name = postern_as_text(postern_member(in->data, "hint"));
	identity->email = POSTERN_JOIN(identity->subject, T("@example.com"));
	identity->email_verified = true;
	postern_add(&identity->groups, T("upstream"));
	identity->attributes = postern_object();
	postern_set_text(identity->attributes, "redirect_uri", in->redirect_uri);
	postern_add(&identity->amr, T("ext"));
	identity->claims = postern_object();
	postern_set(identity->claims, T("parameters"), or_empty(in->parameters));
	postern_set(identity->claims, T("data"), or_empty(in->data));
	set_calls(identity->claims, results);
}

static bool login(const postern_login_input *in, postern_login_output *out) {
	postern_value *results = postern_array();
	if (!begin(in->settings, results)) {
		return false;
	}
	if (postern_text_is(in->phase, "begin")) {
		login_begin(in, out, results);
	} else if (postern_text_is(in->phase, "finish")) {
		login_finish(in, out, results);
	} else {
		return postern_fail("unknown phase");
	}
	return true;
}

static bool password(const postern_password_input *in, postern_password_output *out) {
	postern_value *results = postern_array();
	if (!begin(in->settings, results)) {
		return false;
	}
	if (!postern_text_is(in->password, "correct horse")) {
		out->deny = true;
		out->reason = POSTERN_JOIN(T("wrong password from "), in->address);
		return true;
	}
	out->identity = POSTERN_NEW(postern_identity);
	out->identity->subject = POSTERN_JOIN(T("u-"), in->name);
	out->identity->name = in->name;
	out->identity->claims = postern_object();
	set_calls(out->identity->claims, results);
	return true;
}

static bool event(const postern_event_input *in) {
	postern_value *results = postern_array();
	if (!begin(in->settings, results)) {
		return false;
	}
	postern_log(POSTERN_JOIN(in->event.type, T(" "), in->event.id));
	if (!fail_with_step(results)) {
		return false;
	}
	postern_text detail = setting(in->settings, "detail");
	if (detail.len > 0 && postern_get(in->event.detail, detail) == NULL) {
		return postern_fail_text(POSTERN_JOIN(T("no detail "), detail));
	}
	return true;
}

#define WISH(what) {.name = what, .reason = "For the test vectors."}
#define WISH_TO(what, target) {.name = what, .targets = (const char *const[]){target, NULL}, .reason = "For the test vectors."}

static const postern_capability_wish capabilities[] = {
	WISH(POSTERN_CLOCK),
	WISH_TO(POSTERN_HTTP_FETCH, "api.example"),
	WISH_TO(POSTERN_JWT_VERIFY, "issuer.example"),
	WISH(POSTERN_KV),
	WISH_TO(POSTERN_SECRET_GET, "api"),
	WISH_TO(POSTERN_OIDC_EXCHANGE, "issuer.example"),
	WISH_TO(POSTERN_OAUTH_EXCHANGE, "issuer.example"),
	WISH_TO(POSTERN_LDAP_BIND, "directory.example:636"),
	WISH_TO(POSTERN_LDAP_SEARCH, "directory.example:389"),
	{0},
};

static const postern_preset presets[] = {
	{
		.name = "issuer-example",
		.title = "Issuer \xc3\xa9",
		.icon = "openid",
		.settings = "{\"issuer\":\"https://issuer.example\",\"keep\":[]}",
		.targets = (const char *const[]){"issuer.example", "api.example", NULL},
	},
	{.name = "plain", .title = "Plain"},
	{0},
};

static const postern_sample samples[] = {
	{POSTERN_CLAIMS_MAP, "{\"target\":\"id_token\",\"settings\":{},\"user\":{},\"organisation\":{},\"client\":{},\"authentication\":{}}", NULL},
	{POSTERN_CLAIMS_MAP,
     "{\"target\":\"id_token\",\"settings\":{\"calls\":[\"kv.get\"]},\"user\":{},\"organisation\":{},\"client\":{},\"authentication\":{}}",
     "[{\"capability\":\"kv\",\"request\":{\"op\":\"get\",\"key\":\"count\"},\"answer\":{\"found\":true,\"value\":\"41 \xc3\xa9\"}}]"},
	{POSTERN_ACCOUNT_SHAPE, "{\"settings\":{},\"user\":{},\"organisation\":{},\"client\":{},\"authentication\":{}}", NULL},
	{POSTERN_SCOPE_POLICY, "{\"settings\":{},\"user\":{},\"organisation\":{},\"client\":{},\"authentication\":{}}", NULL},
	{POSTERN_CONNECTOR_LOGIN, "{\"phase\":\"begin\",\"settings\":{},\"organisation\":{},\"client\":{}}", NULL},
	{POSTERN_CONNECTOR_LOGIN, "{\"phase\":\"finish\",\"settings\":{},\"organisation\":{},\"client\":{}}", NULL},
	{POSTERN_CONNECTOR_PASSWORD,
     "{\"settings\":{},\"organisation\":{},\"client\":{},\"name\":\"alice\",\"password\":\"correct horse\"}", NULL},
	{POSTERN_EVENT_SINK, "{\"settings\":{},\"event\":{\"id\":\"e1\",\"type\":\"signin.succeeded\"}}", NULL},
	{0},
};

static const postern_plugin vectors = {
	.manifest =
		{
			.id = "vectors",
			.version = "1.0.0",
			.description = "The plugin of the test vectors.",
			.capabilities = capabilities,
			.secrets = (const postern_secret_wish[]){{.name = "api", .description = "Any text."}, {0}},
			.settings = "{\"type\":\"object\",\"properties\":{"
						"\"fail\":{\"type\":\"string\"},"
						"\"calls\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
						"\"remove\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
						"\"keep\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
						"\"deny\":{\"type\":\"string\"},"
						"\"acr\":{\"type\":\"string\"},"
						"\"fresh\":{\"type\":\"boolean\"},"
						"\"consent\":{\"type\":\"boolean\"},"
						"\"issuer\":{\"type\":\"string\"},"
						"\"detail\":{\"type\":\"string\"}"
						"},\"additionalProperties\":false}",
			.presets = presets,
			.samples = samples,
		},
	.claims = claims,
	.account = account,
	.scopes = scopes,
	.login = login,
	.password = password,
	.event = event,
};

POSTERN_PLUGINS(&vectors);
