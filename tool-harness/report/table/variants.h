/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables about several variants or tools: a row each. */
#ifndef REPORT_TABLE_VARIANTS_H
#define REPORT_TABLE_VARIANTS_H

#include "report/grid/grid.h"
#include "report/record/record.h"

/* Variants side by side, by temperature; what is measured of each, and what its name does not say of it. */
void variants_add(const struct run *run, struct grid_list *list);

/* Tools that are processes of their own, run by run: how each ended. Nothing without any. */
void tools_add(const struct run *run, struct grid_list *list);

/* Why there is no T1 in it: what would make the tool tell. Static. */
const char *variants_why_no_t1(const struct run *run);

#endif
