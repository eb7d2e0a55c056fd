/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loads that are hard to follow, with exact counts: namespaces, loads inside of loads, storms
 * of unloads, several threads at once, thousands of libraries. The trap at the hook, the
 * uprobe and the audit library must tell the same of each.
 * Runs alone: a uprobe at the loader's hook takes the traps of other tests away.
 */
#include "loaders.h"
#include "native.h"

#include <sys/resource.h>

/* Copies of a library, l0.so to l<n-1>.so in the job's folder: each is a file of its own. */
static void make_copies(const struct spy *spy, const char *library, int n)
{
	_cleanup_free_ char *from = fs_join(spy->victims, library);
	_cleanup_strbuf_ struct strbuf bytes = STRBUF_INIT;

	assert_ok(fs_read(from, &bytes));
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *to = mem_printf("%s/l%d.so", spy->dir, i);
		FILE *file = fopen(to, "w");

		assert_non_null(file);
		assert_int_equal(fwrite(bytes.text, 1, bytes.len, file), bytes.len);
		assert_int_equal(fclose(file), 0);
	}
}

struct expected {
	uint64_t add, delete, consistent, null;
	uint64_t added, removed; /* libraries by name, start-up's left out */
	uint64_t loaders;        /* of these, entries for the loader itself, of which not all auditors are told */
	uint64_t idle;           /* dlopens of open libraries and new namespaces: null events with some loaders */
};

static void assert_counts(const struct spy *spy, const struct expected *expected)
{
	const struct trial *trial = &spy->trial;
	bool audit = !strcmp(trial->load_events, "audit");
	uint64_t null = expected->null + (loader_row()->idle_stops && !audit ? expected->idle : 0);

	for (size_t i = 0; i < trial->n_contradictions; i++)
		fail_msg("%s", trial->contradictions[i]);
	assert_all_exited(trial, 0);
	for (size_t i = 0; i < trial->n_tasks; i++) {
		const struct trial_task *task = &trial->tasks[i];
		uint64_t hidden = audit && !loader_row()->audits_own_entry ? expected->loaders : 0;
		uint64_t added = hidden, removed = hidden;

		assert_int_equal(task->stops[EVENT_ADD], expected->add);
		assert_int_equal(task->stops[EVENT_DELETE], expected->delete);
		assert_int_equal(task->stops[EVENT_CONSISTENT], expected->consistent);
		assert_int_equal(task->stops[EVENT_NULL], null);
		assert_int_equal(task->load_events, expected->consistent + null);
		if (trial->sampled)
			continue;
		for (size_t j = 0; j < trial->n_events; j++) {
			if (trial->events[j].task != i)
				continue;
			added += trial->events[j].added;
			removed += trial->events[j].removed;
		}
		assert_int_equal(added - task->libraries_at_start, expected->added);
		assert_int_equal(removed, expected->removed);
		assert_int_equal(task->libraries_at_end, task->libraries_at_start + expected->added - expected->removed);
	}
}

/* Under every interface that counts stops; those that this machine lacks are left out. */
static void assert_all_agree(struct spy *spy, size_t n_tasks, const char *const *argv, const struct expected *expected)
{
	static const enum load_interface interfaces[] = { LOAD_EVENTS_RBRK, LOAD_EVENTS_AUDIT, LOAD_EVENTS_UPROBE };

	for (size_t i = 0; i < ARRAY_SIZE(interfaces); i++) {
		struct err *err;

		spy->scenario.load_events = interfaces[i];
		err = spy_run_env(spy, n_tasks, NULL, argv, NULL);
		if (interfaces[i] == LOAD_EVENTS_UPROBE && spy_lacks(err))
			continue;
		assert_ok(err);
		assert_counts(spy, expected);
	}
}

/* How often a library came and went, by file name. */
static void count_name(const struct trial *trial, const char *name, uint64_t *added_ret, uint64_t *removed_ret)
{
	*added_ret = *removed_ret = 0;
	for (size_t i = 0; i < trial->n_events; i++) {
		const struct event *event = &trial->events[i];

		for (uint32_t j = 0; j < event->added + event->removed; j++) {
			if (strcmp(fs_basename(trial->libraries[trial->names[event->names_at + j]]), name))
				continue;
			*(j < event->added ? added_ret : removed_ret) += 1;
		}
	}
}

/* Each namespace has the library, a libc of its own and the loader's entry. */
static void namespaces_are_all_read(void **state)
{
	static const struct expected expected = { 1 + 6, 6, 1 + 12, 0, 6 * 3, 6 * 3, 6, 6 };
	struct spy *spy = *state;
	uint64_t added, removed;

	spy->scenario.linkmap = LINKMAP_FULL;
	assert_ok(spy_run(spy, 2, NULL, "namespaces", spy->victims, "6"));
	assert_counts(spy, &expected);
	spy->scenario.linkmap = LINKMAP_INCREMENTAL;
	assert_all_agree(spy, 2, WORDS("namespaces", spy->victims, "6"), &expected);
	/* A breakpoint in a library is in every copy of it, and in the loader only once. */
	spy->scenario.load_events = LOAD_EVENTS_RBRK;
	assert_ok(spy_run(spy, 2, WORDS("spaced_is_here", "_dl_find_object"), "namespaces", spy->victims, "6"));
	assert_counts(spy, &expected);
	assert_int_equal(spy->trial.breakpoints[0].hits, 2 * 6);
	count_name(&spy->trial, "libspaced.so", &added, &removed);
	assert_int_equal(added, 2 * 6);
	assert_int_equal(removed, 2 * 6);
	count_name(&spy->trial, "libc.so.6", &added, &removed);
	assert_int_equal(added, 2 * (1 + 6));
	assert_int_equal(removed, 2 * 6);
}

/* Three libraries a round, each loaded in the constructor of the one before, and unloaded in its
 * destructor. */
static void loads_inside_of_loads(void **state)
{
	static const struct expected expected = { 1 + 3 * 5, 3 * 5, 1 + 6 * 5, 0, 3 * 5, 3 * 5, 0, 0 };
	struct spy *spy = *state;

	assert_all_agree(spy, 2, WORDS("matryoshka", spy->victims, "5"), &expected);
}

static void storms_of_unloads(void **state)
{
	/* Each library is opened a second time while it is there. */
	static const struct expected expected = { 1 + 40 * 10, 40 * 10, 1 + 2 * 40 * 10, 0, 40 * 10, 40 * 10, 0, 40 * 10 };
	struct spy *spy = *state;

	make_copies(spy, "libvictim.so", 40);
	assert_all_agree(spy, 2, WORDS("storm", spy->dir, "40", "10"), &expected);
}

static void threads_load_at_once(void **state)
{
	static const struct expected expected = { 1 + 8 * 50, 8 * 50, 1 + 2 * 8 * 50, 0, 8 * 50, 8 * 50, 0, 0 };
	struct spy *spy = *state;

	make_copies(spy, "libvictim.so", 8);
	assert_all_agree(spy, 2, WORDS("loaders", spy->dir, "8", "50"), &expected);
	spy->scenario.load_events = LOAD_EVENTS_RBRK;
	assert_ok(spy_run(spy, 2, WORDS("victim_add"), "loaders", spy->dir, "8", "50"));
	assert_counts(spy, &expected);
	assert_int_equal(spy->trial.breakpoints[0].hits, 2 * 8 * 50);
	assert_int_equal(spy->trial.tasks[0].threads, 9);
}

static void three_thousand_libraries(void **state)
{
	static const struct expected expected = { 1 + 3000, 0, 1 + 3000, 0, 3000, 0, 0, 0 };
	struct spy *spy = *state;
	struct rlimit limit, few;

	make_copies(spy, "libsmall.so", 3000);
	/* There are more libraries than a tool may have files open. */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	few = limit;
	few.rlim_cur = 512;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_all_agree(spy, 1, WORDS("many", spy->dir, "3000"), &expected);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(spy->trial.n_libraries > 3000 || spy->trial.sampled);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(namespaces_are_all_read, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(loads_inside_of_loads, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(storms_of_unloads, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(threads_load_at_once, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(three_thousand_libraries, spy_setup, spy_teardown),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("hardloads", tests, NULL, NULL);
}
