/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sample: functions from all over the plan, in a library that is like one of the
 * plan's. It stands behind the plan's own libraries, which it calls.
 */
#include "gen/asm/check.h"

#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"

#define SAMPLE_FUNCTIONS 300

struct sample {
	struct plan plan; /* the libraries are those of the whole plan, and one more */
	struct asm_stamper stamper;
	size_t like, index;
};

/* The library whose functions differ most: one with an entry, calls and strings. */
static size_t pick_library(const struct plan *plan)
{
	size_t best = PLAN_NONE, best_score = 0;

	for (size_t i = 0; i < plan->n_libraries; i++) {
		const struct plan_library *library = &plan->libraries[i];
		size_t score = 1;

		if (!asm_writes(library))
			continue;
		score += 2 * (library->symbols == PLAN_DEBUG) + (library->entry != PLAN_NONE);
		score += 4 * plan_passes_string(plan, library->calls, library->n_calls);
		if (score > best_score) {
			best = i;
			best_score = score;
		}
	}
	return best;
}

static void take_function(struct sample *sample, const struct plan_library *from, const struct plan_function *function)
{
	struct plan_library *library = &sample->plan.libraries[sample->index];
	struct plan_function *copy = &library->functions[library->n_all++];

	*copy = *function;
	copy->first_call = library->n_calls;
	for (uint32_t i = 0; i < function->n_calls; i++) {
		mem_grow(library->calls, library->n_calls, library->cap_calls);
		library->calls[library->n_calls++] = from->calls[function->first_call + i];
	}
}

/* Must not change what the library has besides its functions: strings passed, data. */
static bool fits(const struct sample *sample, bool strings, const struct plan_library *from,
		 const struct plan_function *function)
{
	const struct plan *plan = &sample->plan;

	if (!strings && plan_passes_string(plan, from->calls + function->first_call, function->n_calls))
		return false;
	return function->body != BODY_MEMORY || !function->body_size ||
	       from->data_words == plan->libraries[sample->like].data_words;
}

static void take_functions(struct sample *sample, bool strings, const struct plan_library *from, size_t first,
			   size_t step, const uint32_t *shapes)
{
	struct plan_library *library = &sample->plan.libraries[sample->index];
	uint32_t *sample_shapes = sample->stamper.templates.shape_of[sample->index];

	for (size_t i = first; i < from->n_all && library->n_all < SAMPLE_FUNCTIONS; i += step) {
		if (i == from->entry || !fits(sample, strings, from, &from->functions[i]))
			continue;
		sample_shapes[library->n_all] = shapes[i];
		take_function(sample, from, &from->functions[i]);
	}
}

static void fill_sample(struct sample *sample, const struct asm_stamper *stamper)
{
	const struct plan *plan = stamper->plan;
	const struct plan_library *like = &plan->libraries[sample->like];
	struct plan_library *library = &sample->plan.libraries[sample->index];
	bool strings = plan_passes_string(plan, like->calls, like->n_calls);
	size_t total = 0, step;

	for (size_t i = 0; i < plan->n_libraries; i++)
		total += asm_writes(&plan->libraries[i]) ? plan->libraries[i].n_all : 0;
	step = total / SAMPLE_FUNCTIONS + 1;
	take_functions(sample, strings, like, 0, 1 + like->n_all / (SAMPLE_FUNCTIONS / 4),
		       stamper->templates.shape_of[sample->like]);
	for (size_t i = 0, at = 0; i < plan->n_libraries; i++) {
		if (!asm_writes(&plan->libraries[i]))
			continue;
		take_functions(sample, strings, &plan->libraries[i], at, step, stamper->templates.shape_of[i]);
		at = (at + step - plan->libraries[i].n_all % step) % step;
	}
	library->n_functions = library->n_all;
	if (like->entry == PLAN_NONE)
		return;
	library->entry = library->n_all;
	sample->stamper.templates.shape_of[sample->index][library->entry] = PLAN_NONE;
	take_function(sample, like, &like->functions[like->entry]);
}

/* The name has the length of the one that it is like, and none of the plan's has it. */
static void make_sample(const struct asm_stamper *stamper, struct sample *ret)
{
	const struct plan *plan = stamper->plan;
	size_t n = plan->n_libraries;
	struct plan_library *library;

	*ret = (struct sample){ .plan = *plan, .stamper = *stamper, .like = pick_library(plan), .index = n };
	ret->plan.libraries = mem_calloc(n + 1, sizeof(*library));
	memcpy(ret->plan.libraries, plan->libraries, n * sizeof(*library));
	ret->plan.n_libraries = n + 1;
	ret->stamper.plan = &ret->plan;
	ret->stamper.templates.shape_of = mem_calloc(n + 1, sizeof(uint32_t *));
	memcpy(ret->stamper.templates.shape_of, stamper->templates.shape_of, n * sizeof(uint32_t *));
	ret->stamper.templates.shape_of[n] = mem_calloc(SAMPLE_FUNCTIONS + 1, sizeof(uint32_t));
	ret->stamper.bases.of = mem_calloc(n + 1, sizeof(uint32_t));
	memcpy(ret->stamper.bases.of, stamper->bases.of, n * sizeof(uint32_t));
	ret->stamper.bases.of[n] = stamper->bases.of[ret->like];
	library = &ret->plan.libraries[n];
	*library = plan->libraries[ret->like];
	library->name = mem_strdup(library->name);
	library->name[strlen(library->name) - 1] = 'x';
	library->index = 1000000 + library->index;
	library->functions = mem_calloc(SAMPLE_FUNCTIONS + 1, sizeof(*library->functions));
	library->calls = NULL;
	library->n_all = library->n_calls = library->cap_calls = 0;
	library->cross = library->entry = PLAN_NONE;
	fill_sample(ret, stamper);
}

static void free_sample(struct sample *sample)
{
	struct plan_library *library = &sample->plan.libraries[sample->index];

	free(library->name);
	free(library->functions);
	free(library->calls);
	free(sample->plan.libraries);
	free(sample->stamper.templates.shape_of[sample->index]);
	free(sample->stamper.templates.shape_of);
	free(sample->stamper.bases.of);
}

static struct err *stamp_sample(const struct asm_compiler *compiler, const struct sample *sample,
				const struct asm_unit *unit, struct asm_object *ret)
{
	_cleanup_free_ char *name = mem_printf("%s/sample.o", compiler->folder);
	_cleanup_free_ char *path = fs_join(compiler->dir, name);
	struct err *err = asm_stamp(&sample->stamper, sample->index, &unit->places, unit->source_name, path);

	if (!err)
		err = asm_object_read(path, ret);
	return err;
}

struct err *asm_check(const struct asm_compiler *compiler, const struct asm_stamper *stamper)
{
	struct asm_object stamped = { .image = STRBUF_INIT };
	struct asm_unit unit = { .source = STRBUF_INIT, .object.image = STRBUF_INIT }, *units[] = { &unit };
	struct sample sample;
	struct err *err;

	make_sample(stamper, &sample);
	unit.plan = sample.plan;
	unit.library = &sample.plan.libraries[sample.index];
	unit.places.functions = mem_calloc(unit.library->n_all, sizeof(*unit.places.functions));
	err = asm_compile(compiler, units, 1, false);
	if (!err)
		err = stamp_sample(compiler, &sample, &unit, &stamped);
	if (!err)
		err = asm_compare(&unit.object, &stamped, unit.library->name, &unit.text);
	asm_object_deinit(&stamped);
	asm_object_deinit(&unit.object);
	asm_text_deinit(&unit.text);
	strbuf_deinit(&unit.source);
	free(unit.source_name);
	free(unit.places.functions);
	free_sample(&sample);
	return err;
}
