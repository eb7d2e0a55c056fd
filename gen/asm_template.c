/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Collects the shapes and calls that a plan needs, and has them compiled in rounds: where
 * a number of a template stands is not always clear from one place (is this 5 the number
 * of the function or a distance?), so what is unclear is compiled again at another place
 * and the two are compared. Two kinds of round: shapes first, since only they tell the
 * frames for which calls are needed.
 */
#include "gen/asm_template.h"

#include <string.h>

#include "lib/mem.h"

/* Small units keep all cores busy; each has some functions to begin with, as the
 * numbers of the first ones are too small to be told from others. */
#define UNIT_SHAPES 600
#define UNIT_STATEMENTS 4000 /* of bodies */
#define UNIT_CALLS 1024
#define FUNCTION_CALLS 128
#define PAD_FUNCTIONS 16
#define PAD_CALLS 9
#define MAX_ROUNDS 4

bool asm_writes(const struct plan_library *library)
{
	return library->role == PLAN_ORDINARY;
}

/* --- which shapes ---------------------------------------------------------------- */

/* What emit_c.h says the text of a function depends on, but for names and calls. */
struct shape_key {
	uint32_t signature, body, body_size, stack_bytes, data_words;
	bool calls;
};

struct shape_set {
	struct shape_key *keys;
	size_t n, cap;
	uint32_t *slots; /* open addressing; index + 1 */
	size_t n_slots;
};

static struct shape_key shape_key(const struct plan_library *library, const struct plan_function *function)
{
	return (struct shape_key){
		.signature = asm_signature(function),
		.body = function->body_size ? function->body : 0,
		.body_size = function->body_size,
		.stack_bytes = function->stack_bytes,
		.data_words = function->body_size && function->body == BODY_MEMORY ? library->data_words : 0,
		.calls = function->n_calls > 0,
	};
}

static bool same_key(const struct shape_key *a, const struct shape_key *b)
{
	return a->signature == b->signature && a->body == b->body && a->body_size == b->body_size &&
	       a->stack_bytes == b->stack_bytes && a->data_words == b->data_words && a->calls == b->calls;
}

static uint64_t hash_key(const struct shape_key *key)
{
	const uint32_t words[] = { key->signature, key->body, key->body_size, key->stack_bytes, key->data_words,
				   key->calls };
	uint64_t hash = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

static uint32_t *find_slot(const struct shape_set *set, const struct shape_key *key)
{
	size_t at = hash_key(key) % set->n_slots;

	while (set->slots[at] && !same_key(&set->keys[set->slots[at] - 1], key))
		at = (at + 1) % set->n_slots;
	return &set->slots[at];
}

static void grow_slots(struct shape_set *set)
{
	free(set->slots);
	set->n_slots = set->n_slots ? 2 * set->n_slots : 1024;
	set->slots = mem_calloc(set->n_slots, sizeof(*set->slots));
	for (size_t i = 0; i < set->n; i++)
		*find_slot(set, &set->keys[i]) = i + 1;
}

static uint32_t add_shape(struct shape_set *set, const struct shape_key *key)
{
	uint32_t *slot;

	if (2 * set->n >= set->n_slots)
		grow_slots(set);
	slot = find_slot(set, key);
	if (!*slot) {
		mem_grow(set->keys, set->n, set->cap);
		set->keys[set->n++] = *key;
		*slot = set->n;
	}
	return *slot - 1;
}

static void collect_shapes(const struct plan *plan, struct shape_set *set, struct asm_templates *ret)
{
	static const struct shape_key simple = { .calls = true };

	/* Always there: the frame of a module's entry is that of a function without arguments. */
	add_shape(set, &simple);
	ret->n_libraries = plan->n_libraries;
	ret->shape_of = mem_calloc(plan->n_libraries, sizeof(*ret->shape_of));
	for (size_t i = 0; i < plan->n_libraries; i++) {
		const struct plan_library *library = &plan->libraries[i];

		if (!asm_writes(library))
			continue;
		ret->shape_of[i] = mem_calloc(library->n_all, sizeof(**ret->shape_of));
		for (size_t j = 0; j < library->n_all; j++) {
			struct shape_key key = shape_key(library, &library->functions[j]);

			ret->shape_of[i][j] = j == library->entry ? PLAN_NONE : add_shape(set, &key);
		}
	}
}

/* --- units ----------------------------------------------------------------------- */

static struct asm_unit *add_unit(struct asm_templates *templates, struct asm_unit *unit)
{
	mem_grow(templates->units, templates->n_units, templates->cap_units);
	return templates->units[templates->n_units++] = unit;
}

static void set_function(const struct shape_key *key, struct plan_function *ret)
{
	asm_signature_function(key->signature, ret);
	ret->body = key->body;
	ret->body_size = key->body_size;
	ret->stack_bytes = key->stack_bytes;
}

/* A unit has one data_words for all memory bodies in it. */
static size_t unit_length(const struct shape_set *set, const uint32_t *wanted, size_t n, uint32_t *ret_data_words)
{
	size_t statements = 0, i;

	*ret_data_words = 0;
	for (i = 0; i < n && i < UNIT_SHAPES && statements < UNIT_STATEMENTS; i++) {
		const struct shape_key *key = &set->keys[wanted[i]];

		if (key->data_words && *ret_data_words && key->data_words != *ret_data_words)
			break;
		if (key->data_words)
			*ret_data_words = key->data_words;
		statements += key->body_size;
	}
	return i;
}

static struct asm_unit *make_shape_unit(const struct shape_set *set, const uint32_t *wanted, size_t n, unsigned pad,
					uint32_t data_words)
{
	struct asm_unit *unit = asm_unit_create(LIBRARY_UTILITY, pad + n, 1);
	struct plan_library *library = &unit->plan.libraries[0];

	library->data_words = data_words;
	for (size_t i = 0; i < n; i++) {
		set_function(&set->keys[wanted[i]], &library->functions[pad + i]);
		if (set->keys[wanted[i]].calls)
			asm_unit_add_call(unit, pad + i, 0);
	}
	return unit;
}

static struct err *shape_round(const struct asm_compiler *compiler, const struct shape_set *set,
			       const uint32_t *wanted, size_t n, unsigned round, struct asm_templates *ret)
{
	unsigned pad = PAD_FUNCTIONS + round;
	size_t first_unit = ret->n_units, at;
	struct err *err;

	for (at = 0; at < n;) {
		uint32_t data_words;
		size_t length = unit_length(set, wanted + at, n - at, &data_words);

		add_unit(ret, make_shape_unit(set, wanted + at, length, pad, data_words));
		at += length;
	}
	err = asm_compile(compiler, ret->units + first_unit, ret->n_units - first_unit, true);
	at = 0;
	for (size_t i = first_unit; !err && i < ret->n_units; i++)
		for (size_t j = pad; !err && j < ret->units[i]->library->n_functions; j++)
			err = asm_shape_cut(ret->units[i], j, &ret->types, &ret->shapes[wanted[at++]]);
	return err;
}

static struct err *make_shapes(const struct asm_compiler *compiler, const struct shape_set *set,
			       struct asm_templates *ret)
{
	_cleanup_free_ uint32_t *wanted = mem_calloc(set->n + 1, sizeof(*wanted));
	size_t n = 0;

	ret->n_shapes = set->n;
	ret->shapes = mem_calloc(set->n, sizeof(*ret->shapes));
	for (size_t i = 0; i < set->n; i++)
		wanted[n++] = i;
	for (unsigned round = 0; n && round < MAX_ROUNDS; round++) {
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

/* --- which calls ----------------------------------------------------------------- */

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
static struct asm_unit *make_call_unit(const struct asm_templates *templates, const struct shape_set *set,
				       const struct wanted_call *wanted, size_t n, unsigned pad)
{
	size_t n_functions = (n + FUNCTION_CALLS - 1) / FUNCTION_CALLS;
	struct asm_unit *unit = asm_unit_create(LIBRARY_UTILITY, n_functions, n + 1);
	const struct shape_key *key = &set->keys[host_shape(templates, wanted[0].frame)];

	unit->plan.libraries[0].data_words = key->data_words;
	for (size_t i = 0; i < n_functions; i++) {
		set_function(key, &unit->plan.libraries[0].functions[i]);
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

static struct err *call_round(const struct asm_compiler *compiler, const struct shape_set *set,
			      const struct wanted_call *wanted, size_t n, unsigned round, struct asm_templates *ret)
{
	unsigned pad = PAD_CALLS + round;
	size_t first_unit = ret->n_units, at;
	struct err *err;

	for (at = 0; at < n;) {
		size_t length = frame_length(wanted + at, n - at);

		add_unit(ret, make_call_unit(ret, set, wanted + at, length, pad));
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

static struct err *make_calls(const struct asm_compiler *compiler, const struct shape_set *set,
			      struct wanted_calls *wanted, struct asm_templates *ret)
{
	size_t n = wanted->n;

	ret->n_calls = n;
	ret->calls = mem_calloc(n + 1, sizeof(*ret->calls));
	for (unsigned round = 0; n && round < MAX_ROUNDS; round++) {
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

/* --- whole ----------------------------------------------------------------------- */

struct err *asm_templates_make(const struct asm_compiler *compiler, const struct plan *plan,
			       struct asm_templates *ret)
{
	struct shape_set set = { 0 };
	struct wanted_calls wanted = { 0 };
	struct asm_templates templates = { 0 };
	struct err *err;

	collect_shapes(plan, &set, &templates);
	err = make_shapes(compiler, &set, &templates);
	if (!err) {
		number_frames(&templates);
		collect_calls(plan, &templates, &wanted);
		number_declarations(&templates);
		err = make_calls(compiler, &set, &wanted, &templates);
	}
	free(set.keys);
	free(set.slots);
	free(wanted.v);
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
