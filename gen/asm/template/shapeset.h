/* SPDX-License-Identifier: BSD-3-Clause */
/* Which shapes of functions a plan needs: a set of what their texts depend on. */
#ifndef GEN_ASM_TEMPLATE_SHAPESET_H
#define GEN_ASM_TEMPLATE_SHAPESET_H

#include "gen/asm/template/shape.h"

/* What emit/c.h says the text of a function depends on, but for names and calls. */
struct asm_shape_key {
	uint32_t signature, body, body_size, stack_bytes, data_words;
	bool calls;
};

struct asm_shape_set {
	struct asm_shape_key *keys; /* by index */
	size_t n, cap;
	uint32_t *slots; /* open addressing; index + 1 */
	size_t n_slots;
};

struct asm_shape_key asm_shape_key_of(const struct plan_library *library, const struct plan_function *function);
/* Makes ret a function of this key, but for its calls. */
void asm_shape_key_function(const struct asm_shape_key *key, struct plan_function *ret);

/* The index of a key, which is added if it is new. */
uint32_t asm_shape_set_add(struct asm_shape_set *set, const struct asm_shape_key *key);
void asm_shape_set_deinit(struct asm_shape_set *set);

#endif
