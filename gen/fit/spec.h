/* SPDX-License-Identifier: BSD-3-Clause */
/* The spec that has the knobs which were found. */
#ifndef GEN_FIT_SPEC_H
#define GEN_FIT_SPEC_H

#include "gen/fit/solve.h"

/* What changes the costs themselves: samples hold for one style. */
struct fit_style {
	bool compact;     /* smaller code for the same functions: optimised, no calls of utilities */
	bool short_names;
};

/* A copy of the base, its own keys kept, with these knobs, checked; free with spec_deinit. */
MUST_CHECK struct err *fit_make_spec(const struct target_spec *base, const struct fit_knobs *knobs,
				     const struct fit_style *style, int64_t modules, int64_t utilities,
				     struct target_spec *ret);

#endif
