/* SPDX-License-Identifier: BSD-3-Clause */
/* Running a victim under the native tool: what the tests of it share. */
#ifndef TESTS_LIVE_NATIVE_H
#define TESTS_LIVE_NATIVE_H

#include "../unit/unit.h"
#include "job/job.h"
#include "lib/clock.h"
#include "shim.h"
#include "tool/tool.h"

struct spy {
	char dir[64];        /* of the job */
	char *victims;       /* folder of the victims */
	struct scenario scenario;
	struct trial trial;
	volatile bool stop;
};

static inline char *victims_dir(void)
{
	_cleanup_free_ char *self = NULL, *dir = NULL;
	char *victims = NULL;
	_cleanup_free_ char *joined = NULL;

	assert_ok(fs_realpath("/proc/self/exe", &self));
	dir = fs_dirname(self);
	joined = fs_join(dir, "../../victims");
	assert_ok(fs_realpath(joined, &victims));
	return victims;
}

/* SPY_SET="wait=spin tracer_threads=2" in the environment: any live test under other settings. */
static inline int spy_set(struct spy *spy, const char *settings)
{
	_cleanup_free_ char *words = mem_strdup(settings ? settings : "");
	char *rest = words, *word;

	while ((word = strsep(&rest, " "))) {
		_cleanup_err_ struct err *err = *word ? conf_set(&scenario_table, word, &spy->scenario) : NULL;

		if (err) {
			print_error("SPY_SET: %s\n", err_message(err));
			return -1;
		}
	}
	return 0;
}

static inline int spy_setup(void **state)
{
	struct spy *spy = mem_alloc(sizeof(*spy));

	strcpy(spy->dir, "/tmp/test-native.XXXXXX");
	if (!mkdtemp(spy->dir))
		return -1;
	spy->victims = victims_dir();
	conf_defaults(&scenario_table, &spy->scenario);
	spy->scenario.time_limit_ns = 60 * NS_PER_S;
	trial_init(&spy->trial);
	*state = spy;
	return spy_set(spy, getenv("SPY_SET"));
}

static inline int spy_teardown(void **state)
{
	struct spy *spy = *state;
	_cleanup_err_ struct err *err = fs_remove_tree(spy->dir);

	trial_deinit(&spy->trial);
	conf_deinit(&scenario_table, &spy->scenario);
	free(spy->victims);
	free(spy);
	return err ? -1 : 0;
}

/*
 * Runs a victim (a name in the victims' folder, or a path) with arguments under a tool. `breakpoints`
 * and `env` end with NULL; `home` is the tool's folder, if it wants one.
 */
static inline struct err *spy_run_tool(struct spy *spy, const struct tool_ops *tool, const char *home, size_t n_tasks,
				       const char *const *breakpoints, const char *const *argv, const char *const *env)
{
	_cleanup_free_ char *program = fs_join(spy->victims, argv[0]);
	const char *words[8] = { program };
	struct job_plan plan = { .argv = words, .env = env, .n_tasks = n_tasks, .launcher = LAUNCHER_SPAWN,
				 .mpirun = "mpirun", .aslr = spy->scenario.aslr == ASLR_ON, .dir = spy->dir };
	struct tool_request request = { .scenario = &spy->scenario, .plan = &plan, .home = home,
					.breakpoints = (char **)breakpoints, .stop = &spy->stop };

	for (size_t i = 1; argv[i]; i++)
		words[i] = argv[i];
	while (breakpoints && breakpoints[request.n_breakpoints])
		request.n_breakpoints++;
	trial_deinit(&spy->trial);
	spy->trial.tool = mem_strdup(tool->name);
	return tool->run(&request, &spy->trial);
}

static inline struct err *spy_run_env(struct spy *spy, size_t n_tasks, const char *const *breakpoints,
				      const char *const *argv, const char *const *env)
{
	return spy_run_tool(spy, &tool_native, NULL, n_tasks, breakpoints, argv, env);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

#define spy_run(spy, n_tasks, breakpoints, ...) \
	spy_run_env(spy, n_tasks, breakpoints, WORDS(__VA_ARGS__), NULL)

static inline void assert_all_exited(const struct trial *trial, int status)
{
	for (size_t i = 0; i < trial->n_tasks; i++)
		if (trial->tasks[i].exit_status != status)
			fail_msg("rank %zu has status 0x%x, not 0x%x", i, trial->tasks[i].exit_status, status);
}

/* This machine lacks what a run needs: says so, and takes the error. */
static inline bool spy_lacks(struct err *err)
{
	if (!err || err_status(err) != EXIT_SKIPPED)
		return false;
	print_message("left out: %s\n", err_message(err));
	err_free(err);
	return true;
}

/*
 * A run that went well: no error, no contradiction, all tasks ended with 0. False if this machine
 * lacks what it needs. Takes the error.
 */
static inline bool spy_ran(const struct spy *spy, struct err *err)
{
	if (spy_lacks(err))
		return false;
	assert_ok(err);
	for (size_t i = 0; i < spy->trial.n_contradictions; i++)
		fail_msg("%s", spy->trial.contradictions[i]);
	assert_all_exited(&spy->trial, 0);
	return true;
}

#endif
