/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes a scenario's variants ready to run: command line, environment, files, and what each
 * must show. Starts nothing, but for asking the kernel for a counter.
 *
 * Invariant: if one variant cannot be run, none is: a comparison needs all of them.
 */
#include "cmd/prepare.h"

#include "job/counters.h"
#include "lib/fs.h"
#include "lib/mem.h"

/* What a cold run must read from disk: the libraries, the program, the driver and its list. */
static struct err *add_target_files(const struct manifest *manifest, struct prepared *p)
{
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

static struct err *add_files(const struct scenario *scenario, const struct manifest *manifest, struct prepared *p)
{
	_cleanup_free_ char *program = NULL;
	struct err *err = NULL;

	if (p->program) {
		err = add_target_files(manifest, p);
	} else {
		program = fs_find_program(p->argv[0]);
		if (program)
			err = file_set_add(&p->files, program);
	}
	for (size_t i = 0; !err && i < scenario->cold_files.n; i++)
		err = file_set_add(&p->files, scenario->cold_files.strings[i]);
	return err;
}

static struct err *choose_counters(const struct scenario *scenario, struct prepared_list *list)
{
	_cleanup_free_ const char **programs = mem_calloc(list->n, sizeof(*programs));

	for (size_t i = 0; i < list->n; i++)
		programs[i] = list->v[i].argv ? list->v[i].argv[0] : NULL;
	return counters_choose((enum counter_source)scenario->counters, programs, list->n, &list->counter_source,
			       &list->counters);
}

/* Under callgrind the MPI test, most of it waiting, would take longer than all the rest. */
static struct err *make_argv(const struct scenario *scenario, const struct manifest *manifest, bool simulated,
			     struct prepared *p)
{
	struct err *err;

	variant_argv_free(p->argv);
	p->argv = NULL;
	err = variant_argv(scenario, &p->variant, manifest, !simulated, &p->argv);
	if (!err && simulated)
		p->argv = callgrind_wrap(p->argv);
	return err;
}

/* Hashes are the same in all runs that are counted, so that the counts can be. */
static void set_env(enum counter_source source, struct prepared *p)
{
	size_t n = 0;

	if (p->variant.bind_now)
		p->env[n++] = "LD_BIND_NOW=1";
	if (source != COUNTERS_OFF)
		p->env[n++] = "PYTHONHASHSEED=0";
	if (source == COUNTERS_PERF)
		p->env[n++] = "ATTACHSTORM_COUNTERS=perf";
	if (source == COUNTERS_PAPI)
		p->env[n++] = "ATTACHSTORM_COUNTERS=papi";
}

static struct err *prepare_all(const struct scenario *scenario, struct manifest *manifest, bool starts_jobs,
			       struct prepared_list *list)
{
	struct err *err = NULL;

	for (size_t i = 0; !err && starts_jobs && i < list->n; i++)
		err = make_argv(scenario, manifest, false, &list->v[i]);
	if (!err)
		err = choose_counters(scenario, list);
	for (size_t i = 0; !err && i < list->n; i++) {
		struct prepared *p = &list->v[i];

		if (starts_jobs && p->variant.program) {
			p->program = manifest_program(manifest, p->variant.program);
			manifest_select_program(manifest, p->program);
		}
		if (starts_jobs)
			err = add_files(scenario, manifest, p);
		if (!err && list->counter_source == COUNTERS_CALLGRIND)
			err = make_argv(scenario, manifest, true, p);
		set_env(list->counter_source, p);
		expectation_init(&p->expectation, manifest, p->program);
	}
	return err;
}

struct err *prepared_make(const struct scenario *scenario, struct manifest *manifest, bool starts_jobs,
			  struct prepared_list *ret)
{
	struct prepared_list list = { 0 };
	_cleanup_free_ struct variant *variants = NULL;
	struct err *err;

	variants_make(scenario, &variants, &list.n);
	list.v = mem_calloc(list.n, sizeof(*list.v));
	for (size_t i = 0; i < list.n; i++)
		list.v[i].variant = variants[i];
	err = prepare_all(scenario, manifest, starts_jobs, &list);
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
	}
	free(list->v);
	json_decref(list->counters);
	*list = (struct prepared_list){ 0 };
}
