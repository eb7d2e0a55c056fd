/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The calls of a plan, one template for each signature in each kind of frame: finds which
 * are needed and has them compiled, in rounds as for shapes. The shapes are there, and their
 * frames numbered.
 */
#include <string.h>

#include "gen/asm/template/internal.h"
#include "lib/mem.h"

#define UNIT_CALLS 1024
#define FUNCTION_CALLS 128
#define PAD_CALLS 9

struct wanted_call {
	uint32_t frame;
	uint32_t signature;
	uint32_t call; /* index into the templates' calls */
};

struct wanted_calls {
	struct wanted_call *v;
	size_t n, cap;
};

static void want_call(struct asm_templates *templates, uint32_t frame, const struct plan_function *callee,
		      struct wanted_calls *ret)
{
	unsigned signature = asm_signature(callee);
	uint32_t *call = &templates->call_of[(size_t)frame * ASM_N_SIGNATURES + signature];

	if (*call != PLAN_NONE)
		return;
	*call = ret->n;
	mem_grow(ret->v, ret->n, ret->cap);
	ret->v[ret->n] = (struct wanted_call){ .frame = frame, .signature = signature, .call = ret->n };
	ret->n++;
}

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted_call *x = a, *y = b;

	if (x->frame != y->frame)
		return x->frame < y->frame ? -1 : 1;
	return (x->signature > y->signature) - (x->signature < y->signature);
}

static void collect_calls(const struct plan *plan, struct asm_templates *templates, struct wanted_calls *ret)
{
	size_t n = templates->n_frames * ASM_N_SIGNATURES;

	templates->call_of = mem_calloc(n, sizeof(*templates->call_of));
	for (size_t i = 0; i < n; i++)
		templates->call_of[i] = PLAN_NONE;
	for (size_t i = 0; i < plan->n_libraries; i++) {
		const struct plan_library *library = &plan->libraries[i];

		if (!asm_writes(library))
			continue;
		for (size_t j = 0; j < library->n_all; j++) {
			const struct plan_function *function = &library->functions[j];
			uint32_t shape = templates->shape_of[i][j];

			for (uint32_t k = 0; k < function->n_calls; k++) {
				const struct plan_call *call = &library->calls[function->first_call + k];

				/* Shape 0 is the simple one. */
				want_call(templates, templates->frame_of[shape == PLAN_NONE ? 0 : shape],
					  &plan->libraries[call->library].functions[call->function], ret);
			}
		}
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare_wanted);
}

static void number_declarations(struct asm_templates *ret)
{
	ret->declaration_of = mem_calloc(ASM_N_SIGNATURES, sizeof(*ret->declaration_of));
	for (size_t i = 0; i < ASM_N_SIGNATURES; i++) {
		ret->declaration_of[i] = PLAN_NONE;
		for (size_t j = 0; j < ret->n_frames && ret->declaration_of[i] == PLAN_NONE; j++)
			ret->declaration_of[i] = ret->call_of[j * ASM_N_SIGNATURES + i];
	}
}

const struct asm_dies *asm_declaration_find(const struct asm_templates *templates, unsigned signature)
{
	static const struct asm_dies none;
	uint32_t call = templates->declaration_of[signature];

	return call == PLAN_NONE ? &none : &templates->calls[call].declaration;
}

/* The simplest function with this frame makes the calls. */
static uint32_t host_shape(const struct asm_templates *templates, uint32_t frame)
{
	uint32_t best = PLAN_NONE;

	for (size_t i = 0; i < templates->n_shapes; i++)
		if (templates->frame_of[i] == frame && templates->shapes[i].n_calls &&
		    (best == PLAN_NONE || templates->shapes[i].head.size < templates->shapes[best].head.size))
			best = i;
	return best;
}

/* Functions of one shape that call all signatures in turn; callee 0 is for padding. */
static struct asm_unit *make_call_unit(const struct asm_templates *templates, const struct asm_shape_set *set,
				       const struct wanted_call *wanted, size_t n, unsigned pad)
{
	size_t n_functions = (n + FUNCTION_CALLS - 1) / FUNCTION_CALLS;
	struct asm_unit *unit = asm_unit_create(LIBRARY_UTILITY, n_functions, n + 1);
	const struct asm_shape_key *key = &set->keys[host_shape(templates, wanted[0].frame)];

	unit->plan.libraries[0].data_words = key->data_words;
	for (size_t i = 0; i < n_functions; i++) {
		asm_shape_key_function(key, &unit->plan.libraries[0].functions[i]);
		for (unsigned j = 0; j < pad; j++)
			asm_unit_add_call(unit, i, 0);
		for (size_t j = i * FUNCTION_CALLS; j < n && j < (i + 1) * FUNCTION_CALLS; j++) {
			asm_signature_function(wanted[j].signature, &unit->plan.libraries[1].functions[j + 1]);
			asm_unit_add_call(unit, i, j + 1);
		}
	}
	return unit;
}

static size_t frame_length(const struct wanted_call *wanted, size_t n)
{
	size_t i = 0;

	while (i < n && i < UNIT_CALLS && wanted[i].frame == wanted[0].frame)
		i++;
	return i;
}

static struct err *call_round(const struct asm_compiler *compiler, const struct asm_shape_set *set,
			      const struct wanted_call *wanted, size_t n, unsigned round, struct asm_templates *ret)
{
	unsigned pad = PAD_CALLS + round;
	size_t first_unit = ret->n_units, at;
	struct err *err;

	for (at = 0; at < n;) {
		size_t length = frame_length(wanted + at, n - at);

		asm_template_add_unit(ret, make_call_unit(ret, set, wanted + at, length, pad));
		at += length;
	}
	err = asm_compile(compiler, ret->units + first_unit, ret->n_units - first_unit, true);
	at = 0;
	for (size_t i = first_unit; !err && i < ret->n_units; i++) {
		const struct asm_unit *unit = ret->units[i];

		for (size_t j = 0; !err && j + 1 < unit->plan.libraries[1].n_functions; j++)
			err = asm_call_cut(unit, j / FUNCTION_CALLS, pad + j % FUNCTION_CALLS, &ret->types,
					   &ret->calls[wanted[at++].call]);
	}
	return err;
}

static struct err *make_calls(const struct asm_compiler *compiler, const struct asm_shape_set *set,
			      struct wanted_calls *wanted, struct asm_templates *ret)
{
	size_t n = wanted->n;

	ret->n_calls = n;
	ret->calls = mem_calloc(n + 1, sizeof(*ret->calls));
	for (unsigned round = 0; n && round < TEMPLATE_MAX_ROUNDS; round++) {
		size_t n_left = 0;
		struct err *err = call_round(compiler, set, wanted->v, n, round, ret);

		if (err)
			return err;
		for (size_t i = 0; i < n; i++) {
			struct plan_function callee;

			asm_signature_function(wanted->v[i].signature, &callee);
			if (!asm_call_complete(&ret->calls[wanted->v[i].call], &callee))
				wanted->v[n_left++] = wanted->v[i];
		}
		n = n_left;
	}
	return n ? err_new("cannot find the arguments of a call in its code") : NULL;
}

struct err *asm_template_calls(const struct asm_compiler *compiler, const struct plan *plan,
			       const struct asm_shape_set *set, struct asm_templates *ret)
{
	struct wanted_calls wanted = { 0 };
	struct err *err;

	collect_calls(plan, ret, &wanted);
	number_declarations(ret);
	err = make_calls(compiler, set, &wanted, ret);
	free(wanted.v);
	return err;
}
