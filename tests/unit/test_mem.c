/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit/unit.h"

static void memory_is_zeroed(void **state)
{
	(void)state;
	_cleanup_free_ char *p = mem_calloc(100, 10);

	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(p[i], 0);
}

static void nothing_is_still_a_pointer(void **state)
{
	(void)state;
	_cleanup_free_ char *a = mem_alloc(0), *b = mem_calloc(0, 8), *c = mem_realloc(NULL, 0, 8);

	assert_non_null(a);
	assert_non_null(b);
	assert_non_null(c);
}

static void strings(void **state)
{
	(void)state;
	_cleanup_free_ char *part = mem_strndup("abcdef", 3), *whole = mem_strdup("abc");
	_cleanup_free_ char *printed = mem_printf("%s-%d", "x", 12);

	assert_null(mem_strdup(NULL));
	assert_string_equal(part, "abc");
	assert_string_equal(whole, "abc");
	assert_string_equal(printed, "x-12");
}

static void array_grows_and_keeps_its_members(void **state)
{
	(void)state;
	_cleanup_free_ int *v = NULL;
	size_t n = 0, cap = 0;

	for (int i = 0; i < 1000; i++) {
		mem_grow(v, n, cap);
		v[n++] = i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(v[i], i);
	assert_true(cap >= n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed),
		cmocka_unit_test(nothing_is_still_a_pointer),
		cmocka_unit_test(strings),
		cmocka_unit_test(array_grows_and_keeps_its_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
