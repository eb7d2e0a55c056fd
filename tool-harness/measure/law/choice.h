/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which law a sweep follows, and how sure that is. The law is chosen by cells that the
 * fit has not seen; intervals are by bootstrap over whole runs, each of which is fitted with one of
 * the laws that the choice does not tell apart, so that the doubt about the law is in them. Seeded: the same sweep
 * and seed give the same answer to the last digit.
 */
#ifndef MEASURE_LAW_CHOICE_H
#define MEASURE_LAW_CHOICE_H

#include "lib/err.h"
#include "measure/law/fit.h"
#include "measure/stats/quantile.h"

#define LAW_N_SHAPES (LAW_T1_N * LAW_T2_N)
#define LAW_MIN_CELLS 3

struct law_interval {
	double low, high; /* 2.5th and 97.5th percentile of the bootstrap */
};

/* How one law does at cells that it was not fitted to. */
struct law_score {
	struct law_shape shape;
	double miss;    /* mean over cells, by their weight, of |log(measured / predicted)|, 0 within a
			   published number's rounding; exp of it - 1 is a relative miss */
	bool is_plausible; /* not worse than the best, by the rule */
	double *misses; /* by cell, signed: log(measured / predicted) */
};

struct law_choice {
	struct law_score scores[LAW_N_SHAPES]; /* by number of parameters, then miss */
	size_t n_scores;
	size_t chosen;                         /* index into scores */
	struct law_fit fit;                    /* of all runs */
	struct law_interval constant_ns, growth_ns, exponent, insert_ns, resolve_ns; /* over all plausible shapes */
	bool n_varies;                         /* there are cells with different N, so the next is known */
	double tasks_exponent;                 /* of N in the totals: 1 as the serial tool has it */
	struct law_interval tasks_exponent_interval;
	struct law_fit *replicates;            /* of the bootstrap */
	double *deviations;                    /* by replicate: a held-out run's log(measured / predicted) */
	size_t n_replicates;
	size_t n_undetermined;                 /* resamples passed over: all runs of one cell */
};

/*
 * Leaves out each cell in turn; fits every shape that the remaining cells can determine.
 * Chosen is the shape with fewest parameters that misses no more than the best one, by
 * more than one standard error of their difference over the cells. Fewer than
 * LAW_MIN_CELLS cells are an error. `data` must be finished.
 */
MUST_CHECK struct err *law_choose(const struct law_data *data, uint64_t seed, size_t n_replicates,
				  struct law_choice *ret);
void law_choice_deinit(struct law_choice *choice);

/* From the 2.5th to the 97.5th percentile; 0 to 0 without samples. */
void law_interval_of(const struct samples *samples, struct law_interval *ret);

/* T1 at m libraries, in ns, as the law may be. */
struct law_interval law_t1_interval(const struct law_choice *choice, double libraries);

struct law_prediction {
	double total_ns;
	struct law_interval interval; /* of one new run: of the law and of what runs deviate from it */
	double events_ns;             /* of the total: T1 alone */
	double reach;                 /* M over the largest M measured: above 1 the law is stretched */
	double tasks_reach;           /* N likewise */
};

/* For M load events in each of N tasks with B breakpoints, libraries coming as in the data. */
void law_predict(const struct law_choice *choice, const struct law_data *data, double libraries, double tasks,
		 double breakpoints, struct law_prediction *ret);

/* The same where so many libraries come with each event. */
void law_predict_spread(const struct law_choice *choice, const struct law_data *data, double libraries, double tasks,
			double breakpoints, double per_event, struct law_prediction *ret);

/*
 * The exponent of the tail of a series: the slope of log(total) over log(M) between the
 * largest M and the smallest one that is at least a quarter of it, all else equal. Two
 * cells only, since series are published in few and rounded numbers, and for small M the
 * constant cost and the rounding weigh in. False if there are no two such cells.
 */
struct law_tail {
	double exponent;
	double low_libraries, high_libraries;
	double tasks, breakpoints;
};
bool law_tail_find(const struct law_data *data, struct law_tail *ret);

#endif
