/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run of several tools as the paper's Table 4: how long each takes to attach to all tasks with
 * their linked libraries (phase 1) and to bring them through their imports (phase 2), cold and
 * warm. What a tool would take for the largest number of tasks in the run is predicted where that
 * was not measured. docs/tools.md says how.
 */
#ifndef REPORT_TABLE4_ROWS_H
#define REPORT_TABLE4_ROWS_H

#include "report/grid/grid.h"
#include "report/record/record.h"

/* The total of a plain command, which has no marks, is its whole run. */
enum table4_span { TABLE4_PHASE1, TABLE4_PHASE2, TABLE4_TOTAL, TABLE4_N };
extern const char *const table4_span_names[]; /* "phase 1", "phase 2", "total", NULL */

struct table4_time {
	double ns;              /* median over repetitions, or predicted; NAN: not known */
	double low_ns, high_ns; /* least and most over repetitions; of a prediction its range, or interval */
};

struct table4_row {
	const struct run_variant *variant; /* of the run; a predicted row is made from its measurement */
	const char *tool;                  /* of its trials: "gdb"; borrowed from the run */
	bool predicted;
	double tasks;
	double memory_bytes;               /* peak of the tool's processes; a predicted one grows with the tasks; -1:
					      not known */
	struct table4_time times[TEMPERATURE_N][TABLE4_N];
	char *law[TEMPERATURE_N];          /* how phase 2 was predicted; NULL: it was not */
};

/* A tool against another one that did the same work: same target, tasks, breakpoints, way to acquire. */
struct table4_ratio {
	const struct table4_row *row, *base;
	double times[TEMPERATURE_N][TABLE4_N]; /* row / base; NAN: not known */
};

struct table4 {
	struct table4_row *rows;     /* by variant, a predicted one behind the measured one */
	size_t n_rows;
	struct table4_ratio *ratios;
	size_t n_ratios;
	bool measured[TEMPERATURE_N];
};

/* True of runs whose variants were traced by different tools. */
bool table4_applies(const struct run *run);

/* Made from the summaries of trials and variants alone, so that a record that was read back gives the
 * same; the run must outlive it. */
void table4_make(const struct run *run, struct table4 *ret);
void table4_deinit(struct table4 *table);

/* Memory of this machine, if a predicted row would hold more than that; 0: it would not, or one is not known. */
double table4_exceeds_bytes(const struct run *run, const struct table4_row *row);

/* The table, with the paper's numbers beside a target's; of runs that are all of a target, or of one. */
void table4_add_runs(const struct run *const *runs, size_t n, struct grid_list *list);
void table4_add(const struct run *run, struct grid_list *list);

#endif
