/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cache misses of the import and of the visit, counted by the processor: the paper's
 * Table 2. Asked for by ATTACHSTORM_COUNTERS=perf or =papi; without it nothing is opened.
 * Counts are of the calling thread in user space. Used by phase.c alone.
 */
#ifndef COUNTERS_H
#define COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#define COUNTERS_ENV "ATTACHSTORM_COUNTERS"

/* The names are those of the lines "report <phase>_<counter> <n>". */
enum counter {
	COUNTER_INSTRUCTIONS,
	COUNTER_L1D_MISSES,
	COUNTER_L1I_MISSES,
	COUNTER_L2_MISSES,
	COUNTER_N,
};
extern const char *const counter_names[COUNTER_N];

/* Opens the counters, if they are asked for and not open yet. What cannot be opened is told
 * on stderr, and the rest is counted. False if nothing is to be counted. */
bool counters_open(void);

/* Sets all to 0 and lets them count. */
void counters_start(void);

/* Stops them. A counter that is not there, or did not get its time on the processor, is -1;
 * one that shared the processor's registers with others is scaled up. */
void counters_stop(int64_t counts[COUNTER_N]);

#endif
