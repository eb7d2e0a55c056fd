/* SPDX-License-Identifier: BSD-3-Clause */
/* A run's tables on standard output: as wide as its terminal, in colours if it has any. */
#ifndef CMD_PRINT_H
#define CMD_PRINT_H

#include "report/grid/grid.h"
#include "report/record/record.h"

/* Of a terminal its width, and colours unless NO_COLOR is set and not empty (no-color.org) or TERM is dumb. What is no
 * terminal has neither. */
void print_fit(struct grid_list *list);

enum print_form {
	PRINT_SHORT,
	PRINT_DETAILS, /* all tables */
	PRINT_JSON,    /* the record itself */
};

/* `path` is where the record is; NULL: nowhere, for want of room, so that it is printed itself, behind the tables. */
MUST_CHECK struct err *print_run(struct run *run, const char *path, enum print_form form);

#endif
