/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Says how near a model came: as a table, and as the verdict. Builds and solves nothing.
 */
#include "gen/fit/fit.h"

#include <math.h>

double fit_miss(double real, double model)
{
	if (real <= 0)
		return model > 0 ? INFINITY : 0;
	return fabs(model / real - 1);
}

/* Ratio of model to real; 1 if both have none of it, infinite if only the model has. */
static double fit_ratio(const struct fit_result *result, enum footprint_column column)
{
	double real = result->goal.bytes[column], model = result->bytes[column];

	if (real <= 0)
		return model > 0 ? INFINITY : 1;
	return model / real;
}

struct err *fit_check(const struct fit_result *result)
{
	_cleanup_strbuf_ struct strbuf missed = STRBUF_INIT;

	for (int i = 0; i < FOOTPRINT_N_COLUMNS; i++) {
		const char *why = result->limits.why[i];

		if (fit_miss(result->goal.bytes[i], result->bytes[i]) <= FIT_TOLERANCE)
			continue;
		strbuf_printf(&missed, "%s%s is %.2f times the real one%s%s", missed.len ? "; " : "",
			      footprint_column_names[i], fit_ratio(result, i), why ? ": " : "", why ? why : "");
	}
	return missed.len ? err_exit(EXIT_INVALID, "no match within %.0f %%: %s", 100 * FIT_TOLERANCE, missed.text) :
			    NULL;
}

static void put_line(const char *name, double real, double model, struct strbuf *ret)
{
	strbuf_printf(ret, "%-14s %12.3f %12.3f", name, real / 1e6, model / 1e6);
	if (real > 0)
		strbuf_printf(ret, " %8.3f", model / real);
	strbuf_putc(ret, '\n');
}

void fit_put_table(const struct fit_result *result, const char *what, struct strbuf *ret)
{
	const struct fit_goal *goal = &result->goal;
	long long n = goal->modules + goal->utilities;
	double real = 0, model = 0;

	strbuf_printf(ret, "real:  %s\nmodel: %lld modules and %lld utilities%s\n\n%-14s %12s %12s %8s\n", what,
		      (long long)goal->modules, (long long)goal->utilities,
		      result->n_builds ? "" : ", as the samples predict it", "MB", "real", "model", "ratio");
	for (int i = 0; i < FOOTPRINT_N_COLUMNS; i++) {
		put_line(footprint_column_names[i], goal->bytes[i], result->bytes[i], ret);
		real += goal->bytes[i];
		model += result->bytes[i];
	}
	put_line("total", real, model, ret);
	strbuf_printf(ret, "%-14s %12lld %12lld %8.3f\n", "libraries", n, n, 1.0);
}
