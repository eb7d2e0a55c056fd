/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows of Table 4 and the ratios between tools, from a run's summaries. How a row is predicted is in
 * predict.c, how all is printed in print.c.
 *
 * Invariant: a time is measured or predicted, as its row says; no row has both.
 */
#include "report/table4/rows.h"

#include <math.h>
#include <string.h>

#include "lib/mem.h"
#include "report/table4/internal.h"

const char *const table4_span_names[] = { "phase 1", "phase 2", "total", NULL };

enum span table4_span_of(const struct run *run, enum table4_span span)
{
	static const enum span spans[TABLE4_N] = { SPAN_PHASE1, SPAN_PHASE2, SPAN_STARTUP };

	return span == TABLE4_TOTAL && !run->target ? SPAN_TOTAL : spans[span];
}

static const struct trial *traced_trial(const struct run *run, size_t variant)
{
	for (size_t i = 0; i < run->n_trials; i++)
		if (run->trials[i].variant == variant && run->trials[i].traced && run->trials[i].tool)
			return &run->trials[i];
	return NULL;
}

bool table4_applies(const struct run *run)
{
	const char *first = NULL;

	for (size_t i = 0; i < run->n_variants; i++) {
		const struct trial *trial = traced_trial(run, i);

		if (!trial)
			continue;
		if (first && strcmp(first, trial->tool))
			return true;
		first = trial->tool;
	}
	return false;
}

/* A scenario key as it is for a variant, as text whatever its type; heap. */
static char *key_text(const struct run *run, const struct run_variant *variant, const char *key)
{
	const char *text = run_variant_text(run, variant, key);
	const json_t *value = run_scenario_value(run, key);

	if (text)
		return mem_strdup(text);
	return value ? json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS) : mem_strdup("");
}

bool table4_same(const struct run *run, const struct run_variant *a, const struct run_variant *b, const char *key)
{
	_cleanup_free_ char *of_a = key_text(run, a, key), *of_b = key_text(run, b, key);

	return !strcmp(of_a, of_b);
}

/* The work is what the tasks do and what is asked of the tool; how it does that is the tool's. */
static bool same_work(const struct run *run, const struct table4_row *a, const struct table4_row *b)
{
	static const char *const keys[] = {
		"target", "command", "launcher", "acquire", "aslr",
		"breakpoints.count", "breakpoints.where", "breakpoints.names",
	};

	if (a->tasks != b->tasks || a->variant->bind_now != b->variant->bind_now ||
	    strcmp(a->variant->program ? a->variant->program : "", b->variant->program ? b->variant->program : ""))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!table4_same(run, a->variant, b->variant, keys[i]))
			return false;
	return true;
}

static void fill_measured(const struct run *run, size_t variant, const struct trial *trial, struct table4_row *row)
{
	*row = (struct table4_row){
		.variant = &run->variants[variant],
		.tool = trial->tool,
		.tasks = (double)trial->n_tasks,
		.memory_bytes = -1,
	};
	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		const struct summary *s = &row->variant->summaries[t];

		for (size_t i = 0; i < TABLE4_N; i++) {
			const struct quantiles *q = &s->traced_ns[table4_span_of(run, i)];

			row->times[t][i] = q->n ? (struct table4_time){ q->p50, q->min, q->max } :
						  (struct table4_time){ NAN, NAN, NAN };
		}
		if (s->n_traced && s->tracer_peak_rss_bytes > row->memory_bytes)
			row->memory_bytes = s->tracer_peak_rss_bytes;
	}
}

static bool is_measured_at(const struct table4_row *rows, size_t n, const struct table4_row *row, double tasks)
{
	for (size_t i = 0; i < n; i++)
		if (!rows[i].predicted && !strcmp(rows[i].tool, row->tool) && rows[i].tasks == tasks)
			return true;
	return false;
}

/* Of several rows of one tool that with the most tasks says most about more of them. */
static bool is_largest(const struct table4_row *rows, size_t n, const struct table4_row *row)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].tasks > row->tasks && !strcmp(rows[i].tool, row->tool))
			return false;
	return true;
}

static void add_ratios(const struct run *run, struct table4 *table)
{
	const char *base_tool = table->rows[0].tool;

	for (size_t i = 0; i < table->n_rows; i++)
		if (!strcmp(table->rows[i].tool, "native"))
			base_tool = "native";
	table->ratios = mem_calloc(table->n_rows, sizeof(*table->ratios));
	for (size_t i = 0; i < table->n_rows; i++) {
		const struct table4_row *row = &table->rows[i], *base = NULL;
		struct table4_ratio *ratio = &table->ratios[table->n_ratios];

		for (size_t j = 0; j < table->n_rows && !base; j++)
			if (!table->rows[j].predicted && !strcmp(table->rows[j].tool, base_tool) &&
			    same_work(run, row, &table->rows[j]))
				base = &table->rows[j];
		if (!base || row->predicted || !strcmp(row->tool, base_tool))
			continue;
		ratio->row = row;
		ratio->base = base;
		for (size_t t = 0; t < TEMPERATURE_N; t++)
			for (size_t s = 0; s < TABLE4_N; s++)
				ratio->times[t][s] = row->times[t][s].ns / base->times[t][s].ns;
		table->n_ratios++;
	}
}

void table4_make(const struct run *run, struct table4 *ret)
{
	struct table4 table = { .rows = mem_calloc(2 * run->n_variants + 1, sizeof(*table.rows)) };
	_cleanup_free_ struct table4_row *measured = mem_calloc(run->n_variants + 1, sizeof(*measured));
	size_t n = 0;
	double tasks = 0;

	for (size_t i = 0; i < run->n_variants; i++) {
		const struct trial *trial = traced_trial(run, i);

		for (size_t t = 0; t < TEMPERATURE_N; t++)
			table.measured[t] |= run->variants[i].summaries[t].n_traced > 0;
		if (!trial)
			continue;
		fill_measured(run, i, trial, &measured[n++]);
		tasks = fmax(tasks, measured[n - 1].tasks);
	}
	for (size_t i = 0; i < n; i++) {
		const struct table4_row *row = &measured[i];

		table.rows[table.n_rows++] = *row;
		if (!is_measured_at(measured, n, row, tasks) && is_largest(measured, n, row))
			table4_predict(run, row, tasks, &table.rows[table.n_rows++]);
	}
	if (table.n_rows)
		add_ratios(run, &table);
	*ret = table;
}

double table4_exceeds_bytes(const struct run *run, const struct table4_row *row)
{
	double memory = json_number_value(json_object_get(run->host, "memory_bytes"));

	return row->predicted && row->memory_bytes > memory && memory > 0 ? memory : 0;
}

void table4_deinit(struct table4 *table)
{
	for (size_t i = 0; i < table->n_rows; i++)
		for (size_t t = 0; t < TEMPERATURE_N; t++)
			free(table->rows[i].law[t]);
	free(table->rows);
	free(table->ratios);
	*table = (struct table4){ 0 };
}
