/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes a plan from a spec: how many functions each library has, their signatures,
 * which libraries a module depends on, who calls whom. Every purpose has a random
 * stream of its own, so that one more library does not change the functions of the
 * others. Invariant: a module depends only on utilities and on earlier modules, so
 * that importing in order never loads a later module.
 */
#include "gen/plan.h"

#include <assert.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/rng.h"

/* What a random stream is for; the low half is the library's index within its kind. */
enum stream { STREAM_MODULE, STREAM_UTILITY, STREAM_CALLS, STREAM_GRAPH,
	      STREAM_MODULE_BODY, STREAM_UTILITY_BODY };

static void init_stream(struct rng *rng, const struct target_spec *spec, enum stream purpose, uint32_t index)
{
	rng_init_stream(rng, spec->seed, (uint64_t)purpose << 32 | index);
}

/* --- functions ------------------------------------------------------------------- */

static void make_signature(struct plan_function *function, struct rng *rng)
{
	function->n_args = rng_below(rng, PLAN_MAX_ARGS + 1);
	for (unsigned i = 0; i < function->n_args; i++)
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

	init_stream(&rng, spec, module ? STREAM_MODULE_BODY : STREAM_UTILITY_BODY, library->index);
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

	init_stream(&rng, spec, module ? STREAM_MODULE : STREAM_UTILITY, library->index);
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

static void choose_symbols(struct plan *plan, const struct target_spec *spec)
{
	size_t n = plan->n_libraries, n_kept = n - spec->stripped_libraries, kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct plan_library *library = &plan->libraries[i];

		if (is_drawn(i, n, spec->stripped_libraries))
			library->symbols = PLAN_STRIPPED;
		else if (is_drawn(kept++, n_kept, spec->undebugged_libraries))
			library->symbols = PLAN_NO_DEBUG;
	}
}

static void make_libraries(struct plan *plan, const struct target_spec *spec)
{
	plan->n_modules = spec->modules;
	plan->n_libraries = spec->modules + spec->utilities;
	plan->libraries = mem_calloc(plan->n_libraries, sizeof(*plan->libraries));
	for (size_t i = 0; i < plan->n_libraries; i++) {
		struct plan_library *library = &plan->libraries[i];

		library->kind = i < plan->n_modules ? LIBRARY_MODULE : LIBRARY_UTILITY;
		library->index = library->kind == LIBRARY_MODULE ? i : i - plan->n_modules;
		library->name = mem_printf("lib%s%u", library->kind == LIBRARY_MODULE ? "module" : "utility",
					   library->index);
		make_functions(library, spec);
	}
}

/* --- dependencies ---------------------------------------------------------------- */

static void shuffle(uint32_t *v, size_t n, struct rng *rng)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = rng_below(rng, i);
		uint32_t t = v[i - 1];

		v[i - 1] = v[j];
		v[j] = t;
	}
}

/* n distinct elements of v[0..len), moved to its front. */
static void draw_front(uint32_t *v, size_t len, size_t n, struct rng *rng)
{
	for (size_t i = 0; i < n; i++) {
		size_t j = i + rng_below(rng, len - i);
		uint32_t t = v[i];

		v[i] = v[j];
		v[j] = t;
	}
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Where part i of n even parts of a row begins; rounded up, so that part 0 has something. */
static size_t first_of_part(size_t i, size_t n, size_t row_length)
{
	return (i * row_length + n - 1) / n;
}

/*
 * A shuffled row of utilities is dealt out evenly: each module is the first to use its
 * part, and fills up to the fan-out from the parts before it. So every utility is used,
 * and new ones come in all along the imports instead of with the first few.
 */
static void depend_on_utilities(struct plan *plan, size_t module, const struct target_spec *spec,
				const uint32_t *row, uint32_t *scratch, struct rng *rng)
{
	struct plan_library *library = &plan->libraries[module];
	size_t n_utilities = spec->utilities;
	size_t own = first_of_part(module, plan->n_modules, n_utilities);
	size_t own_end = first_of_part(module + 1, plan->n_modules, n_utilities);
	size_t n_own = own_end - own;
	size_t n_more = (size_t)spec->utility_fan_out > n_own ? spec->utility_fan_out - n_own : 0;

	if (n_more > own)
		n_more = own;
	memcpy(scratch, row, own * sizeof(*row));
	draw_front(scratch, own, n_more, rng);
	library->dependencies = mem_realloc(library->dependencies, library->n_dependencies + n_own + n_more + 1,
					    sizeof(*library->dependencies));
	for (size_t i = 0; i < n_own; i++)
		library->dependencies[library->n_dependencies++] = row[own + i];
	for (size_t i = 0; i < n_more; i++)
		library->dependencies[library->n_dependencies++] = scratch[i];
}

static void depend_on_modules(struct plan *plan, size_t module, const struct target_spec *spec,
			      uint32_t *scratch, struct rng *rng)
{
	struct plan_library *library = &plan->libraries[module];
	size_t most = (size_t)spec->module_fan_out < module ? (size_t)spec->module_fan_out : module;
	size_t n;

	if (!spec->cross_module || !most)
		return;
	n = rng_range(rng, 1, most);
	for (size_t i = 0; i < module; i++)
		scratch[i] = i;
	draw_front(scratch, module, n, rng);
	library->dependencies = mem_calloc(n, sizeof(*library->dependencies));
	memcpy(library->dependencies, scratch, n * sizeof(*scratch));
	library->n_dependencies = n;
}

static void make_dependencies(struct plan *plan, const struct target_spec *spec)
{
	_cleanup_free_ uint32_t *row = mem_calloc(spec->utilities + 1, sizeof(*row));
	_cleanup_free_ uint32_t *scratch = mem_calloc(plan->n_libraries, sizeof(*scratch));
	struct rng rng;

	init_stream(&rng, spec, STREAM_GRAPH, PLAN_NONE);
	for (int64_t i = 0; i < spec->utilities; i++)
		row[i] = plan->n_modules + i;
	shuffle(row, spec->utilities, &rng);
	for (size_t i = 0; i < plan->n_modules; i++) {
		struct plan_library *library = &plan->libraries[i];

		init_stream(&rng, spec, STREAM_GRAPH, i);
		depend_on_modules(plan, i, spec, scratch, &rng);
		depend_on_utilities(plan, i, spec, row, scratch, &rng);
		qsort(library->dependencies, library->n_dependencies, sizeof(*library->dependencies), compare_u32);
	}
}

/* --- calls ----------------------------------------------------------------------- */

static void add_call(struct plan_library *caller, struct plan_function *function, uint32_t library,
		     uint32_t callee)
{
	mem_grow(caller->calls, caller->n_calls, caller->cap_calls);
	caller->calls[caller->n_calls++] = (struct plan_call){ library, callee };
	function->n_calls++;
}

static void call_utility(const struct plan *plan, struct plan_library *caller, struct plan_function *function,
			 uint32_t utility, struct rng *rng)
{
	add_call(caller, function, utility, rng_below(rng, plan->libraries[utility].n_functions));
}

/*
 * The utility calls of a module's functions are one row of slots, per_function of them
 * for each function (more if there are more utilities than slots). The row is cut into
 * as many parts as there are utilities, and one slot of each part is that utility's own:
 * so each is called at least once; the other slots take any of them.
 */
static uint32_t *make_slots(const uint32_t *utilities, size_t n_utilities, size_t n_slots, struct rng *rng)
{
	uint32_t *slots = mem_calloc(n_slots + 1, sizeof(*slots));

	for (size_t i = 0; i < n_slots; i++)
		slots[i] = utilities[rng_below(rng, n_utilities)];
	for (size_t i = 0; i < n_utilities; i++) {
		size_t first = i * n_slots / n_utilities, end = (i + 1) * n_slots / n_utilities;

		slots[first + rng_below(rng, end - first)] = utilities[i];
	}
	return slots;
}

static void make_module_calls(struct plan *plan, uint32_t module, const struct target_spec *spec)
{
	struct plan_library *library = &plan->libraries[module];
	const uint32_t *utilities = library->dependencies;
	size_t n_utilities = library->n_dependencies, n = library->n_functions, n_slots = 0;
	_cleanup_free_ uint32_t *slots = NULL;
	struct plan_function *entry = &library->functions[library->entry];
	struct rng rng;

	init_stream(&rng, spec, STREAM_CALLS, module);
	/* Dependencies are ascending, and modules stand before utilities. */
	while (n_utilities && *utilities < plan->n_modules) {
		utilities++;
		n_utilities--;
	}
	if (n_utilities) {
		n_slots = n * spec->utility_calls;
		if (n_slots < n_utilities)
			n_slots = n_utilities;
		slots = make_slots(utilities, n_utilities, n_slots, &rng);
	}
	for (size_t i = 0; i < n; i++) {
		struct plan_function *function = &library->functions[i];

		function->first_call = library->n_calls;
		for (size_t slot = i * n_slots / n; slot < (i + 1) * n_slots / n; slot++)
			call_utility(plan, library, function, slots[slot], &rng);
		if (i + 1 < n && (i + 1) % spec->max_depth)
			add_call(library, function, module, i + 1);
	}
	if (library->cross != PLAN_NONE)
		library->functions[library->cross].first_call = library->n_calls;
	entry->first_call = library->n_calls;
	for (size_t i = 0; i < n; i += spec->max_depth)
		add_call(library, entry, module, i);
	for (size_t i = 0; i < library->n_dependencies; i++) {
		uint32_t other = library->dependencies[i];

		if (other < plan->n_modules)
			add_call(library, entry, other, plan->libraries[other].cross);
	}
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
	choose_symbols(&plan, spec);
	make_dependencies(&plan, spec);
	for (size_t i = 0; i < plan.n_modules; i++)
		make_module_calls(&plan, i, spec);
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

char *plan_function_pattern(const struct plan *plan, const struct plan_library *library)
{
	if (plan->short_names)
		return mem_printf("%c%u_{}%s", plan_letter(library), library->index, plan->name_suffix);
	return mem_printf("%s_fn{}%s", library->name, plan->name_suffix);
}

char *plan_function_name(const struct plan *plan, const struct plan_library *library, uint32_t function)
{
	if (function == library->entry)
		return mem_printf("%s_visit", library->name);
	if (function == library->cross)
		return mem_printf("%s_cross%s", library->name, plan->name_suffix);
	if (plan->short_names)
		return mem_printf("%c%u_%u%s", plan_letter(library), library->index, function, plan->name_suffix);
	return mem_printf("%s_fn%u%s", library->name, function, plan->name_suffix);
}
