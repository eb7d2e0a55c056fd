/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xoshiro256** (Blackman and Vigna) seeded by splitmix64. Not for secrets.
 * Invariant: integer arithmetic alone decides every sequence but rng_unit's, so
 * that no host, compiler or floating-point mode changes a plan.
 */
#include "lib/rng.h"

#include <assert.h>

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

void rng_init(struct rng *rng, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		seed += GOLDEN;
		rng->state[i] = mix(seed);
	}
}

void rng_init_stream(struct rng *rng, uint64_t seed, uint64_t stream)
{
	/* Mixed twice, so that neighbouring seeds and streams do not meet. */
	rng_init(rng, mix(mix(seed + GOLDEN) ^ (stream + 1) * GOLDEN));
}

uint64_t rng_next(struct rng *rng)
{
	uint64_t *s = rng->state;
	uint64_t result = rotl(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
	assert(bound > 0);
	/* 2^64 mod bound: below it the values of the first, incomplete, round lie. */
	uint64_t threshold = -bound % bound;
	uint64_t value;

	do {
		value = rng_next(rng);
	} while (value < threshold);
	return value % bound;
}

int64_t rng_range(struct rng *rng, int64_t low, int64_t high)
{
	assert(low <= high);
	uint64_t span = (uint64_t)high - (uint64_t)low + 1;
	uint64_t offset = span ? rng_below(rng, span) : rng_next(rng);

	return (int64_t)((uint64_t)low + offset);
}

double rng_unit(struct rng *rng)
{
	return (double)(rng_next(rng) >> 11) * 0x1p-53;
}
