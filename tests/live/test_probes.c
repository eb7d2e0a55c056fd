/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SystemTap probes: notes of a program that was written with them, and a loader that has
 * them. Where this machine's has none, a copy gets them: notes that name the places of the
 * hook's calls, which is where glibc has its probes; the calls become nops, as probes are.
 */
#include "elf/segment.h"
#include "elf/stapnote.h"
#include "elf/symidx.h"
#include "ld/hooksites.h"
#include "lib/proc.h"
#include "steady.h"

#include <sys/stat.h>

#define LOADER "/lib64/ld-linux-x86-64.so.2"

static void decodes_notes_of_a_program(void **state)
{
	static const struct {
		const char *provider, *name, *args, *symbol;
	} expected[] = {
		{ "rtld", "map_complete", "8@%rdi -4@24(%rsp)", "probed_map" },
		{ "rtld", "reloc_complete", "", "probed_reloc" },
		{ "libc", "setjmp", "8@%rdi", "probed_other" },
	};
	struct spy *spy = *state;
	_cleanup_free_ char *path = fs_join(spy->victims, "probed");
	struct stapnotes notes;
	struct symidx *index;
	uint64_t value;

	assert_ok(symidx_create(path, &index));
	assert_ok(stapnotes_read(path, &notes));
	assert_int_equal(notes.n, ARRAY_SIZE(expected));
	for (size_t i = 0; i < notes.n; i++) {
		assert_string_equal(notes.v[i].provider, expected[i].provider);
		assert_string_equal(notes.v[i].name, expected[i].name);
		assert_string_equal(notes.v[i].args, expected[i].args);
		assert_true(symidx_find(index, expected[i].symbol, &value));
		assert_int_equal(notes.v[i].addr, value);
	}
	assert_true(symidx_find_object(index, "probed_semaphore", &value));
	assert_int_equal(notes.v[2].semaphore, value);
	assert_int_equal(notes.v[0].semaphore, 0);
	stapnotes_deinit(&notes);
	symidx_destroy(index);
}

/* --- a loader with probes --------------------------------------------------------- */

static void put_note(struct strbuf *out, uint64_t addr, const char *name)
{
	static const char owner[8] = "stapsdt";
	uint64_t words[3] = { addr, 0, 0 };
	size_t strings = strlen("rtld") + 1 + strlen(name) + 1 + 1;
	uint32_t header[3] = { sizeof(owner), (uint32_t)(sizeof(words) + strings), 3 };

	strbuf_add(out, (const char *)header, sizeof(header));
	strbuf_add(out, owner, sizeof(owner));
	strbuf_add(out, (const char *)words, sizeof(words));
	strbuf_add(out, "rtld", 5);
	strbuf_add(out, name, strlen(name) + 1);
	strbuf_add(out, "\0\0\0", 1 + (4 - strings % 4) % 4);
}

enum at { AT_NOP, AT_INSTRUCTION };

#define CALL_LEN 5

/*
 * The notes of a loader built with probes: the end of a deletion is the consistent call behind
 * the deletion's, in the same function; the other two are start-up's and dlopen's. Either the
 * call, of a function that does nothing, becomes nops with the probe at the first; or the
 * probe is at what follows it.
 */
static bool make_notes(struct strbuf *loader, enum at at, struct strbuf *out)
{
	struct hooksites sites;
	struct segment segment;
	struct symidx *index;
	uint64_t hook;
	size_t n_loads = 0, n_unloads = 0;

	assert_ok(symidx_create(LOADER, &index));
	assert_true(symidx_find(index, "_dl_debug_state", &hook));
	assert_ok(segment_read(LOADER, hook, &segment));
	hooksites_find(segment.bytes, segment.len, segment.addr, hook, &sites);
	for (size_t i = 0; i < sites.n; i++) {
		uint64_t call = sites.v[i].ret_addr - CALL_LEN, addr = at == AT_NOP ? call : sites.v[i].ret_addr;

		if (sites.v[i].state != LOADER_CONSISTENT)
			continue;
		if (at == AT_NOP)
			memset(loader->text + (call - segment.addr + segment.offset), 0x90, CALL_LEN);
		if (i && sites.v[i - 1].state == LOADER_DELETE) {
			put_note(out, addr, "unmap_complete");
			n_unloads++;
		} else {
			put_note(out, addr, n_loads++ ? "reloc_complete" : "init_complete");
		}
	}
	hooksites_deinit(&sites);
	segment_deinit(&segment);
	symidx_destroy(index);
	return n_loads == 2 && n_unloads == 1;
}

/* A victim that asks for another loader: a path that is no longer than the real one's. */
static void copy_with_loader(const char *from, const char *loader, const char *to)
{
	_cleanup_strbuf_ struct strbuf bytes = STRBUF_INIT;
	char *at;

	assert_ok(fs_read(from, &bytes));
	at = memmem(bytes.text, bytes.len, LOADER, sizeof(LOADER));
	assert_non_null(at);
	assert_true(strlen(loader) < sizeof(LOADER));
	memset(at, 0, sizeof(LOADER));
	strcpy(at, loader);
	assert_ok(fs_publish(to, bytes.text, bytes.len));
	assert_int_equal(chmod(to, 0755), 0);
}

/* False if this machine's loader or its tools do not allow it. */
static bool make_probed_loader(const char *dir, const char *loader, enum at at)
{
	_cleanup_strbuf_ struct strbuf notes = STRBUF_INIT, bytes = STRBUF_INIT;
	_cleanup_free_ char *plain = fs_join(dir, "plain");
	_cleanup_free_ char *file = fs_join(dir, "notes"), *add = mem_printf(".note.stapsdt=%s", file);
	_cleanup_free_ char *objcopy = fs_find_program("objcopy");
	const char *const argv[] = { objcopy, "--add-section", add, plain, loader, NULL };
	struct proc_opts opts = PROC_OPTS_INIT;
	struct proc_result result;

	assert_ok(fs_read(LOADER, &bytes));
	if (!objcopy || !make_notes(&bytes, at, &notes))
		return false;
	assert_ok(fs_publish(plain, bytes.text, bytes.len));
	assert_ok(fs_publish(file, notes.text, notes.len));
	assert_ok(proc_run(argv, &opts, 30 * NS_PER_S, &result));
	assert_int_equal(result.status, 0);
	proc_result_deinit(&result);
	assert_int_equal(chmod(loader, 0755), 0);
	return true;
}

static void one_stop_per_load(struct spy *spy, enum at at)
{
	_cleanup_free_ char *loader = fs_join(spy->dir, "ld"), *program = fs_join(spy->dir, "loads");
	_cleanup_free_ char *victim = fs_join(spy->victims, "loads");
	const struct trial *trial = &spy->trial;

	if (!make_probed_loader(spy->dir, loader, at)) {
		print_message("skipped: no objcopy, or a loader of another form\n");
		skip();
	}
	copy_with_loader(victim, loader, program);
	spy->scenario.load_events = LOAD_EVENTS_PROBES;
	for (int mode = LINKMAP_INCREMENTAL; mode <= LINKMAP_FULL; mode++) {
		size_t named = 0;

		spy->scenario.linkmap = mode;
		assert_ok(spy_run(spy, 2, WORDS("victim_add", "victim_twice", "main"), program, spy->victims, "20"));
		assert_all_exited(trial, 0);
		assert_string_equal(trial->load_events, "probes");
		assert_string_equal(trial->loader.path, loader);
		assert_int_equal(trial->loader.probes, 3);
		assert_true(trial->loader.probes_usable);
		for (size_t i = 0; i < 2; i++) {
			const struct trial_task *task = &trial->tasks[i];

			assert_int_equal(task->stops[EVENT_LOADED], 1 + 2 * 20);
			assert_int_equal(task->stops[EVENT_UNLOADED], 2 * 20);
			assert_int_equal(task->stops[EVENT_ADD] + task->stops[EVENT_CONSISTENT], 0);
			assert_int_equal(task->stops[EVENT_NULL], 0);
			assert_int_equal(task->load_events, 1 + 4 * 20);
			assert_int_equal(task->libraries_at_end, task->libraries_at_start);
		}
		/* Breakpoints are in before a library's functions can be called. */
		assert_int_equal(trial->breakpoints[0].hits, 2 * 20);
		assert_int_equal(trial->breakpoints[1].hits, 2 * 20);
		assert_int_equal(trial->breakpoints[2].hits, 2);
		for (size_t i = 0; i < trial->n_events; i++)
			named += trial->events[i].added + trial->events[i].removed;
		assert_int_equal(named, 2 * 4 * 20 + 2 * trial->tasks[0].libraries_at_start);
	}
}

static void one_stop_per_load_at_nops(void **state)
{
	one_stop_per_load(*state, AT_NOP);
}

/* A probe elsewhere is stepped over. */
static void one_stop_per_load_at_instructions(void **state)
{
	one_stop_per_load(*state, AT_INSTRUCTION);
}

/* A task that runs already is joined at its probes, and left without a trap. */
static void attached_to_at_probes(void **state)
{
	struct steady *s = *state;
	struct spy *spy = s->spy;
	_cleanup_free_ char *loader = fs_join(spy->dir, "ld"), *program = fs_join(spy->dir, "steady");
	_cleanup_free_ char *victim = fs_join(spy->victims, "steady");
	const struct trial_task *task;

	if (!make_probed_loader(spy->dir, loader, AT_NOP)) {
		print_message("skipped: no objcopy, or a loader of another form\n");
		skip();
	}
	copy_with_loader(victim, loader, program);
	s->program = program;
	steady_start(s, "busy");
	spy->scenario.load_events = LOAD_EVENTS_PROBES;
	assert_ok(attach(s, s->pids, 1, 300 * NS_PER_MS, WORDS("victim_add")));
	task = &spy->trial.tasks[0];
	assert_string_equal(spy->trial.load_events, "probes");
	assert_true(task->libraries_at_start >= 4);
	assert_true(task->stops[EVENT_LOADED] > 0);
	assert_true(task->stops[EVENT_UNLOADED] > 0);
	assert_int_equal(task->stops[EVENT_ADD] + task->stops[EVENT_CONSISTENT], 0);
	assert_true(task->breakpoint_hits > 0);
	assert_untraced(s->pids[0]);
	assert_int_equal(repaired(s->pids[0]), 0);
	assert_text_clean(s->pids[0]);
	steady_end(s, 0, 0);
}

/* Notes of some probes only: said so, and nothing started. */
static void half_a_set_is_refused(void **state)
{
	struct spy *spy = *state;
	_cleanup_free_ char *loader = fs_join(spy->dir, "ld"), *program = fs_join(spy->dir, "loads");
	_cleanup_free_ char *victim = fs_join(spy->victims, "loads"), *probed = fs_join(spy->victims, "probed");
	_cleanup_strbuf_ struct strbuf bytes = STRBUF_INIT;

	assert_ok(fs_read(probed, &bytes));
	assert_ok(fs_publish(loader, bytes.text, bytes.len));
	copy_with_loader(victim, loader, program);
	spy->scenario.load_events = LOAD_EVENTS_PROBES;
	assert_err_has(spy_run(spy, 1, NULL, program, spy->victims, "1"), "has 2 SystemTap probes of provider rtld, but lacks");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(decodes_notes_of_a_program, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(one_stop_per_load_at_nops, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(one_stop_per_load_at_instructions, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(attached_to_at_probes, steady_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(half_a_set_is_refused, spy_setup, spy_teardown),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("probes", tests, NULL, NULL);
}
