/* SPDX-License-Identifier: BSD-3-Clause */
/* Shards of a trial put together: order, names, sums, times; made up. */
#include "unit.h"

#include "measure/trial_merge.h"

#define N_SHARDS 3

struct fixture {
	struct trial trial;
	struct trial shards[N_SHARDS];
};

static int setup(void **state)
{
	static char f_name[] = "f", g_name[] = "g";
	char *const functions[] = { f_name, g_name };
	struct fixture *f = mem_alloc(sizeof(*f));

	trial_init(&f->trial);
	trial_add_tasks(&f->trial, N_SHARDS);
	f->trial.text_writes = f->trial.lookups = 0;
	trial_add_breakpoints(&f->trial, functions, ARRAY_SIZE(functions));
	for (size_t i = 0; i < N_SHARDS; i++)
		trial_shard_init(&f->shards[i], &f->trial);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < N_SHARDS; i++)
		trial_shard_deinit(&f->shards[i]);
	trial_deinit(&f->trial);
	free(f);
	return 0;
}

static struct event *event_at(struct trial *shard, uint32_t task, int64_t begin_ns)
{
	struct event *event = trial_add_event(shard);

	event->task = task;
	event->begin_ns = begin_ns;
	return event;
}

static void events_are_in_the_order_of_handling(void **state)
{
	static const int64_t expected_ns[] = { 5, 10, 10, 20, 25, 30 };
	static const uint32_t expected_task[] = { 2, 0, 1, 1, 2, 0 };
	struct fixture *f = *state;

	event_at(&f->shards[0], 0, 10);
	event_at(&f->shards[0], 0, 30);
	event_at(&f->shards[1], 1, 10);
	event_at(&f->shards[1], 1, 20);
	event_at(&f->shards[2], 2, 5);
	event_at(&f->shards[2], 2, 25);
	trial_merge(&f->trial, f->shards, N_SHARDS);
	assert_int_equal(f->trial.n_events, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(f->trial.events[i].begin_ns, expected_ns[i]);
		assert_int_equal(f->trial.events[i].task, expected_task[i]);
	}
}

static const char *name_of(const struct trial *trial, size_t event, uint32_t i)
{
	return trial->libraries[trial->names[trial->events[event].names_at + i]];
}

/* The same library has another number in each shard; and the names of a start-up event stand
 * behind those of later ones. */
static void names_keep_their_event(void **state)
{
	struct fixture *f = *state;
	struct trial *a = &f->shards[0], *b = &f->shards[1];
	uint32_t libc = trial_library_id(a, "libc"), libm = trial_library_id(a, "libm");

	event_at(a, 0, 1);
	event_at(a, 0, 3)->added = 1;
	trial_add_name(a, libm);
	a->events[0].names_at = (uint32_t)a->n_names;
	a->events[0].added = 2;
	trial_add_name(a, libc);
	trial_add_name(a, libm);
	event_at(b, 1, 2);
	b->events[0].added = b->events[0].removed = 1;
	trial_add_name(b, trial_library_id(b, "libm"));
	trial_add_name(b, trial_library_id(b, "libz"));

	trial_merge(&f->trial, f->shards, N_SHARDS);
	assert_int_equal(f->trial.n_libraries, 3);
	assert_int_equal(f->trial.n_names, 5);
	assert_string_equal(name_of(&f->trial, 0, 0), "libc");
	assert_string_equal(name_of(&f->trial, 0, 1), "libm");
	assert_string_equal(name_of(&f->trial, 1, 0), "libm");
	assert_string_equal(name_of(&f->trial, 1, 1), "libz");
	assert_string_equal(name_of(&f->trial, 2, 0), "libm");
}

static void numbers_add_up(void **state)
{
	struct fixture *f = *state;

	for (int64_t i = 0; i < N_SHARDS; i++) {
		struct trial *shard = &f->shards[i];

		shard->ptrace_calls = 1 + i;
		shard->bytes_read = 10 + i;
		shard->traps_written = 100 + i;
		shard->text_writes = 200;
		shard->lookups = 5;
		shard->breakpoints[0].hits = 7;
		shard->breakpoints[0].rank_hits[i] = 7;
		shard->phases.stopped_ns = 50 - i;
		shard->phases.first_stack_ns = i ? 90 - i : 0;
		shard->phases.last_stack_ns = 90 + i;
	}
	f->shards[1].breakpoints[0].library = mem_strdup("liba");
	f->shards[2].breakpoints[0].library = mem_strdup("libb");
	f->shards[2].timed_out = true;
	f->shards[2].loader.path = mem_strdup("/ld.so");
	trial_contradict(&f->shards[1], "100 %% wrong");

	trial_merge(&f->trial, f->shards, N_SHARDS);
	assert_int_equal(f->trial.ptrace_calls, 6);
	assert_int_equal(f->trial.bytes_read, 33);
	assert_int_equal(f->trial.traps_written, 303);
	assert_int_equal(f->trial.text_writes, 600);
	assert_int_equal(f->trial.lookups, 15);
	assert_int_equal(f->trial.breakpoints[0].hits, 21);
	for (size_t i = 0; i < N_SHARDS; i++)
		assert_int_equal(f->trial.breakpoints[0].rank_hits[i], 7);
	assert_int_equal(f->trial.breakpoints[1].hits, 0);
	assert_string_equal(f->trial.breakpoints[0].library, "liba");
	assert_null(f->trial.breakpoints[1].library);
	assert_int_equal(f->trial.phases.stopped_ns, 50);
	assert_int_equal(f->trial.phases.first_stack_ns, 88);
	assert_int_equal(f->trial.phases.last_stack_ns, 92);
	assert_true(f->trial.timed_out);
	assert_false(f->trial.interrupted);
	assert_string_equal(f->trial.loader.path, "/ld.so");
	assert_int_equal(f->trial.n_contradictions, 1);
	assert_string_equal(f->trial.contradictions[0], "100 % wrong");
}

static void stacks_are_joined(void **state)
{
	static const struct stack_frame frames[] = { { .function = "inner" }, { .function = "main" } };
	struct fixture *f = *state;

	for (uint32_t i = 0; i < N_SHARDS; i++)
		stacktree_add(&f->shards[i].stacks[STACKS_START], frames, 2, i);
	trial_merge(&f->trial, f->shards, N_SHARDS);
	assert_int_equal(f->trial.stacks[STACKS_START].n, 3);
	assert_int_equal(f->trial.stacks[STACKS_START].nodes[2].stacks, N_SHARDS);
	assert_true(stacktree_is_empty(&f->trial.stacks[STACKS_END]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(events_are_in_the_order_of_handling, setup, teardown),
		cmocka_unit_test_setup_teardown(names_keep_their_event, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers_add_up, setup, teardown),
		cmocka_unit_test_setup_teardown(stacks_are_joined, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
