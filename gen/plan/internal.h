/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of plan_make share. */
#ifndef GEN_PLAN_INTERNAL_H
#define GEN_PLAN_INTERNAL_H

#include "gen/plan/plan.h"
#include "lib/rng.h"

/* What a random stream is for; its index is the library's within its kind. New ones go to
 * the end: the numbers are part of every plan. */
enum stream {
	STREAM_MODULE,
	STREAM_UTILITY,
	STREAM_CALLS,
	STREAM_GRAPH,
	STREAM_MODULE_BODY,
	STREAM_UTILITY_BODY,
	STREAM_COVERAGE,
	STREAM_UTILITY_CALLS,
	STREAM_UTILITY_GRAPH,
};

static inline void plan_init_stream(struct rng *rng, const struct target_spec *spec, enum stream purpose,
				    uint32_t index)
{
	rng_init_stream(rng, spec->seed, (uint64_t)purpose << 32 | index);
}

/* n distinct elements of v[0..len), moved to its front. */
void plan_draw_front(uint32_t *v, size_t len, size_t n, struct rng *rng);

/* Fills the dependencies of all libraries. */
void plan_make_dependencies(struct plan *plan, const struct target_spec *spec);

/* Fills the calls of all libraries, which have their dependencies. */
void plan_make_calls(struct plan *plan, const struct target_spec *spec);

#endif
