// postern.h is the C SDK for plugins of Postern.
//
// A plugin is C11 without a C library: it includes this file, names its plugins with
// POSTERN_PLUGINS, and is compiled with the sources beside this file. sdk/abi.md of
// Postern is the normative text of what goes over the wire; the structures below
// have its names.
//
// Whatever a function gives lives until the call of the hook ends: memory comes
// from an arena that is empty again when the next call begins. Nothing is freed by
// hand, and nothing may be kept.
#ifndef POSTERN_H
#define POSTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// POSTERN_HOST_API is the version of the interface that this SDK speaks.
#define POSTERN_HOST_API 1

// Hooks, with the version of their messages.
#define POSTERN_CLAIMS_MAP "claims.map/v1"
#define POSTERN_ACCOUNT_SHAPE "account.shape/v1"
#define POSTERN_SCOPE_POLICY "scope.policy/v1"
#define POSTERN_CONNECTOR_LOGIN "connector.login/v1"
#define POSTERN_CONNECTOR_PASSWORD "connector.password/v1"
#define POSTERN_EVENT_SINK "event.sink/v1"

// Capabilities: what a plugin can ask the host to do. To log and to draw
// randomness needs no grant.
#define POSTERN_CLOCK "clock"
#define POSTERN_HTTP_FETCH "http.fetch"
#define POSTERN_JWT_VERIFY "jwt.verify"
#define POSTERN_KV "kv"
#define POSTERN_SECRET_GET "secret.get"
#define POSTERN_OIDC_EXCHANGE "oidc.exchange"
#define POSTERN_OAUTH_EXCHANGE "oauth.exchange"
#define POSTERN_LDAP_BIND "ldap.bind"
#define POSTERN_LDAP_SEARCH "ldap.search"

// ---- Memory -----------------------------------------------------------------

// postern_alloc gives zeroed memory of the arena, aligned for any type. It never
// gives NULL: without memory the call fails.
void *postern_alloc(size_t size);

// POSTERN_NEW gives a zeroed value of a type.
#define POSTERN_NEW(type) ((type *)postern_alloc(sizeof(type)))

// ---- Text -------------------------------------------------------------------

// postern_text is UTF-8 with its length in bytes. It has no terminator, and may
// have zeros in it.
typedef struct postern_text {
	const char *ptr;
	size_t len;
} postern_text;

// POSTERN_TEXT is the text of a string literal.
#define POSTERN_TEXT(literal) ((postern_text){"" literal "", sizeof(literal) - 1})

// postern_text_of gives the text of a C string; NULL is the empty text.
postern_text postern_text_of(const char *string);

bool postern_text_equal(postern_text a, postern_text b);

// postern_text_is compares with a C string.
bool postern_text_is(postern_text text, const char *string);

bool postern_text_starts(postern_text text, const char *prefix);
bool postern_text_ends(postern_text text, const char *suffix);

// postern_join gives the texts one after the other.
postern_text postern_join(const postern_text *parts, size_t count);

// POSTERN_JOIN is postern_join of its arguments.
#define POSTERN_JOIN(...) \
	postern_join((const postern_text[]){__VA_ARGS__}, sizeof((const postern_text[]){__VA_ARGS__}) / sizeof(postern_text))

// postern_text_int gives a number in decimal digits.
postern_text postern_text_int(int64_t n);

// postern_base64 encodes bytes, postern_base64_decode gives them back (RFC 4648
// section 4); false: it is no base64.
postern_text postern_base64(postern_text bytes);
bool postern_base64_decode(postern_text text, postern_text *bytes);

// postern_texts is a list of texts. Items are NULL where it was left out.
typedef struct postern_texts {
	postern_text *items;
	size_t count, cap; // cap is postern_add's
} postern_texts;

// postern_add appends to a list.
void postern_add(postern_texts *list, postern_text text);

// postern_no_texts gives a list that is empty but not left out.
postern_texts postern_no_texts(void);

bool postern_contains(postern_texts list, postern_text text);

// ---- JSON -------------------------------------------------------------------

typedef enum postern_kind {
	POSTERN_NULL,
	POSTERN_BOOL,
	POSTERN_NUMBER,
	POSTERN_STRING,
	POSTERN_ARRAY,
	POSTERN_OBJECT,
} postern_kind;

// postern_value is a JSON value. The elements of an array and the members of an
// object are a list in their order:
//
//	for (const postern_value *m = postern_first(object); m != NULL; m = m->next)
typedef struct postern_value {
	postern_kind kind;
	bool flag;                  // of a boolean
	uint32_t hash;              // of the name; the parser's
	postern_text text;          // of a string; a number as it is written
	postern_text name;          // of a member of an object
	struct postern_value *next; // after this one in its array or object
	struct postern_value *first, *last;
	size_t count;               // of elements or members
} postern_value;

#define POSTERN_MAX_DEPTH 64  // of arrays and objects
#define POSTERN_MAX_NUMBER 64 // characters

// postern_mistake says where a text is no JSON. It never quotes the text, which
// may be personal.
typedef struct postern_mistake {
	const char *what; // NULL: nothing is wrong
	size_t offset;    // in bytes
} postern_mistake;

// postern_parse reads one JSON value (RFC 8259). It refuses what parsers disagree
// about: members of the same name, text that is not UTF-8, halves of surrogate
// pairs, and anything after the value. It gives NULL if the text is wrong, and says
// why if mistake is not NULL. Strings share the memory of the text, and those with
// escapes are written over it: the text must be writable and belongs to the value.
postern_value *postern_parse(char *text, size_t len, postern_mistake *mistake);

// postern_write gives the value as compact JSON; NULL is null.
postern_text postern_write(const postern_value *value);

// Reading. NULL is taken for a value that is not there, and answered with what is
// empty, so accesses can be nested.
const postern_value *postern_get(const postern_value *object, postern_text name);
const postern_value *postern_member(const postern_value *object, const char *name);
const postern_value *postern_first(const postern_value *array_or_object);
postern_kind postern_kind_of(const postern_value *value); // of NULL: POSTERN_NULL
bool postern_as_bool(const postern_value *value);
postern_text postern_as_text(const postern_value *value); // of a string, or a number as it is written

// postern_as_int gives an integer; false if the value is none, or too large.
bool postern_as_int(const postern_value *value, int64_t *n);

// postern_as_texts gives the strings of an array, leaving out whatever else it has.
postern_texts postern_as_texts(const postern_value *value);

// Writing. A value that is put into another is copied, but not its elements: build
// a value first, then put it into another.
postern_value *postern_null(void);
postern_value *postern_bool(bool flag);
postern_value *postern_int(int64_t n);
postern_value *postern_string(postern_text text);
postern_value *postern_strings(postern_texts list);
postern_value *postern_array(void);
postern_value *postern_object(void);
void postern_append(postern_value *array, const postern_value *value);

// postern_set replaces the member of that name in its place, or appends it.
void postern_set(postern_value *object, postern_text name, const postern_value *value);
void postern_set_text(postern_value *object, const char *name, postern_text text);

// postern_remove takes a member out, and says whether there was one.
bool postern_remove(postern_value *object, postern_text name);

// ---- Messages of the hooks --------------------------------------------------
//
// In inputs, texts are empty, flags false and objects NULL where nothing is known.
// Times are RFC 3339 in UTC.

typedef struct postern_user {
	postern_text id;   // the subject
	postern_text name; // login name
	postern_text email;
	bool email_verified;
	postern_text display_name, given_name, family_name, middle_name, nickname;
	postern_text profile, picture, website, gender, birthdate, zoneinfo, locale;
	postern_text phone;
	bool phone_verified;
	postern_text country_code, region, location;
	postern_texts address; // lines
	postern_text affiliation, title, bio, tag, education, external_id;
	bool admin;
	postern_texts groups;
	postern_value *attributes; // an object of strings, sorted by name
	postern_text created_at, updated_at, last_sign_in_at, last_sign_in_ip;
} postern_user;

typedef struct postern_organisation {
	postern_text name, display_name, website_url, logo, favicon, created_at;
} postern_organisation;

// postern_client is the relying party.
typedef struct postern_client {
	postern_text id, name;
} postern_client;

// postern_authentication says how the user proved who they are.
typedef struct postern_authentication {
	postern_text time;
	postern_texts amr;
	postern_text acr;
	postern_text connector; // plugin instance; empty where it was a password of Postern's own
} postern_authentication;

typedef struct postern_claims_input {
	postern_text target;     // id_token, userinfo or access_token
	postern_value *settings; // of the plugin instance, an object
	postern_user user;
	postern_organisation organisation;
	postern_client client;
	postern_texts scopes; // granted
	postern_authentication authentication;
	postern_value *claims;    // those so far: the standard's, then earlier plugins'
	postern_value *requested; // by the claims parameter, for this target
	postern_value *upstream;  // of the provider at which the user signed in
} postern_claims_input;

// postern_claims_output removes first, then sets. To name a claim of the host
// fails the call; see postern_is_protected.
typedef struct postern_claims_output {
	postern_value *set; // an object, empty to begin with
	postern_texts remove;
} postern_claims_output;

// postern_is_protected reports whether the host alone sets the claim.
bool postern_is_protected(postern_text claim);

typedef struct postern_account_input {
	postern_value *settings;
	postern_user user;
	postern_organisation organisation;
	postern_client client;
	postern_texts scopes;
	postern_authentication authentication;
	postern_value *claims; // as UserInfo has them before any plugin
} postern_account_input;

typedef struct postern_scope_input {
	postern_value *settings;
	postern_text grant_type; // authorization_code, refresh_token
	postern_user user;       // empty where no person takes part
	postern_organisation organisation;
	postern_client client;
	postern_texts scopes; // asked for
	postern_text address; // of the browser or the client, without port
	postern_authentication authentication;
	postern_text time; // now, so that a policy needs no clock
} postern_scope_input;

typedef struct postern_scope_output {
	postern_texts scopes; // to grant: left out they stay; postern_no_texts() grants none
	bool deny;
	postern_text reason; // for the person who is refused, and for the log
	postern_text acr;    // asks for a sign-in of that class
	bool fresh;          // asks for a new sign-in
	bool consent;        // asks for the consent page
} postern_scope_output;

typedef struct postern_login_input {
	postern_text phase; // begin or finish
	postern_value *settings;
	postern_organisation organisation;
	postern_client client;
	postern_text redirect_uri, login_hint, prompt;
	postern_texts acr_values, ui_locales;
	postern_value *parameters; // of the callback but for code, state and iss; at finish
	postern_value *data;       // what begin gave; at finish
} postern_login_input;

// postern_login_redirect says where the browser goes: to an OpenID provider by its
// issuer, or to an OAuth 2 server by its authorization endpoint.
typedef struct postern_login_redirect {
	postern_text issuer, authorization_endpoint, client_id;
	postern_texts scopes;
	postern_value *parameters; // an object of strings, added as they are
	postern_text response_mode;
	bool no_pkce;
	bool any_issuer; // as in postern_oidc_exchange_request
} postern_login_redirect;

typedef struct postern_identity {
	postern_text subject; // the provider's own, never reassigned name of the person
	postern_text name, email;
	bool email_verified;
	postern_text display_name, given_name, family_name, picture, locale, phone;
	postern_texts groups;
	postern_value *attributes; // an object of strings
	postern_texts amr;
	postern_text acr;
	postern_value *claims; // handed to claims.map/v1 as upstream
} postern_identity;

// postern_login_output has a redirect at begin, an identity or a refusal at finish.
typedef struct postern_login_output {
	postern_login_redirect *redirect;
	postern_identity *identity;
	bool deny;
	postern_text reason; // shown to the person and logged
	postern_value *data; // an object that is kept until finish
} postern_login_output;

typedef struct postern_password_input {
	postern_value *settings;
	postern_organisation organisation;
	postern_client client;
	postern_text name, password, address;
} postern_password_input;

// postern_password_output denies if name or password is wrong; a failure says that
// nobody could tell.
typedef struct postern_password_output {
	postern_identity *identity;
	bool deny;
	postern_text reason; // for the log
} postern_password_output;

typedef struct postern_event {
	postern_text id, at, type, actor, user_id, client_id, session_id, grant_id, ip, correlation;
	postern_value *detail; // an object of strings
} postern_event;

typedef struct postern_event_input {
	postern_value *settings;
	postern_event event;
} postern_event_input;

// ---- A plugin ---------------------------------------------------------------

// postern_capability_wish is a capability that a plugin asks for.
typedef struct postern_capability_wish {
	const char *name;
	const char *const *targets; // up to a NULL, such as hosts; none: the settings say it
	const char *reason;         // one sentence for the operator
	bool optional;              // the plugin does without
} postern_capability_wish;

// postern_secret_wish is a secret that a plugin asks for.
typedef struct postern_secret_wish {
	const char *name, *description;
	bool optional;
} postern_secret_wish;

// postern_preset is a way to use a plugin: for one product, say.
typedef struct postern_preset {
	const char *name, *title;
	const char *icon;           // name of one of Postern's icons, or NULL
	const char *settings;       // JSON, an object that what the operator sets is laid over
	const char *const *targets; // up to a NULL: what is to be granted for it, besides what the settings name
} postern_preset;

// postern_sample is a message that the plugin must be able to answer.
typedef struct postern_sample {
	const char *hook;
	const char *input; // JSON, an object
	const char *calls; // JSON, an array of {"capability", "request", "answer"}; or NULL
} postern_sample;

// postern_manifest is what a module says of a plugin. The lists end with an entry
// whose first member is NULL. The host API version and the hooks are filled in;
// without settings there are none; and a hook without a sample is tried on an empty
// message.
typedef struct postern_manifest {
	const char *id, *version, *description;
	const postern_capability_wish *capabilities;
	const postern_secret_wish *secrets;
	const char *settings; // JSON Schema
	const postern_preset *presets;
	const postern_sample *samples;
} postern_manifest;

// postern_plugin is a manifest and a function for each hook; NULL for those that
// the plugin does not implement. A function gives true with its output, or what
// postern_fail gives.
typedef struct postern_plugin {
	postern_manifest manifest;
	bool (*claims)(const postern_claims_input *in, postern_claims_output *out);
	bool (*account)(const postern_account_input *in, postern_value *out); // an object, sent as it is
	bool (*scopes)(const postern_scope_input *in, postern_scope_output *out);
	bool (*login)(const postern_login_input *in, postern_login_output *out);
	bool (*password)(const postern_password_input *in, postern_password_output *out);
	bool (*event)(const postern_event_input *in);
} postern_plugin;

// postern_plugins are those of the module, up to a NULL. The plugin's source defines
// them: POSTERN_PLUGINS(&this_one, &that_one);
extern const postern_plugin *const postern_plugins[];
#define POSTERN_PLUGINS(...) const postern_plugin *const postern_plugins[] = {__VA_ARGS__, NULL}

// postern_fail says why the call fails, and gives false. The text goes to the
// operator's log, never to a person.
bool postern_fail(const char *reason);
bool postern_fail_text(postern_text reason);

// ---- What the host does -----------------------------------------------------
//
// A capability must be in the manifest and be granted by the operator. Each
// function gives true with its answer, or false with the answer's error.

// postern_error is why the host did not do it. Codes: denied, invalid_request,
// unavailable, timeout, too_large, limit, refused.
typedef struct postern_error {
	postern_text code;
	postern_text message; // for the plugin's author
} postern_error;

typedef struct postern_fetch_secret {
	postern_text header, name, prefix; // the header's value is prefix and secret
} postern_fetch_secret;

typedef struct postern_fetch {
	postern_text method; // empty: GET
	postern_text url;
	postern_value *headers;   // an object of strings
	postern_text body;        // UTF-8, or
	postern_text body_base64; // any bytes
	int64_t timeout_ms;
	struct {
		const postern_fetch_secret *items;
		size_t count;
	} secrets; // put into headers by the host
	bool exchanged; // send the access token of the exchange of this call
} postern_fetch;

typedef struct postern_fetch_response {
	postern_error *error;
	int64_t status;
	postern_value *headers; // lower-case names
	postern_text body;
	postern_text body_base64; // if the body is not UTF-8
} postern_fetch_response;

typedef struct postern_fetch_request {
	struct {
		const postern_fetch *items; // at most 8, sent side by side
		size_t count;
	} requests;
} postern_fetch_request;

typedef struct postern_fetch_answer {
	postern_error *error;
	struct {
		postern_fetch_response *items; // in the order of the requests
		size_t count;
	} responses;
} postern_fetch_answer;

// postern_fetch_body gives the body of a response, whatever form it came in; false:
// it is no base64.
bool postern_fetch_body(const postern_fetch_response *response, postern_text *body);

bool postern_http_fetch(const postern_fetch *request, postern_fetch_response *response);
bool postern_http_fetch_all(const postern_fetch_request *request, postern_fetch_answer *answer);

typedef struct postern_jwt_verify_request {
	postern_text token;
	postern_text issuer, audience; // must be so, if given
	postern_texts algorithms;
	postern_text jwks_uri;
	postern_value *jwks;
	postern_text secret; // name of a secret, for HS256
	int64_t leeway;      // seconds
} postern_jwt_verify_request;

typedef struct postern_jwt_verify_answer {
	postern_error *error;
	postern_value *header, *claims;
} postern_jwt_verify_answer;

bool postern_jwt_verify(const postern_jwt_verify_request *request, postern_jwt_verify_answer *answer);

typedef struct postern_kv_answer {
	postern_error *error;
	bool found; // the key was there
	postern_text value;
} postern_kv_answer;

bool postern_kv_get(postern_text key, postern_kv_answer *answer);
bool postern_kv_set(postern_text key, postern_text value, int64_t ttl_seconds, postern_kv_answer *answer);

// postern_kv_add sets the key unless it is there; found says so.
bool postern_kv_add(postern_text key, postern_text value, int64_t ttl_seconds, postern_kv_answer *answer);
bool postern_kv_delete(postern_text key, postern_kv_answer *answer);

typedef struct postern_secret_get_answer {
	postern_error *error;
	postern_text value;
} postern_secret_get_answer;

bool postern_secret_get(postern_text name, postern_secret_get_answer *answer);

typedef struct postern_oidc_exchange_request {
	postern_text issuer, client_id;
	postern_text secret; // name of the client secret; empty: a public client
	// How the client proves who it is. Empty: client_secret_basic with a secret, none
	// without; client_secret_post, none, or one for which the secret is a private key in
	// PEM: private_key_jwt, signed_client_secret (a JWT in the place of the client
	// secret, as Apple wants it).
	postern_text auth_method;
	postern_text key_id;     // kid of what the private key signs
	postern_text key_issuer; // iss of a signed_client_secret
	bool userinfo;   // ask the UserInfo endpoint too
	bool any_issuer; // accept an issuer with {tenantid} filled in
} postern_oidc_exchange_request;

typedef struct postern_oidc_exchange_answer {
	postern_error *error;
	postern_value *claims, *userinfo;
	postern_text scope;
} postern_oidc_exchange_answer;

bool postern_oidc_exchange(const postern_oidc_exchange_request *request, postern_oidc_exchange_answer *answer);

typedef struct postern_oauth_exchange_request {
	postern_text token_endpoint, client_id, secret, auth_method, key_id, key_issuer;
} postern_oauth_exchange_request;

typedef struct postern_oauth_exchange_answer {
	postern_error *error;
	postern_text token_type, scope;
	int64_t expires_in; // seconds; 0: it was not said
} postern_oauth_exchange_answer;

bool postern_oauth_exchange(const postern_oauth_exchange_request *request, postern_oauth_exchange_answer *answer);

typedef struct postern_ldap_server {
	postern_text url; // ldap://host:389, ldaps://host:636
	bool start_tls;
	postern_text bind_dn;     // empty: nobody
	postern_text bind_secret; // name of a secret with the password
} postern_ldap_server;

typedef struct postern_ldap_bind_request {
	postern_ldap_server server; // without bind_dn and bind_secret
	postern_text dn, password;
} postern_ldap_bind_request;

typedef struct postern_ldap_bind_answer {
	postern_error *error;
	bool ok;
} postern_ldap_bind_answer;

bool postern_ldap_bind(const postern_ldap_bind_request *request, postern_ldap_bind_answer *answer);

typedef struct postern_ldap_search_request {
	postern_ldap_server server;
	postern_text base_dn;
	postern_text scope;  // empty: sub; base, one
	postern_text filter; // {0}, {1}, ... are replaced by values, escaped
	postern_texts values, attributes;
	int64_t limit;
} postern_ldap_search_request;

typedef struct postern_ldap_entry {
	postern_text dn;
	postern_value *attributes; // an object of arrays of strings
} postern_ldap_entry;

typedef struct postern_ldap_search_answer {
	postern_error *error;
	struct {
		postern_ldap_entry *items;
		size_t count;
	} entries;
	bool truncated; // there were more
} postern_ldap_search_answer;

bool postern_ldap_search(const postern_ldap_search_request *request, postern_ldap_search_answer *answer);

// postern_clock gives milliseconds since 1970 in UTC. It has no error: a call that may
// not read the clock fails.
int64_t postern_clock(void);

// postern_random fills memory with good randomness, at most 64 KiB at once.
void postern_random(void *memory, size_t size);

// postern_log writes a line to the operator's log, up to 8 KiB in a call.
void postern_log(postern_text line);

#endif
