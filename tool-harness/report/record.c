/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The run record as a whole: the envelope around the trials, and its two files.
 * What is in a trial or a summary is in recordfields.c.
 *
 * Invariant: <id>.json is published after its samples, so a record never names
 * samples that are not there.
 */
#include "report/record.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/strbuf.h"
#include "report/recordfields.h"
#include "report/stacks.h"

void run_init(struct run *run)
{
	memset(run, 0, sizeof(*run));
}

static void free_variants(struct run *run)
{
	for (size_t i = 0; i < run->n_variants; i++)
		free(run->variants[i].program);
	free(run->variants);
	run->variants = NULL;
	run->n_variants = 0;
}

void run_deinit(struct run *run)
{
	for (size_t i = 0; i < run->n_trials; i++)
		trial_deinit(&run->trials[i]);
	free(run->trials);
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

static bool is_first_of_variant(const struct run *run, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (trial_same_variant(&run->trials[i], &run->trials[index]))
			return false;
	return true;
}

static void summarise_variant(const struct run *run, const struct trial *like, struct run_variant *ret)
{
	ret->program = mem_strdup(like->program);
	ret->bind_now = like->bind_now;
	for (size_t i = 0; i < TEMPERATURE_N; i++)
		summary_compute(run->trials, run->n_trials, like, i, &ret->summaries[i]);
}

void run_summarise(struct run *run)
{
	free(run->trial_summaries);
	run->trial_summaries = mem_calloc(run->n_trials, sizeof(*run->trial_summaries));
	run->n_trial_summaries = run->n_trials;
	for (size_t i = 0; i < run->n_trials; i++)
		trial_summarise(&run->trials[i], &run->trial_summaries[i]);
	free_variants(run);
	run->variants = mem_calloc(run->n_trials, sizeof(*run->variants));
	for (size_t i = 0; i < run->n_trials; i++)
		if (is_first_of_variant(run, i))
			summarise_variant(run, &run->trials[i], &run->variants[run->n_variants++]);
}

bool run_is_valid(const struct run *run)
{
	for (size_t i = 0; i < run->n_trials; i++)
		if (run->trials[i].n_contradictions > 0)
			return false;
	return run->n_trials > 0;
}

static uint64_t fnv1a(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash;
}

json_t *run_target_json(const struct manifest *manifest, const struct manifest_program *program)
{
	_cleanup_free_ char *spec = manifest->spec ? json_dumps(manifest->spec, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	_cleanup_free_ char *digest = mem_printf("%016" PRIx64, fnv1a(spec ? spec : ""));
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

static const char csv_header[] =
	"trial,temperature,repetition,rank,tid,class,phase,seen_ns,begin_ns,linkmap_ns,symbols_ns,breakpoints_ns,"
	"plant_ns,stacks_ns,done_ns,nodes_read,bytes_read,reinserted,planted,traps_written,ptrace_calls,added,removed,"
	"library_ids\n";

/* Library ids are of the whole run: `table` is a scratch trial whose libraries are the run's. */
static void events_to_csv(const struct trial *trial, size_t index, struct trial *table, struct strbuf *out)
{
	_cleanup_free_ uint32_t *ids = mem_calloc(trial->n_libraries, sizeof(*ids));

	for (size_t i = 0; i < trial->n_libraries; i++)
		ids[i] = trial_library_id(table, trial->libraries[i]);
	for (size_t i = 0; i < trial->n_events; i++) {
		const struct event *e = &trial->events[i];

		strbuf_printf(out, "%zu,%s,%" PRIu32 ",%d,%d,%s,%s", index, temperature_names[trial->temperature],
			      trial->repetition, trial->tasks[e->task].rank, (int)e->tid, event_class_names[e->class],
			      event_phase_names[e->phase]);
		strbuf_printf(out, ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64
			      ",%" PRId64,
			      e->seen_ns, e->begin_ns, e->linkmap_ns, e->symbols_ns, e->breakpoints_ns, e->plant_ns,
			      e->stacks_ns, e->done_ns);
		strbuf_printf(out, ",%u,%u,%u,%u,%u,%u,%u,%u,", e->nodes_read, e->bytes_read, e->reinserted, e->planted,
			      e->traps_written, e->ptrace_calls, e->added, e->removed);
		for (uint32_t j = 0; j < e->added + e->removed; j++)
			strbuf_printf(out, j ? "+%u" : "%u", ids[trial->names[e->names_at + j]]);
		strbuf_putc(out, '\n');
	}
}

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
		json_object_set_new(json, "summary", summary);
		json_array_append_new(variants, json);
	}
	return variants;
}

static json_t *run_to_json(const struct run *run, const struct trial *table)
{
	json_t *libraries = json_array();

	for (size_t i = 0; i < table->n_libraries; i++) {
		json_t *path = json_string(table->libraries[i]);

		json_array_append_new(libraries, path ? path : json_null());
	}
	return json_pack("{s:s, s:i, s:s, s:s?, s:s?, s:b, s:b, s:o, s:O?, s:O?, s:O?, s:O?, s:O?, s:o, s:o}",
			 "schema", RUN_SCHEMA, "schema_version", RUN_SCHEMA_VERSION, "id", run->id,
			 "started_utc", run->started_utc, "kit_version", run->kit_version, "complete", run->complete,
			 "valid", run_is_valid(run), "variants", variants_to_json(run), "scenario", run->scenario,
			 "host", run->host, "target", run->target, "calibration", run->calibration,
			 "counters", run->counters, "trials", trials_to_json(run),
			 "libraries", libraries);
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

struct err *run_write(struct run *run, const char *dir, char **ret_path)
{
	_cleanup_strbuf_ struct strbuf csv = STRBUF_INIT, folded = STRBUF_INIT;
	_cleanup_(trial_deinit) struct trial table;
	_cleanup_free_ char *text = NULL;
	struct err *err;
	json_t *json;

	trial_init(&table);
	run_summarise(run);
	strbuf_puts(&csv, csv_header);
	for (size_t i = 0; i < run->n_trials; i++)
		events_to_csv(&run->trials[i], i, &table, &csv);
	stacks_fold(run, &folded);
	json = run_to_json(run, &table);
	/* 17 digits: what is read back is what was written, to the bit. */
	text = json ? json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION(17)) : NULL;
	json_decref(json);
	if (!text)
		return err_new("cannot write the run record '%s': it holds text that is not UTF-8", run->id);
	err = fs_mkdirs(dir);
	if (!err)
		err = publish(dir, run->id, ".events.csv", csv.text, csv.len, NULL);
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
		if (err)
			return err_wrap(err, "trials[%zu]", i);
	}
	return NULL;
}

static struct err *read_variant(json_t *json, struct run_variant *variant)
{
	json_t *summary = json_object_get(json, "summary");
	struct err *err = fields_from_json(variant_fields, json, variant);

	if (err)
		return err;
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
	if (json_integer_value(version) != RUN_SCHEMA_VERSION)
		return err_new("schema version %" JSON_INTEGER_FORMAT " is not known, only %d",
			       json_integer_value(version), RUN_SCHEMA_VERSION);
	return NULL;
}

static struct err *run_from_json(json_t *root, struct run *run)
{
	struct err *err = check_schema(root);

	if (err)
		return err;
	run->id = string_of(root, "id");
	run->started_utc = string_of(root, "started_utc");
	run->kit_version = string_of(root, "kit_version");
	run->complete = json_is_true(json_object_get(root, "complete"));
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
		err = read_trials(root, run);
	return err ? err : read_variants(root, run);
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
