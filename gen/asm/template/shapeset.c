/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kinds of functions of a plan, each once: a hash table by key. Invariant: an index,
 * once given, stays; the slots are made again as the set grows.
 */
#include "gen/asm/template/shapeset.h"

#include "lib/mem.h"

struct asm_shape_key asm_shape_key_of(const struct plan_library *library, const struct plan_function *function)
{
	return (struct asm_shape_key){
		.signature = asm_signature(function),
		.body = function->body_size ? function->body : 0,
		.body_size = function->body_size,
		.stack_bytes = function->stack_bytes,
		.data_words = function->body_size && function->body == BODY_MEMORY ? library->data_words : 0,
		.calls = function->n_calls > 0,
	};
}

static bool same_key(const struct asm_shape_key *a, const struct asm_shape_key *b)
{
	return a->signature == b->signature && a->body == b->body && a->body_size == b->body_size &&
	       a->stack_bytes == b->stack_bytes && a->data_words == b->data_words && a->calls == b->calls;
}

static uint64_t hash_key(const struct asm_shape_key *key)
{
	const uint32_t words[] = { key->signature, key->body, key->body_size, key->stack_bytes, key->data_words,
				   key->calls };
	uint64_t hash = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

static uint32_t *find_slot(const struct asm_shape_set *set, const struct asm_shape_key *key)
{
	size_t at = hash_key(key) % set->n_slots;

	while (set->slots[at] && !same_key(&set->keys[set->slots[at] - 1], key))
		at = (at + 1) % set->n_slots;
	return &set->slots[at];
}

static void grow_slots(struct asm_shape_set *set)
{
	free(set->slots);
	set->n_slots = set->n_slots ? 2 * set->n_slots : 1024;
	set->slots = mem_calloc(set->n_slots, sizeof(*set->slots));
	for (size_t i = 0; i < set->n; i++)
		*find_slot(set, &set->keys[i]) = i + 1;
}

uint32_t asm_shape_set_add(struct asm_shape_set *set, const struct asm_shape_key *key)
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

void asm_shape_key_function(const struct asm_shape_key *key, struct plan_function *ret)
{
	asm_signature_function(key->signature, ret);
	ret->body = key->body;
	ret->body_size = key->body_size;
	ret->stack_bytes = key->stack_bytes;
}

void asm_shape_set_deinit(struct asm_shape_set *set)
{
	free(set->keys);
	free(set->slots);
	*set = (struct asm_shape_set){ 0 };
}
