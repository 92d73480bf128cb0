// Tests and cases: what runs, what is compared, what is said.
#define _POSIX_C_SOURCE 200809L
#include "host.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static int passed, failed;

#define world postern_test_world

static void die(const char *what, const char *about) {
	fprintf(stderr, "%s: %s\n", about, what);
	exit(2);
}

static void report(const char *name) {
	if (world.complaint.len == 0) {
		passed++;
		printf("ok    %s\n", name);
		return;
	}
	failed++;
	printf("FAIL  %s: %.*s\n", name, (int)world.complaint.len, world.complaint.ptr);
}

bool postern_test_check(bool holds, const char *condition, const char *file, int line) {
	if (!holds) {
		postern_test_complain(POSTERN_JOIN(postern_text_of(file), POSTERN_TEXT(":"), postern_text_int(line), POSTERN_TEXT(": "),
		                                   postern_text_of(condition)));
	}
	return holds;
}

static void check_calls_left(void) {
	if (world.calls != NULL) {
		postern_test_complain(POSTERN_JOIN(POSTERN_TEXT("the plugin did not call "), postern_as_text(postern_member(world.calls, "capability"))));
	}
}

void postern_test(const char *name, void (*test)(void)) {
	postern_test_begin();
	test();
	check_calls_left();
	report(name);
}

int postern_test_finish(void) {
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0 || passed == 0 ? 1 : 0;
}

postern_text postern_test_file(const char *name) {
	FILE *file = fopen(name, "rb");
	if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
		die("cannot be read", name);
	}
	long size = ftell(file);
	if (size < 0 || fseek(file, 0, SEEK_SET) != 0) {
		die("cannot be read", name);
	}
	char *text = postern_alloc((size_t)size + 1);
	if (fread(text, 1, (size_t)size, file) != (size_t)size) {
		die("cannot be read", name);
	}
	fclose(file);
	return (postern_text){text, (size_t)size};
}

const postern_value *postern_test_json(const char *text) {
	postern_mistake mistake;
	const postern_value *value = postern_test_parse(postern_text_of(text), &mistake);
	if (value == NULL) {
		die(mistake.what, text);
	}
	return value;
}

void postern_test_expect(const char *capability, const char *request, const char *answer) {
	postern_value *call = postern_object();
	postern_set_text(call, "capability", postern_text_of(capability));
	postern_set(call, POSTERN_TEXT("request"), postern_test_json(request));
	postern_set(call, POSTERN_TEXT("answer"), postern_test_json(answer));
	postern_value *calls = postern_array();
	for (const postern_value *c = world.calls; c != NULL; c = c->next) {
		postern_append(calls, c);
	}
	postern_append(calls, call);
	world.calls = calls->first;
}

// ---- Calls ----

// position gives the place of a text in an array of the manifest; -1: it is not there.
static int32_t position(const postern_value *list, const char *member, postern_text wanted) {
	int32_t n = 0;
	for (const postern_value *e = postern_first(list); e != NULL; e = e->next, n++) {
		if (postern_text_equal(postern_as_text(member == NULL ? e : postern_member(e, member)), wanted)) {
			return n;
		}
	}
	return -1;
}

static postern_test_result result(bool ok) { return (postern_test_result){ok && !world.failed, world.output, world.reason, world.log}; }

postern_test_result postern_test_describe(void) { return result(postern_test_module(-1, 0) == 0); }

static const postern_value *manifests(void) {
	postern_mistake mistake = {0};
	postern_test_result described = postern_test_describe();
	const postern_value *list = postern_test_parse(described.output, &mistake);
	if (list == NULL) {
		postern_test_complain(POSTERN_JOIN(POSTERN_TEXT("the manifests: "), described.ok ? postern_text_of(mistake.what) : described.reason));
	}
	return list;
}

static postern_test_result call(postern_text plugin, postern_text hook, postern_text input) {
	const postern_value *list = manifests(), *manifest = postern_first(list);
	int32_t number = plugin.len == 0 ? 0 : position(list, "id", plugin);
	for (int32_t n = 0; n < number && manifest != NULL; n++) {
		manifest = manifest->next;
	}
	int32_t hook_number = position(postern_member(manifest, "hooks"), NULL, hook);
	if (number < 0 || hook_number < 0) {
		postern_test_complain(POSTERN_JOIN(POSTERN_TEXT("no plugin "), plugin, POSTERN_TEXT(" with the hook "), hook));
		return (postern_test_result){0};
	}
	world.input = input;
	return result(postern_test_module(number, hook_number) == 0);
}

postern_test_result postern_test_call(const char *plugin, const char *hook, const char *input) {
	return call(postern_text_of(plugin), postern_text_of(hook), postern_text_of(input));
}

// ---- Cases ----

static bool has_part(postern_text text, postern_text part) {
	for (size_t i = 0; i + part.len <= text.len; i++) {
		if (postern_text_equal((postern_text){text.ptr + i, part.len}, part)) {
			return true;
		}
	}
	return false;
}

static const postern_shape *output_shape(postern_text hook) {
	static const struct {
		const char *hook;
		const postern_shape *shape;
	} table[] = {
		{POSTERN_CLAIMS_MAP, &postern_claims_output_shape},
		{POSTERN_SCOPE_POLICY, &postern_scope_output_shape},
		{POSTERN_CONNECTOR_LOGIN, &postern_login_output_shape},
		{POSTERN_CONNECTOR_PASSWORD, &postern_password_output_shape},
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (postern_text_is(hook, table[i].hook)) {
			return table[i].shape;
		}
	}
	return NULL;
}

static bool same_output(postern_text hook, postern_text got, const postern_value *wanted) {
	const postern_shape *shape = output_shape(hook);
	postern_text text = got.len == 0 ? POSTERN_TEXT("{}") : got; // an event has none
	return postern_test_same(postern_test_plain(shape, postern_test_parse(text, NULL)), postern_test_plain(shape, wanted));
}

static void compare(const postern_value *wanted, postern_test_result got) {
	const postern_value *fails = postern_member(wanted, "fails"), *bytes = postern_member(wanted, "output_text");
	if (fails != NULL) {
		if (got.ok || !has_part(got.reason, postern_as_text(fails))) {
			postern_test_complain(POSTERN_JOIN(POSTERN_TEXT("it should fail with "), postern_as_text(fails), POSTERN_TEXT(", but gave "), got.ok ? got.output : got.reason));
		}
		return;
	}
	if (!got.ok) {
		postern_test_complain(POSTERN_JOIN(POSTERN_TEXT("it failed: "), got.reason));
	} else if (bytes != NULL) {
		if (!postern_text_equal(got.output, postern_as_text(bytes))) {
			postern_test_complain(POSTERN_JOIN(POSTERN_TEXT("the output is "), got.output, POSTERN_TEXT(", but expected is "), postern_as_text(bytes)));
		}
	} else {
		const postern_value *expected = postern_member(wanted, "output");
		if (!same_output(postern_as_text(postern_member(wanted, "hook")), got.output, expected)) {
			postern_test_complain(POSTERN_JOIN(POSTERN_TEXT("the output is "), got.output, POSTERN_TEXT(", but expected is "), postern_write(expected)));
		}
	}
}

static const char *const known[] = {"name", "plugin", "hook", "input", "calls", "output", "output_text", "fails"};

static void check_members(const postern_value *wanted) {
	for (const postern_value *m = postern_first(wanted); m != NULL; m = m->next) {
		bool is = false;
		for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
			is = is || postern_text_is(m->name, known[i]);
		}
		if (!is) {
			postern_test_complain(POSTERN_JOIN(POSTERN_TEXT("the case has an unknown member "), m->name));
		}
	}
	int outcomes = (postern_member(wanted, "output") != NULL) + (postern_member(wanted, "output_text") != NULL) + (postern_member(wanted, "fails") != NULL);
	if (outcomes != 1) {
		postern_test_complain(POSTERN_JOIN(POSTERN_TEXT("the case needs one of output, output_text and fails")));
	}
}

static void run_case(const char *folder, const char *name) {
	postern_test_begin();
	char path[4096];
	if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
		die("the name is too long", name);
	}
	postern_mistake mistake = {0};
	const postern_value *wanted = postern_test_parse(postern_test_file(path), &mistake);
	if (wanted == NULL) {
		postern_test_complain(POSTERN_JOIN(POSTERN_TEXT("the case is no JSON: "), postern_text_of(mistake.what)));
	} else {
		check_members(wanted);
		world.calls = postern_first(postern_member(wanted, "calls"));
		const postern_value *input = postern_member(wanted, "input");
		compare(wanted, call(postern_as_text(postern_member(wanted, "plugin")), postern_as_text(postern_member(wanted, "hook")),
		                     input == NULL ? POSTERN_TEXT("{}") : postern_write(input)));
		check_calls_left();
	}
	report(name);
}

static int is_case(const struct dirent *entry) { return postern_text_ends(postern_text_of(entry->d_name), ".json"); }

void postern_test_cases(const char *folder) {
	struct dirent **entries;
	int count = scandir(folder, &entries, is_case, alphasort);
	if (count < 0) {
		die("cannot be read", folder);
	}
	for (int i = 0; i < count; i++) {
		run_case(folder, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}
