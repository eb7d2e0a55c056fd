/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a tool would take for more tasks than it was measured with. Its own time is what the job takes
 * longer under it than untraced; the job's part is that of the untraced job of the wanted size, where
 * the run has one. Phase 2: by a law of the paper's kind, if the run has enough different sizes; else, as
 * phase 1, by the plain product: the tool's own time for each task, one after the other.
 *
 * Invariant: nothing predicted goes into any other number.
 */
#include "report/table4/rows.h"

#include <math.h>
#include <string.h>

#include "lib/mem.h"
#include "measure/law/choice.h"
#include "report/human.h"
#include "report/table4/internal.h"

#define SEED 1
#define RESAMPLES 1000

/* What the untraced job takes, as it is for a variant; 0 where it was not measured. */
static double untraced(const struct run_variant *variant, enum temperature t, enum span span)
{
	const struct quantiles *q = &variant->summaries[t].untraced_ns[span];

	return q->n ? q->p50 : 0;
}

/* A variant of the wanted size that ran untraced, too; NULL: there is none. */
static const struct run_variant *baseline_at(const struct run *run, const struct run_variant *like, double tasks,
					     enum temperature t, enum span span)
{
	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];
		const struct run_variant *variant = &run->variants[trial->variant];

		if (!trial->traced && (double)trial->n_tasks == tasks && table4_same(run, variant, like, "target") &&
		    variant->summaries[t].untraced_ns[span].n)
			return variant;
	}
	return NULL;
}

/*
 * The plain product. At most the tasks are handled one after the other; at least, the tool's processes
 * overlap on processors that they left idle when they were fewer.
 */
static struct table4_time product(const struct run *run, const struct table4_row *from, double tasks,
				  enum temperature t, enum table4_span which)
{
	const struct table4_time *measured = &from->times[t][which];
	enum span span = table4_span_of(run, which);
	const struct run_variant *job = baseline_at(run, from->variant, tasks, t, span);
	double small = job ? untraced(from->variant, t, span) : 0;
	double large = job ? untraced(job, t, span) : 0;
	double cpus = fmax(1, json_number_value(json_object_get(run->host, "cpus")));
	double times = tasks / from->tasks;
	double overlap = fmin(from->tasks, cpus) / fmin(tasks, cpus);

	/* No valid run of the tool: what others took says nothing of it. */
	if (isnan(measured->ns))
		return (struct table4_time){ NAN, NAN, NAN };
	return (struct table4_time){
		.ns = large + times * fmax(0, measured->ns - small),
		.low_ns = large + times * overlap * fmax(0, measured->low_ns - small),
		.high_ns = large + times * fmax(0, measured->high_ns - small),
	};
}

/* Keys in which the runs that one law is fitted to may differ. */
static bool one_law(const struct run *run, const struct run_variant *a, const struct run_variant *b)
{
	const struct run_variant *both[] = { a, b };
	const char *key;
	json_t *value;

	for (size_t i = 0; i < ARRAY_SIZE(both); i++)
		json_object_foreach(both[i]->settings, key, value)
			if (strcmp(key, "tasks") && strcmp(key, "target") && strcmp(key, "breakpoints.count") &&
			    !table4_same(run, a, b, key))
				return false;
	return true;
}

static double import_events(const struct run *run, const struct run_variant *variant)
{
	return json_number_value(json_object_get(variant->target ? variant->target : run->target,
						 "expect_import_events"));
}

static double baseline_of(const struct run *run, const struct trial *trial, enum span span)
{
	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *other = &run->trials[i];

		if (!other->traced && other->variant == trial->variant && other->temperature == trial->temperature &&
		    other->repetition == trial->repetition && !other->n_contradictions)
			return (double)run->trial_summaries[i].spans_ns[span];
	}
	return -1;
}

/* What each run of the tool added to its job's phase 2. */
static void collect(const struct run *run, const struct table4_row *from, enum temperature t, struct law_data *data)
{
	for (size_t i = 0; i < run->n_trials && i < run->n_trial_summaries; i++) {
		const struct trial *trial = &run->trials[i];
		const struct run_variant *variant = &run->variants[trial->variant];
		double events = import_events(run, variant), base = baseline_of(run, trial, SPAN_PHASE2);
		double own = (double)run->trial_summaries[i].spans_ns[SPAN_PHASE2] - base;

		if (!trial->traced || trial->temperature != t || trial->n_contradictions || !trial->n_tasks ||
		    !trial->tool || strcmp(trial->tool, from->tool) || !one_law(run, variant, from->variant) ||
		    events < 1 || base < 0 || !(own > 0))
			continue;
		law_data_add_total(data, events, (double)trial->n_tasks, (double)trial_places(trial), own, 0, 1);
	}
}

/* False if the run has too few sizes, or tells that the tool's tasks do not come one after the other. */
static bool by_law(const struct run *run, const struct table4_row *from, double tasks, enum temperature t,
		   struct table4_row *row)
{
	double events = import_events(run, from->variant);
	const struct run_variant *job = baseline_at(run, from->variant, tasks, t, SPAN_PHASE2);
	double base = job ? untraced(job, t, SPAN_PHASE2) : 0;
	struct law_choice choice;
	struct law_data data = { 0 };
	struct law_prediction p;
	const struct trial *trial = NULL;
	struct err *err;
	bool serial;

	for (size_t i = 0; i < run->n_trials && !trial; i++)
		if (&run->variants[run->trials[i].variant] == from->variant && run->trials[i].traced)
			trial = &run->trials[i];
	collect(run, from, t, &data);
	if (!data.n_runs || !trial || events < 1) {
		law_data_deinit(&data);
		return false;
	}
	law_data_finish(&data);
	err = law_choose(&data, SEED, RESAMPLES, &choice);
	if (err) {
		err_free(err);
		law_data_deinit(&data);
		return false;
	}
	serial = !choice.n_varies ||
		 (choice.tasks_exponent_interval.low <= 1 && choice.tasks_exponent_interval.high >= 1);
	if (serial) {
		law_predict(&choice, &data, events, tasks, (double)trial_places(trial), &p);
		row->times[t][TABLE4_PHASE2] = (struct table4_time){ base + p.total_ns, base + p.interval.low,
								     base + p.interval.high };
		row->law[t] = mem_printf("law: T1 %s, T2 %s, of %zu sizes; 95 %% interval",
					 law_t1_names[choice.fit.shape.t1], law_t2_names[choice.fit.shape.t2],
					 data.n_cells);
	}
	law_choice_deinit(&choice);
	law_data_deinit(&data);
	return serial;
}

static char *product_text(const struct run *run, const struct table4_row *from, double tasks)
{
	_cleanup_strbuf_ struct strbuf times = STRBUF_INIT;
	double cpus = json_number_value(json_object_get(run->host, "cpus"));

	human_count(&times, tasks / from->tasks);
	if (cpus > from->tasks && tasks > from->tasks)
		return mem_printf("product: own time × %s; from overlapping on %.0f CPUs to in turn",
				  times.text, fmin(cpus, tasks));
	return mem_printf("product: own time × %s; least and most over repetitions", times.text);
}

void table4_predict(const struct run *run, const struct table4_row *from, double tasks, struct table4_row *ret)
{
	*ret = *from;
	ret->predicted = true;
	ret->tasks = tasks;
	if (from->memory_bytes >= 0)
		ret->memory_bytes = from->memory_bytes * tasks / from->tasks;
	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		struct table4_time *times = ret->times[t];

		ret->law[t] = NULL;
		for (size_t i = 0; i < TABLE4_N; i++)
			times[i] = product(run, from, tasks, t, i);
		if (isnan(times[TABLE4_PHASE1].ns))
			continue;
		if (!by_law(run, from, tasks, t, ret))
			ret->law[t] = product_text(run, from, tasks);
		if (isnan(times[TABLE4_PHASE2].ns))
			continue;
		times[TABLE4_TOTAL] = (struct table4_time){
			times[TABLE4_PHASE1].ns + times[TABLE4_PHASE2].ns,
			times[TABLE4_PHASE1].low_ns + times[TABLE4_PHASE2].low_ns,
			times[TABLE4_PHASE1].high_ns + times[TABLE4_PHASE2].high_ns,
		};
	}
}
