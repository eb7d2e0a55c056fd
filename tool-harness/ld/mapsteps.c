/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A tree of steps, found by a hash of their parent and their bytes. Reads no memory of tasks.
 * Invariant: a step and all before it stay where they are until the end.
 */
#include "ld/mapsteps.h"

#include <stdint.h>

#include "lib/intern.h"
#include "lib/mem.h"

#define BUCKETS 16384

struct mapsteps {
	struct mapstep *buckets[BUCKETS];
	const struct mapstep *first;
	size_t n;
	uint64_t shared;
};

struct mapsteps *mapsteps_create(void)
{
	return mem_alloc(sizeof(struct mapsteps));
}

void mapsteps_destroy(struct mapsteps *steps)
{
	if (!steps)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (steps->buckets[i]) {
			struct mapstep *step = steps->buckets[i];

			steps->buckets[i] = step->next;
			intern_put(step->name);
			free(step);
		}
	}
	free(steps);
}

static size_t bucket_of(const struct mapstep *before, const struct link *link, bool removed)
{
	const uint64_t words[] = { (uintptr_t)before, link->bias, link->name_addr, link->ld + removed };
	uint64_t hash = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	return (size_t)(hash % BUCKETS);
}

struct mapstep *mapsteps_find(const struct mapsteps *steps, const struct mapstep *before, const struct link *link,
			      bool removed)
{
	struct mapstep *step = steps->buckets[bucket_of(before, link, removed)];

	while (step && (step->before != before || step->bias != link->bias || step->name_addr != link->name_addr ||
			step->ld != link->ld || step->removed != removed))
		step = step->next;
	return step;
}

struct mapstep *mapsteps_add(struct mapsteps *steps, struct mapstep *before, const struct link *link, bool removed)
{
	struct mapstep **bucket = &steps->buckets[bucket_of(before, link, removed)], *step;

	if (steps->n == MAPSTEPS_MAX)
		return NULL;
	step = mem_alloc(sizeof(*step));
	*step = (struct mapstep){
		.before = before,
		.bias = link->bias,
		.name_addr = link->name_addr,
		.ld = link->ld,
		.removed = removed,
		.name = intern_again(link->name),
		.node = link->node,
		.next = *bucket,
	};
	*bucket = step;
	if (before && !before->ahead)
		before->ahead = step;
	if (!steps->n++)
		steps->first = step;
	return step;
}

void mapsteps_note_shared(struct mapsteps *steps)
{
	steps->shared++;
}

uint64_t mapsteps_shared(const struct mapsteps *steps)
{
	return steps->shared;
}

const struct mapstep *mapsteps_first(const struct mapsteps *steps)
{
	return steps->first;
}
