/* SPDX-License-Identifier: BSD-3-Clause */
/* What address-space randomisation costs the tool, as a table. */
#ifndef REPORT_TABLE_ASLR_H
#define REPORT_TABLE_ASLR_H

#include "report/grid/grid.h"
#include "report/record/record.h"

/* All pairs: with ASLR, without, and the factor between them. Nothing without any. */
void aslr_add(const struct run *run, struct grid_list *list);

#endif
