/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The product M x N x (T1 + B x T2) for numbers given, or for the means of one record: as
 * text and JSON. Fits nothing (fit.c).
 *
 * Invariant: a number that the user gave is never replaced by the record's.
 */
#include <jansson.h>
#include <string.h>

#include "cmd/model/model.h"
#include "measure/model.h"
#include "report/human.h"
#include "report/record/record.h"
#include "report/store/store.h"

/* One prediction: at the means, which is what a sum is made of, and at the 10th and 90th percentiles if measured. */
struct prediction {
	const char *name; /* temperature, NULL if nothing was measured */
	const char *variant; /* NULL: there is one alone */
	double libraries, tasks, breakpoints;
	struct quantiles t1_ns, t2_ns;
	double total_ns, low_ns, high_ns, events_ns;
};

static void predict(struct prediction *p)
{
	struct cost_model at_p10 = { p->t1_ns.p10, p->t2_ns.p10 }, at_mean = { p->t1_ns.mean, p->t2_ns.mean },
			  at_p90 = { p->t1_ns.p90, p->t2_ns.p90 };

	p->total_ns = cost_model_total_ns(&at_mean, p->libraries, p->tasks, p->breakpoints);
	p->low_ns = cost_model_total_ns(&at_p10, p->libraries, p->tasks, p->breakpoints);
	p->high_ns = cost_model_total_ns(&at_p90, p->libraries, p->tasks, p->breakpoints);
	p->events_ns = cost_model_total_ns(&at_mean, p->libraries, p->tasks, 0);
}

/* "83.3 minutes, of which 41.7 for the events alone": both in the unit of the whole. */
static void put_total(const struct prediction *p, struct strbuf *out)
{
	const struct human_unit *unit = human_unit_for(p->total_ns);

	human_number(out, p->total_ns / unit->ns);
	strbuf_printf(out, " %s, of which ", unit->word);
	human_number(out, p->events_ns / unit->ns);
	strbuf_puts(out, " for the events alone\n");
}

static void put_job(const struct prediction *p, struct strbuf *out)
{
	human_count(out, p->libraries);
	strbuf_puts(out, " load events x ");
	human_count(out, p->tasks);
	strbuf_puts(out, " tasks");
}

static void put_given(const struct prediction *p, struct strbuf *out)
{
	put_job(p, out);
	strbuf_puts(out, " x (");
	human_duration(out, p->t1_ns.mean);
	if (p->breakpoints > 0) {
		strbuf_puts(out, " + ");
		human_count(out, p->breakpoints);
		strbuf_puts(out, " breakpoints x ");
		human_duration(out, p->t2_ns.mean);
	}
	strbuf_puts(out, ")\n");
	put_total(p, out);
}

static void put_range(const char *name, const struct quantiles *q, struct strbuf *out)
{
	strbuf_printf(out, "  %s  ", name);
	human_duration(out, q->mean);
	strbuf_puts(out, " mean, ");
	human_duration(out, q->p50);
	strbuf_puts(out, " median  (");
	human_duration(out, q->p10);
	strbuf_puts(out, " to ");
	human_duration(out, q->p90);
	strbuf_puts(out, ", n = ");
	human_count(out, q->n);
	strbuf_puts(out, ")\n");
}

static void put_measured(const struct prediction *p, struct strbuf *out)
{
	strbuf_printf(out, "%s%s%s\n", p->name, p->variant ? ", " : "", p->variant ? p->variant : "");
	put_range("T1", &p->t1_ns, out);
	if (p->t2_ns.n)
		put_range("T2", &p->t2_ns, out);
	strbuf_puts(out, "  ");
	put_job(p, out);
	strbuf_puts(out, ", ");
	human_count(out, p->breakpoints);
	strbuf_puts(out, " breakpoints:\n  ");
	put_total(p, out);
	strbuf_puts(out, "  ");
	human_duration(out, p->low_ns);
	strbuf_puts(out, " to ");
	human_duration(out, p->high_ns);
	strbuf_puts(out, " if all were as the 10th or the 90th percentile\n");
}

static json_t *prediction_json(const struct prediction *p)
{
	json_t *json = json_pack("{s:s?, s:s?, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "temperature", p->name,
				 "variant", p->variant,
				 "load_events_per_task", p->libraries, "tasks", p->tasks, "breakpoints", p->breakpoints,
				 "t1_ns", p->t1_ns.mean, "t2_ns", p->t2_ns.mean, "total_ns", p->total_ns, "events_ns",
				 p->events_ns);

	if (p->name) {
		json_object_set_new(json, "total_p10_ns", json_real(p->low_ns));
		json_object_set_new(json, "total_p90_ns", json_real(p->high_ns));
		json_object_set_new(json, "t1_n", json_integer(p->t1_ns.n));
		json_object_set_new(json, "t2_n", json_integer(p->t2_ns.n));
	}
	return json;
}

static void put_source(const struct run *run, struct strbuf *out)
{
	static const struct {
		const char *key, *what;
	} facts[] = { { "cpu_model", "" }, { "kernel", "Linux " }, { "glibc", "glibc " } };

	strbuf_printf(out, "measured by %s", run->id);
	if (run->started_utc)
		strbuf_printf(out, " (%s)", run->started_utc);
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		const char *text = json_string_value(json_object_get(run->host, facts[i].key));

		if (text)
			strbuf_printf(out, "%s%s%s", i ? ", " : " on ", facts[i].what, text);
	}
	strbuf_putc(out, '\n');
}

static void print_json(json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	putchar('\n');
	json_decref(json);
}

void model_given(const struct model_args *args)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct prediction p = {
		.libraries = args->libraries,
		.tasks = args->tasks,
		.breakpoints = args->breakpoints > 0 ? args->breakpoints : 0,
		.t1_ns.mean = args->t1_ns,
		.t2_ns.mean = args->t2_ns > 0 ? args->t2_ns : 0,
	};

	predict(&p);
	if (args->json) {
		print_json(json_pack("{s:[o]}", "predictions", prediction_json(&p)));
		return;
	}
	put_given(&p, &out);
	fputs(out.text, stdout);
}

static struct err *predict_measured(const struct model_args *args, const struct run *run, size_t variant,
				    enum temperature temperature, struct prediction *ret)
{
	const struct summary *s = &run->variants[variant].summaries[temperature];
	struct prediction p = {
		.name = temperature_names[temperature],
		.libraries = args->libraries >= 0 ? args->libraries : s->load_events_per_task,
		.tasks = args->tasks >= 0 ? args->tasks : s->tasks,
		.breakpoints = args->breakpoints >= 0 ? args->breakpoints : s->breakpoints,
		.t1_ns = s->t1_ns,
		.t2_ns = s->t2_ns,
	};

	if (p.breakpoints > 0 && !p.t2_ns.n)
		return err_hint(err_new("'%s' measured no reinsertion, so it cannot predict for %g breakpoints",
					run->id, p.breakpoints),
				"measure with breakpoints, or leave --breakpoints out");
	predict(&p);
	*ret = p;
	return NULL;
}

/* At each temperature that it has load events of. */
static struct err *predict_variant(const struct model_args *args, const struct run *run, size_t variant,
				   json_t *predictions, struct strbuf *out)
{
	for (size_t i = 0; i < TEMPERATURE_N; i++) {
		struct prediction p;
		struct err *err;

		if (!run->variants[variant].summaries[i].t1_ns.n)
			continue;
		err = predict_measured(args, run, variant, i, &p);
		if (err)
			return err;
		p.variant = run->n_variants > 1 ? run->variants[variant].name : NULL;
		json_array_append_new(predictions, prediction_json(&p));
		put_measured(&p, out);
	}
	return NULL;
}

struct err *model_measured(const struct model_args *args)
{
	_cleanup_(run_list_deinit) struct run_list list = { 0 };
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	json_t *predictions = json_array();
	struct err *err = store_load(STORE_DEFAULT_DIR, args->record, &list);
	const struct run *run = err ? NULL : &list.runs[0];

	if (!err && list.n > 1)
		err = err_hint(err_new("'%s' means %zu records", args->record, list.n),
			       "a prediction is from one of them");
	if (!err && list.variant && !run_find_variant(run, list.variant))
		err = err_new("'%s' has no variant '%s'", run->id, list.variant);
	if (!err)
		put_source(run, &out);
	for (size_t i = 0; !err && i < run->n_variants; i++)
		if (!list.variant || !strcmp(list.variant, run->variants[i].name))
			err = predict_variant(args, run, i, predictions, &out);
	if (!err && json_array_size(predictions) == 0)
		err = err_with_status(err_new("'%s' has no valid measurement of load events", args->record),
				      EXIT_INVALID);
	if (!err && args->json)
		print_json(json_pack("{s:s, s:O, s:O?}", "record", run->id, "predictions", predictions,
				     "host", run->host));
	else if (!err)
		fputs(out.text, stdout);
	json_decref(predictions);
	return err;
}
