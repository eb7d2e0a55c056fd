/* SPDX-License-Identifier: BSD-3-Clause */
/* What a load event, a breakpoint and a stop cost, and the floor of the machine that costs are multiples of. */
#ifndef REPORT_TABLE_COSTS_H
#define REPORT_TABLE_COSTS_H

#include "report/grid/grid.h"
#include "report/record/record.h"

/* Of run.calibration; its key there is empty where it says nothing. */
struct floor {
	double ns;
	char key[64]; /* "calibration.bare_stop_continue_ns.block" */
};

enum floor_kind {
	FLOOR_STOP,     /* bare stop and continue, waiting as the variant's tool does */
	FLOOR_TRAP,     /* one write of a trap, as it writes them */
	FLOOR_REGISTER, /* one register access */
	FLOOR_N,
};
void floors_read(const struct run *run, const struct run_variant *variant, struct floor ret[FLOOR_N]);

/* A program that loads nothing after its start has no costs to show. */
bool costs_has_any(const struct run *run, size_t variant);

/* A grid with the rows of these variants that have any; their names are details where there is one. */
void costs_add(const struct run *run, size_t first, size_t n, struct grid_list *list);

/* The floors of a variant, and the model beside what was measured. */
void floors_add(const struct run *run, size_t variant, struct grid_list *list);
void model_add(const struct run *run, size_t variant, struct grid_list *list);

#endif
