/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Collects the shapes and calls that a plan needs, and has them compiled in rounds: where
 * a number of a template stands is not always clear from one place (is this 5 the number
 * of the function or a distance?), so what is unclear is compiled again at another place
 * and the two are compared. Two kinds of round: shapes first, since only they tell the
 * frames for which calls are needed (calls.c).
 */
#include "gen/asm/template/template.h"

#include <string.h>

#include "gen/asm/template/internal.h"
#include "lib/mem.h"

/* Small units keep all cores busy; each has some functions to begin with, as the
 * numbers of the first ones are too small to be told from others. */
#define UNIT_SHAPES 600
#define UNIT_STATEMENTS 4000 /* of bodies */
#define PAD_FUNCTIONS 16

bool asm_writes(const struct plan_library *library)
{
	return library->role == PLAN_ORDINARY;
}

void asm_template_add_unit(struct asm_templates *templates, struct asm_unit *unit)
{
	mem_grow(templates->units, templates->n_units, templates->cap_units);
	templates->units[templates->n_units++] = unit;
}

/* --- shapes ---------------------------------------------------------------------- */

static void collect_shapes(const struct plan *plan, struct asm_shape_set *set, struct asm_templates *ret)
{
	static const struct asm_shape_key simple = { .calls = true };

	/* Always there: the frame of a module's entry is that of a function without arguments. */
	asm_shape_set_add(set, &simple);
	ret->n_libraries = plan->n_libraries;
	ret->shape_of = mem_calloc(plan->n_libraries, sizeof(*ret->shape_of));
	for (size_t i = 0; i < plan->n_libraries; i++) {
		const struct plan_library *library = &plan->libraries[i];

		if (!asm_writes(library))
			continue;
		ret->shape_of[i] = mem_calloc(library->n_all, sizeof(**ret->shape_of));
		for (size_t j = 0; j < library->n_all; j++) {
			struct asm_shape_key key = asm_shape_key_of(library, &library->functions[j]);

			ret->shape_of[i][j] = j == library->entry ? PLAN_NONE : asm_shape_set_add(set, &key);
		}
	}
}

/* A unit has one data_words for all memory bodies in it. */
static size_t unit_length(const struct asm_shape_set *set, const uint32_t *wanted, size_t n, uint32_t *ret_data_words)
{
	size_t statements = 0, i;

	*ret_data_words = 0;
	for (i = 0; i < n && i < UNIT_SHAPES && statements < UNIT_STATEMENTS; i++) {
		const struct asm_shape_key *key = &set->keys[wanted[i]];

		if (key->data_words && *ret_data_words && key->data_words != *ret_data_words)
			break;
		if (key->data_words)
			*ret_data_words = key->data_words;
		statements += key->body_size;
	}
	return i;
}

static struct asm_unit *make_shape_unit(const struct asm_shape_set *set, const uint32_t *wanted, size_t n, unsigned pad,
					uint32_t data_words)
{
	struct asm_unit *unit = asm_unit_create(LIBRARY_UTILITY, pad + n, 1);
	struct plan_library *library = &unit->plan.libraries[0];

	library->data_words = data_words;
	for (size_t i = 0; i < n; i++) {
		asm_shape_key_function(&set->keys[wanted[i]], &library->functions[pad + i]);
		if (set->keys[wanted[i]].calls)
			asm_unit_add_call(unit, pad + i, 0);
	}
	return unit;
}

static struct err *shape_round(const struct asm_compiler *compiler, const struct asm_shape_set *set,
			       const uint32_t *wanted, size_t n, unsigned round, struct asm_templates *ret)
{
	unsigned pad = PAD_FUNCTIONS + round;
	size_t first_unit = ret->n_units, at;
	struct err *err;

	for (at = 0; at < n;) {
		uint32_t data_words;
		size_t length = unit_length(set, wanted + at, n - at, &data_words);

		asm_template_add_unit(ret, make_shape_unit(set, wanted + at, length, pad, data_words));
		at += length;
	}
	err = asm_compile(compiler, ret->units + first_unit, ret->n_units - first_unit, true);
	at = 0;
	for (size_t i = first_unit; !err && i < ret->n_units; i++)
		for (size_t j = pad; !err && j < ret->units[i]->library->n_functions; j++)
			err = asm_shape_cut(ret->units[i], j, &ret->types, &ret->shapes[wanted[at++]]);
	return err;
}

static struct err *make_shapes(const struct asm_compiler *compiler, const struct asm_shape_set *set,
			       struct asm_templates *ret)
{
	_cleanup_free_ uint32_t *wanted = mem_calloc(set->n + 1, sizeof(*wanted));
	size_t n = 0;

	ret->n_shapes = set->n;
	ret->shapes = mem_calloc(set->n, sizeof(*ret->shapes));
	for (size_t i = 0; i < set->n; i++)
		wanted[n++] = i;
	for (unsigned round = 0; n && round < TEMPLATE_MAX_ROUNDS; round++) {
		size_t n_left = 0;
		struct err *err = shape_round(compiler, set, wanted, n, round, ret);

		if (err)
			return err;
		for (size_t i = 0; i < n; i++)
			if (!asm_shape_complete(&ret->shapes[wanted[i]]))
				wanted[n_left++] = wanted[i];
		n = n_left;
	}
	return n ? err_new("cannot find the number of a function in its code") : NULL;
}

/* --- frames ---------------------------------------------------------------------- */

uint32_t asm_frame_find(const struct asm_templates *templates, const char *frame)
{
	for (size_t i = 0; i < templates->n_frames; i++)
		if (!strcmp(templates->frames[i], frame))
			return i;
	return PLAN_NONE;
}

static void number_frames(struct asm_templates *ret)
{
	ret->frame_of = mem_calloc(ret->n_shapes, sizeof(*ret->frame_of));
	ret->frames = mem_calloc(ret->n_shapes, sizeof(*ret->frames));
	for (size_t i = 0; i < ret->n_shapes; i++) {
		uint32_t frame = asm_frame_find(ret, ret->shapes[i].frame);

		if (frame == PLAN_NONE) {
			frame = ret->n_frames++;
			ret->frames[frame] = ret->shapes[i].frame;
		}
		ret->frame_of[i] = frame;
	}
}

/* --- whole ----------------------------------------------------------------------- */

struct err *asm_templates_make(const struct asm_compiler *compiler, const struct plan *plan,
			       struct asm_templates *ret)
{
	struct asm_shape_set set = { 0 };
	struct asm_templates templates = { 0 };
	struct err *err;

	collect_shapes(plan, &set, &templates);
	err = make_shapes(compiler, &set, &templates);
	if (!err) {
		number_frames(&templates);
		err = asm_template_calls(compiler, plan, &set, &templates);
	}
	asm_shape_set_deinit(&set);
	if (err) {
		asm_templates_deinit(&templates);
		return err;
	}
	*ret = templates;
	return NULL;
}

void asm_templates_deinit(struct asm_templates *templates)
{
	for (size_t i = 0; i < templates->n_shapes; i++)
		asm_shape_deinit(&templates->shapes[i]);
	for (size_t i = 0; i < templates->n_calls; i++)
		asm_call_deinit(&templates->calls[i]);
	for (size_t i = 0; i < templates->n_libraries; i++)
		free(templates->shape_of[i]);
	asm_types_deinit(&templates->types);
	for (size_t i = 0; i < templates->n_units; i++)
		asm_unit_destroy(templates->units[i]);
	free(templates->shapes);
	free(templates->calls);
	free(templates->shape_of);
	free(templates->frame_of);
	free(templates->frames);
	free(templates->call_of);
	free(templates->declaration_of);
	free(templates->units);
	*templates = (struct asm_templates){ 0 };
}
