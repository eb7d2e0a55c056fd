/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of a fitted law. Formats only: each number was computed in measure/. */
#include "report/law/result.h"

#include <math.h>

#include "report/table/cell.h"
#include "report/human.h"

#define LABEL_WIDTH 24
#define NUMBER_WIDTH 12
#define STRETCHED 1.5 /* times the largest M measured */

/* "12.3 %" of a logarithm of a ratio. */
static void put_percent(struct strbuf *out, double log_ratio)
{
	strbuf_printf(out, "%.1f %%", 100 * expm1(log_ratio));
}

static void put_formula(const struct law_fit *fit, struct strbuf *out)
{
	strbuf_puts(out, "law       T1 = ");
	if (fit->shape.t1 != LAW_T1_POWER)
		human_duration(out, fit->constant_ns);
	if (fit->shape.t1 == LAW_T1_LINEAR || fit->shape.t1 == LAW_T1_OFFSET)
		strbuf_puts(out, " + ");
	if (fit->shape.t1 != LAW_T1_CONSTANT) {
		human_duration(out, fit->growth_ns);
		strbuf_puts(out, " × m");
	}
	if (fit->shape.t1 == LAW_T1_POWER || fit->shape.t1 == LAW_T1_OFFSET)
		strbuf_printf(out, "^%.2f", fit->exponent);
	if (fit->shape.t2 != LAW_T2_NONE) {
		strbuf_puts(out, ",  T2 = ");
		human_duration(out, fit->insert_ns);
	}
	if (fit->shape.t2 == LAW_T2_RESOLVE) {
		strbuf_puts(out, " + ");
		human_duration(out, fit->resolve_ns);
		strbuf_puts(out, " × m");
	}
	strbuf_puts(out, "  (m: libraries loaded already)\n");
}

/* Four digits: an interval may be narrower than three show. */
static void put_exact(struct strbuf *out, double ns)
{
	const struct human_unit *unit = human_unit_for(ns);

	strbuf_printf(out, "%.4g %s", ns / unit->ns, unit->name);
}

static void put_term(const char *name, double value, struct law_interval interval, struct strbuf *out)
{
	_cleanup_strbuf_ struct strbuf low = STRBUF_INIT;

	cell_label(out, name, LABEL_WIDTH);
	cell_duration(out, value, NUMBER_WIDTH);
	put_exact(&low, interval.low);
	cell_right(out, low.text, NUMBER_WIDTH);
	strbuf_puts(out, " to ");
	put_exact(out, interval.high);
	cell_end(out);
}

static void put_exponent(const char *name, double value, struct law_interval interval, struct strbuf *out)
{
	cell_label(out, name, LABEL_WIDTH);
	cell_format(out, NUMBER_WIDTH, "%.2f", value);
	cell_format(out, NUMBER_WIDTH, "%.2f", interval.low);
	strbuf_printf(out, " to %.2f\n", interval.high);
}

static void put_terms(const struct law_choice *choice, struct strbuf *out)
{
	const struct law_fit *fit = &choice->fit;

	cell_left(out, "terms", LABEL_WIDTH + NUMBER_WIDTH);
	strbuf_printf(out, "       95 %% interval (%zu resamples of whole runs)\n", choice->n_replicates);
	if (fit->shape.t1 != LAW_T1_POWER)
		put_term("T1 constant", fit->constant_ns, choice->constant_ns, out);
	if (fit->shape.t1 != LAW_T1_CONSTANT)
		put_term("T1 growth, at m = 1", fit->growth_ns, choice->growth_ns, out);
	if (fit->shape.t1 == LAW_T1_POWER || fit->shape.t1 == LAW_T1_OFFSET)
		put_exponent("T1 exponent of m", fit->exponent, choice->exponent, out);
	if (fit->shape.t1 == LAW_T1_LINEAR) {
		cell_label(out, "T1 exponent of m", LABEL_WIDTH);
		cell_right(out, "1", NUMBER_WIDTH);
		cell_right(out, "by the law\n", NUMBER_WIDTH + 6);
	}
	if (fit->shape.t2 != LAW_T2_NONE)
		put_term("T2 inserting", fit->insert_ns, choice->insert_ns, out);
	if (fit->shape.t2 == LAW_T2_RESOLVE)
		put_term("T2 resolving, per m", fit->resolve_ns, choice->resolve_ns, out);
	if (choice->n_varies)
		put_exponent("total: exponent of N", choice->tasks_exponent, choice->tasks_exponent_interval, out);
	if (choice->n_varies &&
	    (choice->tasks_exponent_interval.high < 0.95 || choice->tasks_exponent_interval.low > 1.05))
		strbuf_puts(out, "          the law takes tasks one after the other (exponent 1): not so here\n");
}

static void put_scores(const struct law_choice *choice, struct strbuf *out)
{
	strbuf_puts(out, "chosen    by how far cells that were left out are missed, in the mean\n");
	for (size_t i = 0; i < choice->n_scores; i++) {
		const struct law_score *score = &choice->scores[i];
		_cleanup_strbuf_ struct strbuf name = STRBUF_INIT, miss = STRBUF_INIT;

		strbuf_printf(&name, "%s T1 %s", i == choice->chosen ? "*" : " ", law_t1_names[score->shape.t1]);
		if (score->shape.t2 != LAW_T2_NONE)
			strbuf_printf(&name, ", T2 %s", law_t2_names[score->shape.t2]);
		cell_label(out, name.text, LABEL_WIDTH + 2 * NUMBER_WIDTH);
		put_percent(&miss, score->miss);
		cell_right(out, miss.text, NUMBER_WIDTH);
		cell_end(out);
	}
}

static void put_tail(const struct law_data *data, struct strbuf *out)
{
	struct law_tail tail;

	if (!law_tail_find(data, &tail))
		return;
	strbuf_printf(out, "tail      total grows with M^%.2f from M = ", tail.exponent);
	human_count(out, tail.low_libraries);
	strbuf_puts(out, " to ");
	human_count(out, tail.high_libraries);
	strbuf_puts(out, " (N = ");
	human_count(out, tail.tasks);
	strbuf_puts(out, ", B = ");
	human_count(out, tail.breakpoints);
	strbuf_puts(out, ")\n");
}

/* What the law says of a cell: the mean over its runs. */
static double cell_total(const struct law_data *data, const struct law_fit *fit, size_t cell)
{
	double total = 0;

	for (size_t i = 0; i < data->n_runs; i++)
		if (data->runs[i].cell == cell)
			total += law_total(fit, &data->runs[i]) / (double)data->cells[cell].n_runs;
	return total;
}

static void put_cells(const struct law_result *result, struct strbuf *out)
{
	static const char *const names[] = { "N", "B", "runs", "measured", "law", "residual", "left out", NULL };
	static const int widths[] = { 8, 8, 8, NUMBER_WIDTH, NUMBER_WIDTH, 10, 10 };
	const struct law_data *data = &result->group->data;
	size_t n_columns = result->choice ? ARRAY_SIZE(widths) : 4;

	cell_left(out, "cells            M", 18);
	out->text[--out->len] = '\0';
	for (size_t i = 0; i < n_columns; i++)
		cell_right(out, names[i], widths[i]);
	cell_end(out);
	for (size_t i = 0; i < data->n_cells; i++) {
		const struct law_cell *cell = &data->cells[i];

		cell_count(out, cell->libraries, 17);
		cell_count(out, cell->tasks, widths[0]);
		cell_count(out, cell->breakpoints, widths[1]);
		cell_count(out, (double)cell->n_runs, widths[2]);
		cell_duration(out, cell->total_ns, widths[3]);
		if (result->choice) {
			double law_ns = cell_total(data, &result->choice->fit, i);
			const double *misses = result->choice->scores[result->choice->chosen].misses;

			cell_duration(out, law_ns, widths[4]);
			cell_format(out, widths[5], "%+.1f %%", 100 * (cell->total_ns / law_ns - 1));
			cell_format(out, widths[6], "%+.1f %%", 100 * expm1(misses[i]));
		}
		cell_end(out);
	}
}

void law_result_put_law(const struct law_result *result, struct strbuf *out)
{
	const struct law_group *group = result->group;

	strbuf_printf(out, "%s: %zu cells, %zu runs; %s\n", group->name, group->data.n_cells, group->data.n_runs,
		      law_basis_names[group->basis]);
	if (result->choice) {
		put_formula(&result->choice->fit, out);
		put_terms(result->choice, out);
	} else {
		strbuf_printf(out, "no law    %s\n", result->why);
	}
	put_tail(&group->data, out);
	if (result->choice)
		put_scores(result->choice, out);
}

void law_result_put(const struct law_result *result, struct strbuf *out)
{
	law_result_put_law(result, out);
	put_cells(result, out);
}

void law_result_put_prediction(const struct law_result *result, const struct law_job *job, struct strbuf *out)
{
	struct law_prediction p;

	law_predict(result->choice, &result->group->data, job->libraries, job->tasks, job->breakpoints, &p);
	strbuf_printf(out, "%s\n  ", result->group->name);
	human_count(out, job->libraries);
	strbuf_puts(out, " load events x ");
	human_count(out, job->tasks);
	strbuf_puts(out, " tasks, ");
	human_count(out, job->breakpoints);
	strbuf_puts(out, " breakpoints: ");
	human_duration(out, p.total_ns);
	strbuf_puts(out, ", of which ");
	human_duration(out, p.events_ns);
	strbuf_puts(out, " for the events alone\n  95 % of new runs: ");
	human_duration(out, p.interval.low);
	strbuf_puts(out, " to ");
	human_duration(out, p.interval.high);
	strbuf_putc(out, '\n');
	if (p.reach > STRETCHED)
		strbuf_printf(out,
			      "  the law is stretched to %.1f times the largest M measured: the interval does not "
			      "cover another law beyond it\n",
			      p.reach);
}
