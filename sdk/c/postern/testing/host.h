// host.h is what the sources of the test harness share.
#ifndef POSTERN_TEST_HOST_H
#define POSTERN_TEST_HOST_H

#include "../internal.h"
#include "postern_test.h"

// postern_test_host is the state of the host in a test. Tests and host have an arena
// of their own, which is emptied when a test begins; the plugin's is emptied at every
// call, as in a module.
typedef struct postern_test_host {
	postern_text input;
	postern_text output, reason, log; // of the plugin
	bool failed;
	const postern_value *calls; // the next one to play, linked to those after it
	postern_text answer;
	postern_text complaint; // what went wrong first
	uint64_t seed;
} postern_test_host;

extern postern_test_host postern_test_world;

// postern_test_begin forgets all of it.
void postern_test_begin(void);

// postern_test_module calls a hook in the plugin's memory; with a negative plugin it
// asks for the manifests. It gives what the module gave.
int32_t postern_test_module(int32_t plugin, int32_t hook);

// postern_test_complain keeps the first complaint of a test.
void postern_test_complain(postern_text complaint);

// postern_test_parse is postern_parse that leaves the text as it is.
const postern_value *postern_test_parse(postern_text text, postern_mistake *mistake);

// postern_test_plain gives a message without the members of its shape that are empty.
// What the shape does not have stays, and without a shape all of it.
const postern_value *postern_test_plain(const postern_shape *shape, const postern_value *value);

#endif
