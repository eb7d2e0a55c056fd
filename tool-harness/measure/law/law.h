/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Laws of what handling a load event costs a tool, when m libraries are loaded already
 * and B breakpoints are asked for:
 *
 *	T1(m) + B x T2(m),  T1(m) = constant + growth x m^exponent,  T2(m) = insert + resolve x m
 *
 * A shape says which of the terms there are; shapes are nested. All coefficients are
 * 0 or above: no tool gets time back. The total of M events in N tasks is the sum over
 * them, one after the other (the paper's serial tool, section 2.2.3).
 */
#ifndef MEASURE_LAW_LAW_H
#define MEASURE_LAW_LAW_H

#include "measure/law/run.h"

enum law_t1 {
	LAW_T1_CONSTANT, /* constant */
	LAW_T1_LINEAR,   /* constant + growth x m */
	LAW_T1_POWER,    /* growth x m^exponent: for large M the total is a power of M, exponent + 1 */
	LAW_T1_OFFSET,   /* constant + growth x m^exponent */
	LAW_T1_N,
};
extern const char *const law_t1_names[]; /* "constant", "linear", "power", "constant + power", NULL */

enum law_t2 {
	LAW_T2_NONE,     /* breakpoints cost nothing */
	LAW_T2_INSERT,   /* inserting: the same for each breakpoint at each load event */
	LAW_T2_RESOLVE,  /* and resolving it again, which grows with the libraries */
	LAW_T2_N,
};
extern const char *const law_t2_names[]; /* "none", "inserting", "inserting + resolving", NULL */

struct law_shape {
	enum law_t1 t1;
	enum law_t2 t2;
};

unsigned law_shape_parameters(struct law_shape shape);

struct law_fit {
	struct law_shape shape;
	double constant_ns; /* of T1 */
	double growth_ns;   /* of T1: at m = 1 */
	double exponent;    /* of m in T1: 0 constant, 1 linear */
	double insert_ns;   /* of T2 */
	double resolve_ns;  /* of T2: for each library loaded */
};

/* T1 and T2 at m libraries loaded, in ns. */
double law_t1(const struct law_fit *fit, double libraries);
double law_t2(const struct law_fit *fit, double libraries);

/* What the law says of all events of a run, in ns. */
double law_total(const struct law_fit *fit, const struct law_run *run);

/* What it says of a cell: the mean over its runs. */
double law_cell_total(const struct law_fit *fit, const struct law_data *data, size_t cell);

#endif
