/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs the makefile of a target, with progress, and says what went wrong. */
#ifndef GEN_BUILD_H
#define GEN_BUILD_H

#include <stddef.h>

#include "lib/err.h"

#define BUILD_LOG "build.log"

/*
 * Runs make in dir with so many jobs (0: the cores that we may use). n_files is what
 * a whole build makes, for the progress. What make and the compilers say goes to
 * DIR/build.log; on failure the error quotes the first complaint and names the log.
 */
MUST_CHECK struct err *build_run(const char *dir, unsigned jobs, size_t n_files);

#endif
