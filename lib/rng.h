/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seeded random numbers, the same sequence on every host and compiler
 * (xoshiro256** seeded by splitmix64: Blackman and Vigna, public domain
 * algorithm descriptions). Integer arithmetic only, so that no floating-point
 * mode can change a plan.
 */
#ifndef LIB_RNG_H
#define LIB_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state[4];
};

void rng_init(struct rng *rng, uint64_t seed);

/*
 * A generator of its own for one purpose (say, library 17), derived from a seed
 * and an index, so that adding a library does not change the others.
 */
void rng_init_stream(struct rng *rng, uint64_t seed, uint64_t stream);

uint64_t rng_next(struct rng *rng);

/* Uniform in [0, bound), without modulo bias; bound > 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* Uniform in [low, high], both included; low <= high. */
int64_t rng_range(struct rng *rng, int64_t low, int64_t high);

/* Uniform in [0, 1), 53 bits. For measurement code (bootstrap, null tool), not for plans. */
double rng_unit(struct rng *rng);

#endif
