/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the paper measured (Lee, Ahn, de Supinski, Gyllenhaal, Miller: "Pynamic: the Python
 * Dynamic Benchmark", 2007, Tables 1, 2 and 4), to stand beside what is measured here.
 */
#ifndef REPORT_PAPER_H
#define REPORT_PAPER_H

#include "measure/trial.h"

struct paper_row {
	const char *variant;                                 /* ours of the same kind, see variant_name */
	const char *name;                                    /* the paper's */
	double startup_s, import_s, visit_s, total_s;        /* Table 1, as printed */
	double import_l1d, import_l1i, visit_l1d, visit_l1i; /* Table 2: millions of misses, as printed */
};

/* The machine and the build that these are of, in half a line of a table. */
extern const char paper_source[];

/* The paper's counterpart of a variant, or NULL. */
const struct paper_row *paper_find(const char *variant);

/* Table 4: start-up of TotalView, as printed. */
struct paper_startup {
	const char *name;                      /* what was started */
	int tasks;
	const char *times[TEMPERATURE_N][3];   /* phase 1, phase 2, total: minutes:seconds */
};
#define PAPER_STARTUPS 2
extern const struct paper_startup paper_startups[PAPER_STARTUPS];
extern const char paper_startup_source[];

#endif
