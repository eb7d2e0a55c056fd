/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line of subcommands that take a scenario: a file, options that override its keys,
 * a command behind "--". Makes the scenario and its variants.
 */
#ifndef CMD_SCENARIOARGS_H
#define CMD_SCENARIOARGS_H

#include <argp.h>
#include <stdbool.h>

#include "cmd/print.h"
#include "job/scenario/variant.h"
#include "lib/err.h"

/* Repetitions of --compare-to, unless others are asked for: enough for pairs (docs/compare.md). */
#define COMPARING_REPETITIONS 12

/* How A and B are compared: --tolerances, --metrics, --until-decided, --at-most. */
struct scenario_comparing {
	const char *tolerances, *metrics; /* file, list; NULL: not given; argv's */
	bool until_decided;
	int64_t at_most_ns;               /* the run goes on for, to be decided */
};

struct scenario_args {
	struct scenario scenario;
	struct variant *variants; /* checked, at least one */
	size_t n_variants;
	bool compares;            /* --compare-to: the variants are A and B */
	struct scenario_comparing comparing;
	enum print_form form;
};

/* What a subcommand takes besides a scenario. */
enum scenario_args_flags {
	SCENARIO_ARGS_RUN = 1, /* --json, --details, --quiet */
};

/*
 * Parses argv and makes the variants of what it says. `usage` and `doc` are argp's. Release in any
 * case, also behind an error. A wrong option ends the program, as argp does.
 */
MUST_CHECK struct err *scenario_args_parse(int argc, char **argv, int flags, const char *usage, const char *doc,
					   struct scenario_args *ret);
void scenario_args_deinit(struct scenario_args *args);

#endif
