/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The option table of tolerances. Only data and its reading: what the numbers do is told in
 * docs/compare.md and done by compare.c.
 *
 * Invariant: each metric of gate_metrics that decides something has its keys here.
 */
#include "report/compare/tolerances.h"

#include "lib/clock.h"

#define FIELD(field) .offset = offsetof(struct tolerances, field)

#define COUNT(id, name) \
	{ .key = "counts." name, .type = CONF_DOUBLE, FIELD(counts[id]), .default_text = "0", .min = 0, .max = 1e6, \
	  .help = "relative change of this count that is tolerated, as 0.05", .group = "Counts" }

#define TIME(id, name, share, least) \
	{ .key = name ".relative", .type = CONF_DOUBLE, FIELD(relative[(id) - GATE_FIRST_TIME]), \
	  .default_text = share, .min = 0, .max = 1e6, .help = "relative change that is tolerated, as 0.10", \
	  .group = "Times and memory" }, \
	{ .key = name ".absolute", .type = CONF_DURATION, FIELD(absolute[(id) - GATE_FIRST_TIME]), \
	  .default_text = least, .min = 0, .max = 7.0 * 24 * 3600 * NS_PER_S, \
	  .help = "change in time that is tolerated, whatever its share", .group = "Times and memory" }

static const struct conf_choice missing_choices[] = {
	[MISSING_INCOMPARABLE] = { "incomparable", "exit status 3" },
	[MISSING_CANNOT_TELL] = { "cannot-tell", "exit status 4" },
	{ 0 },
};

static const struct conf_choice cannot_tell_choices[] = {
	[CANNOT_TELL_SKIPPED] = { "skipped", NULL },
	[CANNOT_TELL_FAILURE] = { "failure", NULL },
	[CANNOT_TELL_ERROR] = { "error", NULL },
	[CANNOT_TELL_PASSED] = { "passed", NULL },
	{ 0 },
};

/* By the metrics' numbers, which is what the list holds. */
static const struct conf_choice metric_choices[] = {
	[GATE_STOPS] = { "stops", NULL },
	[GATE_STOPS_ADD] = { "stops_add", NULL },
	[GATE_STOPS_DELETE] = { "stops_delete", NULL },
	[GATE_STOPS_CONSISTENT] = { "stops_consistent", NULL },
	[GATE_STOPS_NULL] = { "stops_null", NULL },
	[GATE_STOPS_LOADED] = { "stops_loaded", NULL },
	[GATE_STOPS_UNLOADED] = { "stops_unloaded", NULL },
	[GATE_LOAD_EVENTS] = { "load_events", NULL },
	[GATE_ODD] = { "odd_sequences", NULL },
	[GATE_PTRACE_CALLS] = { "ptrace_calls", NULL },
	[GATE_BYTES_READ] = { "bytes_read", NULL },
	[GATE_TRAPS_WRITTEN] = { "traps_written", NULL },
	[GATE_TASKS] = { "tasks", NULL },
	[GATE_LIBRARIES_START] = { "libraries_at_start", NULL },
	[GATE_LIBRARIES_END] = { "libraries_at_end", NULL },
	[GATE_LIBRARIES_TARGET] = { "target_libraries", NULL },
	[GATE_PLANTED] = { "breakpoints_planted", NULL },
	[GATE_HITS] = { "breakpoint_hits", NULL },
	[GATE_PHASE1] = { "phase1", NULL },
	[GATE_PHASE2] = { "phase2", NULL },
	[GATE_IMPORT] = { "import", NULL },
	[GATE_VISIT] = { "visit", NULL },
	[GATE_TOTAL] = { "total", NULL },
	[GATE_T1] = { "t1", NULL },
	[GATE_T2] = { "t2", NULL },
	[GATE_HANDLING] = { "handling", NULL },
	[GATE_CPU] = { "tracer_cpu", NULL },
	[GATE_PEAK_MEMORY] = { "tracer_memory", NULL },
	{ 0 },
};

static const struct conf_option options[] = {
	{ .key = "runs", .type = CONF_INT, FIELD(runs), .default_text = "5", .min = 5, .max = 100000,
	  .help = "valid runs that each side must have; with fewer nothing is told", .group = "Decision" },
	{ .key = "missing", .type = CONF_CHOICE, FIELD(missing), .default_text = "incomparable",
	  .choices = missing_choices,
	  .help = "what a variant, temperature or metric that one side alone has, or a record that is not complete, "
		  "makes of it", .group = "Decision" },
	{ .key = "cannot_tell", .type = CONF_CHOICE, FIELD(cannot_tell), .default_text = "skipped",
	  .choices = cannot_tell_choices,
	  .help = "what a test of JUnit is where nothing could be told; the exit status is 4", .group = "Decision" },
	{ .key = "metrics", .type = CONF_CHOICES, FIELD(metrics), .default_text = "", .choices = metric_choices,
	  .help = "the metrics that are compared, as [phase1, total]; empty: all. Fewer times are fewer tests, each of "
		  "which needs a less small p value", .group = "Decision" },
	{ .key = "alpha", .type = CONF_DOUBLE, FIELD(alpha), .default_text = "0.1", .min = 1e-9, .max = 0.5,
	  .help = "largest p value, two-sided and after Holm's correction, that tells a difference",
	  .group = "Decision" },
	{ .key = "pairs.alpha", .type = CONF_DOUBLE, FIELD(pairs_alpha), .default_text = "0.02", .min = 1e-9,
	  .max = 0.5, .help = "the same where the runs were made in turns and are compared pair by pair",
	  .group = "Decision" },
	{ .key = "confidence", .type = CONF_DOUBLE, FIELD(confidence), .default_text = "0.95", .min = 0.5,
	  .max = 0.9999, .help = "of the interval of each ratio of medians", .group = "Decision" },
	{ .key = "noise", .type = CONF_DOUBLE, FIELD(noise), .default_text = "2", .min = 0, .max = 100,
	  .help = "a difference of less than this many times the spread of the runs is noise, and no difference",
	  .group = "Decision" },
	{ .key = "resolution", .type = CONF_DOUBLE, FIELD(resolution), .default_text = "1", .min = 0.01, .max = 1e6,
	  .help = "if a relative slowdown of this much cannot be excluded, the answer is 'cannot tell'",
	  .group = "Decision" },
	{ .key = "resamples", .type = CONF_INT, FIELD(resamples), .default_text = "4000", .min = 100, .max = 1000000,
	  .help = "draws of the bootstrap", .group = "Decision" },
	{ .key = "seed", .type = CONF_SEED, FIELD(seed), .default_text = "1", .help = "of the bootstrap",
	  .group = "Decision" },
	{ .key = "varying", .type = CONF_DOUBLE, FIELD(varying), .default_text = "0.05", .min = 0, .max = 1e6,
	  .help = "relative change that is tolerated in a count which is not the same in all runs of a side",
	  .group = "Counts" },
	COUNT(GATE_STOPS, "stops"),
	COUNT(GATE_LOAD_EVENTS, "load_events"),
	COUNT(GATE_ODD, "odd_sequences"),
	COUNT(GATE_PTRACE_CALLS, "ptrace_calls"),
	COUNT(GATE_BYTES_READ, "bytes_read"),
	COUNT(GATE_TRAPS_WRITTEN, "traps_written"),
	COUNT(GATE_TASKS, "tasks"),
	COUNT(GATE_LIBRARIES_START, "libraries_at_start"),
	COUNT(GATE_LIBRARIES_END, "libraries_at_end"),
	COUNT(GATE_LIBRARIES_TARGET, "target_libraries"),
	COUNT(GATE_PLANTED, "breakpoints_planted"),
	COUNT(GATE_HITS, "breakpoint_hits"),
	TIME(GATE_PHASE1, "phase1", "0.1", "50ms"),
	TIME(GATE_PHASE2, "phase2", "0.1", "50ms"),
	TIME(GATE_IMPORT, "import", "0.1", "50ms"),
	TIME(GATE_VISIT, "visit", "0.1", "50ms"),
	TIME(GATE_TOTAL, "total", "0.1", "50ms"),
	TIME(GATE_T1, "t1", "0.1", "2us"),
	TIME(GATE_T2, "t2", "0.1", "500ns"),
	TIME(GATE_HANDLING, "handling", "0.1", "2us"),
	/* neighbours change it less than the others */
	TIME(GATE_CPU, "tracer_cpu", "0.02", "5ms"),
	{ .key = "tracer_memory.relative", .type = CONF_DOUBLE, FIELD(relative[GATE_PEAK_MEMORY - GATE_FIRST_TIME]),
	  .default_text = "0.05", .min = 0, .max = 1e6, .help = "relative change that is tolerated, as 0.10",
	  .group = "Times and memory" },
	{ .key = "tracer_memory.absolute", .type = CONF_SIZE, FIELD(absolute[GATE_PEAK_MEMORY - GATE_FIRST_TIME]),
	  .default_text = "4MiB", .min = 0, .max = 1e15,
	  .help = "change in bytes that is tolerated, whatever its share",
	  .group = "Times and memory" },
};

const struct conf_table tolerances_table = {
	.what = "tolerance",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

struct err *tolerances_read(const char *path, struct tolerances *ret)
{
	struct tolerances tolerances = { 0 };
	struct err *err;

	conf_defaults(&tolerances_table, &tolerances);
	err = path ? conf_read_file(&tolerances_table, path, &tolerances) : NULL;
	if (!err)
		*ret = tolerances;
	return err;
}

bool tolerances_choose(const struct tolerances *tolerances, const struct gate_metric *metric)
{
	for (size_t i = 0; i < tolerances->metrics.n; i++)
		if (tolerances->metrics.choices[i] == metric - gate_metrics)
			return true;
	return !tolerances->metrics.n;
}

void tolerances_deinit(struct tolerances *tolerances)
{
	conf_deinit(&tolerances_table, tolerances);
}
