/* SPDX-License-Identifier: BSD-3-Clause */
/* The table's head, and the floor of the machine that costs are multiples of. */
#ifndef REPORT_TABLE_HEAD_H
#define REPORT_TABLE_HEAD_H

#include "lib/strbuf.h"
#include "report/record/record.h"

/* Lines on target, job and machine, from what the record says of them. */
void head_put(const struct run *run, struct strbuf *out);

/* From run.calibration, 0 where it says nothing: of the ways in which a variant waits and writes. */
struct floors {
	double stop_ns;           /* bare stop and continue, waiting as the scenario's tool does */
	double trap_ns;           /* one write of a trap */
	double register_ns;       /* one register access */
	const char *wait;         /* "block", "spin" */
	const char *task;         /* where the task was, ", task bound" or "" */
};
void floors_read(const struct run *run, const struct run_variant *variant, struct floors *ret);
void floors_put(const struct floors *floors, struct strbuf *out);

#endif
