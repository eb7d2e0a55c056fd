/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scenario keys of the null tool: what it makes up. Descriptions only.
 */
#include "job/scenario/keys.h"

#include "lib/cleanup.h"

static const struct conf_choice laws[] = {
	[NULL_LAW_CONSTANT] = { "constant", "not at all" },
	[NULL_LAW_LINEAR] = { "linear", "by null.slope with each" },
	[NULL_LAW_POWER] = { "power", "by null.slope times m to the power of null.exponent" },
	{ 0 },
};

static const struct conf_option options[] = {
	{ .key = "null.libraries", .type = CONF_INT, FIELD(null_libraries), .default_text = "100", .min = 0,
	  .max = 1000000, .help = "libraries that the null tool makes up for each task",
	  .group = "Null tool", .heeded_by = "tool=null" },
	{ .key = "null.t1", .type = CONF_DURATION, FIELD(null_t1_ns), .default_text = "10ms", .min = 0,
	  .max = MAX_TIME_NS, .help = "made-up time of one load event",
	  .group = "Null tool", .heeded_by = "tool=null" },
	{ .key = "null.law", .type = CONF_CHOICE, FIELD(null_law), .default_text = "constant", .choices = laws,
	  .help = "how that time grows with the m libraries loaded already",
	  .group = "Null tool", .heeded_by = "tool=null" },
	{ .key = "null.slope", .type = CONF_DURATION, FIELD(null_slope_ns), .default_text = "0ns", .min = 0,
	  .max = MAX_TIME_NS, .help = "made-up growth of one load event's time, by null.law",
	  .group = "Null tool", .heeded_by = "tool=null null.law=linear,power" },
	{ .key = "null.exponent", .type = CONF_DOUBLE, FIELD(null_exponent), .default_text = "1", .min = 0, .max = 3,
	  .help = "of the libraries loaded, with null.law power",
	  .group = "Null tool", .heeded_by = "tool=null null.law=power" },
	{ .key = "null.t2", .type = CONF_DURATION, FIELD(null_t2_ns), .default_text = "1ms", .min = 0,
	  .max = MAX_TIME_NS, .help = "made-up time of one reinserted breakpoint",
	  .group = "Null tool", .heeded_by = "tool=null" },
	{ .key = "null.t2_resolve", .type = CONF_DURATION, FIELD(null_t2_resolve_ns), .default_text = "0ns", .min = 0,
	  .max = MAX_TIME_NS, .group = "Null tool", .heeded_by = "tool=null",
	  .help = "made-up time to resolve one breakpoint again at a load event, for each library loaded already" },
	{ .key = "null.noise", .type = CONF_DOUBLE, FIELD(null_noise), .default_text = "0", .min = 0, .max = 1,
	  .help = "relative standard deviation of the made-up times",
	  .group = "Null tool", .heeded_by = "tool=null" },
	{ .key = "null.seed", .type = CONF_SEED, FIELD(null_seed), .default_text = "1",
	  .help = "seed of the made-up times", .group = "Null tool", .heeded_by = "tool=null" },
};

const struct conf_table scenario_null_keys = {
	.options = options,
	.n_options = ARRAY_SIZE(options),
};
