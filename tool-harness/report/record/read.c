/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads a run record. Its events stay in the file of samples.
 *
 * Invariant: what is not a whole record of a known version is an error that names the file.
 */
#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/strbuf.h"
#include "report/record/record.h"
#include "report/record/fields.h"
#include "report/record/upgrade.h"
#include "report/stacks.h"

static char *string_of(json_t *root, const char *key)
{
	return mem_strdup(json_string_value(json_object_get(root, key)));
}

/* An optional object: NULL when it is null or not there. */
static struct err *object_of(json_t *root, const char *key, json_t **ret)
{
	json_t *json = json_object_get(root, key);

	if (!json || json_is_null(json))
		return NULL;
	if (!json_is_object(json))
		return err_new("%s: not an object", key);
	*ret = json_incref(json);
	return NULL;
}

static struct err *read_trials(json_t *root, struct run *run)
{
	json_t *trials = json_object_get(root, "trials"), *trial;
	size_t i;

	if (!json_is_array(trials))
		return err_new("trials: missing or not an array");
	run->trial_summaries = mem_calloc(json_array_size(trials), sizeof(*run->trial_summaries));
	json_array_foreach(trials, i, trial) {
		struct err *err = fields_from_json(trial_fields, trial, run_add_trial(run));

		run->n_trial_summaries = i + 1;
		if (!err)
			err = err_wrap(fields_from_json(trial_summary_fields, json_object_get(trial, "summary"),
							&run->trial_summaries[i]), "summary");
		if (!err)
			err = stacks_from_json(json_object_get(trial, "stacks"), &run->trials[i]);
		if (!err && run->trials[i].variant >= run->n_variants)
			err = err_new("variant: there are only %zu", run->n_variants);
		if (err)
			return err_wrap(err, "trials[%zu]", i);
	}
	return NULL;
}

static struct err *read_variant(json_t *json, struct run_variant *variant)
{
	json_t *summary = json_object_get(json, "summary"), *value;
	struct err *err = fields_from_json(variant_fields, json, variant);
	const char *key;

	if (!err && !variant->name)
		err = err_new("name: null");
	if (!err)
		err = object_of(json, "settings", &variant->settings);
	if (!err)
		err = object_of(json, "target", &variant->target);
	if (err)
		return err;
	if (!variant->settings)
		return err_new("settings: missing or null");
	json_object_foreach(variant->settings, key, value)
		if (!json_is_string(value))
			return err_new("settings: %s: not a string", key);
	if (!json_is_object(summary))
		return err_new("summary: missing or not an object");
	for (size_t i = 0; i < TEMPERATURE_N; i++) {
		json_t *one = json_object_get(summary, temperature_names[i]);

		err = one ? fields_from_json(summary_fields, one, &variant->summaries[i]) : NULL;
		if (err)
			return err_wrap(err, "summary: %s", temperature_names[i]);
	}
	return NULL;
}

static struct err *read_variants(json_t *root, struct run *run)
{
	json_t *variants = json_object_get(root, "variants"), *json;
	size_t i;

	if (!json_is_array(variants))
		return err_new("variants: missing or not an array");
	run->variants = mem_calloc(json_array_size(variants), sizeof(*run->variants));
	json_array_foreach(variants, i, json) {
		struct err *err;

		run->n_variants = i + 1;
		err = read_variant(json, &run->variants[i]);
		if (!err && run_find_variant(run, run->variants[i].name) != &run->variants[i])
			err = err_new("name: '%s' is there twice", run->variants[i].name);
		if (err)
			return err_wrap(err, "variants[%zu]", i);
	}
	return NULL;
}

static struct err *check_schema(json_t *root)
{
	const char *schema = json_string_value(json_object_get(root, "schema"));
	json_t *version = json_object_get(root, "schema_version");

	if (!schema || strcmp(schema, RUN_SCHEMA) != 0)
		return err_new("not a run record");
	if (!json_is_integer(version))
		return err_new("no schema version");
	if (json_integer_value(version) == 2 || json_integer_value(version) == 3)
		return record_upgrade(root, json_integer_value(version));
	if (json_integer_value(version) != RUN_SCHEMA_VERSION)
		return err_hint(err_new("schema version %" JSON_INTEGER_FORMAT " is not known, only 2 to %d",
					json_integer_value(version), RUN_SCHEMA_VERSION),
				"measure again, or use the version of attachstorm that wrote it");
	return NULL;
}

/* Records had no such key when nobody looked how tasks were left. */
static void complete_tasks(json_t *root)
{
	json_t *trial, *task;
	size_t i, j;

	json_array_foreach(json_object_get(root, "trials"), i, trial)
		json_array_foreach(json_object_get(trial, "tasks"), j, task)
			if (json_is_object(task) && !json_object_get(task, "left"))
				json_object_set_new(task, "left", json_string(task_left_names[TASK_LEFT_NONE]));
}

#define LOOKS_MOST 50 /* after as many nothing could be told any more */

static struct err *run_from_json(json_t *root, struct run *run)
{
	json_int_t looks = json_integer_value(json_object_get(root, "looks"));
	struct err *err = check_schema(root);

	if (err)
		return err;
	run->id = string_of(root, "id");
	run->started_utc = string_of(root, "started_utc");
	run->kit_version = string_of(root, "kit_version");
	run->complete = json_is_true(json_object_get(root, "complete"));
	run->looks = looks > 0 && looks < LOOKS_MOST ? (unsigned)looks : 0;
	if (!run->id)
		return err_new("id: missing or not a string");
	err = object_of(root, "scenario", &run->scenario);
	if (!err)
		err = object_of(root, "host", &run->host);
	if (!err)
		err = object_of(root, "target", &run->target);
	if (!err)
		err = object_of(root, "calibration", &run->calibration);
	if (!err)
		err = object_of(root, "counters", &run->counters);
	if (!err)
		err = read_variants(root, run);
	complete_tasks(root);
	if (!err)
		err = read_trials(root, run);
	return err_hint(err, "if an older attachstorm wrote it, measure again, or read it with that one");
}

struct err *run_parse(const char *name, const char *text, size_t len, struct run *ret)
{
	_cleanup_(run_deinit) struct run run;
	json_error_t error;
	struct err *err;
	json_t *root;

	run_init(&run);
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!root && json_error_code(&error) == json_error_premature_end_of_input)
		return err_new("'%s' is truncated: it ends in line %d", name, error.line);
	if (!root)
		return err_new("'%s' is not JSON: line %d, column %d: %s", name, error.line, error.column, error.text);
	err = run_from_json(root, &run);
	json_decref(root);
	if (err)
		return err_wrap(err, "'%s'", name);
	*ret = run;
	run_init(&run);
	return NULL;
}

struct err *run_read(const char *path, struct run *ret)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct err *err = fs_read(path, &text);

	return err ? err : run_parse(path, text.text, text.len, ret);
}
