/* SPDX-License-Identifier: BSD-3-Clause */
/* Listings of loaders, whose names are as they are. */
#include "unit.h"

#include "lib/loaderlist.h"

static void cut(const char *text, const char *const *want)
{
	_cleanup_free_ char *copy = mem_strdup(text);
	char *rest = copy, *piece;

	while ((piece = loaderlist_next(&rest))) {
		assert_non_null(*want);
		assert_string_equal(piece, *want++);
	}
	assert_null(*want);
}

#define WANT(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void a_line_each(void **state)
{
	(void)state;
	cut("\tlinux-vdso.so.1 (0x00007ffd1)\n\tliba.so => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x00007f1)\n",
	    WANT("\tlinux-vdso.so.1 (0x00007ffd1)", "\tliba.so => not found",
		 "\tlibc.so.6 => /lib/libc.so.6 (0x00007f1)"));
	cut("\tstatically linked\n", WANT("\tstatically linked"));
	cut("", WANT(NULL));
	cut("no end", WANT("no end"));
}

static void names_with_newlines(void **state)
{
	(void)state;
	cut("\tl.so => /a\nb/l.so (0x7f1)\n\t/c (0x)\nd/e.so (0x7f2)\n\tf\ng.so => not found\n",
	    WANT("\tl.so => /a\nb/l.so (0x7f1)", "\t/c (0x)\nd/e.so (0x7f2)", "\tf\ng.so => not found"));
}

static void the_address_is_the_last(void **state)
{
	char piece[] = "\tl.so => /c (0x1)/l.so (0x7f2)", none[] = "\tl.so => not found";

	(void)state;
	assert_string_equal(loaderlist_address(piece), " (0x7f2)");
	assert_null(loaderlist_address(none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_each),
		cmocka_unit_test(names_with_newlines),
		cmocka_unit_test(the_address_is_the_last),
	};

	return cmocka_run_group_tests_name("loaderlist", tests, NULL, NULL);
}
