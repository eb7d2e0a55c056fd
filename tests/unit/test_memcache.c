/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory read through pages: what is read, how often the task is asked, and when it ends. */
#include "made_up.h"
#include "trace/memory/memcache.h"
#include "unit.h"

#define BASE UINT64_C(0x7000)
#define PAGES 6u
#define SIZE (PAGES * MEMCACHE_PAGE)

struct spy {
	struct made_up made_up;
	struct memcache *cache;
};

static int setup(void **state)
{
	struct spy *spy = mem_alloc(sizeof(*spy));

	made_up_init(&spy->made_up, BASE, SIZE);
	for (size_t i = 0; i < SIZE; i++)
		spy->made_up.bytes[i] = (unsigned char)(i * 7 + i / 256);
	spy->cache = memcache_create();
	memcache_begin(spy->cache, &spy->made_up.memory);
	memcache_allow(spy->cache, 100000);
	*state = spy;
	return 0;
}

static int teardown(void **state)
{
	struct spy *spy = *state;

	memcache_destroy(spy->cache);
	made_up_deinit(&spy->made_up);
	free(spy);
	return 0;
}

static void reads_what_is_there(void **state)
{
	struct spy *spy = *state;
	unsigned char buf[300];

	for (size_t at = 0; at + sizeof(buf) <= SIZE; at += 97) {
		assert_true(memcache_read(spy->cache, BASE + at, buf, sizeof(buf)));
		assert_memory_equal(buf, spy->made_up.bytes + at, sizeof(buf));
	}
	/* Each page once, some in one batch. */
	assert_true(spy->made_up.memory.calls < PAGES);
}

static void ends_where_the_memory_ends(void **state)
{
	struct spy *spy = *state;
	uint64_t word;

	assert_true(memcache_read(spy->cache, BASE, &word, 8));
	assert_true(memcache_read(spy->cache, BASE + SIZE - 8, &word, 8));
	assert_false(memcache_read(spy->cache, BASE + SIZE - 7, &word, 8)); /* across the end */
	assert_false(memcache_read(spy->cache, BASE - 1, &word, 8));        /* across the begin */
	assert_false(memcache_read(spy->cache, 0, &word, 8));
	assert_false(memcache_read(spy->cache, UINT64_MAX - 7, &word, 8));
	assert_false(memcache_read(spy->cache, UINT64_MAX - 3, &word, 8));
}

static void forgets_when_begun_again(void **state)
{
	struct spy *spy = *state;
	unsigned char byte;

	assert_true(memcache_read(spy->cache, BASE, &byte, 1));
	spy->made_up.bytes[0] = byte + 1;
	spy->made_up.gone = true;
	assert_true(memcache_read(spy->cache, BASE, &byte, 1)); /* kept */
	assert_int_not_equal(byte, spy->made_up.bytes[0]);
	memcache_begin(spy->cache, &spy->made_up.memory);
	assert_false(memcache_read(spy->cache, BASE, &byte, 1));
	spy->made_up.gone = false;
	assert_true(memcache_read(spy->cache, BASE, &byte, 1));
	assert_int_equal(byte, spy->made_up.bytes[0]);
}

static void keeps_its_budget(void **state)
{
	struct spy *spy = *state;
	unsigned char byte;

	memcache_allow(spy->cache, 3);
	for (int i = 0; i < 3; i++)
		assert_true(memcache_read(spy->cache, BASE, &byte, 1));
	assert_int_equal(memcache_allowed(spy->cache), 0);
	assert_false(memcache_read(spy->cache, BASE, &byte, 1));
	memcache_allow(spy->cache, 1);
	assert_true(memcache_read(spy->cache, BASE, &byte, 1));
}

/* All of a huge memory is not kept: past the last page nothing is readable. */
static struct err *zeros_read(struct memory *memory, struct mem_span *spans, size_t n)
{
	memory->calls++;
	for (size_t i = 0; i < n; i++) {
		memset(spans[i].buf, 0, spans[i].len);
		spans[i].got = spans[i].len;
	}
	return NULL;
}

static void keeps_so_many_pages(void **state)
{
	struct spy *spy = *state;
	struct memory zeros = { .read = zeros_read };
	uint64_t word, n = 0;

	memcache_begin(spy->cache, &zeros);
	while (n < 2 * MEMCACHE_MAX_PAGES && memcache_read(spy->cache, n * MEMCACHE_PAGE, &word, 8))
		n++;
	assert_int_equal(n, MEMCACHE_MAX_PAGES);
	assert_true(memcache_read(spy->cache, 0, &word, 8)); /* what is kept stays readable */
	memcache_begin(spy->cache, &zeros);
	assert_true(memcache_read(spy->cache, n * MEMCACHE_PAGE, &word, 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_what_is_there, setup, teardown),
		cmocka_unit_test_setup_teardown(ends_where_the_memory_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(forgets_when_begun_again, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_its_budget, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_so_many_pages, setup, teardown),
	};

	return cmocka_run_group_tests_name("memcache", tests, NULL, NULL);
}
