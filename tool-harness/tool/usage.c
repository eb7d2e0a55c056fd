/* SPDX-License-Identifier: BSD-3-Clause */
/* The tool's own CPU time and memory. The peak is the process's since it began. */
#include "tool/usage.h"

#include "lib/clock.h"

static int64_t cpu_ns(const struct rusage *usage)
{
	return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * NS_PER_S +
	       (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * NS_PER_US;
}

void usage_begin(struct usage *usage)
{
	getrusage(RUSAGE_SELF, &usage->before);
}

void usage_end(const struct usage *usage, struct trial *trial)
{
	struct rusage after;

	getrusage(RUSAGE_SELF, &after);
	trial->tracer_cpu_ns = cpu_ns(&after) - cpu_ns(&usage->before);
	trial->tracer_peak_rss_bytes = after.ru_maxrss * 1024;
}
