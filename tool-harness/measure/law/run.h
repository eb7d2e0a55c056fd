/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the laws of law.h are fitted to: whole runs at known M, N and B. A run is one
 * traced execution of a job: its total and, where the tool told of its load events,
 * their costs as a function of the libraries already loaded. Runs of the same M, N
 * and B are one cell of the sweep. docs/model.md has the terms.
 */
#ifndef MEASURE_LAW_RUN_H
#define MEASURE_LAW_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "measure/trial.h"

/* Load events of one run, all tasks together, at about the same number of libraries loaded. */
struct law_row {
	double events;
	double libraries;    /* already loaded when the event came: mean */
	double variance;     /* of that number within the row */
	double reinserted;   /* breakpoints reinserted, over all these events */
	double handling_ns;  /* of all these events, without reinsertion and first insertion */
	double inserting_ns; /* of all these events: reinsertion */
};

struct law_run {
	double libraries;    /* M: load events per task after it was let go */
	double import_events; /* of these the target's own, by its manifest; 0: not known */
	double phase1_ns;    /* launch to planted; 0: not known */
	double tasks;        /* N */
	double breakpoints;  /* B: asked for in each task */
	double total_ns;     /* what all load events of all tasks cost */
	double rounding_ns;  /* the true total is this near: half a unit of a published number's last digit */
	double first, last;  /* libraries loaded at its first and at its last event */
	bool has_events;     /* the rows' times are measured; else they only say where the events were */
	struct law_row *rows;
	size_t n_rows, cap_rows;
	size_t cell;         /* index into law_data.cells */
};

struct law_cell {
	double libraries;    /* mean over its runs, which differ by 1 % at most */
	double tasks, breakpoints;
	double total_ns;     /* mean over its runs */
	double rounding_ns;  /* likewise */
	double weight;       /* 1, less where the rounding is much of the total */
	size_t n_runs;
};

/* The runs of one sweep: the same tool, machine, temperature and settings. Zeroed is empty. */
struct law_data {
	struct law_run *runs;
	size_t n_runs, cap_runs;
	struct law_cell *cells; /* by M, then N, then B; from law_data_finish */
	size_t n_cells;
	bool has_events;        /* of every run */
	bool reinserts;         /* some run tells what reinsertion took */
	double first_libraries; /* loaded before the first event: mean over runs */
	double per_event;       /* libraries that one event adds: mean over runs */
};

/*
 * Adds a run of which the total alone is known. Its M events in each task find first,
 * first + per_event, ... libraries loaded. M, N and total above 0. The run's other members
 * may be set afterwards; the pointer is good until the next call.
 */
struct law_run *law_data_add_total(struct law_data *data, double libraries, double tasks, double breakpoints,
				   double total_ns, double first, double per_event);

/*
 * Adds a traced trial with its events: those after the tasks were let go. False, and
 * nothing added, if it has none or they took no time.
 */
bool law_data_add_trial(struct law_data *data, const struct trial *trial);

/* Makes the cells; call once after the last run. */
void law_data_finish(struct law_data *data);

void law_data_deinit(struct law_data *data);

/* Rows for M events in each of N tasks at first, first + per_event, ... libraries; freed by the caller. */
void law_rows_spread(double libraries, double tasks, double breakpoints, double first, double per_event,
		     struct law_run *ret);

/* Sum over a row's events of (libraries loaded) to the power of p. */
double law_row_power(const struct law_row *row, double p);

#endif
