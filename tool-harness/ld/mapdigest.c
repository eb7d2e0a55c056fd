/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FNV-1a over link maps. Invariant: each name and each map is ended, so that no two different
 * maps feed the same bytes.
 */
#include "ld/mapdigest.h"

#include <stddef.h>
#include <string.h>

#define FNV_BASIS 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

static uint64_t feed(uint64_t digest, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < len; i++)
		digest = (digest ^ p[i]) * FNV_PRIME;
	return digest;
}

struct map_digest namespaces_digest(const struct namespaces *spaces)
{
	static const unsigned char map_end = 0xff; /* in no path that is UTF-8, and in no NUL */
	struct map_digest digest = { FNV_BASIS, FNV_BASIS };

	for (size_t i = 0; i < spaces->n; i++) {
		const struct linkmap *map = &spaces->v[i].map;

		for (size_t j = 0; j < map->n; j++) {
			const struct link *link = &map->links[j];
			size_t len = strlen(link->name) + 1;

			digest.names = feed(digest.names, link->name, len);
			digest.placed = feed(digest.placed, link->name, len);
			digest.placed = feed(digest.placed, &link->bias, sizeof(link->bias));
		}
		digest.names = feed(digest.names, &map_end, 1);
		digest.placed = feed(digest.placed, &map_end, 1);
	}
	return digest;
}
