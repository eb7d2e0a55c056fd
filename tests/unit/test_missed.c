/* SPDX-License-Identifier: BSD-3-Clause */
/* What late policies miss: by breakpoint and rank, and what of it is a contradiction. */
#include "lib/clock.h"
#include "measure/check.h"
#include "measure/missed.h"
#include "unit.h"

static char first[] = "f", second[] = "g", third[] = "unknown";
static char *functions[] = { first, second, third };

/* Two ranks; f is called 5 times in each, g 3 times; nobody knows of the third. */
static void make(struct trial *trial, bool late, uint64_t f0, uint64_t f1, uint64_t g)
{
	trial_init(trial);
	trial_add_tasks(trial, 2);
	trial_counts(trial, COUNTS_BREAKPOINTS);
	trial_add_breakpoints(trial, functions, 3);
	trial->traced = true;
	trial->late = late;
	trial->temperature = TEMPERATURE_WARM;
	trial->breakpoints[0].rank_hits[0] = f0;
	trial->breakpoints[0].rank_hits[1] = f1;
	trial->breakpoints[1].rank_hits[0] = trial->breakpoints[1].rank_hits[1] = g;
	for (size_t i = 0; i < 2; i++) {
		struct trial_breakpoint *bp = &trial->breakpoints[i];

		bp->library = mem_strdup("lib.so");
		bp->planted_tasks = 2;
		bp->expected_hits = i ? 6 : 10;
		for (size_t j = 0; j < 2; j++) {
			bp->hits += bp->rank_hits[j];
			trial->tasks[j].breakpoint_hits += bp->rank_hits[j];
		}
	}
	trial->breakpoints[2].library = mem_strdup("lib.so");
	missed_compute(trial);
}

static void ranks_and_sums(void **state)
{
	struct trial trial;

	(void)state;
	make(&trial, true, 5, 1, 0);
	assert_int_equal(trial.breakpoints[0].missed, 4);
	assert_int_equal(trial.breakpoints[0].n_rank_missed, 2);
	assert_int_equal(trial.breakpoints[0].rank_missed[0], 0);
	assert_int_equal(trial.breakpoints[0].rank_missed[1], 4);
	assert_int_equal(trial.breakpoints[1].missed, 6);
	assert_int_equal(trial.breakpoints[2].missed, -1);
	assert_int_equal(trial.breakpoints[2].n_rank_missed, 0);
	assert_int_equal(missed_total(&trial), 10);
	assert_int_equal(expected_total(&trial), 16);
	trial_deinit(&trial);
}

static void timely_ones_have_none(void **state)
{
	struct trial trial;

	(void)state;
	make(&trial, false, 5, 5, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(trial.breakpoints[i].missed, -1);
		assert_int_equal(trial.breakpoints[i].n_rank_missed, 0);
	}
	assert_int_equal(missed_total(&trial), -1);
	trial_deinit(&trial);
}

/* Contradictions about breakpoints of such a trial. */
static size_t contradictions(struct trial *trial)
{
	struct expectation expectation;
	size_t n;

	expectation_init(&expectation, NULL, NULL);
	check_trial(trial, &expectation);
	n = trial->n_contradictions;
	trial_deinit(trial);
	return n;
}

static void only_the_timely_contradict(void **state)
{
	struct trial trial;

	(void)state;
	make(&trial, false, 5, 5, 3);
	assert_int_equal(contradictions(&trial), 0);
	make(&trial, false, 5, 4, 3);
	assert_int_equal(contradictions(&trial), 1);
	make(&trial, true, 5, 4, 3);
	assert_int_equal(contradictions(&trial), 0);
	make(&trial, true, 5, 6, 3); /* nobody sees more than there is */
	assert_int_equal(contradictions(&trial), 1);
	make(&trial, true, 0, 0, 0);
	trial.breakpoints[0].planted_tasks = 1;
	free(trial.breakpoints[1].library);
	trial.breakpoints[1].library = NULL;
	assert_int_equal(contradictions(&trial), 0);
	make(&trial, false, 5, 5, 3);
	trial.breakpoints[0].planted_tasks = 1;
	assert_int_equal(contradictions(&trial), 1);
	make(&trial, true, 5, 5, 3); /* a name that not even the manifest has */
	free(trial.breakpoints[2].library);
	trial.breakpoints[2].library = NULL;
	assert_int_equal(contradictions(&trial), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranks_and_sums),
		cmocka_unit_test(timely_ones_have_none),
		cmocka_unit_test(only_the_timely_contradict),
	};

	return cmocka_run_group_tests_name("missed", tests, NULL, NULL);
}
