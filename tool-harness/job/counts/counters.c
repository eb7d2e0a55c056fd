/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds out which counters this machine has: opens what the target would open, and closes
 * it again. Counts nothing itself.
 *
 * Invariant: what is chosen was there when it was chosen; that it counted is checked with
 * each trial.
 */
#include "job/counts/counters.h"

#include <assert.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "elf/symidx.h"
#include "lib/fs.h"
#include "lib/json/text.h"
#include "lib/mem.h"

/* The same events as in targets/counters.c. */
#define CACHE_READ_MISS(cache) \
	((cache) | PERF_COUNT_HW_CACHE_OP_READ << 8 | PERF_COUNT_HW_CACHE_RESULT_MISS << 16)

/* 0, or the errno of the attempt. */
static int perf_try(uint32_t type, uint64_t config)
{
	struct perf_event_attr attr = {
		.type = type,
		.size = sizeof(attr),
		.config = config,
		.disabled = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static struct err *perf_check(const char *const *programs, size_t n)
{
	static const struct {
		const char *name;
		uint32_t cache;
	} misses[] = {
		{ "L1-D", PERF_COUNT_HW_CACHE_L1D },
		{ "L1-I", PERF_COUNT_HW_CACHE_L1I },
	};

	(void)programs;
	(void)n;
	for (size_t i = 0; i < ARRAY_SIZE(misses); i++) {
		int errnum = perf_try(PERF_TYPE_HW_CACHE, CACHE_READ_MISS(misses[i].cache));

		if (errnum == EACCES || errnum == EPERM)
			return err_hint(err_errno(errnum, "perf cannot count %s misses", misses[i].name),
					"kernel.perf_event_paranoid above 2 forbids it, and so do many containers");
		if (errnum)
			return err_hint(err_errno(errnum, "perf cannot count %s misses", misses[i].name),
					"a virtual machine has no such counters; callgrind simulates them");
	}
	return NULL;
}

/* PAPI itself asks the kernel: where that counts nothing, PAPI does not either. */
static struct err *papi_check(const char *const *programs, size_t n)
{
	int errnum = perf_try(PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS);

	for (size_t i = 0; i < n; i++) {
		struct symidx *symbols;
		struct err *err = symidx_create(programs[i], &symbols);
		uint64_t value;
		bool has;

		if (err)
			return err;
		has = symidx_find_object(symbols, "pynamic_papi", &value);
		symidx_destroy(symbols);
		if (!has)
			return err_hint(err_new("the target was built without PAPI"),
					"install libpapi-dev (Debian) or papi-devel (Fedora) and generate it again");
	}
	return errnum ? err_errno(errnum, "PAPI cannot count: no hardware counters here") : NULL;
}

static struct err *callgrind_check(const char *const *programs, size_t n)
{
	_cleanup_free_ char *path = fs_find_program("valgrind");

	(void)programs;
	(void)n;
	if (path)
		return NULL;
	return err_hint(err_new("no program 'valgrind' here, which has callgrind"),
			"install valgrind, or choose other counters");
}

/* In the order in which auto tries them. */
static const struct {
	enum counter_source source;
	struct err *(*check)(const char *const *programs, size_t n);
} sources[] = {
	{ COUNTERS_PERF, perf_check },
	{ COUNTERS_PAPI, papi_check },
	{ COUNTERS_CALLGRIND, callgrind_check },
};

/* Takes notes. */
static json_t *to_json(enum counter_source asked, enum counter_source source, json_t *notes)
{
	json_t *caches = source == COUNTERS_CALLGRIND ?
				 json_string("simulated: L1-D and L1-I 64 KiB 2-way, L2 1 MiB 16-way, 64-byte lines") :
				 json_null();

	return json_pack("{s:s, s:s, s:o, s:o}", "source", counter_source_names[source], "asked",
			 counter_source_names[asked], "notes", notes, "caches", caches);
}

/* The first source that can be had; the others' reasons are added to notes. */
static struct err *choose_any(const char *const *programs, size_t n, enum counter_source *ret, json_t *notes)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		struct err *err = sources[i].check(programs, n);

		if (!err) {
			*ret = sources[i].source;
			return NULL;
		}
		json_array_append_new(notes, json_text(err_message(err)));
		err_free(err);
	}
	return err_hint(err_exit(EXIT_SKIPPED, "no cache misses can be counted here: %s",
				 json_string_value(json_array_get(notes, 0))),
			"install valgrind, whose callgrind simulates the caches");
}

static struct err *choose_one(enum counter_source asked, const char *const *programs, size_t n,
			      enum counter_source *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		struct err *err;

		if (sources[i].source != asked)
			continue;
		err = sources[i].check(programs, n);
		if (!err)
			*ret = asked;
		return err_with_status(err, EXIT_SKIPPED);
	}
	assert(!"a source without a check");
	return NULL;
}

struct err *counters_choose(enum counter_source asked, const char *const *programs, size_t n,
			    enum counter_source *ret, json_t **ret_json)
{
	enum counter_source source = COUNTERS_OFF;
	json_t *notes;
	struct err *err;

	if (asked == COUNTERS_OFF) {
		*ret = COUNTERS_OFF;
		*ret_json = NULL;
		return NULL;
	}
	notes = json_array();
	err = asked == COUNTERS_AUTO ? choose_any(programs, n, &source, notes) :
				       choose_one(asked, programs, n, &source);
	if (err) {
		json_decref(notes);
		return err;
	}
	*ret = source;
	*ret_json = to_json(asked, source, notes);
	return NULL;
}
