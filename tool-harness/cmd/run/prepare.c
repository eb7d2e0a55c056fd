/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes a scenario's variants ready to run: command line, environment, files, and what each
 * must show. Starts nothing, but for asking the kernel for a counter and an interpreter for modules.
 *
 * Invariant: if one variant cannot be run, none is: a comparison needs all of them.
 */
#include "cmd/run/prepare.h"

#include <string.h>

#include "cmd/run/missing.h"
#include "job/acquire/choose.h"
#include "job/counts/counters.h"
#include "job/needs.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "tool/breakpoints.h"
#include "tool/process/files.h"

/* What a cold run must read from disk: the libraries, the program, the driver and its list. */
static struct err *add_target_files(struct prepared *p)
{
	const struct manifest *manifest = p->manifest;
	const struct manifest_program *program = p->program;
	const char *const others[] = { program->path, program->driver ? manifest->driver : NULL,
				       program->module_list };
	struct err *err = NULL;

	for (size_t i = 0; !err && i < manifest->n_libraries; i++) {
		_cleanup_free_ char *path = fs_join(manifest->target_dir, manifest->libraries[i].path);

		err = file_set_add(&p->files, path);
	}
	for (size_t i = 0; !err && i < ARRAY_SIZE(others); i++) {
		_cleanup_free_ char *path = others[i] ? fs_join(manifest->target_dir, others[i]) : NULL;

		if (path)
			err = file_set_add(&p->files, path);
	}
	return err;
}

static struct err *add_files(struct prepared *p)
{
	_cleanup_free_ char *program = NULL;
	struct err *err = NULL;

	if (p->program) {
		err = add_target_files(p);
	} else {
		program = fs_find_program(p->argv[0]);
		if (program)
			err = file_set_add(&p->files, program);
		p->mapped = mem_alloc(sizeof(*p->mapped));
		if (!err)
			err = toolfiles_add(p->argv[0], p->mapped);
	}
	for (size_t i = 0; !err && i < p->scenario->cold_files.n; i++)
		err = file_set_add(&p->files, p->scenario->cold_files.strings[i]);
	return err;
}

static struct err *choose_counters(struct prepared_list *list)
{
	_cleanup_free_ const char **programs = mem_calloc(list->n, sizeof(*programs));

	for (size_t i = 0; i < list->n; i++)
		programs[i] = list->v[i].argv ? list->v[i].argv[0] : NULL;
	return counters_choose((enum counter_source)list->v[0].scenario->counters, programs, list->n,
			       &list->counter_source, &list->counters);
}

/* Under callgrind the MPI test, most of it waiting, would take longer than all the rest. */
static struct err *make_argv(bool simulated, struct prepared *p)
{
	struct err *err;

	variant_argv_free(p->argv);
	p->argv = NULL;
	err = variant_argv(p->scenario, p->variant, p->manifest, !simulated, &p->argv);
	if (!err && simulated)
		p->argv = callgrind_wrap(p->argv);
	return err;
}

/* Hashes are the same in all runs that are counted, so that the counts can be. */
static void set_env(enum counter_source source, struct prepared *p)
{
	size_t n = 0;

	if (p->variant->bind_now)
		p->env[n++] = "LD_BIND_NOW=1";
	if (source != COUNTERS_OFF)
		p->env[n++] = "PYTHONHASHSEED=0";
	if (source == COUNTERS_PERF)
		p->env[n++] = "ATTACHSTORM_COUNTERS=perf";
	if (source == COUNTERS_PAPI)
		p->env[n++] = "ATTACHSTORM_COUNTERS=papi";
}

static struct err *no_target(const char *path)
{
	_cleanup_free_ char *how = target_how_to_make(path);

	return err_hint(err_new("no target '%s'", path), "make it: %s", how);
}

static struct err *read_target(struct prepared_list *list, const char *path, struct manifest **ret)
{
	struct prepared_target *target;
	struct err *err;

	for (size_t i = 0; i < list->n_targets; i++) {
		if (!strcmp(list->targets[i]->path, path)) {
			*ret = &list->targets[i]->manifest;
			return NULL;
		}
	}
	if (target_is_missing(path))
		return no_target(path);
	target = mem_calloc(1, sizeof(*target));
	err = manifest_read(path, &target->manifest);
	if (err) {
		free(target);
		return err;
	}
	target->path = mem_strdup(path);
	mem_grow(list->targets, list->n_targets, list->cap_targets);
	list->targets[list->n_targets++] = target;
	*ret = &target->manifest;
	return manifest_check_files(&target->manifest);
}

/* What a variant has by itself; counters are chosen for all of them together. */
static struct err *prepare_one(struct prepared_list *list, bool may_lack, struct prepared *p)
{
	struct err *err = tool_find(p->scenario->tool, &p->tool);

	if (!err && p->tool->check)
		err = p->tool->check(p->scenario);
	p->lacks_target = !err && may_lack && p->scenario->target && target_is_missing(p->scenario->target);
	if (p->lacks_target)
		return NULL;
	if (!err && p->scenario->target)
		err = read_target(list, p->scenario->target, &p->manifest);
	if (!err && !prepared_makes_up(p))
		err = make_argv(false, p);
	if (!err && p->argv)
		err = needs_check(p->scenario, p->argv[0]);
	if (!err && p->argv)
		err = acquire_choose(p->scenario, &p->acquire);
	if (!err)
		err = breakpoints_choose(p->scenario, p->manifest, &p->breakpoints, &p->n_breakpoints);
	return err;
}

static struct err *prepare_files(const struct prepared_list *list, struct prepared *p)
{
	struct err *err = NULL;

	if (!prepared_makes_up(p) && p->variant->program) {
		p->program = manifest_program(p->manifest, p->variant->program);
		manifest_select_program(p->manifest, p->program);
	}
	if (!prepared_makes_up(p))
		err = add_files(p);
	if (!err && p->tool->files)
		err = p->tool->files(p->scenario, &p->tool_files);
	if (!err && list->counter_source == COUNTERS_CALLGRIND)
		err = make_argv(true, p);
	set_env(list->counter_source, p);
	expectation_init(&p->expectation, p->manifest, p->program);
	p->expectation.exit_status = (int)p->scenario->expect_status;
	return err;
}

bool prepared_makes_up(const struct prepared *prepared)
{
	return prepared->tool->run_baseline;
}

struct err *prepared_make(const struct variant *variants, size_t n, bool may_lack, struct prepared_list *ret)
{
	struct prepared_list list = { .v = mem_calloc(n, sizeof(*list.v)), .n = n };
	struct err *err = NULL;

	for (size_t i = 0; !err && i < n; i++) {
		list.v[i].variant = &variants[i];
		list.v[i].scenario = &variants[i].scenario;
		err = prepare_one(&list, may_lack, &list.v[i]);
		if (err && n > 1)
			err = err_wrap(err, "variant '%s'", variants[i].name);
	}
	if (!err)
		err = choose_counters(&list);
	for (size_t i = 0; !err && i < n; i++)
		if (!list.v[i].lacks_target)
			err = prepare_files(&list, &list.v[i]);
	if (err) {
		prepared_deinit(&list);
		return err;
	}
	*ret = list;
	return NULL;
}

void prepared_deinit(struct prepared_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		variant_argv_free(list->v[i].argv);
		file_set_deinit(&list->v[i].files);
		file_set_deinit(&list->v[i].tool_files);
		if (list->v[i].mapped)
			file_set_deinit(list->v[i].mapped);
		free(list->v[i].mapped);
		breakpoints_free(list->v[i].breakpoints, list->v[i].n_breakpoints);
	}
	free(list->v);
	for (size_t i = 0; i < list->n_targets; i++) {
		manifest_deinit(&list->targets[i]->manifest);
		free(list->targets[i]->path);
		free(list->targets[i]);
	}
	free(list->targets);
	json_decref(list->counters);
	*list = (struct prepared_list){ 0 };
}
