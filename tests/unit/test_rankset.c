/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets of ranks: in any order of adding the same ranges, as text and back. */
#include "lib/rng.h"
#include "measure/stats/rankset.h"
#include "unit.h"

static void assert_text(const struct rankset *set, const char *text)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	rankset_put(set, &out);
	assert_string_equal(out.text, text);
}

static void ranges_join(void **state)
{
	static const struct {
		uint32_t ranks[6];
		const char *text;
	} cases[] = {
		{ { 0, 1, 2, 3, 5, 5 }, "0-3,5" },
		{ { 5, 3, 2, 1, 0, 3 }, "0-3,5" },
		{ { 0, 2, 4, 6, 8, 10 }, "0,2,4,6,8,10" },
		{ { 0, 2, 4, 3, 1, 5 }, "0-5" },
		{ { 9, 7, 8, 1, 3, 2 }, "1-3,7-9" },
		{ { UINT32_MAX, 0, UINT32_MAX - 1, 1, 0, 0 }, "0-1,4294967294-4294967295" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rankset set = { 0 };

		for (size_t j = 0; j < ARRAY_SIZE(cases[i].ranks); j++)
			rankset_add(&set, cases[i].ranks[j]);
		assert_text(&set, cases[i].text);
		rankset_deinit(&set);
	}
}

/* Against the plain way: an array of flags. */
static void equals_an_array_of_flags(void **state)
{
	struct rng rng;

	(void)state;
	rng_init(&rng, 7);
	for (size_t round = 0; round < 200; round++) {
		struct rankset sets[2] = { { 0 }, { 0 } }, again = { 0 };
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		bool flags[64] = { false };
		size_t n = 0, at = 0;

		for (size_t i = 0; i < 40; i++) {
			uint32_t rank = (uint32_t)rng_below(&rng, ARRAY_SIZE(flags));

			rankset_add(&sets[rng_below(&rng, 2)], rank);
			n += !flags[rank];
			flags[rank] = true;
		}
		rankset_join(&sets[0], &sets[1]);
		assert_int_equal(rankset_count(&sets[0]), n);
		for (size_t i = 0; i < sets[0].n; i++) {
			const struct rank_range *range = &sets[0].ranges[i];

			for (; at < range->low; at++)
				assert_false(flags[at]);
			for (; at <= range->high; at++)
				assert_true(flags[at]);
			assert_true(at == ARRAY_SIZE(flags) || !flags[at]); /* no two touch */
		}
		for (; at < ARRAY_SIZE(flags); at++)
			assert_false(flags[at]);
		rankset_put(&sets[0], &text);
		assert_ok(rankset_parse(text.text, &again));
		assert_true(rankset_equal(&sets[0], &again));
		rankset_deinit(&sets[0]);
		rankset_deinit(&sets[1]);
		rankset_deinit(&again);
	}
}

static void refuses_other_text(void **state)
{
	static const char *const texts[] = { "x", "1,", ",1", "3-1", "1-", "-1", "1-2-3", "2,1", "0,1", "0-3,3",
					     "4294967296", "1 ", "99999999999999999999999" };
	struct rankset set = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_err_has(rankset_parse(texts[i], &set), "is no set of ranks");
	assert_ok(rankset_parse("", &set));
	assert_int_equal(set.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_join),
		cmocka_unit_test(equals_an_array_of_flags),
		cmocka_unit_test(refuses_other_text),
	};

	return cmocka_run_group_tests_name("rankset", tests, NULL, NULL);
}
