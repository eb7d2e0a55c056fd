/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm list and trend: many records at once, from the index of the results folder.
 * Neither changes a record.
 */
#include <argp.h>
#include <errno.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/mem.h"
#include "report/compare/metric.h"
#include "report/grid/grid.h"
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

static void put_record(const struct index_record *r, struct grid *grid)
{
	grid_text(grid, "%s", r->name);
	grid_text(grid, "%s", r->tool ? r->tool : "");
	grid_text(grid, "%s", r->target ? r->target : "");
	if (r->error) {
		grid_empty(grid);
		grid_empty(grid);
		grid_text(grid, "not read: %s", r->error);
		return;
	}
	grid_other(grid, CELL_COUNT, CELL_DERIVED, (double)r->tasks);
	grid_other(grid, CELL_COUNT, CELL_DERIVED, (double)r->trials);
	grid_text(grid, "%s%s", r->valid ? "valid" : "INVALID", r->complete ? "" : ", unfinished");
}

static void print_grids(struct grid_list *list)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	grid_list_to_text(list, &text);
	fputs(text.text, stdout);
	grid_list_deinit(list);
}

static void print_records(const struct index_records *records, bool json)
{
	static const struct grid_column columns[] = {
		{ "record", 42, COLUMN_LABEL, NULL }, { "tool", 10, COLUMN_LEFT, NULL },
		{ "target", 14, COLUMN_LEFT, NULL },  { "tasks", 6, 0, NULL },
		{ "runs", 6, 0, NULL },		      { "", 0, COLUMN_LEFT, NULL },
	};
	struct grid_list list = { 0 };
	struct grid *grid = grid_add(&list, GRID_TABLE, "records");
	json_t *all = json_array();

	grid_add_columns(grid, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < records->n; i++) {
		put_record(&records->v[i], grid);
		json_array_append_new(all, record_json(&records->v[i]));
	}
	if (json)
		print_json(json_incref(all));
	else if (records->n)
		print_grids(&list);
	else
		puts("no records");
	grid_list_deinit(&list);
	json_decref(all);
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
	/* Where nothing was run yet there is nothing; a folder that was named has to be there. */
	if (err && err_errnum(err) == ENOENT && !strcmp(args.dir, STORE_DEFAULT_DIR)) {
		err_free(err);
		print_records(&(struct index_records){ 0 }, args.json);
		return NULL;
	}
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

static enum cell_kind kind_of(const struct gate_metric *metric)
{
	return metric->kind == GATE_TIME ? CELL_TIME : metric->kind == GATE_MEMORY ? CELL_BYTES : CELL_COUNT;
}

static void put_factor(struct grid *grid, double value, double of)
{
	if (!(of > 0)) {
		grid_absent(grid, "there is none before");
		return;
	}
	grid_other(grid, CELL_RATIO, CELL_DERIVED, value / of);
	grid_show(grid, "%.3f", value / of);
}

static const char *or_unknown(const char *text)
{
	return text && *text ? text : "?";
}

static void add_series(const struct gate_metric *metric, const struct index_value *values, size_t n,
		       struct grid_list *list)
{
	static const struct grid_column columns[] = {
		{ "  started", 22, COLUMN_LABEL, NULL }, { "median", 14, 0, NULL },   { "runs", 7, 0, NULL },
		{ "× first", 10, 0, NULL },		 { "× before", 10, 0, NULL },
		{ "record", 0, COLUMN_LEFT, NULL },
	};
	const char *label = metric->label + strspn(metric->label, " ");
	const struct index_value *first = &values[0];
	struct grid *grid = grid_add(list, GRID_TABLE, "trend %s", metric->key);
	_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;

	put_sparkline(values, n, &line);
	grid_set_caption(grid, "%s of %s, %s: scenario %s, %s%s%lld task%s, tool %s, on %s  %s", label, first->variant,
			 first->temperature, or_unknown(first->scenario), first->target ? first->target : "",
			 first->target ? ", " : "", (long long)first->tasks, first->tasks == 1 ? "" : "s",
			 or_unknown(first->tool), or_unknown(first->machine), line.text);
	grid_add_columns(grid, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < n; i++) {
		grid_text(grid, "  %s", values[i].started ? values[i].started : "");
		grid_other(grid, kind_of(metric), CELL_DERIVED, values[i].median);
		grid_other(grid, CELL_COUNT, CELL_DERIVED, (double)values[i].n);
		put_factor(grid, values[i].median, first->median);
		put_factor(grid, values[i].median, i ? values[i - 1].median : 0);
		grid_text(grid, "%s", values[i].record);
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
	struct grid_list list = { 0 };
	json_t *all = json_array();

	for (size_t i = 0, end; i < values->n; i = end) {
		for (end = i; end < values->n && same_series(&values->v[i], &values->v[end]); end++)
			;
		if (args->variant && strcmp(args->variant, values->v[i].variant) != 0)
			continue;
		add_series(metric, &values->v[i], end - i, &list);
		for (size_t j = i; j < end; j++)
			json_array_append_new(all, value_json(&values->v[j]));
	}
	if (args->json)
		print_json(json_incref(all));
	else if (list.n)
		print_grids(&list);
	else
		puts("no such records that know this metric");
	grid_list_deinit(&list);
	json_decref(all);
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
