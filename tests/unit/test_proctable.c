/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A launcher's process table from memory that a test made up: what is right is read, in
 * batches, and what is hostile is refused with its row.
 */
#include "unit.h"

#include <sys/types.h>

#include "job/acquire/proctable.h"
#include "made_up.h"

#define BASE UINT64_C(0x10000)
#define PAGE 4096

static struct made_up pages_of(size_t n)
{
	struct made_up m;

	made_up_init(&m, BASE, n * PAGE);
	return m;
}

static uint64_t put_string(struct made_up *m, const char *text)
{
	uint64_t addr = BASE + m->used;

	assert_true(m->used + strlen(text) + 1 <= m->size);
	memcpy(m->bytes + m->used, text, strlen(text) + 1);
	m->used += strlen(text) + 1;
	return addr;
}

static void put_row(struct made_up *m, size_t i, uint64_t host, uint64_t exe, int32_t pid)
{
	unsigned char *row = m->bytes + i * PROCTABLE_ROW_BYTES;

	memcpy(row, &host, 8);
	memcpy(row + 8, &exe, 8);
	memcpy(row + 16, &pid, 4);
}

/* Rows first, strings behind them. Every second row is here. */
static struct made_up table_of(size_t n)
{
	struct made_up m = pages_of(n * (PROCTABLE_ROW_BYTES + 32) / PAGE + 4);

	m.used = n * PROCTABLE_ROW_BYTES;
	for (size_t i = 0; i < n; i++) {
		uint64_t host = put_string(&m, i % 2 ? "there" : "here"), exe = put_string(&m, "/bin/task");

		put_row(&m, i, host, exe, (int32_t)(100 + i));
	}
	return m;
}

static bool is_here(const char *host, const void *arg)
{
	(void)arg;
	return !strcmp(host, "here");
}

static struct err *read_rows(struct made_up *m, int64_t n, struct proctable *ret)
{
	return proctable_read(&m->memory, BASE, n, is_here, NULL, ret);
}

static void rows_here_are_kept(void **state)
{
	struct made_up m = table_of(5);
	struct proctable table;

	(void)state;
	assert_ok(read_rows(&m, 5, &table));
	assert_int_equal(table.n_total, 5);
	assert_int_equal(table.n_rows, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(table.rows[i].rank, 2 * i);
		assert_int_equal(table.rows[i].pid, 100 + 2 * i);
		assert_string_equal(table.rows[i].host, "here");
		assert_string_equal(table.rows[i].exe, "/bin/task");
	}
	proctable_deinit(&table);
	made_up_deinit(&m);
}

static void many_rows_are_read_in_batches(void **state)
{
	enum { N = 100000 };
	struct made_up m = table_of(N);
	struct proctable table;

	(void)state;
	assert_ok(read_rows(&m, N, &table));
	assert_int_equal(table.n_rows, N / 2);
	assert_int_equal(table.rows[N / 2 - 1].pid, 100 + N - 2);
	/* one for some thousand rows, and one for each page of strings */
	assert_in_range(m.memory.calls, 2, N / 2048 + 2 + m.size / PAGE);
	proctable_deinit(&table);
	made_up_deinit(&m);
}

/* Refused, with this said. Frees the memory. */
static void refused(struct made_up m, int64_t n, const char *part)
{
	struct proctable table = { .n_rows = 77 };

	assert_err_has(read_rows(&m, n, &table), part);
	assert_int_equal(table.n_rows, 77);
	made_up_deinit(&m);
}

static void counts_are_bounded(void **state)
{
	(void)state;
	refused(table_of(2), 0, "0 rows");
	refused(table_of(2), -1, "-1 rows");
	refused(table_of(2), INT32_MAX, "2147483647 rows");
	refused(table_of(2), (int64_t)PROCTABLE_MAX_ROWS + 1, "4194305 rows");
	refused(table_of(2), PROCTABLE_MAX_ROWS, "not mapped"); /* more than there is */
}

static void pointers_are_checked(void **state)
{
	static const uint64_t bad[] = { 0, 8, BASE - 1, UINT64_MAX, UINT64_MAX - 4096 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct made_up m = table_of(3);

		put_row(&m, 1, bad[i], BASE, 5);
		refused(m, 3, "row 1: host: cannot read");
		m = table_of(3);
		put_row(&m, 2, put_string(&m, "here"), bad[i], 5);
		refused(m, 3, "row 2: executable: cannot read");
		/* of a task elsewhere the executable is not asked for */
		m = table_of(3);
		put_row(&m, 2, put_string(&m, "there"), bad[i], 5);
		struct proctable table;
		assert_ok(read_rows(&m, 3, &table));
		proctable_deinit(&table);
		made_up_deinit(&m);
	}
}

static void strings_must_end(void **state)
{
	struct made_up m = pages_of(4);
	struct proctable table;

	(void)state;
	memset(m.bytes + PAGE, 'x', 3 * PAGE);
	put_row(&m, 0, BASE + PAGE, BASE + PAGE, 7);
	refused(m, 1, "row 0: host: a string at 0x11000 does not end within 256 bytes");

	m = pages_of(4);
	m.used = PAGE - 5;
	put_row(&m, 0, put_string(&m, "here"), BASE + PAGE, 7);
	memset(m.bytes + PAGE, 'x', 3 * PAGE);
	refused(m, 1, "does not end within 4096 bytes");

	/* the longest that may be, over the end of a page and up to the end of the memory */
	m = pages_of(4);
	m.used = PAGE - 5;
	put_row(&m, 0, put_string(&m, "here"), BASE + 3 * PAGE, 7);
	memset(m.bytes + 3 * PAGE, 'x', PAGE - 1);
	assert_ok(read_rows(&m, 1, &table));
	assert_int_equal(strlen(table.rows[0].exe), PROCTABLE_MAX_EXE - 1);
	proctable_deinit(&table);

	/* and one that leaves it */
	m.bytes[4 * PAGE - 1] = 'x';
	put_row(&m, 0, BASE + PAGE - 5, BASE + 3 * PAGE + 1, 7);
	refused(m, 1, "row 0: executable: cannot read");
}

static void pids_are_checked(void **state)
{
	static const int32_t bad[] = { 0, -1, INT32_MIN, INT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct made_up m = table_of(2);

		put_row(&m, 1, put_string(&m, "there"), BASE, bad[i]);
		refused(m, 2, "is no pid");
	}
	struct made_up m = table_of(3);
	put_row(&m, 2, put_string(&m, "here"), put_string(&m, "/bin/task"), 100);
	refused(m, 3, "ranks 0 and 2 have the same pid 100");
}

static void empty_hosts_are_refused(void **state)
{
	struct made_up m = table_of(2);

	(void)state;
	put_row(&m, 0, put_string(&m, ""), BASE, 5);
	refused(m, 2, "row 0: it has no host");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_here_are_kept),
		cmocka_unit_test(many_rows_are_read_in_batches),
		cmocka_unit_test(counts_are_bounded),
		cmocka_unit_test(pointers_are_checked),
		cmocka_unit_test(strings_must_end),
		cmocka_unit_test(pids_are_checked),
		cmocka_unit_test(empty_hosts_are_refused),
	};

	return cmocka_run_group_tests_name("proctable", tests, NULL, NULL);
}
