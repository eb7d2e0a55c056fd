/* SPDX-License-Identifier: BSD-3-Clause */
/* Edits of a text gathered into runs, on memory that the test makes up. */
#include "trace/memory/textwrite.h"
#include "unit.h"

#define BASE 0x10000u
#define SIZE (64u * 4096u)

struct made_up_text {
	struct text_port port; /* first */
	uint8_t bytes[SIZE];
	size_t reads, writes, read_bytes;
	taddr refused; /* the write that touches this address fails; 0: none */
};

static struct err *text_read(struct text_port *port, taddr addr, void *buf, size_t len)
{
	struct made_up_text *text = (struct made_up_text *)port;

	assert_true(addr >= BASE && addr + len <= BASE + SIZE);
	memcpy(buf, text->bytes + (addr - BASE), len);
	text->reads++;
	text->read_bytes += len;
	return NULL;
}

static struct err *text_write(struct text_port *port, taddr addr, const void *buf, size_t len)
{
	struct made_up_text *text = (struct made_up_text *)port;

	assert_true(addr >= BASE && addr + len <= BASE + SIZE);
	if (text->refused >= addr && text->refused < addr + len)
		return err_new("refused");
	memcpy(text->bytes + (addr - BASE), buf, len);
	text->writes++;
	return NULL;
}

static struct made_up_text *text_create(void)
{
	struct made_up_text *text = mem_alloc(sizeof(*text));

	text->port = (struct text_port){ text_read, text_write };
	for (size_t i = 0; i < SIZE; i++)
		text->bytes[i] = (uint8_t)(i * 7 + i / 4096);
	return text;
}

/* Offsets from BASE, -1 at the end; how many runs they make, and how much is read for them. */
static void runs_are_of_what_is_near(void **state)
{
	static const struct {
		int at[12];
		size_t writes, reads, read_bytes;
	} cases[] = {
		{ { 5, -1 }, 1, 0, 0 },
		{ { 5, 6, 7, -1 }, 1, 1, 3 },
		{ { 0, 4095, -1 }, 1, 1, 4096 },
		{ { 4095, 4096, -1 }, 1, 1, 2 },
		{ { 3000, 5048, -1 }, 1, 1, 2049 },         /* the next page, and near */
		{ { 3000, 5049, -1 }, 2, 0, 0 },            /* not near */
		{ { 0, 4096, 8192, 12288, -1 }, 4, 0, 0 },
		{ { 2048, 4096, 6144, 8192, -1 }, 1, 1, 6145 },
		{ { 1, 2, 40960, 40961, 90000, -1 }, 3, 2, 4 },
		{ { 0, 10, 20, 30, 40, 50, 60, 70, 80, 90, -1 }, 1, 1, 91 }, /* ten of one library */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct made_up_text *text = text_create(), *plain = text_create();
		struct text_edit edits[12];
		uint64_t writes;
		size_t n = 0;

		for (; cases[i].at[n] >= 0; n++) {
			edits[n] = (struct text_edit){ BASE + (unsigned int)cases[i].at[n], 0xcc };
			plain->bytes[cases[i].at[n]] = 0xcc;
		}
		assert_ok(text_write_runs(&text->port, edits, n, &writes));
		assert_int_equal(writes, cases[i].writes);
		assert_int_equal(text->writes, cases[i].writes);
		assert_int_equal(text->reads, cases[i].reads);
		assert_int_equal(text->read_bytes, cases[i].read_bytes);
		assert_memory_equal(text->bytes, plain->bytes, SIZE);
		free(text);
		free(plain);
	}
}

/* A run ends before it outgrows its buffer, however dense its pages are. */
static void runs_are_bounded(void **state)
{
	struct made_up_text *text = text_create();
	struct text_edit edits[64];
	uint64_t writes;

	(void)state;
	for (size_t i = 0; i < 64; i++)
		edits[i] = (struct text_edit){ BASE + i * 2048, 0xcc };
	assert_int_equal(text_run(edits, 64), TEXT_RUN_BYTES / 2048);
	assert_ok(text_write_runs(&text->port, edits, 64, &writes));
	assert_int_equal(writes, 64 * 2048 / TEXT_RUN_BYTES);
	for (size_t i = 0; i < 64; i++)
		assert_int_equal(text->bytes[i * 2048], 0xcc);
	free(text);
}

static void a_refusal_ends_it(void **state)
{
	struct made_up_text *text = text_create();
	const struct text_edit edits[] = { { BASE, 1 }, { BASE + 20000, 2 }, { BASE + 40000, 3 } };
	uint64_t writes;

	(void)state;
	text->refused = BASE + 20000;
	assert_err(text_write_runs(&text->port, edits, 3, &writes), "refused");
	assert_int_equal(writes, 1);
	assert_int_equal(text->bytes[0], 1);
	assert_int_not_equal(text->bytes[40000], 3);
	free(text);
}

static void nothing_is_no_write(void **state)
{
	struct made_up_text *text = text_create();
	uint64_t writes;

	(void)state;
	assert_ok(text_write_runs(&text->port, NULL, 0, &writes));
	assert_int_equal(writes, 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_are_of_what_is_near),
		cmocka_unit_test(runs_are_bounded),
		cmocka_unit_test(a_refusal_ends_it),
		cmocka_unit_test(nothing_is_no_write),
	};

	return cmocka_run_group_tests_name("textwrite", tests, NULL, NULL);
}
