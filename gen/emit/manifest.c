/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plan -> struct manifest: what was planned, in the terms of those who run it. Whether
 * it was built is the caller's word: the manifest is written after the build only.
 */
#include "gen/emit/build.h"

#include "gen/program.h"
#include "lib/mem.h"

static void describe_library(const struct plan *plan, const struct plan_library *library,
			     struct manifest_library *ret)
{
	ret->name = mem_strdup(library->name);
	ret->path = mem_printf("lib/%s.so", library->name);
	ret->kind = library->kind;
	ret->function_pattern = plan_function_pattern(plan, library);
	ret->n_functions = library->n_functions;
	ret->calls = mem_calloc(library->n_functions, sizeof(*ret->calls));
	for (size_t i = 0; i < library->n_functions; i++)
		ret->calls[i] = library->functions[i].count;
	if (library->entry != PLAN_NONE)
		ret->entry = plan_function_name(plan, library, library->entry);
	if (library->cross != PLAN_NONE) {
		ret->cross = plan_function_name(plan, library, library->cross);
		ret->cross_calls = library->functions[library->cross].count;
	}
	ret->n_dependencies = library->n_dependencies;
	ret->dependencies = mem_calloc(library->n_dependencies + 1, sizeof(*ret->dependencies));
	for (size_t i = 0; i < library->n_dependencies; i++)
		ret->dependencies[i] = library->dependencies[i];
	ret->visit_result = library->visit_result;
}

void emit_manifest(const struct plan *plan, const struct target_spec *spec, const struct toolchain *toolchain,
		   struct manifest *ret)
{
	*ret = (struct manifest){
		.name = mem_strdup(spec->name),
		.generator = mem_strdup(GENERATOR),
		.seed = spec->seed,
		.spec = conf_to_json(&spec_table, spec),
		.compiler = mem_strdup(spec->cc),
		.compiler_version = mem_strdup(toolchain->compiler_version),
		.python = mem_strdup(spec->python),
		.python_version = mem_strdup(toolchain->python_version),
		.driver = mem_strdup("driver.py"),
		.libraries = mem_calloc(plan->n_libraries, sizeof(*ret->libraries)),
		.n_libraries = plan->n_libraries,
		.n_modules = plan->n_modules,
		.expect_libraries = plan->n_loaded,
		.expect_functions = plan->n_visited,
		.expect_calls = plan->n_calls,
		.expect_import_events = plan->n_import_events,
	};
	ret->programs = program_describe(spec, plan, &ret->n_programs);
	for (size_t i = 0; i < plan->n_libraries; i++)
		describe_library(plan, &plan->libraries[i], &ret->libraries[i]);
}
