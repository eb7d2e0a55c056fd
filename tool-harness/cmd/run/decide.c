/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether a run's comparison of A with B is decided, and how many repetitions more would decide it. Each look halves
 * what is left of alpha (docs/compare.md), so that there are few: at least half as many runs again lie between two.
 *
 * Invariant: a run is never looked at twice with the same alpha.
 */
#include "cmd/run/decide.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/clock.h"
#include "lib/progress.h"
#include "report/compare/print.h"

struct err *decide_init(const struct scenario_comparing *comparing, struct decide *ret)
{
	struct err *err = tolerances_read(comparing->tolerances, &ret->tolerances);

	if (!err && comparing->metrics)
		err = conf_set_value(&tolerances_table, "metrics", comparing->metrics, "--metrics", &ret->tolerances);
	ret->until_decided = comparing->until_decided;
	ret->begin_ns = clock_now_ns();
	ret->end_ns = ret->begin_ns + comparing->at_most_ns;
	return err;
}

void decide_deinit(struct decide *decide)
{
	tolerances_deinit(&decide->tolerances);
}

static void compare_sides_of(const struct decide *decide, const struct run *run, struct comparison *ret)
{
	const struct compare_options options = { .tolerances = &decide->tolerances, .keys = &scenario_table };

	compare_variants(run, 0, 1, &options, ret);
}

/* Further repetitions; 0: it is decided, or no number of them would decide. */
static int64_t look(const struct decide *decide, struct run *run, int64_t done)
{
	struct comparison comparison;
	size_t more;

	run_summarise(run);
	run->looks++;
	run->complete = true; /* or the comparison is not decided for that */
	compare_sides_of(decide, run, &comparison);
	run->complete = false;
	more = comparison_runs_more(&comparison);
	comparison_deinit(&comparison);
	if (!more || more == COMPARE_NEVER)
		return 0;
	if ((int64_t)more < done / 2)
		return done / 2;
	return (int64_t)more < done ? (int64_t)more : done;
}

int64_t decide_wanted(struct run *run, int64_t done, int64_t wanted, void *data)
{
	const struct decide *decide = data;
	int64_t now_ns = clock_now_ns(), each_ns = (now_ns - decide->begin_ns) / done, more;

	if (!decide->until_decided)
		return wanted;
	if (done < wanted && now_ns + each_ns < decide->end_ns)
		return wanted;
	more = look(decide, run, done);
	if (!more || done < wanted || now_ns + each_ns >= decide->end_ns)
		return done;
	progress_note("not decided by %" PRId64 " repetitions: %" PRId64 " more", done, more);
	return done + more;
}

void decide_judge(const struct decide *decide, const struct run *run, bool print, int *status_ret)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct comparison comparison;

	compare_sides_of(decide, run, &comparison);
	comparison_format(&comparison, &text);
	if (print)
		fputs(text.text, stdout);
	/* what cannot be told of a run that contradicts itself in part is not for want of runs */
	if (*status_ret != EXIT_INVALID || comparison.verdict != COMPARE_CANNOT_TELL)
		*status_ret = comparison_status(&comparison);
	comparison_deinit(&comparison);
}
