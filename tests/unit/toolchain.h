/* SPDX-License-Identifier: BSD-3-Clause */
/* A toolchain as found on no machine, and every program that can be made with it. */
#ifndef TESTS_TOOLCHAIN_H
#define TESTS_TOOLCHAIN_H

#include "gen/program.h"

static char gcc[] = "gcc 1.2.3", python[] = "3.9.0", python_cflags[] = "-I/python/include",
	    python_libs[] = "-lpython3.9";
static const struct toolchain toolchain = { .compiler_version = gcc, .python_version = python,
					    .python_cflags = python_cflags, .python_libs = python_libs,
					    .debug = { "-g", "", "", "" } };

static const char all_programs[] = "programs=host,linked,linked_now,static,bigexe,plain,plain_linked,plain_linked_now,"
				   "plain_static,python";

#endif
