/* SPDX-License-Identifier: BSD-3-Clause */
/* What this machine has to build a target with, and with which flags. */
#ifndef GEN_TOOLCHAIN_H
#define GEN_TOOLCHAIN_H

#include "gen/debuginfo.h"
#include "gen/spec.h"
#include "lib/err.h"

struct toolchain {
	char *compiler_version; /* first line of `cc --version` */
	char *python_version;   /* "3.11.2" */
	char *python_cflags;    /* -I of its headers */
	char *python_libs;      /* to embed it; NULL unless a program does */
	struct debuginfo debug;
};

/*
 * Asks the compiler and the interpreter that the spec names. What is missing (compiler,
 * interpreter, its headers or library, mpicc) is an error with status EXIT_SKIPPED and
 * a hint on how to get it. Python before 3.9 is refused.
 */
MUST_CHECK struct err *toolchain_find(const struct target_spec *spec, struct toolchain *ret);
/* Whether the compiler, with these flags, writes assembly that holds this text. */
MUST_CHECK struct err *toolchain_compile_shows(const struct target_spec *spec, const char *flags, const char *text,
					       bool *ret);

void toolchain_deinit(struct toolchain *toolchain);

#endif
