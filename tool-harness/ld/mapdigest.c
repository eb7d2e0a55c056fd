/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FNV-1a over link maps. Invariant: each path and each map is ended, so that no two different
 * maps feed the same bytes.
 */
#include "ld/mapdigest.h"

#include <stddef.h>
#include <string.h>

#include "lib/fnv.h"

/* One feed for both digests, so that the one never knows a file that the other does not. */
static void feed_both(struct map_digest *digest, const void *bytes, size_t len)
{
	digest->files = fnv_feed(digest->files, bytes, len);
	digest->placed = fnv_feed(digest->placed, bytes, len);
}

struct map_digest namespaces_digest(const struct namespaces *spaces,
				    struct link_file (*file_of)(const struct link *link))
{
	static const unsigned char map_end = 0xff; /* in no path that is UTF-8, and in no NUL */
	struct map_digest digest = { FNV_BASIS, FNV_BASIS };

	for (size_t i = 0; i < spaces->n; i++) {
		const struct linkmap *map = &spaces->v[i].map;

		for (size_t j = 0; j < map->n; j++) {
			const struct link *link = &map->links[j];
			struct link_file file = file_of ? file_of(link) : (struct link_file){ .path = link->name };

			feed_both(&digest, file.path, strlen(file.path) + 1);
			if (file.inode) {
				feed_both(&digest, &file.dev, sizeof(file.dev));
				feed_both(&digest, &file.inode, sizeof(file.inode));
			}
			digest.placed = fnv_feed(digest.placed, &link->bias, sizeof(link->bias));
		}
		feed_both(&digest, &map_end, 1);
	}
	return digest;
}
