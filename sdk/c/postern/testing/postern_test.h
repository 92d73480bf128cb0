// postern_test.h tests a plugin natively: it plays the host. A test program is
// compiled from the plugin, the SDK, the sources beside this file and a main
// function:
//
//	int main(void) {
//		postern_test_cases("cases");
//		postern_test("what it holds", a_function);
//		return postern_test_finish();
//	}
//
// Memory is the C library's, so that its checkers see what leaves its bounds. In the
// host every call begins from the same state; natively the plugin's variables keep
// what they were given.
#ifndef POSTERN_TEST_H
#define POSTERN_TEST_H

#include "../postern.h"

// postern_test_cases runs the cases in the files *.json of a folder, in the order of
// their names. Each is
//
//	{"name": ..., "plugin": id, "hook": ..., "input": {...},
//	 "calls": [{"capability": ..., "request": ..., "answer": ...}],
//	 "output": {...} or "output_text": "..." or "fails": "part of the reason"}
//
// plugin may be left out if the module has one. Outputs and requests are compared as
// JSON: the order of members does not matter, nor whether empty ones are written;
// numbers are compared as written.
void postern_test_cases(const char *folder);

// postern_test runs a test; POSTERN_CHECK in it says what has to hold.
void postern_test(const char *name, void (*test)(void));

#define POSTERN_CHECK(condition) postern_test_check((condition), #condition, __FILE__, __LINE__)
bool postern_test_check(bool holds, const char *condition, const char *file, int line);

// postern_test_finish says how many passed, and gives the exit status.
int postern_test_finish(void);

// postern_test_result is what a call came to. The texts stay until the test ends.
typedef struct postern_test_result {
	bool ok;
	postern_text output; // bytes that the plugin gave
	postern_text reason; // if it failed
	postern_text log;    // its lines
} postern_test_result;

// postern_test_call calls a hook; plugin may be NULL if the module has one.
postern_test_result postern_test_call(const char *plugin, const char *hook, const char *input);

// postern_test_describe asks the module for its manifests.
postern_test_result postern_test_describe(void);

// postern_test_expect has the next call of the host that is not yet spoken for
// answered. Request and answer are JSON. A test fails if a call is another one, or if
// one is left over.
void postern_test_expect(const char *capability, const char *request, const char *answer);

// postern_test_json reads JSON for a test, and postern_test_same compares.
const postern_value *postern_test_json(const char *text);
bool postern_test_same(const postern_value *a, const postern_value *b);

// postern_test_file reads a file for a test, ending the program if it cannot.
postern_text postern_test_file(const char *name);

#endif
