/* SPDX-License-Identifier: BSD-3-Clause */
/* What a shell may offer for a command line of attachstorm that is being typed. */
#ifndef CMD_COMPLETE_H
#define CMD_COMPLETE_H

#include "lib/err.h"

/* Hidden: "attachstorm complete WORD...", the words behind "attachstorm", the last one unfinished. */
#define CMD_COMPLETE "complete"

/* commands: NULL-terminated, those that --help lists. Candidates go to standard output, one a line. */
MUST_CHECK struct err *complete_print(const char *const *commands, const char *const *words, size_t n);

#endif
