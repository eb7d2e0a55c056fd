/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes the run record: the envelope around the trials, and its files. What is in a trial
 * or a summary is in fields.c.
 *
 * Invariant: <id>.json is published after its samples, so a record never names
 * samples that are not there.
 */
#include <errno.h>
#include <string.h>

#include "lib/fs.h"
#include "lib/json/text.h"
#include "lib/mem.h"
#include "lib/strbuf.h"
#include "report/aslrpair.h"
#include "report/record/record.h"
#include "report/record/fields.h"
#include "report/record/samples.h"
#include "report/stacks.h"

static json_t *trials_to_json(const struct run *run)
{
	json_t *trials = json_array();

	for (size_t i = 0; i < run->n_trials; i++) {
		json_t *trial = fields_to_json(trial_fields, &run->trials[i]);

		json_object_set_new(trial, "summary", fields_to_json(trial_summary_fields, &run->trial_summaries[i]));
		json_object_set_new(trial, "stacks", stacks_to_json(&run->trials[i]));
		json_array_append_new(trials, trial);
	}
	return trials;
}

/* Temperatures that were not run are left out. */
static bool has_temperature(const struct run *run, enum temperature temperature)
{
	for (size_t i = 0; i < run->n_trials; i++)
		if (run->trials[i].temperature == temperature)
			return true;
	return false;
}

static json_t *variants_to_json(const struct run *run)
{
	json_t *variants = json_array();

	for (size_t i = 0; i < run->n_variants; i++) {
		const struct run_variant *variant = &run->variants[i];
		json_t *json = fields_to_json(variant_fields, variant), *summary = json_object();

		for (size_t j = 0; j < TEMPERATURE_N; j++)
			if (has_temperature(run, j))
				json_object_set_new(summary, temperature_names[j],
						    fields_to_json(summary_fields, &variant->summaries[j]));
		json_object_set(json, "settings", variant->settings);
		json_object_set_new(json, "target", variant->target ? json_incref(variant->target) : json_null());
		json_object_set_new(json, "summary", summary);
		json_array_append_new(variants, json);
	}
	return variants;
}

static json_t *run_to_json(const struct run *run, const struct trial *table)
{
	json_t *libraries = json_array();

	for (size_t i = 0; i < table->n_libraries; i++)
		json_array_append_new(libraries, json_text(table->libraries[i]));
	return json_pack("{s:s, s:i, s:s, s:s?, s:s?, s:b, s:i, s:b, s:o, s:o, s:O?, s:O?, s:O?, s:O?, s:O?, s:o, s:o}",
			 "schema", RUN_SCHEMA, "schema_version", RUN_SCHEMA_VERSION, "id", run->id,
			 "started_utc", run->started_utc, "kit_version", run->kit_version, "complete", run->complete,
			 "looks", (int)run->looks, "valid", run_is_valid(run), "variants", variants_to_json(run),
			 "aslr_tax", aslr_to_json(run), "scenario", run->scenario, "host", run->host,
			 "target", run->target, "calibration", run->calibration, "counters", run->counters,
			 "trials", trials_to_json(run), "libraries", libraries);
}

static struct err *publish(const char *dir, const char *id, const char *ending, const char *bytes, size_t len,
			   char **ret_path)
{
	_cleanup_free_ char *name = mem_printf("%s%s", id, ending);
	_cleanup_free_ char *path = fs_join(dir, name);
	struct err *err = fs_publish(path, bytes, len);

	if (err)
		return err;
	if (ret_path)
		*ret_path = no_free_ptr(path);
	return NULL;
}

char *run_text(struct run *run)
{
	const struct run_samples *samples = run_samples_add(run);
	json_t *json;
	char *text;

	run_summarise(run);
	json = run_to_json(run, &samples->table);
	/* 17 digits: what is read back is what was written, to the bit. */
	text = json ? json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION(17)) : NULL;
	json_decref(json);
	return text;
}

struct err *run_write(struct run *run, const char *dir, char **ret_path)
{
	_cleanup_strbuf_ struct strbuf folded = STRBUF_INIT;
	const struct run_samples *samples = run_samples_add(run);
	_cleanup_free_ char *text = run_text(run);
	struct err *err;

	stacks_fold(run, &folded);
	if (!text)
		return err_new("cannot write the run record '%s': it holds text that is not UTF-8", run->id);
	err = fs_mkdirs(dir);
	if (!err)
		err = publish(dir, run->id, ".events.csv", samples->csv.text, samples->csv.len, NULL);
	if (!err && folded.len)
		err = publish(dir, run->id, ".stacks.folded", folded.text, folded.len, NULL);
	if (!err)
		err = publish(dir, run->id, ".json", text, strlen(text), ret_path);
	return err;
}

struct err *run_check_results_dir(const char *dir)
{
	_cleanup_free_ char *probe = NULL;
	struct err *err;
	int fd;

	err = fs_mkdirs(dir);
	if (err)
		return err_hint(err_wrap(err, "cannot use results folder '%s'", dir), "choose another with --results");
	probe = fs_join(dir, ".write-XXXXXX");
	fd = mkstemp(probe);
	if (fd < 0)
		return err_hint(err_errno(errno, "cannot write into results folder '%s'", dir),
				"choose another with --results");
	close(fd);
	unlink(probe);
	return NULL;
}
