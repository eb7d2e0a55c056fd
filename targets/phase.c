/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes phase marks and reports. The file is opened at the first line and again
 * after a fork, since its name has the pid. A line is one write(2) on an O_APPEND
 * descriptor, so that a task that is killed leaves whole lines only.
 *
 * Invariant: phase_fd, if not -1, belongs to process phase_pid.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "counters.h"
#include "phase.h"

static int phase_fd = -1;
static pid_t phase_pid;
static int phase_rank = -1;
static bool phase_failed;

__attribute__((noinline, used, visibility("default"))) void pynamic_phase(const char *name)
{
	/* Keeps the call and its argument, whatever the optimizer thinks of an empty function. */
	__asm__ volatile("" : : "r"(name) : "memory");
}

int phase_rank_from_env(void)
{
	static const char *const names[] = { "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
					     "SLURM_PROCID", "ATTACHSTORM_RANK" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *text = getenv(names[i]);
		char *end;
		long rank;

		if (!text || !*text)
			continue;
		errno = 0;
		rank = strtol(text, &end, 10);
		if (!errno && !*end && rank >= 0 && rank <= INT_MAX)
			return (int)rank;
	}
	return -1;
}

void phase_set_rank(int rank)
{
	phase_rank = rank;
}

static void phase_fail(const char *what, const char *path)
{
	if (!phase_failed)
		fprintf(stderr, "pynamic: cannot %s phase file '%s': %s\n", what, path, strerror(errno));
	phase_failed = true;
}

static bool phase_open(char *path, size_t size)
{
	const char *dir = getenv(PHASE_DIR_ENV);
	struct utsname uts;
	pid_t pid = getpid();

	if (!dir || !*dir || uname(&uts) < 0)
		return false;
	snprintf(path, size, "%s/phase.%s.%ld", dir, uts.nodename, (long)pid);
	if (phase_fd >= 0 && phase_pid == pid)
		return true;
	if (phase_fd >= 0)
		close(phase_fd);
	phase_pid = pid;
	phase_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (phase_fd < 0)
		phase_fail("open", path);
	return phase_fd >= 0;
}

static void phase_write(const char *line, size_t len)
{
	char path[PATH_MAX];
	ssize_t n;

	if (!phase_open(path, sizeof(path)))
		return;
	do
		n = write(phase_fd, line, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		phase_fail("write", path);
}

static int64_t mark_write(const char *name)
{
	char line[256];
	struct timespec ts;
	int64_t now_ns;
	int len;

	pynamic_phase(name);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	now_ns = ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
	len = snprintf(line, sizeof(line), "%s %" PRId64 " %ld %d\n", name, now_ns, (long)getpid(),
		       phase_rank >= 0 ? phase_rank : phase_rank_from_env());
	if (len > 0 && (size_t)len < sizeof(line))
		phase_write(line, (size_t)len);
	return now_ns;
}

/* The phases whose cache misses are counted. */
static const struct counted {
	const char *name, *begin, *end;
} counted_phases[] = {
	{ "import", "import_begin", "import_end" },
	{ "visit", "visit_begin", "visit_end" },
};

static void report_counts(const char *phase, const int64_t counts[COUNTER_N])
{
	char key[64];

	for (int i = 0; i < COUNTER_N; i++) {
		if (counts[i] < 0)
			continue;
		snprintf(key, sizeof(key), "%s_%s", phase, counter_names[i]);
		phase_report(key, counts[i]);
	}
}

/* Counting begins as the last thing of its mark and ends as the first of the other, so that
 * the marks themselves are not in the counts. */
static int64_t mark_counted(const char *name)
{
	int64_t counts[COUNTER_N], now_ns;

	for (size_t i = 0; i < sizeof(counted_phases) / sizeof(counted_phases[0]); i++) {
		if (!strcmp(name, counted_phases[i].begin)) {
			now_ns = mark_write(name);
			counters_start();
			return now_ns;
		}
		if (!strcmp(name, counted_phases[i].end)) {
			counters_stop(counts);
			now_ns = mark_write(name);
			report_counts(counted_phases[i].name, counts);
			return now_ns;
		}
	}
	return mark_write(name);
}

int64_t phase_mark(const char *name)
{
	/* Opened at the first mark, far from what is counted. */
	return counters_open() ? mark_counted(name) : mark_write(name);
}

void phase_report(const char *key, int64_t value)
{
	char line[256];
	int len = snprintf(line, sizeof(line), "report %s %" PRId64 "\n", key, value);

	if (len > 0 && (size_t)len < sizeof(line))
		phase_write(line, (size_t)len);
}
