/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Expands a scenario into the variants that it compares, and makes the command line of
 * each. Starts nothing.
 *
 * Invariant: no two variants of a scenario are the same.
 */
#include "job/variant.h"

#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"

static bool binds_at_start(enum program program)
{
	return program == PROGRAM_LINKED_NOW || program == PROGRAM_PLAIN_LINKED_NOW;
}

static bool has_binding(const struct scenario *scenario, enum binding binding)
{
	for (size_t i = 0; i < scenario->bind_now.n; i++)
		if (scenario->bind_now.choices[i] == (int)binding)
			return true;
	return false;
}

void variants_make(const struct scenario *scenario, struct variant **ret, size_t *n_ret)
{
	const struct conf_list *programs = &scenario->program, *bindings = &scenario->bind_now;
	bool of_target = scenario->target;
	size_t n_programs = of_target ? programs->n : 1, n = 0;
	struct variant *variants = mem_calloc(n_programs * bindings->n, sizeof(*variants));

	for (size_t i = 0; i < n_programs; i++) {
		for (size_t j = 0; j < bindings->n; j++) {
			bool now = bindings->choices[j] == BIND_NOW_ON;

			if (of_target && now && binds_at_start(programs->choices[i]) &&
			    has_binding(scenario, BIND_NOW_OFF))
				continue;
			variants[n++] = (struct variant){
				.program = of_target ? program_names[programs->choices[i]] : NULL,
				.bind_now = now,
			};
		}
	}
	*ret = variants;
	*n_ret = n;
}

static char **command_argv(const struct scenario *scenario)
{
	char **argv = mem_calloc(scenario->command.n + 1, sizeof(*argv));

	for (size_t i = 0; i < scenario->command.n; i++)
		argv[i] = mem_strdup(scenario->command.strings[i]);
	return argv;
}

struct err *variant_argv(const struct scenario *scenario, const struct variant *variant,
			 const struct manifest *manifest, bool mpi, char ***ret)
{
	const struct manifest_program *program;
	const char *dir;
	char **argv;
	size_t n = 0;

	if (!variant->program) {
		*ret = command_argv(scenario);
		return NULL;
	}
	program = manifest_program(manifest, variant->program);
	if (!program)
		return err_hint(err_new("target '%s' has no program '%s'", manifest->name, variant->program),
				"add %s to 'programs' in its spec and generate it again", variant->program);
	dir = manifest->target_dir;
	argv = mem_calloc(5, sizeof(*argv));
	argv[n++] = program->path ? fs_join(dir, program->path) : mem_strdup(manifest->python);
	if (program->driver)
		argv[n++] = fs_join(dir, manifest->driver);
	if (program->driver && !mpi)
		argv[n++] = mem_strdup("--no-mpi");
	argv[n++] = fs_join(dir, program->module_list);
	*ret = argv;
	return NULL;
}

void variant_argv_free(char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}
