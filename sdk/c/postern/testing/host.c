// The host of native tests: it hands over the input and plays calls that were
// written down.
#include "host.h"

#include <stdio.h>
#include <stdlib.h>

postern_test_host postern_test_world;
static postern_arena tests, plugins;

#define world postern_test_world

void postern_test_begin(void) {
	postern_use(&tests);
	postern_reset();
	world = (postern_test_host){.seed = 1};
}

int32_t postern_test_module(int32_t plugin, int32_t hook) {
	world.output = world.reason = world.log = (postern_text){0};
	world.failed = false;
	int32_t status = 0;
	postern_use(&plugins);
	if (plugin < 0) {
		postern_describe();
	} else {
		status = postern_call(plugin, hook);
	}
	postern_use(&tests);
	return status;
}

const postern_value *postern_test_parse(postern_text text, postern_mistake *mistake) {
	return postern_parse((char *)POSTERN_JOIN(text, POSTERN_TEXT(" ")).ptr, text.len, mistake);
}

void postern_test_complain(postern_text complaint) {
	if (world.complaint.len == 0) {
		world.complaint = complaint;
	}
}

// What the host does for the plugin it does in the memory of the tests.
static void append(postern_text *to, const char *ptr, size_t len) {
	postern_arena *before = postern_use(&tests);
	*to = POSTERN_JOIN(*to, ((postern_text){ptr, len}));
	postern_use(before);
}

uint32_t postern_host_input_len(void) { return (uint32_t)world.input.len; }

void postern_host_input_read(char *ptr) {
	if (world.input.len > 0) {
		memcpy(ptr, world.input.ptr, world.input.len);
	}
}

void postern_host_output_write(const char *ptr, size_t len) { append(&world.output, ptr, len); }

void postern_host_fail(const char *ptr, size_t len) {
	world.failed = true;
	world.reason = (postern_text){0};
	append(&world.reason, ptr, len);
}

void postern_host_log(const char *ptr, size_t len) {
	append(&world.log, ptr, len);
	append(&world.log, "\n", 1);
}

// Bytes that differ from each other, and are the same in every test.
void postern_host_random(char *ptr, size_t len) {
	for (size_t i = 0; i < len; i++) {
		world.seed = world.seed * 6364136223846793005u + 1442695040888963407u;
		ptr[i] = (char)(world.seed >> 56);
	}
}

bool postern_test_same(const postern_value *a, const postern_value *b) {
	if (postern_kind_of(a) != postern_kind_of(b) || (a != NULL && b != NULL && a->count != b->count)) {
		return false;
	}
	if (postern_kind_of(a) == POSTERN_BOOL) {
		return a->flag == b->flag;
	}
	if (!postern_text_equal(postern_as_text(a), postern_as_text(b))) {
		return false;
	}
	const postern_value *in_b = postern_first(b);
	for (const postern_value *m = postern_first(a); m != NULL; m = m->next) {
		const postern_value *other = a->kind == POSTERN_OBJECT ? postern_get(b, m->name) : in_b;
		if (other == NULL || !postern_test_same(m, other)) {
			return false;
		}
		in_b = in_b->next;
	}
	return true;
}

static const postern_shape *request_shape(postern_text capability) {
	static const struct {
		const char *capability;
		const postern_shape *shape;
	} table[] = {
		{POSTERN_HTTP_FETCH, &postern_fetch_request_shape},          {POSTERN_JWT_VERIFY, &postern_jwt_verify_request_shape},
		{POSTERN_KV, &postern_kv_request_shape},                     {POSTERN_SECRET_GET, &postern_secret_get_request_shape},
		{POSTERN_OIDC_EXCHANGE, &postern_oidc_exchange_request_shape}, {POSTERN_OAUTH_EXCHANGE, &postern_oauth_exchange_request_shape},
		{POSTERN_LDAP_BIND, &postern_ldap_bind_request_shape},       {POSTERN_LDAP_SEARCH, &postern_ldap_search_request_shape},
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (postern_text_is(capability, table[i].capability)) {
			return table[i].shape;
		}
	}
	return NULL;
}

static bool is_empty(const postern_value *value) {
	switch (value->kind) {
	case POSTERN_BOOL: return !value->flag;
	case POSTERN_NUMBER: return postern_text_is(value->text, "0");
	case POSTERN_STRING: return value->text.len == 0;
	case POSTERN_ARRAY:
	case POSTERN_OBJECT: return value->count == 0;
	case POSTERN_NULL: break;
	}
	return false;
}

static const postern_field *find_field(const postern_shape *shape, postern_text name) {
	for (size_t i = 0; i < shape->count; i++) {
		if (postern_text_is(name, shape->fields[i].name)) {
			return &shape->fields[i];
		}
	}
	return NULL;
}

static const postern_value *plain_member(const postern_field *field, const postern_value *value) {
	if (field == NULL || field->shape == NULL) {
		return value;
	}
	if (field->type != POSTERN_IS_LIST || value->kind != POSTERN_ARRAY) {
		return postern_test_plain(field->shape, value);
	}
	postern_value *list = postern_array();
	for (const postern_value *e = value->first; e != NULL; e = e->next) {
		postern_append(list, postern_test_plain(field->shape, e));
	}
	return list;
}

const postern_value *postern_test_plain(const postern_shape *shape, const postern_value *value) {
	if (shape == NULL || postern_kind_of(value) != POSTERN_OBJECT) {
		return value;
	}
	postern_value *plain = postern_object();
	for (const postern_value *m = value->first; m != NULL; m = m->next) {
		const postern_field *field = find_field(shape, m->name);
		const postern_value *member = plain_member(field, m);
		bool matters = field == NULL || field->type == POSTERN_IS_CHOICE || field->type == POSTERN_IS_VALUE || field->type == POSTERN_IS_OPTIONAL;
		if (matters || !is_empty(member)) {
			postern_set(plain, m->name, member);
		}
	}
	return plain;
}

static bool same_request(postern_text capability, const postern_value *wanted, postern_text got) {
	const postern_shape *shape = request_shape(capability);
	return postern_test_same(postern_test_plain(shape, wanted), postern_test_plain(shape, postern_test_parse(got, NULL)));
}

// next gives the answer of the call that is played now; NULL if it is another one.
static const postern_value *next(postern_text name, postern_text request) {
	const postern_value *call = world.calls;
	postern_text expected = postern_as_text(postern_member(call, "capability"));
	if (call == NULL) {
		postern_test_complain(POSTERN_JOIN(POSTERN_TEXT("a call that nobody expected: "), name, POSTERN_TEXT(" "), request));
	} else if (!postern_text_equal(expected, name)) {
		postern_test_complain(POSTERN_JOIN(POSTERN_TEXT("a call of "), name, POSTERN_TEXT(", but expected is "), expected));
	} else if (!same_request(name, postern_member(call, "request"), request)) {
		postern_test_complain(POSTERN_JOIN(name, POSTERN_TEXT(": the request is "), request, POSTERN_TEXT(", but expected is "),
		                                   postern_write(postern_member(call, "request"))));
	} else {
		world.calls = call->next;
		return postern_member(call, "answer");
	}
	return NULL;
}

static uint32_t play(const char *capability, const char *ptr, size_t len) {
	postern_arena *before = postern_use(&tests);
	const postern_value *answer = next(postern_text_of(capability), (postern_text){ptr, len});
	world.answer = answer != NULL ? postern_write(answer)
	                              : POSTERN_TEXT("{\"error\":{\"code\":\"invalid_request\",\"message\":\"the test expects another call\"}}");
	postern_use(before);
	return (uint32_t)world.answer.len;
}

void postern_host_answer_read(char *ptr) { memcpy(ptr, world.answer.ptr, world.answer.len); }

int64_t postern_host_clock(void) {
	int64_t now = -1;
	postern_arena *before = postern_use(&tests);
	postern_as_int(postern_member(next(POSTERN_TEXT(POSTERN_CLOCK), POSTERN_TEXT("{}")), "now"), &now);
	postern_use(before);
	return now;
}

uint32_t postern_host_http_fetch(const char *ptr, size_t len) { return play(POSTERN_HTTP_FETCH, ptr, len); }
uint32_t postern_host_jwt_verify(const char *ptr, size_t len) { return play(POSTERN_JWT_VERIFY, ptr, len); }
uint32_t postern_host_kv(const char *ptr, size_t len) { return play(POSTERN_KV, ptr, len); }
uint32_t postern_host_secret_get(const char *ptr, size_t len) { return play(POSTERN_SECRET_GET, ptr, len); }
uint32_t postern_host_oidc_exchange(const char *ptr, size_t len) { return play(POSTERN_OIDC_EXCHANGE, ptr, len); }
uint32_t postern_host_oauth_exchange(const char *ptr, size_t len) { return play(POSTERN_OAUTH_EXCHANGE, ptr, len); }
uint32_t postern_host_ldap_bind(const char *ptr, size_t len) { return play(POSTERN_LDAP_BIND, ptr, len); }
uint32_t postern_host_ldap_search(const char *ptr, size_t len) { return play(POSTERN_LDAP_SEARCH, ptr, len); }
