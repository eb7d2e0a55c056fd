/* SPDX-License-Identifier: BSD-3-Clause */
/* FNV-1a: digests that its authors published (RFC 9923; test_fnv.c of their reference code). */
#include "lib/fnv.h"

#include "unit/unit.h"

static const struct vector {
	const char *bytes;
	size_t len;
	uint64_t digest;
} vectors[] = {
	{ "", 0, 0xcbf29ce484222325 },
	{ "a", 1, 0xaf63dc4c8601ec8c },
	{ "b", 1, 0xaf63df4c8601f1a5 },
	{ "foo", 3, 0xdcb27518fed9d577 },
	{ "foob", 4, 0xdd120e790c2512af },
	{ "foobar", 6, 0x85944171f73967e8 },
	{ "chongo was here!\n", 17, 0x46810940eff5f915 },
	/* With a NUL, which no text has. */
	{ "a", 2, 0x089be207b544f1e4 },
	{ "foobar", 7, 0x34531ca7168b8f38 },
};

static void published_digests(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const struct vector *vector = &vectors[i];
		size_t half = vector->len / 2;
		uint64_t digest = fnv_feed(FNV_BASIS, vector->bytes, half);

		assert_int_equal(fnv_feed(FNV_BASIS, vector->bytes, vector->len), vector->digest);
		assert_int_equal(fnv_feed(digest, vector->bytes + half, vector->len - half), vector->digest);
		if (vector->len == strlen(vector->bytes))
			assert_int_equal(fnv_text(vector->bytes), vector->digest);
	}
}

/* Signed or not, a byte above 127 is fed as it is. */
static void bytes_above_127(void **state)
{
	(void)state;
	assert_int_equal(fnv_text("\xff"), (FNV_BASIS ^ 0xff) * FNV_PRIME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_digests),
		cmocka_unit_test(bytes_above_127),
	};

	return cmocka_run_group_tests_name("fnv", tests, NULL, NULL);
}
