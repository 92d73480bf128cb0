#include "steps.h"

#define T(literal) POSTERN_TEXT(literal)

static postern_texts texts(size_t count, const postern_text *items) {
	postern_texts list = {0};
	for (size_t i = 0; i < count; i++) {
		postern_add(&list, items[i]);
	}
	return list;
}

// or_empty gives an object where there is none.
static const postern_value *or_empty(const postern_value *object) { return object != NULL ? object : postern_object(); }

// A step gives its result, or the code of the error.
typedef struct outcome {
	const postern_value *result;
	postern_text error;
} outcome;

static outcome result(const postern_value *value) { return (outcome){value, {0}}; }
static outcome failure(const postern_error *error) { return (outcome){NULL, error->code}; }

static outcome step_clock(void) { return result(postern_int(postern_clock())); }

static outcome step_random(void) {
	char a[16], b[16];
	postern_random(a, sizeof a);
	postern_random(b, sizeof b);
	return result(postern_bool(!postern_text_equal((postern_text){a, sizeof a}, (postern_text){b, sizeof b})));
}

static outcome step_fetch(void) {
	postern_value *headers = postern_object();
	postern_set_text(headers, "accept", T("application/json"));
	postern_fetch_secret secret = {T("authorization"), T("api"), T("Bearer ")};
	postern_fetch request = {.url = T("https://api.example/v1/facts"), .headers = headers, .timeout_ms = 1500, .secrets = {&secret, 1}};
	postern_fetch_response response;
	postern_text body;
	if (!postern_http_fetch(&request, &response)) {
		return failure(response.error);
	}
	if (!postern_fetch_body(&response, &body)) {
		return (outcome){NULL, T("unavailable")};
	}
	postern_value *facts = postern_object();
	postern_set(facts, T("status"), postern_int(response.status));
	postern_set_text(facts, "type", postern_as_text(postern_member(response.headers, "content-type")));
	postern_set(facts, T("bytes"), postern_int((int64_t)body.len));
	return result(facts);
}

static outcome step_fetch_all(void) {
	postern_value *headers = postern_object();
	postern_set_text(headers, "content-type", T("text/plain"));
	postern_fetch requests[2] = {
		{.method = T("POST"), .url = T("https://api.example/v1/a"), .headers = headers, .body = T("\xc3\xa9\n")},
		{.method = T("PUT"), .url = T("https://api.example/v1/b"), .body_base64 = postern_base64(T("\x00\xff\x10")), .exchanged = true},
	};
	postern_fetch_request request = {.requests = {requests, 2}};
	postern_fetch_answer answer;
	if (!postern_http_fetch_all(&request, &answer)) {
		return failure(answer.error);
	}
	postern_value *list = postern_array();
	for (size_t i = 0; i < answer.responses.count; i++) {
		const postern_fetch_response *response = &answer.responses.items[i];
		postern_append(list, response->error != NULL ? postern_string(response->error->code) : postern_int(response->status));
	}
	return result(list);
}

static outcome verify(const postern_jwt_verify_request *request) {
	postern_jwt_verify_answer answer;
	if (!postern_jwt_verify(request, &answer)) {
		return failure(answer.error);
	}
	postern_value *verified = postern_object();
	postern_set_text(verified, "alg", postern_as_text(postern_member(answer.header, "alg")));
	postern_set(verified, T("claims"), or_empty(answer.claims));
	return result(verified);
}

static outcome step_verify(void) {
	return verify(&(postern_jwt_verify_request){
		.token = T("e30.e30.c2ln"),
		.issuer = T("https://issuer.example"),
		.audience = T("vectors"),
		.algorithms = texts(2, (postern_text[]){T("RS256"), T("ES256")}),
		.leeway = 60,
	});
}

static outcome step_verify_jwks(void) {
	postern_value *jwks = postern_object();
	postern_set(jwks, T("keys"), postern_array());
	return verify(&(postern_jwt_verify_request){.token = T("e30.e30.c2ln"), .jwks = jwks});
}

static outcome step_verify_secret(void) {
	return verify(&(postern_jwt_verify_request){
		.token = T("e30.e30.c2ln"),
		.algorithms = texts(1, (postern_text[]){T("HS256")}),
		.secret = T("api"),
	});
}

static outcome found(bool answered, const postern_kv_answer *answer, bool with_value) {
	if (!answered) {
		return failure(answer->error);
	}
	postern_value *said = postern_object();
	postern_set(said, T("found"), postern_bool(answer->found));
	if (with_value) {
		postern_set_text(said, "value", answer->value);
	}
	return result(said);
}

static outcome step_kv_get(void) {
	postern_kv_answer answer;
	return found(postern_kv_get(T("count"), &answer), &answer, true);
}

static outcome step_kv_set(void) {
	postern_kv_answer answer;
	return found(postern_kv_set(T("count"), T("1 \xc3\xa9"), 60, &answer), &answer, false);
}

static outcome step_kv_add(void) {
	postern_kv_answer answer;
	return found(postern_kv_add(T("once"), T("x"), 2592000, &answer), &answer, false);
}

static outcome step_kv_delete(void) {
	postern_kv_answer answer;
	return found(postern_kv_delete(T("count"), &answer), &answer, false);
}

static outcome step_secret(void) {
	postern_secret_get_answer answer;
	return postern_secret_get(T("api"), &answer) ? result(postern_int((int64_t)answer.value.len)) : failure(answer.error);
}

static outcome oidc(const postern_oidc_exchange_request *request) {
	postern_oidc_exchange_answer answer;
	if (!postern_oidc_exchange(request, &answer)) {
		return failure(answer.error);
	}
	postern_value *said = postern_object();
	postern_set(said, T("claims"), or_empty(answer.claims));
	postern_set(said, T("userinfo"), or_empty(answer.userinfo));
	postern_set_text(said, "scope", answer.scope);
	return result(said);
}

static outcome step_oidc(void) {
	return oidc(&(postern_oidc_exchange_request){
		.issuer = T("https://issuer.example"),
		.client_id = T("vectors"),
		.secret = T("api"),
		.auth_method = T("client_secret_post"),
		.userinfo = true,
		.any_issuer = true,
	});
}

static outcome step_oidc_key(void) {
	return oidc(&(postern_oidc_exchange_request){
		.issuer = T("https://issuer.example"),
		.client_id = T("vectors"),
		.secret = T("api"),
		.auth_method = T("signed_client_secret"),
		.key_id = T("k1"),
		.key_issuer = T("team"),
	});
}

static outcome oauth(const postern_oauth_exchange_request *request) {
	postern_oauth_exchange_answer answer;
	if (!postern_oauth_exchange(request, &answer)) {
		return failure(answer.error);
	}
	postern_value *said = postern_object();
	postern_set_text(said, "token_type", answer.token_type);
	postern_set_text(said, "scope", answer.scope);
	postern_set(said, T("expires_in"), postern_int(answer.expires_in));
	return result(said);
}

static outcome step_oauth(void) {
	return oauth(&(postern_oauth_exchange_request){.token_endpoint = T("https://issuer.example/token"), .client_id = T("vectors")});
}

static outcome step_oauth_key(void) {
	return oauth(&(postern_oauth_exchange_request){
		.token_endpoint = T("https://issuer.example/token"),
		.client_id = T("vectors"),
		.secret = T("api"),
		.auth_method = T("signed_client_secret"),
		.key_id = T("k1"),
		.key_issuer = T("team"),
	});
}

static outcome step_bind(void) {
	postern_ldap_bind_request request = {
		.server = {.url = T("ldaps://directory.example:636")}, .dn = T("uid=a,dc=example"), .password = T("pw")};
	postern_ldap_bind_answer answer;
	return postern_ldap_bind(&request, &answer) ? result(postern_bool(answer.ok)) : failure(answer.error);
}

static outcome step_search(void) {
	postern_ldap_search_request request = {
		.server = {T("ldap://directory.example:389"), true, T("cn=reader,dc=example"), T("api")},
		.base_dn = T("dc=example"),
		.scope = T("one"),
		.filter = T("(&(objectClass=person)(uid={0}))"),
		.values = texts(1, (postern_text[]){T("a*b")}),
		.attributes = texts(2, (postern_text[]){T("mail"), T("memberOf")}),
		.limit = 5,
	};
	postern_ldap_search_answer answer;
	if (!postern_ldap_search(&request, &answer)) {
		return failure(answer.error);
	}
	postern_value *dns = postern_array(), *mails = postern_array(), *said = postern_object();
	for (size_t i = 0; i < answer.entries.count; i++) {
		postern_append(dns, postern_string(answer.entries.items[i].dn));
		const postern_value *mail = postern_member(answer.entries.items[i].attributes, "mail");
		for (const postern_value *m = postern_first(mail); m != NULL; m = m->next) {
			postern_append(mails, m);
		}
	}
	postern_set(said, T("dns"), dns);
	postern_set(said, T("mails"), mails);
	postern_set(said, T("truncated"), postern_bool(answer.truncated));
	return result(said);
}

static const struct {
	const char *name;
	outcome (*run)(void);
} steps[] = {
	{"clock", step_clock},
	{"random", step_random},
	{"http.fetch", step_fetch},
	{"http.fetch.all", step_fetch_all},
	{"jwt.verify", step_verify},
	{"jwt.verify.jwks", step_verify_jwks},
	{"jwt.verify.secret", step_verify_secret},
	{"kv.get", step_kv_get},
	{"kv.set", step_kv_set},
	{"kv.add", step_kv_add},
	{"kv.delete", step_kv_delete},
	{"secret.get", step_secret},
	{"oidc.exchange", step_oidc},
	{"oidc.exchange.key", step_oidc_key},
	{"oauth.exchange", step_oauth},
	{"oauth.exchange.key", step_oauth_key},
	{"ldap.bind", step_bind},
	{"ldap.search", step_search},
};

static bool run_step(postern_text name, postern_value *results) {
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		if (!postern_text_is(name, steps[i].name)) {
			continue;
		}
		outcome came = steps[i].run();
		postern_value *step = postern_object();
		postern_set_text(step, "step", name);
		if (came.result != NULL) {
			postern_set(step, T("result"), came.result);
		} else {
			postern_set_text(step, "error", came.error);
		}
		postern_append(results, step);
		return true;
	}
	return postern_fail_text(POSTERN_JOIN(T("unknown step "), name));
}

bool run_steps(const postern_value *settings, postern_value *results) {
	postern_texts names = postern_as_texts(postern_member(settings, "calls"));
	for (size_t i = 0; i < names.count; i++) {
		if (!run_step(names.items[i], results)) {
			return false;
		}
	}
	return true;
}

bool fail_with_step(const postern_value *results) {
	for (const postern_value *step = postern_first(results); step != NULL; step = step->next) {
		const postern_value *error = postern_member(step, "error");
		if (error != NULL) {
			return postern_fail_text(POSTERN_JOIN(postern_as_text(postern_member(step, "step")), T(": "), postern_as_text(error)));
		}
	}
	return true;
}
