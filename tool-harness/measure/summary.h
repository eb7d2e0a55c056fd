/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the table and the record say about trials: pure arithmetic on them. Terms
 * and their reasons are in docs/model.md.
 */
#ifndef MEASURE_SUMMARY_H
#define MEASURE_SUMMARY_H

#include "measure/stats/quantile.h"
#include "measure/trial.h"

/* Durations of a trial. Those before SPAN_IMPORT_WORST are differences of trial.phases. */
enum span {
	SPAN_ACQUIRE,       /* launch -> all tasks acquired */
	SPAN_STOP,          /* -> all stopped at exec */
	SPAN_START,         /* -> all stopped with their linked libraries mapped */
	SPAN_LINKMAPS,      /* -> start-up link maps read */
	SPAN_SYMBOLS,       /* -> symbols read */
	SPAN_PLANT,         /* -> breakpoints planted */
	SPAN_FIRST_STACK,   /* breakpoints planted -> stack of the first task merged */
	SPAN_LAST_STACK,    /* breakpoints planted -> stacks of all tasks merged */
	SPAN_PHASE1,        /* launch -> breakpoints planted; untraced: launch -> tasks let go */
	SPAN_PHASE2,        /* tasks let go -> last rank has imported everything */
	SPAN_STARTUP,       /* launch -> last rank has imported everything: both phases */
	SPAN_VISIT,         /* -> last rank has visited everything */
	SPAN_MPI,           /* -> last rank has passed the MPI test */
	SPAN_EXIT,          /* last of these -> launcher and tasks gone */
	SPAN_TOTAL,         /* launch -> launcher and tasks gone */
	SPAN_IMPORT_WORST,  /* import_begin -> import_end of the slowest rank */
	SPAN_IMPORT_MEDIAN, /* the same, median over ranks */
	SPAN_VISIT_WORST,   /* visit_begin -> visit_end of the slowest rank */
	SPAN_VISIT_MEDIAN,
	SPAN_MPI_TEST_WORST, /* mpi_begin -> mpi_end */
	SPAN_MPI_TEST_MEDIAN,
	SPAN_DRIVER_WORST,   /* launch -> driver: the paper's start-up, to the first line of the driver */
	SPAN_DRIVER_MEDIAN,
	SPAN_OWN_WORST,      /* exec -> driver: what of that is the task's own, without the launcher */
	SPAN_OWN_MEDIAN,
	SPAN_SUM_WORST,      /* launch -> driver, import and visit of one rank: the paper's total */
	SPAN_SUM_MEDIAN,
	SPAN_N,
};
extern const char *const span_names[]; /* "acquire", ..., NULL */

/* Of one trial. */
struct trial_summary {
	int64_t spans_ns[SPAN_N];                         /* -1: an end of it did not happen */
	int64_t stops[EVENT_N_PHASES][EVENT_N_CLASSES];   /* over all tasks; -1: the tool does not tell them */
	int64_t load_events;                              /* likewise, those of phase 1 included */
	uint64_t maps_read;                               /* tasks whose link map at the end is known */
	int64_t maps_different;                           /* of these: different by files and addresses; -1: none */
	int64_t maps_different_names;                     /* by files alone */
	int64_t odd_sequences;                            /* see load_events.n_odd; -1: not known, also the next two */
	/* Below: load events after the tasks were let go. Those before belong to phase 1,
	 * where a task also waits for others, and are measured there. */
	double load_events_per_task;                      /* M of the model, mean over tasks */
	double breakpoints;                               /* B: mean breakpoints reinserted at a load event */
	struct quantiles t1_ns;                           /* per load event */
	struct quantiles t2_ns;                           /* breakpoints_ns / reinserted, where any were */
	struct quantiles handling_ns;                     /* done - begin, per stop */
	struct quantiles queue_ns;                        /* begin - seen, per stop */
	double measured_ns;                               /* sum of T1 parts and reinsertion */
	double model_ns;                                  /* M x N x (T1 + B x T2), means for T1 and T2 */
	double plant_ns;                                  /* sum of first insertions, in neither of the two */
	double counters_worst[COUNTED_N][COUNTER_N];      /* the most that a rank counted; -1: not counted */
	double counters_median[COUNTED_N][COUNTER_N];     /* over the ranks that counted */
};

void trial_summarise(const struct trial *trial, struct trial_summary *ret);

/*
 * Of all valid trials of one variant and temperature. Quantiles of spans, ratios, costs and
 * totals are over repetitions; those of T1, T2, handling and queueing are over the
 * load events or stops of all repetitions.
 */
struct summary {
	uint64_t n_traced, n_untraced; /* valid ones */
	uint64_t n_invalid;
	struct quantiles traced_ns[SPAN_N];
	struct quantiles untraced_ns[SPAN_N];
	struct quantiles ratio[SPAN_N]; /* traced / untraced of the same repetition */
	/* Medians over repetitions; -1 from here to the breakpoints: not known of any. */
	double stops[EVENT_N_PHASES][EVENT_N_CLASSES];
	double load_events;
	double odd_sequences;
	double tasks;
	double load_events_per_task;
	double breakpoints;
	double libraries_at_start, libraries_at_end, target_libraries; /* per task: medians */
	double maps_read, maps_different, maps_different_names;        /* of a trial: medians */
	double libraries_mapped, libraries_same_place;
	double breakpoints_planted, breakpoint_hits;                   /* over all tasks */
	double hits_missed, hits_expected;                             /* of late policies; -1: not known */
	struct quantiles t1_ns, t2_ns, handling_ns, queue_ns;
	/*
	 * Full cost of one stop, from the import alone. For a task: the mean of (its
	 * import - untraced import, median over ranks), over the stops of one task: what
	 * it waits, the handling of others included. For the job: (worst import - worst
	 * untraced import) over the stops of all tasks: what one stop adds when a serial
	 * tool is kept busy. The two are equal for one task. Below 0 is noise.
	 */
	struct quantiles task_cost_per_stop_ns;
	struct quantiles job_cost_per_stop_ns;
	struct quantiles measured_ns, model_ns, plant_ns;
	struct quantiles model_ratio; /* model / measured */
	struct quantiles tracer_cpu_ns;
	double ptrace_calls, bytes_read, traps_written; /* of a trial: medians; -1 if not known, also the next */
	double tracer_peak_rss_bytes;
	struct quantiles counters_worst[COUNTED_N][COUNTER_N], counters_median[COUNTED_N][COUNTER_N];
};

/* Trials of other temperatures, or of another variant, are passed over; a contradicted one only
 * counts as invalid. `summaries` are those of the trials. */
void summary_compute(const struct trial *trials, const struct trial_summary *summaries, size_t n_trials,
		     uint32_t variant, enum temperature temperature, struct summary *ret);

#endif
