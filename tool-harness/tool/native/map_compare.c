/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tasks' link maps have in common at the end: a digest of each, and how many
 * libraries of the program's own namespace are one file at one address in all tasks that have them.
 * Read from the maps as last seen; no task is asked.
 *
 * Invariant: a task whose map was never read takes no part.
 */
#include <inttypes.h>
#include <string.h>

#include "ld/mapdigest.h"
#include "lib/mem.h"
#include "tool/native/native.h"

struct place {
	taddr bias;      /* where the first task has it */
	uint64_t dev, inode; /* which file that is */
	bool seen, moved;
};

static struct link_file file_of(const struct link *link)
{
	const struct library *library = link->data;

	if (!library)
		return (struct link_file){ .path = link->name };
	return (struct link_file){
		.path = library->path,
		.dev = library->seen.tid ? library->seen.dev : 0,
		.inode = library->seen.tid ? library->seen.inode : 0,
	};
}

static void note_places(struct native *native, struct native_task *t, struct place **places, size_t *n_places)
{
	const struct linkmap *map = &t->loader.spaces.v[0].map;

	for (size_t i = 0; i < map->n; i++) {
		const struct link *link = &map->links[i];
		struct link_file file = file_of(link);
		uint32_t id = trial_library_id(native->trial, file.path);

		if (id >= *n_places) {
			*places = mem_realloc(*places, id + 1, sizeof(**places));
			memset(*places + *n_places, 0, (id + 1 - *n_places) * sizeof(**places));
			*n_places = id + 1;
		}
		if (!(*places)[id].seen)
			(*places)[id] = (struct place){ link->bias, file.dev, file.inode, .seen = true };
		else if ((*places)[id].bias != link->bias || (*places)[id].dev != file.dev ||
			 (*places)[id].inode != file.inode)
			(*places)[id].moved = true;
	}
}

void native_compare_maps(struct native *native)
{
	struct trial *trial = native->trial;
	struct place *places = NULL;
	size_t n_places = 0;

	for (size_t i = 0; i < native->n_tasks; i++) {
		struct native_task *t = &native->tasks[i];
		struct map_digest digest;

		if (!t->task || !namespaces_count(&t->loader.spaces))
			continue;
		digest = namespaces_digest(&t->loader.spaces, file_of);
		trial->tasks[i].map_digest = mem_printf("%016" PRIx64, digest.placed);
		trial->tasks[i].map_names_digest = mem_printf("%016" PRIx64, digest.files);
		note_places(native, t, &places, &n_places);
	}
	if (n_places)
		trial->libraries_mapped = trial->libraries_same_place = 0;
	for (size_t i = 0; i < n_places; i++) {
		trial->libraries_mapped += places[i].seen;
		trial->libraries_same_place += places[i].seen && !places[i].moved;
	}
	free(places);
}
