/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tool itself used during a trial: getrusage(2). */
#ifndef TOOL_USAGE_H
#define TOOL_USAGE_H

#include <sys/resource.h>

#include "measure/trial.h"

struct usage {
	struct rusage before;
};

void usage_begin(struct usage *usage);

/* Fills the trial's tracer_cpu_ns and tracer_peak_rss_bytes. */
void usage_end(const struct usage *usage, struct trial *trial);

#endif
