/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two sides of runs compared metric by metric, counts exactly and times as distributions over
 * whole runs. docs/compare.md has the rules; print.h puts the result into words.
 */
#ifndef REPORT_COMPARE_COMPARE_H
#define REPORT_COMPARE_COMPARE_H

#include "measure/stats/ranktest.h"
#include "measure/stats/ratio.h"
#include "report/compare/comparable.h"
#include "report/compare/metric.h"
#include "report/record/record.h"
#include "report/compare/tolerances.h"

enum compare_verdict {
	COMPARE_BETTER,
	COMPARE_SAME,        /* no difference beyond the tolerance was shown */
	COMPARE_CHANGED,     /* a detail differs: told, and decides nothing */
	COMPARE_NOT_TESTED,  /* both sides are below the absolute tolerance: told, and decides nothing */
	COMPARE_CANNOT_TELL,
	COMPARE_MISSING,     /* one side alone has it: there is nothing to compare it with */
	COMPARE_WORSE,
};
extern const char *const compare_verdict_names[]; /* "better", ..., "not comparable", "worse", NULL */

#define COMPARE_NEVER SIZE_MAX

/* Which side has something; BOTH but for COMPARE_MISSING. */
enum compare_only { COMPARE_BOTH, COMPARE_ONLY_BASE, COMPARE_ONLY_NEW };
extern const char *const compare_only_names[]; /* "", "only in BASE", "only in NEW", NULL */

/* One metric. Values of counts are numbers, of times nanoseconds, of memory bytes. */
struct compare_row {
	const struct gate_metric *metric;
	struct quantiles base, new; /* over valid runs */
	enum compare_verdict verdict;
	enum compare_only only;
	double tolerance;           /* relative change within which the sides are the same: 0.1 */
	double asked;               /* what of it the tolerances name: noise and drift left out */
	/* Of times and memory with enough runs a side; else has_ratio is false. */
	bool has_ratio;
	struct ratio ratio;         /* new / base: of medians, or of pairs the estimate of Hodges and Lehmann */
	double p, p_holm;
	/* Of COMPARE_CANNOT_TELL: further runs a side that would probably decide, and that would show it to be worse;
	 * COMPARE_NEVER: none. */
	size_t more, more_worse;
};

/* One variant at one temperature. Cold and warm are never pooled. */
struct compare_part {
	char *name;                       /* "host", or "aslr=on / aslr=off" for two variants */
	enum temperature temperature;
	size_t n_base, n_new;             /* valid runs */
	size_t invalid_base, invalid_new; /* that contradict themselves: left out of all metrics */
	double drift;                     /* by how much the untraced runs differ: 0.03; 0 without any */
	size_t n_pairs;                   /* runs of one repetition on both sides: these were compared; 0: groups */
	size_t tests;                     /* times that were told apart: Holm's correction counts them */
	double alpha;                     /* that their p must be below */
	struct compare_row rows[GATE_N];  /* of the metrics that both sides know */
	size_t n_rows;
	enum compare_only only;           /* no runs on the other side: then there are no rows */
	const char *why;                  /* static: why the verdict is CANNOT_TELL though no row is; NULL: not so */
	enum compare_verdict verdict;     /* the gravest row's from CANNOT_TELL on, BETTER if some are, else SAME */
};

struct comparison {
	char *base, *new;                 /* names of the sides */
	/* What each is: "name", and lists of texts "records", "tools", "machines", "launchers", "kits". */
	json_t *about[2];
	struct difference_list differs;   /* whatever is not the same, but for names and amounts */
	char **notes;                     /* what was forced past */
	size_t n_notes, cap_notes;
	char **gaps;                      /* what is not whole, as a record whose run did not come to its end */
	size_t n_gaps, cap_gaps;
	bool counts_only;
	enum cannot_tell_policy cannot_tell;
	struct compare_part *parts;
	size_t n_parts, cap_parts;
	enum compare_verdict verdict;     /* likewise, of the parts */
};

void comparison_deinit(struct comparison *comparison);

/* EXIT_OK, EXIT_REGRESSION, EXIT_INVALID (something is missing on one side) or EXIT_INCONCLUSIVE. */
enum exit_status comparison_status(const struct comparison *comparison);

/* The sides in `about`. */
enum compare_which { COMPARE_BASE, COMPARE_NEW };

/* Records that stand together on one side; borrowed. */
struct compare_side {
	const char *name;
	const struct run *runs;
	size_t n_runs;
	const char *variant; /* only this one; NULL: each by its name */
};

struct compare_options {
	const struct tolerances *tolerances;
	const struct conf_table *keys; /* of scenarios, to read the settings of variants by; NULL: as texts */
	const char *const *vary; /* scenario keys that are what is compared; NULL-terminated, or NULL */
	bool counts_only;        /* leave times alone, ask for no number of runs */
	bool force;              /* note differences of machine, scenario, ... instead of refusing */
};

/* Of "cannot tell": how many further runs a side would probably decide; 0: it is not for runs that it cannot, or not
 * known; COMPARE_NEVER: no number of them. */
size_t comparison_runs_more(const struct comparison *comparison);

/*
 * Variant `new` of a run against its variant `base` (indices into run.variants), each
 * temperature by itself. Their settings differ by design, so nothing is refused; of the options
 * tolerances and keys are heeded. The run's trials must be summarised (run_summarise or run_read).
 * `ret` is overwritten; the caller releases it.
 */
void compare_variants(const struct run *run, size_t base, size_t new, const struct compare_options *options,
		      struct comparison *ret);

/*
 * NEW against BASE, variant by variant and temperature by temperature. Sides of different
 * machines, scenarios, targets, launchers or counter sources are refused by an error with
 * exit status EXIT_INVALID, which says what differs; so are a record that stands on both sides or
 * twice on one, and sides without anything in common. What one side alone has is a part or a row
 * of its own, COMPARE_MISSING.
 */
MUST_CHECK struct err *compare_sides(const struct compare_side *base, const struct compare_side *new,
				     const struct compare_options *options, struct comparison *ret);

#endif
