/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads a scenario: its keys are those of the files beside it, which conf reads. What spans several
 * keys is checked in check.c; what the keys do is the tools'.
 */
#include "job/scenario/scenario.h"

#include <string.h>

#include "job/scenario/keys.h"
#include "lib/fs.h"
#include "lib/mem.h"

const struct conf_table scenario_table = {
	.what = "scenario",
	.parts = (const struct conf_table *const[]){
		&scenario_job_keys,
		&scenario_tracer_keys,
		&scenario_tools_keys,
		&scenario_gdb_keys,
		&scenario_policy_keys,
		&scenario_work_keys,
		&scenario_null_keys,
		NULL,
	},
};

/* A relative path that exists in the scenario's folder is meant there. */
static void path_resolve(const char *folder, char **path)
{
	_cleanup_free_ char *there = fs_join(folder, *path);

	if (**path == '/' || !fs_exists(there))
		return;
	free(*path);
	*path = no_free_ptr(there);
}

/* One that is nowhere yet is meant in the scenario's folder, too: messages then name a place. */
static void path_resolve_target(const char *folder, char **path)
{
	path_resolve(folder, path);
	if (**path != '/' && strcmp(folder, ".") != 0 && !fs_exists(*path)) {
		char *there = fs_join(folder, *path);

		free(*path);
		*path = there;
	}
}

/* A tool that is described in the scenario's folder: by path, or by name in its folder tools/. */
static void path_resolve_tool(const char *folder, char **tool)
{
	_cleanup_free_ char *file = *tool ? mem_printf("tools/%s.yaml", *tool) : NULL;
	_cleanup_free_ char *there = file ? fs_join(folder, file) : NULL;

	if (!*tool)
		return;
	path_resolve(folder, tool);
	if (strchr(*tool, '/') || !fs_exists(there))
		return;
	free(*tool);
	*tool = no_free_ptr(there);
}

/* "scenarios/demo.yaml" -> "demo" */
char *scenario_name(const char *path)
{
	_cleanup_free_ char *own = mem_strdup(path);
	size_t n = strlen(own);
	const char *base, *dot;

	while (n > 1 && own[n - 1] == '/')
		own[--n] = '\0';
	base = fs_basename(own);
	dot = strrchr(base, '.');
	return dot && dot != base ? mem_strndup(base, dot - base) : mem_strdup(base);
}

/* Of the paths that may be swept those of targets. */
static void sweep_paths_resolve(const char *folder, struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->matrix.n; i++) {
		struct conf_axis *axis = &scenario->matrix.axes[i];

		for (size_t j = 0; j < axis->n && !strcmp(axis->key, "target"); j++)
			path_resolve_target(folder, &axis->values[j]);
	}
	for (size_t i = 0; i < scenario->cases.n; i++) {
		struct conf_case *one = &scenario->cases.cases[i];

		for (size_t j = 0; j < one->n; j++)
			if (!strcmp(one->settings[j].key, "target"))
				path_resolve_target(folder, &one->settings[j].value);
	}
}

struct err *scenario_read(const char *path, struct scenario *ret)
{
	return scenario_read_repeated(path, 0, ret);
}

struct err *scenario_read_repeated(const char *path, int64_t repetitions, struct scenario *ret)
{
	struct scenario scenario = { 0 };
	struct err *err;

	conf_defaults(&scenario_table, &scenario);
	scenario.repetitions = repetitions ? repetitions : scenario.repetitions;
	if (path) {
		_cleanup_free_ char *folder = fs_dirname(path);

		err = conf_read_file(&scenario_table, path, &scenario);
		if (err) {
			scenario_deinit(&scenario);
			return err;
		}
		path_resolve_tool(folder, &scenario.tool);
		if (scenario.target)
			path_resolve_target(folder, &scenario.target);
		for (size_t i = 0; i < scenario.cold_files.n; i++)
			path_resolve(folder, &scenario.cold_files.strings[i]);
		sweep_paths_resolve(folder, &scenario);
		if (!scenario.name)
			scenario.name = scenario_name(path);
	}
	*ret = scenario;
	return NULL;
}

const char *scenario_chosen(const struct scenario *scenario, const char *key)
{
	const struct conf_option *option = conf_find(&scenario_table, key);

	return option->choices[*(const int *)((const char *)scenario + option->offset)].name;
}

bool scenario_is_untraced(const struct scenario *scenario)
{
	return !strcmp(scenario->tool, "none");
}

bool scenario_is_outside(const struct scenario *scenario)
{
	return strcmp(scenario->tool, "native") != 0 && strcmp(scenario->tool, "null") != 0 &&
	       !scenario_is_untraced(scenario);
}

bool scenario_stops_tasks(const struct scenario *scenario)
{
	return scenario->load_events == LOAD_EVENTS_RBRK || scenario->load_events == LOAD_EVENTS_PROBES;
}

bool scenario_wants_stacks(const struct scenario *scenario)
{
	return scenario->stacks.n && scenario->stacks.choices[0] != STACKS_OFF;
}

void scenario_deinit(struct scenario *scenario)
{
	conf_deinit(&scenario_table, scenario);
}
