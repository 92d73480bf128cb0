// Plugins for the tests of the SDK itself.
#include "../postern/postern.h"

static bool claims(const postern_claims_input *in, postern_claims_output *out) {
	postern_set_text(out->set, "who", in->user.name);
	postern_set_text(out->set, "lines", POSTERN_JOIN(in->user.address.count > 0 ? in->user.address.items[0] : POSTERN_TEXT("none")));
	return true;
}

static bool account(const postern_account_input *in, postern_value *out) {
	postern_set_text(out, "z", in->user.name);
	postern_set(out, POSTERN_TEXT("a"), postern_bool(true));
	return true;
}

static bool scopes(const postern_scope_input *in, postern_scope_output *out) {
	out->scopes = in->scopes;
	postern_add(&out->scopes, POSTERN_TEXT("more"));
	return true;
}

// event asks for what the test expects, and says what came.
static bool event(const postern_event_input *in) {
	postern_fetch request = {.url = in->event.id};
	postern_fetch_response response;
	postern_text body;
	if (!postern_http_fetch(&request, &response)) {
		return postern_fail_text(POSTERN_JOIN(response.error->code, POSTERN_TEXT(": "), response.error->message));
	}
	if (!postern_fetch_body(&response, &body)) {
		return postern_fail("no base64");
	}
	postern_log(body);
	return true;
}

// silent fails without a reason.
static bool silent(const postern_claims_input *in, postern_claims_output *out) {
	(void)out;
	return in->user.name.len == 0;
}

// remember tries what no plugin can do: to know of the calls before.
static bool remember(const postern_claims_input *in, postern_claims_output *out) {
	static int64_t calls;
	static char names[1024];
	static size_t used;
	if (used + in->user.name.len <= sizeof names) {
		for (size_t i = 0; i < in->user.name.len; i++) {
			names[used++] = in->user.name.ptr[i];
		}
	}
	postern_set(out->set, POSTERN_TEXT("remembered"), postern_int(++calls));
	postern_set_text(out->set, "names", (postern_text){names, used});
	return true;
}

static const postern_plugin all = {
	.manifest =
		{
			.id = "all",
			.version = "1",
			.description = "All.",
			.capabilities = (const postern_capability_wish[]){{.name = POSTERN_HTTP_FETCH}, {0}},
			.settings = " {\"type\" : \"object\"} ",
			.samples =
				(const postern_sample[]){
					{
						POSTERN_EVENT_SINK,
						"{\"event\":{\"id\":\"u\"}}",
						"[{\"capability\":\"http.fetch\",\"request\":{\"requests\":[{\"url\":\"u\"}]},"
						"\"answer\":{\"responses\":[{\"status\":200}]}}]",
					},
					{0},
				},
		},
	.claims = claims,
	.account = account,
	.scopes = scopes,
	.event = event,
};

static const postern_plugin small = {
	.manifest =
		{
			.id = "small",
			.version = "1",
			.description = "S\xc3\xa9\"",
			.capabilities =
				(const postern_capability_wish[]){
					{.name = POSTERN_KV, .optional = true},
					{.name = POSTERN_HTTP_FETCH, .targets = (const char *const[]){"a", "b", NULL}, .reason = "R"},
					{0},
				},
			.secrets = (const postern_secret_wish[]){{"s", "d", true}, {"t", "e", false}, {0}},
			.presets =
				(const postern_preset[]){
					{.name = "n", .title = "N", .icon = "i", .settings = "{ }", .targets = (const char *const[]){"a", NULL}},
					{.name = "o", .title = "O"},
					{0},
				},
			.samples = (const postern_sample[]){{POSTERN_SCOPE_POLICY, "{\"settings\":{}}", "[]"}, {0}},
		},
	.claims = silent,
	.scopes = scopes,
};

static const postern_plugin memory = {
	.manifest = {.id = "memory", .version = "1", .description = "Tries to know of the calls before."},
	.claims = remember,
};

POSTERN_PLUGINS(&all, &small, &memory);
