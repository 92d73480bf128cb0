// The exports of a module: its manifests, and the way from a message to the function
// of a hook and back.
#include "internal.h"

static postern_text reason; // of the failure of this call

bool postern_fail_text(postern_text why) {
	reason = why;
	return false;
}

bool postern_fail(const char *why) { return postern_fail_text(postern_text_of(why)); }

// ---- Hooks ----

typedef bool run_function(const postern_plugin *plugin, const postern_value *input, postern_buffer *output);

static bool read(const postern_shape *shape, const postern_value *value, void *structure) {
	const char *wrong = postern_shape_read(shape, value, structure);
	return wrong == NULL || postern_fail_text(POSTERN_JOIN(POSTERN_TEXT("the input: "), postern_text_of(wrong)));
}

static bool write(postern_buffer *output, const postern_shape *shape, const void *structure) {
	postern_shape_write(output, shape, structure);
	return true;
}

static bool run_claims(const postern_plugin *plugin, const postern_value *input, postern_buffer *output) {
	postern_claims_input in = {0};
	postern_claims_output out = {.set = postern_object()};
	return read(&postern_claims_input_shape, input, &in) && plugin->claims(&in, &out) && write(output, &postern_claims_output_shape, &out);
}

static bool run_account(const postern_plugin *plugin, const postern_value *input, postern_buffer *output) {
	postern_account_input in = {0};
	postern_value *out = postern_object();
	if (!read(&postern_account_input_shape, input, &in) || !plugin->account(&in, out)) {
		return false;
	}
	postern_put_value(output, out);
	return true;
}

static bool run_scopes(const postern_plugin *plugin, const postern_value *input, postern_buffer *output) {
	postern_scope_input in = {0};
	postern_scope_output out = {0};
	return read(&postern_scope_input_shape, input, &in) && plugin->scopes(&in, &out) && write(output, &postern_scope_output_shape, &out);
}

static bool run_login(const postern_plugin *plugin, const postern_value *input, postern_buffer *output) {
	postern_login_input in = {0};
	postern_login_output out = {0};
	return read(&postern_login_input_shape, input, &in) && plugin->login(&in, &out) && write(output, &postern_login_output_shape, &out);
}

static bool run_password(const postern_plugin *plugin, const postern_value *input, postern_buffer *output) {
	postern_password_input in = {0};
	postern_password_output out = {0};
	return read(&postern_password_input_shape, input, &in) && plugin->password(&in, &out) && write(output, &postern_password_output_shape, &out);
}

static bool run_event(const postern_plugin *plugin, const postern_value *input, postern_buffer *output) {
	(void)output; // an event has no answer
	postern_event_input in = {0};
	return read(&postern_event_input_shape, input, &in) && plugin->event(&in);
}

enum { HOOKS = 6 };

static const struct {
	const char *name;
	run_function *run;
	const char *sample; // the input of a sample, if the plugin has none for the hook
} hooks[HOOKS] = {
	{POSTERN_CLAIMS_MAP, run_claims, "{\"target\":\"id_token\",\"settings\":{}}"},
	{POSTERN_ACCOUNT_SHAPE, run_account, "{\"settings\":{}}"},
	{POSTERN_SCOPE_POLICY, run_scopes, "{\"settings\":{}}"},
	{POSTERN_CONNECTOR_LOGIN, run_login, "{\"phase\":\"begin\",\"settings\":{}}"},
	{POSTERN_CONNECTOR_PASSWORD, run_password, "{\"settings\":{}}"},
	{POSTERN_EVENT_SINK, run_event, "{\"settings\":{}}"},
};

static bool has_hook(const postern_plugin *plugin, size_t hook) {
	const bool has[HOOKS] = {
		plugin->claims != NULL, plugin->account != NULL,  plugin->scopes != NULL,
		plugin->login != NULL,  plugin->password != NULL, plugin->event != NULL,
	};
	return has[hook];
}

static const postern_plugin *find_plugin(int32_t number) {
	size_t count = 0;
	while (postern_plugins[count] != NULL) {
		count++;
	}
	return number >= 0 && (size_t)number < count ? postern_plugins[number] : NULL;
}

// find_hook gives the function of the hook at that position of the manifest.
static run_function *find_hook(const postern_plugin *plugin, int32_t number) {
	for (size_t i = 0; i < HOOKS; i++) {
		if (has_hook(plugin, i) && number-- == 0) {
			return hooks[i].run;
		}
	}
	return NULL;
}

static bool run(const postern_plugin *plugin, run_function *function, postern_buffer *output) {
	size_t len = postern_host_input_len();
	char *text = postern_alloc(len);
	postern_host_input_read(text);
	postern_mistake mistake;
	const postern_value *input = postern_parse(text, len, &mistake);
	if (input == NULL) {
		postern_text place = postern_text_int((int64_t)mistake.offset);
		return postern_fail_text(POSTERN_JOIN(POSTERN_TEXT("the input: byte "), place, POSTERN_TEXT(": "), postern_text_of(mistake.what)));
	}
	return function(plugin, input, output);
}

static void report_failure(void) {
	if (reason.len == 0) {
		reason = POSTERN_TEXT("the plugin failed and gave no reason");
	}
	postern_host_fail(reason.ptr, reason.len);
	reason = (postern_text){0};
}

POSTERN_EXPORT("postern_abi") int32_t postern_abi(void) { return POSTERN_HOST_API; }

POSTERN_EXPORT("postern_call") int32_t postern_call(int32_t plugin_number, int32_t hook) {
	postern_reset();
	reason = (postern_text){0};
	const postern_plugin *plugin = find_plugin(plugin_number);
	run_function *function = plugin == NULL ? NULL : find_hook(plugin, hook);
	postern_buffer output = {0};
	bool done = function == NULL ? postern_fail("the module has no such hook") : run(plugin, function, &output);
	if (!done) {
		report_failure();
		return 1;
	}
	postern_host_output_write(output.ptr, output.len);
	return 0;
}

// ---- Manifests ----

static void put_text(postern_buffer *buffer, const char *name, const char *string) {
	if (string != NULL) {
		postern_put_name(buffer, name);
		postern_put_string(buffer, postern_text_of(string));
	}
}

static void put_flag(postern_buffer *buffer, const char *name, bool flag) {
	if (flag) {
		postern_put_name(buffer, name);
		postern_put(buffer, "true", 4);
	}
}

static void begin(postern_buffer *buffer, char open) {
	if (buffer->ptr[buffer->len - 1] == '}') {
		postern_put_char(buffer, ',');
	}
	postern_put_char(buffer, open);
}

// put_json writes what the plugin's author wrote as JSON.
static bool put_json(postern_buffer *buffer, const char *name, const char *json) {
	postern_text text = postern_text_of(json);
	char *copy = postern_alloc(text.len + 1); // strings are written over
	memcpy(copy, json, text.len);
	postern_mistake mistake;
	const postern_value *value = postern_parse(copy, text.len, &mistake);
	if (value == NULL) {
		postern_text place = postern_text_int((int64_t)mistake.offset);
		return postern_fail_text(POSTERN_JOIN(POSTERN_TEXT("the manifest: "), postern_text_of(name), POSTERN_TEXT(": byte "), place,
		                                      POSTERN_TEXT(": "), postern_text_of(mistake.what)));
	}
	postern_put_name(buffer, name);
	postern_put_value(buffer, value);
	return true;
}

static void put_hooks(postern_buffer *buffer, const postern_plugin *plugin) {
	postern_put_name(buffer, "hooks");
	postern_put_char(buffer, '[');
	for (size_t i = 0; i < HOOKS; i++) {
		if (has_hook(plugin, i)) {
			if (buffer->ptr[buffer->len - 1] != '[') {
				postern_put_char(buffer, ',');
			}
			postern_put_string(buffer, postern_text_of(hooks[i].name));
		}
	}
	postern_put_char(buffer, ']');
}

static void put_targets(postern_buffer *buffer, const char *const *target) {
	postern_texts targets = {0};
	for (; target != NULL && *target != NULL; target++) {
		postern_add(&targets, postern_text_of(*target));
	}
	if (targets.count > 0) {
		postern_put_name(buffer, "targets");
		postern_put_value(buffer, postern_strings(targets));
	}
}

static void put_wishes(postern_buffer *buffer, const postern_capability_wish *wish) {
	if (wish == NULL) {
		return;
	}
	postern_put_name(buffer, "capabilities");
	postern_put_char(buffer, '[');
	for (; wish->name != NULL; wish++) {
		begin(buffer, '{');
		put_text(buffer, "name", wish->name);
		put_targets(buffer, wish->targets);
		put_text(buffer, "reason", wish->reason);
		put_flag(buffer, "optional", wish->optional);
		postern_put_char(buffer, '}');
	}
	postern_put_char(buffer, ']');
}

static void put_secrets(postern_buffer *buffer, const postern_secret_wish *secret) {
	if (secret == NULL) {
		return;
	}
	postern_put_name(buffer, "secrets");
	postern_put_char(buffer, '[');
	for (; secret->name != NULL; secret++) {
		begin(buffer, '{');
		put_text(buffer, "name", secret->name);
		put_text(buffer, "description", secret->description);
		put_flag(buffer, "optional", secret->optional);
		postern_put_char(buffer, '}');
	}
	postern_put_char(buffer, ']');
}

static bool put_presets(postern_buffer *buffer, const postern_preset *preset) {
	if (preset == NULL) {
		return true;
	}
	postern_put_name(buffer, "presets");
	postern_put_char(buffer, '[');
	for (; preset->name != NULL; preset++) {
		begin(buffer, '{');
		put_text(buffer, "name", preset->name);
		put_text(buffer, "title", preset->title);
		put_text(buffer, "icon", preset->icon);
		if (!put_json(buffer, "settings", preset->settings != NULL ? preset->settings : "{}")) {
			return false;
		}
		put_targets(buffer, preset->targets);
		postern_put_char(buffer, '}');
	}
	postern_put_char(buffer, ']');
	return true;
}

static bool put_sample(postern_buffer *buffer, const char *hook, const char *input, const char *calls) {
	begin(buffer, '{');
	put_text(buffer, "hook", hook);
	if (!put_json(buffer, "input", input) || (calls != NULL && !put_json(buffer, "calls", calls))) {
		return false;
	}
	postern_put_char(buffer, '}');
	return true;
}

static bool has_sample(const postern_sample *sample, const char *hook) {
	for (; sample != NULL && sample->hook != NULL; sample++) {
		if (postern_text_is(postern_text_of(sample->hook), hook)) {
			return true;
		}
	}
	return false;
}

static bool put_samples(postern_buffer *buffer, const postern_plugin *plugin) {
	postern_put_name(buffer, "samples");
	postern_put_char(buffer, '[');
	for (const postern_sample *s = plugin->manifest.samples; s != NULL && s->hook != NULL; s++) {
		if (!put_sample(buffer, s->hook, s->input, s->calls)) {
			return false;
		}
	}
	for (size_t i = 0; i < HOOKS; i++) {
		if (has_hook(plugin, i) && !has_sample(plugin->manifest.samples, hooks[i].name)) {
			put_sample(buffer, hooks[i].name, hooks[i].sample, NULL);
		}
	}
	postern_put_char(buffer, ']');
	return true;
}

static bool put_manifest(postern_buffer *buffer, const postern_plugin *plugin) {
	const postern_manifest *manifest = &plugin->manifest;
	const char *settings = manifest->settings;
	begin(buffer, '{');
	put_text(buffer, "id", manifest->id);
	put_text(buffer, "version", manifest->version);
	put_text(buffer, "description", manifest->description);
	postern_put_name(buffer, "host_api");
	postern_text version = postern_text_int(POSTERN_HOST_API);
	postern_put(buffer, version.ptr, version.len);
	put_hooks(buffer, plugin);
	put_wishes(buffer, manifest->capabilities);
	put_secrets(buffer, manifest->secrets);
	if (!put_json(buffer, "settings", settings != NULL ? settings : "{\"type\":\"object\",\"additionalProperties\":false}")) {
		return false;
	}
	if (!put_presets(buffer, manifest->presets) || !put_samples(buffer, plugin)) {
		return false;
	}
	postern_put_char(buffer, '}');
	return true;
}

POSTERN_EXPORT("postern_describe") void postern_describe(void) {
	postern_reset();
	postern_buffer buffer = {0};
	postern_put_char(&buffer, '[');
	for (size_t i = 0; postern_plugins[i] != NULL; i++) {
		if (!put_manifest(&buffer, postern_plugins[i])) {
			report_failure();
			return;
		}
	}
	postern_put_char(&buffer, ']');
	postern_host_output_write(buffer.ptr, buffer.len);
}
