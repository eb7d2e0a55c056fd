/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes a plan from a spec: its libraries, how many functions each has, their signatures
 * and bodies. Who depends on whom is in graph.c, who calls whom in calls.c.
 * Invariant: every purpose has a random stream of its own, so that one more library, or
 * another shape of the graph, does not change the functions of the others.
 */
#include <assert.h>

#include "gen/plan/internal.h"
#include "lib/mem.h"

/* --- functions ------------------------------------------------------------------- */

static void make_signature(struct plan_function *function, struct rng *rng)
{
	function->n_args = rng_below(rng, PLAN_MAX_ARGS + 1);
	/* The second bound is for the compiler, which does not know the first one's. */
	for (unsigned i = 0; i < function->n_args && i < PLAN_MAX_ARGS; i++)
		function->args[i] = rng_below(rng, PLAN_N_TYPES);
}

static enum body_kind draw_kind(const struct target_spec *spec, struct rng *rng)
{
	int64_t total = 0, at;
	unsigned kind = 0;

	for (size_t i = 0; i < BODY_N_KINDS; i++)
		total += spec->body_weights[i];
	at = rng_below(rng, total);
	while (at >= spec->body_weights[kind])
		at -= spec->body_weights[kind++];
	return kind;
}

#define BYTES_PER_WORD 8 /* on any host: a plan does not depend on where it is made */
#define MIN_DATA_WORDS 64
#define BYTES_PER_DEBUG_TYPE 290 /* gcc 12 on x86-64, DWARF 5 */

static void make_bodies(struct plan_library *library, const struct target_spec *spec)
{
	bool module = library->kind == LIBRARY_MODULE, memory = false;
	struct rng rng;

	plan_init_stream(&rng, spec, module ? STREAM_MODULE_BODY : STREAM_UTILITY_BODY, library->index);
	for (size_t i = 0; i < library->n_all; i++) {
		struct plan_function *function = &library->functions[i];

		if (i == library->entry)
			continue;
		function->stack_bytes = spec->body_stack;
		if (spec->body_sizes.n)
			function->body_size = spec->body_sizes.ints[rng_below(&rng, spec->body_sizes.n)];
		if (function->body_size)
			function->body = draw_kind(spec, &rng);
		memory |= function->body == BODY_MEMORY;
	}
	library->data_words = (spec->data_size + BYTES_PER_WORD - 1) / BYTES_PER_WORD;
	library->debug_types = (spec->debug_size + BYTES_PER_DEBUG_TYPE / 2) / BYTES_PER_DEBUG_TYPE;
	if (memory && library->data_words < MIN_DATA_WORDS)
		library->data_words = MIN_DATA_WORDS;
}

static void make_functions(struct plan_library *library, const struct target_spec *spec)
{
	bool module = library->kind == LIBRARY_MODULE;
	int64_t average = module ? spec->functions : spec->utility_functions;
	int64_t spread = average * spec->functions_spread / 100;
	struct rng rng;

	plan_init_stream(&rng, spec, module ? STREAM_MODULE : STREAM_UTILITY, library->index);
	/* The same below as above, so that odd averages stay the average. */
	library->n_functions = rng_range(&rng, average - spread, average + spread);
	library->n_all = library->n_functions;
	library->cross = module && spec->cross_module ? library->n_all++ : PLAN_NONE;
	library->entry = module ? library->n_all++ : PLAN_NONE;
	library->functions = mem_calloc(library->n_all, sizeof(*library->functions));
	for (uint32_t i = 0; i < library->n_functions; i++)
		make_signature(&library->functions[i], &rng);
	if (library->cross != PLAN_NONE)
		make_signature(&library->functions[library->cross], &rng);
	make_bodies(library, spec);
}

/* Every so manieth of n is one of count, the last of n among them. */
static bool is_drawn(size_t i, size_t n, size_t count)
{
	return count && (i + 1) * count / n > i * count / n;
}

enum plan_symbols plan_symbols_of(const struct target_spec *spec, size_t i)
{
	size_t n = spec->modules + spec->utilities, n_stripped = spec->stripped_libraries;

	if (is_drawn(i, n, n_stripped))
		return PLAN_STRIPPED;
	if (is_drawn(i - i * n_stripped / n, n - n_stripped, spec->undebugged_libraries))
		return PLAN_NO_DEBUG;
	return PLAN_DEBUG;
}

static void make_break_module(struct plan_library *library, enum plan_role role, const char *name)
{
	library->kind = LIBRARY_MODULE;
	library->role = role;
	library->name = mem_strdup(name);
	library->cross = PLAN_NONE;
	library->entry = 0;
	library->n_all = 1;
	library->functions = mem_calloc(1, sizeof(*library->functions));
}

static void make_library(struct plan_library *library, enum library_kind kind, uint32_t index,
			 const struct target_spec *spec)
{
	library->kind = kind;
	library->index = index;
	library->name = mem_printf("lib%s%u", kind == LIBRARY_MODULE ? "module" : "utility", index);
	library->symbols = plan_symbols_of(spec, kind == LIBRARY_MODULE ? index : spec->modules + index);
	make_functions(library, spec);
}

static void make_libraries(struct plan *plan, const struct target_spec *spec)
{
	size_t n = 0;

	plan->first_module = spec->break_modules ? 1 : 0;
	plan->n_ordinary = spec->modules;
	plan->n_modules = spec->modules + 2 * plan->first_module;
	plan->n_libraries = plan->n_modules + spec->utilities;
	plan->libraries = mem_calloc(plan->n_libraries, sizeof(*plan->libraries));
	if (spec->break_modules)
		make_break_module(&plan->libraries[n++], PLAN_BEGIN, "libmodulebegin");
	for (int64_t i = 0; i < spec->modules; i++)
		make_library(&plan->libraries[n++], LIBRARY_MODULE, i, spec);
	if (spec->break_modules)
		make_break_module(&plan->libraries[n++], PLAN_FINAL, "libmodulefinal");
	for (int64_t i = 0; i < spec->utilities; i++)
		make_library(&plan->libraries[n++], LIBRARY_UTILITY, i, spec);
}

/* --- whole ----------------------------------------------------------------------- */

static char *make_suffix(int64_t length)
{
	char *suffix = mem_calloc(length + 1, 1);

	for (int64_t i = 0; i < length; i++)
		suffix[i] = i ? 'a' + (i - 1) % 26 : '_';
	return suffix;
}

void plan_make(const struct target_spec *spec, struct plan *ret)
{
	struct plan plan = { 0 };

	assert(spec->modules > 0 && spec->functions > 0 && spec->utility_functions > 0);
	plan.short_names = spec->short_names;
	plan.name_suffix = make_suffix(spec->name_length);
	make_libraries(&plan, spec);
	plan_make_dependencies(&plan, spec);
	plan_make_calls(&plan, spec);
	plan_count(&plan);
	*ret = plan;
}

void plan_deinit(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_libraries; i++) {
		struct plan_library *library = &plan->libraries[i];

		free(library->name);
		free(library->functions);
		free(library->calls);
		free(library->dependencies);
	}
	free(plan->libraries);
	free(plan->name_suffix);
	*plan = (struct plan){ 0 };
}

char plan_letter(const struct plan_library *library)
{
	return library->kind == LIBRARY_MODULE ? 'm' : 'u';
}

const char *plan_break_symbol(const struct plan_library *library)
{
	return library->role == PLAN_BEGIN ? "begin_break_here" :
	       library->role == PLAN_FINAL ? "break_here" :
					     NULL;
}

char *plan_function_pattern(const struct plan *plan, const struct plan_library *library)
{
	if (plan->short_names && library->role == PLAN_ORDINARY)
		return mem_printf("%c%u_{}%s", plan_letter(library), library->index, plan->name_suffix);
	return mem_printf("%s_fn{}%s", library->name, plan->name_suffix);
}

char *plan_function_name(const struct plan *plan, const struct plan_library *library, uint32_t function)
{
	if (function == library->entry)
		return library->role == PLAN_ORDINARY ? mem_printf("%s_visit", library->name) :
							mem_strdup(plan_break_symbol(library));
	if (function == library->cross)
		return mem_printf("%s_cross%s", library->name, plan->name_suffix);
	if (plan->short_names)
		return mem_printf("%c%u_%u%s", plan_letter(library), library->index, function, plan->name_suffix);
	return mem_printf("%s_fn%u%s", library->name, function, plan->name_suffix);
}

bool plan_passes_string(const struct plan *plan, const struct plan_call *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct plan_function *callee = &plan->libraries[calls[i].library].functions[calls[i].function];

		for (unsigned j = 0; j < callee->n_args; j++)
			if (callee->args[j] == PLAN_STRING)
				return true;
	}
	return false;
}
