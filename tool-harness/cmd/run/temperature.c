/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Putting page cache and tool into the state that a trial is to begin with. Invariant: a trial
 * that is to begin with a warm tool does, or is not run.
 */
#include "cmd/run/temperature.h"

#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "tool/toolhome.h"

/* The same job under the same tool, in a folder of its own; nothing of it is kept but what the tool remembers. */
static struct err *warm_up(const struct prepared *p, const struct tool_request *request)
{
	_cleanup_free_ char *dir = mem_printf("%s-warm-up", request->plan->dir);
	_cleanup_(trial_deinit) struct trial trial;
	struct job_plan plan = *request->plan;
	struct tool_request own = *request;
	struct err *err;

	progress_note("the tool has seen nothing yet: a run to warm it up, which is not measured");
	plan.dir = dir;
	own.plan = &plan;
	trial_init(&trial);
	err = fs_mkdirs(dir);
	if (!err)
		err = p->tool->run(&own, &trial);
	err_free(fs_remove_tree(dir));
	return err_wrap(err, "run to warm the tool up");
}

static void count(const struct prepared *p, const char *home, struct trial *trial)
{
	uint64_t entries, bytes;

	toolhome_count(p->scenario, home, &entries, &bytes);
	trial->tool_home_entries = (int64_t)entries;
	trial->tool_home_bytes = (int64_t)bytes;
}

struct err *temperature_set_tool(const struct prepared *p, const struct tool_request *request, struct trial *trial)
{
	bool warm = p->scenario->tool_temperature == TOOL_TEMPERATURE_WARM;
	struct err *err = NULL;

	if (toolhome_is_cold(p->scenario, trial->temperature))
		err = toolhome_empty(p->scenario, request->home);
	if (err)
		return err;
	count(p, request->home, trial);
	if (!warm || trial->tool_home_entries)
		return NULL;
	err = warm_up(p, request);
	if (err)
		return err;
	count(p, request->home, trial);
	if (trial->tool_home_entries)
		return NULL;
	return err_hint(err_new("the tool '%s' is to be warm, but remembers nothing from run to run", p->tool->name),
			"switch its cache on, or leave tool_temperature out");
}

static struct err *set_pages(const struct file_set *files, enum temperature temperature, bool drop_caches)
{
	return temperature == TEMPERATURE_COLD ? pagecache_evict(files, drop_caches) : pagecache_load(files);
}

static void note_unproved(void *data, const char *why)
{
	trial_add_unproved(data, why);
}

/* Those of a command that nobody demands to be cold: a C library that all processes map never is. */
static void evict_mapped(const struct prepared *p, struct trial *trial)
{
	_cleanup_(file_set_deinit) struct file_set others = { 0 };

	for (size_t i = 0; i < p->mapped->n; i++)
		if (!file_set_has(&p->files, p->mapped->paths[i]))
			err_free(file_set_add(&others, p->mapped->paths[i])); /* gone: not mapped any more */
	pagecache_try_evict(&others, note_unproved, trial);
}

void temperature_learn(const struct prepared *p, struct trial *trial)
{
	for (size_t i = 0; p->mapped && i < trial->n_libraries; i++) {
		_cleanup_free_ char *real = NULL;
		struct err *err = *trial->libraries[i] == '/' ? fs_realpath(trial->libraries[i], &real) : NULL;

		if (!err && real && !file_set_has(p->mapped, real) && !file_set_has(&p->files, real)) {
			_cleanup_free_ char *why = mem_printf("'%s': that it is mapped was not known before", real);

			if (trial->temperature == TEMPERATURE_COLD)
				trial_add_unproved(trial, why);
			err = file_set_add(p->mapped, real);
		}
		err_free(err); /* no file, or of the task's own namespace: nothing is said to be proved of it */
	}
}

struct err *temperature_set_pages(const struct prepared *p, const char *home, struct trial *trial)
{
	_cleanup_free_ char *index = toolhome_index(p->scenario, home);
	const char *remembered = index ? index : home;
	_cleanup_(file_set_deinit) struct file_set own = { 0 };
	bool drop = trial->temperature == TEMPERATURE_COLD && p->scenario->cold_drop_caches;
	struct err *err = NULL;

	if (trial->traced && fs_exists(remembered))
		err = file_set_add(&own, remembered);
	if (!err)
		err = set_pages(&own, trial->temperature, false);
	if (!err && trial->traced)
		err = set_pages(&p->tool_files, trial->temperature, false);
	if (!err)
		err = set_pages(&p->files, trial->temperature, drop);
	if (!err && p->mapped && trial->temperature == TEMPERATURE_COLD)
		evict_mapped(p, trial);
	if (!err)
		err = pagecache_residency(&p->files, &trial->residency);
	if (!err && trial->traced)
		err = pagecache_residency(&p->tool_files, &trial->tool_residency);
	trial->residency.dropped_caches = drop;
	return err;
}
