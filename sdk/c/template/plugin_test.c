#include "postern/testing/postern_test.h"

static void adds_the_attribute(void) {
	postern_test_result got = postern_test_call(NULL, POSTERN_CLAIMS_MAP, "{\"user\":{\"attributes\":{\"department\":\"R&D\"}}}");
	POSTERN_CHECK(got.ok && postern_text_is(got.output, "{\"set\":{\"department\":\"R&D\"}}"));
}

static void refuses_a_claim_of_the_host(void) {
	postern_test_result got = postern_test_call(NULL, POSTERN_CLAIMS_MAP, "{\"settings\":{\"claim\":\"sub\"}}");
	POSTERN_CHECK(!got.ok && postern_text_is(got.reason, "settings.claim: the host alone sets sub"));
}

int main(void) {
	postern_test_cases("cases");
	postern_test("adds the attribute", adds_the_attribute);
	postern_test("refuses a claim of the host", refuses_a_claim_of_the_host);
	return postern_test_finish();
}
