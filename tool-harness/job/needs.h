/* SPDX-License-Identifier: BSD-3-Clause */
/* What a scenario needs of the machine besides its tool: programs, modules of an interpreter. */
#ifndef JOB_NEEDS_H
#define JOB_NEEDS_H

#include "job/scenario/scenario.h"
#include "lib/err.h"
#include "lib/strbuf.h"

/*
 * Looks for needs.programs in PATH, and asks the interpreter for needs.modules. What is missing is
 * one error, EXIT_SKIPPED, that names all of it, with needs.packages as the hint. program: argv[0]
 * of the job's tasks, which is the interpreter if its name begins with "python"; else, and for
 * NULL, it is the python3 of PATH. Importing is not tried: a top-level module is only looked for.
 */
MUST_CHECK struct err *needs_check(const struct scenario *scenario, const char *program);

/* "programs gimp; modules numpy, scipy of /usr/bin/python3"; nothing if it needs nothing. */
void needs_put(const struct scenario *scenario, const char *program, struct strbuf *out);

#endif
