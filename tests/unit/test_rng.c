/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit/unit.h"

#include "lib/rng.h"

/* The first values of xoshiro256** from a known state: Blackman and Vigna's reference code
 * with s = {1, 2, 3, 4}. */
static void generator_is_xoshiro(void **state)
{
	(void)state;
	static const uint64_t expected[] = {
		11520ULL, 0ULL, 1509978240ULL, 1215971899390074240ULL, 1216172134540287360ULL,
		607988272756665600ULL, 16172922978634559625ULL, 8476171486693032832ULL,
		10595114339597558777ULL, 2904607092377533576ULL,
	};
	struct rng rng = { .state = { 1, 2, 3, 4 } };

	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_true(rng_next(&rng) == expected[i]);
}

/* splitmix64 from 1234567: the reference code's first four. */
static void seeding_is_splitmix(void **state)
{
	(void)state;
	static const uint64_t expected[] = {
		6457827717110365317ULL, 3203168211198807973ULL, 9817491932198370423ULL, 4593380528125082431ULL,
	};
	struct rng rng;

	rng_init(&rng, 1234567);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_true(rng.state[i] == expected[i]);
}

/* Plans, and with them the bytes of every target, stand on these. */
static void sequences_stay_as_they_are(void **state)
{
	(void)state;
	static const uint64_t seeded[] = {
		UINT64_C(1546998764402558742), UINT64_C(6990951692964543102),
		UINT64_C(12544586762248559009), UINT64_C(17057574109182124193),
	};
	static const uint64_t streamed[] = {
		UINT64_C(12180749432949435640), UINT64_C(16909155703745028549),
		UINT64_C(9323281103269577124), UINT64_C(1934597327725568828),
	};
	static const int64_t ranged[] = { 239, 77, 55, 412, 213, 263, 264, 722 };
	struct rng rng;

	rng_init(&rng, 42);
	for (size_t i = 0; i < ARRAY_SIZE(seeded); i++)
		assert_true(rng_next(&rng) == seeded[i]);
	rng_init_stream(&rng, 42, 17);
	for (size_t i = 0; i < ARRAY_SIZE(streamed); i++)
		assert_true(rng_next(&rng) == streamed[i]);
	rng_init(&rng, 42);
	for (size_t i = 0; i < ARRAY_SIZE(ranged); i++)
		assert_int_equal(rng_range(&rng, -100, 1000), ranged[i]);
}

static void streams_differ_from_each_other_and_from_the_seed(void **state)
{
	(void)state;
	enum { SEEDS = 8, STREAMS = 64 };
	uint64_t first[SEEDS * (STREAMS + 1)];
	size_t n = 0;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct rng rng;

		rng_init(&rng, seed);
		first[n++] = rng_next(&rng);
		for (uint64_t stream = 0; stream < STREAMS; stream++) {
			rng_init_stream(&rng, seed, stream);
			first[n++] = rng_next(&rng);
		}
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			assert_true(first[i] != first[j]);
}

static void bounds_are_kept_and_reached(void **state)
{
	(void)state;
	struct rng rng;
	size_t count[7] = { 0 };

	rng_init(&rng, 1);
	for (int i = 0; i < 7000; i++) {
		uint64_t value = rng_below(&rng, 7);

		assert_true(value < 7);
		count[value]++;
	}
	for (int i = 0; i < 7; i++)
		assert_in_range(count[i], 800, 1200);
	assert_int_equal(rng_below(&rng, 1), 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(rng_range(&rng, 5, 5), 5);
		assert_true(rng_below(&rng, (UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
		int64_t v = rng_range(&rng, -2, 2);
		assert_true(v >= -2 && v <= 2);
	}
	rng_range(&rng, INT64_MIN, INT64_MAX);
}

static void unit_is_in_its_interval(void **state)
{
	(void)state;
	struct rng rng;
	double sum = 0;

	rng_init(&rng, 3);
	for (int i = 0; i < 10000; i++) {
		double u = rng_unit(&rng);

		assert_true(u >= 0 && u < 1);
		sum += u;
	}
	assert_true(sum > 4900 && sum < 5100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generator_is_xoshiro),
		cmocka_unit_test(seeding_is_splitmix),
		cmocka_unit_test(sequences_stay_as_they_are),
		cmocka_unit_test(streams_differ_from_each_other_and_from_the_seed),
		cmocka_unit_test(bounds_are_kept_and_reached),
		cmocka_unit_test(unit_is_in_its_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
