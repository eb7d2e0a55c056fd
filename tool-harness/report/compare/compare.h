/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two sides of runs compared metric by metric, counts exactly and times as distributions over
 * whole runs. docs/compare.md has the rules; print.h puts the result into words.
 */
#ifndef REPORT_COMPARE_COMPARE_H
#define REPORT_COMPARE_COMPARE_H

#include "measure/ranktest.h"
#include "measure/ratio.h"
#include "report/compare/metric.h"
#include "report/record/record.h"
#include "report/compare/tolerances.h"

enum compare_verdict {
	COMPARE_BETTER,
	COMPARE_SAME,        /* no difference beyond the tolerance was shown */
	COMPARE_CHANGED,     /* a detail differs: told, and decides nothing */
	COMPARE_CANNOT_TELL,
	COMPARE_WORSE,
};
extern const char *const compare_verdict_names[]; /* "better", ..., "cannot tell", "worse", NULL */

/* One metric. Values of counts are numbers, of times nanoseconds, of memory bytes. */
struct compare_row {
	const struct gate_metric *metric;
	struct quantiles base, new; /* over valid runs */
	enum compare_verdict verdict;
	double tolerance;           /* relative change that was borne: 0.1 */
	/* Of times and memory with enough runs a side; else has_ratio is false. */
	bool has_ratio;
	struct ratio ratio;         /* new / base */
	double p, p_holm;
};

/* One variant at one temperature. Cold and warm are never pooled. */
struct compare_part {
	char *name;                       /* "host", or "aslr=on / aslr=off" for two variants */
	enum temperature temperature;
	size_t n_base, n_new;             /* valid runs */
	size_t invalid_base, invalid_new; /* that contradict themselves: left out of all metrics */
	double drift;                     /* by how much the untraced runs differ: 0.03; 0 without any */
	struct compare_row rows[GATE_N];  /* of the metrics that both sides know */
	size_t n_rows;
	enum compare_verdict verdict;     /* WORSE or CANNOT_TELL if any row is, BETTER if some are, else SAME */
};

struct comparison {
	char *base, *new;                 /* names of the sides */
	char **notes;                     /* differences that were forced past, what was passed over */
	size_t n_notes, cap_notes;
	bool counts_only;
	struct compare_part *parts;
	size_t n_parts, cap_parts;
	enum compare_verdict verdict;     /* likewise, of the parts */
};

void comparison_deinit(struct comparison *comparison);

/* EXIT_OK, EXIT_REGRESSION or EXIT_INCONCLUSIVE. */
enum exit_status comparison_status(const struct comparison *comparison);

/*
 * Variant `new` of a run against its variant `base` (indices into run.variants), each
 * temperature by itself. Their settings differ by design, so nothing is refused. The run's
 * trials must be summarised (run_summarise or run_read). `ret` is overwritten; the caller
 * releases it.
 */
void compare_variants(const struct run *run, size_t base, size_t new, const struct tolerances *tolerances,
		      struct comparison *ret);

/* Records that stand together on one side; borrowed. */
struct compare_side {
	const char *name;
	const struct run *runs;
	size_t n_runs;
	const char *variant; /* only this one; NULL: each by its name */
};

struct compare_options {
	const struct tolerances *tolerances;
	const char *const *vary; /* scenario keys that are what is compared; NULL-terminated, or NULL */
	bool counts_only;        /* leave times alone, ask for no number of runs */
	bool force;              /* note differences of machine, scenario, ... instead of refusing */
};

/*
 * NEW against BASE, variant by variant and temperature by temperature. Sides of different
 * machines, scenarios, targets, launchers or counter sources are refused by an error with
 * exit status EXIT_INVALID, which says what differs; so are sides without anything in common.
 */
MUST_CHECK struct err *compare_sides(const struct compare_side *base, const struct compare_side *new,
				     const struct compare_options *options, struct comparison *ret);

#endif
