// What a plugin asks of the host. A module imports the functions of those
// capabilities alone that its plugins call.
#include "internal.h"

static const postern_field error_fields[] = {
	POSTERN_FIELD(postern_error, code, TEXT),
	POSTERN_FIELD(postern_error, message, TEXT),
};
static const postern_shape error_shape = POSTERN_SHAPE(postern_error, error_fields);

static const postern_field fetch_secret_fields[] = {
	POSTERN_FIELD(postern_fetch_secret, header, TEXT),
	POSTERN_FIELD(postern_fetch_secret, name, TEXT),
	POSTERN_FIELD(postern_fetch_secret, prefix, TEXT),
};
static const postern_shape fetch_secret_shape = POSTERN_SHAPE(postern_fetch_secret, fetch_secret_fields);

static const postern_field fetch_fields[] = {
	POSTERN_FIELD(postern_fetch, method, TEXT),
	POSTERN_FIELD(postern_fetch, url, TEXT),
	POSTERN_FIELD(postern_fetch, headers, OBJECT),
	POSTERN_FIELD(postern_fetch, body, TEXT),
	POSTERN_FIELD(postern_fetch, body_base64, TEXT),
	POSTERN_FIELD(postern_fetch, timeout_ms, INT),
	POSTERN_PART(postern_fetch, secrets, LIST, fetch_secret_shape),
	POSTERN_FIELD(postern_fetch, exchanged, BOOL),
};
static const postern_shape fetch_shape = POSTERN_SHAPE(postern_fetch, fetch_fields);

static const postern_field fetch_request_fields[] = {
	POSTERN_PART(postern_fetch_request, requests, LIST, fetch_shape),
};
const postern_shape postern_fetch_request_shape = POSTERN_SHAPE(postern_fetch_request, fetch_request_fields);

static const postern_field fetch_response_fields[] = {
	POSTERN_PART(postern_fetch_response, error, OPTIONAL, error_shape),
	POSTERN_FIELD(postern_fetch_response, status, INT),
	POSTERN_FIELD(postern_fetch_response, headers, OBJECT),
	POSTERN_FIELD(postern_fetch_response, body, TEXT),
	POSTERN_FIELD(postern_fetch_response, body_base64, TEXT),
};
static const postern_shape fetch_response_shape = POSTERN_SHAPE(postern_fetch_response, fetch_response_fields);

static const postern_field fetch_answer_fields[] = {
	POSTERN_PART(postern_fetch_answer, error, OPTIONAL, error_shape),
	POSTERN_PART(postern_fetch_answer, responses, LIST, fetch_response_shape),
};
static const postern_shape fetch_answer_shape = POSTERN_SHAPE(postern_fetch_answer, fetch_answer_fields);

static const postern_field jwt_verify_request_fields[] = {
	POSTERN_FIELD(postern_jwt_verify_request, token, TEXT),
	POSTERN_FIELD(postern_jwt_verify_request, issuer, TEXT),
	POSTERN_FIELD(postern_jwt_verify_request, audience, TEXT),
	POSTERN_FIELD(postern_jwt_verify_request, algorithms, TEXTS),
	POSTERN_FIELD(postern_jwt_verify_request, jwks_uri, TEXT),
	POSTERN_FIELD(postern_jwt_verify_request, jwks, OBJECT),
	POSTERN_FIELD(postern_jwt_verify_request, secret, TEXT),
	POSTERN_FIELD(postern_jwt_verify_request, leeway, INT),
};
const postern_shape postern_jwt_verify_request_shape = POSTERN_SHAPE(postern_jwt_verify_request, jwt_verify_request_fields);

static const postern_field jwt_verify_answer_fields[] = {
	POSTERN_PART(postern_jwt_verify_answer, error, OPTIONAL, error_shape),
	POSTERN_FIELD(postern_jwt_verify_answer, header, OBJECT),
	POSTERN_FIELD(postern_jwt_verify_answer, claims, OBJECT),
};
static const postern_shape jwt_verify_answer_shape = POSTERN_SHAPE(postern_jwt_verify_answer, jwt_verify_answer_fields);

typedef struct postern_kv_request {
	postern_text op, key, value;
	int64_t ttl;
} postern_kv_request;

static const postern_field kv_request_fields[] = {
	POSTERN_FIELD(postern_kv_request, op, TEXT),
	POSTERN_FIELD(postern_kv_request, key, TEXT),
	POSTERN_FIELD(postern_kv_request, value, TEXT),
	POSTERN_FIELD(postern_kv_request, ttl, INT),
};
const postern_shape postern_kv_request_shape = POSTERN_SHAPE(postern_kv_request, kv_request_fields);

static const postern_field kv_answer_fields[] = {
	POSTERN_PART(postern_kv_answer, error, OPTIONAL, error_shape),
	POSTERN_FIELD(postern_kv_answer, found, BOOL),
	POSTERN_FIELD(postern_kv_answer, value, TEXT),
};
static const postern_shape kv_answer_shape = POSTERN_SHAPE(postern_kv_answer, kv_answer_fields);

typedef struct postern_secret_get_request {
	postern_text name;
} postern_secret_get_request;

static const postern_field secret_get_request_fields[] = {
	POSTERN_FIELD(postern_secret_get_request, name, TEXT),
};
const postern_shape postern_secret_get_request_shape = POSTERN_SHAPE(postern_secret_get_request, secret_get_request_fields);

static const postern_field secret_get_answer_fields[] = {
	POSTERN_PART(postern_secret_get_answer, error, OPTIONAL, error_shape),
	POSTERN_FIELD(postern_secret_get_answer, value, TEXT),
};
static const postern_shape secret_get_answer_shape = POSTERN_SHAPE(postern_secret_get_answer, secret_get_answer_fields);

static const postern_field oidc_exchange_request_fields[] = {
	POSTERN_FIELD(postern_oidc_exchange_request, issuer, TEXT),
	POSTERN_FIELD(postern_oidc_exchange_request, client_id, TEXT),
	POSTERN_FIELD(postern_oidc_exchange_request, secret, TEXT),
	POSTERN_FIELD(postern_oidc_exchange_request, auth_method, TEXT),
	POSTERN_FIELD(postern_oidc_exchange_request, key_id, TEXT),
	POSTERN_FIELD(postern_oidc_exchange_request, key_issuer, TEXT),
	POSTERN_FIELD(postern_oidc_exchange_request, userinfo, BOOL),
	POSTERN_FIELD(postern_oidc_exchange_request, any_issuer, BOOL),
};
const postern_shape postern_oidc_exchange_request_shape = POSTERN_SHAPE(postern_oidc_exchange_request, oidc_exchange_request_fields);

static const postern_field oidc_exchange_answer_fields[] = {
	POSTERN_PART(postern_oidc_exchange_answer, error, OPTIONAL, error_shape),
	POSTERN_FIELD(postern_oidc_exchange_answer, claims, OBJECT),
	POSTERN_FIELD(postern_oidc_exchange_answer, userinfo, OBJECT),
	POSTERN_FIELD(postern_oidc_exchange_answer, scope, TEXT),
};
static const postern_shape oidc_exchange_answer_shape = POSTERN_SHAPE(postern_oidc_exchange_answer, oidc_exchange_answer_fields);

static const postern_field oauth_exchange_request_fields[] = {
	POSTERN_FIELD(postern_oauth_exchange_request, token_endpoint, TEXT),
	POSTERN_FIELD(postern_oauth_exchange_request, client_id, TEXT),
	POSTERN_FIELD(postern_oauth_exchange_request, secret, TEXT),
	POSTERN_FIELD(postern_oauth_exchange_request, auth_method, TEXT),
	POSTERN_FIELD(postern_oauth_exchange_request, key_id, TEXT),
	POSTERN_FIELD(postern_oauth_exchange_request, key_issuer, TEXT),
};
const postern_shape postern_oauth_exchange_request_shape = POSTERN_SHAPE(postern_oauth_exchange_request, oauth_exchange_request_fields);

static const postern_field oauth_exchange_answer_fields[] = {
	POSTERN_PART(postern_oauth_exchange_answer, error, OPTIONAL, error_shape),
	POSTERN_FIELD(postern_oauth_exchange_answer, token_type, TEXT),
	POSTERN_FIELD(postern_oauth_exchange_answer, scope, TEXT),
	POSTERN_FIELD(postern_oauth_exchange_answer, expires_in, INT),
};
static const postern_shape oauth_exchange_answer_shape = POSTERN_SHAPE(postern_oauth_exchange_answer, oauth_exchange_answer_fields);

static const postern_field ldap_server_fields[] = {
	POSTERN_FIELD(postern_ldap_server, url, TEXT),
	POSTERN_FIELD(postern_ldap_server, start_tls, BOOL),
	POSTERN_FIELD(postern_ldap_server, bind_dn, TEXT),
	POSTERN_FIELD(postern_ldap_server, bind_secret, TEXT),
};
static const postern_shape ldap_server_shape = POSTERN_SHAPE(postern_ldap_server, ldap_server_fields);

static const postern_field ldap_bind_request_fields[] = {
	POSTERN_PART(postern_ldap_bind_request, server, NESTED, ldap_server_shape),
	POSTERN_FIELD(postern_ldap_bind_request, dn, TEXT),
	POSTERN_FIELD(postern_ldap_bind_request, password, TEXT),
};
const postern_shape postern_ldap_bind_request_shape = POSTERN_SHAPE(postern_ldap_bind_request, ldap_bind_request_fields);

static const postern_field ldap_bind_answer_fields[] = {
	POSTERN_PART(postern_ldap_bind_answer, error, OPTIONAL, error_shape),
	POSTERN_FIELD(postern_ldap_bind_answer, ok, BOOL),
};
static const postern_shape ldap_bind_answer_shape = POSTERN_SHAPE(postern_ldap_bind_answer, ldap_bind_answer_fields);

static const postern_field ldap_search_request_fields[] = {
	POSTERN_PART(postern_ldap_search_request, server, NESTED, ldap_server_shape),
	POSTERN_FIELD(postern_ldap_search_request, base_dn, TEXT),
	POSTERN_FIELD(postern_ldap_search_request, scope, TEXT),
	POSTERN_FIELD(postern_ldap_search_request, filter, TEXT),
	POSTERN_FIELD(postern_ldap_search_request, values, TEXTS),
	POSTERN_FIELD(postern_ldap_search_request, attributes, TEXTS),
	POSTERN_FIELD(postern_ldap_search_request, limit, INT),
};
const postern_shape postern_ldap_search_request_shape = POSTERN_SHAPE(postern_ldap_search_request, ldap_search_request_fields);

static const postern_field ldap_entry_fields[] = {
	POSTERN_FIELD(postern_ldap_entry, dn, TEXT),
	POSTERN_FIELD(postern_ldap_entry, attributes, OBJECT),
};
static const postern_shape ldap_entry_shape = POSTERN_SHAPE(postern_ldap_entry, ldap_entry_fields);

static const postern_field ldap_search_answer_fields[] = {
	POSTERN_PART(postern_ldap_search_answer, error, OPTIONAL, error_shape),
	POSTERN_PART(postern_ldap_search_answer, entries, LIST, ldap_entry_shape),
	POSTERN_FIELD(postern_ldap_search_answer, truncated, BOOL),
};
static const postern_shape ldap_search_answer_shape = POSTERN_SHAPE(postern_ldap_search_answer, ldap_search_answer_fields);

typedef uint32_t host_function(const char *ptr, size_t len);

static bool refuse(void *answer, const char *code, const char *message) {
	postern_error *error = POSTERN_NEW(postern_error);
	*error = (postern_error){postern_text_of(code), postern_text_of(message)};
	memcpy(answer, &error, sizeof error);
	return false;
}

// ask sends a request and reads the answer, whose structure begins with a pointer to
// its error.
static bool ask(host_function *host, const postern_shape *asks, const void *request, const postern_shape *answers, void *answer) {
	postern_buffer buffer = {0};
	postern_shape_write(&buffer, asks, request);
	size_t len = host(buffer.ptr, buffer.len);
	char *text = postern_alloc(len);
	postern_host_answer_read(text);
	memset(answer, 0, answers->size);
	postern_mistake mistake;
	const postern_value *value = postern_parse(text, len, &mistake);
	const char *wrong = value == NULL ? mistake.what : postern_shape_read(answers, value, answer);
	if (wrong != NULL) {
		return refuse(answer, "unavailable", wrong);
	}
	postern_error *error;
	memcpy(&error, answer, sizeof error);
	return error == NULL;
}

bool postern_http_fetch_all(const postern_fetch_request *request, postern_fetch_answer *answer) {
	bool answered = ask(postern_host_http_fetch, &postern_fetch_request_shape, request, &fetch_answer_shape, answer);
	if (answered && answer->responses.count != request->requests.count) {
		return refuse(answer, "unavailable", "the host gave another number of responses");
	}
	return answered;
}

bool postern_http_fetch(const postern_fetch *request, postern_fetch_response *response) {
	postern_fetch_request one = {.requests = {request, 1}};
	postern_fetch_answer answer;
	*response = (postern_fetch_response){0};
	if (!postern_http_fetch_all(&one, &answer)) {
		response->error = answer.error;
		return false;
	}
	*response = answer.responses.items[0];
	return response->error == NULL;
}

bool postern_fetch_body(const postern_fetch_response *response, postern_text *body) {
	if (response->body_base64.len > 0) {
		return postern_base64_decode(response->body_base64, body);
	}
	*body = response->body;
	return true;
}

bool postern_jwt_verify(const postern_jwt_verify_request *request, postern_jwt_verify_answer *answer) {
	return ask(postern_host_jwt_verify, &postern_jwt_verify_request_shape, request, &jwt_verify_answer_shape, answer);
}

static bool kv(const char *op, postern_text key, postern_text value, int64_t ttl, postern_kv_answer *answer) {
	postern_kv_request request = {postern_text_of(op), key, value, ttl};
	return ask(postern_host_kv, &postern_kv_request_shape, &request, &kv_answer_shape, answer);
}

bool postern_kv_get(postern_text key, postern_kv_answer *answer) {
	return kv("get", key, (postern_text){0}, 0, answer);
}

bool postern_kv_set(postern_text key, postern_text value, int64_t ttl_seconds, postern_kv_answer *answer) {
	return kv("set", key, value, ttl_seconds, answer);
}

bool postern_kv_add(postern_text key, postern_text value, int64_t ttl_seconds, postern_kv_answer *answer) {
	return kv("add", key, value, ttl_seconds, answer);
}

bool postern_kv_delete(postern_text key, postern_kv_answer *answer) {
	return kv("delete", key, (postern_text){0}, 0, answer);
}

bool postern_secret_get(postern_text name, postern_secret_get_answer *answer) {
	postern_secret_get_request request = {name};
	return ask(postern_host_secret_get, &postern_secret_get_request_shape, &request, &secret_get_answer_shape, answer);
}

bool postern_oidc_exchange(const postern_oidc_exchange_request *request, postern_oidc_exchange_answer *answer) {
	return ask(postern_host_oidc_exchange, &postern_oidc_exchange_request_shape, request, &oidc_exchange_answer_shape, answer);
}

bool postern_oauth_exchange(const postern_oauth_exchange_request *request, postern_oauth_exchange_answer *answer) {
	return ask(postern_host_oauth_exchange, &postern_oauth_exchange_request_shape, request, &oauth_exchange_answer_shape, answer);
}

bool postern_ldap_bind(const postern_ldap_bind_request *request, postern_ldap_bind_answer *answer) {
	return ask(postern_host_ldap_bind, &postern_ldap_bind_request_shape, request, &ldap_bind_answer_shape, answer);
}

bool postern_ldap_search(const postern_ldap_search_request *request, postern_ldap_search_answer *answer) {
	return ask(postern_host_ldap_search, &postern_ldap_search_request_shape, request, &ldap_search_answer_shape, answer);
}

int64_t postern_clock(void) { return postern_host_clock(); }

void postern_random(void *memory, size_t size) { postern_host_random(memory, size); }

void postern_log(postern_text line) { postern_host_log(line.ptr, line.len); }
