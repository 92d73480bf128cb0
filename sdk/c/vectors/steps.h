// steps.h runs the steps of settings.calls (sdk/vectors/README.md).
#ifndef STEPS_H
#define STEPS_H

#include "../postern/postern.h"

// run_steps gives the results; false: a step is unknown, and the call fails.
bool run_steps(const postern_value *settings, postern_value *results);

// fail_with_step fails the call if a step gave an error.
bool fail_with_step(const postern_value *results);

#endif
