/* SPDX-License-Identifier: BSD-3-Clause */
/* Parses the options of struct cmd_source, the same in each subcommand that has them. */
#include "gen/cmd/source.h"

enum option_key { OPT_DEBUG_DIR = 0x200, OPT_NO_SEPARATE }; /* apart from the subcommands' own */

static const struct argp_option options[] = {
	{ "debug-dir", OPT_DEBUG_DIR, "DIR", 0,
	  "Look for separate debug files here (default " FOOTPRINT_DEBUG_DIR ")", 0 },
	{ "no-separate", OPT_NO_SEPARATE, NULL, 0, "Count no separate debug files", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct cmd_source *source = state->input;

	switch (key) {
	case OPT_DEBUG_DIR:
		source->debug_dir = arg;
		return 0;
	case OPT_NO_SEPARATE:
		source->debug_dir = NULL;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp cmd_source_parser = { .options = options, .parser = parse_option };
