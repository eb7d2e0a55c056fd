/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The checks of a spec that span several keys, and what follows from others. Invariant:
 * a spec that passed has a plan, whose counts fit their types, and a target that a linker
 * can link and a process can run.
 */
#include <ctype.h>
#include <string.h>

#include "gen/program.h"
#include "gen/spec.h"
#include "lib/fs.h"
#include "lib/mem.h"

/* The plan is held in memory: about 40 bytes a function. */
#define MAX_TOTAL_FUNCTIONS 50000000

/* "targets/tiny.yaml" -> "tiny" */
static char *name_from_stem(const char *stem)
{
	const char *base = fs_basename(stem);
	const char *dot = strrchr(base, '.');

	return dot && dot != base ? mem_strndup(base, dot - base) : mem_strdup(base);
}

/* Commands, flags and folders land in a makefile, where these characters cannot be quoted
 * by any means that make and the shell agree on. */
#define UNQUOTABLE "#$`'\"\\;|&<>()*?"

static struct err *check_makefile_text(const char *what, const char *text, const char *forbidden)
{
	for (const char *p = text; *p; p++)
		if (iscntrl((unsigned char)*p) || strchr(forbidden, *p))
			return err_new("%s has a character that a makefile cannot hold: '%s'", what, text);
	return NULL;
}

static struct err *check_makefile_list(const char *what, const struct conf_list *list, const char *forbidden)
{
	for (size_t i = 0; i < list->n; i++) {
		struct err *err = check_makefile_text(what, list->strings[i], forbidden);

		if (err)
			return err;
	}
	return NULL;
}

static struct err *check_bodies(const struct target_spec *spec)
{
	int64_t weights = 0, largest = 0;

	if (!spec->body_sizes.n)
		return err_hint(err_new("body.size is empty"), "0 makes functions without a body");
	for (size_t i = 0; i < spec->body_sizes.n; i++)
		if (spec->body_sizes.ints[i] > largest)
			largest = spec->body_sizes.ints[i];
	for (size_t i = 0; i < BODY_N_KINDS; i++)
		weights += spec->body_weights[i];
	if (largest && !weights)
		return err_hint(err_new("bodies have no kind: all their weights are 0"),
				"set one of body.integer, body.floating, body.memory and body.branchy");
	return NULL;
}

#define MAX_DIRECT 5000        /* on a linker's command line, of one argument of the shell */
#define MAX_EDGES 50000000     /* in memory, and in the makefile */
#define MAX_STACK (4 << 20)    /* of the 8 MiB that a process usually has */

static int64_t min_i64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Dependencies of one module at most. */
static int64_t most_dependencies(const struct target_spec *spec)
{
	int64_t modules = spec->cross_module ? min_i64(spec->module_fan_out, spec->modules) : 0;
	int64_t utilities = spec->shape == SHAPE_ALL ? spec->utilities :
						       min_i64(spec->utility_fan_out, spec->utilities);

	if (spec->shape == SHAPE_CHAIN)
		return 2;
	if (spec->utilities / spec->modules + 1 > utilities)
		utilities = spec->utilities / spec->modules + 1;
	return utilities + modules;
}

static struct err *check_graph(const struct target_spec *spec)
{
	int64_t direct = most_dependencies(spec), depth;
	int64_t calls = spec->functions * (100 + spec->functions_spread) / 100 + 1;

	if (spec->begin_links_all && !spec->break_modules)
		return err_new("begin_links_all needs break_modules: there is no libmodulebegin without it");
	if (spec->begin_links_all && spec->modules > direct)
		direct = spec->modules;
	if (direct > MAX_DIRECT)
		return err_hint(err_new("a library would be linked with %lld others", (long long)direct),
				"at most %d fit a linker's command line; take fewer libraries, a smaller fan-out or "
				"another dependencies.shape", MAX_DIRECT);
	if (direct * (spec->modules + spec->utilities) > MAX_EDGES)
		return err_hint(err_new("the libraries would have about %lld dependencies together",
					(long long)(direct * (spec->modules + spec->utilities))),
				"at most %d; take fewer libraries or a smaller fan-out", MAX_EDGES);
	calls = calls * spec->utility_calls > direct ? calls * spec->utility_calls : direct;
	if (calls > UINT32_MAX / spec->modules)
		return err_hint(err_new("a utility function might be called more than %u times", UINT32_MAX),
				"take a smaller calls.utility or fewer functions");
	depth = spec->max_depth + (spec->shape == SHAPE_CHAIN  ? spec->utilities :
				   spec->shape == SHAPE_LAYERS ? min_i64(spec->layers, spec->utilities) :
								 64);
	/* 200 bytes for what a function has besides that array, saved registers included. */
	if (depth * (spec->body_stack + 200) > MAX_STACK)
		return err_hint(err_new("a call chain of %lld functions would need %lld bytes of stack",
					(long long)depth, (long long)(depth * (spec->body_stack + 200))),
				"at most %d; take a smaller max_depth or body.stack", MAX_STACK);
	return NULL;
}

struct err *spec_check(struct target_spec *spec, const char *stem)
{
	struct err *err;
	int64_t total;

	if (!spec->name)
		spec->name = stem ? name_from_stem(stem) : mem_strdup("pynamic");
	if (strchr(spec->name, '/') || !strcmp(spec->name, ".") || !strcmp(spec->name, ".."))
		return err_hint(err_new("name of the target cannot be '%s'", spec->name),
				"it names the target's folder; use -o for a path");
	if (!spec->utility_functions)
		spec->utility_functions = spec->functions;
	total = spec->modules * spec->functions + spec->utilities * spec->utility_functions;
	if (total > MAX_TOTAL_FUNCTIONS)
		return err_hint(err_new("the target would have about %lld functions", (long long)total),
				"at most %d in all libraries together", MAX_TOTAL_FUNCTIONS);
	if (spec->stripped_libraries + spec->undebugged_libraries > spec->modules + spec->utilities)
		return err_new("stripped_libraries and undebugged_libraries are more than the %lld libraries",
			       (long long)(spec->modules + spec->utilities));
	err = check_bodies(spec);
	if (!err)
		err = check_graph(spec);
	if (err)
		return err;
	if (!spec->cc || !spec->python)
		return err_new("%s is empty", spec->cc ? "python" : "compiler.cc");
	if (!spec->mpicc && program_needs(spec).embedding)
		return err_new("mpicc is empty, but a program with MPI needs it");
	err = check_makefile_text("compiler.cc", spec->cc, UNQUOTABLE);
	if (!err && spec->mpicc)
		err = check_makefile_text("mpicc", spec->mpicc, UNQUOTABLE);
	if (!err)
		err = check_makefile_list("compiler.flags", &spec->cflags, UNQUOTABLE);
	if (!err)
		err = check_makefile_list("compiler.include_dirs", &spec->include_dirs, UNQUOTABLE " ");
	return err;
}
