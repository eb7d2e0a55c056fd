/* SPDX-License-Identifier: BSD-3-Clause */
/* A fitted law as tables. Formats only: each number was computed in measure/. */
#include <math.h>

#include "lib/mem.h"
#include "report/human.h"
#include "report/law/internal.h"

#define LABEL_WIDTH 24
#define NUMBER_WIDTH 12
#define STRETCHED 1.5 /* times the largest M, or N, measured */
#define ONE_SIDED 0.01 /* residuals that are smaller than this may all have one sign */
#define OFF_LINE 5      /* times the usual residual */
#define OFF_LINE_LEAST 0.1
#define COVERED 4 /* times: so far the intervals were tried (tests/unit/test_lawcoverage.c) */
#define RECORD "model fit" /* whose JSON the keys are of */

#define GROWS (1U << LAW_T1_LINEAR | 1U << LAW_T1_POWER | 1U << LAW_T1_OFFSET)
#define FIT(member) offsetof(struct law_choice, fit.member)
#define OF(member) offsetof(struct law_choice, member)

const struct law_term law_terms[LAW_N_TERMS] = {
	{ "t1_constant_ns", "T1 constant", CELL_TIME, FIT(constant_ns), OF(constant_ns), ~(1U << LAW_T1_POWER), 0 },
	{ "t1_growth_ns", "T1 growth, at m = 1", CELL_TIME, FIT(growth_ns), OF(growth_ns), GROWS, 0 },
	{ "t1_exponent", "T1 exponent of m", CELL_NUMBER, FIT(exponent), OF(exponent), GROWS, 0 },
	{ "t2_insert_ns", "T2 inserting", CELL_TIME, FIT(insert_ns), OF(insert_ns), 0, ~(1U << LAW_T2_NONE) },
	{ "t2_resolve_ns", "T2 resolving, per m", CELL_TIME, FIT(resolve_ns), OF(resolve_ns), 0, 1U << LAW_T2_RESOLVE },
	{ "tasks_exponent", "total: exponent of N", CELL_NUMBER, OF(tasks_exponent), OF(tasks_exponent_interval),
	  0, 0 },
};

double law_term_value(const struct law_choice *choice, const struct law_term *term)
{
	return *(const double *)((const char *)choice + term->value);
}

struct law_interval law_term_interval(const struct law_choice *choice, const struct law_term *term)
{
	return *(const struct law_interval *)((const char *)choice + term->interval);
}

static bool has_term(const struct law_choice *choice, const struct law_term *term)
{
	if (!term->t1 && !term->t2)
		return choice->n_varies;
	return term->t1 >> choice->fit.shape.t1 & 1 || term->t2 >> choice->fit.shape.t2 & 1;
}

static void add_formula(const struct law_fit *fit, struct grid_list *list)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	strbuf_puts(&out, "T1 = ");
	if (fit->shape.t1 != LAW_T1_POWER)
		human_duration(&out, fit->constant_ns);
	if (fit->shape.t1 == LAW_T1_LINEAR || fit->shape.t1 == LAW_T1_OFFSET)
		strbuf_puts(&out, " + ");
	if (fit->shape.t1 != LAW_T1_CONSTANT) {
		human_duration(&out, fit->growth_ns);
		strbuf_puts(&out, " × m");
	}
	if (fit->shape.t1 == LAW_T1_POWER || fit->shape.t1 == LAW_T1_OFFSET)
		strbuf_printf(&out, "^%.2f", fit->exponent);
	if (fit->shape.t2 != LAW_T2_NONE) {
		strbuf_puts(&out, ",  T2 = ");
		human_duration(&out, fit->insert_ns);
	}
	if (fit->shape.t2 == LAW_T2_RESOLVE) {
		strbuf_puts(&out, " + ");
		human_duration(&out, fit->resolve_ns);
		strbuf_puts(&out, " × m");
	}
	grid_note(list, GRID_FACTS, "law", "%s  (m: libraries loaded already)", out.text);
}

/* Of times four digits: an interval may be narrower than three show. */
static void put_end(struct grid *grid, const struct law_term *term, double value, size_t index, const char *end)
{
	const struct human_unit *unit = human_unit_for(value);

	grid_value(grid, term->kind, value, RECORD, "laws[%zu].law.%s.%s", index, term->key, end);
	if (!isfinite(value))
		return;
	if (term->kind == CELL_TIME)
		grid_show(grid, "%.4g %s", value / unit->ns, unit->name);
	else
		grid_show(grid, "%.2f", value);
}

static void add_terms(const struct law_choice *choice, size_t index, struct grid_list *list)
{
	static const struct grid_column columns[] = {
		{ "terms", LABEL_WIDTH, COLUMN_LABEL, NULL },
		{ "", NUMBER_WIDTH, 0, NULL },
		{ "95 % from", NUMBER_WIDTH, 0, NULL },
		{ "to", NUMBER_WIDTH, 0, NULL },
	};
	const struct law_interval *tasks = &choice->tasks_exponent_interval;
	struct grid *grid = grid_add(list, GRID_TABLE, "law terms");

	grid_add_columns(grid, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < LAW_N_TERMS; i++) {
		const struct law_term *term = &law_terms[i];
		struct law_interval interval = law_term_interval(choice, term);
		double value = law_term_value(choice, term);

		if (!has_term(choice, term))
			continue;
		grid_text(grid, "  %s", term->label);
		grid_value(grid, term->kind, value, RECORD, "laws[%zu].law.%s.value", index, term->key);
		if (term->kind == CELL_NUMBER && isfinite(value))
			grid_show(grid, "%.2f", value);
		put_end(grid, term, interval.low, index, "low");
		put_end(grid, term, interval.high, index, "high");
	}
	grid_note(list, GRID_NOTES, "", "intervals are of %zu resamples of whole runs", choice->n_replicates);
	if (choice->n_varies && (tasks->high < 0.95 || tasks->low > 1.05))
		grid_note(list, GRID_NOTES, "", "the law takes tasks one after the other (exponent 1): not so here");
}

static void add_scores(const struct law_choice *choice, size_t index, struct grid_list *list)
{
	static const struct grid_column columns[] = {
		{ "candidates", LABEL_WIDTH + 2 * NUMBER_WIDTH, COLUMN_LABEL, NULL },
		{ "miss", NUMBER_WIDTH, 0, NULL },
		{ "", 0, COLUMN_LEFT, NULL },
	};
	struct grid *grid = grid_add(list, GRID_TABLE, "law candidates");

	grid_add_columns(grid, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < choice->n_scores; i++) {
		const struct law_score *score = &choice->scores[i];
		bool t2 = score->shape.t2 != LAW_T2_NONE;

		grid_text(grid, "  %s T1 %s%s%s", i == choice->chosen ? "*" : " ", law_t1_names[score->shape.t1],
			  t2 ? ", T2 " : "", t2 ? law_t2_names[score->shape.t2] : "");
		grid_strong(grid, i == choice->chosen);
		grid_value(grid, CELL_SHARE, expm1(score->miss), RECORD,
			   "laws[%zu].candidates[%zu].mean_miss", index, i);
		if (i == choice->chosen)
			grid_text(grid, "chosen");
		else
			grid_text(grid, "%s", score->is_plausible ? "not told from the best" : "");
	}
	grid_note(list, GRID_NOTES, "miss", "by how far cells that were left out are missed, in the mean");
	grid_note(list, GRID_NOTES, "chosen",
		  "the fewest terms of those that miss no more than the best by one standard error over the cells");
	grid_note(list, GRID_NOTES, "", "intervals are over all that miss no more than it by two, not told from it");
}

static void add_tail(const struct law_data *data, struct grid_list *list)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct law_tail tail;

	if (!law_tail_find(data, &tail))
		return;
	strbuf_printf(&out, "total grows with M^%.2f from M = ", tail.exponent);
	human_count(&out, tail.low_libraries);
	strbuf_puts(&out, " to ");
	human_count(&out, tail.high_libraries);
	strbuf_puts(&out, " (N = ");
	human_count(&out, tail.tasks);
	strbuf_puts(&out, ", B = ");
	human_count(&out, tail.breakpoints);
	grid_note(list, GRID_FACTS, "tail", "%s)", out.text);
}

/* "+1.2 %": by how much the first is above the second. */
static void put_excess(struct grid *grid, double share, const char *key)
{
	if (key)
		grid_value(grid, CELL_SHARE, share, RECORD, "%s", key);
	else
		grid_other(grid, CELL_SHARE, CELL_DERIVED, share);
	if (isfinite(share))
		grid_show(grid, "%+.1f %%", 100 * share);
}

static void add_cells(const struct law_result *result, size_t index, struct grid_list *list)
{
	static const struct grid_column columns[] = {
		{ "cells", 8, COLUMN_LABEL, NULL },    { "load events", 12, 0, NULL },
		{ "N", 8, 0, NULL },		       { "B", 8, 0, NULL },
		{ "runs", 8, 0, NULL },		       { "measured", NUMBER_WIDTH, 0, NULL },
		{ "law", NUMBER_WIDTH, 0, NULL },      { "residual", 10, 0, NULL },
		{ "left out", 10, 0, NULL },
	};
	const struct law_data *data = &result->group->data;
	struct grid *grid = grid_add(list, GRID_TABLE, "law cells");

	grid_add_columns(grid, columns, result->choice ? ARRAY_SIZE(columns) : 6);
	for (size_t i = 0; i < data->n_cells; i++) {
		const struct law_cell *cell = &data->cells[i];
		_cleanup_free_ char *miss = mem_printf("laws[%zu].cells[%zu].left_out_miss", index, i);
		double law_ns;

		grid_text(grid, "  %zu", i + 1);
#define CELL(kind, value, name) grid_value(grid, kind, value, RECORD, "laws[%zu].cells[%zu]." name, index, i)
		CELL(CELL_COUNT, cell->libraries, "load_events");
		CELL(CELL_COUNT, cell->tasks, "tasks");
		CELL(CELL_COUNT, cell->breakpoints, "breakpoints");
		CELL(CELL_COUNT, (double)cell->n_runs, "runs");
		CELL(CELL_TIME, cell->total_ns, "total_ns");
		if (!result->choice)
			continue;
		law_ns = law_cell_total(&result->choice->fit, data, i);
		CELL(CELL_TIME, law_ns, "law_ns");
#undef CELL
		put_excess(grid, cell->total_ns / law_ns - 1, NULL);
		put_excess(grid, expm1(result->choice->scores[result->choice->chosen].misses[i]), miss);
	}
}

/* What the law does not say, though its miss is small. */
static void add_warnings(const struct law_result *result, struct grid_list *list)
{
	const struct law_data *data = &result->group->data;
	size_t above = 0, below = 0;
	_cleanup_(samples_deinit) struct samples sizes = { 0 };
	double usual;

	for (size_t i = 0; i < data->n_cells; i++) {
		double residual = log(data->cells[i].total_ns / law_cell_total(&result->choice->fit, data, i));

		above += residual > 0;
		below += residual < 0;
		samples_add(&sizes, fabs(residual));
	}
	usual = samples_median(&sizes);
	if (data->n_cells >= LAW_MIN_CELLS + 1 && (!above || !below) && usual > ONE_SIDED)
		grid_note(list, GRID_NOTES, "warning", "all cells lie %s the law: it is of another shape than these",
			  above ? "above" : "below");
	for (size_t i = 0; i < data->n_cells; i++)
		if (sizes.values[i] > fmax(OFF_LINE * usual, OFF_LINE_LEAST))
			grid_note(list, GRID_NOTES, "warning",
				  "cell %zu lies off its own line, by %.0f %%, where others lie by %.1f %%: look at "
				  "its runs",
				  i + 1, 100 * expm1(sizes.values[i]), 100 * expm1(usual));
}

void law_result_add(const struct law_result *result, size_t index, struct grid_list *list)
{
	const struct law_group *group = result->group;

	grid_note(list, GRID_FACTS, "fitted to", "%s: %zu cells, %zu runs; %s", group->name, group->data.n_cells,
		  group->data.n_runs, law_basis_names[group->basis]);
	if (result->choice)
		add_formula(&result->choice->fit, list);
	else
		grid_note(list, GRID_FACTS, "no law", "%s", result->why);
	add_tail(&group->data, list);
	if (result->choice) {
		add_terms(result->choice, index, list);
		add_scores(result->choice, index, list);
	}
	add_cells(result, index, list);
	if (result->choice)
		add_warnings(result, list);
}

static void put_interval(const char *what, struct law_interval interval, struct strbuf *out)
{
	strbuf_printf(out, "  %s: ", what);
	human_duration(out, interval.low);
	strbuf_puts(out, " to ");
	human_duration(out, interval.high);
	strbuf_putc(out, '\n');
}

static void put_phase1(const struct law_data *data, const struct law_asked *asked, struct strbuf *out)
{
	struct law_phase1 phase1;

	if (!law_result_phase1(data, asked, &phase1))
		return;
	strbuf_puts(out, "  phase 1: ");
	human_duration(out, phase1.total_ns);
	if (phase1.n_varies) {
		strbuf_puts(out, ", ");
		human_duration(out, phase1.fixed_ns);
		strbuf_puts(out, " + ");
		human_duration(out, phase1.per_task_ns);
		strbuf_puts(out, " a task");
	}
	strbuf_puts(out, phase1.n_varies ? "\n" : ", as measured: how it grows with the tasks is not known\n");
	put_interval("95 % of new runs", phase1.interval, out);
}

static bool has_one_n(const struct law_data *data)
{
	for (size_t i = 1; i < data->n_cells; i++)
		if (data->cells[i].tasks != data->cells[0].tasks)
			return false;
	return true;
}

/* Where the prediction stands on what was not measured. */
static void put_assumptions(const struct law_data *data, const struct law_asked *asked, const struct law_prediction *p,
			    struct strbuf *out)
{
	if (has_one_n(data) && asked->tasks != data->cells[0].tasks)
		strbuf_printf(out, "  assumes tasks one after the other: %.0f tasks alone were measured\n",
			      data->cells[0].tasks);
	if (p->reach > STRETCHED)
		strbuf_printf(out, "  stretched to %.1f times the load events measured\n", p->reach);
	if (p->tasks_reach > STRETCHED)
		strbuf_printf(out, "  stretched to %.1f times the tasks measured\n", p->tasks_reach);
	if (p->reach > COVERED || p->tasks_reach > COVERED)
		strbuf_printf(out, "  farther than %d times nothing says that these laws go on: the interval does not "
			      "have that doubt\n", COVERED);
}

void law_result_put_prediction(const struct law_result *result, const struct law_job *job, struct strbuf *out)
{
	const struct law_data *data = &result->group->data;
	struct law_asked asked;
	struct law_prediction p;

	law_result_predict(result, job, &asked, &p);
	strbuf_printf(out, "%s\n  ", result->group->name);
	human_count(out, asked.events);
	strbuf_puts(out, " load events x ");
	human_count(out, asked.tasks);
	strbuf_puts(out, " tasks, ");
	human_count(out, job->breakpoints);
	strbuf_puts(out, " breakpoints");
	if (job->daemons > 1)
		strbuf_printf(out, ", for each of %.0f daemons, which work at the same time", job->daemons);
	strbuf_puts(out, ":\n  phase 2: ");
	human_duration(out, p.total_ns);
	strbuf_puts(out, " to handle the load events, of which ");
	human_duration(out, p.events_ns);
	strbuf_puts(out, " for the events alone\n");
	put_interval("95 % of new runs", p.interval, out);
	put_phase1(data, &asked, out);
	if (asked.import_events > 0)
		strbuf_printf(out, "  of the load events %.0f are the target's own while it imports, %.1f come as in "
			      "the data; %.2f libraries with each\n",
			      asked.import_events, asked.events - asked.import_events, asked.per_event);
	put_assumptions(data, &asked, &p, out);
}
