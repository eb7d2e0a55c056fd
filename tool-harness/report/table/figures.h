/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers of a run's summaries as cells of a grid: each by its key in the record, which is also where its
 * value is read, so that no table shows another number than the one that it names.
 */
#ifndef REPORT_TABLE_FIGURES_H
#define REPORT_TABLE_FIGURES_H

#include "report/grid/grid.h"
#include "report/record/record.h"

/* Which summary. */
struct figure_place {
	const struct run *run;
	size_t variant;
	enum temperature temperature;
};

/* A column. In the key "@" stands for traced_ns where the variant was traced, else for untraced_ns. */
struct figure {
	const char *title;
	int width;
	unsigned flags;     /* of the column */
	enum cell_kind kind;
	const char *key;    /* in the summary: "t1_ns.p50" */
	const char *under;  /* shown is key / under; NULL: key alone */
};

const struct summary *figure_summary(const struct figure_place *place);

/* False: not known. */
bool figure_number(const struct figure_place *place, const char *key, double *ret);

/* The key in the record; heap. */
char *figure_key(const struct figure_place *place, const char *key);

void figure_put(struct grid *grid, const struct figure_place *place, enum cell_kind kind, const char *key);

/* A number of one summary over that of another; absent where one of them is not known. */
void figure_put_quotient(struct grid *grid, enum cell_kind kind, const struct figure_place *over, const char *over_key,
			 const struct figure_place *under, const char *under_key);

void figures_add_columns(struct grid *grid, const struct figure *figures, size_t n);
void figures_put(struct grid *grid, const struct figure_place *place, const struct figure *figures, size_t n);

/* What is the same: as the corner of a table of all variants says, of the fewest and the most runs that a row
 * stands for: "warm: n = 2 to 3". Heap. */
char *figures_corner(const struct run *run, enum temperature temperature);

/* Any run, valid or not. */
bool figures_has_runs(const struct figure_place *place);

#endif
