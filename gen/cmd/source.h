/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The options of subcommands that measure a program, a process or a target: where its
 * separate debug files are. A child parser of argp, whose input is a struct cmd_source.
 */
#ifndef GEN_CMD_SOURCE_H
#define GEN_CMD_SOURCE_H

#include <argp.h>

#include "gen/footprint/footprint.h"

struct cmd_source {
	const char *debug_dir; /* NULL: separate debug files are not counted */
};

#define CMD_SOURCE_INIT { .debug_dir = FOOTPRINT_DEBUG_DIR }

extern const struct argp cmd_source_parser;

#endif
