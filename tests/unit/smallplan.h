/* SPDX-License-Identifier: BSD-3-Clause */
/* A plan small enough to be read, with every argument type, a cross function and both kinds of library. */
#ifndef TESTS_SMALLPLAN_H
#define TESTS_SMALLPLAN_H

#include "gen/plan/plan.h"
#include "gen/spec.h"
#include "unit.h"

/* Places in the plan of plan_small. */
enum { BEGIN, MODULE0, MODULE1, MODULE2, FINAL, UTILITY0, UTILITY1, N_LIBRARIES };

/* `setting`: one more key=value, or NULL. The caller deinits both. */
static inline void plan_small_with(const char *setting, struct target_spec *spec, struct plan *plan)
{
	static const char *const settings[] = {
		"name=golden", "seed=7", "modules=3", "utilities=2", "functions=5", "utility_functions=4",
		"max_depth=3", "name_length=3", "cross_module=true", "dependencies.fan_out=2",
	};

	assert_ok(spec_read(NULL, spec));
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		assert_ok(conf_set(&spec_table, settings[i], spec));
	if (setting)
		assert_ok(conf_set(&spec_table, setting, spec));
	assert_ok(spec_check(spec, NULL));
	plan_make(spec, plan);
}

static inline void plan_small(struct target_spec *spec, struct plan *plan)
{
	plan_small_with(NULL, spec, plan);
}

#endif
