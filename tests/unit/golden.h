/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Texts against golden files. After an intended change: UPDATE_GOLDEN=1 build/tests/unit/test_<noun>
 * in the root of the tree, then read the diff.
 */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "unit.h"

/* The text is that of the file in tests/golden/, to the byte. */
static inline void assert_golden(const char *name, const char *text)
{
	_cleanup_strbuf_ struct strbuf golden = STRBUF_INIT;
	_cleanup_free_ char *path = fs_join("tests/golden", name);

	if (getenv("UPDATE_GOLDEN"))
		assert_ok(fs_publish(path, text, strlen(text)));
	assert_ok(fs_read(path, &golden));
	assert_string_equal(text, golden.text);
}

#endif
