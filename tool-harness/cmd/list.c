/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm list and trend: many records at once, from the index of the results folder.
 * Neither changes a record.
 */
#include <argp.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/mem.h"
#include "report/table/cell.h"
#include "report/compare/metric.h"
#include "report/human.h"
#include "report/store/index.h"
#include "report/store/store.h"

enum { OPT_SCENARIO = 0x500, OPT_TOOL, OPT_TARGET, OPT_MACHINE, OPT_SINCE, OPT_JSON, OPT_VARIANT };

#define FILTER_OPTIONS \
	{ NULL, 0, NULL, 0, "Only records of:", 1 }, \
	{ "scenario", OPT_SCENARIO, "NAME", 0, "this scenario", 1 }, \
	{ "tool", OPT_TOOL, "NAME", 0, "this tool", 1 }, \
	{ "target", OPT_TARGET, "NAME", 0, "this target, or command", 1 }, \
	{ "machine", OPT_MACHINE, "NAME", 0, "the machine of this host name", 1 }, \
	{ "since", OPT_SINCE, "DATE", 0, "this day or later: 2026-03-01", 1 }, \
	{ NULL, 0, NULL, 0, "Other:", 2 }, \
	{ "results", 'o', "DIR", 0, "folder of the records (default " STORE_DEFAULT_DIR ")", 2 }, \
	{ "json", OPT_JSON, NULL, 0, "JSON instead of a table", 2 }

static const struct argp_option list_options[] = { FILTER_OPTIONS, { NULL, 0, NULL, 0, NULL, 0 } };
static const struct argp_option trend_options[] = {
	FILTER_OPTIONS,
	{ "variant", OPT_VARIANT, "NAME", 0, "this variant alone", 1 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

struct list_args {
	struct index_filter filter;
	const char *dir, *metric, *variant;
	bool json, wants_metric;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct list_args *args = state->input;

	switch (key) {
	case OPT_SCENARIO:
		args->filter.scenario = arg;
		return 0;
	case OPT_TOOL:
		args->filter.tool = arg;
		return 0;
	case OPT_TARGET:
		args->filter.target = arg;
		return 0;
	case OPT_MACHINE:
		args->filter.machine = arg;
		return 0;
	case OPT_SINCE:
		if (strspn(arg, "0123456789-T:Z") != strlen(arg) || strlen(arg) < 4)
			argp_error(state, "--since: '%s' is no date such as 2026-03-01", arg);
		args->filter.since = arg;
		return 0;
	case OPT_VARIANT:
		args->variant = arg;
		return 0;
	case 'o':
		args->dir = arg;
		return 0;
	case OPT_JSON:
		args->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (!args->wants_metric || args->metric)
			argp_error(state, "'%s' is too much", arg);
		args->metric = arg;
		return 0;
	case ARGP_KEY_END:
		if (args->wants_metric && !args->metric)
			argp_error(state, "a metric is needed, such as phase2");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void print_json(json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	putchar('\n');
	json_decref(json);
}

/* --- list ------------------------------------------------------------------------- */

static json_t *record_json(const struct index_record *r)
{
	if (r->error)
		return json_pack("{s:s, s:s}", "name", r->name, "error", r->error);
	return json_pack("{s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:I, s:I, s:b, s:b}", "name", r->name, "started",
			 r->started, "scenario", r->scenario, "tool", r->tool, "target", r->target, "machine",
			 r->machine, "tasks", (json_int_t)r->tasks, "trials", (json_int_t)r->trials, "complete",
			 r->complete, "valid", r->valid);
}

static void put_record(const struct index_record *r, struct strbuf *out)
{
	cell_left(out, r->name, 42);
	strbuf_puts(out, "  ");
	if (r->error) {
		strbuf_printf(out, "not read: %s\n", r->error);
		return;
	}
	cell_left(out, r->tool ? r->tool : "", 10);
	cell_left(out, r->target ? r->target : "", 14);
	cell_count(out, (double)r->tasks, 6);
	cell_count(out, (double)r->trials, 6);
	strbuf_printf(out, "  %s%s", r->valid ? "valid" : "INVALID", r->complete ? "" : ", unfinished");
	cell_end(out);
}

static void print_records(const struct index_records *records, bool json)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	json_t *list = json_array();

	cell_left(&text, "record", 44);
	cell_left(&text, "tool", 10);
	cell_left(&text, "target", 14);
	strbuf_puts(&text, " tasks  runs\n");
	for (size_t i = 0; i < records->n; i++) {
		put_record(&records->v[i], &text);
		json_array_append_new(list, record_json(&records->v[i]));
	}
	if (json)
		print_json(json_incref(list));
	else
		fputs(records->n ? text.text : "no records\n", stdout);
	json_decref(list);
}

struct err *cmd_list(int argc, char **argv, int *status_ret)
{
	const struct argp argp = {
		list_options, parse, NULL,
		"List the records of the results folder by time, those that cannot be read last.", NULL, NULL, NULL,
	};
	struct list_args args = { .dir = STORE_DEFAULT_DIR };
	struct index_records records;
	struct index *index;
	struct err *err;

	(void)status_ret;
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	err = index_open(args.dir, &index);
	if (err)
		return err;
	err = index_list(index, &args.filter, &records);
	if (!err) {
		print_records(&records, args.json);
		index_records_deinit(&records);
	}
	index_close(index);
	return err;
}

/* --- trend ------------------------------------------------------------------------ */

static bool same(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

/* Of one job under one tool on one machine: between others no line would mean anything. */
static bool same_series(const struct index_value *a, const struct index_value *b)
{
	return same(a->scenario, b->scenario) && same(a->target, b->target) && same(a->tool, b->tool) &&
	       same(a->machine, b->machine) && a->tasks == b->tasks && same(a->variant, b->variant) &&
	       same(a->temperature, b->temperature);
}

/* Eight steps from the least to the most. */
static void put_sparkline(const struct index_value *values, size_t n, struct strbuf *out)
{
	static const char *const steps[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	double least = values[0].median, most = least;

	for (size_t i = 1; i < n; i++) {
		least = values[i].median < least ? values[i].median : least;
		most = values[i].median > most ? values[i].median : most;
	}
	for (size_t i = 0; i < n; i++)
		strbuf_puts(out, steps[most > least ? (int)(7.99 * (values[i].median - least) / (most - least)) : 3]);
}

static void put_value(const struct gate_metric *metric, double value, struct strbuf *out)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (metric->kind == GATE_TIME)
		human_duration(&text, value);
	else if (metric->kind == GATE_MEMORY)
		human_bytes(&text, value);
	else
		human_count(&text, value);
	cell_right(out, text.text, 14);
}

static void put_factor(double value, double of, struct strbuf *out)
{
	if (of > 0)
		cell_format(out, 10, "%.3f", value / of);
	else
		cell_right(out, "-", 10);
}

static const char *or_unknown(const char *text)
{
	return text && *text ? text : "?";
}

static void put_series(const struct gate_metric *metric, const struct index_value *values, size_t n,
		       struct strbuf *out)
{
	const char *label = metric->label + strspn(metric->label, " ");
	const struct index_value *first = &values[0];

	strbuf_printf(out, "%s of %s, %s: scenario %s, ", label, first->variant, first->temperature,
		      or_unknown(first->scenario));
	if (first->target)
		strbuf_printf(out, "%s, ", first->target);
	strbuf_printf(out, "%lld task%s, tool %s, on %s  ", (long long)first->tasks, first->tasks == 1 ? "" : "s",
		      or_unknown(first->tool), or_unknown(first->machine));
	put_sparkline(values, n, out);
	strbuf_putc(out, '\n');
	cell_label(out, "started", 22);
	cell_right(out, "median", 14);
	cell_right(out, "runs", 7);
	cell_right(out, "× first", 10);
	cell_right(out, "× before", 10);
	strbuf_puts(out, "  record\n");
	for (size_t i = 0; i < n; i++) {
		cell_label(out, values[i].started ? values[i].started : "", 22);
		put_value(metric, values[i].median, out);
		cell_count(out, (double)values[i].n, 7);
		put_factor(values[i].median, first->median, out);
		put_factor(values[i].median, i ? values[i - 1].median : 0, out);
		strbuf_printf(out, "  %s\n", values[i].record);
	}
}

static json_t *value_json(const struct index_value *v)
{
	return json_pack("{s:s?, s:s?, s:s?, s:s?, s:I, s:s, s:s, s:s, s:s?, s:f, s:I}", "scenario", v->scenario,
			 "target", v->target, "tool", v->tool, "machine", v->machine, "tasks", (json_int_t)v->tasks,
			 "variant", v->variant, "temperature", v->temperature, "record", v->record, "started",
			 v->started, "median", v->median, "n", (json_int_t)v->n);
}

static void print_trend(const struct gate_metric *metric, const struct index_values *values,
			const struct list_args *args)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	json_t *list = json_array();

	for (size_t i = 0, end; i < values->n; i = end) {
		for (end = i; end < values->n && same_series(&values->v[i], &values->v[end]); end++)
			;
		if (args->variant && strcmp(args->variant, values->v[i].variant) != 0)
			continue;
		put_series(metric, &values->v[i], end - i, &text);
		for (size_t j = i; j < end; j++)
			json_array_append_new(list, value_json(&values->v[j]));
	}
	if (args->json)
		print_json(json_incref(list));
	else
		fputs(text.len ? text.text : "no such records that know this metric\n", stdout);
	json_decref(list);
}

static struct err *find_metric(const char *key, const struct gate_metric **ret)
{
	_cleanup_strbuf_ struct strbuf keys = STRBUF_INIT;

	for (size_t i = 0; i < GATE_N; i++) {
		if (!strcmp(gate_metrics[i].key, key)) {
			*ret = &gate_metrics[i];
			return NULL;
		}
		strbuf_printf(&keys, "%s%s", i ? ", " : "", gate_metrics[i].key);
	}
	return err_hint(err_new("'%s' is no metric", key), "they are %s", keys.text);
}

struct err *cmd_trend(int argc, char **argv, int *status_ret)
{
	const struct argp argp = {
		trend_options, parse, "METRIC",
		"Show how a metric went from record to record: the median over the valid runs of each variant and "
		"temperature, by time.\vMETRIC is one of those that 'attachstorm compare' compares: phase1, phase2, "
		"total, t1, stops, ... An unknown one is answered with the list.",
		NULL, NULL, NULL,
	};
	struct list_args args = { .dir = STORE_DEFAULT_DIR, .wants_metric = true };
	const struct gate_metric *metric = NULL;
	struct index_values values;
	struct index *index = NULL;
	struct err *err;

	(void)status_ret;
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	err = find_metric(args.metric, &metric);
	if (!err)
		err = index_open(args.dir, &index);
	if (err)
		return err;
	err = index_trend(index, &args.filter, metric->key, &values);
	if (!err) {
		print_trend(metric, &values, &args);
		index_values_deinit(&values);
	}
	index_close(index);
	return err;
}
