/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit/unit.h"

#include "lib/strbuf.h"

static void empty_is_readable_and_needs_no_release(void **state)
{
	(void)state;
	struct strbuf sb = STRBUF_INIT;

	strbuf_add(&sb, "", 0);
	strbuf_puts(&sb, "");
	strbuf_clear(&sb);
	assert_string_equal(sb.text, "");
	assert_int_equal(sb.len, 0);
	assert_ptr_equal(sb.text, strbuf_empty);
}

static void grows_byte_by_byte(void **state)
{
	(void)state;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < 10000; i++) {
		strbuf_putc(&sb, (char)('a' + i % 26));
		assert_int_equal(sb.len, i + 1);
		assert_int_equal(sb.text[sb.len], 0);
	}
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(sb.text[i], 'a' + i % 26);
}

static void formats_beyond_its_room(void **state)
{
	(void)state;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	/* Around every size at which the memory grows. */
	for (int width = 1; width < 600; width++) {
		strbuf_clear(&sb);
		strbuf_printf(&sb, "%*d", width, 7);
		strbuf_printf(&sb, "%s", "end");
		assert_int_equal(sb.len, width + 3);
		assert_string_equal(sb.text + width - 1, "7end");
	}
}

static void keeps_nul_bytes(void **state)
{
	(void)state;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_add(&sb, "a\0b", 3);
	strbuf_puts(&sb, "c");
	assert_int_equal(sb.len, 4);
	assert_memory_equal(sb.text, "a\0bc", 5);
}

static void steal_empties(void **state)
{
	(void)state;
	struct strbuf sb = STRBUF_INIT;

	_cleanup_free_ char *nothing = strbuf_steal(&sb);
	assert_string_equal(nothing, "");
	strbuf_puts(&sb, "text");
	_cleanup_free_ char *text = strbuf_steal(&sb);
	assert_string_equal(text, "text");
	assert_string_equal(sb.text, "");
	assert_int_equal(sb.cap, 0);
}

static void makes_legible(void **state)
{
	static const struct {
		const char *text, *keep, *legible;
	} cases[] = {
		{ "plain/caf\xc3\xa9 x", "", "plain/caf\xc3\xa9 x" },
		{ "a\x1b[31mb", "", "a\\033[31mb" },
		{ "a\nb\tc", "", "a\\012b\\011c" },
		{ "a\nb\tc", "\n", "a\nb\\011c" },
		{ "\xff\xc3", "", "\\377\\303" },
		{ "\xc2\x9b" "1m\x7f", "", "\\302\\2331m\\177" }, /* CSI as one character; DEL */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

		strbuf_puts_legible(&sb, cases[i].text, cases[i].keep);
		assert_string_equal(sb.text, cases[i].legible);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_is_readable_and_needs_no_release),
		cmocka_unit_test(grows_byte_by_byte),
		cmocka_unit_test(formats_beyond_its_room),
		cmocka_unit_test(keeps_nul_bytes),
		cmocka_unit_test(steal_empties),
		cmocka_unit_test(makes_legible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
