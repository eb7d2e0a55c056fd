/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of programs and what follows from it. How they are linked is the makefile's
 * matter (emit/program.c). Invariant: what a program must show in a run follows from its
 * row and the plan alone.
 */
#include "gen/program.h"

#include "lib/mem.h"

const struct program_kind program_kinds[PROGRAM_N] = {
	[PROGRAM_HOST] = { .build = BUILD_VANILLA, .embeds = true },
	[PROGRAM_LINKED] = { .build = BUILD_LINKED, .embeds = true },
	[PROGRAM_LINKED_NOW] = { .build = BUILD_LINKED, .embeds = true, .now = true },
	[PROGRAM_STATIC] = { .build = BUILD_STATIC, .embeds = true },
	[PROGRAM_BIGEXE] = { .build = BUILD_VANILLA, .embeds = true, .extra = true },
	[PROGRAM_PLAIN] = { .build = BUILD_VANILLA },
	[PROGRAM_PLAIN_LINKED] = { .build = BUILD_LINKED },
	[PROGRAM_PLAIN_LINKED_NOW] = { .build = BUILD_LINKED, .now = true },
	[PROGRAM_PLAIN_STATIC] = { .build = BUILD_STATIC },
	[PROGRAM_PYTHON] = { .build = BUILD_VANILLA, .found = true },
};

struct program_needs program_needs(const struct target_spec *spec)
{
	struct program_needs needs = { 0 };

	for (size_t i = 0; i < spec->programs.n; i++) {
		const struct program_kind *kind = &program_kinds[spec->programs.choices[i]];

		needs.embedding |= kind->embeds;
		needs.now |= kind->now;
		needs.static_table |= kind->build == BUILD_STATIC;
		needs.extra |= kind->extra;
		needs.mpi4py |= kind->found;
		needs.n_built += !kind->found;
	}
	return needs;
}

const char *program_library_dir(const struct program_kind *kind)
{
	return kind->now ? LIBRARY_NOW_DIR : LIBRARY_DIR;
}

static const char *program_module_list(const struct program_kind *kind)
{
	return kind->now ? MODULE_LIST_NOW : MODULE_LIST;
}

/* All libraries are there at the start of a linked program, also those that nothing needs. */
static uint64_t expect_libraries(const struct program_kind *kind, const struct plan *plan)
{
	switch (kind->build) {
	case BUILD_VANILLA:
		return plan->n_loaded;
	case BUILD_LINKED:
		return plan->n_libraries;
	case BUILD_STATIC:
		break;
	}
	return 0;
}

struct manifest_program *program_describe(const struct target_spec *spec, const struct plan *plan, size_t *ret_n)
{
	struct manifest_program *programs = mem_calloc(PROGRAM_N, sizeof(*programs));
	size_t n = 0;

	for (enum program i = 0; i < PROGRAM_N; i++) {
		const struct program_kind *kind = &program_kinds[i];

		if (!kind->found && !spec_has_program(spec, i))
			continue;
		programs[n++] = (struct manifest_program){
			.name = mem_strdup(program_names[i]),
			.path = kind->found ? NULL : mem_strdup(program_names[i]),
			.build = kind->build,
			.driver = kind->embeds || kind->found,
			.module_list = mem_strdup(program_module_list(kind)),
			.library_dir = kind->build == BUILD_STATIC ? NULL : mem_strdup(program_library_dir(kind)),
			.libraries = expect_libraries(kind, plan),
			.import_events = kind->build == BUILD_VANILLA ? plan->n_import_events : 0,
		};
	}
	*ret_n = n;
	return programs;
}
