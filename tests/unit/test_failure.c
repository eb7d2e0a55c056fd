/* SPDX-License-Identifier: BSD-3-Clause */
/* Who failed first, from statuses and the order of ends, and what is said of it. */
#include "unit/unit.h"

#include <signal.h>

#include "measure/failure.h"

#define EXITED(status) ((status) << 8)
#define UNKNOWN (-1)
#define N 4

static const struct {
	const char *what;
	int statuses[N];
	uint64_t ended[N]; /* 0: not seen */
	int launcher;
	enum failure_who who;
	int64_t task;
	int code;
} cases[] = {
	{ "all well", { 0, 0, 0, 0 }, { 1, 2, 3, 4 }, 0, FAILURE_NONE, -1, -1 },
	{ "the launcher killed the others", { SIGTERM, SIGTERM, EXITED(3), SIGTERM }, { 4, 2, 1, 3 }, EXITED(3),
	  FAILURE_TASK, 2, 3 },
	{ "others ended well before", { EXITED(1), 0, 0, EXITED(2) }, { 4, 1, 2, 3 }, EXITED(2), FAILURE_TASK, 3, 2 },
	{ "all fail", { EXITED(3), EXITED(3), EXITED(3), EXITED(3) }, { 4, 3, 1, 2 }, EXITED(3), FAILURE_TASK, 2, 3 },
	{ "aborted by one that ends last", { SIGTERM, EXITED(7), SIGKILL, SIGTERM }, { 1, 4, 2, 3 }, EXITED(7),
	  FAILURE_TASK, 1, 7 },
	{ "killed from outside", { 0, SIGTERM, 0, 0 }, { 1, 2, 3, 4 }, EXITED(143), FAILURE_TASK, 1, 143 },
	{ "killed by a fault", { SIGTERM, SIGSEGV | 0x80, SIGTERM, SIGTERM }, { 3, 1, 2, 4 }, EXITED(139), FAILURE_TASK,
	  1, 139 },
	{ "an end that was not seen comes last", { 0, EXITED(1), 0, EXITED(2) }, { 1, 0, 3, 2 }, 0, FAILURE_TASK, 3, 2 },
	{ "statuses not known, and all is well", { UNKNOWN, UNKNOWN, 0, 0 }, { 1, 2, 3, 4 }, 0, FAILURE_NONE, -1, -1 },
	{ "statuses not known, and something failed", { UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN }, { 1, 2, 3, 4 }, EXITED(3),
	  FAILURE_NOT_KNOWN, -1, 3 },
	{ "one not known ended before the first that is", { UNKNOWN, SIGTERM, 0, 0 }, { 1, 2, 3, 4 }, EXITED(5),
	  FAILURE_NOT_KNOWN, -1, 5 },
	{ "one not known ended after it", { UNKNOWN, EXITED(5), 0, 0 }, { 2, 1, 3, 4 }, EXITED(5), FAILURE_TASK, 1, 5 },
	{ "the launcher alone", { 0, 0, 0, 0 }, { 1, 2, 3, 4 }, EXITED(1), FAILURE_LAUNCHER, -1, 1 },
	{ "a job without a launcher of ours", { UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN }, { 0, 0, 0, 0 }, UNKNOWN,
	  FAILURE_NONE, -1, -1 },
};

static void make(size_t i, struct trial *ret)
{
	trial_init(ret);
	trial_add_tasks(ret, N);
	for (size_t j = 0; j < N; j++) {
		ret->tasks[j].exit_status = cases[i].statuses[j];
		ret->tasks[j].ended = cases[i].ended[j];
	}
	ret->launcher_status = cases[i].launcher;
	failure_find(ret);
}

static void the_first_to_fail_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct trial trial;

		make(i, &trial);
		if (trial.failure.who != cases[i].who || trial.failure.task != cases[i].task ||
		    failure_code(trial.failure.status) != cases[i].code)
			fail_msg("%s: %s %d %d", cases[i].what, failure_who_names[trial.failure.who],
				 (int)trial.failure.task, failure_code(trial.failure.status));
		trial_deinit(&trial);
	}
}

/* A job is valid with the status that is expected of it, and with no other. */
static void only_what_is_expected_is_valid(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int code = cases[i].who == FAILURE_NONE ? 0 : cases[i].code;

		for (int expected = 0; expected < 256; expected++) {
			struct trial trial;

			make(i, &trial);
			assert_int_equal(failure_check(&trial, expected), expected != code);
			assert_int_equal(trial.n_contradictions, expected != code);
			trial_deinit(&trial);
		}
	}
}

static void words_are_told_empty_or_not_known(void **state)
{
	static const struct {
		const char *words, *said;
	} known[] = {
		{ NULL, "the job failed: rank 2, the first to fail of 4, exited with status 3; its last words are not known" },
		{ "", "the job failed: rank 2, the first to fail of 4, exited with status 3; its standard error is empty" },
		{ "no licence", "the job failed: rank 2, the first to fail of 4, exited with status 3; its last words: "
				"'no licence'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct trial trial;

		make(1, &trial);
		trial.failure.last_words = known[i].words ? mem_strdup(known[i].words) : NULL;
		assert_true(failure_check(&trial, 0));
		assert_string_equal(trial.contradictions[0], known[i].said);
		trial_deinit(&trial);
	}
}

static void a_job_that_was_cut_off_is_not_asked_for_its_failure(void **state)
{
	struct trial trial;

	(void)state;
	make(0, &trial);
	trial.timed_out = true;
	assert_false(failure_check(&trial, 3));
	trial_deinit(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_to_fail_is_found),
		cmocka_unit_test(only_what_is_expected_is_valid),
		cmocka_unit_test(words_are_told_empty_or_not_known),
		cmocka_unit_test(a_job_that_was_cut_off_is_not_asked_for_its_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
