/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a law says, once its coefficients are known. How they are found is in fit.c.
 *
 * Invariant: the total of a run is the sum over its rows.
 */
#include "measure/law/law.h"

#include <math.h>

const char *const law_t1_names[] = { "constant", "linear", "power", "constant + power", NULL };
const char *const law_t2_names[] = { "none", "inserting", "inserting + resolving", NULL };

unsigned law_shape_parameters(struct law_shape shape)
{
	static const unsigned of_t1[] = { [LAW_T1_CONSTANT] = 1, [LAW_T1_LINEAR] = 2, [LAW_T1_POWER] = 2,
					  [LAW_T1_OFFSET] = 3 };
	static const unsigned of_t2[] = { [LAW_T2_NONE] = 0, [LAW_T2_INSERT] = 1, [LAW_T2_RESOLVE] = 2 };

	return of_t1[shape.t1] + of_t2[shape.t2];
}

double law_t1(const struct law_fit *fit, double libraries)
{
	return fit->constant_ns +
	       (fit->growth_ns > 0 && libraries > 0 ? fit->growth_ns * pow(libraries, fit->exponent) : 0);
}

double law_t2(const struct law_fit *fit, double libraries)
{
	return fit->insert_ns + fit->resolve_ns * libraries;
}

double law_total(const struct law_fit *fit, const struct law_run *run)
{
	double total = 0;

	for (size_t i = 0; i < run->n_rows; i++) {
		const struct law_row *row = &run->rows[i];

		total += fit->constant_ns * row->events + fit->insert_ns * row->reinserted +
			 fit->resolve_ns * row->events * run->breakpoints * row->libraries;
		if (fit->growth_ns > 0)
			total += fit->growth_ns * law_row_power(row, fit->exponent);
	}
	return total;
}

double law_cell_total(const struct law_fit *fit, const struct law_data *data, size_t cell)
{
	double total = 0;

	for (size_t i = 0; i < data->n_runs; i++)
		if (data->runs[i].cell == cell)
			total += law_total(fit, &data->runs[i]) / (double)data->cells[cell].n_runs;
	return total;
}
