/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A processor with counters, for machines that have none: preloaded, it lets
 * perf_event_open(2) open page faults where a hardware event was asked for, of which an
 * import has many. With FAKEPMU=none no such event is there, even on a machine that has it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

long syscall(long number, ...)
{
	long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	const char *mode = getenv("FAKEPMU");
	struct perf_event_attr *attr;
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	attr = (struct perf_event_attr *)a[0];
	if (number == SYS_perf_event_open && (attr->type == PERF_TYPE_HARDWARE || attr->type == PERF_TYPE_HW_CACHE)) {
		if (mode && !strcmp(mode, "none")) {
			errno = ENOENT;
			return -1;
		}
		attr->type = PERF_TYPE_SOFTWARE;
		attr->config = PERF_COUNT_SW_PAGE_FAULTS;
	}
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
