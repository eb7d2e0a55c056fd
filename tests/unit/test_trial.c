/* SPDX-License-Identifier: BSD-3-Clause */
/* The trial: names are distinct and found again, phases follow each task's own marks. */
#include "measure/trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void library_ids_are_stable(void **state)
{
	struct trial trial;
	char path[64];

	(void)state;
	trial_init(&trial);
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 1000; i++) {
			snprintf(path, sizeof(path), "/lib/libmodule%u.so", i);
			assert_int_equal(trial_library_id(&trial, path), i);
		}
	assert_int_equal(trial.n_libraries, 1000);
	assert_string_equal(trial.libraries[999], "/lib/libmodule999.so");
	trial_deinit(&trial);
}

static void names_belong_to_the_last_event(void **state)
{
	struct trial trial;

	(void)state;
	trial_init(&trial);
	trial_add_event(&trial);
	trial_add_name(&trial, trial_library_id(&trial, "a"));
	trial_add_name(&trial, trial_library_id(&trial, "b"));
	trial.events[0].added = 2;
	trial_add_event(&trial);
	trial_add_name(&trial, trial_library_id(&trial, "a"));
	trial.events[1].removed = 1;
	assert_int_equal(trial.events[0].names_at, 0);
	assert_int_equal(trial.events[1].names_at, 2);
	assert_int_equal(trial.names[2], 0);
	assert_int_equal(trial.n_libraries, 2);
	trial_deinit(&trial);
}

static void tasks_begin_unknown(void **state)
{
	struct trial trial;

	(void)state;
	trial_init(&trial);
	trial_add_tasks(&trial, 3);
	assert_int_equal(trial.tasks[2].rank, 2);
	assert_int_equal(trial.tasks[2].exit_status, -1);
	assert_int_equal(trial.tasks[1].report.calls, -1);
	assert_int_equal(trial.tasks[1].report.modules_imported, -1);
	assert_int_equal(trial.tasks[1].report.mpi_test_passed, -1);
	trial_deinit(&trial);
}

static void add_at(struct trial *trial, uint32_t task, int64_t ns)
{
	struct event *event = trial_add_event(trial);

	event->task = task;
	event->seen_ns = ns;
}

static void phases_follow_own_marks(void **state)
{
	struct trial trial;

	(void)state;
	trial_init(&trial);
	trial_add_tasks(&trial, 3);
	trial.tasks[0].marks_ns[MARK_IMPORT_BEGIN] = 100;
	trial.tasks[0].marks_ns[MARK_IMPORT_END] = 200;
	trial.tasks[0].marks_ns[MARK_VISIT_END] = 230;
	trial.tasks[0].marks_ns[MARK_MPI_END] = 240;
	trial.tasks[1].marks_ns[MARK_IMPORT_BEGIN] = 150; /* dies while importing */
	add_at(&trial, 0, 99);
	add_at(&trial, 0, 100);
	add_at(&trial, 0, 199);
	add_at(&trial, 0, 200);
	add_at(&trial, 1, 100);
	add_at(&trial, 1, 1000);
	add_at(&trial, 2, 1000); /* no marks at all */
	trial_classify(&trial);
	assert_int_equal(trial.events[0].phase, EVENT_STARTUP);
	assert_int_equal(trial.events[1].phase, EVENT_IMPORT);
	assert_int_equal(trial.events[2].phase, EVENT_IMPORT);
	assert_int_equal(trial.events[3].phase, EVENT_LATER);
	assert_int_equal(trial.events[4].phase, EVENT_STARTUP);
	assert_int_equal(trial.events[5].phase, EVENT_IMPORT);
	assert_int_equal(trial.events[6].phase, EVENT_STARTUP);
	assert_int_equal(trial.phases.imported_ns, 200);
	assert_int_equal(trial.phases.visited_ns, 230);
	assert_int_equal(trial.phases.mpi_ns, 240);
	trial_deinit(&trial);
}

static void contradictions_are_kept_in_order(void **state)
{
	struct trial trial;

	(void)state;
	trial_init(&trial);
	trial_contradict(&trial, "rank %d: %s", 3, "first");
	trial_contradict(&trial, "second");
	assert_int_equal(trial.n_contradictions, 2);
	assert_string_equal(trial.contradictions[0], "rank 3: first");
	assert_string_equal(trial.contradictions[1], "second");
	trial_deinit(&trial);
	assert_int_equal(trial.n_contradictions, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(library_ids_are_stable),
		cmocka_unit_test(names_belong_to_the_last_event),
		cmocka_unit_test(tasks_begin_unknown),
		cmocka_unit_test(phases_follow_own_marks),
		cmocka_unit_test(contradictions_are_kept_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
