/* SPDX-License-Identifier: BSD-3-Clause */
/* Subcommands of pynamic-gen; without one it makes a target. argv[0] is "pynamic-gen NAME". */
#ifndef GEN_CMD_CMD_H
#define GEN_CMD_CMD_H

#include "lib/err.h"

MUST_CHECK struct err *cmd_make(int argc, char **argv);
MUST_CHECK struct err *cmd_footprint(int argc, char **argv);
MUST_CHECK struct err *cmd_fit(int argc, char **argv);
MUST_CHECK struct err *cmd_doctor(int argc, char **argv);

/* Writes the text to standard output, now. */
MUST_CHECK struct err *cmd_print(const char *text);

#endif
