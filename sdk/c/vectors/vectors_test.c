// The vectors of sdk/vectors, natively. The argument is that folder.
#include "../postern/internal.h"
#include "../postern/testing/postern_test.h"

#include <stdio.h>

static const char *folder;

static postern_text read_file(const char *name) {
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return postern_test_file(path);
}

// copy gives a text that has nothing after its end, so that a checker sees who reads
// further.
static char *copy(postern_text text) {
	char *bytes = postern_alloc(text.len);
	if (text.len > 0) {
		memcpy(bytes, text.ptr, text.len);
	}
	return bytes;
}

static const postern_value *read_list(const char *name) {
	postern_text text = read_file(name);
	const postern_value *list = postern_parse(copy(text), text.len, NULL);
	POSTERN_CHECK(list != NULL && list->count > 50);
	return list;
}

static void about(const postern_value *vector, bool holds) {
	if (!holds) {
		postern_text name = postern_as_text(postern_member(vector, "name"));
		printf("      %.*s\n", (int)name.len, name.ptr);
	}
}

static void reads_what_is_valid(void) {
	for (const postern_value *v = postern_first(read_list("json/valid.json")); v != NULL; v = v->next) {
		postern_text text = postern_as_text(postern_member(v, "text"));
		const postern_value *value = postern_parse(copy(text), text.len, NULL);
		bool same = value != NULL && postern_text_equal(postern_write(value), postern_as_text(postern_member(v, "compact")));
		about(v, POSTERN_CHECK(same));
	}
}

static void refuses_what_is_not(void) {
	for (const postern_value *v = postern_first(read_list("json/invalid.json")); v != NULL; v = v->next) {
		postern_text text = postern_as_text(postern_member(v, "text"));
		const postern_value *bytes = postern_member(v, "base64");
		if (bytes != NULL) {
			POSTERN_CHECK(postern_base64_decode(postern_as_text(bytes), &text));
		}
		postern_mistake mistake = {0};
		bool refused = postern_parse(copy(text), text.len, &mistake) == NULL && mistake.what != NULL && mistake.offset <= text.len;
		about(v, POSTERN_CHECK(refused));
	}
}

static void describes_itself(void) {
	postern_text text = read_file("manifest.json");
	const postern_value *wanted = postern_parse(copy(text), text.len, NULL);
	postern_test_result described = postern_test_describe();
	POSTERN_CHECK(described.ok);
	POSTERN_CHECK(postern_test_same(postern_parse(copy(described.output), described.output.len, NULL), wanted));
}

int main(int argc, char **argv) {
	folder = argc > 1 ? argv[1] : "../../vectors";
	char cases[4096];
	snprintf(cases, sizeof cases, "%s/cases", folder);
	postern_test_cases(cases);
	postern_test("reads what is valid", reads_what_is_valid);
	postern_test("refuses what is not", refuses_what_is_not);
	postern_test("describes itself", describes_itself);
	return postern_test_finish();
}
