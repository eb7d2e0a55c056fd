/* SPDX-License-Identifier: BSD-3-Clause */
/* A run made up by the null tool: traced trials and their baselines, checked and summarised. */
#ifndef TESTS_NULLRUN_H
#define TESTS_NULLRUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/mem.h"
#include "measure/check.h"
#include "report/record/record.h"
#include "tool/tool.h"

#define NULLRUN_T1_NS (12 * NS_PER_US)
#define NULLRUN_T2_NS 1900

static inline struct scenario nullrun_scenario(void)
{
	return (struct scenario){
		.tasks = 4,
		.breakpoints_count = 10,
		.null_libraries = 100,
		.null_t1_ns = NULLRUN_T1_NS,
		.null_t2_ns = NULLRUN_T2_NS,
		.null_seed = 1,
	};
}

static inline void nullrun_trial(const struct scenario *scenario, const struct manifest *manifest, struct trial *trial)
{
	static const volatile bool never;
	struct tool_request request = { .scenario = scenario, .manifest = manifest, .stop = &never };
	struct expectation expectation;

	expectation_init(&expectation, manifest, NULL);
	assert_null(trial->traced ? tool_null.run(&request, trial) : tool_null.run_baseline(&request, trial));
	check_trial(trial, &expectation);
}

static inline void nullrun_make(const struct scenario *scenario, uint32_t repetitions, struct run *run)
{
	run_init(run);
	run->id = mem_strdup("made-up");
	run_add_variant(run, "made-up", NULL, false);
	for (uint32_t i = 0; i < 4 * repetitions; i++) {
		struct trial *trial = run_add_trial(run);

		trial->repetition = i / 4;
		trial->temperature = i / 2 % 2;
		trial->traced = i % 2;
		nullrun_trial(scenario, NULL, trial);
	}
	run_summarise(run);
}

#endif
