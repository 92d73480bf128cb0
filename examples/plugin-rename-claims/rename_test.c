#include "../../sdk/c/postern/testing/postern_test.h"

static bool fails(const char *settings, const char *reason) {
	postern_text input = POSTERN_JOIN(POSTERN_TEXT("{\"target\":\"id_token\",\"settings\":"), postern_text_of(settings), POSTERN_TEXT(",\"claims\":{}}"),
	                                  POSTERN_TEXT("\0"));
	postern_test_result got = postern_test_call(NULL, POSTERN_CLAIMS_MAP, input.ptr);
	return !got.ok && postern_text_is(got.reason, reason);
}

// Wrong settings are refused whether the claims are there or not.
static void refuses_claims_of_the_host(void) {
	POSTERN_CHECK(fails("{\"remove\":[\"a\",\"iss\"]}", "settings.remove: the claim iss is the host's and cannot be changed"));
	POSTERN_CHECK(fails("{\"rename\":{\"sub\":\"uid\"}}", "settings.rename: the claim sub is the host's and cannot be changed"));
	POSTERN_CHECK(fails("{\"rename\":{\"uid\":\"sub\"}}", "settings.rename: the claim sub is the host's and cannot be changed"));
	POSTERN_CHECK(fails("{\"copy\":{\"uid\":\"aud\"}}", "settings.copy: the claim aud is the host's and cannot be changed"));
	POSTERN_CHECK(fails("{\"set\":{\"exp\":1}}", "settings.set: the claim exp is the host's and cannot be changed"));
}

static void does_nothing_without_settings(void) {
	postern_test_result got = postern_test_call(NULL, POSTERN_CLAIMS_MAP, "{\"target\":\"userinfo\",\"settings\":{},\"claims\":{\"a\":1}}");
	POSTERN_CHECK(got.ok && postern_text_is(got.output, "{}"));
}

int main(void) {
	postern_test_cases("cases");
	postern_test("refuses claims of the host", refuses_claims_of_the_host);
	postern_test("does nothing without settings", does_nothing_without_settings);
	return postern_test_finish();
}
