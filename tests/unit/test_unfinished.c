/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said of a job that did not come to its end: who had not, and how far they had come. */
#include "unit/unit.h"

#include "measure/unfinished.h"

#define NOT_KNOWN (-1)
#define N 4

static const struct {
	uint64_t ended[N];
	int statuses[N];
	enum mark last[N]; /* MARK_N: none */
	int launcher;
	const char *said;
} cases[] = {
	{ { 0, 0, 0, 0 }, { -1, -1, -1, -1 }, { MARK_N, MARK_N, MARK_N, MARK_N }, NOT_KNOWN,
	  "ranks 0-3 of 4 had not ended" },
	{ { 0, 0, 0, 0 }, { -1, -1, -1, -1 }, { MARK_MAIN, MARK_MAIN, MARK_MAIN, MARK_MAIN }, NOT_KNOWN,
	  "ranks 0-3 of 4 had not ended, last mark 'main'" },
	{ { 0, 0, 0, 0 }, { -1, -1, -1, -1 }, { MARK_MPI_BEGIN, MARK_IMPORT_BEGIN, MARK_N, MARK_MPI_BEGIN }, NOT_KNOWN,
	  "ranks 0-3 of 4 had not ended, last mark 'import_begin' of rank 1, 'mpi_begin' of ranks 0,3, none of rank 2" },
	/* An end is seen by its order, or by its status alone; what those had come to is of no interest. */
	{ { 2, 0, 1, 0 }, { 0, 0, -1, -1 }, { MARK_EXIT, MARK_EXIT, MARK_EXIT, MARK_MPI_END }, NOT_KNOWN,
	  "rank 3 of 4 had not ended, last mark 'mpi_end'" },
	{ { 2, 3, 1, 4 }, { 0, 0, 0, 0 }, { MARK_EXIT, MARK_EXIT, MARK_EXIT, MARK_EXIT }, NOT_KNOWN,
	  "all tasks had ended, their launcher had not" },
	{ { 2, 3, 1, 4 }, { 0, 0, 0, 0 }, { MARK_EXIT, MARK_EXIT, MARK_EXIT, MARK_EXIT }, 0, "all tasks had ended" },
};

static void ranks_that_had_not_ended_are_told_by_their_last_mark(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *said = NULL;
		struct trial trial;

		trial_init(&trial);
		trial_add_tasks(&trial, N);
		for (size_t j = 0; j < N; j++) {
			trial.tasks[j].rank = (int)j;
			trial.tasks[j].ended = cases[i].ended[j];
			trial.tasks[j].exit_status = cases[i].statuses[j];
			for (size_t mark = 0; cases[i].last[j] != MARK_N && mark <= cases[i].last[j]; mark++)
				trial.tasks[j].marks_ns[mark] = 1000 + (int64_t)mark;
		}
		trial.launcher_status = cases[i].launcher;
		said = unfinished_text(&trial);
		assert_string_equal(said, cases[i].said);
		trial_deinit(&trial);
	}
}

static void nothing_is_said_of_a_job_without_tasks(void **state)
{
	struct trial trial;

	(void)state;
	trial_init(&trial);
	assert_null(unfinished_text(&trial));
	trial_deinit(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranks_that_had_not_ended_are_told_by_their_last_mark),
		cmocka_unit_test(nothing_is_said_of_a_job_without_tasks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
