/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two ways to the processor's counters: the kernel's perf_event_open(2), and PAPI, which
 * the paper used. PAPI's header is found at compile time; its library is opened at run time
 * and only when asked for, so that a target needs no PAPI to be built or run.
 *
 * Invariant: `source` is set while counters are open, and only then do they count.
 */
#define _GNU_SOURCE
#include "counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<papi.h>)
#include <dlfcn.h>
#include <papi.h>
#define HAVE_PAPI 1
#endif
#endif

const char *const counter_names[COUNTER_N] = {
	[COUNTER_INSTRUCTIONS] = "instructions",
	[COUNTER_L1D_MISSES] = "l1d_misses",
	[COUNTER_L1I_MISSES] = "l1i_misses",
	[COUNTER_L2_MISSES] = "l2_misses",
};

struct source {
	const char *name;
	bool (*open)(void); /* true if at least one counter could be opened */
	void (*start)(void);
	void (*stop)(int64_t counts[COUNTER_N]);
};

/* --- perf_event_open(2) ----------------------------------------------------------- */

#define CACHE_READ_MISS(cache) \
	((cache) | PERF_COUNT_HW_CACHE_OP_READ << 8 | PERF_COUNT_HW_CACHE_RESULT_MISS << 16)

/* The kernel has no general name for misses of the second level. */
static const struct {
	bool known;
	uint32_t type;
	uint64_t config;
} perf_events[COUNTER_N] = {
	[COUNTER_INSTRUCTIONS] = { true, PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
	[COUNTER_L1D_MISSES] = { true, PERF_TYPE_HW_CACHE, CACHE_READ_MISS(PERF_COUNT_HW_CACHE_L1D) },
	[COUNTER_L1I_MISSES] = { true, PERF_TYPE_HW_CACHE, CACHE_READ_MISS(PERF_COUNT_HW_CACHE_L1I) },
};

static int perf_fds[COUNTER_N] = { -1, -1, -1, -1 };

static bool perf_open(void)
{
	bool any = false;

	for (int i = 0; i < COUNTER_N; i++) {
		struct perf_event_attr attr = {
			.type = perf_events[i].type,
			.size = sizeof(attr),
			.config = perf_events[i].config,
			.disabled = 1,
			.exclude_kernel = 1,
			.exclude_hv = 1,
			.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
		};

		if (!perf_events[i].known)
			continue;
		perf_fds[i] = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
		if (perf_fds[i] < 0)
			fprintf(stderr, "pynamic: cannot count %s by perf_event_open: %s\n", counter_names[i],
				strerror(errno));
		any |= perf_fds[i] >= 0;
	}
	return any;
}

static void perf_control(unsigned long request)
{
	for (int i = 0; i < COUNTER_N; i++)
		if (perf_fds[i] >= 0)
			ioctl(perf_fds[i], request, 0);
}

static void perf_start(void)
{
	perf_control(PERF_EVENT_IOC_RESET);
	perf_control(PERF_EVENT_IOC_ENABLE);
}

/* The times of an event go on over its resets: those of one phase are a difference. */
static void perf_stop(int64_t counts[COUNTER_N])
{
	static uint64_t enabled[COUNTER_N], running[COUNTER_N];

	perf_control(PERF_EVENT_IOC_DISABLE);
	for (int i = 0; i < COUNTER_N; i++) {
		struct {
			uint64_t value, enabled, running;
		} now;

		counts[i] = -1;
		if (perf_fds[i] < 0 || read(perf_fds[i], &now, sizeof(now)) != sizeof(now))
			continue;
		if (now.running > running[i])
			counts[i] = (int64_t)((double)now.value * (double)(now.enabled - enabled[i]) /
					      (double)(now.running - running[i]));
		enabled[i] = now.enabled;
		running[i] = now.running;
	}
}

/* --- PAPI ------------------------------------------------------------------------- */

#ifdef HAVE_PAPI

/* Its name in the symbol table tells the harness that this program can use PAPI. */
extern const char pynamic_papi[];
const char pynamic_papi[] = "PAPI";

static const int papi_codes[COUNTER_N] = {
	[COUNTER_INSTRUCTIONS] = PAPI_TOT_INS,
	[COUNTER_L1D_MISSES] = PAPI_L1_DCM,
	[COUNTER_L1I_MISSES] = PAPI_L1_ICM,
	[COUNTER_L2_MISSES] = PAPI_L2_TCM,
};

static struct {
	__typeof__(&PAPI_library_init) library_init;
	__typeof__(&PAPI_create_eventset) create_eventset;
	__typeof__(&PAPI_add_event) add_event;
	__typeof__(&PAPI_start) start;
	__typeof__(&PAPI_stop) stop;
	__typeof__(&PAPI_strerror) strerror;
} papi;

static int papi_set = PAPI_NULL;
static int papi_place[COUNTER_N]; /* in the set, or -1 */

static bool papi_load(void)
{
	char versioned[64];
	void *handle = dlopen("libpapi.so", RTLD_NOW | RTLD_LOCAL);
	const struct {
		const char *name;
		void **function;
	} functions[] = {
		{ "PAPI_library_init", (void **)&papi.library_init },
		{ "PAPI_create_eventset", (void **)&papi.create_eventset },
		{ "PAPI_add_event", (void **)&papi.add_event },
		{ "PAPI_start", (void **)&papi.start },
		{ "PAPI_stop", (void **)&papi.stop },
		{ "PAPI_strerror", (void **)&papi.strerror },
	};

	/* The plain name comes with the header, on the machine that compiled. */
	snprintf(versioned, sizeof(versioned), "libpapi.so.%u.%u", PAPI_VERSION_MAJOR(PAPI_VERSION),
		 PAPI_VERSION_MINOR(PAPI_VERSION));
	if (!handle)
		handle = dlopen(versioned, RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; handle && i < sizeof(functions) / sizeof(functions[0]); i++) {
		*functions[i].function = dlsym(handle, functions[i].name);
		if (!*functions[i].function)
			handle = NULL;
	}
	if (!handle)
		fprintf(stderr, "pynamic: cannot count by PAPI: %s\n", dlerror());
	return handle;
}

static bool papi_open(void)
{
	int n = 0, rc;

	if (!papi_load())
		return false;
	rc = papi.library_init(PAPI_VER_CURRENT);
	if (rc == PAPI_VER_CURRENT)
		rc = papi.create_eventset(&papi_set);
	if (rc != PAPI_OK) {
		fprintf(stderr, "pynamic: cannot count by PAPI: %s\n", papi.strerror(rc));
		return false;
	}
	for (int i = 0; i < COUNTER_N; i++) {
		rc = papi.add_event(papi_set, papi_codes[i]);
		papi_place[i] = rc == PAPI_OK ? n++ : -1;
		if (rc != PAPI_OK)
			fprintf(stderr, "pynamic: cannot count %s by PAPI: %s\n", counter_names[i], papi.strerror(rc));
	}
	return n > 0;
}

static void papi_start(void)
{
	int rc = papi.start(papi_set);

	if (rc != PAPI_OK)
		fprintf(stderr, "pynamic: cannot count by PAPI: %s\n", papi.strerror(rc));
}

static void papi_stop(int64_t counts[COUNTER_N])
{
	long long values[COUNTER_N];
	bool stopped = papi.stop(papi_set, values) == PAPI_OK;

	for (int i = 0; i < COUNTER_N; i++)
		counts[i] = stopped && papi_place[i] >= 0 ? values[papi_place[i]] : -1;
}

#else

static bool papi_open(void)
{
	fprintf(stderr, "pynamic: cannot count by PAPI: this program was compiled without papi.h\n");
	return false;
}

#endif

/* --- which of them ---------------------------------------------------------------- */

static const struct source sources[] = {
	{ "perf", perf_open, perf_start, perf_stop },
#ifdef HAVE_PAPI
	{ "papi", papi_open, papi_start, papi_stop },
#else
	{ "papi", papi_open, NULL, NULL },
#endif
};

static const struct source *source;

bool counters_open(void)
{
	static bool tried;
	const char *name = getenv(COUNTERS_ENV);

	if (tried || !name || !*name)
		return source;
	tried = true;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (!strcmp(sources[i].name, name) && sources[i].open())
			source = &sources[i];
	return source;
}

void counters_start(void)
{
	source->start();
}

void counters_stop(int64_t counts[COUNTER_N])
{
	source->stop(counts);
}
