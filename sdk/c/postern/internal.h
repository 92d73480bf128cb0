// internal.h is what the sources of the SDK share with each other and with the
// test harness. Plugins do not include it.
#ifndef POSTERN_INTERNAL_H
#define POSTERN_INTERNAL_H

#include "postern.h"

#if defined(__wasm__)
#define POSTERN_IMPORT(name) __attribute__((import_module("postern"), import_name(name)))
#define POSTERN_EXPORT(name) __attribute__((export_name(name)))
#else
#define POSTERN_IMPORT(name)
#define POSTERN_EXPORT(name)
#endif

// The host (sdk/abi.md section 2). In a native build the test harness has them.
POSTERN_IMPORT("input_len") uint32_t postern_host_input_len(void);
POSTERN_IMPORT("input_read") void postern_host_input_read(char *ptr);
POSTERN_IMPORT("output_write") void postern_host_output_write(const char *ptr, size_t len);
POSTERN_IMPORT("fail") void postern_host_fail(const char *ptr, size_t len);
POSTERN_IMPORT("log") void postern_host_log(const char *ptr, size_t len);
POSTERN_IMPORT("random") void postern_host_random(char *ptr, size_t len);
POSTERN_IMPORT("clock") int64_t postern_host_clock(void);
POSTERN_IMPORT("answer_read") void postern_host_answer_read(char *ptr);
POSTERN_IMPORT("http_fetch") uint32_t postern_host_http_fetch(const char *ptr, size_t len);
POSTERN_IMPORT("jwt_verify") uint32_t postern_host_jwt_verify(const char *ptr, size_t len);
POSTERN_IMPORT("kv") uint32_t postern_host_kv(const char *ptr, size_t len);
POSTERN_IMPORT("secret_get") uint32_t postern_host_secret_get(const char *ptr, size_t len);
POSTERN_IMPORT("oidc_exchange") uint32_t postern_host_oidc_exchange(const char *ptr, size_t len);
POSTERN_IMPORT("oauth_exchange") uint32_t postern_host_oauth_exchange(const char *ptr, size_t len);
POSTERN_IMPORT("ldap_bind") uint32_t postern_host_ldap_bind(const char *ptr, size_t len);
POSTERN_IMPORT("ldap_search") uint32_t postern_host_ldap_search(const char *ptr, size_t len);

// The module.
int32_t postern_abi(void);
void postern_describe(void);
int32_t postern_call(int32_t plugin, int32_t hook);

// Memory. postern_resize makes an allocation larger, in its place where it is the
// last one; it may move. postern_reset empties the arena.
void *postern_resize(void *memory, size_t size, size_t wanted);
void postern_reset(void);

#if defined(__wasm__)
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *string);
#else
#include <string.h>

// postern_arena is a set of allocations. Natively there can be several, so that a
// test harness keeps its own while the plugin's is emptied; each allocation is one
// of the C library, so that its checkers see what leaves its bounds.
typedef struct postern_arena {
	struct postern_block *blocks;
} postern_arena;

// postern_use makes an arena the one that postern_alloc takes from, and gives the
// one before.
postern_arena *postern_use(postern_arena *arena);
#endif

// postern_buffer is text that grows.
typedef struct postern_buffer {
	char *ptr;
	size_t len, cap;
} postern_buffer;

void postern_put(postern_buffer *buffer, const char *ptr, size_t len);
void postern_put_char(postern_buffer *buffer, char c);
void postern_put_string(postern_buffer *buffer, postern_text text);        // quoted
void postern_put_name(postern_buffer *buffer, const char *name);           // and its colon, after a comma if need be
void postern_put_value(postern_buffer *buffer, const postern_value *value);

// postern_is_plain reports whether a byte of a string stands for itself and is ASCII.
static inline bool postern_is_plain(unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

// postern_character_size gives the bytes of the UTF-8 character at a place (RFC 3629
// section 4), or 0 if there is none: no overlong form, no surrogate, nothing above
// U+10FFFF.
size_t postern_character_size(const char *at, const char *end);

// postern_shape says which members a structure has on the wire, in order.
typedef struct postern_shape {
	const struct postern_field *fields;
	size_t count, size;
} postern_shape;

typedef enum postern_type {
	POSTERN_IS_TEXT,
	POSTERN_IS_BOOL,
	POSTERN_IS_INT,
	POSTERN_IS_TEXTS,
	POSTERN_IS_CHOICE, // a list of which none is something else than left out
	POSTERN_IS_VALUE,
	POSTERN_IS_OBJECT,
	POSTERN_IS_NESTED,   // a structure
	POSTERN_IS_OPTIONAL, // a pointer to one
	POSTERN_IS_LIST,     // a pointer to several, and their number
} postern_type;

typedef struct postern_field {
	const char *name;
	postern_type type;
	size_t offset;
	const postern_shape *shape;
} postern_field;

// postern_shape_read fills a zeroed structure. Members that the shape does not have
// are ignored. NULL is success, else what is wrong.
const char *postern_shape_read(const postern_shape *shape, const postern_value *value, void *structure);

// postern_shape_write leaves out what is empty.
void postern_shape_write(postern_buffer *buffer, const postern_shape *shape, const void *structure);

extern const postern_shape postern_claims_input_shape, postern_claims_output_shape, postern_account_input_shape;
extern const postern_shape postern_scope_input_shape, postern_scope_output_shape;
extern const postern_shape postern_login_input_shape, postern_login_output_shape;
extern const postern_shape postern_password_input_shape, postern_password_output_shape, postern_event_input_shape;

extern const postern_shape postern_fetch_request_shape, postern_jwt_verify_request_shape, postern_kv_request_shape;
extern const postern_shape postern_secret_get_request_shape, postern_oidc_exchange_request_shape, postern_oauth_exchange_request_shape;
extern const postern_shape postern_ldap_bind_request_shape, postern_ldap_search_request_shape;

// A table of fields, and the shape of a structure.
#define POSTERN_FIELD(structure, member, is) {#member, POSTERN_IS_##is, offsetof(structure, member), NULL}
#define POSTERN_PART(structure, member, is, of) {#member, POSTERN_IS_##is, offsetof(structure, member), &(of)}
#define POSTERN_SHAPE(structure, table) {table, sizeof(table) / sizeof((table)[0]), sizeof(structure)}

#endif
