/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long a run may take: what it executes, times the medians of earlier executions. What is
 * between executions (calibration, eviction of pages, the table) is not in it. Writes nothing.
 *
 * Invariant: an execution under another tool, or with other numbers of tasks, is never taken for
 * one of the same kind: GDB may need a hundred times what the job needs untraced.
 */
#include "cmd/run/estimate.h"

#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"
#include "measure/stats/quantile.h"
#include "report/human.h"
#include "report/store/store.h"

#define MOST_RECORDS 30 /* of the newest, by name */

/* Executions that a variant can be judged by: earlier ones, and those of this run. */
struct past {
	struct samples own[TEMPERATURE_N][2];
	struct samples like[TEMPERATURE_N][2]; /* same tool, tasks and temperature: untraced, traced */
	struct samples any;                    /* of the same program */
};

/* --- records ---------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static bool same_command(const struct conf_list *command, const json_t *recorded)
{
	if (!command->n || json_array_size(recorded) != command->n)
		return false;
	for (size_t i = 0; i < command->n; i++)
		if (!same_text(json_string_value(json_array_get(recorded, i)), command->strings[i]))
			return false;
	return true;
}

/* The spec's digest: a target that was generated again is the same. */
static const char *digest_of(const json_t *target)
{
	return json_string_value(json_object_get(target, "spec_fnv1a64"));
}

static bool same_job(const struct prepared *p, const char *digest, const struct run *run, const struct trial *trial)
{
	const struct run_variant *variant = &run->variants[trial->variant];

	if (!p->manifest)
		return same_command(&p->scenario->command, json_object_get(run->scenario, "command"));
	return digest && same_text(digest_of(variant->target ? variant->target : run->target), digest) &&
	       same_text(variant->program, p->program ? p->program->name : NULL);
}

static void add_trials(const struct prepared *p, const struct run *run, struct past *past)
{
	json_t *target = p->manifest ? run_target_json(p->manifest, p->program) : NULL;

	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];
		int64_t ns = trial->phases.ended_ns - trial->phases.launch_ns;

		if (ns <= 0 || trial->interrupted || trial->variant >= run->n_variants ||
		    !same_job(p, digest_of(target), run, trial))
			continue;
		samples_add(&past->any, (double)ns);
		if (trial->n_tasks == (size_t)p->scenario->tasks &&
		    (!trial->traced || same_text(trial->tool, p->tool->name)))
			samples_add(&past->like[trial->temperature][trial->traced], (double)ns);
	}
	json_decref(target);
}

/* Records that cannot be read are no reason not to explain: there is less to go by. */
static void look_back(const struct scenario *scenario, const struct prepared_list *list, struct past *past)
{
	_cleanup_(path_list_deinit) struct path_list records = { 0 };

	if (fs_exists(scenario->results))
		err_free(store_scan(scenario->results, &records));
	for (size_t i = records.n > MOST_RECORDS ? records.n - MOST_RECORDS : 0; i < records.n; i++) {
		_cleanup_(run_deinit) struct run run = { 0 };
		_cleanup_err_ struct err *err = run_read(records.paths[i], &run);

		/* Simulated caches take fifty times as long. */
		if (err || run_is_simulated(&run) != (list->counter_source == COUNTERS_CALLGRIND))
			continue;
		for (size_t j = 0; j < list->n; j++)
			add_trials(&list->v[j], &run, &past[j]);
	}
}

/* --- sum -------------------------------------------------------------------------- */

struct sum {
	double ns, limit_ns;               /* of those with a median; of the others, at most */
	size_t n_like, n_any, n_unknown;   /* executions */
};

static void add(const struct prepared *p, const struct samples *like, const struct samples *any, size_t n,
		struct sum *sum)
{
	if (like->n) {
		sum->ns += samples_median(like) * (double)n;
		sum->n_like += n;
	} else if (any->n) {
		sum->ns += samples_median(any) * (double)n;
		sum->n_any += n;
	} else {
		sum->limit_ns += (double)p->scenario->time_limit_ns * (double)n;
		sum->n_unknown += n;
	}
}

static void add_variant(const struct scenario *scenario, const struct prepared *p, const struct past *past,
			struct sum *sum)
{
	for (size_t t = 0; t < scenario->temperature.n; t++) {
		for (int traced = !p->scenario->baseline; traced <= (p->tool->run != NULL); traced++)
			add(p, &past->like[scenario->temperature.choices[t]][traced], &past->any,
			    (size_t)scenario->repetitions, sum);
	}
}

static void put_sum(const struct scenario *scenario, const struct sum *sum, struct strbuf *out)
{
	_cleanup_strbuf_ struct strbuf known = STRBUF_INIT, most = STRBUF_INIT;

	human_duration(&known, sum->ns);
	human_duration(&most, sum->limit_ns);
	if (!sum->n_like && !sum->n_any) {
		strbuf_printf(out, "not known: %s has no record of this; %s at most, by the time limit\n",
			      scenario->results, most.text);
		return;
	}
	strbuf_printf(out, "about %s, from the records in %s:\n", known.text, scenario->results);
	if (sum->n_like)
		strbuf_printf(out, "            %zu of the executions as the median of those with the same program, "
				   "tool, tasks and temperature\n",
			      sum->n_like);
	if (sum->n_any)
		strbuf_printf(out, "            %zu by a guess: the median of all that the same program was run\n",
			      sum->n_any);
	if (sum->n_unknown)
		strbuf_printf(out, "            %zu not counted, of a program that has no record: %s at most\n",
			      sum->n_unknown, most.text);
}

static void past_deinit(struct past *past)
{
	for (size_t t = 0; t < TEMPERATURE_N; t++)
		for (size_t traced = 0; traced < 2; traced++)
			samples_deinit(&past->like[t][traced]);
	for (size_t t = 0; t < TEMPERATURE_N; t++)
		for (size_t traced = 0; traced < 2; traced++)
			samples_deinit(&past->own[t][traced]);
	samples_deinit(&past->any);
}

static struct past *past_create(const struct scenario *scenario, const struct prepared_list *list)
{
	struct past *past = mem_calloc(list->n + 1, sizeof(*past));

	look_back(scenario, list, past);
	return past;
}

static void past_destroy(struct past *past, size_t n)
{
	for (size_t i = 0; i < n; i++)
		past_deinit(&past[i]);
	free(past);
}

void estimate_put(const struct scenario *scenario, const struct prepared_list *list, struct strbuf *out)
{
	struct past *past = past_create(scenario, list);
	struct sum sum = { 0 };

	for (size_t i = 0; i < list->n; i++)
		add_variant(scenario, &list->v[i], &past[i], &sum);
	put_sum(scenario, &sum, out);
	past_destroy(past, list->n);
}

/* --- while it runs ---------------------------------------------------------------- */

struct estimate {
	const struct scenario *scenario;
	const struct prepared_list *list;
	struct past *past; /* by variant */
	size_t repetitions;
};

struct estimate *estimate_create(const struct scenario *scenario, const struct prepared_list *list)
{
	struct estimate *estimate = mem_alloc(sizeof(*estimate));

	estimate->scenario = scenario;
	estimate->list = list;
	estimate->past = past_create(scenario, list);
	estimate->repetitions = (size_t)scenario->repetitions;
	return estimate;
}

void estimate_destroy(struct estimate *estimate)
{
	if (!estimate)
		return;
	past_destroy(estimate->past, estimate->list->n);
	free(estimate);
}

/* Sees one kind of execution: a variant, untraced or traced, at one temperature; `n` of it in all. */
typedef void see_kind(const struct past *past, enum temperature temperature, int traced, size_t n, void *sum);

static void each_kind(const struct estimate *estimate, see_kind *see, void *sum)
{
	const struct scenario *scenario = estimate->scenario;

	for (size_t i = 0; i < estimate->list->n; i++) {
		const struct prepared *p = &estimate->list->v[i];

		for (size_t t = 0; t < scenario->temperature.n; t++)
			for (int traced = !p->scenario->baseline; traced <= (p->tool->run != NULL); traced++)
				see(&estimate->past[i], (enum temperature)scenario->temperature.choices[t], traced,
				    estimate->repetitions, sum);
	}
}

void estimate_plan(struct estimate *estimate, size_t repetitions)
{
	estimate->repetitions = repetitions;
}

static void add_total(const struct past *past, enum temperature temperature, int traced, size_t n, void *sum)
{
	(void)past, (void)temperature, (void)traced;
	*(size_t *)sum += n;
}

static void add_made(const struct past *past, enum temperature temperature, int traced, size_t n, void *sum)
{
	(void)n;
	*(size_t *)sum += past->own[temperature][traced].n;
}

struct left {
	double ns;
	bool known;
};

static void add_left(const struct past *past, enum temperature temperature, int traced, size_t n, void *sum)
{
	const struct samples *own = &past->own[temperature][traced], *like = &past->like[temperature][traced];
	const struct samples *by = own->n ? own : like->n ? like : &past->any;
	struct left *left = sum;

	left->known &= by->n > 0;
	left->ns += samples_median(by) * (double)(n - own->n);
}

size_t estimate_total(const struct estimate *estimate)
{
	size_t n = 0;

	each_kind(estimate, add_total, &n);
	return n;
}

size_t estimate_made(const struct estimate *estimate)
{
	size_t n = 0;

	each_kind(estimate, add_made, &n);
	return n;
}

void estimate_learn(struct estimate *estimate, const struct prepared *variant, enum temperature temperature,
		    bool traced, int64_t ns)
{
	samples_add(&estimate->past[variant - estimate->list->v].own[temperature][traced], (double)ns);
}

bool estimate_left(const struct estimate *estimate, double *ret_ns)
{
	struct left left = { .known = true };

	each_kind(estimate, add_left, &left);
	*ret_ns = left.ns;
	return left.known;
}
