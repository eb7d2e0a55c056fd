/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FNV-1a over link maps. Invariant: each name and each map is ended, so that no two different
 * maps feed the same bytes.
 */
#include "ld/mapdigest.h"

#include <stddef.h>
#include <string.h>

#include "lib/fnv.h"

struct map_digest namespaces_digest(const struct namespaces *spaces)
{
	static const unsigned char map_end = 0xff; /* in no path that is UTF-8, and in no NUL */
	struct map_digest digest = { FNV_BASIS, FNV_BASIS };

	for (size_t i = 0; i < spaces->n; i++) {
		const struct linkmap *map = &spaces->v[i].map;

		for (size_t j = 0; j < map->n; j++) {
			const struct link *link = &map->links[j];
			size_t len = strlen(link->name) + 1;

			digest.names = fnv_feed(digest.names, link->name, len);
			digest.placed = fnv_feed(digest.placed, link->name, len);
			digest.placed = fnv_feed(digest.placed, &link->bias, sizeof(link->bias));
		}
		digest.names = fnv_feed(digest.names, &map_end, 1);
		digest.placed = fnv_feed(digest.placed, &map_end, 1);
	}
	return digest;
}
