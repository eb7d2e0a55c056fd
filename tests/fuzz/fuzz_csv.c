/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables from anywhere: samples beside a record, and published series; then a law's data. */
#include <stdint.h>

#include "lib/mem.h"
#include "measure/law/run.h"
#include "report/record/samples.h"
#include "report/law/series.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_series(const char *text, size_t len)
{
	struct series series;
	struct err *err = series_parse("fuzz.csv", text, len, &series);

	err_free(err);
	if (!err)
		series_deinit(&series);
}

/* Beside a record of two trials with two ranks each. */
static void read_samples(const char *text, size_t len)
{
	struct law_data laws = { 0 };
	struct run run;

	run_init(&run);
	for (size_t i = 0; i < 2; i++) {
		struct trial *trial = run_add_trial(&run);

		trial_add_tasks(trial, 2);
		trial->traced = true;
		trial->temperature = i;
	}
	err_free(samples_parse("fuzz.csv", text, len, &run));
	for (size_t i = 0; i < run.n_trials; i++)
		(void)law_data_add_trial(&laws, &run.trials[i]);
	law_data_finish(&laws);
	law_data_deinit(&laws);
	run_deinit(&run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] == 's')
		read_series((const char *)data, size);
	else
		read_samples((const char *)data, size);
	return 0;
}
