/* SPDX-License-Identifier: BSD-3-Clause */
/* Symbol indices: of this very program, of the loader, and of files that are no ELF files. */
#include "elf/symidx.h"
#include "unit.h"

#include <pthread.h>
#include <unistd.h>

int symidx_probe(void);

int symidx_probe(void)
{
	return 7;
}

static void finds_functions_of_this_program(void **state)
{
	struct symidx *index;
	uint64_t probe, here, low, high;

	(void)state;
	assert_ok(symidx_create("/proc/self/exe", &index));
	assert_true(symidx_find(index, "symidx_probe", &probe));
	assert_true(symidx_find(index, "finds_functions_of_this_program", &here)); /* a static one */
	/* Both are moved by the same load bias. */
	assert_int_equal((uint64_t)(uintptr_t)symidx_probe - probe,
			 (uint64_t)(uintptr_t)finds_functions_of_this_program - here);
	assert_false(symidx_find(index, "symidx_prob", &probe));
	assert_false(symidx_find(index, "printf", &probe)); /* undefined here */
	assert_true(symidx_count(index) > 10);
	symidx_extent(index, &low, &high);
	assert_true(low <= probe && probe < high);
	symidx_destroy(index);
}

static void finds_functions_by_address(void **state)
{
	struct symidx *index;
	uint64_t probe, low, high;
	const char *behind;

	(void)state;
	assert_ok(symidx_create("/proc/self/exe", &index));
	assert_true(symidx_find(index, "symidx_probe", &probe));
	assert_string_equal(symidx_find_address(index, probe), "symidx_probe");
	assert_string_equal(symidx_find_address(index, probe + 1), "symidx_probe");
	behind = symidx_find_address(index, probe - 1);
	assert_true(!behind || strcmp(behind, "symidx_probe"));
	symidx_extent(index, &low, &high);
	assert_null(symidx_find_address(index, 0));
	assert_null(symidx_find_address(index, high));
	assert_null(symidx_find_address(index, UINT64_MAX));
	symidx_destroy(index);
}

/* Assembler: one function without a size, two names for one address, one inside of another. */
__asm__(".text\n"
	".type probe_local, @function\nprobe_local:\n"
	".globl probe_global\n.type probe_global, @function\nprobe_global: nop\n nop\n"
	".type probe_inner, @function\nprobe_inner: nop\n.size probe_inner, . - probe_inner\n nop\n"
	".size probe_global, . - probe_global\n.size probe_local, . - probe_local\n"
	".type probe_unsized, @function\nprobe_unsized: nop\n nop\n"
	".type probe_last, @function\nprobe_last: ret\n.size probe_last, . - probe_last\n");

static void finds_odd_functions_by_address(void **state)
{
	struct symidx *index;
	uint64_t at;

	(void)state;
	assert_ok(symidx_create("/proc/self/exe", &index));
	assert_true(symidx_find(index, "probe_global", &at));
	assert_string_equal(symidx_find_address(index, at), "probe_global");
	assert_string_equal(symidx_find_address(index, at + 2), "probe_inner");
	assert_string_equal(symidx_find_address(index, at + 3), "probe_global");
	assert_string_equal(symidx_find_address(index, at + 4), "probe_unsized");
	assert_string_equal(symidx_find_address(index, at + 5), "probe_unsized");
	assert_string_equal(symidx_find_address(index, at + 6), "probe_last");
	symidx_destroy(index);
}

static void finds_the_loaders_interface(void **state)
{
	struct symidx *index;
	uint64_t value;

	(void)state;
	assert_ok(symidx_create("/lib64/ld-linux-x86-64.so.2", &index));
	assert_true(symidx_find(index, "_dl_debug_state", &value));
	assert_true(symidx_find_object(index, "_r_debug", &value));
	assert_false(symidx_find(index, "_r_debug", &value)); /* data, not a function */
	symidx_destroy(index);
}

static void refuses_what_is_no_library(void **state)
{
	const char *dir = *state;
	_cleanup_free_ char *text = fs_join(dir, "text"), *cut = fs_join(dir, "cut"), *other = fs_join(dir, "other");
	_cleanup_strbuf_ struct strbuf self = STRBUF_INIT;
	struct symidx *index;

	assert_err_has(symidx_create("/nonexistent", &index), "cannot open '/nonexistent': No such file");
	assert_ok(fs_publish(text, "hello", 5));
	assert_err_has(symidx_create(text, &index), "is not an ELF file");
	assert_ok(fs_read("/proc/self/exe", &self));
	/* Truncated in the middle of its contents: the section table at the end is gone. */
	assert_ok(fs_publish(cut, self.text, self.len / 2));
	{
		_cleanup_err_ struct err *err = symidx_create(cut, &index);

		if (!err) {
			assert_int_equal(symidx_count(index), 0);
			symidx_destroy(index);
		}
	}
	self.text[18] = 40; /* e_machine: ARM */
	assert_ok(fs_publish(other, self.text, self.len));
	assert_err_has(symidx_create(other, &index), "is not an x86-64 ELF file");
}

static void a_cache_reads_each_file_once(void **state)
{
	struct symcache *cache = symcache_create();
	struct symidx *first, *again;

	(void)state;
	assert_ok(symcache_get(cache, "/proc/self/exe", &first));
	assert_ok(symcache_get(cache, "/proc/self/exe", &again));
	assert_ptr_equal(first, again);
	assert_ok(symcache_get(cache, "/proc/self/./exe", &again)); /* another path */
	assert_ptr_equal(first, again);
	assert_err_has(symcache_get(cache, "/nonexistent", &again), "cannot open");
	symcache_destroy(cache);
}

#define N_THREADS 8

struct asker {
	struct symcache *cache;
	struct symidx *program, *library;
	bool found;
};

static void *ask(void *arg)
{
	struct asker *asker = arg;
	uint64_t value;

	asker->found = !symcache_get(asker->cache, "/proc/self/exe", &asker->program) &&
		       !symcache_get(asker->cache, "/lib64/ld-linux-x86-64.so.2", &asker->library) &&
		       symidx_find(asker->program, "main", &value) &&
		       symidx_find(asker->library, "_dl_debug_state", &value) &&
		       symidx_find_address(asker->library, value);
	return NULL;
}

/* All ask at once: each file is read by one of them, and all may search what it has read. */
static void a_cache_serves_threads(void **state)
{
	struct symcache *cache = symcache_create();
	struct asker askers[N_THREADS];
	pthread_t threads[N_THREADS];

	(void)state;
	for (size_t i = 0; i < N_THREADS; i++) {
		askers[i] = (struct asker){ .cache = cache };
		assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
	}
	for (size_t i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < N_THREADS; i++) {
		assert_true(askers[i].found);
		assert_ptr_equal(askers[i].program, askers[0].program);
		assert_ptr_equal(askers[i].library, askers[0].library);
	}
	symcache_destroy(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_functions_of_this_program),
		cmocka_unit_test(finds_functions_by_address),
		cmocka_unit_test(finds_odd_functions_by_address),
		cmocka_unit_test(finds_the_loaders_interface),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_library, temp_dir_setup, temp_dir_teardown),
		cmocka_unit_test(a_cache_reads_each_file_once),
		cmocka_unit_test(a_cache_serves_threads),
	};

	return cmocka_run_group_tests_name("symidx", tests, NULL, NULL);
}
