/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Do the intervals hold? Sweeps are made up by laws that are known, with single events that scatter as those of real
 * tools do and runs that differ from each other, and it is counted how often a 95 % interval has the truth in it.
 * LAW_COVERAGE_RUNS makes more of them, for 'make bench'; printed is a line for each kind of law and number.
 */
#include "unit.h"

#include <math.h>

#include "lib/rng.h"
#include "measure/law/choice.h"

#define RUNS 10       /* of each kind: 50 in all, the same ones each time */
#define RESAMPLES 300
#define EVENT_NOISE 0.8 /* standard deviation of the logarithm */
#define RUN_NOISE 0.03
#define TASKS 8
#define REPETITIONS 3
#define STRETCH 4 /* times the largest M measured */

static const double libraries[] = { 25, 50, 100, 200 }, breakpoints[] = { 0, 10 };

static const struct kind {
	const char *name;
	struct law_fit law;
} kinds[] = {
	{ "constant", { .constant_ns = 1e6, .insert_ns = 1e5 } },
	{ "linear", { .shape = { LAW_T1_LINEAR, 0 }, .constant_ns = 4e5, .growth_ns = 5e3, .exponent = 1, .insert_ns = 5e4 } },
	{ "power", { .shape = { LAW_T1_POWER, 0 }, .growth_ns = 5e4, .exponent = 0.5, .insert_ns = 2e4 } },
	{ "resolving", { .constant_ns = 3e5, .insert_ns = 1e4, .resolve_ns = 800 } },
	{ "floor + power", { .shape = { LAW_T1_OFFSET, 0 }, .constant_ns = 5e5, .growth_ns = 100, .exponent = 1.7, .insert_ns = 3e4 } },
};

/* A factor of mean 1. */
static double noise(struct rng *rng, double sigma)
{
	double z = sqrt(-2 * log(1 - rng_unit(rng))) * cos(2 * M_PI * rng_unit(rng));

	return exp(sigma * z - sigma * sigma / 2);
}

/* Each event scatters by itself, and all of a run with it. */
static double measure(const struct law_fit *law, struct law_run *run, struct rng *rng)
{
	double of_run = noise(rng, RUN_NOISE), total = 0;

	for (size_t i = 0; i < run->n_rows; i++) {
		struct law_row *row = &run->rows[i];
		double events = 0, insertions = 0;

		for (size_t j = 0; j < (size_t)row->events; j++) {
			events += noise(rng, EVENT_NOISE);
			insertions += noise(rng, EVENT_NOISE);
		}
		row->handling_ns = of_run * events / row->events *
				   (row->events * (law->constant_ns + run->breakpoints * law->resolve_ns * row->libraries) +
				    law->growth_ns * law_row_power(row, law->exponent));
		row->inserting_ns = of_run * insertions / row->events * row->reinserted * law->insert_ns;
		total += row->handling_ns + row->inserting_ns;
	}
	return total;
}

static void make(const struct law_fit *law, struct rng *rng, struct law_data *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < ARRAY_SIZE(libraries) * ARRAY_SIZE(breakpoints) * REPETITIONS; i++) {
		double m = libraries[i % ARRAY_SIZE(libraries)];
		double b = breakpoints[i / ARRAY_SIZE(libraries) % ARRAY_SIZE(breakpoints)];
		struct law_run *run = law_data_add_total(ret, m, TASKS, b, 1, 0, 1);

		run->has_events = true;
		run->total_ns = measure(law, run, rng);
	}
	law_data_finish(ret);
}

static double new_run(const struct law_fit *law, double m, double b, struct rng *rng)
{
	struct law_run run;
	double total;

	law_rows_spread(m, TASKS, b, 0, 1, &run);
	total = measure(law, &run, rng);
	free(run.rows);
	return total;
}

static bool holds(struct law_interval interval, double truth)
{
	/* A law without a term has it at one value, which is no measured number. */
	return truth >= interval.low - 1e-9 && truth <= interval.high + 1e-9;
}

enum number { NUMBER_T1, NUMBER_EXPONENT, NUMBER_NEAR, NUMBER_FAR, NUMBER_N };
static const char *const number_names[] = { "T1", "exponent", "prediction", "prediction stretched" };

struct counts {
	size_t held[NUMBER_N], n;
	double width[NUMBER_N];
};

static void count(struct counts *counts, enum number number, struct law_interval interval, double truth)
{
	counts->held[number] += holds(interval, truth);
	counts->width[number] += (interval.high - interval.low) / (truth > 0 ? truth : 1);
}

static void one(const struct kind *kind, uint64_t seed, struct counts *counts)
{
	const double far = STRETCH * libraries[ARRAY_SIZE(libraries) - 1];
	struct law_prediction prediction;
	struct law_choice choice;
	struct law_data data;
	struct rng rng;

	rng_init(&rng, seed);
	make(&kind->law, &rng, &data);
	assert_ok(law_choose(&data, seed, RESAMPLES, &choice));
	count(counts, NUMBER_T1, law_t1_interval(&choice, 100), law_t1(&kind->law, 100));
	count(counts, NUMBER_EXPONENT, choice.exponent, kind->law.exponent);
	law_predict(&choice, &data, 100, TASKS, 10, &prediction);
	count(counts, NUMBER_NEAR, prediction.interval, new_run(&kind->law, 100, 10, &rng));
	law_predict(&choice, &data, far, TASKS, 10, &prediction);
	count(counts, NUMBER_FAR, prediction.interval, new_run(&kind->law, far, 10, &rng));
	counts->n++;
	law_choice_deinit(&choice);
	law_data_deinit(&data);
}

static void intervals_hold_the_truth(void **state)
{
	const char *more = getenv("LAW_COVERAGE_RUNS");
	size_t n = more ? (size_t)atoi(more) : RUNS;
	struct counts all = { 0 };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct counts counts = { 0 };

		for (uint64_t i = 0; i < n; i++)
			one(&kinds[k], 1000 * k + i, &counts);
		for (size_t i = 0; i < NUMBER_N; i++) {
			if (more)
				printf("law coverage: %s: %s: %zu of %zu, width %.3f\n", kinds[k].name, number_names[i],
				       counts.held[i], counts.n, counts.width[i] / (double)counts.n);
			all.held[i] += counts.held[i];
		}
		all.n += counts.n;
	}
	for (size_t i = 0; i < NUMBER_N; i++) {
		if (more)
			printf("law coverage: all: %s: %zu of %zu\n", number_names[i], all.held[i], all.n);
		if (all.held[i] < all.n * 88 / 100)
			fail_msg("%s: the 95 %% interval has the truth %zu times of %zu", number_names[i], all.held[i], all.n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(intervals_hold_the_truth) };

	return cmocka_run_group_tests_name("lawcoverage", tests, NULL, NULL);
}
