// The SDK itself: texts, values, messages, calls. sdk/vectors/json has the parser's
// own tests; the argument is sdk/vectors.
#include "../postern/internal.h"
#include "../postern/testing/postern_test.h"

#include <stdio.h>

#define T(literal) POSTERN_TEXT(literal)

static const char *folder;

static void texts(void) {
	POSTERN_CHECK(postern_text_is(T("abc"), "abc") && !postern_text_is(T("abc"), "ab") && !postern_text_is(T("ab"), "abc"));
	POSTERN_CHECK(postern_text_of(NULL).len == 0 && postern_text_equal(postern_text_of(NULL), T("")));
	POSTERN_CHECK(postern_text_starts(T("cn=a"), "cn=") && !postern_text_starts(T("cn"), "cn="));
	POSTERN_CHECK(postern_text_ends(T("a.json"), ".json") && !postern_text_ends(T("json"), ".json"));
	POSTERN_CHECK(postern_text_is(POSTERN_JOIN(T("a"), T(""), T("\0b")), "a") == false);
	POSTERN_CHECK(postern_text_equal(POSTERN_JOIN(T("a"), T(""), T("\0b")), T("a\0b")));
	POSTERN_CHECK(postern_text_is(postern_text_int(0), "0") && postern_text_is(postern_text_int(-7), "-7"));
	POSTERN_CHECK(postern_text_is(postern_text_int(INT64_MIN), "-9223372036854775808"));
	POSTERN_CHECK(postern_text_is(postern_text_int(INT64_MAX), "9223372036854775807"));
}

static void lists(void) {
	postern_texts list = {0};
	for (int i = 0; i < 100; i++) {
		postern_add(&list, postern_text_int(i));
	}
	POSTERN_CHECK(list.count == 100 && postern_text_is(list.items[99], "99") && postern_text_is(list.items[0], "0"));
	POSTERN_CHECK(postern_contains(list, T("57")) && !postern_contains(list, T("100")));
	postern_texts none = postern_no_texts();
	POSTERN_CHECK(none.items != NULL && none.count == 0);
	postern_add(&none, T("a"));
	postern_add(&none, T("b"));
	POSTERN_CHECK(none.count == 2 && postern_text_is(none.items[1], "b"));
}

static void base64(void) {
	static const char *const pairs[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe\x3e", "//4+"}};
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		postern_text bytes;
		POSTERN_CHECK(postern_text_is(postern_base64(postern_text_of(pairs[i][0])), pairs[i][1]));
		POSTERN_CHECK(postern_base64_decode(postern_text_of(pairs[i][1]), &bytes) && postern_text_is(bytes, pairs[i][0]));
	}
	static const char *const wrong[] = {"Zg", "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zm9v\n", "Zm-v", "Z=9v", "=m9v"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		postern_text bytes;
		POSTERN_CHECK(!postern_base64_decode(postern_text_of(wrong[i]), &bytes));
	}
}

static bool is_int(const char *json, int64_t wanted) {
	int64_t n = 0;
	return postern_as_int(postern_test_json(json), &n) && n == wanted;
}

static void integers(void) {
	POSTERN_CHECK(is_int("0", 0) && is_int("-0", 0) && is_int("12", 12) && is_int("-12", -12));
	POSTERN_CHECK(is_int("9223372036854775807", INT64_MAX) && is_int("-9223372036854775808", INT64_MIN));
	POSTERN_CHECK(!is_int("9223372036854775808", 0) && !is_int("-9223372036854775809", 0));
	POSTERN_CHECK(!is_int("99999999999999999999999", 0));
	POSTERN_CHECK(!is_int("1.5", 1) && !is_int("1e2", 100) && !is_int("\"1\"", 1) && !is_int("null", 0));
}

static bool is_written(const postern_value *value, const char *wanted) { return postern_text_is(postern_write(value), wanted); }

static void objects_keep_their_order(void) {
	postern_value *o = postern_object();
	POSTERN_CHECK(!postern_remove(o, T("a")));
	postern_set(o, T("z"), postern_int(1));
	postern_set(o, T("a"), postern_string(T("x")));
	postern_set(o, T("m"), NULL);
	postern_set(o, T("a"), postern_bool(false));
	POSTERN_CHECK(is_written(o, "{\"z\":1,\"a\":false,\"m\":null}"));
	POSTERN_CHECK(postern_remove(o, T("a")) && is_written(o, "{\"z\":1,\"m\":null}"));
	POSTERN_CHECK(postern_remove(o, T("m")) && is_written(o, "{\"z\":1}"));
	postern_set(o, T("n"), postern_array());
	POSTERN_CHECK(o->count == 2 && is_written(o, "{\"z\":1,\"n\":[]}"));
	POSTERN_CHECK(postern_remove(o, T("z")) && postern_remove(o, T("n")) && is_written(o, "{}"));
	postern_set_text(o, "last", T("one"));
	POSTERN_CHECK(is_written(o, "{\"last\":\"one\"}"));
}

static void values_are_copied(void) {
	const postern_value *from = postern_test_json("{\"a\":[1,{\"b\":\"x\"}],\"c\":2}");
	postern_value *o = postern_object(), *list = postern_array();
	postern_set(o, T("copy"), postern_member(from, "a"));
	postern_set(o, T("again"), postern_member(from, "a"));
	postern_append(list, o);
	postern_append(list, NULL);
	postern_append(o, postern_null());                 // not an array
	postern_set(list, T("a"), postern_null());         // not an object
	POSTERN_CHECK(is_written(list, "[{\"copy\":[1,{\"b\":\"x\"}],\"again\":[1,{\"b\":\"x\"}]},null]"));
	POSTERN_CHECK(is_written(from, "{\"a\":[1,{\"b\":\"x\"}],\"c\":2}"));
}

static void what_is_not_there_is_empty(void) {
	const postern_value *o = postern_test_json("{\"n\":null,\"s\":\"x\",\"l\":[\"a\",1,\"b\"]}");
	POSTERN_CHECK(postern_member(postern_member(o, "s"), "x") == NULL && postern_member(NULL, "x") == NULL);
	POSTERN_CHECK(postern_first(NULL) == NULL && !postern_as_bool(NULL) && postern_as_text(NULL).len == 0);
	POSTERN_CHECK(postern_kind_of(postern_member(o, "n")) == POSTERN_NULL && postern_member(o, "n") != NULL);
	POSTERN_CHECK(postern_as_texts(NULL).count == 0 && postern_as_texts(postern_member(o, "s")).items == NULL);
	postern_texts list = postern_as_texts(postern_member(o, "l"));
	POSTERN_CHECK(list.count == 2 && postern_text_is(list.items[1], "b"));
	POSTERN_CHECK(is_written(postern_strings(list), "[\"a\",\"b\"]") && is_written(NULL, "null"));
}

static void wrong_text_is_written_as_right(void) {
	POSTERN_CHECK(is_written(postern_string(T("a\xff" "b\xed\xa0\x80\"\xc3\xa9\x01")), "\"a\xef\xbf\xbd" "b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\\\"\xc3\xa9\\u0001\""));
	POSTERN_CHECK(is_written(postern_string(T("\xe2\x82")), "\"\xef\xbf\xbd\xef\xbf\xbd\""));
	POSTERN_CHECK(is_written(postern_string((postern_text){0}), "\"\""));
}

static bool call_gives(const char *plugin, const char *hook, const char *input, const char *output) {
	postern_test_result got = postern_test_call(plugin, hook, input);
	return got.ok && postern_text_is(got.output, output);
}

static bool call_fails(const char *plugin, const char *hook, const char *input, const char *reason) {
	postern_test_result got = postern_test_call(plugin, hook, input);
	return !got.ok && postern_text_is(got.reason, reason);
}

static void calls(void) {
	POSTERN_CHECK(call_gives(NULL, POSTERN_CLAIMS_MAP, "{\"user\":{\"name\":\"bob\"}}", "{\"set\":{\"who\":\"bob\",\"lines\":\"none\"}}"));
	POSTERN_CHECK(call_gives("all", POSTERN_CLAIMS_MAP, "{\"later\":[],\"user\":{\"address\":[\"a\"],\"name\":\"bob\"}}", "{\"set\":{\"who\":\"bob\",\"lines\":\"a\"}}"));
	POSTERN_CHECK(call_gives("all", POSTERN_ACCOUNT_SHAPE, "{\"user\":{\"name\":\"b\\u006fb\"}}", "{\"z\":\"bob\",\"a\":true}"));
	POSTERN_CHECK(call_gives("small", POSTERN_SCOPE_POLICY, "{\"scopes\":[\"a\",\"b\",\"c\"]}", "{\"scopes\":[\"a\",\"b\",\"c\",\"more\"]}"));
	POSTERN_CHECK(call_fails("small", POSTERN_CLAIMS_MAP, "{\"user\":{\"name\":\"a\"}}", "the plugin failed and gave no reason"));
	POSTERN_CHECK(call_fails("all", POSTERN_CLAIMS_MAP, "{\"a\":01}", "the input: byte 6: a comma or the end is expected"));
	POSTERN_CHECK(call_fails("all", POSTERN_CLAIMS_MAP, "", "the input: byte 0: a value is expected"));
	POSTERN_CHECK(call_fails("all", POSTERN_CLAIMS_MAP, "[]", "the input: an object is expected"));
	POSTERN_CHECK(call_fails("all", POSTERN_CLAIMS_MAP, "{\"user\":{\"name\":1}}", "the input: a string is expected"));
	POSTERN_CHECK(call_fails("all", POSTERN_CLAIMS_MAP, "{\"user\":{\"admin\":\"\"}}", "the input: true or false is expected"));
	POSTERN_CHECK(call_fails("all", POSTERN_CLAIMS_MAP, "{\"claims\":[]}", "the input: an object is expected"));
	POSTERN_CHECK(call_fails("all", POSTERN_CLAIMS_MAP, "{\"scopes\":null}", "the input: an array of strings is expected"));
	POSTERN_CHECK(call_fails("all", POSTERN_CLAIMS_MAP, "{\"scopes\":[\"a\",null]}", "the input: a string is expected"));
}

static void refuses_numbers_that_no_hook_has(void) {
	POSTERN_CHECK(postern_call(0, 4) == 1 && postern_call(0, -1) == 1 && postern_call(3, 0) == 1 && postern_call(-1, 0) == 1);
	POSTERN_CHECK(postern_abi() == 1);
}

static void describes_and_fills_in(void) {
	static const char wanted[] =
		"[{\"id\":\"all\",\"version\":\"1\",\"description\":\"All.\",\"host_api\":1,"
		"\"hooks\":[\"claims.map/v1\",\"account.shape/v1\",\"scope.policy/v1\",\"event.sink/v1\"],"
		"\"capabilities\":[{\"name\":\"http.fetch\"}],\"settings\":{\"type\":\"object\"},"
		"\"samples\":[{\"hook\":\"event.sink/v1\",\"input\":{\"event\":{\"id\":\"u\"}},"
		"\"calls\":[{\"capability\":\"http.fetch\",\"request\":{\"requests\":[{\"url\":\"u\"}]},\"answer\":{\"responses\":[{\"status\":200}]}}]},"
		"{\"hook\":\"claims.map/v1\",\"input\":{\"target\":\"id_token\",\"settings\":{}}},"
		"{\"hook\":\"account.shape/v1\",\"input\":{\"settings\":{}}},{\"hook\":\"scope.policy/v1\",\"input\":{\"settings\":{}}}]},"
		"{\"id\":\"small\",\"version\":\"1\",\"description\":\"S\xc3\xa9\\\"\",\"host_api\":1,\"hooks\":[\"claims.map/v1\",\"scope.policy/v1\"],"
		"\"capabilities\":[{\"name\":\"kv\",\"optional\":true},{\"name\":\"http.fetch\",\"targets\":[\"a\",\"b\"],\"reason\":\"R\"}],"
		"\"secrets\":[{\"name\":\"s\",\"description\":\"d\",\"optional\":true},{\"name\":\"t\",\"description\":\"e\"}],"
		"\"settings\":{\"type\":\"object\",\"additionalProperties\":false},"
		"\"presets\":[{\"name\":\"n\",\"title\":\"N\",\"icon\":\"i\",\"settings\":{},\"targets\":[\"a\"]},"
		"{\"name\":\"o\",\"title\":\"O\",\"settings\":{}}],"
		"\"samples\":[{\"hook\":\"scope.policy/v1\",\"input\":{\"settings\":{}},\"calls\":[]},"
		"{\"hook\":\"claims.map/v1\",\"input\":{\"target\":\"id_token\",\"settings\":{}}}]},"
		"{\"id\":\"memory\",\"version\":\"1\",\"description\":\"Tries to know of the calls before.\",\"host_api\":1,"
		"\"hooks\":[\"claims.map/v1\"],\"settings\":{\"type\":\"object\",\"additionalProperties\":false},"
		"\"samples\":[{\"hook\":\"claims.map/v1\",\"input\":{\"target\":\"id_token\",\"settings\":{}}}]}]";
	postern_test_result described = postern_test_describe();
	POSTERN_CHECK(described.ok && postern_text_is(described.output, wanted));
}

static void asks(void) {
	postern_test_expect(POSTERN_HTTP_FETCH, "{\"requests\":[{\"url\":\"u\"}]}", "{\"responses\":[{\"status\":200,\"body_base64\":\"AP8=\"}]}");
	postern_test_result got = postern_test_call("all", POSTERN_EVENT_SINK, "{\"event\":{\"id\":\"u\"}}");
	POSTERN_CHECK(got.ok && postern_text_equal(got.log, T("\0\xff\n")) && got.output.len == 0);
}

// What the host would never say is an error as well, not a crash.
static void answers_that_make_no_sense(void) {
	static const char *const answers[][2] = {
		{"{\"error\":{\"code\":\"denied\",\"message\":\"m\"}}", "denied: m"},
		{"{\"responses\":[{\"error\":{\"code\":\"timeout\"}}]}", "timeout: "},
		{"{}", "unavailable: the host gave another number of responses"},
		{"{\"responses\":[{},{}]}", "unavailable: the host gave another number of responses"},
		{"{\"responses\":{}}", "unavailable: an array is expected"},
		{"{\"responses\":[{\"status\":\"200\"}]}", "unavailable: an integer is expected"},
		{"[]", "unavailable: an object is expected"},
		{"{\"responses\":[{\"body_base64\":\"%\"}]}", "no base64"},
	};
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		postern_test_expect(POSTERN_HTTP_FETCH, "{\"requests\":[{\"url\":\"u\"}]}", answers[i][0]);
		POSTERN_CHECK(call_fails("all", POSTERN_EVENT_SINK, "{\"event\":{\"id\":\"u\"}}", answers[i][1]));
	}
}

static void names_of_the_host(void) {
	POSTERN_CHECK(postern_is_protected(T("sub")) && postern_is_protected(T("may_act")) && !postern_is_protected(T("su")) && !postern_is_protected(T("email")));
}

// parse reads bytes that have nothing after their end.
static const postern_value *parse(postern_text bytes) {
	char *copy = postern_alloc(bytes.len);
	if (bytes.len > 0) {
		memcpy(copy, bytes.ptr, bytes.len);
	}
	return postern_parse(copy, bytes.len, NULL);
}

// Whatever is read survives being written and read again; whatever is cut or
// damaged is read without leaving its bounds, which the checkers see.
static void survives_damage(void) {
	char path[4096];
	snprintf(path, sizeof path, "%s/json/valid.json", folder);
	postern_text file = postern_test_file(path);
	uint64_t seed = 1;
	for (const postern_value *v = postern_first(parse(file)); v != NULL; v = v->next) {
		postern_text text = postern_as_text(postern_member(v, "text"));
		for (size_t round = 0; round < 200; round++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			char *damaged = postern_alloc(text.len);
			memcpy(damaged, text.ptr, text.len);
			size_t at = (size_t)(seed >> 33) % text.len, len = round < text.len ? round : text.len;
			damaged[at] = "\"\\{}[],:0-eu\xed\x80 "[seed >> 60];
			const postern_value *value = parse((postern_text){damaged, round % 2 == 0 ? text.len : len});
			if (value != NULL) {
				postern_text written = postern_write(value);
				const postern_value *again = parse(written);
				POSTERN_CHECK(again != NULL && postern_text_equal(postern_write(again), written));
			}
		}
	}
}

int main(int argc, char **argv) {
	folder = argc > 1 ? argv[1] : "../../vectors";
	postern_test("texts", texts);
	postern_test("lists", lists);
	postern_test("base64", base64);
	postern_test("integers", integers);
	postern_test("objects keep their order", objects_keep_their_order);
	postern_test("values are copied", values_are_copied);
	postern_test("what is not there is empty", what_is_not_there_is_empty);
	postern_test("wrong text is written as right", wrong_text_is_written_as_right);
	postern_test("calls", calls);
	postern_test("refuses numbers that no hook has", refuses_numbers_that_no_hook_has);
	postern_test("describes and fills in", describes_and_fills_in);
	postern_test("asks", asks);
	postern_test("answers that make no sense", answers_that_make_no_sense);
	postern_test("names of the host", names_of_the_host);
	postern_test("survives damage", survives_damage);
	return postern_test_finish();
}
