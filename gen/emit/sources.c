/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Emits the libraries on all cores. As many sources as there are threads are in memory,
 * since all of them together may be gigabytes.
 */
#include "gen/emit/sources.h"

#include "gen/parallel.h"
#include "lib/fs.h"
#include "lib/mem.h"

struct sources {
	const char *dir;
	const struct target_spec *spec;
	const struct plan *plan;
	struct emit_places *places;
};

static struct err *write_source(void *context, size_t i)
{
	const struct sources *sources = context;
	const struct plan_library *library = &sources->plan->libraries[i];
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *name = mem_printf(SOURCE_DIR "/%s.c", library->name);
	_cleanup_free_ char *path = fs_join(sources->dir, name);
	struct emit_places *places = &sources->places[i];

	places->functions = mem_calloc(library->n_all + 1, sizeof(*places->functions));
	emit_c_library(sources->plan, library, sources->spec->print, &text, places);
	return fs_publish_if_changed(path, text.text, text.len);
}

struct err *sources_write(const char *dir, const struct target_spec *spec, const struct plan *plan, unsigned threads,
			  struct emit_places **ret_places)
{
	struct sources sources = { .dir = dir, .spec = spec, .plan = plan,
				   .places = mem_calloc(plan->n_libraries, sizeof(*sources.places)) };
	struct err *err = parallel_run(plan->n_libraries, threads, "sources", write_source, &sources);

	if (err) {
		sources_places_free(sources.places, plan->n_libraries);
		return err;
	}
	*ret_places = sources.places;
	return NULL;
}

void sources_places_free(struct emit_places *places, size_t n)
{
	for (size_t i = 0; places && i < n; i++)
		free(places[i].functions);
	free(places);
}
