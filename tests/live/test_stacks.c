/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stacks of victims whose calls are known: at the end of phase 1, at load events and of jobs
 * that hang. Frames are asked for by name and order; those of the C library have other names
 * from version to version.
 */
#include "native.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static const struct stack_node *node_at(const struct stacktree *tree, uint32_t node)
{
	return &tree->nodes[node];
}

/* A path of nodes with these names below a node, names[0] at any depth, the others right below
 * one another; STACK_NO_NODE if there is none. */
static uint32_t path_find(const struct stacktree *tree, uint32_t at, const char *const *names)
{
	for (uint32_t c = node_at(tree, at)->first_child; c != STACK_NO_NODE; c = node_at(tree, c)->next) {
		uint32_t found = c, below;

		for (size_t i = 0; found != STACK_NO_NODE; i++) {
			if (strcmp(node_at(tree, found)->function, names[i])) {
				found = STACK_NO_NODE;
				break;
			}
			if (!names[i + 1])
				return found;
			below = node_at(tree, found)->first_child;
			while (below != STACK_NO_NODE && strcmp(node_at(tree, below)->function, names[i + 1]))
				below = node_at(tree, below)->next;
			found = below;
		}
		found = path_find(tree, c, names);
		if (found != STACK_NO_NODE)
			return found;
	}
	return STACK_NO_NODE;
}

static void print_tree(const struct stacktree *tree, uint32_t at, int depth)
{
	for (uint32_t c = node_at(tree, at)->first_child; c != STACK_NO_NODE; c = node_at(tree, c)->next) {
		print_error("%*s%s (%s) %d\n", depth, "", node_at(tree, c)->function, node_at(tree, c)->library,
			    (int)node_at(tree, c)->stacks);
		print_tree(tree, c, depth + 1);
	}
}

static const struct stack_node *path_get(const struct stacktree *tree, const char *const *names)
{
	uint32_t found = stacktree_is_empty(tree) ? STACK_NO_NODE : path_find(tree, 0, names);

	if (found == STACK_NO_NODE) {
		if (!stacktree_is_empty(tree))
			print_tree(tree, 0, 0);
		fail_msg("no path to '%s' in the tree", names[0]);
	}
	return node_at(tree, found);
}

static void assert_path(const struct stacktree *tree, const char *const *names, uint64_t stacks, const char *ranks)
{
	const struct stack_node *node = path_get(tree, names);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (node->stacks != stacks) {
		print_tree(tree, 0, 0);
		fail_msg("%d stacks through '%s', not %d", (int)node->stacks, names[0], (int)stacks);
	}
	rankset_put(&node->ranks, &text);
	assert_string_equal(text.text, ranks);
}

static void want(struct spy *spy, const char *stacks)
{
	_cleanup_free_ char *setting = mem_printf("stacks=%s", stacks);

	assert_ok(conf_set(&scenario_table, setting, &spy->scenario));
}

/* --- victims that sleep ----------------------------------------------------------- */

#define PAUSE "34 " /* the system call, as /proc/PID/task/TID/syscall has it */
#define LONG_NS (60 * NS_PER_S)

struct watch {
	struct spy *spy;
	char *dir;
	size_t n_threads;
};

static bool is_asleep(const char *name)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_err_ struct err *err = NULL;
	int pid, tid;

	if (sscanf(name, "%d.%d", &pid, &tid) != 2)
		return false;
	path = mem_printf("/proc/%d/task/%d/syscall", pid, tid);
	err = fs_read(path, &text);
	return !err && !strncmp(text.text, PAUSE, strlen(PAUSE));
}

static size_t count_asleep(const char *path)
{
	_cleanup_closedir_ DIR *dir = opendir(path);
	struct dirent *entry;
	size_t n = 0;

	while (dir && (entry = readdir(dir)))
		n += is_asleep(entry->d_name);
	return n;
}

/* Interrupts the run when all threads sleep: no time is short enough and long enough for that. */
static void *watch(void *arg)
{
	struct watch *w = arg;
	int64_t until_ns = clock_now_ns() + LONG_NS;
	sigset_t all;

	sigfillset(&all); /* the tracer's ticks are for the thread that waits */
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	while (count_asleep(w->dir) < w->n_threads && clock_now_ns() < until_ns)
		usleep(10000);
	__atomic_store_n(&w->spy->stop, true, __ATOMIC_RELAXED);
	return NULL;
}

/* Runs `nested` with arguments behind its folder until so many threads sleep in all tasks. */
static void run_asleep(struct spy *spy, size_t n_tasks, size_t n_threads, const char *n, const char *what)
{
	_cleanup_free_ char *dir = fs_join(spy->dir, "ready"), *env = mem_printf("NESTED_READY=%s", dir);
	struct watch w = { spy, dir, n_threads };
	pthread_t thread;

	assert_ok(fs_mkdirs(dir));
	spy->scenario.time_limit_ns = 2 * LONG_NS;
	assert_int_equal(pthread_create(&thread, NULL, watch, &w), 0);
	assert_ok(spy_run_env(spy, n_tasks, NULL, WORDS("nested", spy->victims, n, what), WORDS(env)));
	pthread_join(thread, NULL);
	assert_true(spy->trial.interrupted);
}

static void assert_only(const struct trial *trial, enum stacks_moment moment, uint64_t stacks)
{
	for (size_t i = 0; i < STACKS_N; i++) {
		if (i != moment) {
			assert_true(stacktree_is_empty(&trial->stacks[i]));
			continue;
		}
		assert_false(stacktree_is_empty(&trial->stacks[i]));
		assert_int_equal(trial->stacks[i].nodes[0].stacks, stacks);
	}
}

/* The loader calls its hook, for all tasks alike, whatever their addresses. */
static void phase_1_ends_in_the_loader(void **state)
{
	struct spy *spy = *state;
	const struct trial_phases *phases = &spy->trial.phases;
	const struct stack_node *hook;

	want(spy, "start");
	assert_ok(spy_run(spy, 4, NULL, "nested", spy->victims, "2"));
	assert_all_exited(&spy->trial, 0);
	assert_only(&spy->trial, STACKS_START, 4);
	hook = path_get(&spy->trial.stacks[STACKS_START], WORDS("_dl_debug_state"));
	assert_path(&spy->trial.stacks[STACKS_START], WORDS("_dl_debug_state"), 4, "0-3");
	assert_int_equal(hook->first_child, STACK_NO_NODE);
	assert_string_equal(hook->library, "ld-linux-x86-64.so.2");
	assert_true(phases->planted_ns <= phases->first_stack_ns);
	assert_true(phases->first_stack_ns <= phases->last_stack_ns);
	assert_true(phases->last_stack_ns <= phases->continued_ns);
}

static void no_stacks_unless_asked_for(void **state)
{
	struct spy *spy = *state;

	assert_ok(spy_run(spy, 2, NULL, "nested", spy->victims, "1"));
	for (size_t i = 0; i < STACKS_N; i++)
		assert_true(stacktree_is_empty(&spy->trial.stacks[i]));
	assert_int_equal(spy->trial.phases.first_stack_ns, 0);
	assert_int_equal(spy->trial.phases.last_stack_ns, 0);
}

/* A load and an unload in main and in each thread: 2 load events each. */
static void load_events_have_their_callers(void **state)
{
	struct spy *spy = *state;
	const struct stacktree *tree = &spy->trial.stacks[STACKS_EVENTS];

	for (int mode = LINKMAP_INCREMENTAL; mode <= LINKMAP_FULL; mode++) {
		spy->scenario.linkmap = mode;
		want(spy, "events");
		assert_ok(spy_run(spy, 3, NULL, "nested", spy->victims, "2"));
		assert_all_exited(&spy->trial, 0);
		/* Threads may load libraries of the C library's own when they end: none do here. */
		assert_only(&spy->trial, STACKS_EVENTS, 3 * (1 + 2) * 2);
		assert_path(tree, WORDS("main", "nested_a", "nested_b", "nested_c"), 3 * 2, "0-2");
		assert_path(tree, WORDS("nested_thread", "nested_a", "nested_b", "nested_c"), 3 * 4, "0-2");
		assert_path(tree, WORDS("nested_thread", "nested_a", "nested_b", "nested_c", "dlopen"), 3 * 2, "0-2");
		assert_path(tree, WORDS("nested_thread", "nested_a", "nested_b", "nested_c", "dlclose"), 3 * 2, "0-2");
		assert_path(tree, WORDS("main", "nested_a", "nested_b", "nested_c", "dlopen"), 3, "0-2");
		assert_string_equal(path_get(tree, WORDS("nested_c"))->library, "nested");
		for (size_t i = 0; i < spy->trial.n_events; i++)
			if (spy->trial.events[i].stacks_ns < 0)
				fail_msg("event %zu: negative duration", i);
	}
}

static void fixed_addresses_are_no_other(void **state)
{
	struct spy *spy = *state;
	const struct stacktree *tree = &spy->trial.stacks[STACKS_EVENTS];

	want(spy, "events");
	assert_ok(spy_run(spy, 2, NULL, "nested_fixed", spy->victims, "1"));
	assert_path(tree, WORDS("main", "nested_a", "nested_b", "nested_c", "dlopen"), 2, "0-1");
	assert_path(tree, WORDS("nested_thread", "nested_a", "nested_b", "nested_c", "dlclose"), 2, "0-1");
}

/* With breakpoints in, too: a thread that stands on a trap is where the trap is. */
static void breakpoints_do_not_disturb(void **state)
{
	struct spy *spy = *state;

	want(spy, "events");
	assert_ok(spy_run(spy, 2, WORDS("nested_b", "nested_c"), "nested", spy->victims, "3"));
	assert_int_equal(spy->trial.breakpoints[1].hits, 2 * 4);
	assert_path(&spy->trial.stacks[STACKS_EVENTS], WORDS("main", "nested_a", "nested_b", "nested_c"), 2 * 2, "0-1");
}

static void a_hang_shows_all_threads(void **state)
{
	struct spy *spy = *state;
	const struct stacktree *tree = &spy->trial.stacks[STACKS_END];

	want(spy, "end");
	run_asleep(spy, 2, 2 * (1 + 3), "3", "hang");
	assert_only(&spy->trial, STACKS_END, 2 * (1 + 3));
	assert_path(tree, WORDS("nested_thread", "nested_a", "nested_b", "nested_c", "sleep_forever", "pause"), 2 * 3,
		    "0-1");
	/* Through the handler's frame to what the signal interrupted. */
	assert_path(tree, WORDS("[signal]", "nested_handler", "sleep_forever", "pause"), 2, "0-1");
	assert_path(tree, WORDS("main", "nested_a", "nested_b", "nested_c", "raise"), 2, "0-1");
}

/* However far each task has come. */
static void a_time_limit_shows_every_task(void **state)
{
	struct spy *spy = *state;

	want(spy, "end");
	spy->scenario.time_limit_ns = 300 * NS_PER_MS;
	assert_ok(spy_run(spy, 3, NULL, "/bin/sleep", "1000"));
	assert_true(spy->trial.timed_out);
	assert_only(&spy->trial, STACKS_END, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(kill(spy->trial.tasks[i].pid, 0), -1);
}

static void a_deep_stack_is_cut(void **state)
{
	struct spy *spy = *state;
	const struct stacktree *tree = &spy->trial.stacks[STACKS_END];
	const struct stack_node *cut;

	want(spy, "end");
	run_asleep(spy, 1, 1, "0", "deep");
	assert_only(&spy->trial, STACKS_END, 1);
	cut = node_at(tree, node_at(tree, 0)->first_child);
	assert_string_equal(cut->function, "[cut]");
	assert_null(cut->library);
	assert_int_equal(tree->n, 2 + STACK_MAX_FRAMES); /* with the root */
	assert_path(tree, WORDS("nested_deep", "sleep_forever", "pause"), 1, "0");
}

static void a_broken_stack_ends_with_a_mark(void **state)
{
	struct spy *spy = *state;
	const struct stacktree *tree = &spy->trial.stacks[STACKS_END];

	want(spy, "end");
	run_asleep(spy, 1, 1, "0", "broken");
	assert_only(&spy->trial, STACKS_END, 1);
	assert_path(tree, WORDS("[lost]", "nested_broken"), 1, "0");
	assert_int_equal(tree->n, 3);
}

/* A walk that would not end by itself. */
static void unwinding_ends(void **state)
{
	struct spy *spy = *state;
	const struct stacktree *tree = &spy->trial.stacks[STACKS_END];

	want(spy, "end");
	run_asleep(spy, 2, 2, "0", "looping");
	assert_only(&spy->trial, STACKS_END, 2);
	assert_path(tree, WORDS("[lost]", "nested_looping"), 2, "0-1");
	assert_int_equal(tree->n, 3);
}

static void ended_tasks_leave_nothing(void **state)
{
	struct spy *spy = *state;

	want(spy, "start,events,end");
	run_asleep(spy, 3, 3 * (1 + 2), "2", "hang");
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(kill(spy->trial.tasks[i].pid, 0), -1);
	assert_false(stacktree_is_empty(&spy->trial.stacks[STACKS_START]));
	assert_int_equal(spy->trial.stacks[STACKS_END].nodes[0].stacks, 3 * 3);
}

/* A task that dies during a load takes no other's stacks along. */
static void a_death_costs_its_own_stack_only(void **state)
{
	struct spy *spy = *state;

	want(spy, "start,events,end");
	assert_ok(spy_run(spy, 3, NULL, "dies", spy->victims));
	assert_int_equal(spy->trial.stacks[STACKS_START].nodes[0].stacks, 3);
	assert_path(&spy->trial.stacks[STACKS_EVENTS], WORDS("main"), 3, "0-2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(phase_1_ends_in_the_loader, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(no_stacks_unless_asked_for, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(load_events_have_their_callers, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(fixed_addresses_are_no_other, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(breakpoints_do_not_disturb, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_hang_shows_all_threads, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_time_limit_shows_every_task, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_deep_stack_is_cut, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_broken_stack_ends_with_a_mark, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(unwinding_ends, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(ended_tasks_leave_nothing, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_death_costs_its_own_stack_only, spy_setup, spy_teardown),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("stacks", tests, NULL, NULL);
}
