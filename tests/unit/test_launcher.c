/* SPDX-License-Identifier: BSD-3-Clause */
/* Launchers told apart by their version, and the answer of one that was asked by PMIx. */
#include "job/acquire/acquire.h"
#include "job/acquire/choose.h"
#include "job/launcher.h"
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

static void kinds_by_version(void **state)
{
	static const struct {
		const char *version;
		enum launcher_kind kind;
	} rows[] = {
		{ "mpirun (Open MPI) 4.1.4", LAUNCHER_KIND_MPIR },
		{ "mpirun (Open MPI) 3.0.0rc2", LAUNCHER_KIND_MPIR },
		{ "orterun (OpenRTE) 4.0.3", LAUNCHER_KIND_MPIR },
		{ "mpirun (Open MPI) 5.0.7", LAUNCHER_KIND_PRRTE },
		{ "mpirun (Open MPI) 10.0.0a1", LAUNCHER_KIND_PRRTE },
		{ "prterun (PRRTE) 3.0.8", LAUNCHER_KIND_PRRTE },
		{ "slurm 22.05.8", LAUNCHER_KIND_MPIR },
		{ "HYDRA build details:", LAUNCHER_KIND_OTHER },
		{ "", LAUNCHER_KIND_OTHER },
		{ NULL, LAUNCHER_KIND_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (launcher_kind_of(rows[i].version) != rows[i].kind)
			fail_msg("'%s' is of kind %d", rows[i].version, launcher_kind_of(rows[i].version));
}

/* Asked by PMIx is only what is prterun: not this program, and not what is not there. */
static void other_processes_are_not_asked(void **state)
{
	_cleanup_(found_deinit) struct found found = { 0 };
	struct job_plan plan = { .attach = true };
	struct err *err;

	(void)state;
	assert_false(launcher_is_prrte(getpid()));
	assert_false(launcher_is_prrte(4194303));
	assert_int_equal(acquire_choose_running(getpid()), ACQUIRE_MPIR_ATTACH);
	assert_err_has(pmix_find(&plan, getpid(), &found), "is no prterun");
	err = pmix_find(&plan, 4194303, &found);
	assert_true(err_is_gone(err));
	err_free(err);
	plan.attach = false;
	assert_ok(pmix_find(&plan, getpid(), &found)); /* it may become one */
	assert_int_equal(found.n, 0);
}

static struct err *answer(const char *text, struct found *found)
{
	static const struct job_plan plan = { .attach = true };
	_cleanup_free_ char *copy = mem_strdup(text);

	found_deinit(found);
	return pmix_answer_read(&plan, copy, found);
}

static void an_answer_is_read(void **state)
{
	_cleanup_(found_deinit) struct found found = { 0 };

	(void)state;
	assert_ok(answer("p-1@1\t0\tlocalhost\t71\t/bin/my program\np-1@1\t1\telsewhere\t71\t/bin/x\n"
			 "p-1@1\t2\tlocalhost\t73\t\n", &found));
	assert_int_equal(found.table_rows, 3);
	assert_int_equal(found.n, 2);
	assert_int_equal(found.tasks[0].rank, 0);
	assert_int_equal(found.tasks[0].pid, 71);
	assert_string_equal(found.tasks[0].exe, "/bin/my program");
	assert_int_equal(found.tasks[1].rank, 2);
	assert_null(found.tasks[1].exe);
	/* A job that was spawned by the first one has the same ranks. */
	assert_ok(answer("p-1@1\t0\tlocalhost\t71\t/a\np-1@2\t0\tlocalhost\t72\t/b\n", &found));
	assert_int_equal(found.n, 1);
	assert_int_equal(found.tasks[0].pid, 71);
	assert_ok(answer("", &found));
	assert_int_equal(found.n + found.table_rows, 0);
}

static void damage_is_refused(void **state)
{
	static const char *const texts[] = {
		"p-1@1\t0\tlocalhost\t71\n",      "p-1@1\tx\tlocalhost\t71\t/a\n",  "p-1@1\t-1\tlocalhost\t71\t/a\n",
		"p-1@1\t0\t\t71\t/a\n",           "p-1@1\t0\tlocalhost\t0\t/a\n",
		"p-1@1\t0\tlocalhost\t4194305\t/a\n",
		"p-1@1\t4294967296\tlocalhost\t7\t/a\n", "\t0\tlocalhost\t7\t/a\n", "no tabs\n",
	};
	_cleanup_(found_deinit) struct found found = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct err *err = answer(texts[i], &found);

		if (!err)
			fail_msg("taken: %s", texts[i]);
		assert_err_has(err, "is damaged");
	}
	assert_err_has(answer("s\t0\tlocalhost\t7\t\ns\t0\tlocalhost\t8\t\n", &found), "is there twice");
	assert_err_has(answer("s\t0\tlocalhost\t7\t\ns\t1\tlocalhost\t7\t\n", &found), "is there twice");
}

/* The launcher's command is one that prints a version; nothing else is started. */
static void strategies_by_launcher(void **state)
{
	const char *dir = *state;
	static const struct {
		const char *version;
		enum acquire wanted, used; /* ACQUIRE_N: EXIT_SKIPPED */
	} rows[] = {
		{ "mpirun (Open MPI) 4.1.4", ACQUIRE_AUTO, ACQUIRE_MPIR_LAUNCH },
		{ "mpirun (Open MPI) 5.0.7", ACQUIRE_AUTO, ACQUIRE_SHIM },
		{ "HYDRA build details:", ACQUIRE_AUTO, ACQUIRE_SHIM },
		{ "mpirun (Open MPI) 4.1.4", ACQUIRE_MPIR_LAUNCH, ACQUIRE_MPIR_LAUNCH },
		{ "mpirun (Open MPI) 5.0.7", ACQUIRE_MPIR_LAUNCH, ACQUIRE_N },
		{ "HYDRA build details:", ACQUIRE_MPIR_LAUNCH, ACQUIRE_MPIR_LAUNCH }, /* it will be seen */
		{ "mpirun (Open MPI) 4.1.4", ACQUIRE_MPIR_ATTACH, ACQUIRE_MPIR_ATTACH },
		{ "mpirun (Open MPI) 5.0.7", ACQUIRE_MPIR_ATTACH, ACQUIRE_PMIX },
		{ "mpirun (Open MPI) 4.1.4", ACQUIRE_PMIX, ACQUIRE_N },
		{ "slurm 22.05.8", ACQUIRE_PMIX, ACQUIRE_N },
		{ "HYDRA build details:", ACQUIRE_PMIX, ACQUIRE_N },
		{ "mpirun (Open MPI) 5.0.7", ACQUIRE_PMIX, ACQUIRE_PMIX },
		{ "mpirun (Open MPI) 5.0.7", ACQUIRE_ENVIRON, ACQUIRE_ENVIRON },
	};
	_cleanup_free_ char *command = fs_join(dir, "launcher");
	struct scenario scenario = { .tool = mem_strdup("native"), .mpirun = command };

	assert_int_equal(setenv("ATTACHSTORM_PMIX", "/bin/true", 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *script = mem_printf("#!/bin/sh\necho '%s'\n", rows[i].version);
		enum acquire used;
		struct err *err;

		assert_ok(fs_publish(command, script, strlen(script)));
		assert_int_equal(chmod(command, 0755), 0);
		scenario.acquire = (int)rows[i].wanted;
		err = acquire_choose(&scenario, &used);
		if (rows[i].used == ACQUIRE_N) {
			assert_int_equal(err_status(err), EXIT_SKIPPED);
			assert_non_null(err_hint_text(err));
			err_free(err);
			continue;
		}
		assert_ok(err);
		if (used != rows[i].used)
			fail_msg("%s with '%s' comes to %s", acquire_get(rows[i].wanted)->name, rows[i].version,
				 acquire_get(used)->name);
	}
	/* A build without libpmix. */
	assert_int_equal(setenv("ATTACHSTORM_PMIX", "/nowhere/attachstorm-pmix", 1), 0);
	assert_err_has(pmix_check(), "this build cannot ask");
	assert_int_equal(unsetenv("ATTACHSTORM_PMIX"), 0);
	free(scenario.tool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_by_version),
		cmocka_unit_test(other_processes_are_not_asked),
		cmocka_unit_test(an_answer_is_read),
		cmocka_unit_test(damage_is_refused),
		cmocka_unit_test_setup_teardown(strategies_by_launcher, temp_dir_setup, temp_dir_teardown),
	};

	return cmocka_run_group_tests_name("launcher", tests, NULL, NULL);
}
