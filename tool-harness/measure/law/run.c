/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Turns trials and published totals into runs and cells. Events are put into rows of
 * nearly equal numbers of libraries loaded, so that a run of any length has some tens
 * of rows; mean and variance of that number stay exact. Fits nothing.
 *
 * Invariant: the rows of a run with events add up to its total.
 */
#include "measure/law/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "measure/loadevent.h"

#define ROW_RATIO 1.12 /* widest row: a power sum from mean and variance is good to 1e-4 */
#define RUNS_DEVIATE 0.05 /* relative, besides rounding: weighs rounded totals against others */
#define SAME_CELL 0.01 /* relative difference of M within a cell */

/* Rows by number of libraries: 0 alone, then geometric. */
static size_t row_index(double libraries)
{
	return libraries < 1 ? 0 : 1 + (size_t)floor(log(libraries) / log(ROW_RATIO));
}

static struct law_row *row_at(struct law_run *run, size_t index)
{
	while (run->n_rows <= index) {
		mem_grow(run->rows, run->n_rows, run->cap_rows);
		run->rows[run->n_rows++] = (struct law_row){ 0 };
	}
	return &run->rows[index];
}

/* `events` more at this number of libraries; mean and variance as by Welford's update. */
static struct law_row *add_events(struct law_run *run, double libraries, double events)
{
	struct law_row *row = row_at(run, row_index(libraries));
	double delta = libraries - row->libraries, all = row->events + events;

	row->variance = (row->events * row->variance + delta * delta * row->events * events / all) / all;
	row->libraries += delta * events / all;
	row->events = all;
	return row;
}

static void drop_empty_rows(struct law_run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < run->n_rows; i++)
		if (run->rows[i].events > 0)
			run->rows[n++] = run->rows[i];
	run->n_rows = n;
}

void law_rows_spread(double libraries, double tasks, double breakpoints, double first, double per_event,
		     struct law_run *ret)
{
	size_t whole = (size_t)floor(libraries);

	*ret = (struct law_run){ .libraries = libraries, .tasks = tasks, .breakpoints = breakpoints, .first = first,
				 .last = first + per_event * fmax(libraries - 1, 0) };
	for (size_t i = 0; i <= whole; i++) {
		double events = i < whole ? tasks : (libraries - (double)whole) * tasks;

		if (events > 0)
			add_events(ret, first + per_event * (double)i, events)->reinserted += events * breakpoints;
	}
	drop_empty_rows(ret);
}

static struct law_run *add_run(struct law_data *data, const struct law_run *run)
{
	mem_grow(data->runs, data->n_runs, data->cap_runs);
	data->runs[data->n_runs] = *run;
	return &data->runs[data->n_runs++];
}

struct law_run *law_data_add_total(struct law_data *data, double libraries, double tasks, double breakpoints,
				   double total_ns, double first, double per_event)
{
	struct law_run run;

	law_rows_spread(libraries, tasks, breakpoints, first, per_event, &run);
	run.total_ns = total_ns;
	return add_run(data, &run);
}

bool law_data_add_trial(struct law_data *data, const struct trial *trial)
{
	_cleanup_free_ double *loaded = mem_calloc(trial->n_tasks, sizeof(*loaded));
	struct law_run run = { .tasks = (double)trial->n_tasks, .breakpoints = (double)trial_places(trial),
			       .first = HUGE_VAL, .has_events = true };
	struct load_events loads;

	load_events_find(trial, &loads);
	for (size_t i = 0; i < loads.n; i++) {
		const struct load_event *load = &loads.events[i];

		if (!load->at_launch) {
			double m = fmax(loaded[load->task], 0);
			struct law_row *row = add_events(&run, m, 1);

			run.first = fmin(run.first, m);
			run.last = m > run.last ? m : run.last;
			row->handling_ns += (double)load->t1_ns;
			row->inserting_ns += (double)load->breakpoints_ns;
			row->reinserted += load->reinserted;
			run.total_ns += (double)(load->t1_ns + load->breakpoints_ns);
			run.libraries += 1 / (double)trial->n_tasks;
		}
		loaded[load->task] += (double)load->added - (double)load->removed;
	}
	load_events_deinit(&loads);
	drop_empty_rows(&run);
	/* Counted in fractions: tasks with the same number of events have a whole M. */
	run.libraries = round(run.libraries * 1e6) / 1e6;
	if (run.total_ns <= 0) {
		free(run.rows);
		return false;
	}
	add_run(data, &run);
	return true;
}

static int compare_cells(const void *a, const void *b)
{
	const struct law_cell *x = a, *y = b;
	double order = x->libraries != y->libraries ? x->libraries - y->libraries :
		       x->tasks != y->tasks	    ? x->tasks - y->tasks :
						      x->breakpoints - y->breakpoints;

	return order < 0 ? -1 : order > 0;
}

/* Repetitions may differ by an event or two that changed nothing. */
static struct law_cell *find_cell(struct law_data *data, const struct law_run *run)
{
	for (size_t i = 0; i < data->n_cells; i++) {
		struct law_cell *cell = &data->cells[i];

		if (fabs(cell->libraries - run->libraries) <= SAME_CELL * cell->libraries &&
		    cell->tasks == run->tasks && cell->breakpoints == run->breakpoints)
			return cell;
	}
	return NULL;
}

static void make_cells(struct law_data *data)
{
	data->cells = mem_calloc(data->n_runs, sizeof(*data->cells));
	for (size_t i = 0; i < data->n_runs; i++) {
		const struct law_run *run = &data->runs[i];

		if (!find_cell(data, run))
			data->cells[data->n_cells++] = (struct law_cell){ run->libraries, run->tasks, run->breakpoints,
									  0, 0, 1, 0 };
	}
	qsort(data->cells, data->n_cells, sizeof(*data->cells), compare_cells);
	for (size_t i = 0; i < data->n_runs; i++) {
		struct law_cell *cell = find_cell(data, &data->runs[i]);

		data->runs[i].cell = (size_t)(cell - data->cells);
		cell->rounding_ns = fmax(cell->rounding_ns, data->runs[i].rounding_ns);
		cell->total_ns += (data->runs[i].total_ns - cell->total_ns) / (double)++cell->n_runs;
	}
	for (size_t i = 0; i < data->n_cells; i++) {
		struct law_cell *cell = &data->cells[i];

		cell->weight = 1 / (1 + pow(cell->rounding_ns / RUNS_DEVIATE / cell->total_ns, 2));
	}
}

void law_data_finish(struct law_data *data)
{
	data->has_events = data->n_runs > 0;
	for (size_t i = 0; i < data->n_runs; i++) {
		const struct law_run *run = &data->runs[i];
		double steps = run->libraries - 1, per_event = steps > 0 ? (run->last - run->first) / steps : 1;

		for (size_t j = 0; j < run->n_rows; j++)
			data->reinserts = data->reinserts || run->rows[j].inserting_ns > 0;
		data->has_events = data->has_events && run->has_events;
		data->first_libraries += (run->first - data->first_libraries) / (double)(i + 1);
		data->per_event += (per_event - data->per_event) / (double)(i + 1);
	}
	make_cells(data);
}

void law_data_deinit(struct law_data *data)
{
	for (size_t i = 0; i < data->n_runs; i++)
		free(data->runs[i].rows);
	free(data->runs);
	free(data->cells);
	memset(data, 0, sizeof(*data));
}

double law_row_power(const struct law_row *row, double p)
{
	double m = row->libraries;

	if (m <= 0)
		return 0;
	return row->events * pow(m, p) * (1 + p * (p - 1) / 2 * row->variance / (m * m));
}
