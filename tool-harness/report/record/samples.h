/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The samples beside a run record, <id>.events.csv: one line per stop (docs/formats.md).
 * Written with the record; read back where single events are needed, as by the laws.
 */
#ifndef REPORT_RECORD_SAMPLES_H
#define REPORT_RECORD_SAMPLES_H

#include "report/record/record.h"

/* Of the trials that were written already; library ids are of the whole run. */
struct run_samples {
	struct strbuf csv;
	struct trial table;
	size_t n_trials;
};

/* Adds the lines of the trials that are not in it yet: run.samples. */
const struct run_samples *run_samples_add(struct run *run);

/* NULL does nothing. */
void run_samples_free(struct run_samples *samples);

/* Names the columns, without a newline. */
extern const char samples_columns[];

/*
 * Adds the stops to the trials of a run that was read from its record; its trials have
 * none yet. Which libraries came and went is not read, only how many. Lines that do not
 * fit the run (trial, variant, temperature, repetition, rank) are errors; then the run has
 * no events at all.
 */
MUST_CHECK struct err *samples_parse(const char *name, const char *text, size_t len, struct run *run);

/* From the file beside the record at record_path; false in found_ret if there is none. */
MUST_CHECK struct err *samples_read(const char *record_path, struct run *run, bool *found_ret);

#endif
