/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loader's list of namespaces and their link maps, as a task holds them: first the bytes
 * are a task's memory, then, after each update, some of it changes as the rest of the bytes
 * say. Chains that are cyclic, endless or unmapped, and names without end, are refused or
 * read within bounds; what was read stays whole.
 */
#include <assert.h>
#include <string.h>

#include "ld/mapdigest.h"
#include "ld/namespaces.h"
#include "made_up.h"

#define BASE UINT64_C(0x10000)
#define MEMORY 4096u
#define ROUNDS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void update(struct made_up *m, struct namespaces *spaces, bool walk)
{
	struct loader_change change = { 0 };
	struct err *err = namespaces_read(spaces, &m->memory, NULL, 0);

	assert(spaces->n <= NAMESPACES_MAX);
	for (size_t i = 0; !err && i < spaces->n; i++)
		err = namespace_update(&spaces->v[i], &m->memory, walk, NULL, &change);
	for (size_t i = 0; i < spaces->n; i++) {
		const struct linkmap *map = &spaces->v[i].map;

		assert(map->n <= 2 * LINKMAP_MAX_NODES);
		for (size_t j = 0; j < map->n; j++)
			assert(strlen(map->links[j].name) < LINKMAP_MAX_NAME);
	}
	err_free(err);
	loader_change_deinit(&change);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct made_up m;
	struct namespaces spaces;
	size_t at = size < MEMORY / 2 ? size : MEMORY / 2;

	made_up_init(&m, BASE, MEMORY);
	memcpy(m.bytes, data, at);
	namespaces_init(&spaces, BASE);
	for (int round = 0; round < ROUNDS; round++) {
		update(&m, &spaces, round % 2);
		if (size - at < 3)
			break;
		m.bytes[(data[at] | data[at + 1] << 8) % MEMORY] = data[at + 2];
		at += 3;
	}
	namespaces_digest(&spaces);
	namespaces_deinit(&spaces);
	made_up_deinit(&m);
	return 0;
}
