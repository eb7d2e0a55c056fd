/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sorts trials and series into groups. Decides which total of a trial is used; fits
 * nothing.
 *
 * Invariant: a group never mixes machines, settings, temperatures or kinds of totals.
 */
#include "report/law/groups.h"

#include <string.h>

#include "lib/mem.h"
#include "lib/strbuf.h"
#include "report/record/record.h"
#include "report/record/samples.h"
#include "report/law/series.h"

const char *const law_basis_names[] = {
	[LAW_BASIS_EVENTS] = "handling of each load event",
	[LAW_BASIS_HANDLING] = "handling of load events, a sum per run",
	[LAW_BASIS_WALL] = "import of the slowest rank, traced - untraced",
	[LAW_BASIS_PUBLISHED] = "published totals",
};

/* What a sweep varies, and what does not change the cost of an event. */
static const char *const swept[] = {
	"name", "tasks", "target", "repetitions", "temperature", "results", "null.libraries", "null.seed",
	"breakpoints.count", "breakpoints.names", "matrix", "cases", NULL,
};
static const char *const machine_facts[] = { "cpu_model", "cpus", "kernel", NULL };

static bool is_swept(const char *key)
{
	for (size_t i = 0; swept[i]; i++)
		if (!strcmp(swept[i], key))
			return true;
	return false;
}

static struct law_group *find_group(struct law_sources *sources, const char *name)
{
	struct law_group *group;

	for (size_t i = 0; i < sources->n; i++)
		if (!strcmp(sources->groups[i].name, name))
			return &sources->groups[i];
	mem_grow(sources->groups, sources->n, sources->cap);
	group = &sources->groups[sources->n++];
	*group = (struct law_group){ .name = mem_strdup(name), .basis = LAW_BASIS_N };
	return group;
}

/* The scenario flat, "breakpoints.write" and so on, without what a sweep varies. */
static void flatten(json_t *object, const char *prefix, json_t *into)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		_cleanup_free_ char *path = mem_printf("%s%s%s", prefix, *prefix ? "." : "", key);

		if (is_swept(path))
			continue;
		if (json_is_object(value))
			flatten(value, path, into);
		else
			json_object_set(into, path, value);
	}
}

static json_t *flat_scenario(const struct run *run)
{
	json_t *flat = json_object();

	flatten(run->scenario, "", flat);
	return flat;
}

static json_t *machine_of(const struct run *run)
{
	json_t *facts = json_object();

	for (size_t i = 0; machine_facts[i]; i++) {
		json_t *value = json_object_get(run->host, machine_facts[i]);

		if (value)
			json_object_set(facts, machine_facts[i], value);
	}
	return facts;
}

/* The first key in which two flat objects differ; NULL: in none. */
static const char *first_difference(json_t *a, json_t *b)
{
	const char *key;
	json_t *value;

	json_object_foreach(a, key, value)
		if (!json_equal(value, json_object_get(b, key)))
			return key;
	json_object_foreach(b, key, value)
		if (!json_object_get(a, key))
			return key;
	return NULL;
}

static struct err *check_group(struct law_group *group, const struct run *run, enum law_basis basis)
{
	json_t *scenario = flat_scenario(run), *machine = machine_of(run);
	const char *key = NULL;

	if (!group->record) {
		group->record = mem_strdup(run->id);
		group->scenario = scenario;
		group->machine = machine;
		group->basis = basis;
		return NULL;
	}
	key = first_difference(group->scenario, scenario);
	if (!key)
		key = first_difference(group->machine, machine);
	json_decref(scenario);
	json_decref(machine);
	if (key)
		return err_hint(err_new("'%s' and '%s' differ in '%s', so one law cannot be fitted to both",
					group->record, run->id, key),
				"fit them apart");
	if (group->basis != basis)
		return err_hint(err_new("'%s' has %s, but '%s' has %s", group->record, law_basis_names[group->basis],
					run->id, law_basis_names[basis]),
				"keep the samples (.events.csv) beside all records, or beside none");
	return NULL;
}

/* "native warm", and the settings by which variants of a matrix differ beyond a sweep. */
static char *group_name(const struct run *run, const struct trial *trial)
{
	struct strbuf name = STRBUF_INIT;
	const char *key;
	json_t *value;

	strbuf_printf(&name, "%s %s", trial->tool ? trial->tool : "tool", temperature_names[trial->temperature]);
	if (trial->variant >= run->n_variants)
		return strbuf_steal(&name);
	json_object_foreach(run->variants[trial->variant].settings, key, value)
		if (!is_swept(key) && json_is_string(value) && strcmp(key, "tool"))
			strbuf_printf(&name, " %s=%s", key, json_string_value(value));
	return strbuf_steal(&name);
}

/* The untraced run beside a trial. */
static const struct trial_summary *baseline_of(const struct run *run, const struct trial *trial)
{
	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *other = &run->trials[i];

		if (!other->traced && other->variant == trial->variant && other->repetition == trial->repetition &&
		    other->temperature == trial->temperature && !other->n_contradictions)
			return &run->trial_summaries[i];
	}
	return NULL;
}

/* Load events that a target makes in each task while it imports; 0 if not known. */
static double expected_events(const struct run *run, const struct trial *trial)
{
	json_t *target = trial->variant < run->n_variants ? run->variants[trial->variant].target : NULL;

	return json_number_value(json_object_get(target ? target : run->target, "expect_import_events"));
}

/* What the trial cost, without its events; false if it does not tell. */
static bool total_of(const struct run *run, size_t index, enum law_basis *basis_ret, struct law_run *ret)
{
	const struct trial *trial = &run->trials[index];
	const struct trial_summary *summary = &run->trial_summaries[index], *baseline;

	ret->tasks = (double)trial->n_tasks;
	ret->breakpoints = (double)trial_places(trial);
	if (summary->measured_ns > 0 && summary->load_events_per_task >= 1 && trial->n_tasks &&
	    trial->tasks[0].libraries_at_start >= 0 && trial->tasks[0].libraries_at_end >= 0) {
		const struct trial_task *task = &trial->tasks[0];

		*basis_ret = LAW_BASIS_HANDLING;
		ret->libraries = summary->load_events_per_task;
		ret->total_ns = summary->measured_ns;
		ret->first = (double)task->libraries_at_start;
		ret->last = (double)task->libraries_at_end;
		return true;
	}
	baseline = baseline_of(run, trial);
	if (!baseline || !trial->n_tasks || summary->spans_ns[SPAN_IMPORT_WORST] < 0 ||
	    baseline->spans_ns[SPAN_IMPORT_WORST] < 0)
		return false;
	*basis_ret = LAW_BASIS_WALL;
	ret->libraries = expected_events(run, trial);
	ret->total_ns = (double)(summary->spans_ns[SPAN_IMPORT_WORST] - baseline->spans_ns[SPAN_IMPORT_WORST]);
	ret->first = 0;
	ret->last = ret->libraries;
	return ret->libraries >= 1 && ret->total_ns > 0;
}

/* What the run tells besides its load events. */
static void note_rest(const struct run *run, size_t index, struct law_run *ret)
{
	const struct trial *trial = &run->trials[index];
	int64_t phase1_ns = run->trial_summaries[index].spans_ns[SPAN_PHASE1];

	ret->import_events = expected_events(run, trial);
	ret->phase1_ns = phase1_ns > 0 ? (double)phase1_ns : 0;
}

/* Of the policy deferred what is timed are looks at a task, whose number is no number of libraries. */
static bool has_no_load_events(const struct run *run, const struct trial *trial)
{
	const char *policy = run_variant_text(run, &run->variants[trial->variant], "breakpoints.policy");

	return policy && !strcmp(policy, "deferred");
}

static struct err *add_trial(struct law_sources *sources, const struct run *run, size_t index, bool has_samples)
{
	const struct trial *trial = &run->trials[index];
	_cleanup_free_ char *name = group_name(run, trial);
	enum law_basis basis = LAW_BASIS_EVENTS;
	struct law_run total = { 0 };
	/* of a tool that does not tell how long it took, events are no use */
	bool events = has_samples && trial->n_events > 0 && run->trial_summaries[index].t1_ns.n > 0;
	struct law_group *group;
	struct err *err;

	if (trial->n_contradictions || trial->timed_out || trial->interrupted || has_no_load_events(run, trial) ||
	    (!events && !total_of(run, index, &basis, &total))) {
		sources->n_skipped++;
		return NULL;
	}
	group = find_group(sources, name);
	err = check_group(group, run, basis);
	if (err)
		return err;
	if (!events) {
		law_data_add_total(&group->data, total.libraries, total.tasks, total.breakpoints, total.total_ns,
				   total.first, (total.last - total.first) / total.libraries);
	} else if (!law_data_add_trial(&group->data, trial)) {
		sources->n_skipped++;
		return NULL;
	}
	note_rest(run, index, &group->data.runs[group->data.n_runs - 1]);
	return NULL;
}

struct err *law_sources_add_record(struct law_sources *sources, const char *path, const char *variant)
{
	_cleanup_(run_deinit) struct run run = { 0 };
	bool has_samples = false;
	struct err *err = run_read(path, &run);
	const struct run_variant *only = err || !variant ? NULL : run_find_variant(&run, variant);

	if (!err && variant && !only)
		err = err_new("'%s' has no variant '%s'", path, variant);
	if (!err)
		err = samples_read(path, &run, &has_samples);
	for (size_t i = 0; !err && i < run.n_trials; i++)
		if (run.trials[i].traced && (!only || &run.variants[run.trials[i].variant] == only))
			err = add_trial(sources, &run, i, has_samples);
	return err;
}

struct err *law_sources_add_series(struct law_sources *sources, const char *path)
{
	_cleanup_(series_deinit) struct series series = { 0 };
	struct err *err = series_read(path, &series);

	for (size_t i = 0; !err && i < series.n; i++) {
		const struct series_row *row = &series.rows[i];
		struct law_group *group = find_group(sources, row->series);

		if (group->record)
			return err_new("'%s': the series '%s' is called as the runs of '%s' are", path, row->series,
				       group->record);
		group->basis = LAW_BASIS_PUBLISHED;
		law_data_add_total(&group->data, row->libraries, row->tasks, row->breakpoints, row->total_ns, 0, 1)
			->rounding_ns = row->rounding_ns;
	}
	return err;
}

struct err *law_sources_finish(struct law_sources *sources)
{
	size_t n_runs = 0;

	for (size_t i = 0; i < sources->n; i++) {
		n_runs += sources->groups[i].data.n_runs;
		law_data_finish(&sources->groups[i].data);
	}
	if (n_runs)
		return NULL;
	return err_with_status(err_hint(err_new("there is no valid traced run with a total to fit a law to"),
					"%zu runs were passed over", sources->n_skipped),
			       EXIT_INVALID);
}

void law_sources_deinit(struct law_sources *sources)
{
	for (size_t i = 0; i < sources->n; i++) {
		struct law_group *group = &sources->groups[i];

		law_data_deinit(&group->data);
		json_decref(group->scenario);
		json_decref(group->machine);
		free(group->name);
		free(group->record);
	}
	free(sources->groups);
	memset(sources, 0, sizeof(*sources));
}
