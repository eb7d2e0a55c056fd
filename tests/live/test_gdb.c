/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tool gdb against victims, with the system's GDB: what GDB tells must be what the native
 * tool sees, in both modes. Then GDBs that fail, which are shell scripts: each ends in its verdict,
 * and leaves nothing. Counts are exact; nothing is timed.
 */
#include "native.h"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static void set_string(char **to, const char *value)
{
	free(*to);
	*to = mem_strdup(value);
}

/* As spy_run, under the tool gdb. */
static struct err *gdb_spy_run(struct spy *spy, size_t n_tasks, const char *const *breakpoints, const char *const *argv)
{
	_cleanup_free_ char *home = fs_join(spy->dir, "home");

	return spy_run_tool(spy, &tool_gdb, home, n_tasks, breakpoints, argv, NULL);
}

/* --- the real one ----------------------------------------------------------------- */

static void need_gdb(void)
{
	_cleanup_free_ char *gdb = fs_find_program("gdb");

	if (!gdb)
		skip();
}

struct counts {
	uint64_t stops[EVENT_N_CLASSES], load_events, hits;
};

/* Of rank 0; all others must have the same. */
static struct counts counts_of(const struct trial *trial, size_t n_tasks)
{
	struct counts counts = { 0 };

	assert_int_equal(trial->n_tasks, n_tasks);
	for (size_t i = 0; i < trial->n_tasks; i++) {
		const struct trial_task *task = &trial->tasks[i];
		struct counts its = { .load_events = task->load_events, .hits = task->breakpoint_hits };

		memcpy(its.stops, task->stops, sizeof(its.stops));
		if (i)
			assert_memory_equal(&counts, &its, sizeof(counts));
		counts = its;
	}
	return counts;
}

static void assert_fine(const struct trial *trial)
{
	if (trial->tool_verdict != VERDICT_OK) {
		_cleanup_strbuf_ struct strbuf transcript = STRBUF_INIT;

		if (trial->transcript)
			err_free(fs_read(trial->transcript, &transcript));
		fail_msg("verdict %s: %s\n%s", tool_verdict_names[trial->tool_verdict],
			 trial->n_contradictions ? trial->contradictions[0] : "", transcript.text);
	}
	assert_int_equal(trial->n_contradictions, 0);
	assert_all_exited(trial, 0);
	assert_non_null(strstr(trial->tool_version, "GNU gdb"));
	assert_non_null(strstr(trial->tool_report, "\"break_insert\""));
	assert_true(trial->tracer_cpu_ns > 0);
}

/* How often a library was told of, loaded and unloaded, in all events of a task. */
static void count_library(const struct trial *trial, uint32_t task, const char *name, size_t *added_ret,
			  size_t *removed_ret)
{
	size_t added = 0, removed = 0;

	for (size_t i = 0; i < trial->n_events; i++) {
		const struct event *event = &trial->events[i];

		for (uint32_t j = 0; event->task == task && j < event->added + event->removed; j++) {
			if (strcmp(fs_basename(trial->libraries[trial->names[event->names_at + j]]), name) != 0)
				continue;
			if (j < event->added)
				added++;
			else
				removed++;
		}
	}
	*added_ret = added;
	*removed_ret = removed;
}

/* Stops at solib events are the native tool's stops at the hook, and so are the hits. */
static void stops_equal_the_native_tool(void **state)
{
	const char *const breakpoints[] = { "victim_add", "victim_twice", "main", NULL };
	struct spy *spy = *state;

	need_gdb();
	spy->scenario.gdb_solib_events = GDB_SOLIB_STOP;
	for (int mode = GDB_PER_TASK; mode <= GDB_INFERIORS; mode++) {
		for (size_t n = 2; n <= 4; n += 2) {
			struct counts native, gdb;

			assert_ok(spy_run(spy, n, breakpoints, "loads", spy->victims, "5"));
			native = counts_of(&spy->trial, n);
			spy->scenario.gdb_mode = mode;
			assert_ok(gdb_spy_run(spy, n, breakpoints, WORDS("loads", spy->victims, "5")));
			assert_fine(&spy->trial);
			gdb = counts_of(&spy->trial, n);
			assert_memory_equal(&native, &gdb, sizeof(native));
			assert_int_equal(gdb.hits, 2 * 5 + 1);
			for (size_t i = 0; i < 3; i++) {
				assert_int_equal(spy->trial.breakpoints[i].hits, n * (i < 2 ? 5 : 1));
				assert_int_equal(spy->trial.breakpoints[i].planted_tasks, n);
			}
			assert_string_equal(fs_basename(spy->trial.breakpoints[0].library), "libvictim.so");
			assert_string_equal(fs_basename(spy->trial.breakpoints[1].library), "libvictim2.so");
			assert_string_equal(fs_basename(spy->trial.breakpoints[2].library), "loads");
		}
	}
}

/* GDB goes on by itself: it tells of each library once a load, and what it tells has no cost. */
static void libraries_are_told_of(void **state)
{
	struct spy *spy = *state;

	need_gdb();
	for (int mode = GDB_PER_TASK; mode <= GDB_INFERIORS; mode++) {
		spy->scenario.gdb_mode = mode;
		assert_ok(gdb_spy_run(spy, 2, WORDS("victim_add"), WORDS("loads", spy->victims, "5")));
		assert_fine(&spy->trial);
		assert_true(spy->trial.sampled);
		for (uint32_t i = 0; i < 2; i++) {
			static const char *const names[] = { "libvictim.so", "libvictim2.so" };
			const struct trial_task *task = &spy->trial.tasks[i];

			for (size_t j = 0; j < ARRAY_SIZE(names); j++) {
				size_t added, removed;

				count_library(&spy->trial, i, names[j], &added, &removed);
				assert_int_equal(added, 5);
				assert_int_equal(removed, 5);
			}
			assert_int_equal(task->stops[EVENT_LOADED], 10);
			assert_int_equal(task->stops[EVENT_UNLOADED], 10);
			assert_int_equal(task->breakpoint_hits, 5);
			assert_int_equal(task->libraries_at_start, task->libraries_at_end);
		}
		for (size_t i = 0; i < spy->trial.n_events; i++)
			assert_true((spy->trial.events[i].class == EVENT_LOADED ||
				     spy->trial.events[i].class == EVENT_UNLOADED) == !spy->trial.events[i].done_ns);
	}
}

static void a_static_program_has_no_events(void **state)
{
	struct spy *spy = *state;

	need_gdb();
	assert_ok(gdb_spy_run(spy, 1, WORDS("main"), WORDS("static")));
	assert_fine(&spy->trial);
	assert_int_equal(spy->trial.n_events, 0);
	assert_int_equal(spy->trial.breakpoints[0].hits, 1);
}

static void a_missing_program_is_told(void **state)
{
	struct spy *spy = *state;

	need_gdb();
	assert_err_has(gdb_spy_run(spy, 1, NULL, WORDS("no-such-victim")), "no-such-victim");
}

/* --- those that fail -------------------------------------------------------------- */

/* Processes that have the job's folder in their environment: its tasks, and tools. */
static size_t left_behind(const struct spy *spy)
{
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	struct dirent *dirent;
	size_t n = 0;

	while (proc && (dirent = readdir(proc))) {
		_cleanup_free_ char *path = mem_printf("/proc/%s/environ", dirent->d_name);
		_cleanup_strbuf_ struct strbuf env = STRBUF_INIT;
		_cleanup_err_ struct err *err = NULL;

		if (dirent->d_name[0] < '0' || dirent->d_name[0] > '9' || atoi(dirent->d_name) == getpid())
			continue;
		err = fs_read(path, &env);
		n += !err && memmem(env.text, env.len, spy->dir, strlen(spy->dir)) != NULL;
	}
	return n;
}

struct failure {
	const char *what;
	const char *script; /* of a shell */
	enum tool_verdict verdict;
	const char *says;   /* part of the contradiction */
};

/* Answers all commands up to attach. */
#define OBEY_UNTIL_ATTACH                                                       \
	"while read -r line; do t=${line%%-*}; case $line in *-target-attach*) break;; esac; " \
	"echo \"$t^done\"; done; "

static const struct failure failures[] = {
	{ "dies at once", "exit 3", VERDICT_FAILED, "exited with status 3" },
	{ "is killed", "kill -SEGV $$", VERDICT_CRASHED, "SIGSEGV" },
	{ "leaves", "exit 0", VERDICT_LEFT, "ended before it was ready" },
	{ "hangs", "exec sleep 1000", VERDICT_HUNG, "had not ended at the time limit" },
	{ "asks", "printf 'Make breakpoint pending? (y or n) '; exec sleep 1000", VERDICT_ASKED, "(y or n)" },
	{ "prints rubbish", "while :; do echo 'what is that'; done", VERDICT_RUBBISH, "what is not GDB/MI" },
	{ "refuses to attach",
	  OBEY_UNTIL_ATTACH "echo \"$t^error,msg=\\\"ptrace: Operation not permitted.\\\"\"; exec sleep 1000",
	  VERDICT_FAILED, "refused to attach: ptrace: Operation not permitted." },
	{ "knows no setting", "while read -r line; do echo \"${line%%-*}^error,msg=\\\"No symbol\\\"\"; done",
	  VERDICT_FAILED, "refused a setting: No symbol" },
	{ "never attaches", OBEY_UNTIL_ATTACH "echo \"$t^done\"; exec sleep 1000", VERDICT_HUNG,
	  "had not ended at the time limit" },
	{ "stops what it does not have",
	  OBEY_UNTIL_ATTACH "echo '*stopped,reason=\"solib-event\",thread-id=\"99999999999999999999\"'; "
	  "echo '=thread-group-exited,id=\"i77\"'; echo '=library-loaded,id=\"x\",thread-group=\"i1\"'; exit 4",
	  VERDICT_FAILED, "exited with status 4" },
	{ "forgets its task", OBEY_UNTIL_ATTACH "echo '=thread-group-exited,id=\"i1\"'; read -r a; exit 0",
	  VERDICT_LEFT, "ended before it was ready" },
};

static void write_script(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", text);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

static void each_failure_has_its_verdict(void **state)
{
	struct spy *spy = *state;
	_cleanup_free_ char *fake = fs_join(spy->dir, "gdb");

	set_string(&spy->scenario.gdb_path, fake);
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		const struct failure *f = &failures[i];
		const struct trial *trial = &spy->trial;

		write_script(fake, f->script);
		spy->scenario.time_limit_ns = 2 * NS_PER_S;
		assert_ok(gdb_spy_run(spy, 2, NULL, WORDS("/bin/sleep", "1000")));
		if (trial->tool_verdict != f->verdict || !trial->n_contradictions ||
		    !strstr(trial->contradictions[0], f->says))
			fail_msg("a gdb that %s: verdict %s, '%s'", f->what, tool_verdict_names[trial->tool_verdict],
				 trial->n_contradictions ? trial->contradictions[0] : "");
		assert_int_equal(trial->timed_out, f->verdict == VERDICT_HUNG || f->verdict == VERDICT_ASKED);
		assert_non_null(trial->transcript);
		assert_true(fs_exists(trial->transcript));
		assert_non_null(strstr(trial->contradictions[0], trial->transcript));
		assert_int_equal(left_behind(spy), 0);
	}
}

/* A real one that is killed while its tasks run: the tasks go, too. */
static void a_killed_gdb_leaves_nothing(void **state)
{
	struct spy *spy = *state;
	_cleanup_free_ char *fake = fs_join(spy->dir, "gdb");

	need_gdb();
	write_script(fake, "PATH=/usr/bin:/bin; (sleep 2; kill -KILL $$) & exec gdb \"$@\"");
	set_string(&spy->scenario.gdb_path, fake);
	assert_ok(gdb_spy_run(spy, 2, NULL, WORDS("/bin/sleep", "1000")));
	assert_int_equal(spy->trial.tool_verdict, VERDICT_CRASHED);
	assert_non_null(strstr(spy->trial.contradictions[0], "SIGKILL"));
	assert_int_equal(left_behind(spy), 0);
}

static void a_time_limit_leaves_nothing(void **state)
{
	struct spy *spy = *state;

	need_gdb();
	for (int mode = GDB_PER_TASK; mode <= GDB_INFERIORS; mode++) {
		spy->scenario.gdb_mode = mode;
		spy->scenario.time_limit_ns = 5 * NS_PER_S;
		assert_ok(gdb_spy_run(spy, 2, WORDS("nanosleep"), WORDS("/bin/sleep", "1000")));
		assert_true(spy->trial.timed_out);
		assert_int_equal(left_behind(spy), 0);
	}
}

static void a_missing_gdb_is_told(void **state)
{
	struct spy *spy = *state;
	_cleanup_err_ struct err *err = NULL;

	set_string(&spy->scenario.gdb_path, "/no/such/gdb");
	err = tool_gdb.check(&spy->scenario);
	assert_non_null(err);
	assert_int_equal(err_status(err), EXIT_SKIPPED);
}

static void what_is_never_hit_is_refused(void **state)
{
	struct spy *spy = *state;

	spy->scenario.gdb_auto_solib_add = false;
	spy->scenario.breakpoints_count = 1;
	assert_err_has(tool_gdb.check(&spy->scenario), "'gdb.auto_solib_add' is off, but breakpoints are asked for");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stops_equal_the_native_tool, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(libraries_are_told_of, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_static_program_has_no_events, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_missing_program_is_told, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(each_failure_has_its_verdict, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_killed_gdb_leaves_nothing, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_time_limit_leaves_nothing, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_missing_gdb_is_told, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(what_is_never_hit_is_refused, spy_setup, spy_teardown),
	};

	shim_use_built();
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
