/* SPDX-License-Identifier: BSD-3-Clause */
/* The files that a tool under test is made of, so that a cold run begins without them in the page cache. */
#ifndef TOOL_PROCESS_FILES_H
#define TOOL_PROCESS_FILES_H

#include "job/pagecache.h"
#include "lib/err.h"

/*
 * Adds a program, found as a shell finds it, and the libraries that it is linked with, as its loader lists
 * them (ld.so(8) --list): nothing of the program is run. Of a script it is the script alone. What the program
 * opens by itself is not known. One that is not there adds nothing.
 */
MUST_CHECK struct err *toolfiles_add(const char *program, struct file_set *set);

#endif
