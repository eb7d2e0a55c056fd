/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The work of load events and what tasks share of it, by exact counts: files read, symbols, lines,
 * names of libraries, with address space layout randomisation and without.
 */
#include "native.h"

#define TASKS 3
#define ROUNDS "2"
#define LOADS 4 /* of a task: two libraries in each round */

static void run(struct spy *spy, const char *settings)
{
	assert_int_equal(spy_set(spy, settings), 0);
	assert_ok(scenario_resolve_work(&spy->scenario));
	assert_ok(scenario_check_work(&spy->scenario));
	assert_ok(spy_run(spy, TASKS, NULL, "loads", spy->victims, ROUNDS));
	assert_all_exited(&spy->trial, 0);
	assert_int_equal(spy->trial.n_contradictions, 0);
}

static uint64_t nodes(const struct trial *trial)
{
	uint64_t n = 0;

	for (size_t i = 0; i < trial->n_events; i++)
		n += trial->events[i].nodes_read;
	return n;
}

/* Libraries that have a file: all but the vDSO. */
static uint64_t n_files(const struct trial *trial)
{
	uint64_t n = 0;

	for (size_t i = 0; i < trial->n_libraries; i++)
		n += trial->libraries[i][0] == '/';
	return n;
}

/* The loader's own file is asked in any case: its hook is found by name. */
static void links_read_no_library(void **state)
{
	struct spy *spy = *state;

	run(spy, "event_work=links");
	assert_int_equal(spy->trial.work.libraries_parsed + spy->trial.work.libraries_hashed, 1);
	assert_int_equal(spy->trial.work.functions_read, 0);
}

static void symbols_read_each_file_once(void **state)
{
	struct spy *spy = *state;
	const struct trial_work *work = &spy->trial.work;

	run(spy, "event_work=symbols");
	assert_int_equal(work->libraries_parsed, n_files(&spy->trial));
	assert_true(work->symbols_read > 2 && work->file_bytes_read > 1000);
	assert_int_equal(work->lines_read, 0);
}

static void lines_read_debug_information_too(void **state)
{
	struct spy *spy = *state;
	struct trial_work symbols;

	run(spy, "event_work=symbols");
	symbols = spy->trial.work;
	assert_int_equal(spy_set(spy, "symbols=needed"), 0);
	run(spy, "event_work=lines");
	assert_int_equal(spy->trial.work.libraries_parsed, symbols.libraries_parsed);
	assert_int_equal(spy->trial.work.symbols_read, symbols.symbols_read);
	/* The victims have debug information; the C library has none here, or more. */
	assert_true(spy->trial.work.functions_read >= 4 && spy->trial.work.lines_read > 10);
	assert_true(spy->trial.work.file_bytes_read > symbols.file_bytes_read);
}

static void stacks_are_taken_at_each_event(void **state)
{
	struct spy *spy = *state;

	run(spy, "event_work=stack");
	assert_true(spy->trial.stacks[STACKS_EVENTS].n > 0);
}

/* N debuggers that know nothing of each other: all is read N times. */
static void without_sharing_all_is_read_by_each(void **state)
{
	struct spy *spy = *state;
	struct trial_work shared;

	run(spy, "event_work=symbols share=files");
	shared = spy->trial.work;
	run(spy, "share=none");
	assert_int_equal(spy->trial.work.libraries_parsed, TASKS * shared.libraries_parsed);
	assert_int_equal(spy->trial.work.symbols_read, TASKS * shared.symbols_read);
	assert_int_equal(spy->trial.work.file_bytes_read, TASKS * shared.file_bytes_read);
}

/* What the first task read the others need not: the names of all libraries, at the start and later. */
static void maps_are_shared_where_addresses_are_the_same(void **state)
{
	struct spy *spy = *state;
	uint64_t at_start, files_bytes, files_nodes;

	run(spy, "aslr=off share=files");
	files_bytes = (uint64_t)spy->trial.bytes_read;
	files_nodes = nodes(&spy->trial);
	assert_int_equal(spy->trial.work.names_shared, 0);
	run(spy, "share=maps");
	at_start = spy->trial.tasks[0].libraries_at_start;
	assert_int_equal(spy->trial.work.names_shared, (TASKS - 1) * (at_start + LOADS));
	assert_int_equal(nodes(&spy->trial), files_nodes);
	assert_true((uint64_t)spy->trial.bytes_read < files_bytes);
	for (size_t i = 0; i < TASKS; i++)
		assert_int_equal(spy->trial.tasks[i].libraries_at_end, at_start);
}

/* With randomisation no two tasks have a history in common: as if only files were shared. */
static void maps_are_not_shared_with_aslr(void **state)
{
	struct spy *spy = *state;
	uint64_t files_nodes;

	run(spy, "aslr=on event_work=symbols share=files");
	files_nodes = nodes(&spy->trial);
	run(spy, "share=maps");
	assert_int_equal(spy->trial.work.names_shared, 0);
	assert_int_equal(nodes(&spy->trial), files_nodes);
	assert_int_equal(spy->trial.work.libraries_parsed, n_files(&spy->trial));
}

/* Each thread of the tracer knows the names of its own tasks alone. */
static void tracer_threads_share_no_maps(void **state)
{
	struct spy *spy = *state;

	run(spy, "aslr=off share=maps tracer_threads=3");
	assert_int_equal(spy->trial.work.names_shared, 0);
}

/* A cold tool reads all and keeps it, a warm one reads no symbol table; nothing is built twice. */
static void a_warm_index_spares_all_symbol_tables(void **state)
{
	struct spy *spy = *state;
	_cleanup_free_ char *set = mem_printf("event_work=symbols index=on index_folder=%s/index", spy->dir);
	struct trial_work cold;

	run(spy, set);
	cold = spy->trial.work;
	assert_int_equal(cold.libraries_parsed, n_files(&spy->trial));
	assert_true(cold.indices_written > 0 && cold.indices_written <= cold.libraries_parsed);
	assert_int_equal(cold.indices_read, 0);
	run(spy, "share=files");
	/* Files without a build-id are read again. */
	assert_int_equal(spy->trial.work.libraries_parsed, cold.libraries_parsed - cold.indices_written);
	assert_int_equal(spy->trial.work.indices_read, cold.indices_written);
	assert_int_equal(spy->trial.work.indices_written, 0);
	/* Independent debuggers have one folder on disk, and each reads it. */
	run(spy, "share=none");
	assert_int_equal(spy->trial.work.indices_read, TASKS * cold.indices_written);
}

static void breakpoints_are_found_in_a_warm_index(void **state)
{
	struct spy *spy = *state;
	_cleanup_free_ char *set = mem_printf("index=on index_folder=%s/index", spy->dir);
	static const char *const names[] = { "victim_add", "victim_twice", NULL };

	assert_int_equal(spy_set(spy, set), 0);
	for (int i = 0; i < 2; i++) {
		assert_ok(spy_run(spy, TASKS, names, "loads", spy->victims, ROUNDS));
		assert_int_equal(spy->trial.breakpoints[0].hits, 2 * TASKS);
		assert_int_equal(spy->trial.breakpoints[1].hits, 2 * TASKS);
		assert_int_equal(spy->trial.work.indices_refused, 0);
	}
	assert_true(spy->trial.work.indices_read > 0);
	assert_int_equal(spy->trial.work.indices_written, 0);
}

/* Breakpoint by breakpoint the same places, planted and hit as often; of libraries no symbol table is read. */
static void hash_tables_have_the_places_of_symbol_tables(void **state)
{
	static const char *const names[] = { "victim_add", "victim_twice", "malloc", "memcpy", "main", "no_such", NULL };
	struct spy *spy = *state;
	struct { uint64_t n_places, hits, planted, values; } by_table[6] = { 0 };
	uint64_t by_hash_parsed = 0;

	for (int table = 1; table >= 0; table--) {
		assert_int_equal(spy_set(spy, table ? "breakpoints.lookup=table" : "breakpoints.lookup=hash"), 0);
		assert_ok(spy_run(spy, TASKS, names, "loads", spy->victims, ROUNDS));
		for (size_t i = 0; i < spy->trial.n_breakpoints; i++) {
			const struct trial_breakpoint *bp = &spy->trial.breakpoints[i];
			uint64_t planted = 0, values = 0;

			for (size_t j = 0; j < bp->n_places; j++) {
				planted += bp->places[j].planted;
				values += bp->places[j].address;
			}
			if (table) {
				by_table[i].n_places = bp->n_places;
				by_table[i].hits = bp->hits;
				by_table[i].planted = planted;
				by_table[i].values = values;
				continue;
			}
			assert_int_equal(bp->n_places, by_table[i].n_places);
			assert_int_equal(planted, by_table[i].planted);
			assert_int_equal(values, by_table[i].values);
			if (i < 2)
				assert_int_equal(bp->hits, by_table[i].hits);
		}
		if (!table)
			by_hash_parsed = spy->trial.work.libraries_parsed;
		else
			assert_int_equal(spy->trial.work.libraries_parsed, n_files(&spy->trial));
	}
	assert_int_equal(by_table[0].planted, 2 * TASKS);
	assert_int_equal(by_hash_parsed, 1); /* the program's own, which exports next to nothing */
	/* The loader's is asked for its hook, too, apart. */
	assert_in_range(spy->trial.work.libraries_hashed, n_files(&spy->trial) - 1, n_files(&spy->trial));
	assert_true(spy->trial.work.names_hashed > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, spy_setup, spy_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(links_read_no_library),
		TEST(symbols_read_each_file_once),
		TEST(lines_read_debug_information_too),
		TEST(stacks_are_taken_at_each_event),
		TEST(without_sharing_all_is_read_by_each),
		TEST(maps_are_shared_where_addresses_are_the_same),
		TEST(maps_are_not_shared_with_aslr),
		TEST(tracer_threads_share_no_maps),
		TEST(a_warm_index_spares_all_symbol_tables),
		TEST(breakpoints_are_found_in_a_warm_index),
		TEST(hash_tables_have_the_places_of_symbol_tables),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("work", tests, NULL, NULL);
}
