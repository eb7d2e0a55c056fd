/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Section sizes as functions of a spec's knobs, learned from samples, and the other way
 * round. Pure: no files. A library's sizes are linear in
 *
 *     1   f   f*n   f*b   d   g
 *
 * with f functions, n characters added to names, b statements in a body, d bytes of data
 * and g bytes of types in debug information; each section depends on few of these, and
 * one knob after the other follows from one section: symbol table f, string table n,
 * text b, data d, debug information g.
 */
#ifndef GEN_FIT_SOLVE_H
#define GEN_FIT_SOLVE_H

#include "gen/footprint/footprint.h"
#include "gen/spec.h"

struct fit_knobs {
	int64_t functions[2];  /* by enum library_kind: of a module, of a utility */
	int64_t name_length;
	double body_size;      /* average statements */
	int64_t data_size;
	int64_t debug_size;
	int64_t stripped;      /* libraries */
	int64_t undebugged;    /* libraries */
};

enum fit_feature { FIT_ONE, FIT_F, FIT_FN, FIT_FB, FIT_D, FIT_G, FIT_N_FEATURES };

struct fit_model {
	double coefficients[2][ELF_N_PARTS][FIT_N_FEATURES]; /* by enum library_kind */
};

/* One library that was built unstripped, with debug information. */
struct fit_observation {
	int kind; /* enum library_kind */
	struct fit_knobs knobs;
	double bytes[ELF_N_PARTS];
};

struct fit_goal {
	int64_t modules, utilities;
	double bytes[FOOTPRINT_N_COLUMNS];   /* of all libraries */
	double full_share;     /* share of libraries with .symtab: 0 to 1 */
	double weights[2];     /* symbols of a module and of a utility, relative to each other */
};

/* What could not be reached, by column; NULL where it could. */
struct fit_limits {
	const char *why[FOOTPRINT_N_COLUMNS];
};

/*
 * Least squares over the observations. Each knob must take two values at least, for each
 * kind that occurs; an error says which kind has too few.
 */
MUST_CHECK struct err *fit_learn(const struct fit_observation *observations, size_t n, struct fit_model *ret);

/* Sizes of all libraries of a target with these knobs. */
void fit_predict(const struct fit_model *model, const struct fit_knobs *knobs, int64_t modules, int64_t utilities,
		 double ret[FOOTPRINT_N_COLUMNS]);

/* The knobs that come closest to the goal; where a knob is at its end, limits say what that means. */
void fit_solve(const struct fit_model *model, const struct fit_goal *goal, struct fit_knobs *ret,
	       struct fit_limits *limits_ret);

/* What to aim at for the sizes of a real code. Without modules one of the libraries counts as one. */
MUST_CHECK struct err *fit_goal_of(const struct footprint *footprint, struct fit_goal *ret);

#endif
