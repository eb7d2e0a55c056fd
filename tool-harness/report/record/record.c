/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run in memory: its trials, what is said about them, and the facts of its target. Its
 * files are written by write.c and read by read.c.
 *
 * Invariant: the summaries of a run are of the trials that it has, or as they were read.
 */
#include "report/record/record.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "lib/fnv.h"
#include "lib/mem.h"
#include "report/record/samples.h"

void run_init(struct run *run)
{
	memset(run, 0, sizeof(*run));
}

static void variant_deinit(struct run_variant *variant)
{
	free(variant->name);
	free(variant->program);
	json_decref(variant->settings);
	json_decref(variant->target);
}

static void free_variants(struct run *run)
{
	for (size_t i = 0; i < run->n_variants; i++)
		variant_deinit(&run->variants[i]);
	free(run->variants);
}

void run_deinit(struct run *run)
{
	for (size_t i = 0; i < run->n_trials; i++)
		trial_deinit(&run->trials[i]);
	free(run->trials);
	run_samples_free(run->samples);
	free(run->trial_summaries);
	free_variants(run);
	free(run->id);
	free(run->started_utc);
	free(run->kit_version);
	json_decref(run->scenario);
	json_decref(run->host);
	json_decref(run->target);
	json_decref(run->calibration);
	json_decref(run->counters);
	run_init(run);
}

struct trial *run_add_trial(struct run *run)
{
	mem_grow(run->trials, run->n_trials, run->cap_trials);
	trial_init(&run->trials[run->n_trials]);
	return &run->trials[run->n_trials++];
}

struct run_variant *run_add_variant(struct run *run, const char *name, const char *program, bool bind_now)
{
	struct run_variant *variant;

	mem_grow(run->variants, run->n_variants, run->cap_variants);
	variant = &run->variants[run->n_variants++];
	*variant = (struct run_variant){
		.name = mem_strdup(name),
		.program = mem_strdup(program),
		.bind_now = bind_now,
		.settings = json_object(),
	};
	return variant;
}

static void keep_trials(struct run *run, uint32_t variant)
{
	size_t n = 0;

	for (size_t i = 0; i < run->n_trials; i++) {
		if (run->trials[i].variant != variant) {
			trial_deinit(&run->trials[i]);
			continue;
		}
		run->trials[n] = run->trials[i];
		if (i < run->n_trial_summaries)
			run->trial_summaries[n] = run->trial_summaries[i];
		run->trials[n++].variant = 0;
	}
	run->n_trials = n;
	run->n_trial_summaries = n < run->n_trial_summaries ? n : run->n_trial_summaries;
}

bool run_keep_variant(struct run *run, const char *name)
{
	const struct run_variant *found = run_find_variant(run, name);
	struct run_variant kept;

	if (!found)
		return false;
	kept = *found;
	keep_trials(run, (uint32_t)(found - run->variants));
	for (size_t i = 0; i < run->n_variants; i++)
		if (&run->variants[i] != found)
			variant_deinit(&run->variants[i]);
	run->variants[0] = kept;
	run->n_variants = 1;
	return true;
}

const struct run_variant *run_find_variant(const struct run *run, const char *name)
{
	for (size_t i = 0; i < run->n_variants; i++)
		if (strcmp(run->variants[i].name, name) == 0)
			return &run->variants[i];
	return NULL;
}

json_t *run_scenario_value(const struct run *run, const char *key)
{
	json_t *object = run->scenario;
	const char *dot;

	for (; (dot = strchr(key, '.')); key = dot + 1) {
		_cleanup_free_ char *section = mem_strndup(key, (size_t)(dot - key));

		object = json_object_get(object, section);
	}
	return json_object_get(object, key);
}

const char *run_variant_text(const struct run *run, const struct run_variant *variant, const char *key)
{
	const char *own = json_string_value(json_object_get(variant->settings, key));

	return own ? own : json_string_value(run_scenario_value(run, key));
}

bool run_tells_events(const struct run *run, const struct run_variant *variant)
{
	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];

		if (&run->variants[trial->variant] == variant && trial->traced && !trial->n_contradictions)
			return trial_counts_stops(trial);
	}
	return true;
}

bool run_is_swept(const struct run *run, const char *key)
{
	for (size_t i = 0; i < run->n_variants; i++)
		if (json_object_get(run->variants[i].settings, key))
			return true;
	return false;
}

bool run_has_tracer(const struct run *run)
{
	for (size_t i = 0; i < run->n_variants; i++) {
		const char *tool = run_variant_text(run, &run->variants[i], "tool");

		if (!tool || !strcmp(tool, "native") || !strcmp(tool, "null"))
			return true;
	}
	return run->n_variants == 0;
}

bool run_is_untraced(const struct run *run)
{
	for (size_t i = 0; i < run->n_variants; i++) {
		const char *tool = run_variant_text(run, &run->variants[i], "tool");

		if (!tool || strcmp(tool, "none") != 0)
			return false;
	}
	return run->n_variants > 0;
}

bool run_is_simulated(const struct run *run)
{
	const char *source = json_string_value(json_object_get(run->counters, "source"));

	return source && !strcmp(source, counter_source_names[COUNTERS_CALLGRIND]);
}

void run_summarise(struct run *run)
{
	run->trial_summaries = mem_realloc(run->trial_summaries, run->n_trials + 1, sizeof(*run->trial_summaries));
	for (size_t i = run->n_trial_summaries; i < run->n_trials; i++) {
		assert(run->trials[i].variant < run->n_variants);
		trial_summarise(&run->trials[i], &run->trial_summaries[i]);
	}
	run->n_trial_summaries = run->n_trials;
	for (size_t i = 0; i < run->n_variants; i++)
		for (size_t j = 0; j < TEMPERATURE_N; j++)
			summary_compute(run->trials, run->trial_summaries, run->n_trials, (uint32_t)i, j,
					&run->variants[i].summaries[j]);
}

bool run_is_valid(const struct run *run)
{
	for (size_t i = 0; i < run->n_trials; i++)
		if (run->trials[i].n_contradictions > 0)
			return false;
	return run->n_trials > 0;
}

json_t *run_target_json(const struct manifest *manifest, const struct manifest_program *program)
{
	_cleanup_free_ char *spec = manifest->spec ? json_dumps(manifest->spec, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	_cleanup_free_ char *digest = mem_printf("%016" PRIx64, fnv_text(spec ? spec : ""));
	_cleanup_free_ char *seed = mem_printf("%" PRIu64, manifest->seed);
	size_t functions = 0;

	for (size_t i = 0; i < manifest->n_libraries; i++)
		functions += manifest->libraries[i].n_functions;
	/* The seed is 64 bits unsigned, more than JSON readers agree on as a number. */
	return json_pack("{s:s?, s:s?, s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "name", manifest->name, "generator", manifest->generator, "seed", seed, "spec_fnv1a64", digest,
			 "compiler", manifest->compiler, "compiler_version", manifest->compiler_version,
			 "python", manifest->python, "python_version", manifest->python_version,
			 "libraries", (json_int_t)manifest->n_libraries, "modules", (json_int_t)manifest->n_modules,
			 "functions", (json_int_t)functions,
			 "expect_libraries", (json_int_t)(program ? program->libraries : manifest->expect_libraries),
			 "expect_calls", (json_int_t)manifest->expect_calls,
			 "expect_import_events",
			 (json_int_t)(program ? program->import_events : manifest->expect_import_events));
}
