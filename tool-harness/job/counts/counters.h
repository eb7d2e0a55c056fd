/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who counts the cache misses of a run: the processor, asked by the target itself through
 * perf_event_open(2) or PAPI (targets/counters.c), or callgrind, which simulates the caches
 * of the paper's machine. Needs no privilege.
 */
#ifndef JOB_COUNTERS_H
#define JOB_COUNTERS_H

#include <jansson.h>

#include "job/job.h"
#include "lib/err.h"
#include "measure/trial.h"

/*
 * What a scenario's `counters` comes to on this machine with these programs (paths). auto
 * is the first of perf, papi and callgrind that can be had; a source that is asked for by
 * name and cannot be had is an error (EXIT_SKIPPED). ret_json is for the record: source,
 * asked, notes (why no better one), caches (simulated, or null); a new reference, NULL for
 * off.
 */
MUST_CHECK struct err *counters_choose(enum counter_source asked, const char *const *programs, size_t n,
				       enum counter_source *ret, json_t **ret_json);

/* Puts callgrind before a command line; takes argv (heap strings in a heap array). */
char **callgrind_wrap(char **argv);

/*
 * Reads what callgrind left in a job's folder into the tasks' counters, by the tasks' marks,
 * which must be in. Of its files those of the import and of the visit stay, for
 * callgrind_annotate(1). What does not fit is a contradiction of the trial.
 */
void callgrind_read(const char *dir, struct trial *trial);

/* The head of one of callgrind's files: what was counted since the one before. */
struct callgrind_part {
	int64_t pid;
	int64_t part;      /* from 1 */
	bool at_mark;      /* its end is the entry to pynamic_phase; else the end of the program */
	int64_t counters[COUNTER_N];
};

/* NULL, or what is wrong with the text. Reads up to the line "summary:". */
const char *callgrind_parse(const char *text, size_t len, struct callgrind_part *ret);

#endif
