/* SPDX-License-Identifier: BSD-3-Clause */
/* Made-up settings with an option of every type but those that sweep. Each test has its own in *state. */
#ifndef TESTS_SETTINGS_H
#define TESTS_SETTINGS_H

#include <math.h>

#include "lib/clock.h"
#include "lib/conf/conf.h"
#include "lib/strbuf.h"
#include "unit.h"

struct settings {
	bool baseline;
	int64_t tasks;
	uint64_t seed;
	double noise;
	char *name;
	int launcher;
	int64_t limit_ns, size_bytes, open_end;
	struct conf_list command, temperature, sizes;
	int64_t bp_count;
	char *bp_file;
	int64_t deep;
};

static const struct conf_choice launchers[] = { { "mpirun", "of MPI" }, { "spawn", "plain processes" }, { 0 } };
static const struct conf_choice temperatures[] = { { "cold", NULL }, { "warm", NULL }, { 0 } };

#define LONG_HELP "of made-up times: the same seed gives the same times, on every machine and with any compiler"

#define AT(field) offsetof(struct settings, field)
static const struct conf_option options[] = {
	{ "tasks", CONF_INT, AT(tasks), "4", 1, 100000, NULL, "number of tasks", "Job", NULL, false },
	{ "launcher", CONF_CHOICE, AT(launcher), "mpirun", 0, 0, launchers, "how tasks are started", "Job", NULL, false },
	{ "breakpoints.count", CONF_INT, AT(bp_count), "0", 0, 1e6, NULL, "number per task", "Breakpoints", NULL, false },
	{ "baseline", CONF_BOOL, AT(baseline), "yes", 0, 0, NULL, "an untraced run too", "Job", NULL, false },
	{ "seed", CONF_SEED, AT(seed), "0x2a", 0, 0, NULL, LONG_HELP, "Other", NULL, false },
	{ "noise", CONF_DOUBLE, AT(noise), "0.25", 0, 1, NULL, "relative deviation", "Other", NULL, false },
	{ "name", CONF_STRING, AT(name), "", 0, 0, NULL, "of the record", "Job", NULL, false },
	{ "time_limit", CONF_DURATION, AT(limit_ns), "10min", 1e6, 3.6e12, NULL, "of one execution", "Job", NULL, false },
	{ "size", CONF_SIZE, AT(size_bytes), "4KiB", 0, 0, NULL, "of something", "Other", NULL, false },
	{ "open_end", CONF_INT, AT(open_end), "1", 1, INFINITY, NULL, "from one up", "Other", NULL, false },
	{ "command", CONF_STRINGS, AT(command), "", 0, 0, NULL, "any program", "Job", NULL, false },
	{ "temperature", CONF_CHOICES, AT(temperature), "cold,warm", 0, 0, temperatures, "in this order", "Job", NULL, false },
	{ "sizes", CONF_INTS, AT(sizes), "1, 2", 1, 9, NULL, "some numbers", "Other", NULL, false },
	{ "breakpoints.file", CONF_STRING, AT(bp_file), "", 0, 0, NULL, "where", "Breakpoints", NULL, false },
	{ "a.b.c", CONF_INT, AT(deep), "7", 0, 0, NULL, "deep", "Other", NULL, false },
};
static const struct conf_table table = {
	.what = "scenario",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};
#undef AT

static inline int settings_setup(void **state)
{
	struct settings *s = mem_alloc(sizeof(*s));

	conf_defaults(&table, s);
	*state = s;
	return 0;
}

static inline int settings_teardown(void **state)
{
	conf_deinit(&table, *state);
	free(*state);
	return 0;
}

#define READ(text) conf_read_text(&table, "x.yaml", (text), strlen(text), *state)
#define SET(text) conf_set(&table, (text), *state)

#define SETTINGS_TEST(name) cmocka_unit_test_setup_teardown(name, settings_setup, settings_teardown)

#endif
